#include "rule-fixture.h"

#include "rule/testing.h"

#define RULE                                              \
	"title: t\nlogsource: {product: p}\ndetection:\n" \
	"  s: {outcome: denied}\n  condition: s\npatrol:\n  tests:\n"

static char said[2000];

static void
say(const struct rule *rule, const char *test, unsigned line, const char *why,
    void *arg)
{
	size_t n = strlen(said);

	(void)arg;
	snprintf(said + n, sizeof(said) - n, "%s:%u %s: %s\n", rule->title,
	    line, test, why != NULL ? why : "ok");
}

static size_t
run(const char *yaml, size_t *n)
{
	struct ruleset *rs = rules_load(yaml);
	size_t		failed;

	said[0] = '\0';
	failed = ruleset_test_run(rs, say, NULL, n);
	ruleset_free(&rs);
	return failed;
}

static void
what_is_expected_passes(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(run(RULE "    - name: a\n"
				  "      uses: [{token: x, outcome: denied}]\n"
				  "      expect: [{key: {token: x}}]\n"
				  "    - name: b\n      uses: [{token: x, "
				  "outcome: success}]\n"
				  "      expect: []\n",
			     &n),
	    0);
	assert_int_equal(n, 2);
	assert_string_equal(said, "t:8 a: ok\nt:11 b: ok\n");
}

static void
too_few_too_many_and_others_fail(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(run(RULE
			     "    - name: a\n"
			     "      uses: [{token: x, outcome: success}]\n"
			     "      expect: [{key: {token: x}}]\n"
			     "    - name: b\n      uses: [{token: y, outcome: "
			     "denied}]\n"
			     "      expect: [{key: {token: x}, count: 0}]\n",
			     &n),
	    2);
	assert_string_equal(said,
	    "t:8 a: expected 1 alert token=x, raised 0\n"
	    "t:11 b: raised 1 alert token=y that was not expected\n");
}

static void
realert_is_observed_and_doubles(void **state)
{
	size_t n;

	(void)state;
	/* At 0, then silent to 1 h; at 2 h, to 4 h; at 5 h, to 9 h. */
	assert_int_equal(run(RULE
			     "    - name: a\n"
			     "      uses: [{repeat: 8, every: 1h, token: x, "
			     "outcome: denied}]\n"
			     "      expect: [{key: {token: x}, count: 3}]\n",
			     &n),
	    0);
}

static void
each_test_begins_with_empty_windows(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(
	    run("title: b\nname: b\nlogsource: {product: p}\n"
		"detection:\n  s: {outcome: denied}\n  condition: s\n---\n"
		"title: c\ncorrelation: {type: value_count, rules: b, "
		"timespan: 1m, condition: {field: source.net, gte: 2}}\n"
		"patrol:\n  mode: 'off'\n  tests:\n"
		"    - name: one\n"
		"      uses: [{outcome: denied, source: {ip: 192.0.2.1}}]\n"
		"      expect: []\n"
		"    - name: another\n"
		"      uses: [{outcome: denied, source.ip: 198.51.100.1}]\n"
		"      expect: []\n"
		"    - name: both\n"
		"      uses:\n"
		"        - {outcome: denied, source.ip: 198.51.100.1}\n"
		"        - {outcome: denied, source.ip: 192.0.2.1, at: 60s}\n"
		"      expect: [{count: 1}]\n",
		&n),
	    0);
	assert_int_equal(n, 3);
}

static void
a_text_may_have_the_number_of_the_repetition(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(
	    run(RULE "    - name: one for each\n"
		     "      uses: [{repeat: 3, at: 5s, outcome: denied, "
		     "token: 't{n}-{n}', source.ip: '192.0.{n}.1'}]\n"
		     "      expect: [{key: {token: t1-1}}, "
		     "{key: {token: t2-2}}, {key: {token: t3-3}}]\n"
		     "    - name: one that does not repeat\n"
		     "      uses: [{outcome: denied, token: 't{n}'}]\n"
		     "      expect: [{key: {token: t1}}]\n"
		     "    - name: and then the others\n"
		     "      uses:\n"
		     "        - {repeat: 3, outcome: success, token: 't{n}'}\n"
		     "        - {repeat: 2, outcome: denied, token: x}\n"
		     "      expect: [{key: {token: x}}]\n",
		&n),
	    0);
	assert_int_equal(n, 3);
}

