#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/repeats.h"

#define NOW  (1795451047 * USEC_SEC)
#define SPAN USEC_SEC
#define A    SLICE("a")
#define B    SLICE("b")

static int
setup(void **state)
{
	*state = repeats_new(2);
	return 0;
}

static int
teardown(void **state)
{
	repeats_free((struct repeats **)state);
	return 0;
}

static void
assert_popped(struct repeats *r, usec_t now, const char *want, uint64_t n)
{
	struct slice key;
	uint64_t     count;

	assert_true(repeats_pop(r, now, &key, &count));
	assert_true(slice_is(key, want));
	assert_int_equal(count, n);
}

static void
assert_none(struct repeats *r, usec_t now)
{
	struct slice key;
	uint64_t     count;

	assert_false(repeats_pop(r, now, &key, &count));
}

static void
the_first_is_one_and_those_after_it_count(void **state)
{
	assert_false(repeats_add(*state, A, SPAN, NOW));
	assert_true(repeats_add(*state, A, SPAN, NOW + 1));
	assert_true(repeats_add(*state, A, SPAN, NOW + 2));
	assert_false(repeats_add(*state, B, SPAN, NOW + 3));
	assert_none(*state, NOW + SPAN - 1);
	assert_popped(*state, NOW + SPAN, "a", 2);
	assert_none(*state, NOW + SPAN);
	assert_popped(*state, NOW + SPAN + 3, "b", 0);
	assert_int_equal(repeats_count(*state), 0);
	assert_false(repeats_add(*state, A, SPAN, NOW + SPAN + 4));
}

static void
without_a_window_each_is_one(void **state)
{
	assert_false(repeats_add(*state, A, 0, NOW));
	assert_false(repeats_add(*state, A, 0, NOW));
	assert_int_equal(repeats_count(*state), 0);
}

static void
a_kind_that_has_no_room_is_one_each_time(void **state)
{
	assert_false(repeats_add(*state, A, SPAN, NOW));
	assert_false(repeats_is_full(*state));
	assert_false(repeats_add(*state, B, SPAN, NOW));
	assert_true(repeats_is_full(*state));
	assert_false(repeats_add(*state, SLICE("c"), SPAN, NOW));
	assert_false(repeats_add(*state, SLICE("c"), SPAN, NOW));
	assert_true(repeats_add(*state, A, SPAN, NOW));
	assert_popped(*state, INT64_MAX, "a", 1);
	assert_false(repeats_add(*state, SLICE("c"), SPAN, NOW));
	assert_true(repeats_add(*state, SLICE("c"), SPAN, NOW));
}

static void
a_clock_set_back_ends_windows(void **state)
{
	assert_false(repeats_add(*state, A, SPAN, NOW));
	assert_true(repeats_add(*state, A, SPAN, NOW));
	assert_popped(*state, NOW - USEC_DAY, "a", 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_first_is_one_and_those_after_it_count),
	    TEST(without_a_window_each_is_one),
	    TEST(a_kind_that_has_no_room_is_one_each_time),
	    TEST(a_clock_set_back_ends_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
