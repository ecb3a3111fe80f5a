#include "rule-fixture.h"

#define END (const char *)NULL
#define BASE                                                                  \
	"title: base\nname: base\nlogsource: {product: p}\ndetection:\n"      \
	"  s: {outcome: denied}\n  condition: s\n---\n"
/* The correlation's own keys from line 10 on. */
#define CORRELATION(text) BASE "title: c\ncorrelation:\n" text "\n"
#define COUNT(cond)                                                           \
	CORRELATION("  type: event_count\n  rules: [base]\n"                  \
	    "  group-by: [token]\n  timespan: 10s\n  condition: " cond)
#define DISTINCT(cond)                                                        \
	CORRELATION("  type: value_count\n  rules: base\n"                    \
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
	    "success", END), 0);
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
	struct ruleset *rs = rules_load(CORRELATION(
	    "  type: event_count\n  rules: [base]\n"
	    "  group-by: [token, x]\n  timespan: 10s\n"
	    "  condition: {gte: 2}"));
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_false(denied(rs, i, "pat_a"));
		assert_int_equal(judge(rs, i, &verdict, "token", "pat_a",
		    "outcome", "denied", "x", "~", END), 0);
		assert_int_equal(judge(rs, i, &verdict, "token", "pat_a",
		    "outcome", "denied", "x", "1", "x", "+2", END), 0);
	}
	assert_int_equal(judge(rs, 5, &verdict, "token", "pat_a", "outcome",
	    "denied", "x", "#1", END), 0);
	assert_int_equal(judge(rs, 6, &verdict, "token", "pat_a", "outcome",
	    "denied", "x", "=1", END), 1);
	assert_int_equal(verdict->nkey, 2);
	assert_true(slice_is(verdict->key[1], "1"));
	ruleset_free(&rs);
}

static void
keys_of_two_fields_do_not_run_together(void **state)
{
	struct ruleset *rs = rules_load(CORRELATION(
	    "  type: event_count\n  rules: [base]\n"
	    "  group-by: [token, account]\n  timespan: 10s\n"
	    "  condition: {gte: 2}"));

	(void)state;
	assert_int_equal(judge(rs, 0, &verdict, "token", "ab", "account", "c",
	    "outcome", "denied", END), 0);
	assert_int_equal(judge(rs, 0, &verdict, "token", "a", "account", "bc",
	    "outcome", "denied", END), 0);
	assert_int_equal(judge(rs, 0, &verdict, "token", "a", "account", "bc",
	    "outcome", "denied", END), 1);
	ruleset_free(&rs);
}

static void
without_group_by_there_is_one_group(void **state)
{
	struct ruleset *rs = rules_load(CORRELATION(
	    "  type: event_count\n  rules: base\n  timespan: 10s\n"
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
	    "denied", "count", "#2", END), 0);
	assert_true(denied(rs, 1, "pat_a"));
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_b", "outcome",
	    "denied", "count", "#3", END), 1);
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
		const char	*cond;
		const char	*holds;	/* at the 1st, 2nd, ... use */
	} all[] = {
		{COUNT("{gt: 2}"), "..XX"}, {COUNT("{gte: 2}"), ".XXX"},
		{COUNT("{lt: 2}"), "X..."}, {COUNT("{lte: 2}"), "XX.."},
		{COUNT("{eq: 2}"), ".X.."}, {COUNT("{neq: 2}"), "X.XX"},
		{COUNT("{gt: 1, lt: 4}"), ".XX."},
		{COUNT("{gte: 2.5}"), "..XX"}, {COUNT("{gt: 2.5}"), "..XX"},
		{COUNT("{lte: 2.5}"), "XX.."}, {COUNT("{lt: 2.5}"), "XX.."},
		{COUNT("{neq: 2.5}"), "XXXX"},
		{COUNT("{gte: 2, neq: 3}"), ".X.X"},
		{COUNT("{gte: '3'}"), "..XX"},
	};
	struct ruleset *rs;
	size_t i;
	int n;

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
	struct ruleset *rs = rules_load(
	    DISTINCT("{field: source.ip, gte: 3}"));

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
	    "denied", END), 1);
	ruleset_free(&rs);
	rs = rules_load(COUNT("{gte: 1}\n  generate: true"));
	assert_true(ruleset_find(rs, SLICE("base"))->alerts);
	assert_int_equal(judge(rs, 0, &verdict, "token", "pat_a", "outcome",
	    "denied", END), 2);
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
	struct ruleset *rs = rules_load("title: d\ncorrelation:\n"
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
	    "  condition: {gte: 1}\n", "r.yml:5:11: 'c' leads back to this");
	assert_refused(CORRELATION("  type: event_count\n  rules: []\n"
	    "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:11:10: a correlation needs 'rules'");
	assert_refused(CORRELATION("  type: event_count\n  rules: [[a]]\n"
	    "  timespan: 1m\n  condition: {gte: 1}"),
	    "r.yml:11:11: a rule is named by its id or its name");
}

