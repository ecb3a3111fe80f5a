#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/isjson.h"

static const char *const good[] = {"{}", "[]", "null", "true", "false", "0",
    "-1.5e+10", "\"\"", "{\"a\":[1,{\"b\":null}],\"c\":\"\\u001f\\n\\\"\"}",
    "\"\xc3\xa4 \xf0\x9f\x98\x80\"", "[1,2,3]"};

static const char *const bad[] = {"", " ", "{} ", "nul", "nulls", "{", "}",
    "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "-",
    "1.", "1e", "+1", "\"", "\"\\", "\"\\x\"", "\"\\u0\"", "\"\\ud800\"",
    "\"\xff\"", "\"\xc3\"", "\"a\nb\"", "{}\n{}", "[1 ,2]", "[}", "{]"};

static void
what_jsonw_writes_is(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(isjson(slice_of(good[i])));
}

static void
what_is_nearly_so_is_not(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(isjson(slice_of(bad[i])));
}

static void
a_nul_is_no_digit_and_no_escape(void **state)
{
	(void)state;
	assert_false(isjson((struct slice){"1\0", 2}));
	assert_false(isjson((struct slice){"\"\\\0\"", 4}));
}

static void
it_ends_at_its_depth(void **state)
{
	char text[2 * ISJSON_DEPTH + 3];

	(void)state;
	memset(text, '[', ISJSON_DEPTH);
	memset(text + ISJSON_DEPTH, ']', ISJSON_DEPTH);
	assert_true(isjson((struct slice){text, 2 * ISJSON_DEPTH}));
	memset(text, '[', ISJSON_DEPTH + 1);
	memset(text + ISJSON_DEPTH + 1, ']', ISJSON_DEPTH + 1);
	assert_false(isjson((struct slice){text, 2 * ISJSON_DEPTH + 2}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_jsonw_writes_is),
	    cmocka_unit_test(what_is_nearly_so_is_not),
	    cmocka_unit_test(a_nul_is_no_digit_and_no_escape),
	    cmocka_unit_test(it_ends_at_its_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
