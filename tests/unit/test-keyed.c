#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream/keyed.h"

static unsigned cleared;

static size_t
count_clear(void *state)
{
	(void)state;
	cleared++;
	return 0;
}

/* A state that says what it was charged with. */
static size_t
give_back(void *state)
{
	return *(size_t *)state;
}

static void
charge(struct keyed *k, const char *key, usec_t t, size_t now)
{
	size_t *state = keyed_get(k, slice_of(key), t), before = *state;

	*state = now;
	keyed_charge(k, state, before, now);
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
the_order_of_use_outlasts_groups_that_went(void **state)
{
	struct keyed *k = keyed_new(3, sizeof(int), count_clear);

	(void)state;
	(void)get(k, "a", 1);
	(void)get(k, "b", 2);
	(void)get(k, "c", 3);
	(void)get(k, "c", 4);
	(void)get(k, "b", 5);
	(void)get(k, "a", 6);
	(void)get(k, "d", 7); /* c goes, and d takes its place */
	(void)get(k, "e", 8); /* then b */
	assert_null(keyed_find(k, SLICE("c")));
	assert_null(keyed_find(k, SLICE("b")));
	assert_non_null(keyed_find(k, SLICE("a")));
	assert_non_null(keyed_find(k, SLICE("d")));
	assert_int_equal(keyed_evicted(k), 2);
	keyed_free(&k);
}

/* Two minutes and more apart: times are kept no finer. */
static void
what_lies_too_far_back_is_dropped(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(int), count_clear);
	const usec_t  hour = USEC_HOUR;

	(void)state;
	(void)get(k, "a", 1 * hour);
	(void)get(k, "b", 2 * hour);
	(void)get(k, "c", 3 * hour);
	assert_int_equal(keyed_newest(k), 3 * hour);
	keyed_expire(k, 1 * hour);
	assert_int_equal(keyed_count(k), 3);
	keyed_expire(k, 2 * hour);
	assert_int_equal(keyed_count(k), 2);
	assert_null(keyed_find(k, SLICE("a")));
	keyed_expire(k, 4 * hour);
	assert_int_equal(keyed_count(k), 0);
	assert_int_equal(keyed_evicted(k), 0);
	keyed_free(&k);
}

static void
nothing_is_dropped_for_being_older_than_it_is(void **state)
{
	const usec_t  times[] = {-253402300800 * USEC_SEC, -1, 0, 1,
	     1767225600 * USEC_SEC + 123456, 253402300799 * USEC_SEC};
	struct keyed *k;
	size_t	      i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		k = keyed_new(10, sizeof(int), count_clear);
		(void)get(k, "a", times[i]);
		keyed_expire(k, INT64_MIN);
		keyed_expire(k, times[i]);
		assert_int_equal(keyed_count(k), 1);
		keyed_expire(k, times[i] + 5 * 60 * USEC_SEC);
		assert_int_equal(keyed_count(k), 0);
		keyed_free(&k);
	}
}

/* Against a plain array, through growing, giving way and coming again. */
static void
thousands_of_groups_are_told_apart(void **state)
{
	enum { N = 20000 };
	struct keyed   *k = keyed_new(N, sizeof(uint64_t), count_clear);
	static uint64_t want[N];
	char		name[80];
	uint64_t       *have;
	unsigned	i, n;

	(void)state;
	memset(want, 0, sizeof(want));
	for (i = 0; i < 10 * N; i++) {
		n = (unsigned)rand() % N;
		/* One in three is too long for the record. */
		snprintf(name, sizeof(name), n % 3 == 0 ? "%064u" : "%u", n);
		have = keyed_get(k, slice_of(name), i);
		assert_int_equal(*have, want[n]);
		*have = want[n] = i + 1;
		keyed_charge(k, have, 0, 0);
	}
	for (n = 0, i = 0; i < N; i++)
		n += want[i] != 0;
	assert_int_equal(keyed_count(k), n);
	keyed_set_max(k, 10);
	assert_int_equal(keyed_count(k), 10);
	assert_int_equal(keyed_evicted(k), n - 10);
	keyed_free(&k);
}

static void
keys_are_told_apart_at_the_length_that_a_record_holds(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(int), count_clear);

	(void)state;
	*get(k, "0123456789abcdef", 1) = 16;
	*get(k, "0123456789abcdefg", 1) = 17;
	*get(k, "0123456789abcde", 1) = 15;
	assert_int_equal(*get(k, "0123456789abcdef", 1), 16);
	assert_int_equal(*get(k, "0123456789abcdefg", 1), 17);
	assert_int_equal(*get(k, "0123456789abcde", 1), 15);
	assert_int_equal(keyed_count(k), 3);
	keyed_free(&k);
}

