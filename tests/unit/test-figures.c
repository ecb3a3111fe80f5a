#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "stream/figures.h"

static double
of(enum figure what, double rank, const double *x, size_t n)
{
	struct figures f = {0};
	double	       value;
	size_t	       i;

	for (i = 0; i < n; i++)
		figures_add(&f, what, x[i]);
	value = figures_value(&f, what, rank);
	figures_clear(&f);
	return value;
}

static void
sums_do_not_lose_the_small_ones(void **state)
{
	static const double x[] = {1, 1e100, 1, -1e100};
	static const double tenths[] = {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1};

	(void)state;
	assert_true(of(FIGURE_SUM, 0, x, 4) == 2);
	assert_true(of(FIGURE_SUM, 0, tenths, 10) == 1);
	assert_true(of(FIGURE_AVG, 0, x, 4) == 0.5);
}

static void
percentiles_interpolate(void **state)
{
	static const double x[] = {6, 1, 4, 2}, y[] = {0, 10, 10, 10};

	(void)state;
	assert_true(of(FIGURE_PERCENTILE, 0, x, 4) == 1);
	assert_true(of(FIGURE_PERCENTILE, 50, x, 4) == 3);
	assert_true(of(FIGURE_PERCENTILE, 75, x, 4) == 4.5);
	assert_true(of(FIGURE_PERCENTILE, 100, x, 4) == 6);
	assert_true(of(FIGURE_PERCENTILE, 99, x, 1) == 6);
	/* A tenth of the way is 3, and nothing beside it. */
	assert_true(of(FIGURE_PERCENTILE, 10, y, 4) == 3);
	assert_true(of(FIGURE_PERCENTILE, 70, y, 2) == 7);
}

static void
what_was_taken_out_is_gone(void **state)
{
	static const enum figure all[] = {FIGURE_SUM, FIGURE_AVG,
	    FIGURE_PERCENTILE};
	struct figures		 f;
	size_t			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		f = (struct figures){0};
		figures_add(&f, all[i], FIGURE_MAX);
		figures_add(&f, all[i], 5);
		figures_add(&f, all[i], 5);
		figures_remove(&f, all[i], FIGURE_MAX);
		figures_remove(&f, all[i], 5);
		assert_int_equal(f.n, 1);
		assert_true(figures_value(&f, all[i], 50) == 5);
		figures_remove(&f, all[i], 5);
		figures_add(&f, all[i], -1);
		assert_true(figures_value(&f, all[i], 50) == -1);
		figures_clear(&f);
	}
}

static void
bounds_are_open_or_closed(void **state)
{
	struct figure_bounds b = {1, 2, NAN, false, false};

	(void)state;
	assert_true(figures_hold(&b, 1));
	assert_true(figures_hold(&b, 2));
	assert_false(figures_hold(&b, nextafter(1, 0)));
	assert_false(figures_hold(&b, nextafter(2, 3)));
	b.lo_open = b.hi_open = true;
	assert_false(figures_hold(&b, 1));
	assert_false(figures_hold(&b, 2));
	assert_true(figures_hold(&b, nextafter(1, 2)));
	b.except = 1.5;
	assert_false(figures_hold(&b, 1.5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_do_not_lose_the_small_ones),
	    cmocka_unit_test(percentiles_interpolate),
	    cmocka_unit_test(what_was_taken_out_is_gone),
	    cmocka_unit_test(bounds_are_open_or_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
