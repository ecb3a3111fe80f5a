#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream-fixture.h"
#include "stream/distinct.h"

static const struct window_rule three_in_ten = {.span = 10,
    .late = 100,
    .bounds = {3, BOUNDS_ANY, BOUNDS_ANY}};

static bool
feed(struct distinct *d, usec_t t, const char *value)
{
	struct window_view v = {0};

	return distinct_feed(d, &three_in_ten, t, slice_of(value), &v);
}

static void
the_third_value_in_the_span_holds(void **state)
{
	struct window_view v = {0};
	struct distinct	   d;

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
	assert_int_equal(d.values.n, 2);
	assert_true(feed(&d, 110, "c"));
	distinct_clear(&d);
}

static void
it_keeps_no_more_than_it_needs(void **state)
{
	struct window_view v = {0};
	struct distinct	   d;
	char		   name[16];
	usec_t		   t;

	(void)state;
	distinct_init(&d);
	for (t = 0; t < 10000; t++) {
		snprintf(name, sizeof(name), "%d", (int)t);
		(void)distinct_feed(&d, &three_in_ten, t, slice_of(name), &v);
	}
	assert_int_equal(d.values.n, 6);
	assert_int_equal(distinct_size(&d),
	    values_size(&d.values) + series_size(&d.log));
	assert_true(
	    distinct_size(&d) < 6 * 100 + 256 * sizeof(struct series_entry));
	/* Of the log what a late one can reach. */
	assert_true(d.log.cap < 256);
	assert_int_equal(v.shed, 0);
	distinct_clear(&d);
}

static void
hundreds_of_values_are_told_apart(void **state)
{
	const struct window_rule r = {.span = 1000,
	    .bounds = {300, BOUNDS_ANY, BOUNDS_ANY}};
	struct window_view	 v = {0};
	struct distinct		 d;
	char			 name[16];
	bool			 holds;
	int			 t;

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

static void
a_value_seen_again_since_still_counts_where_it_was(void **state)
{
	struct distinct d;

	(void)state;
	distinct_init(&d);
	assert_false(feed(&d, 100, "a"));
	assert_false(feed(&d, 150, "a"));
	assert_false(feed(&d, 105, "b"));
	assert_true(feed(&d, 110, "c"));
	distinct_clear(&d);
}

static void
one_value_all_the_time_needs_next_to_nothing(void **state)
{
	const struct window_rule r = {.span = 1000,
	    .late = 100000,
	    .bounds = {3, BOUNDS_ANY, BOUNDS_ANY}};
	struct window_view	 v = {0};
	struct distinct		 d;
	usec_t			 t;

	(void)state;
	distinct_init(&d);
	for (t = 0; t < 1000000; t++)
		(void)distinct_feed(&d, &r, t,
		    t / 100 % 2 ? SLICE("a") : SLICE("b"), &v);
	assert_true(d.log.cap < 2048);
	assert_int_equal(v.shed, 0);
	distinct_clear(&d);
}

static bool
distinct_holds(const struct happening *h, unsigned n, const void *rule)
{
	bool	 seen[8] = {false};
	uint64_t k = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		k += !seen[h[i].what];
		seen[h[i].what] = true;
	}
	return bounds_hold(rule, k);
}

/* Each arrival against the definition; and in the end what ever held. */
static void
agree_with_the_definition(usec_t late, usec_t step, unsigned n)
{
	static struct story s;
	struct window_rule  r = {.span = 1 + rand() % 20,
	     .late = late,
	     .bounds = {(uint64_t)rand() % 6, BOUNDS_ANY, BOUNDS_ANY}};
	unsigned	    i, at, values = 1 + (unsigned)rand() % 8;
	struct window_view  v = {0};
	bool		    holds, held = false;
	struct distinct	    d;
	usec_t		    t;
	char		    c;

	if (rand() % 2)
		r.bounds.hi = r.bounds.lo + (uint64_t)rand() % 3;
	distinct_init(&d);
	for (s.n = 0, i = 0; i < n; i++) {
		t = story_next_time(&s, step, late);
		c = (char)((unsigned)rand() % values);
		at = story_add(&s, t, c);
		holds = distinct_feed(&d, &r, t, (struct slice){&c, 1}, &v);
		assert_int_equal(holds,
		    story_holds_from(&s, at, r.span, distinct_holds,
			&r.bounds));
		held |= holds;
	}
	if (bounds_only_grow(&r.bounds))
		assert_int_equal(held,
		    story_ever_holds(&s, r.span, distinct_holds, &r.bounds));
	distinct_clear(&d);
}

static void
in_order_it_agrees_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(3);
	for (round = 0; round < 300; round++)
		agree_with_the_definition(0, 1 + rand() % 6, 200);
}

static void
late_uses_agree_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(4);
	for (round = 0; round < 1000; round++)
		agree_with_the_definition(1 + rand() % 60, rand() % 6,
		    1 + (unsigned)rand() % 200);
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
	    cmocka_unit_test(
		a_value_seen_again_since_still_counts_where_it_was),
	    cmocka_unit_test(one_value_all_the_time_needs_next_to_nothing),
	    cmocka_unit_test(in_order_it_agrees_with_the_definition),
	    cmocka_unit_test(late_uses_agree_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
