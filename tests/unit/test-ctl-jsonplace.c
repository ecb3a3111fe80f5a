#include "patrolctl/jsonplace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"

static void
assert_place(const char *text, unsigned line, unsigned col)
{
	unsigned l = 0, c = 0;

	if (!json_fault_place(slice_of(text), &l, &c))
		fail_msg("no fault found in %s", text);
	if (l != line || c != col)
		fail_msg("%u:%u, not %u:%u in %s", l, c, line, col, text);
}

static void
what_is_json_has_no_fault(void **state)
{
	static const char *const good[] = {"{}", " [ ] \n", "0", "-0.5e+10",
	    "\"\\u00e9\\n\"", "{\"a\":[1,true,null,{\"b\":\"\xc3\xa9\"}]}",
	    "[false , 12]"};
	unsigned		 l, c;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		if (json_fault_place(slice_of(good[i]), &l, &c))
			fail_msg("%u:%u in %s", l, c, good[i]);
}

static void
the_first_byte_that_does_not_fit_is_told(void **state)
{
	(void)state;
	assert_place("", 1, 1);
	assert_place("{", 1, 2);
	assert_place("{\"a\":1,}", 1, 8);
	assert_place("{\"a\" 1}", 1, 6);
	assert_place("{a:1}", 1, 2);
	assert_place("[1 2]", 1, 4);
	assert_place("{\n \"a\": tru\n}", 2, 10);
	assert_place("{} x", 1, 4);
	assert_place("01", 1, 2);
	assert_place("1.", 1, 3);
	assert_place("-", 1, 2);
	assert_place("1e", 1, 3);
	assert_place("\"a\nb\"", 1, 3);
	assert_place("\"\\x\"", 1, 3);
	assert_place("\"\\u12g4\"", 1, 6);
	assert_place("\"open", 1, 6);
	assert_place("nul", 1, 4);
}

static void
nesting_ends_somewhere(void **state)
{
	struct buf b;
	unsigned   l, c;
	int	   i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < 100000; i++)
		buf_addc(&b, '[');
	assert_true(json_fault_place(buf_slice(&b), &l, &c));
	assert_int_equal(c, 65);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_json_has_no_fault),
	    cmocka_unit_test(the_first_byte_that_does_not_fit_is_told),
	    cmocka_unit_test(nesting_ends_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
