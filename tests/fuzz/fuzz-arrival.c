/*
 * fuzz-arrival - uses that arrive in another order than they happened.
 *
 * The input is uses of four bytes each: what, whose, when (two bytes, in
 * half seconds), and then how they are shuffled.
 *
 * Reaches: correlations and stream/ where events are late: windows, distinct
 * values, sequences, sums.
 *
 * For conditions that more uses can only fulfil, the groups that are found
 * are the same whatever the order of arrival.  Correlations that feed on
 * others are left out: for them it is not so, see patrol-rules(7), TIME.
 */
#include "fuzz.h"
#include "rule/ruleset.h"

#define USES_MAX 96

#define STEP(name)                                                   \
	"title: " name "\nname: " name "\nlogsource: {product: p}\n" \
	"detection:\n  s: {action: " name "}\n  condition: s\n"      \
	"patrol: {mode: 'off'}\n---\n"
#define CORRELATION(title, span, body)                           \
	"title: " title "\ncorrelation:\n  timespan: " span "\n" \
	"  group-by: [token]\n" body "---\n"

/* clang-format off */
static const char text[] =
	STEP("a") STEP("b") STEP("c")
	CORRELATION("three", "10s",
	"  type: event_count\n  rules: [a]\n  condition: {gte: 3}\n")
	CORRELATION("five", "1m",
	"  type: event_count\n  rules: [a, b, c]\n  condition: {gt: 4}\n")
	CORRELATION("values", "10s",
	"  type: value_count\n  rules: [a, b]\n"
	"  condition: {field: repository, gte: 3}\n")
	CORRELATION("pairs", "30s",
	"  type: value_count\n  rules: [a, b]\n"
	"  condition: {field: [repository, action], gte: 4}\n")
	CORRELATION("all", "5s", "  type: temporal\n  rules: [a, b, c]\n")
	CORRELATION("two", "2s",
	"  type: temporal\n  rules: [a, b, c]\n  condition: {gte: 2}\n")
	CORRELATION("words", "3s",
	"  type: temporal\n  rules: [a, b, c]\n  condition: a and (b or c)\n")
	CORRELATION("then", "10s",
	"  type: temporal_ordered\n  rules: [a, b, c]\n")
	CORRELATION("again", "20s",
	"  type: temporal_ordered\n  rules: [a, b, a]\n")
	CORRELATION("sum", "10s",
	"  type: value_sum\n  rules: [a, b]\n"
	"  condition: {field: n, gte: 20}\n");
/* clang-format on */

#define RULES 13

static const struct ruleset_limits limits = {.keys_per_rule = 100,
    .lateness = USEC_DAY};

/* Which (rule, token) were found: eight tokens a rule. */
struct found {
	uint8_t tokens[RULES];
};

static struct ruleset *
load(void)
{
	struct complaints c;
	struct ruleset	 *rs;

	complain_init(&c);
	rs = ruleset_load_text("r.yml", slice_of(text), &limits, &c);
	complain_clear(&c);
	FUZZ_CHECK(rs != NULL && ruleset_count(rs) == RULES);
	return rs;
}

/*
 * Loading is dear, so both sets stay: each input has tokens of its own, and
 * those of the last ones are the first to give way.
 */
static uint64_t run;

static void
make_use(struct use *u, const uint8_t *at)
{
	static const char *const actions[] = {"a", "b", "c", "d"};
	static char		 token[24];
	static const char *const words[] = {"r", "s", "t", "u"};
	static const char *const numbers[] = {"1", "2.5", "7", "11"};
	const char		*number = numbers[at[1] >> 3 & 3];

	use_init(u, FUZZ_NOW);
	u->time = FUZZ_NOW + (usec_t)((at[2] & 3) * 256 + at[3]) * USEC_SEC / 2;
	use_set(u, USE_ACTION, slice_of(actions[at[0] & 3]));
	use_set(u, USE_REPOSITORY, slice_of(words[at[0] >> 2 & 3]));
	u->count = at[0] >> 4 == 15 ? 2 : 1;
	snprintf(token, sizeof token, "%u.%llu", at[1] & 7u,
	    (unsigned long long)run);
	use_set(u, USE_TOKEN, slice_of(token));
	(void)use_add_other(u, SLICE("n"),
	    (struct use_value){number, (uint32_t)strlen(number), USE_NUMBER,
		false});
}

static void
feed(struct ruleset *rs, const uint8_t *at, struct found *found)
{
	static struct use     u;
	const struct verdict *v;
	size_t		      n, i;

	make_use(&u, at);
	n = ruleset_judge(rs, &u, &v);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(v[i].rule->index < RULES && v[i].nkey == 1);
		found->tokens[v[i].rule->index] |=
		    (uint8_t)(1 << (v[i].key[0].p[0] - '0'));
	}
}

static usec_t
when(const uint8_t *at)
{
	return (usec_t)((at[2] & 3) * 256 + at[3]);
}

/* By time, and what has one time in the order it stands in. */
static void
sort(const uint8_t **use, size_t n)
{
	const uint8_t *u;
	size_t	       i, j;

	for (i = 1; i < n; i++) {
		u = use[i];
		for (j = i; j > 0 && when(use[j - 1]) > when(u); j--)
			use[j] = use[j - 1];
		use[j] = u;
	}
}

/* Equal times keep their order: it is a part of what happened. */
static void
shuffle(const uint8_t **use, size_t n, uint8_t seed)
{
	uint32_t       r = seed | 1u;
	const uint8_t *u;
	size_t	       i, j, k;

	for (i = n; i > 1; i--) {
		r = r * 1103515245 + 12345;
		j = (r >> 16) % i;
		u = use[j];
		use[j] = use[i - 1];
		use[i - 1] = u;
	}
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++)
			if (when(use[i]) == when(use[k]) && use[i] > use[k]) {
				u = use[i];
				use[i] = use[k];
				use[k] = u;
			}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t	      *use[USES_MAX];
	static struct ruleset *sorted, *mixed;
	struct found	       a = {{0}}, b = {{0}};
	size_t		       i, m = n / 4 < USES_MAX ? n / 4 : USES_MAX;

	if (n % 4 == 0)
		return 0;
	for (i = 0; i < m; i++)
		use[i] = data + 4 * i;
	if (sorted == NULL) {
		sorted = load();
		mixed = load();
	}
	run++;
	sort(use, m);
	for (i = 0; i < m; i++)
		feed(sorted, use[i], &a);
	shuffle(use, m, data[n - 1]);
	for (i = 0; i < m; i++)
		feed(mixed, use[i], &b);
	FUZZ_CHECK(memcmp(&a, &b, sizeof a) == 0);
	return 0;
}
