#include "rule-fixture.h"

#define END (const char *)NULL
#define BASE                                                             \
	"title: base\nname: base\nlogsource: {product: p}\ndetection:\n" \
	"  s: {outcome: denied}\n  condition: s\n---\n"
/* The correlation's own keys from line 10 on. */
#define CORRELATION(text) BASE "title: c\ncorrelation:\n" text "\n"
#define COUNT(cond)                                  \
	CORRELATION(                                 \
	    "  type: event_count\n  rules: [base]\n" \
	    "  group-by: [token]\n  timespan: 10s\n  condition: " cond)
#define DISTINCT(cond)                             \
	CORRELATION(                               \
	    "  type: value_count\n  rules: base\n" \
	    "  group-by: [token]\n  timespan: 10s\n  condition: " cond)

static const struct verdict *verdict;

static bool
denied(struct ruleset *rs, usec_t at, const char *token)
{
	return judge(rs, at, &verdict, "token", token, "outcome", "denied",
		   END) == 1;
}

static bool
denied_from(struct ruleset *rs, usec_t at, const char *ip)
{
	return judge(rs, at, &verdict, "token", "pat_a", "outcome", "denied",
		   "source.ip", ip, END) == 1;
}

static void
it_holds_at_the_limit_and_not_before(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 3}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_false(denied(rs, 1, "pat_a"));
	assert_true(denied(rs, 10 * USEC_SEC, "pat_a"));
	assert_string_equal(verdict->rule->title, "c");
	assert_string_equal(verdict->rule->type, "event_count");
	assert_int_equal(verdict->rule->timespan, 10 * USEC_SEC);
	assert_int_equal(verdict->count, 3);
	assert_int_equal(verdict->first, T0);
	assert_int_equal(verdict->nkey, 1);
	assert_string_equal(verdict->key_name[0], "token");
	assert_true(slice_is(verdict->key[0], "pat_a"));
	/* And one microsecond past the span the first is out. */
	assert_true(denied(rs, 10 * USEC_SEC + 1, "pat_a"));
	assert_int_equal(verdict->first, T0 + 1);
	ruleset_free(&rs);
}

static void
what_does_not_match_the_rules_does_not_feed(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 2}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_int_equal(judge(rs, 1, &verdict, "token", "pat_a", "outcome",
			     "success", END),
	    0);
	assert_true(denied(rs, 2, "pat_a"));
	assert_int_equal(verdict->count, 2);
	ruleset_free(&rs);
}

static void
groups_compare_by_their_exact_text(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 2}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_false(denied(rs, 1, "pat_A"));
	assert_false(denied(rs, 2, "pat_"));
	assert_false(denied(rs, 3, ""));
	assert_true(denied(rs, 4, ""));
	ruleset_free(&rs);
}

static void
without_a_scalar_for_each_group_field_it_does_not_feed(void **state)
{
	struct ruleset *rs =
	    rules_load(CORRELATION("  type: event_count\n  rules: [base]\n"
				   "  group-by: [token, x]\n  timespan: 10s\n"
				   "  condition: {gte: 2}"));
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_false(denied(rs, i, "pat_a"));
		assert_int_equal(judge(rs, i, &verdict, "token", "pat_a",
				     "outcome", "denied", "x", "~", END),
		    0);
		assert_int_equal(judge(rs, i, &verdict, "token", "pat_a",
				     "outcome", "denied", "x", "1", "x", "+2",
				     END),
		    0);
	}
	assert_int_equal(judge(rs, 5, &verdict, "token", "pat_a", "outcome",
			     "denied", "x", "#1", END),
	    0);
	assert_int_equal(judge(rs, 6, &verdict, "token", "pat_a", "outcome",
			     "denied", "x", "=1", END),
	    1);
	assert_int_equal(verdict->nkey, 2);
	assert_true(slice_is(verdict->key[1], "1"));
	ruleset_free(&rs);
}

static void
keys_of_two_fields_do_not_run_together(void **state)
{
	struct ruleset *rs = rules_load(
	    CORRELATION("  type: event_count\n  rules: [base]\n"
			"  group-by: [token, account]\n  timespan: 10s\n"
			"  condition: {gte: 2}"));

	(void)state;
	assert_int_equal(judge(rs, 0, &verdict, "token", "ab", "account", "c",
			     "outcome", "denied", END),
	    0);
	assert_int_equal(judge(rs, 0, &verdict, "token", "a", "account", "bc",
			     "outcome", "denied", END),
	    0);
	assert_int_equal(judge(rs, 0, &verdict, "token", "a", "account", "bc",
			     "outcome", "denied", END),
	    1);
	ruleset_free(&rs);
}

static void
without_group_by_there_is_one_group(void **state)
{
	struct ruleset *rs = rules_load(
	    CORRELATION("  type: event_count\n  rules: base\n  timespan: 10s\n"
			"  condition: {gte: 2}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_true(denied(rs, 1, "pat_b"));
	assert_int_equal(verdict->nkey, 0);
	ruleset_free(&rs);
}

static void
count_stands_for_that_many_uses(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 3}"));

	(void)state;
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_a", "outcome",
			     "denied", "count", "#2", END),
	    0);
	assert_true(denied(rs, 1, "pat_a"));
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_b", "outcome",
			     "denied", "count", "#3", END),
	    1);
	assert_int_equal(verdict->count, 3);
	ruleset_free(&rs);
}

static void
a_late_use_completes_the_window_that_ends_after_it(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 3}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_false(denied(rs, 9 * USEC_SEC, "pat_a"));
	assert_false(denied(rs, -6 * USEC_SEC, "pat_a"));
	assert_true(denied(rs, 5 * USEC_SEC, "pat_a"));
	assert_int_equal(verdict->first, T0);
	ruleset_free(&rs);
}

static void
all_comparisons_and_ranges(void **state)
{
	static const struct {
		const char *cond;
		const char *holds; /* at the 1st, 2nd, ... use */
	} all[] = {
	    {COUNT("{gt: 2}"), "..XX"},
	    {COUNT("{gte: 2}"), ".XXX"},
	    {COUNT("{lt: 2}"), "X..."},
	    {COUNT("{lte: 2}"), "XX.."},
	    {COUNT("{eq: 2}"), ".X.."},
	    {COUNT("{neq: 2}"), "X.XX"},
	    {COUNT("{gt: 1, lt: 4}"), ".XX."},
	    {COUNT("{gte: 2.5}"), "..XX"},
	    {COUNT("{gt: 2.5}"), "..XX"},
	    {COUNT("{lte: 2.5}"), "XX.."},
	    {COUNT("{lt: 2.5}"), "XX.."},
	    {COUNT("{neq: 2.5}"), "XXXX"},
	    {COUNT("{gte: 2, neq: 3}"), ".X.X"},
	    {COUNT("{gte: '3'}"), "..XX"},
	};
	struct ruleset *rs;
	size_t		i;
	int		n;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		rs = rules_load(all[i].cond);
		for (n = 0; n < 4; n++)
			assert_int_equal(denied(rs, n, "pat_a"),
			    all[i].holds[n] == 'X');
		ruleset_free(&rs);
	}
}

