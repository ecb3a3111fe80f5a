#include "rule-fixture.h"

#define END (const char *)NULL

static void
a_name_is_case_sensitive_and_a_path(void **state) /* S1 */
{
	(void)state;
	assert_true(matches("action: pull", "action", "pull", END));
	assert_false(matches("Action: pull", "action", "pull", END));
	assert_true(matches("x.y.z: a", "x.y.z", "a", END));
	assert_false(matches("x.y: a", "x.y.z", "a", END));
}

static void
lists_fan_out_to_their_members(void **state) /* S1, S4 */
{
	(void)state;
	assert_true(matches("g: b", "g", "a", "g", "+b", END));
	assert_false(matches("g: c", "g", "a", "g", "+b", END));
	assert_true(matches("token.label: b", "token.label", "a", "token.label",
	    "+b", END));
	assert_true(matches("token.label: a", "token.label", "a", "token.label",
	    "+b", END));
}

static void
exists_asks_for_the_path_alone(void **state) /* S2 */
{
	(void)state;
	assert_true(matches("tag|exists: true", "tag", "", END));
	assert_true(matches("x|exists: true", "x", "~", END));
	assert_false(matches("tag|exists: true", "action", "x", END));
	assert_true(matches("tag|exists: false", "action", "x", END));
	assert_true(matches("source|exists: true", "source.ip", "::1", END));
	assert_true(matches("x|exists: true", "x.y", "a", END));
	assert_false(matches("x|exists: true", "xy", "a", END));
}

static void
null_is_an_absent_path_or_a_null_member(void **state) /* S3 */
{
	(void)state;
	assert_true(matches("tag: null", "action", "x", END));
	assert_true(matches("tag:", "action", "x", END));
	assert_true(matches("x: null", "x", "~", END));
	assert_true(matches("x: null", "x", "a", "x", "+~", END));
	assert_false(matches("tag: null", "tag", "", END));
	assert_false(matches("source: null", "source.ip", "::1", END));
	assert_true(matches("tag: [a, null]", "action", "x", END));
	assert_false(matches("tag: [a, null]", "tag", "b", END));
}

static void
an_empty_string_is_a_value(void **state)
{
	(void)state;
	assert_true(matches("tag: ''", "tag", "", END));
	assert_false(matches("tag: ''", "tag", "a", END));
	assert_false(matches("tag: ''", "action", "a", END));
	assert_false(matches("x: ''", "x", "~", END));
}

static void
an_absent_field_matches_nothing(void **state) /* S4 */
{
	(void)state;
	assert_false(matches("tag: '*'", "action", "x", END));
	assert_false(matches("x: '*'", "x", "~", END));
	assert_true(matches("tag: '*'", "tag", "", END));
	assert_false(matches("bytes|lt: 5", "action", "x", END));
}

static void
all_wants_a_member_for_each_value(void **state) /* S4 */
{
	(void)state;
	assert_true(matches("tag|contains|all: [a, b]", "tag", "xbxa", END));
	assert_false(matches("tag|contains|all: [a, b]", "tag", "xbx", END));
	assert_true(matches("g|all: [a, b]", "g", "a", "g", "+b", END));
	assert_false(matches("g|all: [a, b]", "g", "a", "g", "+c", END));
	assert_true(matches("g|all: [A, b, c, d]", "g", "a", "g", "+b", "g",
	    "+c", "g", "+d", END));
}

static void
neq_negates_the_whole_item(void **state) /* S5 */
{
	(void)state;
	assert_true(matches("tag|neq: a", "tag", "b", END));
	assert_false(matches("tag|neq: a", "tag", "A", END));
	assert_true(matches("tag|neq: a", "action", "x", END));
	assert_false(matches("g|neq: [a, b]", "g", "c", "g", "+b", END));
	assert_true(matches("tag|contains|all|neq: [a, b]", "tag", "a", END));
	assert_false(matches("tag|contains|all|neq: [a, b]", "tag", "ab", END));
}

