#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/window.h"

#define AT_LEAST(n) {n, BOUNDS_ANY, BOUNDS_ANY}

static const struct window_rule three_in_ten = {
	.span = 10, .bounds = AT_LEAST(3)};

static bool
feed(struct window *w, usec_t t)
{
	struct window_view v;

	return window_feed(w, &three_in_ten, t, 1, &v);
}

static void
the_third_in_the_span_holds(void **state)
{
	struct window_view v;
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(feed(&w, 100));
	assert_false(feed(&w, 105));
	assert_true(window_feed(&w, &three_in_ten, 110, 1, &v));
	assert_int_equal(v.count, 3);
	assert_int_equal(v.first, 100);
	window_clear(&w);
}

static void
one_microsecond_past_the_span_does_not(void **state)
{
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(feed(&w, 100));
	assert_false(feed(&w, 105));
	assert_false(feed(&w, 111));
	window_clear(&w);
}

static void
equal_times_count_each(void **state)
{
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(feed(&w, 100));
	assert_false(feed(&w, 100));
	assert_true(feed(&w, 100));
	window_clear(&w);
}

static void
weight_stands_for_uses(void **state)
{
	struct window_view v;
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(window_feed(&w, &three_in_ten, 1, 2, &v));
	assert_true(window_feed(&w, &three_in_ten, 2, 1, &v));
	window_clear(&w);
	assert_true(window_feed(&w, &three_in_ten, 1, 3, &v));
	assert_int_equal(v.count, 3);
	window_clear(&w);
}

static void
a_late_use_completes_a_later_window(void **state)
{
	struct window_view v;
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(feed(&w, 100));
	assert_false(feed(&w, 110));
	assert_true(window_feed(&w, &three_in_ten, 105, 1, &v));
	assert_int_equal(v.count, 3);
	assert_int_equal(v.first, 100);
	window_clear(&w);
}

static void
a_late_use_out_of_reach_does_not(void **state)
{
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(feed(&w, 100));
	assert_false(feed(&w, 110));
	assert_false(feed(&w, 99));
	/* 99 and 100 are now two; the third at 109 sees them. */
	assert_true(feed(&w, 109));
	window_clear(&w);
}

static void
below_and_range_need_the_exact_count(void **state)
{
	const struct window_rule two = {.span = 10, .bounds = {2, 2,
	    BOUNDS_ANY}};
	const struct window_rule not_two = {.span = 10, .bounds = {0,
	    BOUNDS_ANY, 2}};
	struct window_view v;
	struct window w;

	(void)state;
	window_init(&w);
	assert_false(window_feed(&w, &two, 1, 1, &v));
	assert_true(window_feed(&w, &two, 2, 1, &v));
	assert_false(window_feed(&w, &two, 3, 1, &v));
	assert_false(window_feed(&w, &two, 4, 1, &v));
	assert_true(window_feed(&w, &two, 14, 1, &v));
	window_clear(&w);
	assert_true(window_feed(&w, &not_two, 1, 1, &v));
	assert_false(window_feed(&w, &not_two, 2, 1, &v));
	assert_true(window_feed(&w, &not_two, 3, 1, &v));
	window_clear(&w);
}

static void
it_keeps_no_more_than_it_needs(void **state)
{
	struct window w;
	usec_t t;

	(void)state;
	window_init(&w);
	for (t = 0; t < 100000; t++)
		(void)feed(&w, t);
	assert_int_equal(w.n, window_rule_keep(&three_in_ten));
	assert_true(w.mask < 16);
	window_clear(&w);
}

/* Against the definition, in order, with many rules. */
static void
in_order_it_agrees_with_the_definition(void **state)
{
	struct window_rule r;
	struct window_view v;
	uint64_t count, weight[300];
	usec_t time[300], t;
	struct window w;
	unsigned round, i, j;

	(void)state;
	srand(1);
	for (round = 0; round < 300; round++) {
		r.span = 1 + rand() % 20;
		r.bounds = (struct bounds){(uint64_t)rand() % 8, BOUNDS_ANY,
		    BOUNDS_ANY};
		if (rand() % 2)
			r.bounds.hi = r.bounds.lo + (uint64_t)rand() % 5;
		if (rand() % 4 == 0)
			r.bounds.except = (uint64_t)rand() % 8;
		window_init(&w);
		for (i = 0, t = 0; i < 300; i++) {
			t += rand() % 5;
			time[i] = t;
			weight[i] = 1 + (uint64_t)(rand() % 8 == 0);
			for (count = 0, j = 0; j <= i; j++)
				if (time[j] >= t - r.span)
					count += weight[j];
			assert_int_equal(bounds_hold(&r.bounds, count),
			    window_feed(&w, &r, t, weight[i], &v));
		}
		window_clear(&w);
	}
}

/* Whatever the order of arrival, some arrival finds the full window. */
static void
the_order_of_arrival_does_not_matter(void **state)
{
	struct window_view v;
	struct window_rule r = {.span = 100, .bounds = AT_LEAST(6)};
	usec_t time[12], swap;
	unsigned round, i, j, n, best;
	struct window w;
	bool held;

	(void)state;
	srand(2);
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < 12; i++)
			time[i] = rand() % 300;
		for (best = 0, i = 0; i < 12; i++) {
			for (n = 0, j = 0; j < 12; j++)
				n += time[j] <= time[i] &&
				    time[j] >= time[i] - r.span;
			best = n > best ? n : best;
		}
		for (i = 11; i > 0; i--) {
			j = (unsigned)rand() % (i + 1);
			swap = time[i];
			time[i] = time[j];
			time[j] = swap;
		}
		window_init(&w);
		for (held = false, i = 0; i < 12; i++)
			held |= window_feed(&w, &r, time[i], 1, &v);
		window_clear(&w);
		assert_int_equal(held, best >= 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_third_in_the_span_holds),
		cmocka_unit_test(one_microsecond_past_the_span_does_not),
		cmocka_unit_test(equal_times_count_each),
		cmocka_unit_test(weight_stands_for_uses),
		cmocka_unit_test(a_late_use_completes_a_later_window),
		cmocka_unit_test(a_late_use_out_of_reach_does_not),
		cmocka_unit_test(below_and_range_need_the_exact_count),
		cmocka_unit_test(it_keeps_no_more_than_it_needs),
		cmocka_unit_test(in_order_it_agrees_with_the_definition),
		cmocka_unit_test(the_order_of_arrival_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