static void
value_count_counts_values_once(void **state)
{
	struct ruleset *rs = rules_load(DISTINCT("{field: source.ip, gte: 3}"));

	(void)state;
	assert_false(denied_from(rs, 0, "192.0.2.1"));
	assert_false(denied_from(rs, 1, "192.0.2.1"));
	assert_false(denied_from(rs, 2, "192.0.2.2"));
	assert_false(denied(rs, 3, "pat_a"));
	assert_true(denied_from(rs, 10 * USEC_SEC, "192.0.2.3"));
	assert_int_equal(verdict->count, 3);
	assert_int_equal(verdict->first, T0 + 1);
	assert_false(denied_from(rs, 10 * USEC_SEC + 3, "192.0.2.3"));
	ruleset_free(&rs);
}

static void
the_rules_it_names_only_feed_it_unless_generate(void **state)
{
	struct ruleset *rs = rules_load(COUNT("{gte: 1}"));

	(void)state;
	assert_false(ruleset_find(rs, SLICE("base"))->alerts);
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_a", "outcome",
			     "denied", END),
	    1);
	ruleset_free(&rs);
	rs = rules_load(COUNT("{gte: 1}\n  generate: true"));
	assert_true(ruleset_find(rs, SLICE("base"))->alerts);
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_a", "outcome",
			     "denied", END),
	    2);
	assert_string_equal(verdict[0].rule->title, "base");
	assert_string_equal(verdict[1].rule->title, "c");
	ruleset_free(&rs);
}

static void
a_use_counts_once_for_two_rules_it_matches(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: two\nname: two\nlogsource: {product: p}\ndetection:\n"
	    "  s: {token: 'pat_*'}\n  condition: s\n---\n" CORRELATION(
		"  type: event_count\n  rules: [base, two]\n"
		"  group-by: [token]\n  timespan: 10s\n  condition: {gte: 2}"));

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_int_equal(judge(rs, 1, &verdict, "token", "pat_a", END), 1);
	assert_int_equal(verdict->count, 2);
	ruleset_free(&rs);
}

static void
a_correlation_may_feed_another(void **state)
{
	struct ruleset *rs =
	    rules_load("title: d\ncorrelation:\n"
		       "  type: value_count\n  rules: [c]\n  timespan: 1h\n"
		       "  condition: {field: token, gte: 2}\n---\n" BASE
		       "title: c\nname: c\ncorrelation:\n  type: event_count\n"
		       "  rules: [base]\n  group-by: [token]\n  timespan: 10s\n"
		       "  condition: {gte: 2}\n");

	(void)state;
	assert_false(denied(rs, 0, "pat_a"));
	assert_false(denied(rs, 1, "pat_a"));
	assert_false(denied(rs, 2, "pat_b"));
	assert_true(denied(rs, 3, "pat_b"));
	assert_string_equal(verdict->rule->title, "d");
	assert_int_equal(verdict->first, T0 + 1);
	assert_int_equal(ruleset_reach(rs), USEC_HOUR);
	ruleset_free(&rs);
}

