#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "token/tids.h"

static void
assert_sorted(const struct tids *l)
{
	size_t i;

	for (i = 1; i < l->n; i++)
		assert_true(l->tid[i - 1] <= l->tid[i]);
}

static void
none_and_one_are_in_order(void **state)
{
	struct tids l = {0};

	(void)state;
	tids_sort(&l);
	tids_add(&l, 7);
	tids_sort(&l);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.tid[0], 7);
	tids_clear(&l);
	assert_int_equal(l.n, 0);
}

static void
each_byte_of_them_counts(void **state)
{
	static const uint32_t tids[] = {UINT32_MAX, 0x01000000, 0x00ffffff,
	    0x00010000, 0x0000ffff, 0x100, 0xff, 1, 0x80000000, 0x7fffffff};
	struct tids	      l = {0};
	size_t		      i;

	(void)state;
	for (i = 0; i < sizeof tids / sizeof tids[0]; i++)
		tids_add(&l, tids[i]);
	tids_sort(&l);
	assert_int_equal(l.n, 10);
	assert_int_equal(l.tid[0], 1);
	assert_int_equal(l.tid[9], UINT32_MAX);
	assert_sorted(&l);
	tids_clear(&l);
}

static void
many_stay_the_same_many(void **state)
{
	struct tids l = {0};
	uint64_t    seed = 88172645463325252u, sum = 0;
	unsigned    i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		tids_add(&l, (uint32_t)seed);
		sum += (uint32_t)seed;
	}
	tids_sort(&l);
	assert_int_equal(l.n, 10000);
	assert_sorted(&l);
	for (i = 0; i < 10000; i++)
		sum -= l.tid[i];
	assert_int_equal(sum, 0);
	tids_clear(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(none_and_one_are_in_order),
	    cmocka_unit_test(each_byte_of_them_counts),
	    cmocka_unit_test(many_stay_the_same_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