static void
what_is_not_supported_is_refused_by_name(void **state)
{
	static const char *const types[] = {"temporal", "temporal_ordered",
		"value_sum", "value_avg", "value_percentile", "value_median"};
	char yaml[400], begin[100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(yaml, sizeof(yaml), CORRELATION("  type: %s\n"
		    "  rules: [base]\n  timespan: 1m\n  condition: {gte: 1}"),
		    types[i]);
		snprintf(begin, sizeof(begin), "r.yml:10:9: correlation type "
		    "'%s' is not supported yet", types[i]);
		assert_refused(yaml, begin);
	}
	assert_refused(COUNT("{gte: 1}\n  aliases: {a: {b: c}}"),
	    "r.yml:15:3: 'aliases' of correlations are not supported yet");
}

static void
faults_of_a_correlation_are_told(void **state)
{
	(void)state;
	assert_refused(COUNT("{gte: 1}\n  timspan: 5m"), "r.yml:15:3: unknown "
	    "key 'timspan' in 'correlation', did you mean 'timespan'?");
	assert_refused(COUNT("{get: 1}"), "r.yml:14:15: unknown key 'get' in "
	    "'condition'");
	assert_refused(COUNT("{}"), "r.yml:14:14: the condition compares with "
	    "nothing");
	assert_refused(COUNT("{gte: x}"), "r.yml:14:20: 'gte' needs a number");
	assert_refused(COUNT("{gte: -1}"), "r.yml:14:20: 'gte' needs a number "
	    "from 0 to 100000");
	assert_refused(COUNT("{gte: 100001}"), "r.yml:14:20: 'gte' needs a");
	assert_refused(COUNT("{gte: 5, lt: 5}"), "r.yml:14:14: no count can "
	    "satisfy the condition");
	assert_refused(COUNT("{eq: 2.5}"), "r.yml:14:14: no count can");
	assert_refused(COUNT("{lt: 1}"), "r.yml:14:14: no count can satisfy");
	assert_refused(COUNT("{gte: 1, field: x}"), "r.yml:14:23: 'field' is "
	    "for value_count");
	assert_refused(DISTINCT("{gte: 1}"), "r.yml:14:14: value_count needs a "
	    "'field'");
	assert_refused(COUNT("5"), "r.yml:14:14: a correlation needs a "
	    "'condition' map");
	assert_refused(COUNT("{gte: 1}\n  generate: maybe"), "r.yml:15:13: "
	    "'generate' must be true or false");
	assert_refused(CORRELATION("  type: evnt_count\n  rules: base\n"
	    "  timespan: 1m\n  condition: {gte: 1}"), "r.yml:10:9: unknown "
	    "correlation type 'evnt_count', did you mean 'event_count'?");
	assert_refused(COUNT("{gte: 1}\ngenerate: true"), "r.yml:15:1: "
	    "'generate' belongs inside of 'correlation'");
	assert_refused(BASE "title: c\ncorrelation: x\n",
	    "r.yml:9:14: 'correlation' must be a map");
}

static void
timespans_have_units_and_an_end(void **state)
{
	static const char *const bad[] = {"10", "10x", "5ms", "m", "1.5h",
		"0s", "11y", "[]"};
	static const struct {
		const char	*text;
		usec_t		 span;
	} good[] = {{"1s", USEC_SEC}, {"2m", 2 * USEC_MIN},
		{"1h", USEC_HOUR}, {"1d", USEC_DAY}, {"1w", 7 * USEC_DAY},
		{"1M", USEC_MONTH}, {"10y", 10 * USEC_YEAR}};
	struct ruleset *rs;
	char yaml[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(yaml, sizeof(yaml), CORRELATION(
		    "  type: event_count\n  rules: base\n  timespan: %s\n"
		    "  condition: {gte: 1}"), bad[i]);
		assert_refused(yaml, "r.yml:12:13: ");
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(yaml, sizeof(yaml), CORRELATION(
		    "  type: event_count\n  rules: base\n  timespan: %s\n"
		    "  condition: {gte: 1}"), good[i].text);
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
		cmocka_unit_test(
		    the_rules_it_names_only_feed_it_unless_generate),
		cmocka_unit_test(a_use_counts_once_for_two_rules_it_matches),
		cmocka_unit_test(a_correlation_may_feed_another),
		cmocka_unit_test(references_must_lead_somewhere_else),
		cmocka_unit_test(what_is_not_supported_is_refused_by_name),
		cmocka_unit_test(faults_of_a_correlation_are_told),
		cmocka_unit_test(timespans_have_units_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
