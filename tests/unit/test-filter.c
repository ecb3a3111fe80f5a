#include "rule-fixture.h"

#define END (const char *)NULL
#define RULE                                     \
	"title: pulls\nname: pulls\nid: "        \
	"5e9b2a1c-3f64-4d0e-8a53-0c2f6f7f1b11\n" \
	"logsource: {product: p, category: c}\n" \
	"detection:\n  s: {action: pull}\n  condition: s\n---\n"
/* From line 9 on; `filter` is line 11, its first line 12. */
#define FILTER(logsource, body) \
	"title: f\nlogsource: {" logsource "}\nfilter:\n" body
#define NOT_BOB "  f: {account: bob}\n  condition: not f\n"

static size_t
hits(const char *yaml, const char *account)
{
	struct ruleset	     *rs = rules_load(yaml);
	const struct verdict *v;
	size_t n = judge(rs, 0, &v, "action", "pull", "account", account, END);

	ruleset_free(&rs);
	return n;
}

static void
a_filter_limits_the_rule_it_names(void **state)
{
	static const char yaml[] =
	    RULE	  FILTER("product: p", "  rules: [pulls]\n" NOT_BOB);

	(void)state;
	assert_int_equal(hits(yaml, "ann"), 1);
	assert_int_equal(hits(yaml, "bob"), 0);
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules:\n    - "
				  "5E9B2A1C-3f64-4d0e-8a53-0c2f6f7f1b11\n    - "
				  "pulls\n" NOT_BOB),
			     "bob"),
	    0);
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: pulls\n" NOT_BOB),
			     "bob"),
	    0);
	/* As written: without its own `not` it asks for bob. */
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: [pulls]\n"
				  "  f: {account: bob}\n  condition: f\n"),
			     "ann"),
	    0);
}

static void
a_filter_may_come_before_its_rule(void **state)
{
	static const char yaml[] =
	    FILTER("product: p", "  rules: [pulls]\n" NOT_BOB) "---\n" RULE;

	(void)state;
	assert_int_equal(hits(yaml, "ann"), 1);
	assert_int_equal(hits(yaml, "bob"), 0);
}

static void
several_filters_all_apply(void **state)
{
	static const char yaml[] = RULE FILTER("product: p",
	    "  rules: [pulls]\n" NOT_BOB) "---\n" FILTER("category: c",
	    "  rules: any\n  f: {account: ann}\n  condition: not f\n");

	(void)state;
	assert_int_equal(hits(yaml, "ann"), 0);
	assert_int_equal(hits(yaml, "bob"), 0);
	assert_int_equal(hits(yaml, "eve"), 1);
}

static void
a_filter_is_no_rule(void **state)
{
	struct ruleset *rs =
	    rules_load(RULE FILTER("product: p", "  rules: [pulls]\n" NOT_BOB));

	(void)state;
	assert_int_equal(ruleset_count(rs), 1);
	assert_null(ruleset_find(rs, SLICE("f")));
	ruleset_free(&rs);
}

static void
names_in_a_filter_are_its_own(void **state)
{
	(void)state;
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: [pulls]\n"
				  "  s: {account: bob}\n  condition: not 1 of "
				  "them\n"),
			     "bob"),
	    0);
	assert_refused(RULE FILTER("product: p",
			   "  rules: [pulls]\n"
			   "  f: {account: bob}\n  condition: not s\n"),
	    "r.yml:14:18: the condition names 's', which");
}

static void
a_logsource_must_be_within_the_filters(void **state)
{
	(void)state;
	assert_int_equal(hits(RULE FILTER("product: p, category: c",
				  "  rules: any\n" NOT_BOB),
			     "bob"),
	    0);
	assert_warns(RULE FILTER("product: p, service: s",
			 "  rules: [pulls]\n" NOT_BOB),
	    "r.yml:12:11: warning: the filter "
	    "does not apply to 'pulls', which has another logsource");
	assert_int_equal(hits(RULE FILTER("product: p, service: s",
				  "  rules: [pulls]\n" NOT_BOB),
			     "bob"),
	    1);
	assert_warns(RULE FILTER("category: d", "  rules: any\n" NOT_BOB),
	    "r.yml:12:10: warning: the filter applies to no rule");
}

static void
a_correlation_is_not_filtered(void **state)
{
#define CORRELATION                                                 \
	"title: c\nname: many\ncorrelation:\n  type: event_count\n" \
	"  rules: [pulls]\n  timespan: 1m\n  condition: {gte: 1}\n---\n"

	(void)state;
	assert_warns(RULE CORRELATION FILTER("product: p",
			 "  rules: [many]\n" NOT_BOB),
	    "r.yml:20:11: warning: 'many' is a "
	    "correlation, which filters do not apply to");
	/* But through the rules that feed it. */
	assert_int_equal(hits(RULE CORRELATION FILTER("product: p",
				  "  rules: any\n" NOT_BOB),
			     "ann"),
	    1);
	assert_int_equal(hits(RULE CORRELATION FILTER("product: p",
				  "  rules: any\n" NOT_BOB),
			     "bob"),
	    0);
}

static void
an_empty_list_is_any(void **state)
{
	(void)state;
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: []\n" NOT_BOB),
			     "bob"),
	    0);
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: []\n" NOT_BOB),
			     "ann"),
	    1);
}

static void
its_condition_is_text(void **state)
{
	(void)state;
	assert_refused(RULE FILTER("product: p",
			   "  rules: any\n  f: {a: b}\n  condition: [f]\n"),
	    "r.yml:14:14: the 'condition' of a filter must be text");
}

