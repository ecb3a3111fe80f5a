#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "auth/throttle.h"

#define NOW  (1795451047 * USEC_SEC)
#define KEY  SLICE("alice")
#define FREE 3
#define MAX  (8 * USEC_SEC)

static int
setup(void **state)
{
	struct throttle *t = throttle_new(4);

	throttle_configure(t, FREE, MAX);
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	throttle_free((struct throttle **)state);
	return 0;
}

/* So many wrong ones, each as early as it may come: when the last one was. */
static usec_t
wrong(struct throttle *t, unsigned n, usec_t now)
{
	while (n-- > 0) {
		now += throttle_wait(t, KEY, now);
		throttle_begin(t, KEY, now);
		throttle_wrong(t, KEY, now);
	}
	return now;
}

static void
the_first_ones_cost_nothing_and_then_the_wait_doubles(void **state)
{
	static const usec_t want[] = {0, 0, USEC_SEC, 2 * USEC_SEC,
	    4 * USEC_SEC, MAX, MAX};
	usec_t		    now = NOW;
	size_t		    i;

	assert_int_equal(throttle_wait(*state, KEY, now), 0);
	for (i = 0; i < sizeof want / sizeof want[0]; i++) {
		now = wrong(*state, 1, now);
		assert_int_equal(throttle_wait(*state, KEY, now), want[i]);
	}
}

static void
a_wait_is_over_when_it_is_over(void **state)
{
	usec_t now = wrong(*state, FREE, NOW);

	assert_int_equal(throttle_wait(*state, KEY, now + USEC_SEC - 1), 1);
	assert_int_equal(throttle_wait(*state, KEY, now + USEC_SEC), 0);
}

static void
keys_wait_each_for_itself(void **state)
{
	usec_t now = wrong(*state, FREE, NOW);

	assert_true(throttle_wait(*state, KEY, now) > 0);
	assert_int_equal(throttle_wait(*state, SLICE("bob"), now), 0);
	assert_int_equal(throttle_wait(*state, SLICE(""), now), 0);
}

static void
of_many_at_once_one_is_looked_at(void **state)
{
	usec_t now = wrong(*state, FREE, NOW) + USEC_SEC;

	assert_int_equal(throttle_wait(*state, KEY, now), 0);
	throttle_begin(*state, KEY, now);
	assert_int_equal(throttle_wait(*state, KEY, now), 2 * USEC_SEC);
	throttle_right(*state, KEY, false); /* it was right: go on */
	assert_int_equal(throttle_wait(*state, KEY, now), 0);
}

static void
before_any_wait_many_are_looked_at_at_once(void **state)
{
	throttle_begin(*state, KEY, NOW);
	assert_int_equal(throttle_wait(*state, KEY, NOW), 0);
	assert_int_equal(throttle_count(*state), 0);
}

static void
a_right_one_forgets_all_or_only_lets_go_on(void **state)
{
	usec_t now = wrong(*state, FREE + 1, NOW);

	throttle_right(*state, KEY, false);
	assert_int_equal(throttle_wait(*state, KEY, now), 0);
	now = wrong(*state, 1, now);
	assert_int_equal(throttle_wait(*state, KEY, now), 4 * USEC_SEC);
	throttle_right(*state, KEY, true);
	assert_int_equal(throttle_count(*state), 0);
	now = wrong(*state, 1, now);
	assert_int_equal(throttle_wait(*state, KEY, now), 0);
	throttle_right(*state, SLICE("bob"), true); /* never seen: nothing */
}

static void
an_hour_later_all_is_forgotten(void **state)
{
	usec_t now = wrong(*state, FREE + 2, NOW);

	now = wrong(*state, 1, now + THROTTLE_FORGET - 1);
	assert_int_equal(throttle_wait(*state, KEY, now), MAX);
	now = wrong(*state, 1, now + THROTTLE_FORGET);
	assert_int_equal(throttle_wait(*state, KEY, now), 0);
}

static void
a_clock_set_back_keeps_nobody_waiting(void **state)
{
	usec_t now = wrong(*state, FREE + 2, NOW);

	assert_int_equal(throttle_wait(*state, KEY, now - USEC_DAY), 0);
}

static void
wrong_longest_ago_gives_way(void **state)
{
	char	     name[8];
	unsigned     i;
	struct slice key;

	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "k%u", i);
		throttle_wrong(*state, slice_of(name), NOW + i);
		/* The first one stays the newest. */
		throttle_wrong(*state, SLICE("k0"), NOW + i);
	}
	assert_int_equal(throttle_count(*state), 4);
	assert_int_equal(throttle_evicted(*state), 1);
	key = SLICE("k0");
	assert_true(throttle_has(*state, key));
	key = SLICE("k1");
	assert_false(throttle_has(*state, key));
}

static void
of_a_long_key_so_much_counts(void **state)
{
	char	     a[THROTTLE_KEY + 2] = {0}, b[THROTTLE_KEY + 2] = {0};
	struct slice one = {a, sizeof a}, other = {b, sizeof b};

	b[THROTTLE_KEY] = 'x';
	throttle_wrong(*state, one, NOW);
	assert_true(throttle_has(*state, other));
	b[THROTTLE_KEY - 1] = 'x';
	assert_false(throttle_has(*state, other));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_first_ones_cost_nothing_and_then_the_wait_doubles),
	    TEST(a_wait_is_over_when_it_is_over),
	    TEST(keys_wait_each_for_itself),
	    TEST(of_many_at_once_one_is_looked_at),
	    TEST(before_any_wait_many_are_looked_at_at_once),
	    TEST(a_right_one_forgets_all_or_only_lets_go_on),
	    TEST(an_hour_later_all_is_forgotten),
	    TEST(a_clock_set_back_keeps_nobody_waiting),
	    TEST(wrong_longest_ago_gives_way),
	    TEST(of_a_long_key_so_much_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
