#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "stream/records.h"

static uint32_t
find(const struct records *rs, const char *key)
{
	return records_find(rs, slice_of(key), map_hash(slice_of(key)));
}

static uint32_t
add(struct records *rs, const char *key)
{
	return records_add(rs, slice_of(key), map_hash(slice_of(key)));
}

static void
what_was_added_is_found_zeroed_and_where_it_was(void **state)
{
	struct records rs;
	struct record *r;
	uint32_t       a, b;

	(void)state;
	records_init(&rs, 12);
	assert_int_equal(find(&rs, "a"), 0);
	a = add(&rs, "a");
	r = record_at(&rs, a);
	assert_int_equal((uintptr_t)r->state % 8, 0);
	assert_int_equal(r->state[11], 0);
	memset(r->state, 'x', 12);
	b = add(&rs, "");
	assert_int_equal(find(&rs, "a"), a);
	assert_int_equal(find(&rs, ""), b);
	assert_ptr_equal(record_at(&rs, a), r);
	records_remove(&rs, a);
	assert_int_equal(find(&rs, "a"), 0);
	/* Its place is taken again, and clean. */
	assert_int_equal(add(&rs, "c"), a);
	assert_int_equal(record_at(&rs, a)->state[0], 0);
	records_remove(&rs, a);
	records_remove(&rs, b);
	records_clear(&rs);
}

/* The chain of three, in one bucket of the first eight. */
static void
what_was_used_last_is_found_first(void **state)
{
	static const unsigned order[] = {0, 2, 2, 1, 0, 1};
	struct records	      rs;
	char		      name[3][8];
	uint32_t	      number[3];
	uint64_t	      hash[3];
	unsigned	      n = 0, i, j;

	(void)state;
	records_init(&rs, 1);
	for (i = 0; n < 3; i++) {
		snprintf(name[n], sizeof name[n], "%u", i);
		hash[n] = map_hash(slice_of(name[n]));
		if (hash[n] % 8 != 0)
			continue;
		number[n] = add(&rs, name[n]);
		n++;
	}
	for (i = 0; i < sizeof order / sizeof order[0]; i++) {
		n = order[i];
		assert_int_equal(records_use(&rs, slice_of(name[n]), hash[n]),
		    number[n]);
		assert_ptr_equal(records_warm(&rs, hash[n], 1),
		    record_at(&rs, number[n]));
		for (j = 0; j < 3; j++)
			assert_int_equal(find(&rs, name[j]), number[j]);
	}
	assert_int_equal(records_use(&rs, SLICE("x"), hash[0]), 0);
	for (j = 0; j < 3; j++)
		records_remove(&rs, number[j]);
	records_clear(&rs);
}

/* All chains are split many times over on the way. */
static void
none_is_lost_as_buckets_are_split(void **state)
{
	enum { N = 5000 };
	static uint32_t number[N];
	struct records	rs;
	char		name[40];
	unsigned	i, k;

	(void)state;
	records_init(&rs, 8);
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), i % 2 ? "%u" : "%030u", i);
		number[i] = add(&rs, name);
		for (k = 0; k <= i; k += 1 + i / 8) {
			snprintf(name, sizeof(name), k % 2 ? "%u" : "%030u", k);
			assert_int_equal(find(&rs, name), number[k]);
		}
	}
	assert_int_equal(rs.nbuckets, N);
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), i % 2 ? "%u" : "%030u", i);
		records_remove(&rs, number[i]);
		assert_int_equal(find(&rs, name), 0);
	}
	records_clear(&rs);
}

static void
a_key_costs_what_lies_beside_the_record(void **state)
{
	const char    *id = "pat_abcdefghijkl", *longer = "pat_abcdefghijklm";
	struct records rs;
	size_t	       plain;

	(void)state;
	records_init(&rs, 16);
	plain = records_bytes_for(&rs, SLICE(""));
	assert_true(plain <= 64);
	assert_int_equal(records_bytes_for(&rs, slice_of(id)), plain);
	assert_true(records_bytes_for(&rs, slice_of(longer)) >= plain + 17);
	assert_int_equal(records_bytes(&rs, add(&rs, longer)),
	    records_bytes_for(&rs, slice_of(longer)));
	records_remove(&rs, find(&rs, longer));
	records_clear(&rs);
}

static void
what_is_fetched_ahead_is_the_first_of_the_chain(void **state)
{
	struct records rs;
	uint64_t       hash = map_hash(SLICE("a"));
	uint32_t       a;

	(void)state;
	records_init(&rs, 8);
	assert_null(records_warm(&rs, hash, 0));
	assert_null(records_warm(&rs, hash, 2));
	a = add(&rs, "a");
	assert_null(records_warm(&rs, hash, 0));
	assert_ptr_equal(records_warm(&rs, hash, 2), record_at(&rs, a));
	records_remove(&rs, a);
	records_clear(&rs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_added_is_found_zeroed_and_where_it_was),
	    cmocka_unit_test(what_was_used_last_is_found_first),
	    cmocka_unit_test(none_is_lost_as_buckets_are_split),
	    cmocka_unit_test(a_key_costs_what_lies_beside_the_record),
	    cmocka_unit_test(what_is_fetched_ahead_is_the_first_of_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
