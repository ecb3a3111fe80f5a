#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "stream-fixture.h"
#include "stream/measure.h"

static bool
feed(struct measure *m, const struct measure_rule *mr, usec_t t, double x)
{
	const struct window_rule r = {.span = 10, .late = 100};
	struct window_view	 v = {0};

	return measure_feed(m, &r, mr, t, x, &v);
}

static void
a_sum_is_of_the_window(void **state)
{
	const struct measure_rule mr = {FIGURE_SUM, 0,
	    {6, INFINITY, NAN, false, false}};
	struct measure		  m = {0};

	(void)state;
	assert_false(feed(&m, &mr, 100, 3));
	assert_true(feed(&m, &mr, 110, 3));
	assert_false(feed(&m, &mr, 111, 2));
	assert_true(feed(&m, &mr, 111, 1));
	measure_clear(&m);
}

static void
a_late_value_completes_a_later_window(void **state)
{
	const struct measure_rule mr = {FIGURE_SUM, 0,
	    {6, INFINITY, NAN, false, false}};
	struct measure		  m = {0};

	(void)state;
	assert_false(feed(&m, &mr, 100, 2));
	assert_false(feed(&m, &mr, 110, 2));
	assert_false(feed(&m, &mr, 99, 2));
	assert_true(feed(&m, &mr, 105, 2));
	measure_clear(&m);
}

static void
in_order_a_percentile_is_of_all_values(void **state)
{
	const struct window_rule  r = {.span = 1000000, .late = 0};
	const struct measure_rule mr = {FIGURE_PERCENTILE, 0,
	    {0, 0, NAN, false, false}};
	struct window_view	  v = {0};
	struct measure		  m = {0};
	unsigned		  i;

	(void)state;
	for (i = 0; i <= 2 * MEASURE_SORT_MAX; i++)
		assert_true(measure_feed(&m, &r, &mr, i, i, &v));
	assert_int_equal(v.shed, 0);
	measure_clear(&m);
}

static void
past_the_cap_the_oldest_give_way_and_are_counted(void **state)
{
	const struct window_rule  r = {.span = 1000000, .late = 1};
	const struct measure_rule mr = {FIGURE_SUM, 0,
	    {MEASURE_KEEP_MAX, INFINITY, NAN, false, false}};
	struct window_view	  v = {0};
	struct measure		  m = {0};
	unsigned		  i;

	(void)state;
	for (i = 1; i < MEASURE_KEEP_MAX; i++)
		assert_false(measure_feed(&m, &r, &mr, i, 1, &v));
	assert_true(measure_feed(&m, &r, &mr, i, 1, &v));
	assert_int_equal(v.shed, 0);
	assert_false(measure_feed(&m, &r, &mr, i, 1, &v));
	assert_int_equal(v.shed + v.count, MEASURE_KEEP_MAX + 1);
	measure_clear(&m);
}

static int
double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Whole numbers, so that each sum is exact, and a percentile in hundredths. */
static bool
measure_holds(const struct happening *h, unsigned n, const void *rule)
{
	const struct measure_rule *mr = rule;
	double			   x[STORY_MAX], sum = 0;
	unsigned		   i, at, low;

	for (i = 0; i < n; i++)
		sum += x[i] = (double)h[i].what;
	if (mr->what == FIGURE_SUM)
		return figures_hold(&mr->bounds, sum);
	if (mr->what == FIGURE_AVG)
		return figures_hold(&mr->bounds, sum / n);
	qsort(x, n, sizeof(*x), double_compare);
	at = (unsigned)mr->rank * (n - 1);
	low = at / 100;
	if (low + 1 >= n)
		return figures_hold(&mr->bounds, x[n - 1]);
	return figures_hold(&mr->bounds,
	    (100 * x[low] + (x[low + 1] - x[low]) * (at % 100)) / 100);
}

static void
agree_with_the_definition(usec_t late, usec_t step, unsigned n)
{
	static struct story s;
	struct window_rule  r = {.span = 1 + rand() % 20, .late = late};
	struct measure_rule mr = {(enum figure)(rand() % 3), rand() % 101,
	    {rand() % 20 - 5, INFINITY, NAN, rand() % 2, false}};
	struct measure	    m = {0};
	struct window_view  v = {0};
	unsigned	    i, at;
	int64_t		    x;
	usec_t		    t;

	if (rand() % 2)
		mr.bounds.hi = mr.bounds.lo + rand() % 4;
	for (s.n = 0, i = 0; i < n; i++) {
		t = story_next_time(&s, step, late);
		x = rand() % 16 - 4;
		at = story_add(&s, t, x);
		assert_int_equal(measure_feed(&m, &r, &mr, t, (double)x, &v),
		    story_holds_from(&s, at, r.span, measure_holds, &mr));
	}
	measure_clear(&m);
}

static void
in_order_it_agrees_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(1);
	for (round = 0; round < 300; round++)
		agree_with_the_definition(0, 1 + rand() % 6, 200);
}

static void
late_values_agree_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(2);
	for (round = 0; round < 600; round++)
		agree_with_the_definition(1 + rand() % 60, rand() % 6,
		    1 + (unsigned)rand() % 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sum_is_of_the_window),
	    cmocka_unit_test(a_late_value_completes_a_later_window),
	    cmocka_unit_test(in_order_a_percentile_is_of_all_values),
	    cmocka_unit_test(past_the_cap_the_oldest_give_way_and_are_counted),
	    cmocka_unit_test(in_order_it_agrees_with_the_definition),
	    cmocka_unit_test(late_values_agree_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