static void
a_group_that_comes_again_is_zeroed(void **state)
{
	struct keyed *k = keyed_new(1, sizeof(int), count_clear);

	(void)state;
	*get(k, "a", 1) = 7;
	(void)get(k, "b", 2);
	assert_int_equal(*get(k, "a", 3), 0);
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
	struct keyed *k = keyed_new(10, sizeof(size_t), give_back);
	size_t	      one;

	(void)state;
	(void)get(k, "a", 1);
	one = keyed_bytes(k);
	assert_true(one > sizeof(size_t) + 1);
	keyed_set_room(k, 2 * one + 100);
	charge(k, "a", 1, 50);
	charge(k, "b", 2, 50);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_bytes(k), 2 * one + 100);
	charge(k, "c", 3, 1);
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 1);
	/* The one being fed stays, however large it is. */
	charge(k, "c", 4, 1000);
	assert_int_equal(keyed_count(k), 1);
	charge(k, "c", 5, 10);
	charge(k, "d", 6, 90);
	assert_int_equal(keyed_count(k), 2);
	keyed_free(&k);
}

static void
long_keys_take_of_the_room(void **state)
{
	struct keyed *k = keyed_new(10, sizeof(size_t), give_back);
	char	      key[61];
	size_t	      one;

	(void)state;
	charge(k, "short", 1, 0);
	one = keyed_bytes(k);
	memset(key, 'x', sizeof(key));
	key[60] = '\0';
	charge(k, key, 2, 0);
	assert_true(keyed_bytes(k) >= 2 * one + 60);
	keyed_set_room(k, keyed_bytes(k));
	charge(k, "tiny", 3, 0);
	assert_int_equal(keyed_count(k), 2);
	key[59] = '\0';
	charge(k, key, 4, 0);
	assert_null(keyed_find(k, SLICE("short")));
	assert_int_equal(keyed_count(k), 2);
	assert_int_equal(keyed_evicted(k), 2);
	keyed_free(&k);
}

/* --- several tables under one cap ------------------------------------ */

#define TABLES 5

static void
tables_new(struct keyed **k, size_t n, struct keyed_pool *p)
{
	size_t i;

	for (i = 0; i < n; i++) {
		k[i] = keyed_new(100, sizeof(size_t), give_back);
		keyed_join(k[i], p);
	}
}

static void
tables_free(struct keyed **k, size_t n, struct keyed_pool **p)
{
	size_t i;

	for (i = 0; i < n; i++)
		keyed_free(&k[i]);
	keyed_pool_free(p);
	assert_null(*p);
}

static void
in_all_the_one_unused_longest_gives_way_whatever_its_table(void **state)
{
	struct keyed_pool *p = keyed_pool_new(3, 0);
	struct keyed	  *k[3];

	(void)state;
	tables_new(k, 3, p);
	charge(k[0], "a", 1, 1);
	charge(k[1], "b", 2, 2);
	charge(k[2], "c", 3, 3);
	assert_int_equal(keyed_pool_count(p), 3);
	assert_int_equal(keyed_pool_evicted(p), 0);
	(void)get(k[0], "a", 4);
	(void)get(k[2], "d", 5); /* b goes */
	assert_int_equal(keyed_count(k[1]), 0);
	assert_int_equal(keyed_evicted(k[1]), 1);
	(void)get(k[1], "e", 6); /* c goes, a stays */
	assert_int_equal(*get(k[0], "a", 7), 1);
	assert_null(keyed_find(k[2], SLICE("c")));
	assert_int_equal(keyed_evicted(k[2]), 1);
	assert_int_equal(keyed_pool_count(p), 3);
	assert_int_equal(keyed_pool_evicted(p), 2);
	tables_free(k, 3, &p);
}