static void
faults_in_tests_are_told_when_loading(void **state)
{
#define USES "    - name: a\n      expect: []\n      uses: "
	(void)state;
	assert_refused(RULE "    - uses: [{a: b}]\n      expect: []\n",
	    "r.yml:8:7: a test needs a 'name'");
	assert_refused(RULE "    - name: a\n      uses: [{a: b}]\n",
	    "r.yml:8:7: a test needs 'expect'");
	assert_refused(RULE "    - name: a\n      expect: []\n",
	    "r.yml:8:7: a test needs 'uses'");
	assert_refused(RULE "    - name: a\n      uses: [{a: b}]\n"
			    "      expect: []\n      epxect: 1\n",
	    "r.yml:11:7: unknown key 'epxect' in a test, did you mean");
	assert_refused(RULE USES "[x]\n", "r.yml:10:14: a use is a map");
	assert_refused(RULE USES "[{repeat: 0}]\n",
	    "r.yml:10:23: 'repeat' needs a whole number from 1 to 1000000");
	assert_refused(RULE USES "[{every: soon}]\n", "r.yml:10:22: ");
	assert_refused(RULE USES "[{time: x}]\n",
	    "r.yml:10:21: a test has no 'time'");
	assert_refused(RULE USES "[{source.ip: x}]\n",
	    "r.yml:10:26: 'source.ip' is not an address");
	assert_refused(RULE USES "[{count: 0}]\n",
	    "r.yml:10:22: 'count' needs a whole number");
	assert_refused(RULE USES "[{repeat: 600000}, {repeat: 600000}]\n",
	    "r.yml:10:13: a test has 1000000 uses at the most");
	assert_refused(RULE USES "[{repeat: 10001, a: '{n}'}]\n",
	    "r.yml:10:14: with '{n}' a use repeats 10000 times at the most");
	assert_refused(RULE USES "[{repeat: 300, source.ip: '10.0.0.{n}'}]\n",
	    "r.yml:10:39: 'source.ip' is not an address");
	assert_refused(RULE "    - name: a\n      uses: [{a: b}]\n"
			    "      expect: [{kye: {token: x}}]\n",
	    "r.yml:10:17: unknown key 'kye' in 'expect', did you mean 'key'");
#undef USES
}

static void
the_rules_that_ship_pass_their_own_tests(void **state)
{
	const char	 *paths[] = {"rules"};
	struct complaints c;
	struct ruleset	 *rs;
	size_t		  n, i;

	(void)state;
	complain_init(&c);
	rs = ruleset_load(paths, 1, &fixture_limits, &c);
	assert_non_null(rs);
	assert_int_equal(c.n, 0);
	said[0] = '\0';
	if (ruleset_test_run(rs, say, NULL, &n) != 0)
		fail_msg("%s", said);
	assert_true(n >= 2 * 6);
	for (i = 0; i < ruleset_count(rs); i++)
		assert_int_equal(strlen(ruleset_rule(rs, i)->id), 36);
	ruleset_free(&rs);
	complain_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_expected_passes),
	    cmocka_unit_test(too_few_too_many_and_others_fail),
	    cmocka_unit_test(realert_is_observed_and_doubles),
	    cmocka_unit_test(each_test_begins_with_empty_windows),
	    cmocka_unit_test(a_text_may_have_the_number_of_the_repetition),
	    cmocka_unit_test(faults_in_tests_are_told_when_loading),
	    cmocka_unit_test(the_rules_that_ship_pass_their_own_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
