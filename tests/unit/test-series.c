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
	uint64_t shed = 0;

	if (series_is_full(s, 1000))
		(void)series_make_room(s, &rule, 1000, &shed);
	assert_int_equal(shed, 0);
	series_push(s, (struct series_entry){.time = t, .u = u});
}

/* Returns its index. */
static uint32_t
insert(struct series *s, usec_t t, uint64_t u)
{
	uint64_t shed = 0;

	if (series_is_full(s, 1000))
		(void)series_make_room(s, &rule, 1000, &shed);
	return series_insert(s, 10, (struct series_entry){.time = t, .u = u});
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
	assert_int_equal(insert(&s, 10, 3), 1);
	assert_int_equal(series_at(&s, 0).u, 1);
	assert_int_equal(series_at(&s, 1).u, 3);
	assert_int_equal(series_at(&s, 2).u, 2);
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
	(void)insert(&s, 11, 4);
	assert_int_equal(s.in, 3);
	assert_int_equal(series_sum(&s), 2 + 3 + 4);
	(void)insert(&s, 10, 5);
	assert_int_equal(s.in, 3);
	assert_int_equal(series_sum(&s), 2 + 3 + 4);
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
	/* Twelve in reach; room is made when there is none. */
	assert_true(s.cap < 32);
	assert_int_equal(series_size(&s),
	    8 + s.cap * sizeof(struct series_entry));
	series_clear(&s);
	assert_int_equal(series_size(&s), 0);
}

static void
past_the_cap_the_oldest_goes_and_is_counted(void **state)
{
	struct series s = {0};
	uint64_t      shed = 0;
	unsigned      i;

	(void)state;
	for (i = 0; i < 8; i++) {
		if (series_is_full(&s, 8))
			(void)series_make_room(&s, &rule, 8, &shed);
		series_push(&s, (struct series_entry){.time = i});
	}
	assert_int_equal(s.n, 8);
	assert_int_equal(shed, 0);
	assert_true(series_is_full(&s, 8));
	assert_true(series_make_room(&s, &rule, 8, &shed));
	assert_true(shed > 0);
	assert_int_equal(s.n + shed, 8);
	assert_int_equal(s.in, s.n);
	assert_int_equal(series_at(&s, 0).time, shed);
	series_clear(&s);
}

static void
no_cap_is_larger_than_what_one_may_have(void **state)
{
	const struct window_rule all = {.span = INT32_MAX};
	struct series		 s = {0};
	uint64_t		 shed = 0;
	uint32_t		 i;

	(void)state;
	for (i = 0; i <= SERIES_MAX; i++) {
		if (series_is_full(&s, UINT32_MAX))
			(void)series_make_room(&s, &all, UINT32_MAX, &shed);
		series_push(&s, (struct series_entry){.time = i, .u = 1});
	}
	assert_true(shed > 0);
	assert_int_equal(s.n + shed, SERIES_MAX + 1);
	series_clear(&s);
}

static void
the_first_lies_in_the_series_and_plain_ones_take_six_bytes(void **state)
{
	struct series s = {0};

	(void)state;
	assert_int_equal(sizeof(s), 16);
	push(&s, 5, 1);
	assert_int_equal(series_size(&s), 0);
	assert_int_equal(series_at(&s, 0).time, 5);
	assert_int_equal(series_at(&s, 0).u, 1);
	push(&s, 7, 1);
	(void)insert(&s, 6, 1);
	assert_int_equal(series_size(&s), 8 + s.cap * 6);
	assert_int_equal(series_newest(&s), 7);
	assert_int_equal(series_time(&s, 1), 6);
	assert_int_equal(series_sum(&s), 3);
	series_clear(&s);
	assert_int_equal(series_size(&s), 0);
}

