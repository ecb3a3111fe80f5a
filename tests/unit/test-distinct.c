#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/distinct.h"

static const struct window_rule three_in_ten = {
	.span = 10, .bounds = {3, BOUNDS_ANY, BOUNDS_ANY}};

static bool
feed(struct distinct *d, usec_t t, const char *value)
{
	struct window_view v;

	return distinct_feed(d, &three_in_ten, t, slice_of(value), &v);
}

static void
the_third_value_in_the_span_holds(void **state)
{
	struct window_view v;
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 100, "a"));
	assert_false(feed(&d, 101, "b"));
	assert_false(feed(&d, 102, "a"));
	assert_true(distinct_feed(&d, &three_in_ten, 111, SLICE("c"), &v));
	assert_int_equal(v.count, 3);
	assert_int_equal(v.first, 101);
	distinct_clear(&d);
}

static void
a_value_seen_too_long_ago_does_not_count(void **state)
{
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 100, "a"));
	assert_false(feed(&d, 105, "b"));
	assert_false(feed(&d, 111, "c"));
	assert_true(feed(&d, 112, "a"));
	distinct_clear(&d);
}

static void
values_differ_by_their_bytes(void **state)
{
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 1, "a"));
	assert_false(feed(&d, 1, "A"));
	assert_true(feed(&d, 1, ""));
	distinct_clear(&d);
}

static void
a_late_value_completes_a_later_window(void **state)
{
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 100, "a"));
	assert_false(feed(&d, 110, "b"));
	assert_false(feed(&d, 99, "c"));
	assert_true(feed(&d, 101, "d"));
	distinct_clear(&d);
}

static void
a_late_value_seen_since_changes_nothing(void **state)
{
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 100, "a"));
	assert_false(feed(&d, 110, "b"));
	assert_false(feed(&d, 105, "b"));
	assert_int_equal(d.n, 2);
	assert_true(feed(&d, 110, "c"));
	distinct_clear(&d);
}

static void
it_keeps_no_more_than_it_needs(void **state)
{
	struct distinct d;
	char name[16];
	usec_t t;

	(void)state;
	distinct_init(&d);
	for (t = 0; t < 10000; t++) {
		snprintf(name, sizeof(name), "%d", (int)t);
		(void)feed(&d, t, name);
	}
	assert_int_equal(d.n, window_rule_keep(&three_in_ten));
	distinct_clear(&d);
}

static void
hundreds_of_values_are_told_apart(void **state)
{
	const struct window_rule r = {.span = 1000, .bounds = {300,
	    BOUNDS_ANY, BOUNDS_ANY}};
	struct window_view v;
	struct distinct d;
	char name[16];
	bool holds;
	int t;

	(void)state;
	distinct_init(&d);
	for (t = 0; t < 600; t++) {
		snprintf(name, sizeof(name), "%d", t / 2);
		holds = distinct_feed(&d, &r, t, slice_of(name), &v);
		assert_int_equal(holds, t >= 598);
	}
	assert_int_equal(v.count, 300);
	distinct_clear(&d);
}

static unsigned
count_distinct(const usec_t *time, const char *value, unsigned n, usec_t from)
{
	bool seen[8] = {false};
	unsigned i, k = 0;

	for (i = 0; i < n; i++) {
		if (time[i] < from || seen[value[i] - 'a'])
			continue;
		seen[value[i] - 'a'] = true;
		k++;
	}
	return k;
}

static void
in_order_it_agrees_with_the_definition(void **state)
{
	struct window_view v;
	struct window_rule r;
	struct distinct d;
	usec_t time[200], t;
	char value[200];
	unsigned round, i;
	bool holds;

	(void)state;
	srand(3);
	for (round = 0; round < 300; round++) {
		r.span = 1 + rand() % 20;
		r.bounds = (struct bounds){(uint64_t)rand() % 6, BOUNDS_ANY,
		    BOUNDS_ANY};
		if (rand() % 2)
			r.bounds.hi = r.bounds.lo + (uint64_t)rand() % 3;
		distinct_init(&d);
		for (i = 0, t = 0; i < 200; i++) {
			t += rand() % 5;
			time[i] = t;
			value[i] = (char)('a' + rand() % 8);
			holds = distinct_feed(&d, &r, t,
			    (struct slice){&value[i], 1}, &v);
			assert_int_equal(holds, bounds_hold(&r.bounds,
			    count_distinct(time, value, i + 1, t - r.span)));
		}
		distinct_clear(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_third_value_in_the_span_holds),
		cmocka_unit_test(a_value_seen_too_long_ago_does_not_count),
		cmocka_unit_test(values_differ_by_their_bytes),
		cmocka_unit_test(a_late_value_completes_a_later_window),
		cmocka_unit_test(a_late_value_seen_since_changes_nothing),
		cmocka_unit_test(it_keeps_no_more_than_it_needs),
		cmocka_unit_test(hundreds_of_values_are_told_apart),
		cmocka_unit_test(in_order_it_agrees_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
