/*
 * bench-rules - what judging one use costs.
 *
 *     bench-rules [RULES...]        default: rules
 *
 * Judges a mix of uses, one in twenty denied, a few further fields, of 1,000
 * tokens (whose groups stay in the cache) and then of 100,000 at random (where
 * each use waits for memory).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "tests/bench/bench.h"

#define TOKENS 100000
#define USES   64 /* different ones, judged over and over: kept warm */
#define ROUNDS 32000

static char names[TOKENS][20];
static char nets[256][20];

static void
use_make(struct use *u)
{
	bool denied = rand() % 20 == 0;

	use_init(u, 0);
	use_set(u, USE_ID, SLICE("320678d8-ca14-430f-8bb6-4ca139cd83f7"));
	use_set(u, USE_REGISTRY, SLICE("hub"));
	use_set(u, USE_TOKEN, slice_of(names[0]));
	use_set(u, USE_ACCOUNT, SLICE("alice"));
	use_set(u, USE_ACTION, SLICE("pull"));
	use_set(u, USE_OUTCOME, denied ? SLICE("denied") : SLICE("success"));
	use_set(u, USE_REPOSITORY, SLICE("library/nginx"));
	use_set(u, USE_TAG, SLICE("latest"));
	use_set(u, USE_SOURCE_IP, SLICE("192.0.2.17"));
	use_set(u, USE_USER_AGENT, SLICE("docker/27.1.1 go/go1.21.12"));
	use_set(u, USE_TOKEN_KIND, SLICE("manual"));
	use_set(u, USE_TOKEN_STATE, SLICE("active"));
	(void)use_set_int(u, USE_TOKEN_IDLE_DAYS, rand() % 100);
	(void)use_add_other(u, SLICE("request.method"),
	    (struct use_value){"GET", 3, USE_STRING, false});
	(void)use_add_other(u, SLICE("request.host"),
	    (struct use_value){"hub.example", 11, USE_STRING, false});
}

/* Judges USES * ROUNDS uses of `tokens` tokens, each mostly at home. */
static void
measure(struct ruleset *rs, struct use *uses, unsigned tokens, usec_t t)
{
	const struct verdict *v;
	uint64_t	      rnd = 1, token;
	size_t		      verdicts = 0;
	double		      begin = bench_now(), took;
	int		      i, round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < USES; i++) {
			uses[i].time = t += 1000;
			rnd = rnd * 6364136223846793005ULL + 1;
			token = (rnd >> 33) % tokens;
			use_set(&uses[i], USE_TOKEN, slice_of(names[token]));
			use_set(&uses[i], USE_SOURCE_NET,
			    slice_of(nets[(token + (rnd >> 60 == 0)) % 256]));
			verdicts += ruleset_judge(rs, &uses[i], &v);
		}
	}
	took = bench_now() - begin;
	printf("%zu rules, %u tokens: %.0f ns a use, %.2f M uses/s, "
	       "%zu verdicts\n",
	    ruleset_count(rs), tokens, took * 1e9 / USES / ROUNDS,
	    USES * ROUNDS / took / 1e6, verdicts);
}

int
main(int argc, char **argv)
{
	static const char *const shipped[] = {"rules"};
	static struct use	 uses[USES];
	struct ruleset_limits	 lim = {.keys_per_rule = 200000,
	       .lateness = USEC_DAY};
	struct ruleset		*rs;
	int			 i;

	map_seed();
	rs = argc > 1 ? bench_load((const char *const *)argv + 1,
			    (size_t)argc - 1, SLICE(""), &lim) :
			bench_load(shipped, 1, SLICE(""), &lim);
	for (i = 0; i < TOKENS; i++)
		snprintf(names[i], sizeof(names[i]), "pat_%012d", i);
	for (i = 0; i < 256; i++)
		snprintf(nets[i], sizeof(nets[i]), "10.1.%d.0/24", i);
	for (i = 0; i < USES; i++)
		use_make(&uses[i]);
	measure(rs, uses, 1000, 1704067200 * USEC_SEC);
	measure(rs, uses, TOKENS, 1735689600 * USEC_SEC);
	ruleset_free(&rs);
	return 0;
}