static void
references_must_lead_somewhere_else(void **state)
{
	(void)state;
	assert_refused(CORRELATION("  type: event_count\n  rules: [bas]\n"
				   "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:11:11: no rule has the id or name 'bas', did you mean "
	    "'base'?");
	assert_refused("title: c\nname: c\ncorrelation:\n"
		       "  type: event_count\n  rules: [c]\n  timespan: 1m\n"
		       "  condition: {gte: 1}\n",
	    "r.yml:5:11: 'c' leads back to this");
	assert_refused(CORRELATION("  type: event_count\n  rules: []\n"
				   "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:11:10: a correlation needs 'rules'");
	assert_refused(CORRELATION("  type: event_count\n  rules: [[a]]\n"
				   "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:11:11: a rule is named by its id or its name");
}

/* ---- temporal ---- */

#define KIND(k)                                                            \
	"title: " k "\nname: " k "\nlogsource: {product: p}\ndetection:\n" \
	"  s: {action: " k "}\n  condition: s\n---\n"
#define KINDS KIND("a") KIND("b") KIND("c")
#define TEMPORAL(type, more)                         \
	KINDS                                        \
	"title: t\ncorrelation:\n  type: " type "\n" \
	"  rules: [a, b, c]\n  group-by: [token]\n  timespan: 10s\n" more

/*
 * Letters at seconds: "a0 b5 c10"; what is expected at each: "..X".  All of
 * one token, as they arrive.
 */
static void
assert_story(const char *yaml, const char *story, const char *expected)
{
	struct ruleset *rs = rules_load(yaml);
	char		kind[2] = "";
	const char     *p;
	size_t		n = 0;
	double		at;
	int		used;

	for (p = story; sscanf(p, " %1[a-z]%lf%n", kind, &at, &used) == 2;
	     p += used) {
		assert_int_equal(judge(rs, (usec_t)(at * USEC_SEC), &verdict,
				     "token", "pat_a", "action", kind, END),
		    expected[n] == 'X');
		n++;
	}
	assert_int_equal(n, strlen(expected));
	ruleset_free(&rs);
}

static void
temporal_holds_once_all_rules_were_seen(void **state)
{
	static const char yaml[] = TEMPORAL("temporal", "");

	(void)state;
	assert_story(yaml, "c0 a5 b10", "..X");
	assert_story(yaml, "c0 a5 b10.000001", "...");
	assert_story(yaml, "a0 a1 b1 b2", "....");
	assert_story(yaml, "a0 b1 c2 x3 c12", "..X..");
}

static void
temporal_may_ask_for_a_number_of_rules(void **state)
{
	(void)state;
	assert_story(TEMPORAL("temporal", "  condition: {gte: 2}\n"),
	    "c0 c1 a5 a15 b26", "..X..");
	assert_story(TEMPORAL("temporal", "  condition: {eq: 1}\n"),
	    "c0 c1 a5 a16", "XX.X");
	assert_warns(TEMPORAL("temporal", "  condition: {gte: 4}\n"),
	    "r.yml:28:14: warning: no count can satisfy the condition");
	assert_refused(TEMPORAL("temporal", "  condition: {gte: 1, field: x}"),
	    "r.yml:28:23: 'field' is for value_*; temporal counts rules");
}

static void
temporal_may_ask_by_an_expression(void **state)
{
	(void)state;
	assert_story(TEMPORAL("temporal", "  condition: a and (b or c)\n"),
	    "b0 c1 a2 b13", "..X.");
	assert_story(TEMPORAL("temporal", "  condition: a and not (b or c)\n"),
	    "a0 b1 a11 a12 a23", "X..XX");
	assert_story(TEMPORAL("temporal", "  condition: a or b and c\n"),
	    "b0 a1 c12 b13", ".X.X");
}

#define NO_LIST(cond)                                      \
	KINDS "title: t\ncorrelation:\n  type: temporal\n" \
	      "  timespan: 10s\n  condition: " cond "\n"

/* The words that are rules stand for the list of them. */
static void
an_expression_may_name_the_rules(void **state)
{
	static const char *const lists[] = {"", "  rules:\n", "  rules: []\n"};
	struct buf		 b;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		buf_init(&b);
		buf_addf(&b,
		    KINDS "title: t\ncorrelation:\n  type: temporal\n%s"
			  "  timespan: 10s\n  group-by: [token]\n"
			  "  condition: (a or b) and not c and b\n",
		    lists[i]);
		assert_story(buf_str(&b), "a0 b1 c2 c3 a14 b15", ".X...X");
		buf_clear(&b);
	}
	/* What it does not name does not feed it, and alerts by itself. */
	assert_story(NO_LIST("a and b"), "c0 a1 c2 b3", "X.XX");
}

static void
what_names_no_rule_is_no_list_of_them(void **state)
{
	struct buf b;
	int	   i;

	(void)state;
	assert_refused(NO_LIST("a and d"),
	    "r.yml:26:20: no rule has the id or name 'd'");
	assert_refused(NO_LIST("'a and d'"),
	    "r.yml:26:21: no rule has the id or name 'd'");
	assert_refused(NO_LIST("not"),
	    "r.yml:24:3: a correlation needs 'rules'");
	assert_refused(NO_LIST("a b"), "r.yml:26:16: 'b' is not expected");
	assert_refused(NO_LIST("{gte: 1}"),
	    "r.yml:24:3: a correlation needs 'rules'");
	assert_refused(NO_LIST("null"),
	    "r.yml:24:3: a correlation needs 'rules'");
	/* Sixty-five: one more than may be told apart. */
	buf_init(&b);
	for (i = 0; i <= 64; i++)
		buf_addf(&b,
		    "title: k%d\nname: k%d\nlogsource: {product: p}\n"
		    "detection:\n  s: {a: %d}\n  condition: s\n---\n",
		    i, i, i);
	buf_adds(&b,
	    "title: t\ncorrelation:\n  type: temporal\n  timespan: 10s\n"
	    "  condition: k0");
	for (i = 1; i <= 64; i++)
		buf_addf(&b, " or k%d", i);
	assert_refused(buf_str(&b), "r.yml:460:14: more than 64 rules");
	buf_clear(&b);
}

static void
faults_of_an_expression_are_told(void **state)
{
	static const struct {
		const char *yaml;
		const char *begin;
	} all[] = {
	    {TEMPORAL("temporal", "  condition: a and d\n"),
		"r.yml:28:20: 'd' is not one of the 'rules'"},
	    {TEMPORAL("temporal", "  condition: a and not b\n"),
		"r.yml:25:17: 'c' is not in the condition"},
	    {TEMPORAL("temporal", "  condition: a and\n"),
		"r.yml:28:19: the condition ends where a rule"},
	    {TEMPORAL("temporal", "  condition: a b\n"),
		"r.yml:28:16: 'b' is not expected here"},
	    {TEMPORAL("temporal", "  condition: (a or b\n"),
		"r.yml:28:21: a ')' is missing"},
	    {TEMPORAL("temporal", "  condition: a or )\n"),
		"r.yml:28:19: ')' where a rule is expected"},
	    {TEMPORAL("temporal_ordered", "  condition: a\n"),
		"r.yml:25:14: 'b' is not in the condition"},
	    {TEMPORAL("temporal_ordered", "  condition: a and b or c\n"),
		"r.yml:28:14: temporal_ordered can only join its rules by"},
	    {TEMPORAL("temporal_ordered", "  condition: a and not b and c\n"),
		"r.yml:28:14: temporal_ordered can only join its rules by"},
	    {TEMPORAL("temporal_ordered", "  condition: {field: x, gte: 3}\n"),
		"r.yml:28:15: 'field' is for value_*"},
	    {TEMPORAL("temporal_ordered", "  condition: {}\n"),
		"r.yml:28:14: the condition compares with nothing"},
	    {COUNT("a"),
		"r.yml:14:14: a correlation needs a 'condition' "
		"map"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_refused(all[i].yaml, all[i].begin);
}

static void
an_expression_is_bounded(void **state)
{
	char   yaml[2048] = TEMPORAL("temporal", "  condition: ");
	size_t head = strlen(yaml), i;

	(void)state;
	for (i = 0; i < 63; i++)
		strcat(yaml, "(");
	strcat(yaml, "a or b or c");
	for (i = 0; i < 63; i++)
		strcat(yaml, ")");
	assert_story(yaml, "a0 b1", "XX");
	yaml[head] = '\0';
	for (i = 0; i < 64; i++)
		strcat(yaml, "not ");
	strcat(yaml, "a");
	assert_refused(yaml, "r.yml:28:270: the condition is nested");
	yaml[head] = '\0';
	for (i = 0; i < 128; i++)
		strcat(yaml, "a or ");
	strcat(yaml, "a");
	assert_refused(yaml, "r.yml:28:655: the condition has more than 256");
}

static void
what_never_or_always_holds_does_so(void **state)
{
	static const char *const never[] = {"{lt: 1}", "{eq: 0}", "{lt: 0}",
	    "{gte: 3, lt: 3}", "{eq: 2, neq: 2}", "{eq: 1.5}"};
	static const char *const always[] = {"{gte: 0}", "{neq: 0}",
	    "{gte: 0, neq: 0}"};
	char			 yaml[2000];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		snprintf(yaml, sizeof(yaml), "%s  condition: %s\n",
		    TEMPORAL("event_count", ""), never[i]);
		assert_warns(yaml,
		    "r.yml:28:14: warning: no count can satisfy the condition: "
		    "it never holds");
		assert_story(yaml, "a0 b5 c10", "...");
	}
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		snprintf(yaml, sizeof(yaml), "%s  condition: %s\n",
		    TEMPORAL("event_count", ""), always[i]);
		assert_warns(yaml,
		    "r.yml:28:14: warning: any count satisfies the condition: "
		    "it holds at every use that feeds it");
		assert_story(yaml, "a0 b5 c10", "XXX");
	}
	assert_warns(TEMPORAL("temporal", "  condition: {lte: 3}\n"),
	    "r.yml:28:14: warning: any count satisfies");
	assert_story(TEMPORAL("value_count",
			 "  condition: {field: action, lt: 1}\n"),
	    "a0 b5 c10", "...");
	assert_story(TEMPORAL("temporal", "  condition: {eq: 0}\n"),
	    "a0 b5 c10", "...");
}

static void
an_order_may_ask_for_all_its_rules(void **state)
{
	static const char *const all[] = {"{gte: 3}", "{eq: 3}", "{gt: 2}"};
	char			 yaml[2000];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(yaml, sizeof(yaml), "%s  condition: %s\n",
		    TEMPORAL("temporal_ordered", ""), all[i]);
		assert_story(yaml, "a0 b5 b6 c9 c10", "...XX");
	}
}

/* By an expression, too; without a list its order is the order. */
static void
an_order_may_be_an_expression(void **state)
{
	(void)state;
	assert_story(TEMPORAL("temporal_ordered",
			 "  condition: (c and b) and a\n"),
	    "c0 b1 a2 b3 c4", "....X");
	assert_story(KINDS "title: t\ncorrelation:\n"
			   "  type: temporal_ordered\n  timespan: 10s\n"
			   "  condition: (c and b) and a\n",
	    "c0 b1 a2 b3 c4 a13", "..XXX.");
}

#define ORDERED(cond) TEMPORAL("temporal_ordered", "  condition: " cond "\n")

/* How many of them, from the first on, were seen in their order. */
static void
an_order_may_ask_for_the_first_of_its_rules(void **state)
{
	(void)state;
	assert_story(ORDERED("{gte: 2}"), "b0 c1 a2 c3 b4 c12 c13", "....XX.");
	assert_story(ORDERED("{eq: 1}"), "b0 a2 a3 b4 a15", ".XX.X");
	assert_story(ORDERED("{lt: 2}"), "c0 a1 b2 c3 b14", "XX..X");
	assert_story(ORDERED("{lte: 0}"), "c0 a1 b2 c11 c12", "X...X");
	assert_story(ORDERED("{neq: 0}"), "c0 a1 b2 c11 c12", ".XXX.");
	assert_warns(ORDERED("{gte: 4}"), "r.yml:28:14: warning: no count can");
	assert_warns(ORDERED("{lt: 0}"), "r.yml:28:14: warning: no count can");
	assert_warns(ORDERED("{eq: -1}"), "r.yml:28:14: warning: no count can");
	assert_warns(ORDERED("{lte: 3}"), "r.yml:28:14: warning: any count");
	assert_warns(ORDERED("{gt: -1}"), "r.yml:28:14: warning: any count");
}

static void
temporal_ordered_needs_the_order(void **state)
{
	static const char yaml[] = TEMPORAL("temporal_ordered", "");

	(void)state;
	assert_story(yaml, "a0 b5 c10", "..X");
	assert_story(yaml, "a0 b5 c10.000001", "...");
	assert_story(yaml, "a0 c1 b2 c3", "...X");
	assert_story(yaml, "c0 b1 a2", "...");
	/* The latest start counts, and at one time the order of arrival. */
	assert_story(yaml, "a0 a5 b6 c15 c15.000001", "...X.");
	/* It holds at all that feeds it, not at what else comes. */
	assert_story(yaml, "a0 b1 c2 a3 b4 x5 c6", "..XXX.X");
	assert_story(yaml, "a0 b0 c0", "..X");
	assert_story(yaml, "b0 a0 c0", "...");
}

static void
one_use_takes_one_place_in_the_order(void **state)
{
	static const char yaml[] =
	    KINDS "title: t\ncorrelation:\n"
		  "  type: temporal_ordered\n  rules: [a, a, b]\n"
		  "  timespan: 10s\n";

	(void)state;
	assert_story(yaml, "a0 b1 a2 b3", "...X");
}

static void
late_uses_take_their_place_in_time(void **state)
{
	(void)state;
	assert_story(TEMPORAL("temporal", ""), "a0 c10 b4", "..X");
	assert_story(TEMPORAL("temporal", ""), "a0 c10 b11 a4", "...X");
	assert_story(TEMPORAL("temporal_ordered", ""), "a0 c10 b4", "..X");
	assert_story(TEMPORAL("temporal_ordered", ""), "b4 c10 a0", "..X");
	assert_story(TEMPORAL("temporal_ordered", ""), "b4 c10 a5", "...");
	/* A day and more has passed since. */
	assert_story(TEMPORAL("temporal_ordered", ""), "a0 c10 a80000 b4",
	    "...X");
	/* And a late link of a chain that goes on. */
	assert_story(TEMPORAL("temporal_ordered", ""), "a0 x9 b4 c10", "...X");
}

/* ---- numbers ---- */

#define NUMBERS(type, cond)                       \
	CORRELATION(                              \
	    "  type: " type "\n  rules: [base]\n" \
	    "  group-by: [token]\n  timespan: 10s\n  condition: " cond)

static bool
sent(struct ruleset *rs, usec_t at, const char *x)
{
	return judge(rs, at, &verdict, "token", "pat_a", "outcome", "denied",
		   "x", x, END) == 1;
}

/* One number a second; "..X" says where it holds. */
static void
assert_numbers(const char *yaml, const char *const *x, const char *expected)
{
	struct ruleset *rs = rules_load(yaml);
	size_t		i;

	for (i = 0; x[i] != NULL; i++)
		assert_int_equal(sent(rs, (usec_t)i * USEC_SEC, x[i]),
		    expected[i] == 'X');
	ruleset_free(&rs);
}

static void
sums_hold_at_the_limit(void **state)
{
	static const char *const tens[] = {"#10", "#-5", "#5.5", "#-0.5", NULL};
	static const char *const tenths[] = {"#0.1", "#0.1", "#0.1", "#0.1",
	    "#0.1", "#0.1", "#0.1", "#0.1", "#0.1", "#0.1", NULL};
	struct ruleset		*rs;

	(void)state;
	assert_numbers(NUMBERS("value_sum", "{field: x, gte: 10.5}"), tens,
	    "..X.");
	assert_numbers(NUMBERS("value_sum", "{field: x, gt: 10}"), tens,
	    "..X.");
	assert_numbers(NUMBERS("value_sum", "{field: x, lt: 10}"), tens,
	    ".X..");
	assert_numbers(NUMBERS("value_sum", "{field: x, eq: 10}"), tens,
	    "X..X");
	assert_numbers(NUMBERS("value_sum", "{field: x, neq: 10}"), tens,
	    ".XX.");
	assert_numbers(NUMBERS("value_sum", "{field: x, gt: 5, lte: 10}"), tens,
	    "X..X");
	assert_numbers(NUMBERS("value_sum", "{field: x, gte: 1}"), tenths,
	    ".........X");
	rs = rules_load(NUMBERS("value_sum", "{field: x, gte: 3}"));
	assert_false(sent(rs, 0, "#1"));
	assert_true(sent(rs, 10 * USEC_SEC, "#2"));
	assert_int_equal(verdict->count, 2);
	assert_int_equal(verdict->first, T0);
	assert_false(sent(rs, 10 * USEC_SEC + 1, "#0"));
	ruleset_free(&rs);
}

static void
what_is_no_number_does_not_feed(void **state)
{
	static const char *const x[] = {"!true", "~", "one", "", "=0x10",
	    "#1e301", "=5", NULL};

	(void)state;
	assert_numbers(NUMBERS("value_sum", "{field: x, gte: -1}"), x,
	    "......X");
}

static void
averages_and_percentiles(void **state)
{
	static const char *const x[] = {"#1", "#2", "#6", "#4", NULL};

	(void)state;
	assert_numbers(NUMBERS("value_avg", "{field: x, gte: 3}"), x, "..XX");
	assert_numbers(NUMBERS("value_avg", "{field: x, gt: 3}"), x, "...X");
	assert_numbers(NUMBERS("value_avg", "{field: x, lte: 1.5}"), x, "XX..");
	assert_numbers(NUMBERS("value_median", "{field: x, eq: 1.5}"), x,
	    ".X..");
	assert_numbers(NUMBERS("value_percentile", "{field: x, eq: 1.5}"), x,
	    ".X..");
	assert_numbers(NUMBERS("value_median", "{field: x, eq: 3}"), x, "...X");
	assert_numbers(NUMBERS("value_percentile",
			   "{field: x, percentile: 100, gte: 6}"),
	    x, "..XX");
	assert_numbers(NUMBERS("value_percentile",
			   "{field: x, percentile: 0, lte: 1}"),
	    x, "XXXX");
	/* 1 2 4 6: three quarters of the way are at 4 and a quarter of 2. */
	assert_numbers(NUMBERS("value_percentile",
			   "{field: x, percentile: 75, eq: 4.5}"),
	    x, "...X");
}

static void
a_late_number_is_counted_where_it_was(void **state)
{
	struct ruleset *rs =
	    rules_load(NUMBERS("value_sum", "{field: x, gte: 6}"));

	(void)state;
	assert_false(sent(rs, 0, "#1"));
	assert_false(sent(rs, 10 * USEC_SEC, "#2"));
	assert_false(sent(rs, 60 * USEC_SEC, "#2"));
	assert_false(sent(rs, -1, "#3"));
	assert_true(sent(rs, 1, "#3"));
	assert_int_equal(verdict->count, 3);
	assert_int_equal(verdict->first, T0 - 1);
	ruleset_free(&rs);
}

static void
a_rule_is_named_once_but_in_an_order(void **state)
{
	(void)state;
	assert_refused(CORRELATION("  type: temporal\n  rules: [base, base]\n"
				   "  timespan: 1m"),
	    "r.yml:11:17: 'base' is named twice");
	assert_refused(CORRELATION("  type: event_count\n"
				   "  rules: [base, base]\n  timespan: 1m\n  "
				   "condition: {gte: 1}"),
	    "r.yml:11:17: 'base' is named twice");
}

static void
faults_of_numbers_are_told(void **state)
{
	(void)state;
	assert_refused(NUMBERS("value_sum", "{gte: 1}"),
	    "r.yml:14:14: value_sum needs a 'field'");
	assert_refused(NUMBERS("value_avg", "{field: [x, y], gte: 1}"),
	    "r.yml:14:22: value_avg takes one 'field'");
	assert_refused(NUMBERS("value_avg", "{field: x, gte: 1e301}"),
	    "r.yml:14:30: 'gte' needs a number");
	assert_warns(NUMBERS("value_avg", "{field: x, gt: 1, lt: 1}"),
	    "r.yml:14:14: warning: no number can satisfy the condition");
	assert_warns(NUMBERS("value_avg", "{field: x, eq: 1, neq: 1}"),
	    "r.yml:14:14: warning: no number can satisfy the condition");
	assert_refused(NUMBERS("value_percentile",
			   "{field: x, gte: 1, percentile: 100.5}"),
	    "r.yml:14:45: 'percentile' needs a number");
	assert_refused(NUMBERS("value_median",
			   "{field: x, gte: 1, percentile: 5}"),
	    "r.yml:14:33: 'percentile' is for value_percentile");
}

static void
value_count_of_two_fields_counts_pairs(void **state)
{
	struct ruleset *rs = rules_load(DISTINCT("{field: [x, y], gte: 3}"));

	(void)state;
#define PAIR(at, x, y)                                                         \
	judge(rs, at, &verdict, "token", "pat_a", "outcome", "denied", "x", x, \
	    "y", y, END)
	assert_int_equal(PAIR(0, "a", "b"), 0);
	assert_int_equal(PAIR(1, "ab", ""), 0);
	assert_int_equal(PAIR(2, "a", "b"), 0);
	assert_int_equal(sent(rs, 3, "a"), 0);
	assert_int_equal(PAIR(4, "b", "a"), 1);
#undef PAIR
	ruleset_free(&rs);
}

/* ---- aliases ---- */

#define ALIASED(type, groups, more)                                            \
	KINDS "title: t\ncorrelation:\n  type: " type "\n"                     \
	      "  rules: [a, b]\n  aliases:\n    who: {a: token, b: account}\n" \
	      "  group-by: " groups "\n  timespan: 10s\n" more

static size_t
acted(struct ruleset *rs, usec_t at, const char *action, const char *token,
    const char *account)
{
	return judge(rs, at, &verdict, "action", action, "token", token,
	    "account", account, END);
}

static void
aliases_name_a_field_for_each_rule(void **state)
{
	struct ruleset *rs = rules_load(ALIASED("temporal", "[who]", ""));

	(void)state;
	assert_int_equal(acted(rs, 0, "a", "alice", "x"), 0);
	assert_int_equal(acted(rs, 1, "b", "alice", "bob"), 0);
	assert_int_equal(acted(rs, 2, "b", "x", "alice"), 1);
	assert_string_equal(verdict->key_name[0], "who");
	assert_true(slice_is(verdict->key[0], "alice"));
	assert_int_equal(verdict->first, T0);
	ruleset_free(&rs);
}

static void
a_use_of_two_rules_may_feed_two_groups(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: a\nname: a\nlogsource: {product: p}\ndetection:\n"
	    "  s: {token: '*'}\n  condition: s\n---\n"
	    "title: b\nname: b\nlogsource: {product: p}\ndetection:\n"
	    "  s: {account: '*'}\n  condition: s\n---\n"
	    "title: t\ncorrelation:\n  type: event_count\n"
	    "  rules: [a, b]\n  aliases:\n    who: {a: token, b: account}\n"
	    "  group-by: who\n  timespan: 10s\n  condition: {gte: 2}\n");

	(void)state;
	assert_int_equal(acted(rs, 0, "x", "alice", "bob"), 0);
	assert_int_equal(acted(rs, 1, "x", "alice", "bob"), 2);
	assert_true(slice_is(verdict[0].key[0], "alice"));
	assert_true(slice_is(verdict[1].key[0], "bob"));
	assert_string_equal(verdict[1].rule->title, "t");
	/* In one group it counts once. */
	assert_int_equal(acted(rs, 2, "x", "carol", "carol"), 0);
	assert_int_equal(acted(rs, 3, "x", "carol", "carol"), 1);
	assert_int_equal(verdict->count, 2);
	ruleset_free(&rs);
}

