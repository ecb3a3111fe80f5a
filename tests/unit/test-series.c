#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/series.h"

static const struct window_rule rule = {.span = 10,
    .late = 100,
    .bounds = {3, BOUNDS_ANY, BOUNDS_ANY}};

static void
push(struct series *s, usec_t t, uint64_t u)
{
	if (series_is_full(s, 1000))
		(void)series_make_room(s, &rule, 1000);
	series_push(s, (struct series_entry){.time = t, .u = u});
}

static void
late_ones_take_their_place_behind_their_equals(void **state)
{
	struct series s = {0};

	(void)state;
	push(&s, 10, 1);
	push(&s, 20, 2);
	assert_true(series_is_late(&s, 19));
	assert_false(series_is_late(&s, 20));
	assert_int_equal(series_insert(&s, 10,
			     (struct series_entry){.time = 10, .u = 3}),
	    1);
	assert_int_equal(series_at(&s, 0)->u, 1);
	assert_int_equal(series_at(&s, 1)->u, 3);
	assert_int_equal(series_at(&s, 2)->u, 2);
	assert_int_equal(series_find(&s, 10), 0);
	assert_int_equal(series_find(&s, 11), 2);
	assert_int_equal(series_find(&s, 21), 3);
	series_clear(&s);
}

static void
the_window_is_closed_at_both_ends(void **state)
{
	struct series_entry left;
	struct series	    s = {0};

	(void)state;
	push(&s, 10, 1);
	push(&s, 20, 2);
	assert_false(series_leave(&s, 10, &left));
	push(&s, 21, 3);
	assert_true(series_leave(&s, 10, &left));
	assert_int_equal(left.u, 1);
	assert_false(series_leave(&s, 10, &left));
	assert_int_equal(s.in, 2);
	(void)series_insert(&s, 10, (struct series_entry){.time = 11});
	assert_int_equal(s.in, 3);
	(void)series_insert(&s, 10, (struct series_entry){.time = 10});
	assert_int_equal(s.in, 3);
	series_clear(&s);
}

static void
what_no_late_one_can_reach_goes(void **state)
{
	struct series s = {0};
	usec_t	      t;

	(void)state;
	for (t = 0; t < 100000; t += 10)
		push(&s, t, 0);
	/* Twelve in reach; the ring is made room in when it is full. */
	assert_true(s.mask < 32);
	assert_int_equal(s.shed, 0);
	assert_int_equal(series_size(&s),
	    (s.mask + 1) * sizeof(struct series_entry));
	series_clear(&s);
	assert_int_equal(series_size(&s), 0);
}

static void
past_the_cap_the_oldest_goes_and_is_counted(void **state)
{
	struct series s = {0};
	unsigned      i;

	(void)state;
	for (i = 0; i < 8; i++) {
		if (series_is_full(&s, 8))
			(void)series_make_room(&s, &rule, 8);
		series_push(&s, (struct series_entry){.time = i});
	}
	assert_int_equal(s.n, 8);
	assert_int_equal(s.shed, 0);
	assert_true(series_is_full(&s, 8));
	assert_true(series_make_room(&s, &rule, 8));
	assert_int_equal(s.n + s.shed, 8);
	assert_int_equal(series_at(&s, 0)->time, s.shed);
	series_clear(&s);
}

static void
of_a_dense_run_both_ends_are_kept(void **state)
{
	struct series s = {0};
	unsigned      i;

	(void)state;
	for (i = 0; i < 10; i++)
		push(&s, i, i);
	series_thin_dense(&s, 10, 3);
	assert_int_equal(s.n, 6);
	assert_int_equal(series_at(&s, 2)->u, 2);
	assert_int_equal(series_at(&s, 3)->u, 7);
	assert_int_equal(s.in, 6);
	series_clear(&s);
	for (i = 0; i < 10; i++)
		push(&s, 2 * i, i);
	/* Six of them last eleven: not within a span. */
	series_thin_dense(&s, 11, 3);
	assert_int_equal(s.n, 10);
	series_clear(&s);
}

static void
between_two_equal_ones_within_a_span_none_is_needed(void **state)
{
	struct series s = {0};

	(void)state;
	push(&s, 0, 7);
	push(&s, 5, 7);
	push(&s, 6, 8);
	push(&s, 10, 7);
	push(&s, 16, 7);
	push(&s, 17, 8);
	series_thin_equal(&s, 10);
	assert_int_equal(s.n, 5);
	assert_int_equal(series_at(&s, 1)->u, 8);
	assert_int_equal(series_at(&s, 2)->time, 10);
	assert_int_equal(s.in, 3);
	series_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(late_ones_take_their_place_behind_their_equals),
	    cmocka_unit_test(the_window_is_closed_at_both_ends),
	    cmocka_unit_test(what_no_late_one_can_reach_goes),
	    cmocka_unit_test(past_the_cap_the_oldest_goes_and_is_counted),
	    cmocka_unit_test(of_a_dense_run_both_ends_are_kept),
	    cmocka_unit_test(
		between_two_equal_ones_within_a_span_none_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
