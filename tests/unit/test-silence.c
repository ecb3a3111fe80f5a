#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/silence.h"

#define H USEC_HOUR

static void
the_moment_it_ends_is_still_silent(void **state)
{
	struct silence s = {.begun = false};

	(void)state;
	assert_true(silence_take(&s, H, 0));
	assert_false(silence_take(&s, H, 1));
	assert_false(silence_take(&s, H, H));
	assert_true(silence_take(&s, H, H + 1));
}

static void
it_doubles_while_it_goes_on(void **state)
{
	struct silence s = {.begun = false};
	usec_t	       t, raised[8];
	unsigned       n = 0;

	(void)state;
	for (t = 0; t <= 100 * H; t += H / 2)
		if (silence_take(&s, H, t))
			raised[n++] = t;
	/* 1, 2, 4, 8, 16, then 24 h: each begins half an hour after. */
	assert_int_equal(n, 8);
	assert_int_equal(raised[1], H + H / 2);
	assert_int_equal(raised[2] - raised[1], 2 * H + H / 2);
	assert_int_equal(raised[5] - raised[4], 16 * H + H / 2);
	assert_int_equal(raised[6] - raised[5], 24 * H + H / 2);
	assert_int_equal(raised[7] - raised[6], 24 * H + H / 2);
}

/* For a trap: not one of its tries may be lost in another. */
static void
a_silence_of_0_is_none(void **state)
{
	struct silence s = {.begun = true, .span = H, .until = H, .last = 1};

	(void)state;
	assert_true(silence_take(&s, 0, 5));
	assert_int_equal(s.span, 0);
	assert_true(silence_take(&s, 0, 5));
	assert_true(silence_take(&s, 0, 4));
	assert_true(silence_take(&s, 0, 6));
	assert_int_equal(s.span, 0);
}

static void
what_rested_for_longer_begins_anew(void **state)
{
	struct silence s = {.begun = false};

	(void)state;
	(void)silence_take(&s, H, 0);
	assert_true(silence_take(&s, H, H + H / 2));
	assert_int_equal(s.span, H);
	(void)silence_take(&s, H, 2 * H);
	assert_true(silence_take(&s, H, 3 * H));
	assert_int_equal(s.span, 2 * H);
}

static void
a_late_use_counts_on(void **state)
{
	struct silence s = {.begun = false};

	(void)state;
	(void)silence_take(&s, H, 10 * H);
	assert_false(silence_take(&s, H, 0));
	assert_int_equal(s.last, 10 * H);
}

static void
more_than_a_day_stays_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(silence_next(48 * H, 48 * H, H), 48 * H);
	assert_int_equal(silence_next(24 * H, 24 * H, H), 24 * H);
	assert_int_equal(silence_next(20 * H, 20 * H, H), 24 * H);
	assert_int_equal(silence_next(12 * H, 12 * H, H), 24 * H);
	/* The rule was another one before. */
	assert_int_equal(silence_next(H, 48 * H, H), 24 * H);
	assert_int_equal(silence_next(6 * H, H, H), 6 * H);
	assert_int_equal(silence_next(0, 0, 1), 0);
	assert_int_equal(silence_next(H, INT64_MAX, H), 24 * H);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_moment_it_ends_is_still_silent),
	    cmocka_unit_test(it_doubles_while_it_goes_on),
	    cmocka_unit_test(a_silence_of_0_is_none),
	    cmocka_unit_test(what_rested_for_longer_begins_anew),
	    cmocka_unit_test(a_late_use_counts_on),
	    cmocka_unit_test(more_than_a_day_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
