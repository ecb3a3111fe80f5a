#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream/keyed.h"

static unsigned cleared;

static void
count_clear(void *state)
{
	(void)state;
	cleared++;
}

static int *
get(struct keyed *k, const char *key, usec_t t)
{
	return keyed_get(k, slice_of(key), t);
}

static void
a_new_group_is_zeroed_and_stays(void **state)
{
	struct keyed *k = keyed_new(2, sizeof(int), count_clear);

	(void)state;
	assert_int_equal(*get(k, "a", 1), 0);
	*get(k, "a", 1) = 7;
	*get(k, "", 1) = 8;
	assert_int_equal(*get(k, "a", 2), 7);
	assert_int_equal(*get(k, "", 2), 8);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 0);
	keyed_free(&k);
	assert_null(k);
}

static void
the_one_unused_longest_gives_way(void **state)
{
	struct keyed *k = keyed_new(2, sizeof(int), count_clear);

	(void)state;
	*get(k, "a", 1) = 1;
	*get(k, "b", 2) = 2;
	(void)get(k, "a", 3);
	(void)get(k, "c", 4);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 1);
	assert_int_equal(*get(k, "a", 5), 1);
	assert_int_equal(*get(k, "b", 6), 0);
	keyed_free(&k);
}

static void
what_lies_too_far_back_is_dropped(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(int), count_clear);

	(void)state;
	(void)get(k, "a", 1);
	(void)get(k, "b", 2);
	(void)get(k, "c", 3);
	assert_int_equal(keyed_newest(k), 3);
	keyed_expire(k, 1);
	assert_int_equal(keyed_count(k), 3);
	keyed_expire(k, 2);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 0);
	keyed_free(&k);
}

static void
a_smaller_cap_takes_effect_at_once(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(int), count_clear);

	(void)state;
	cleared = 0;
	(void)get(k, "a", 1);
	(void)get(k, "b", 2);
	(void)get(k, "c", 3);
	keyed_set_max(k, 1);
	assert_int_equal(keyed_count(k), 1);
	assert_int_equal(keyed_evicted(k), 2);
	assert_int_equal(cleared, 2);
	keyed_free(&k);
	assert_int_equal(cleared, 3);
}

static void
past_the_room_the_ones_unused_longest_give_way(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(int), count_clear);

	(void)state;
	keyed_set_room(k, 100);
	keyed_charge(k, get(k, "a", 1), 50);
	keyed_charge(k, get(k, "b", 2), 50);
	assert_int_equal(keyed_count(k), 2);
	keyed_charge(k, get(k, "c", 3), 1);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 1);
	/* The one being fed stays, however large it is. */
	keyed_charge(k, get(k, "c", 4), 1000);
	assert_int_equal(keyed_count(k), 1);
	keyed_charge(k, get(k, "c", 5), 10);
	keyed_charge(k, get(k, "d", 6), 90);
	assert_int_equal(keyed_count(k), 2);
	keyed_free(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_group_is_zeroed_and_stays),
	    cmocka_unit_test(the_one_unused_longest_gives_way),
	    cmocka_unit_test(what_lies_too_far_back_is_dropped),
	    cmocka_unit_test(past_the_room_the_ones_unused_longest_give_way),
	    cmocka_unit_test(a_smaller_cap_takes_effect_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