static void
strings_compare_with_the_string_view(void **state) /* S6 */
{
	(void)state;
	assert_true(matches("x: '10'", "x", "#10", END));
	assert_false(matches("x: '10'", "x", "#10.0", END));
	assert_true(matches("x: 'TRUE'", "x", "!true", END));
	assert_true(matches("x|startswith: '1'", "x", "#10.0", END));
	assert_false(matches("x: 'null'", "x", "~", END));
}

static void
numbers_compare_as_numbers_and_as_their_text(void **state) /* S6 */
{
	(void)state;
	assert_true(matches("x: 10", "x", "#10", END));
	assert_true(matches("x: 10", "x", "#1e1", END));
	assert_true(matches("x: 10.0", "x", "#10", END));
	assert_true(matches("x: 1.0e+18", "x", "1000000000000000000", END));
	/* Text in YAML 1.1. */
	assert_false(matches("x: 1e3", "x", "#1000", END));
	assert_true(matches("x: 1e3", "x", "1E3", END));
	assert_true(matches("x: 18446744073709551616", "x",
	    "#18446744073709551616.0", END));
	assert_false(matches("x: 18446744073709551616", "x",
	    "#18446744073709551617", END));
	assert_false(
	    matches("x|lt: 0.1", "x", "#0.10000000000000000000000001", END));
	assert_true(
	    matches("x|gt: 0.1", "x", "0.10000000000000000000000001", END));
	assert_true(matches("x: 10", "x", "=10", END));
	assert_true(matches("x: 1.0e+1", "x", "=10", END));
	assert_false(matches("x: 10", "x", "=10.0", END));
	assert_false(matches("x: 1", "x", "!true", END));
	assert_true(matches("x: 0x1F", "x", "=31", END));
	assert_false(matches("x: 0x1F", "x", "0x1F", END));
	assert_true(matches("x: '0x1F'", "x", "0x1f", END));
	assert_true(matches("x: .5", "x", "#5e-1", END));
	assert_true(matches("x: +1.", "x", "=1", END));
	assert_true(matches("x|lt: -.5", "x", "#-0.51", END));
	/* YAML 1.1 and 1.2 would not agree. */
	assert_true(matches("x: 010", "x", "010", END));
	assert_false(matches("x: 010", "x", "#10", END));
	assert_true(matches("x: 1_000", "x", "1_000", END));
}

static void
booleans_compare_as_booleans_and_as_words(void **state) /* S6 */
{
	(void)state;
	assert_true(matches("x: true", "x", "!true", END));
	assert_false(matches("x: true", "x", "!false", END));
	assert_true(matches("x: true", "x", "=True", END));
	assert_false(matches("x: true", "x", "#1", END));
	assert_true(matches("x: yes", "x", "=yes", END));
	assert_true(matches("x: false", "x", "FAL\u017FE", END));
}

static void
case_does_not_count_unless_cased(void **state) /* S7 */
{
	(void)state;
	assert_true(matches("tag: LaTest", "tag", "lATEST", END));
	assert_false(matches("tag|cased: LaTest", "tag", "lATEST", END));
	assert_true(matches("tag|cased: LaTest", "tag", "LaTest", END));
	assert_true(matches("tag|contains|cased: aT", "tag", "LaTest", END));
	assert_true(matches("tag: \"\u00C4\"", "tag", "\u00E4", END));
	assert_true(matches("tag: k", "tag", "\u212A", END));
	assert_false(matches("tag: ss", "tag", "\u00DF", END));
}

static void
wildcards_cross_newlines(void **state) /* S8 */
{
	(void)state;
	assert_true(matches("tag: 'a*b'", "tag", "a\nb", END));
	assert_true(matches("tag: 'a?b'", "tag", "a\u00E4b", END));
	assert_false(matches("tag: 'a?b'", "tag", "ab", END));
}