static void
an_alias_may_stand_for_the_field_too(void **state)
{
	struct ruleset *rs = rules_load(ALIASED("value_count", "[action]",
	    "  condition: {field: who, gte: 2}\n"));

	(void)state;
	assert_int_equal(acted(rs, 0, "b", "x", "alice"), 0);
	assert_int_equal(acted(rs, 1, "b", "y", "alice"), 0);
	assert_int_equal(acted(rs, 2, "b", "x", "bob"), 1);
	ruleset_free(&rs);
}

/* The values of the rule that feeds first, not of the one looked at last. */
static void
several_aliased_fields_are_those_of_one_rule(void **state)
{
	struct ruleset *rs = rules_load(
	    "title: a\nname: a\nlogsource: {product: p}\ndetection:\n"
	    "  s: {token: '*'}\n  condition: s\n---\n"
	    "title: b\nname: b\nlogsource: {product: p}\ndetection:\n"
	    "  s: {account: '*'}\n  condition: s\n---\n"
	    "title: t\ncorrelation:\n  type: value_count\n"
	    "  rules: [a, b]\n  aliases:\n    who: {a: token, b: account}\n"
	    "  group-by: [action]\n  timespan: 10s\n"
	    "  condition: {field: [who, action], gte: 2}\n");

	(void)state;
	/* Two tokens of one account: two values. */
	assert_int_equal(acted(rs, 0, "x", "alice", "bob"), 0);
	assert_int_equal(acted(rs, 1, "x", "carol", "bob"), 1);
	assert_int_equal(verdict->count, 2);
	ruleset_free(&rs);
}

