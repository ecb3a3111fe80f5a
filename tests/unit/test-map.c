#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"

/* The values are their keys. */
static struct slice
text_key(const void *value)
{
	return slice_of(value);
}

static int
set_up(void **state)
{
	static struct map m;

	map_init(&m, text_key);
	*state = &m;
	return 0;
}

static int
tear_down(void **state)
{
	map_clear(*state);
	return 0;
}

static void
an_empty_map_finds_nothing(void **state)
{
	struct map *m = *state;
	size_t	    at = 0;

	assert_null(map_find(m, SLICE("a")));
	assert_null(map_remove(m, SLICE("a")));
	assert_null(map_next(m, &at));
	assert_null(map_peek(m, 1));
}

static void
what_was_added_is_found_until_removed(void **state)
{
	struct map *m = *state;
	char	    a[] = "a", b[] = "b";

	map_add(m, a);
	map_add(m, b);
	assert_ptr_equal(map_find(m, SLICE("a")), a);
	assert_ptr_equal(map_find(m, SLICE("b")), b);
	assert_null(map_find(m, SLICE("c")));
	assert_int_equal(m->n, 2);
	assert_ptr_equal(map_remove(m, SLICE("a")), a);
	assert_null(map_find(m, SLICE("a")));
	assert_null(map_remove(m, SLICE("a")));
	assert_ptr_equal(map_find(m, SLICE("b")), b);
	assert_int_equal(m->n, 1);
}

static struct slice
slice_key(const void *value)
{
	const struct slice *s = value;

	return *s;
}

static void
keys_are_bytes_the_empty_one_too(void **state)
{
	struct slice empty = SLICE(""), nul = {"\0", 1}, two = {"\0\0", 2};
	struct map  *m = *state;

	map_init(m, slice_key);
	map_add(m, &empty);
	map_add(m, &nul);
	map_add(m, &two);
	assert_ptr_equal(map_find(m, SLICE("")), &empty);
	assert_ptr_equal(map_find(m, (struct slice){NULL, 0}), &empty);
	assert_ptr_equal(map_find(m, nul), &nul);
	assert_ptr_equal(map_find(m, two), &two);
}

static void
the_hash_is_never_zero_and_depends_on_the_seed(void **state)
{
	uint64_t before = map_hash(SLICE("repo"));

	(void)state;
	assert_true(before != 0);
	assert_true(map_hash(SLICE("repo")) == before);
	map_seed();
	assert_true(map_hash(SLICE("repo")) != before);
	assert_true(map_hash((struct slice){NULL, 0}) == map_hash(SLICE("")));
}

static void
equal_hashes_are_told_apart_by_their_keys(void **state)
{
	struct map *m = *state;
	char	    v[3][2] = {"a", "b", "c"};

	map_add_hashed(m, 7, &v[0]);
	map_add_hashed(m, 7, &v[1]);
	map_add_hashed(m, 7, &v[2]);
	assert_ptr_equal(map_find_hashed(m, SLICE("a"), 7), &v[0]);
	assert_ptr_equal(map_find_hashed(m, SLICE("c"), 7), &v[2]);
	assert_null(map_find_hashed(m, SLICE("d"), 7));
	assert_ptr_equal(map_peek(m, 7), &v[0]);
	assert_null(map_peek(m, 8));
	assert_null(map_find_hashed(m, SLICE("a"), 8));
}

static void
a_quarter_of_the_slots_stays_empty(void **state)
{
	static char keys[1000][8];
	struct map *m = *state;
	size_t	    i;

	for (i = 0; i < 1000; i++) {
		snprintf(keys[i], sizeof keys[i], "%zu", i);
		map_add(m, keys[i]);
		assert_true(m->n * 4 <= (m->mask + 1) * 3);
	}
}

static void
a_walk_meets_each_entry_once(void **state)
{
	static char keys[500][8];
	struct map *m = *state;
	bool	    seen[500] = {false};
	size_t	    i, n = 0, at = 0;
	char	   *p;

	for (i = 0; i < 500; i++) {
		snprintf(keys[i], sizeof keys[i], "%zu", i);
		map_add(m, keys[i]);
	}
	while ((p = map_next(m, &at)) != NULL) {
		i = (size_t)atoi(p);
		assert_false(seen[i]);
		seen[i] = true;
		n++;
	}
	assert_int_equal(n, 500);
}

#define N_KEYS 600

/*
 * Adding and removing by the toss of a fixed coin, beside a plain array that
 * says what should be there; after each step all keys are looked for.
 */
static void
a_long_life_loses_nothing_and_keeps_nothing(void **state)
{
	static char keys[N_KEYS][8];
	bool	    in[N_KEYS] = {false};
	struct map *m = *state;
	uint32_t    dice = 1;
	size_t	    i, k, n = 0, step;

	for (i = 0; i < N_KEYS; i++)
		snprintf(keys[i], sizeof keys[i], "k%zu", i);
	for (step = 0; step < 20000; step++) {
		dice = dice * 1664525 + 1013904223;
		k = (dice >> 8) % N_KEYS;
		if (in[k]) {
			assert_ptr_equal(map_remove(m, slice_of(keys[k])),
			    keys[k]);
			n--;
		} else {
			map_add(m, keys[k]);
			n++;
		}
		in[k] = !in[k];
		assert_int_equal(m->n, n);
		for (i = step % 16; i < N_KEYS; i += 16)
			assert_ptr_equal(map_find(m, slice_of(keys[i])),
			    in[i] ? keys[i] : NULL);
	}
}

/*
 * A table of eight slots is filled to six, with every key of a small alphabet
 * as a start, so that runs wrap around its end; each key is taken out once.
 */
static void
a_hole_closes_across_the_end_of_the_table(void **state)
{
	static char keys[26][2];
	struct map *m = *state;
	size_t	    first, gone, i;

	for (i = 0; i < 26; i++)
		keys[i][0] = (char)('a' + i);
	for (first = 0; first + 6 <= 26; first++)
		for (gone = 0; gone < 6; gone++) {
			for (i = first; i < first + 6; i++)
				map_add(m, keys[i]);
			assert_int_equal(m->mask, 7);
			assert_ptr_equal(map_remove(m,
					     slice_of(keys[first + gone])),
			    keys[first + gone]);
			for (i = first; i < first + 6; i++)
				assert_ptr_equal(map_find(m, slice_of(keys[i])),
				    i == first + gone ? NULL : keys[i]);
			map_clear(m);
		}
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_empty_map_finds_nothing),
	    T(what_was_added_is_found_until_removed),
	    T(keys_are_bytes_the_empty_one_too),
	    T(the_hash_is_never_zero_and_depends_on_the_seed),
	    T(equal_hashes_are_told_apart_by_their_keys),
	    T(a_quarter_of_the_slots_stays_empty),
	    T(a_walk_meets_each_entry_once),
	    T(a_long_life_loses_nothing_and_keeps_nothing),
	    T(a_hole_closes_across_the_end_of_the_table),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