static void
keywords_are_found_anywhere_in_values(void **state) /* S9 */
{
	const char *one = "  s: [Denied, nginx]\n  condition: s\n";
	const char *both = "  s:\n    '|all': [denied, nginx]\n"
			   "  condition: s\n";

	(void)state;
	assert_true(detects(one, "reason", "access denied.", END));
	assert_true(detects(one, "x.y.z", "library/NGINX", END));
	assert_false(detects(one, "nginx", "a", END));
	assert_false(detects(both, "reason", "access denied.", END));
	assert_true(detects(both, "reason", "denied", "repository",
	    "library/nginx", END));
	assert_true(detects("  s: 404\n  condition: s\n", "x", "#14041", END));
	assert_true(detects("  s:\n    '|re': '^a.c$'\n  condition: s\n", "x",
	    "abc", END));
	assert_false(detects("  s:\n    '|cased': Denied\n  condition: s\n",
	    "x", "denied", END));
}

/* As a field is compared with: 2.50 is 2.5. */
static void
a_number_as_a_keyword_is_its_canonical_text(void **state) /* S6, S9 */
{
	(void)state;
	assert_true(detects("  s: 2.50\n  condition: s\n", "x", "v2.5", END));
	assert_false(detects("  s: 3.0\n  condition: s\n", "x", "v1.4", END));
	assert_true(detects("  s: [3.0, a]\n  condition: s\n", "x", "v3", END));
	assert_true(
	    detects("  s: 1.0e+3\n  condition: s\n", "x", "#1000", END));
	assert_true(detects("  s: true\n  condition: s\n", "x", "untrue", END));
}

static void
neq_negates_keywords_too(void **state) /* S5, S9 */
{
	const char *none = "  s:\n    '|neq': [denied, nginx]\n"
			   "  condition: s\n";
	const char *both = "  s:\n    '|all|neq': [denied, nginx]\n"
			   "  condition: s\n";

	(void)state;
	assert_true(detects(none, "x", "a", END));
	assert_false(detects(none, "x", "a", "y", "Denied.", END));
	assert_true(detects(both, "x", "a", "y", "Denied.", END));
	assert_false(detects(both, "x", "nginx", "y", "Denied.", END));
}

static void
regexes_search_the_string_view(void **state) /* S10 */
{
	(void)state;
	assert_true(matches("tag|re: 'v\\d+'", "tag", "x-v12", END));
	assert_false(matches("tag|re: 'V\\d+'", "tag", "x-v12", END));
	assert_true(matches("tag|re|i: 'V\\d+'", "tag", "x-v12", END));
	assert_true(matches("x|re: '^1\\d$'", "x", "#10", END));
	assert_true(matches("tag|re|s: 'a.b'", "tag", "a\nb", END));
	assert_true(matches("tag|re|neq: 'a'", "tag", "b", END));
	assert_true(matches("tag|re|all: [a, b]", "tag", "ba", END));
}

static void
comparisons_take_numbers_and_their_texts(void **state) /* S11 */
{
	(void)state;
	assert_true(matches("x|gte: 10", "x", "#10", END));
	assert_false(matches("x|gte: 10", "x", "#9.99", END));
	assert_false(matches("x|gt: 10", "x", "#10", END));
	assert_true(matches("x|gt: 10", "x", "#10.01", END));
	assert_true(matches("x|lte: 10", "x", "#10", END));
	assert_false(matches("x|lt: 10", "x", "#10", END));
	assert_true(matches("x|lt: 10", "x", "#-1e9", END));
	assert_true(matches("x|gte: 10", "x", "=12", END));
	assert_false(matches("x|gte: 10", "x", "=12 ", END));
	assert_false(matches("x|gte: 0", "x", "!true", END));
	assert_false(matches("x|gte: 0", "x", "~", END));
	assert_true(matches("x|gte: '2.5'", "x", "#2.5", END));
}