static void
faults_of_aliases_are_told(void **state)
{
	(void)state;
	assert_refused(COUNT("{gte: 1}\n  aliases: [a]"),
	    "r.yml:15:12: 'aliases' is a map");
	assert_refused(COUNT("{gte: 1}\n  aliases: {token: x}"),
	    "r.yml:15:20: an alias is a map of rules");
	assert_refused(COUNT("{gte: 1}\n  aliases: {token: {bas: x}}"),
	    "r.yml:15:21: no rule has the id or name 'bas'");
	assert_warns("title: o\nname: o\nlogsource: {product: p}\ndetection:\n"
		     "  s: {a: b}\n  condition: s\n---\n" COUNT(
			 "{gte: 1}\n  aliases: {token: {base: x, o: y}}"),
	    "r.yml:22:30: warning: 'o' is not one of the 'rules'");
	assert_refused(COUNT("{gte: 1}\n  aliases: {token: {base: [x]}}"),
	    "r.yml:15:27: an alias needs the name of a field");
}

/* ---- by id or by name ---- */

#define ID_A "5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b1a"
#define ID_B "5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b1b"
#define NAMED(k, id)                                                    \
	"title: " k "\nid: " id "\nname: " k                            \
	"\nlogsource: {product: p}\ndetection:\n  s: {action: " k "}\n" \
	"  condition: s\n---\n"
