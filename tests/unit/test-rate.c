#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/rate.h"

#define T0  (490000 * USEC_HOUR)
#define WHO SLICE("192.0.2.7")

static int
setup(void **state)
{
	*state = xcalloc(1, sizeof(struct rate));
	return 0;
}

static int
teardown(void **state)
{
	free(*state);
	return 0;
}

static void
a_minutes_worth_may_come_at_once_and_not_one_more(void **state)
{
	struct rate *r = *state;

	assert_true(rate_take(r, WHO, 6, 10, T0));
	assert_true(rate_take(r, WHO, 4, 10, T0));
	assert_false(rate_may(r, WHO, 1, 10, T0));
	assert_false(rate_take(r, WHO, 1, 10, T0));
}

static void
what_was_taken_is_earned_again_evenly(void **state)
{
	struct rate *r = *state;

	assert_true(rate_take(r, WHO, 10, 10, T0));
	assert_false(rate_take(r, WHO, 1, 10, T0 + 6 * USEC_SEC - 1));
	assert_true(rate_take(r, WHO, 1, 10, T0 + 6 * USEC_SEC));
	assert_false(rate_take(r, WHO, 1, 10, T0 + 6 * USEC_SEC));
	assert_true(rate_take(r, WHO, 9, 10, T0 + USEC_MIN));
	assert_false(rate_take(r, WHO, 1, 10, T0 + USEC_MIN));
}

static void
more_than_a_minutes_worth_never_may(void **state)
{
	assert_false(rate_take(*state, WHO, 11, 10, T0));
	assert_true(rate_take(*state, WHO, 10, 10, T0));
}

static void
what_is_refused_or_only_asked_costs_nothing(void **state)
{
	struct rate *r = *state;

	assert_true(rate_may(r, WHO, 10, 10, T0));
	assert_false(rate_take(r, WHO, 11, 10, T0));
	assert_true(rate_take(r, WHO, 10, 10, T0));
}

static void
one_stranger_does_not_use_up_anothers(void **state)
{
	struct rate *r = *state;
	char	     who[16];
	int	     i, n = 0;

	assert_true(rate_take(r, WHO, 10, 10, T0));
	for (i = 0; i < 100; i++) {
		snprintf(who, sizeof who, "10.0.0.%d", i);
		n += rate_take(r, slice_of(who), 10, 10, T0);
	}
	/* Some may share a bucket. */
	assert_true(n > 80);
}

static void
a_clock_that_is_set_back_shuts_nobody_out(void **state)
{
	assert_true(rate_take(*state, WHO, 10, 10, T0));
	assert_true(rate_take(*state, WHO, 10, 10, T0 - USEC_HOUR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_minutes_worth_may_come_at_once_and_not_one_more, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		what_was_taken_is_earned_again_evenly, setup, teardown),
	    cmocka_unit_test_setup_teardown(more_than_a_minutes_worth_never_may,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_refused_or_only_asked_costs_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		one_stranger_does_not_use_up_anothers, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_clock_that_is_set_back_shuts_nobody_out, setup, teardown),
	};

	map_seed();
	return cmocka_run_group_tests_name("base/rate", tests, NULL, NULL);
}
