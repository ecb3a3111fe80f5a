#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/tally.h"

static int
setup(void **state)
{
	*state = tally_new(2);
	return 0;
}

static int
teardown(void **state)
{
	tally_free((struct tally **)state);
	assert_null(*state);
	return 0;
}

static void
add_number(struct tally *t, unsigned i)
{
	char name[32];

	snprintf(name, sizeof name, "name-%u", i);
	tally_add(t, slice_of(name), i % 2, 1);
}

static uint64_t
sum(const struct tally *t)
{
	uint64_t all = 0;
	unsigned i;

	for (i = 0; i < tally_rows(t); i++)
		all += tally_get(t, i, 0) + tally_get(t, i, 1);
	return all;
}

static unsigned
row_of(const struct tally *t, const char *name)
{
	unsigned i;

	for (i = 0; i < tally_rows(t); i++)
		if (slice_is(tally_name(t, i), name))
			return i;
	return 0;
}

static void
names_are_counted_apart(void **state)
{
	struct tally *t = *state;

	tally_add(t, SLICE("hub"), 0, 1);
	tally_add(t, SLICE("hub"), 1, 5);
	tally_add(t, SLICE("quay"), 0, 1);
	tally_add(t, SLICE("hub"), 0, 1);
	assert_int_equal(tally_rows(t), 3);
	assert_int_equal(tally_get(t, row_of(t, "hub"), 0), 2);
	assert_int_equal(tally_get(t, row_of(t, "hub"), 1), 5);
	assert_int_equal(tally_get(t, row_of(t, "quay"), 0), 1);
	assert_int_equal(tally_get(t, 0, 0), 0);
}

static void
the_absent_name_is_a_row(void **state)
{
	struct tally *t = *state;

	tally_add(t, (struct slice){NULL, 0}, 0, 1);
	tally_add(t, SLICE(""), 0, 1);
	assert_int_equal(tally_rows(t), 2);
	assert_int_equal(tally_name(t, 1).n, 0);
	assert_int_equal(tally_get(t, 1, 0), 2);
}

static void
all_rows_can_be_taken(void **state)
{
	struct tally *t = *state;
	unsigned      i;

	for (i = 0; i < TALLY_ROWS; i++)
		add_number(t, i);
	assert_int_equal(tally_rows(t), TALLY_ROWS + 1);
	assert_int_equal(tally_evicted(t), 0);
	assert_int_equal(tally_get(t, 0, 0) + tally_get(t, 0, 1), 0);
}

static void
one_more_takes_the_place_of_the_one_counted_longest_ago(void **state)
{
	struct tally *t = *state;
	unsigned      i;

	for (i = 0; i < TALLY_ROWS; i++)
		add_number(t, i);
	add_number(t, 0);
	add_number(t, TALLY_ROWS);
	assert_int_equal(tally_rows(t), TALLY_ROWS + 1);
	assert_int_equal(tally_evicted(t), 1);
	assert_int_not_equal(row_of(t, "name-0"), 0);
	assert_int_equal(row_of(t, "name-1"), 0);
	assert_int_equal(tally_get(t, 0, 1), 1);
	assert_int_equal(sum(t), TALLY_ROWS + 2);
}

static void
sums_never_go_down(void **state)
{
	struct tally *t = *state;
	unsigned      i;

	for (i = 0; i < 10000; i++) {
		add_number(t, i * 7919 % 1000);
		assert_int_equal(sum(t), i + 1);
	}
	assert_true(tally_evicted(t) > 0);
}

static void
no_two_rows_are_shown_alike(void **state)
{
	struct tally *t = *state;
	char	      long_name[TALLY_NAME + 1];

	memset(long_name, 'x', sizeof long_name);
	tally_add(t, SLICE(TALLY_OTHERS), 0, 1);
	tally_add(t, SLICE("\xff"), 0, 1);
	tally_add(t, (struct slice){long_name, TALLY_NAME + 1}, 0, 1);
	assert_int_equal(tally_rows(t), 1);
	assert_int_equal(tally_get(t, 0, 0), 3);
	tally_add(t, (struct slice){long_name, TALLY_NAME}, 0, 1);
	assert_int_equal(tally_rows(t), 2);
	assert_int_equal(tally_get(t, 1, 0), 1);
}

static void
a_value_at_the_bound_is_below_it(void **state)
{
	static const uint64_t bounds[] = {10, 100};
	struct histogram      h;

	(void)state;
	histogram_init(&h, bounds, 2);
	histogram_add(&h, 0);
	histogram_add(&h, 10);
	histogram_add(&h, 11);
	histogram_add(&h, 101);
	assert_int_equal(histogram_below(&h, 0), 2);
	assert_int_equal(histogram_below(&h, 1), 3);
	assert_int_equal(histogram_below(&h, 2), 4);
	assert_int_equal(h.count, 4);
	assert_int_equal(h.sum, 122);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(names_are_counted_apart),
	    TEST(the_absent_name_is_a_row),
	    TEST(all_rows_can_be_taken),
	    TEST(one_more_takes_the_place_of_the_one_counted_longest_ago),
	    TEST(sums_never_go_down),
	    TEST(no_two_rows_are_shown_alike),
	    cmocka_unit_test(a_value_at_the_bound_is_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