#define OF_NAMED(type, rules, more)                                 \
	NAMED("a", ID_A)                                            \
	NAMED("b", ID_B)                                            \
	"title: t\ncorrelation:\n  type: " type "\n  rules: " rules \
	"\n  timespan: 10s\n" more

static void
a_rule_has_an_id_and_a_name(void **state)
{
	struct ruleset *rs;

	(void)state;
	assert_story(OF_NAMED("temporal", "[a, " ID_B "]",
			 "  group-by: [token]\n  condition: " ID_A
			 " and not b\n"),
	    "a0 b1 a2 a12", "X..X");
	assert_story(OF_NAMED("temporal_ordered", "[a, " ID_A ", b]",
			 "  group-by: [token]\n"),
	    "a0 b1 a2 b3", "...X");
	rs = rules_load(OF_NAMED("temporal", "[" ID_A ", b]",
	    "  group-by: [who]\n"
	    "  aliases: {who: {a: token, " ID_B ": account}}\n"));
	assert_int_equal(acted(rs, 0, "a", "alice", "x"), 0);
	assert_int_equal(acted(rs, 1, "b", "x", "alice"), 1);
	ruleset_free(&rs);
}

static void
by_either_it_is_the_same_rule(void **state)
{
	(void)state;
	assert_refused(OF_NAMED("event_count", "[a, " ID_A "]",
			   "  condition: {gte: 1}\n"),
	    "r.yml:20:14: '" ID_A "' is the rule 'a', which is named already");
	assert_refused(OF_NAMED("event_count", "[a, b]",
			   "  condition: {gte: 1}\n  group-by: [x]\n"
			   "  aliases: {x: {a: y, " ID_A ": z}}\n"),
	    "r.yml:24:23: '" ID_A "' is the rule 'a', which has a field "
	    "already");
	assert_refused(OF_NAMED("temporal", "[a, b]",
			   "  condition: a and b and c\n"),
	    "r.yml:22:26: 'c' is not one of the 'rules'");
}

/* ---- whole ---- */

