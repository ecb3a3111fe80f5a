#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

static void
numbers_have_a_grammar(void **state)
{
	static const char *const good[] = {"0", "-0", "10", "0.0", "1e5",
	    "1E-5", "-1.5e+10", "9999999999999999999999"};
	static const char *const bad[] = {"", "-", "00", "01", "1.", ".1", "1e",
	    "1e+", "1x", "+1", "0x1", "1.5.5", "- 1", "1-", "e1", "-.5",
	    "1.e5", "1 "};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(number_is_json(slice_of(good[i])));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(number_is_json(slice_of(bad[i])));
	assert_false(number_is_json((struct slice){NULL, 0}));
	assert_false(number_is_json((struct slice){"1\0", 2}));
}

static void
a_span_is_the_longest_number_in_front(void **state)
{
	static const struct {
		const char *text;
		size_t	    n;
	} cases[] = {{"", 0}, {"-", 0}, {"x1", 0}, {"1,2", 1}, {"01", 1},
	    {"1.", 1}, {"1.5.5", 3}, {"1e", 1}, {"1e+", 1}, {"1e+5]", 4},
	    {"-0.25e-3}", 8}, {"12e3e4", 4}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(number_span(slice_of(cases[i].text)),
		    cases[i].n);
	/* It ends with the slice, whatever stands behind. */
	assert_int_equal(number_span((struct slice){"12345", 3}), 3);
	assert_int_equal(number_span((struct slice){"1.5", 2}), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_have_a_grammar),
	    cmocka_unit_test(a_span_is_the_longest_number_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