/* Four years are 126 * 10^12 usec, 48 bits reach to 140 * 10^12. */
static void
times_far_apart_are_kept_too(void **state)
{
	const usec_t  far = (usec_t)1 << 47;
	const usec_t  t[] = {-9 * far, -1, 0, far - 1, far, 3 * far};
	struct series s;
	uint64_t      shed;
	size_t	      i, k, n = sizeof(t) / sizeof(t[0]);

	(void)state;
	for (k = 0; k < n; k++) {
		s = (struct series){0};
		for (i = k; i < n; i++) {
			if (series_is_full(&s, 100))
				(void)series_make_room(&s,
				    &(struct window_rule){.span = 100 * far},
				    100, &shed);
			series_push(&s,
			    (struct series_entry){.time = t[i], .u = 1});
		}
		for (i = k; i < n; i++)
			assert_int_equal(series_time(&s, (uint32_t)(i - k)),
			    t[i]);
		assert_int_equal(series_sum(&s), n - k);
		series_clear(&s);
	}
}

static void
one_that_goes_on_for_years_stays_small(void **state)
{
	struct series s = {0};
	usec_t	      t = 0;

	(void)state;
	for (; t < 20 * USEC_YEAR; t += USEC_HOUR) {
		push(&s, t, 1);
		assert_int_equal(series_newest(&s), t);
	}
	assert_false(s.is_wide);
	assert_true(series_size(&s) < 100);
	series_clear(&s);
}

static void
the_first_weight_makes_room_for_all(void **state)
{
	struct series s = {0}, copy = {0};

	(void)state;
	push(&s, 5, 1);
	push(&s, 6, 1);
	push(&s, 7, 9);
	assert_int_equal(series_size(&s), 8 + s.cap * 16);
	assert_int_equal(series_at(&s, 0).u, 1);
	assert_int_equal(series_at(&s, 1).time, 6);
	assert_int_equal(series_at(&s, 2).u, 9);
	assert_int_equal(series_sum(&s), 11);
	series_add(&s, 1, 4);
	assert_int_equal(series_sum(&s), 15);
	series_copy(&copy, &s);
	series_clear(&s);
	assert_int_equal(copy.n, 3);
	assert_int_equal(series_at(&copy, 1).u, 5);
	series_clear(&copy);
}

static void
a_late_weight_before_the_only_one_finds_room(void **state)
{
	struct series s = {0};

	(void)state;
	push(&s, 5, 1);
	assert_int_equal(insert(&s, 3, 7), 0);
	assert_int_equal(series_at(&s, 0).u, 7);
	assert_int_equal(series_at(&s, 1).time, 5);
	assert_int_equal(series_sum(&s), 8);
	series_clear(&s);
}

static void
what_is_dropped_leaves_the_sum(void **state)
{
	const struct window_rule wide = {.span = 100};
	struct series		 s = {0};
	uint64_t		 shed = 0;
	unsigned		 i;

	(void)state;
	for (i = 0; i < 4; i++)
		push(&s, i, 10 + i);
	assert_int_equal(series_sum(&s), 10 + 11 + 12 + 13);
	assert_true(series_make_room(&s, &wide, 4, &shed));
	assert_int_equal(shed, 2);
	assert_int_equal(series_sum(&s), 12 + 13);
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
	assert_int_equal(series_at(&s, 2).u, 2);
	assert_int_equal(series_at(&s, 3).u, 7);
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
	assert_int_equal(series_at(&s, 1).u, 8);
	assert_int_equal(series_at(&s, 2).time, 10);
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
	    cmocka_unit_test(no_cap_is_larger_than_what_one_may_have),
	    cmocka_unit_test(
		the_first_lies_in_the_series_and_plain_ones_take_six_bytes),
	    cmocka_unit_test(times_far_apart_are_kept_too),
	    cmocka_unit_test(one_that_goes_on_for_years_stays_small),
	    cmocka_unit_test(the_first_weight_makes_room_for_all),
	    cmocka_unit_test(a_late_weight_before_the_only_one_finds_room),
	    cmocka_unit_test(what_is_dropped_leaves_the_sum),
	    cmocka_unit_test(of_a_dense_run_both_ends_are_kept),
	    cmocka_unit_test(
		between_two_equal_ones_within_a_span_none_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
