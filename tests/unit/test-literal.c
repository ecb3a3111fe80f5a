#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/literal.h"

static struct arena arena;

static struct yaml_node
scalar(const char *text)
{
	return (struct yaml_node){.type = YAML_SCALAR,
	    .plain = true,
	    .text = slice_of(text)};
}

static void
assert_number(const char *text, const char *json)
{
	struct yaml_node n = scalar(text);
	struct slice	 s;

	if (literal_of(&n) != LITERAL_NUMBER)
		fail_msg("%s is no number", text);
	s = literal_number(&arena, &n);
	assert_true(slice_is(s, json));
	n.plain = false;
	assert_int_equal(literal_of(&n), LITERAL_TEXT);
}

static void
assert_kind(const char *text, enum literal kind)
{
	struct yaml_node n = scalar(text);

	if (literal_of(&n) != kind)
		fail_msg("%s is of kind %d", text, (int)literal_of(&n));
}

static void
numbers_are_told_as_json_has_them(void **state)
{
	(void)state;
	assert_number("0", "0");
	assert_number("-0", "-0");
	assert_number("17", "17");
	assert_number("-1.50", "-1.50");
	assert_number("1.0e+3", "1.0e+3");
	assert_number("1.5E-03", "1.5E-03");
	assert_number("+5", "5");
	assert_number("5.", "5");
	assert_number("-.5", "-0.5");
	assert_number("+.5e-1", "0.5e-1");
	assert_number("5.e+1", "5e+1");
	assert_number("007.5", "7.5");
	assert_number("00.", "0");
	assert_number("0x0", "0");
	assert_number("0x1F", "31");
	assert_number("0x00ff", "255");
	assert_number("0xFFFFffffFFFFffff", "18446744073709551615");
	assert_number("0x10000000000000000", "");
}

static void
what_yaml_reads_in_two_ways_is_text(void **state)
{
	static const char *const texts[] = {"00", "010", "08", "-01", "+01",
	    "0o17", "0b1", "1_000", "1:30", "0X1F", "0x", "0xg", "-0x1", "yes",
	    "on", "2024-01-01", ".inf", ".nan", ".", "+", "-", "e3", ".e3",
	    "1e", "1e+", "1.5.", "1 ", "--1", "+-1", "x1", "1x", "1e3.5",
	    "1e3", "1E+03", "1.5e3", "5.e1"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_kind(texts[i], LITERAL_TEXT);
}

static void
null_and_booleans_are_those_of_yaml(void **state)
{
	(void)state;
	assert_kind("", LITERAL_NULL);
	assert_kind("~", LITERAL_NULL);
	assert_kind("null", LITERAL_NULL);
	assert_kind("true", LITERAL_BOOL);
	assert_kind("FALSE", LITERAL_BOOL);
	assert_kind("tRUE", LITERAL_TEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_told_as_json_has_them),
	    cmocka_unit_test(what_yaml_reads_in_two_ways_is_text),
	    cmocka_unit_test(null_and_booleans_are_those_of_yaml),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_clear(&arena);
	return failed;
}