static void
a_chain_ends_in_an_order(void **state)
{
	struct ruleset *rs = rules_load(
	    KINDS "title: many\nname: many\ncorrelation:\n  type: event_count\n"
		  "  rules: a\n  group-by: [token]\n  timespan: 10s\n"
		  "  condition: {gte: 3}\n---\n"
		  "title: then\ncorrelation:\n  type: temporal_ordered\n"
		  "  rules: [many, b]\n  group-by: [token]\n  timespan: 1m\n");

	(void)state;
	assert_int_equal(acted(rs, 0, "a", "pat_a", "x"), 0);
	assert_int_equal(acted(rs, 1, "a", "pat_a", "x"), 0);
	assert_int_equal(acted(rs, 2, "b", "pat_a", "x"), 0);
	assert_int_equal(acted(rs, 3, "a", "pat_a", "x"), 0);
	assert_int_equal(acted(rs, 4, "b", "pat_b", "x"), 0);
	assert_int_equal(acted(rs, USEC_MIN + 3, "b", "pat_a", "x"), 1);
	assert_string_equal(verdict->rule->title, "then");
	assert_int_equal(verdict->first, T0 + 3);
	assert_int_equal(acted(rs, USEC_MIN + 4, "b", "pat_a", "x"), 0);
	ruleset_free(&rs);
}

static void
windows_of_all_types_are_carried_over(void **state)
{
	static const char *const all[] = {
	    TEMPORAL("temporal", ""),
	    TEMPORAL("temporal_ordered", ""),
	    TEMPORAL("value_sum", "  condition: {field: n, gte: 3}"),
	    TEMPORAL("value_avg", "  condition: {field: n, gt: 1.3}"),
	    TEMPORAL("value_median", "  condition: {field: n, gte: 1}"),
	    TEMPORAL("value_count", "  condition: {field: action, gte: 3}"),
	    TEMPORAL("event_count", "  condition: {gte: 3}"),
	};
	static const char *const kinds[] = {"a", "b", "c"};
	struct ruleset		*rs, *new;
	size_t			 i, k;
	struct ruleset_change	 change;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		rs = rules_load(all[i]);
		for (k = 0; k < 3; k++) {
			new = rules_load(all[i]);
			ruleset_carry(new, rs, &change);
			assert_int_equal(change.carried, 1);
			assert_int_equal(change.reset, 0);
			ruleset_free(&rs);
			rs = new;
			(void)judge(rs, (usec_t)k, &verdict, "token", "pat_a",
			    "action", kinds[k], "n", k == 2 ? "#2" : "#1", END);
		}
		new = rules_load(all[i]);
		ruleset_carry(new, rs, &change);
		assert_int_equal(change.carried, 1);
		ruleset_free(&rs);
		assert_int_equal(judge(new, 3, &verdict, "token", "pat_a",
				     "action", "c", "n", "#2", END),
		    1);
		ruleset_free(&new);
	}
}

/* Whatever the order of arrival, the same tokens are found. */
static void
the_order_of_arrival_does_not_matter(void **state)
{
	static const char *const all[] = {
	    TEMPORAL("temporal", ""),
	    TEMPORAL("temporal_ordered", ""),
	    TEMPORAL("temporal", "  condition: a and (b or c)"),
	    TEMPORAL("value_sum", "  condition: {field: n, gte: 7}"),
	    TEMPORAL("value_count", "  condition: {field: n, gte: 3}"),
	    TEMPORAL("event_count", "  condition: {gte: 3}"),
	};
	static const char *const numbers[] = {"#0", "#1", "#2", "#3"};
	struct {
		usec_t	 at;
		unsigned token, kind, number;
	} u[60], swap;
	uint64_t	held[2];
	struct ruleset *rs;
	unsigned	round, i, j, order;
	char		kind[2] = "", token[2] = "";

	(void)state;
	srand(5);
	for (round = 0; round < 300; round++) {
		for (i = 0; i < 60; i++) {
			u[i].at = (usec_t)i * USEC_SEC + rand() % 1000;
			u[i].token = (unsigned)rand() % 10;
			u[i].kind = (unsigned)rand() % 4;
			u[i].number = (unsigned)rand() % 4;
		}
		for (order = 0; order < 2; order++) {
			rs = rules_load(all[round % 6]);
			held[order] = 0;
			for (i = 0; i < 60; i++) {
				token[0] = (char)('0' + u[i].token);
				kind[0] = (char)('a' + u[i].kind);
				if (judge(rs, u[i].at, &verdict, "token", token,
					"action", kind, "n",
					numbers[u[i].number], END) > 0)
					held[order] |= 1U << u[i].token;
			}
			ruleset_free(&rs);
			for (i = 59; i > 0; i--) {
				j = (unsigned)rand() % (i + 1);
				swap = u[i];
				u[i] = u[j];
				u[j] = swap;
			}
		}
		assert_true(held[0] == held[1]);
	}
}

/* As if it were not said. */
static void
null_is_nothing(void **state)
{
	struct ruleset *rs;

	(void)state;
	rs = rules_load(COUNT("{gte: 1}\n  generate:\n  aliases: ~"));
	ruleset_free(&rs);
	rs = rules_load(COUNT("{gte: 1}\n  aliases: {}"));
	ruleset_free(&rs);
	rs = rules_load(COUNT("{gte: 1}\n  aliases: {token: {}}"));
	assert_true(denied(rs, 0, "x"));
	ruleset_free(&rs);
	assert_story(TEMPORAL("temporal", "  condition: null\n"), "c0 a5 b10",
	    "..X");
	assert_story(TEMPORAL("temporal_ordered", "  condition: ~\n"),
	    "a0 b5 c10", "..X");
	assert_refused(COUNT("null"), "r.yml:14:14: a correlation needs a");
}

