/*
 * fill - makes a store as patrold would have written it, with many tokens.
 *
 *     fill [-t tokens] [-n uses] [-s span] DATABASE NAMES
 *
 * Issued tokens, a hundred an account, whose ids go to the file NAMES; then
 * uses of them (uses.h), evenly over `span` seconds until now.  All take the
 * road, without rules.
 */
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "store/store.h"
#include "tests/bench/bench.h"
#include "tests/bench/uses.h"
#include "use/decode.h"
#include "use/json.h"

#define BATCH	    10000
#define CHECKPOINT  100 /* batches */
#define PER_ACCOUNT 100

struct filler {
	struct engine *engine;
	struct store  *store;
	struct batch  *next; /* owned */
	unsigned       commits;
	usec_t	       now;
};

static void
must(int code, const struct error *err)
{
	if (code == 0)
		return;
	fprintf(stderr, "fill: %s\n", err->text);
	exit(1);
}

static void
commit(struct filler *f, bool checkpoint)
{
	struct batch *full = checkpoint ? engine_take_all(f->engine, f->next) :
					  engine_take(f->engine, f->next, 0);
	struct error  err;

	must(store_commit(f->store, full, &err), &err);
	(void)store_empty_log(f->store);
	batch_reset(full);
	f->next = full;
	f->commits++;
}

static void
open_all(struct filler *f, const char *path)
{
	struct ruleset_limits lim = {.keys_per_rule = 1};
	struct engine_opts    o = {.lateness = USEC_DAY,
	       .dedup_max = 1000000,
	       .strings_max = 1000000,
	       .foreign_max = 1,
	       .alerts_max = 1,
	       .token_prefix = "patrol",
	       .policy.max_per_account = PER_ACCOUNT,
	       .auto_per_account = 1,
	       .brake_share = 1};
	struct error	      err;

	must(store_open(path, &f->store, &err), &err);
	f->engine = engine_new(&o, bench_load(NULL, 0, SLICE(""), &lim));
	f->next = xcalloc(1, sizeof *f->next);
	batch_init(f->next);
}

static void
make_token(struct filler *f, struct account *a, FILE *names)
{
	static const struct engine_actor by = {"fill", -1, -1};
	struct engine_new_token		 want = {.account = slice_of(a->name),
		     .description = SLICE("made by the bench"),
		     .kind = TOKEN_MANUAL};
	struct engine_made		 made;
	struct error			 err;

	must(engine_token_create(f->engine, &want, f->now, &by, &made, &err),
	    &err);
	fprintf(names, "%-*.*s\n", BENCH_NAME, BENCH_NAME, made.token->id);
}

static void
make_tokens(struct filler *f, unsigned n, const char *path)
{
	static const struct engine_actor by = {"fill", -1, -1};
	FILE				*names = fopen(path, "w");
	struct account			*a = NULL;
	struct error			 err;
	char				 name[32];
	unsigned			 i;

	if (names == NULL) {
		perror(path);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		if (i % PER_ACCOUNT == 0) {
			snprintf(name, sizeof name, "account-%u", i);
			must(engine_account_add(f->engine, slice_of(name),
				 false, f->now, &by, &a, &err),
			    &err);
		}
		make_token(f, a, names);
		if (i % BATCH == BATCH - 1)
			commit(f, false);
	}
	fclose(names);
}

static void
make_uses(struct filler *f, struct bench_uses *uses, unsigned n, usec_t span)
{
	struct decode_opts o = {.lateness = USEC_DAY};
	struct decoder	  *d = decoder_new(&o);
	struct use	  *u = xcalloc(1, sizeof *u);
	char		   line[BENCH_LINE + JSON_PADDING] = "";
	usec_t		   start = f->now;
	struct error	   err;
	size_t		   len;
	unsigned	   i;

	for (i = 0; i < n; i++) {
		len = bench_uses_line(uses, line) - 1;
		f->now = start + (usec_t)((double)span * i / n);
		must(decode_use(d, (struct slice){line, len}, SLICE(""), f->now,
			 u, &err),
		    &err);
		(void)engine_use(f->engine, u);
		if (i % BATCH == BATCH - 1)
			commit(f, f->commits % CHECKPOINT == 0);
	}
	free(u);
	decoder_free(&d);
}

static void
close_all(struct filler *f)
{
	commit(f, true);
	engine_free(&f->engine);
	store_close(&f->store);
	batch_clear(f->next);
	free(f->next);
}

int
main(int argc, char **argv)
{
	struct bench_uses uses = {.tokens = 1000000,
	    .ids = true,
	    .seed = 88172645463325252u};
	struct filler	  f = {.now = 0};
	unsigned	  n = 0;
	usec_t		  span = USEC_DAY;
	char		 *names;
	struct timespec	  ts;
	int		  c;

	while ((c = getopt(argc, argv, "t:n:s:")) != -1) {
		if (c == 't')
			uses.tokens = (unsigned)atoi(optarg);
		else if (c == 'n')
			n = (unsigned)atoi(optarg);
		else if (c == 's')
			span = atol(optarg) * USEC_SEC;
		else
			return 64;
	}
	if (optind + 2 != argc || uses.tokens == 0)
		return 64;
	map_seed();
	clock_gettime(CLOCK_REALTIME, &ts);
	f.now = ts.tv_sec * USEC_SEC - span;
	open_all(&f, argv[optind]);
	make_tokens(&f, uses.tokens, argv[optind + 1]);
	uses.names = names = bench_uses_names(argv[optind + 1], &uses.tokens);
	make_uses(&f, &uses, n, span);
	close_all(&f);
	free(names);
	return 0;
}