static void
in_all_bytes_are_bounded_but_never_the_one_being_fed(void **state)
{
	struct keyed_pool *p;
	struct keyed	  *k[2];
	size_t		   one;

	(void)state;
	p = keyed_pool_new(0, 0);
	tables_new(k, 2, p);
	(void)get(k[0], "a", 1);
	one = keyed_pool_bytes(p);
	tables_free(k, 2, &p);
	p = keyed_pool_new(0, 3 * one + 10);
	tables_new(k, 2, p);
	(void)get(k[0], "a", 1);
	(void)get(k[1], "b", 2);
	charge(k[0], "c", 3, 10);
	assert_int_equal(keyed_pool_evicted(p), 0);
	charge(k[1], "b", 4, 1); /* a goes */
	assert_int_equal(keyed_count(k[0]), 1);
	charge(k[1], "b", 5, 4000);
	assert_int_equal(keyed_count(k[0]), 0);
	assert_int_equal(keyed_count(k[1]), 1);
	assert_int_equal(keyed_pool_evicted(p), 2);
	charge(k[1], "b", 6, 0);
	assert_int_equal(keyed_pool_bytes(p), one);
	tables_free(k, 2, &p);
}

/* Against a list of all groups in the order of their last use. */
static void
the_cap_in_all_agrees_with_one_list_of_all_groups(void **state)
{
	enum { MAX = 7, NAMES = 20 };
	struct keyed_pool *p = keyed_pool_new(MAX, 0);
	struct keyed	  *k[TABLES];
	unsigned	   list[MAX], n = 0, i, j, id, x = 1;
	char		   name[2] = "?";

	(void)state;
	tables_new(k, TABLES, p);
	for (i = 0; i < 5000; i++) {
		x = x * 1103515245 + 12345;
		id = x / 65536 % (TABLES * NAMES);
		/* Spells in which some tables rest. */
		if (i / 500 % 2 == 1)
			id = id / TABLES * TABLES;
		for (j = 0; j < n && list[j] != id; j++)
			continue;
		if (j == MAX)
			j = 0;
		else if (j == n)
			n++;
		memmove(list + j, list + j + 1, (n - 1 - j) * sizeof(*list));
		list[n - 1] = id;
		name[0] = (char)('A' + id / TABLES);
		(void)get(k[id % TABLES], name, i);
		for (j = 0; j < n; j++) {
			name[0] = (char)('A' + list[j] / TABLES);
			assert_non_null(
			    keyed_find(k[list[j] % TABLES], slice_of(name)));
		}
		assert_int_equal(keyed_pool_count(p), n);
	}
	tables_free(k, TABLES, &p);
}

static void
a_table_takes_what_it_holds_into_another_pool(void **state)
{
	struct keyed_pool *from = keyed_pool_new(10, 0);
	struct keyed_pool *to = keyed_pool_new(2, 0);
	struct keyed	  *k[2];

	(void)state;
	tables_new(k, 2, from);
	(void)get(k[1], "a", 1);
	(void)get(k[0], "b", 2);
	(void)get(k[0], "c", 3);
	keyed_join(k[0], to);
	keyed_join(k[1], to);
	assert_int_equal(keyed_pool_count(from), 0);
	assert_int_equal(keyed_pool_count(to), 3);
	keyed_pool_trim(to);
	assert_int_equal(keyed_pool_count(to), 2);
	assert_int_equal(keyed_count(k[1]), 0);
	keyed_pool_free(&from);
	(void)get(k[1], "d", 4);
	assert_null(keyed_find(k[0], SLICE("b")));
	assert_non_null(keyed_find(k[0], SLICE("c")));
	tables_free(k, 2, &to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_group_is_zeroed_and_stays),
	    cmocka_unit_test(the_one_unused_longest_gives_way),
	    cmocka_unit_test(
		in_all_the_one_unused_longest_gives_way_whatever_its_table),
	    cmocka_unit_test(
		in_all_bytes_are_bounded_but_never_the_one_being_fed),
	    cmocka_unit_test(the_cap_in_all_agrees_with_one_list_of_all_groups),
	    cmocka_unit_test(a_table_takes_what_it_holds_into_another_pool),
	    cmocka_unit_test(the_order_of_use_outlasts_groups_that_went),
	    cmocka_unit_test(nothing_is_dropped_for_being_older_than_it_is),
	    cmocka_unit_test(thousands_of_groups_are_told_apart),
	    cmocka_unit_test(
		keys_are_told_apart_at_the_length_that_a_record_holds),
	    cmocka_unit_test(a_group_that_comes_again_is_zeroed),
	    cmocka_unit_test(long_keys_take_of_the_room),
	    cmocka_unit_test(what_lies_too_far_back_is_dropped),
	    cmocka_unit_test(past_the_room_the_ones_unused_longest_give_way),
	    cmocka_unit_test(a_smaller_cap_takes_effect_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