static void
faults_of_a_correlation_are_told(void **state)
{
	(void)state;
	assert_refused(COUNT("{gte: 1}\n  timspan: 5m"),
	    "r.yml:15:3: unknown "
	    "key 'timspan' in 'correlation', did you mean 'timespan'?");
	assert_warns(COUNT("{gte: 1}\n  colour: red"),
	    "r.yml:15:3: warning: unknown key 'colour' in 'correlation'");
	assert_refused(COUNT("{get: 1}"),
	    "r.yml:14:15: unknown key 'get' in "
	    "'condition'");
	assert_refused(COUNT("{}"),
	    "r.yml:14:14: the condition compares with "
	    "nothing");
	assert_refused(COUNT("{gte: x}"), "r.yml:14:20: 'gte' needs a number");
	assert_warns(COUNT("{gte: -1}"),
	    "r.yml:14:14: warning: any count satisfies the condition");
	assert_warns(COUNT("{gt: -0.5}"),
	    "r.yml:14:14: warning: any count satisfies the condition");
	assert_warns(COUNT("{neq: -1}"),
	    "r.yml:14:14: warning: any count satisfies the condition");
	assert_warns(COUNT("{lte: -1}"),
	    "r.yml:14:14: warning: no count can satisfy");
	assert_warns(COUNT("{lt: -1}"),
	    "r.yml:14:14: warning: no count can satisfy");
	assert_warns(COUNT("{eq: -1}"),
	    "r.yml:14:14: warning: no count can satisfy");
	assert_refused(COUNT("{gte: 100001}"),
	    "r.yml:14:20: 'gte' needs a number up to 100000");
	assert_warns(COUNT("{gte: 5, lt: 5}"),
	    "r.yml:14:14: warning: no count can "
	    "satisfy the condition");
	assert_warns(COUNT("{eq: 2.5}"), "r.yml:14:14: warning: no count can");
	assert_warns(COUNT("{lt: 1}"),
	    "r.yml:14:14: warning: no count can satisfy");
	assert_refused(COUNT("{gte: 1, field: x}"),
	    "r.yml:14:23: 'field' is "
	    "for value_*; event_count counts uses");
	assert_refused(DISTINCT("{gte: 1}"),
	    "r.yml:14:14: value_count needs a "
	    "'field'");
	assert_refused(COUNT("5"),
	    "r.yml:14:14: a correlation needs a "
	    "'condition' map");
	assert_refused(COUNT("{gte: 1}\n  generate: maybe"),
	    "r.yml:15:13: "
	    "'generate' must be true or false");
	assert_refused(CORRELATION("  type: evnt_count\n  rules: base\n"
				   "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:10:9: unknown "
	    "correlation type 'evnt_count', did you mean 'event_count'?");
	assert_refused(COUNT("{gte: 1}\ngenerate: true"),
	    "r.yml:15:1: "
	    "'generate' belongs inside of 'correlation'");
	assert_refused(BASE "title: c\ncorrelation: x\n",
	    "r.yml:9:14: 'correlation' must be a map");
}

static void
timespans_have_units_and_an_end(void **state)
{
	static const char *const bad[] = {"10", "10x", "5ms", "m", "1.5h", "0s",
	    "11y", "[]"};
	static const struct {
		const char *text;
		usec_t	    span;
	} good[] = {{"1s", USEC_SEC}, {"2m", 2 * USEC_MIN}, {"1h", USEC_HOUR},
	    {"1d", USEC_DAY}, {"1w", 7 * USEC_DAY}, {"1M", USEC_MONTH},
	    {"10y", 10 * USEC_YEAR}};
	struct ruleset *rs;
	char		yaml[400];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(yaml, sizeof(yaml),
		    CORRELATION(
			"  type: event_count\n  rules: base\n  timespan: %s\n"
			"  condition: {gte: 1}"),
		    bad[i]);
		assert_refused(yaml, "r.yml:12:13: ");
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(yaml, sizeof(yaml),
		    CORRELATION(
			"  type: event_count\n  rules: base\n  timespan: %s\n"
			"  condition: {gte: 1}"),
		    good[i].text);
		rs = rules_load(yaml);
		assert_int_equal(ruleset_reach(rs), good[i].span);
		ruleset_free(&rs);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_holds_at_the_limit_and_not_before),
	    cmocka_unit_test(what_does_not_match_the_rules_does_not_feed),
	    cmocka_unit_test(groups_compare_by_their_exact_text),
	    cmocka_unit_test(
		without_a_scalar_for_each_group_field_it_does_not_feed),
	    cmocka_unit_test(keys_of_two_fields_do_not_run_together),
	    cmocka_unit_test(without_group_by_there_is_one_group),
	    cmocka_unit_test(count_stands_for_that_many_uses),
	    cmocka_unit_test(
		a_late_use_completes_the_window_that_ends_after_it),
	    cmocka_unit_test(all_comparisons_and_ranges),
	    cmocka_unit_test(value_count_counts_values_once),
	    cmocka_unit_test(the_rules_it_names_only_feed_it_unless_generate),
	    cmocka_unit_test(a_use_counts_once_for_two_rules_it_matches),
	    cmocka_unit_test(a_correlation_may_feed_another),
	    cmocka_unit_test(references_must_lead_somewhere_else),
	    cmocka_unit_test(temporal_holds_once_all_rules_were_seen),
	    cmocka_unit_test(temporal_may_ask_for_a_number_of_rules),
	    cmocka_unit_test(temporal_may_ask_by_an_expression),
	    cmocka_unit_test(an_expression_may_name_the_rules),
	    cmocka_unit_test(what_names_no_rule_is_no_list_of_them),
	    cmocka_unit_test(faults_of_an_expression_are_told),
	    cmocka_unit_test(an_expression_is_bounded),
	    cmocka_unit_test(what_never_or_always_holds_does_so),
	    cmocka_unit_test(an_order_may_ask_for_all_its_rules),
	    cmocka_unit_test(an_order_may_be_an_expression),
	    cmocka_unit_test(an_order_may_ask_for_the_first_of_its_rules),
	    cmocka_unit_test(temporal_ordered_needs_the_order),
	    cmocka_unit_test(one_use_takes_one_place_in_the_order),
	    cmocka_unit_test(late_uses_take_their_place_in_time),
	    cmocka_unit_test(sums_hold_at_the_limit),
	    cmocka_unit_test(what_is_no_number_does_not_feed),
	    cmocka_unit_test(averages_and_percentiles),
	    cmocka_unit_test(a_late_number_is_counted_where_it_was),
	    cmocka_unit_test(a_rule_is_named_once_but_in_an_order),
	    cmocka_unit_test(faults_of_numbers_are_told),
	    cmocka_unit_test(value_count_of_two_fields_counts_pairs),
	    cmocka_unit_test(aliases_name_a_field_for_each_rule),
	    cmocka_unit_test(a_use_of_two_rules_may_feed_two_groups),
	    cmocka_unit_test(an_alias_may_stand_for_the_field_too),
	    cmocka_unit_test(several_aliased_fields_are_those_of_one_rule),
	    cmocka_unit_test(faults_of_aliases_are_told),
	    cmocka_unit_test(a_rule_has_an_id_and_a_name),
	    cmocka_unit_test(by_either_it_is_the_same_rule),
	    cmocka_unit_test(a_chain_ends_in_an_order),
	    cmocka_unit_test(windows_of_all_types_are_carried_over),
	    cmocka_unit_test(the_order_of_arrival_does_not_matter),
	    cmocka_unit_test(null_is_nothing),
	    cmocka_unit_test(faults_of_a_correlation_are_told),
	    cmocka_unit_test(timespans_have_units_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
