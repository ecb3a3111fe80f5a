#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/value.h"

static struct arena arena;

static bool
glob(const char *sigma, const char *text)
{
	struct pattern p =
	    pattern_make(&arena, slice_of(sigma), false, false, false);

	return pattern_match(&p, slice_of(text));
}

static enum pattern_kind
kind(const char *sigma, bool lead, bool trail)
{
	return pattern_make(&arena, slice_of(sigma), lead, trail, true).kind;
}

static void
the_cheapest_test_is_chosen(void **state)
{
	(void)state;
	assert_int_equal(kind("a", false, false), PATTERN_EXACT);
	assert_int_equal(kind("", false, false), PATTERN_EXACT);
	assert_int_equal(kind("a*", false, false), PATTERN_PREFIX);
	assert_int_equal(kind("*a", false, false), PATTERN_SUFFIX);
	assert_int_equal(kind("*a*", false, false), PATTERN_CONTAINS);
	assert_int_equal(kind("a", true, true), PATTERN_CONTAINS);
	assert_int_equal(kind("*a*", true, true), PATTERN_CONTAINS);
	assert_int_equal(kind("*", false, false), PATTERN_ANY);
	assert_int_equal(kind("***", true, true), PATTERN_ANY);
	assert_int_equal(kind("", true, true), PATTERN_ANY);
	assert_int_equal(kind("a*b", false, false), PATTERN_GLOB);
	assert_int_equal(kind("?", false, false), PATTERN_GLOB);
}

static void
a_backslash_escapes_only_wildcards_and_itself(void **state)
{
	(void)state;
	assert_true(glob("a\\*b", "a*b"));
	assert_false(glob("a\\*b", "axb"));
	assert_true(glob("a\\?", "a?"));
	assert_false(glob("a\\?", "ab"));
	assert_true(glob("a\\b", "a\\b"));
	assert_true(glob("a\\\\b", "a\\b"));
	assert_true(glob("\\", "\\"));
	/* Backslash, then a wildcard; backslash, then a star. */
	assert_true(glob("\\\\*", "\\xyz"));
	assert_false(glob("\\\\*", "xyz"));
	assert_true(glob("\\\\\\*", "\\*"));
	assert_false(glob("\\\\\\*", "\\x"));
}

static void
a_pattern_is_of_the_whole_value(void **state)
{
	(void)state;
	assert_true(glob("abc", "abc"));
	assert_false(glob("abc", "abcd"));
	assert_true(glob("a*", "a"));
	assert_true(glob("*c", "abc"));
	assert_false(glob("*b", "abc"));
	assert_true(glob("a*c*e", "abcde"));
	assert_true(glob("a*c*e", "acece"));
	assert_false(glob("a*c*e", "aec"));
	assert_true(glob("*a?c*", "xxabcxx"));
	assert_false(glob("*a?c*", "xxacxx"));
	assert_false(glob("?", ""));
	assert_true(glob("*?", "a"));
	assert_true(glob("", ""));
	assert_false(glob("", "a"));
}

static void
a_run_crosses_newlines_one_is_a_code_point(void **state)
{
	(void)state;
	assert_true(glob("a*b", "a\n\nb"));
	assert_true(glob("a?b", "a\nb"));
	assert_true(glob("a?b", "a\u00E4b"));
	assert_true(glob("a?b", "a\U0001F600b"));
	assert_false(glob("a??b", "a\u00E4b"));
	assert_true(glob("*?b", "\u00E4b"));
	assert_false(glob("*??b", "\u00E4b"));
}

static void
folded_patterns_keep_their_wildcards(void **state)
{
	struct pattern p =
	    pattern_make(&arena, SLICE("A*\u00C4?"), false, false, true);

	(void)state;
	assert_true(pattern_match(&p, SLICE("axx\u00E4y")));
	assert_false(pattern_match(&p, SLICE("axx\u00E4")));
}

static void
many_runs_do_not_take_for_ever(void **state)
{
	char   text[8001], sigma[64];
	size_t i;

	(void)state;
	memset(text, 'a', 8000);
	text[8000] = '\0';
	for (i = 0; i < 60; i += 2)
		memcpy(sigma + i, "*a", 2);
	memcpy(sigma + 60, "*b", 3);
	assert_false(glob(sigma, text));
}

static void
numbers_are_those_of_json(void **state)
{
	static const char *const good[] = {"0", "-1", "10", "2.50", "1e3",
	    "1E-2", "9223372036854775807", "-0.0"};
	static const char *const bad[] = {"", "-", "01", "+1", ".5", "1.", "1e",
	    "0x10", " 1", "1 ", "inf", "nan", "1_000"};
	long double		 v;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(number_parse(slice_of(good[i]), &v), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(number_parse(slice_of(bad[i]), &v), -1);
}

static void
large_integers_stay_apart(void **state)
{
	long double a, b;

	(void)state;
	assert_int_equal(number_parse(SLICE("9007199254740993"), &a), 0);
	assert_int_equal(number_parse(SLICE("9007199254740992"), &b), 0);
	assert_true(a > b);
	assert_int_equal(number_parse(SLICE("9223372036854775807"), &a), 0);
	assert_int_equal(number_parse(SLICE("9223372036854775806"), &b), 0);
	assert_true(a > b);
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_cheapest_test_is_chosen),
	    cmocka_unit_test(a_backslash_escapes_only_wildcards_and_itself),
	    cmocka_unit_test(a_pattern_is_of_the_whole_value),
	    cmocka_unit_test(a_run_crosses_newlines_one_is_a_code_point),
	    cmocka_unit_test(folded_patterns_keep_their_wildcards),
	    cmocka_unit_test(many_runs_do_not_take_for_ever),
	    cmocka_unit_test(numbers_are_those_of_json),
	    cmocka_unit_test(large_integers_stay_apart),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
