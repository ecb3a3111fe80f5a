#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream-fixture.h"
#include "stream/window.h"

#define AT_LEAST(n)                       \
	{                                 \
		n, BOUNDS_ANY, BOUNDS_ANY \
	}

static const struct window_rule three_in_ten = {.span = 10,
    .late = 100,
    .bounds = AT_LEAST(3)};

static bool
feed(struct window *w, usec_t t)
{
	struct window_view v = {0};

	return window_feed(w, &three_in_ten, t, 1, &v);
}

static void
the_third_in_the_span_holds(void **state)
{
	struct window_view v = {0};
	struct window	   w;

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
	struct window_view v = {0};
	struct window	   w;

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
	struct window_view v = {0};
	struct window	   w;

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
	const struct window_rule two = {.span = 10,
	    .bounds = {2, 2, BOUNDS_ANY}};
	const struct window_rule not_two = {.span = 10,
	    .bounds = {0, BOUNDS_ANY, 2}};
	struct window_view	 v = {0};
	struct window		 w;

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
without_late_uses_it_keeps_what_the_condition_asks_for(void **state)
{
	const struct window_rule r = {.span = 10, .bounds = AT_LEAST(3)};
	struct window_view	 v = {0};
	struct window		 w;
	usec_t			 t;

	(void)state;
	window_init(&w);
	for (t = 0; t < 100000; t++)
		assert_int_equal(window_feed(&w, &r, t, 1, &v), t >= 2);
	assert_true(w.uses.n <= window_rule_keep(&r));
	assert_true(w.uses.cap < 16);
	window_clear(&w);
}

static void
for_late_uses_it_keeps_what_can_matter(void **state)
{
	const struct window_rule r = {.span = 100,
	    .late = 10000,
	    .bounds = AT_LEAST(3)};
	struct window_view	 v = {0};
	struct window		 w;
	usec_t			 t;

	(void)state;
	window_init(&w);
	for (t = 0; t < 1000000; t++)
		(void)window_feed(&w, &r, t, 1, &v);
	/* Six or so in each of a hundred spans, not ten thousand. */
	assert_true(w.uses.cap < 2048);
	assert_int_equal(v.shed, 0);
	window_clear(&w);
}

static void
past_the_cap_the_oldest_give_way_and_are_counted(void **state)
{
	const struct window_rule r = {.span = 1,
	    .late = 1000000,
	    .bounds = AT_LEAST(2)};
	struct window_view	 v = {0};
	struct window		 w;
	usec_t			 t;

	(void)state;
	window_init(&w);
	for (t = 0; t < 10 * WINDOW_KEEP_MAX; t++)
		(void)window_feed(&w, &r, 10 * t, 1, &v);
	assert_true(w.uses.n <= WINDOW_KEEP_MAX);
	assert_int_equal(w.uses.n + v.shed, 10 * WINDOW_KEEP_MAX);
	assert_true(window_feed(&w, &r, 10 * (t - 2) + 1, 1, &v));
	assert_false(window_feed(&w, &r, 1, 1, &v));
	window_clear(&w);
}

static bool
count_holds(const struct happening *h, unsigned n, const void *rule)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		sum += (uint64_t)h[i].what;
	return bounds_hold(rule, sum);
}

static struct window_rule
rule_random(usec_t late)
{
	struct window_rule r = {.span = 1 + rand() % 20,
	    .late = late,
	    .bounds = AT_LEAST((uint64_t)rand() % 8)};

	if (rand() % 2)
		r.bounds.hi = r.bounds.lo + (uint64_t)rand() % 5;
	if (rand() % 4 == 0)
		r.bounds.except = (uint64_t)rand() % 8;
	return r;
}

/* Each arrival against the definition; and in the end what ever held. */
static void
agree_with_the_definition(usec_t late, usec_t step, unsigned n)
{
	static struct story s;
	struct window_rule  r = rule_random(late);
	struct window_view  v = {0};
	bool		    holds, held = false;
	struct window	    w;
	int64_t		    weight;
	unsigned	    i, at;
	usec_t		    t;

	window_init(&w);
	for (s.n = 0, i = 0; i < n; i++) {
		t = story_next_time(&s, step, late);
		weight = 1 + (rand() % 8 == 0);
		at = story_add(&s, t, weight);
		holds = window_feed(&w, &r, t, (uint64_t)weight, &v);
		assert_int_equal(holds,
		    story_holds_from(&s, at, r.span, count_holds, &r.bounds));
		held |= holds;
	}
	if (bounds_only_grow(&r.bounds))
		assert_int_equal(held,
		    story_ever_holds(&s, r.span, count_holds, &r.bounds));
	window_clear(&w);
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
late_uses_agree_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(2);
	for (round = 0; round < 1000; round++)
		agree_with_the_definition(1 + rand() % 60, rand() % 6,
		    1 + (unsigned)rand() % 200);
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
	    cmocka_unit_test(
		without_late_uses_it_keeps_what_the_condition_asks_for),
	    cmocka_unit_test(for_late_uses_it_keeps_what_can_matter),
	    cmocka_unit_test(past_the_cap_the_oldest_give_way_and_are_counted),
	    cmocka_unit_test(in_order_it_agrees_with_the_definition),
	    cmocka_unit_test(late_uses_agree_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