static void
a_filter_changes_what_a_rule_means(void **state)
{
	struct ruleset *plain = rules_load(RULE);
	struct ruleset *bob =
	    rules_load(RULE FILTER("product: p", "  rules: any\n" NOT_BOB));
	struct ruleset *ann = rules_load(RULE FILTER("product: p",
	    "  rules: any\n  f: {account: ann}\n  condition: not f\n"));

	(void)state;
	assert_true(
	    ruleset_rule(plain, 0)->meaning != ruleset_rule(bob, 0)->meaning);
	assert_true(
	    ruleset_rule(ann, 0)->meaning != ruleset_rule(bob, 0)->meaning);
	ruleset_free(&plain);
	ruleset_free(&bob);
	ruleset_free(&ann);
}

/* Not that there is no such rule. */
static void
a_faulty_rule_is_known_to_its_filter(void **state)
{
	struct complaints c;
	struct ruleset	 *rs;
	struct buf	  b;

	(void)state;
	complain_init(&c);
	rs = ruleset_load_text("r.yml",
	    SLICE("title: bad\nname: bad\nlogsource: {product: p}\n"
		  "detection: {s: {a|x: b}, condition: s}\n---\n"
		  "title: f\nlogsource: {product: p}\nfilter:\n"
		  "  rules: bad\n" NOT_BOB),
	    &fixture_limits, &c);
	assert_null(rs);
	assert_int_equal(c.n, 2);
	buf_init(&b);
	complain_format(&c.list[1], &b);
	assert_string_equal(buf_str(&b),
	    "r.yml:9:10: the rule 'bad' has faults");
	buf_clear(&b);
	complain_clear(&c);
}

static void
faults_of_filters_are_told(void **state)
{
	(void)state;
	assert_refused(RULE FILTER("product: p", NOT_BOB),
	    "r.yml:12:3: a filter needs 'rules'");
	assert_refused(RULE FILTER("product: p", "  rules: {a: b}\n" NOT_BOB),
	    "r.yml:12:10: 'rules' must be a list of ids or names, or 'any'");
	assert_refused(RULE FILTER("product: p", "  rules: ''\n" NOT_BOB),
	    "r.yml:12:10: 'rules' must be a list of ids or names, or 'any'");
	assert_refused(RULE FILTER("product: p", "  rules: [[a]]\n" NOT_BOB),
	    "r.yml:12:11: a rule is named by its id or name");
	assert_refused(RULE FILTER("product: p", "  rules: any\n  f: {a: b}\n"),
	    "r.yml:12:3: the filter needs a 'condition'");
	assert_refused(RULE FILTER("product: p",
			   "  rules: any\n  condition: f\n"),
	    "r.yml:12:3: the filter has nothing to search for");
	assert_refused(RULE "title: f\nlogsource: {product: p}\nfilter: x\n",
	    "r.yml:11:9: 'filter' must be a map");
	assert_refused(RULE "title: f\nfilter:\n  rules: any\n" NOT_BOB,
	    "r.yml:9:1: a filter needs a 'logsource'");
	assert_refused(RULE "title: f\nid: x\nlogsource: {product: p}\n"
			    "filter:\n  rules: any\n" NOT_BOB,
	    "r.yml:10:5: the 'id' must be a UUID");
	assert_refused(RULE FILTER("product: p",
			   "  rules: any\n" NOT_BOB) "patrol: {mode: off}\n",
	    "r.yml:15:1: a filter has no 'patrol'");
	assert_refused(RULE FILTER("product: p",
			   "  rules: any\n" NOT_BOB) "detection:\n  s: {a: "
						     "b}\n  condition: s\n",
	    "r.yml:11:1: a 'filter' is a document of its own");
}

static void
a_rule_that_is_not_here_is_a_warning(void **state)
{
	const char *both =
	    RULE    FILTER("product: p", "  rules: [other, pulls]\n" NOT_BOB);

	(void)state;
	assert_warns(RULE FILTER("product: p", "  rules: pull\n" NOT_BOB),
	    "r.yml:12:10: warning: no rule has the id or name 'pull', did you "
	    "mean 'pulls'?");
	assert_warns(both,
	    "r.yml:12:11: warning: no rule has the id or name 'other'");
	assert_int_equal(hits(both, "bob"), 0);
	assert_int_equal(hits(both, "ann"), 1);
	assert_int_equal(hits(RULE FILTER("product: p",
				  "  rules: other\n" NOT_BOB),
			     "bob"),
	    1);
}

static void
an_identifier_of_a_filter_nobody_uses_is_a_warning(void **state)
{
	(void)state;
	assert_warns(RULE FILTER("product: p",
			 "  rules: any\n  g: {a: b}\n" NOT_BOB),
	    "r.yml:13:3: warning: 'g' is not used by the condition");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_filter_limits_the_rule_it_names),
	    cmocka_unit_test(a_filter_may_come_before_its_rule),
	    cmocka_unit_test(several_filters_all_apply),
	    cmocka_unit_test(a_filter_is_no_rule),
	    cmocka_unit_test(names_in_a_filter_are_its_own),
	    cmocka_unit_test(a_logsource_must_be_within_the_filters),
	    cmocka_unit_test(a_correlation_is_not_filtered),
	    cmocka_unit_test(an_empty_list_is_any),
	    cmocka_unit_test(its_condition_is_text),
	    cmocka_unit_test(a_filter_changes_what_a_rule_means),
	    cmocka_unit_test(a_faulty_rule_is_known_to_its_filter),
	    cmocka_unit_test(faults_of_filters_are_told),
	    cmocka_unit_test(a_rule_that_is_not_here_is_a_warning),
	    cmocka_unit_test(
		an_identifier_of_a_filter_nobody_uses_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
