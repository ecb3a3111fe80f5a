/* token/impact: what was touched, before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "token/impact.h"

static void
add(struct impact *i, usec_t t, const char *repository, int64_t bytes,
    bool refused)
{
	struct impact_use u = {.time = t,
	    .count = 1,
	    .bytes = bytes,
	    .refused = refused};

	u.value[IMPACT_REPOSITORY] = slice_of(repository);
	impact_add(i, &u);
}

static const struct impact_item *
item(struct impact *i, enum impact_kind k, size_t at)
{
	const struct impact_item *const *list;
	size_t				 n;

	impact_sort(i);
	list = impact_list(i, k, &n);
	assert_true(at < n);
	return list[at];
}

static size_t
count(struct impact *i, enum impact_kind k)
{
	size_t n;

	(void)impact_list(i, k, &n);
	return n;
}

static void
since_is_after_and_until_is_neither(void **state)
{
	struct impact *i = impact_new(100, 200, 10);

	(void)state;
	add(i, 99, "a", 5, false);
	add(i, 100, "a", 7, true);
	add(i, 199, "a", -1, false);
	add(i, 200, "a", 1000, false);
	assert_int_equal(impact_before(i)->uses, 1);
	assert_int_equal(impact_before(i)->bytes, 5);
	assert_int_equal(impact_before(i)->refused, 0);
	assert_int_equal(impact_after(i)->uses, 2);
	assert_int_equal(impact_after(i)->bytes, 7);
	assert_int_equal(impact_after(i)->refused, 1);
	assert_int_equal(impact_after(i)->first, 100);
	assert_int_equal(impact_after(i)->last, 199);
	assert_int_equal(count(i, IMPACT_REPOSITORY), 1);
	assert_int_equal(item(i, IMPACT_REPOSITORY, 0)->before.uses, 1);
	assert_int_equal(item(i, IMPACT_REPOSITORY, 0)->after.uses, 2);
	impact_free(&i);
	assert_null(i);
	impact_free(&i);
}

static void
most_used_after_comes_first(void **state)
{
	struct impact *i = impact_new(100, 0, 10);

	(void)state;
	add(i, 1, "old", -1, false);
	add(i, 2, "old", -1, false);
	add(i, 3, "elder", -1, false);
	add(i, 101, "new", -1, false);
	add(i, 102, "both", -1, false);
	add(i, 103, "both", -1, false);
	add(i, 4, "both", -1, false);
	assert_int_equal(count(i, IMPACT_REPOSITORY), 4);
	assert_true(slice_is(item(i, IMPACT_REPOSITORY, 0)->value, "both"));
	assert_true(slice_is(item(i, IMPACT_REPOSITORY, 1)->value, "new"));
	assert_true(slice_is(item(i, IMPACT_REPOSITORY, 2)->value, "old"));
	assert_true(slice_is(item(i, IMPACT_REPOSITORY, 3)->value, "elder"));
	assert_int_equal(count(i, IMPACT_CLIENT), 0);
	impact_free(&i);
}

static void
a_use_counts_as_many_as_it_says(void **state)
{
	struct impact	 *i = impact_new(0, 0, 10);
	struct impact_use u = {.time = 1, .count = 12, .bytes = 3};

	(void)state;
	u.refused = true;
	u.value[IMPACT_ADDRESS] = SLICE("192.0.2.7");
	impact_add(i, &u);
	assert_int_equal(impact_after(i)->uses, 12);
	assert_int_equal(impact_after(i)->refused, 12);
	assert_int_equal(impact_after(i)->bytes, 3);
	assert_int_equal(item(i, IMPACT_ADDRESS, 0)->after.uses, 12);
	impact_free(&i);
}

/* At the limit and one past it; what is known already still counts on. */
static void
what_has_no_room_is_counted(void **state)
{
	struct impact *i = impact_new(100, 0, 2);

	(void)state;
	add(i, 101, "a", -1, false);
	add(i, 102, "b", -1, false);
	assert_int_equal(impact_unkept(i, IMPACT_REPOSITORY), 0);
	add(i, 1, "c", -1, false);
	add(i, 2, "c", -1, false);
	add(i, 3, "a", -1, false);
	assert_int_equal(impact_unkept(i, IMPACT_REPOSITORY), 2);
	assert_int_equal(count(i, IMPACT_REPOSITORY), 2);
	assert_int_equal(item(i, IMPACT_REPOSITORY, 0)->before.uses, 1);
	assert_int_equal(impact_before(i)->uses, 3);
	impact_free(&i);
}

static void
long_values_are_bounded_by_their_bytes(void **state)
{
	static char	  text[8192];
	struct impact	 *i = impact_new(0, 0, SIZE_MAX);
	struct impact_use u = {.time = 1, .count = 1, .bytes = -1};
	unsigned	  n, most = IMPACT_BYTES_MAX / sizeof text;

	(void)state;
	memset(text, 'x', sizeof text);
	u.value[IMPACT_CLIENT] = (struct slice){text, sizeof text};
	for (n = 0; n < most + 10; n++) {
		memcpy(text, &n, sizeof n);
		impact_add(i, &u);
	}
	assert_true(count(i, IMPACT_CLIENT) <= most);
	assert_true(count(i, IMPACT_CLIENT) > most / 2);
	assert_int_equal(impact_unkept(i, IMPACT_CLIENT),
	    most + 10 - count(i, IMPACT_CLIENT));
	impact_free(&i);
}

static void
every_kind_has_a_name(void **state)
{
	unsigned k;

	(void)state;
	for (k = 0; k < IMPACT_KINDS; k++)
		assert_non_null(impact_kind_name((enum impact_kind)k));
	assert_string_equal(impact_kind_name(IMPACT_CLIENT), "client");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(since_is_after_and_until_is_neither),
	    cmocka_unit_test(most_used_after_comes_first),
	    cmocka_unit_test(a_use_counts_as_many_as_it_says),
	    cmocka_unit_test(what_has_no_room_is_counted),
	    cmocka_unit_test(long_values_are_bounded_by_their_bytes),
	    cmocka_unit_test(every_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