static void
networks_hold_addresses_of_their_family(void **state) /* S12 */
{
	(void)state;
	assert_true(matches("source.ip|cidr: 192.0.2.0/24", "source.ip",
	    "192.0.2.255", END));
	assert_false(matches("source.ip|cidr: 192.0.2.0/24", "source.ip",
	    "192.0.3.0", END));
	assert_false(matches("source.ip|cidr: 192.0.2.0/24", "source.ip",
	    "::ffff:192.0.2.1", END));
	assert_true(matches("source.ip|cidr: '2001:db8::/32'", "source.ip",
	    "2001:DB8:1::1", END));
	assert_false(matches("x|cidr: 192.0.2.0/24", "x", "192.0.2.01", END));
	assert_false(matches("x|cidr: 'fe80::/10'", "x", "fe80::1%eth0", END));
	assert_true(matches("x|cidr: [10.0.0.0/8, 192.0.2.0/24]", "x",
	    "192.0.2.1", END));
}

static void
long_lists_of_equal_values_match_the_same(void **state)
{
	const char *item = "tag: [Alpha, beta, gamma, delta, eps*, 7, null]";
	char	    body[200];

	(void)state;
	snprintf(body, sizeof(body), "  s:\n    %s\n  condition: s\n", item);
	assert_true(detects(body, "tag", "ALPHA", END));
	assert_true(detects(body, "tag", "delta", END));
	assert_true(detects(body, "tag", "epsilon", END));
	assert_true(detects(body, "tag", "#7", END));
	assert_true(detects(body, "action", "x", END));
	assert_false(detects(body, "tag", "zeta", END));
	assert_true(detects("  s:\n    tag|cased: [A, B, C, D]\n"
			    "  condition: s\n",
	    "tag", "C", END));
	assert_false(detects("  s:\n    tag|cased: [A, B, C, D]\n"
			     "  condition: s\n",
	    "tag", "c", END));
}

static void
both_ends_may_be_open(void **state)
{
	(void)state;
	assert_true(matches("tag|startswith: a", "tag", "Abc", END));
	assert_false(matches("tag|startswith: b", "tag", "Abc", END));
	assert_true(matches("tag|endswith: C", "tag", "Abc", END));
	assert_false(matches("tag|endswith: b", "tag", "Abc", END));
	assert_true(matches("tag|contains: 'a*c'", "tag", "xaBcx", END));
	assert_true(matches("tag|endswith: 'a\\\\'", "tag", "xa\\", END));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_case_sensitive_and_a_path),
	    cmocka_unit_test(lists_fan_out_to_their_members),
	    cmocka_unit_test(exists_asks_for_the_path_alone),
	    cmocka_unit_test(null_is_an_absent_path_or_a_null_member),
	    cmocka_unit_test(an_empty_string_is_a_value),
	    cmocka_unit_test(an_absent_field_matches_nothing),
	    cmocka_unit_test(all_wants_a_member_for_each_value),
	    cmocka_unit_test(neq_negates_the_whole_item),
	    cmocka_unit_test(strings_compare_with_the_string_view),
	    cmocka_unit_test(numbers_compare_as_numbers_and_as_their_text),
	    cmocka_unit_test(booleans_compare_as_booleans_and_as_words),
	    cmocka_unit_test(case_does_not_count_unless_cased),
	    cmocka_unit_test(wildcards_cross_newlines),
	    cmocka_unit_test(keywords_are_found_anywhere_in_values),
	    cmocka_unit_test(a_number_as_a_keyword_is_its_canonical_text),
	    cmocka_unit_test(neq_negates_keywords_too),
	    cmocka_unit_test(regexes_search_the_string_view),
	    cmocka_unit_test(comparisons_take_numbers_and_their_texts),
	    cmocka_unit_test(networks_hold_addresses_of_their_family),
	    cmocka_unit_test(long_lists_of_equal_values_match_the_same),
	    cmocka_unit_test(both_ends_may_be_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
