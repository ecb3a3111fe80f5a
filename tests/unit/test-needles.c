#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "rule/needles.h"

static uint64_t
found(const struct needles *nd, const char *text, uint32_t slot)
{
	uint64_t set = 0;

	needles_scan(nd, slice_of(text), slot, &set);
	return set;
}

static void
needles_that_are_parts_of_one_another_are_all_found(void **state)
{
	struct needles *nd = needles_new();

	(void)state;
	needles_add(nd, SLICE("she"), 0, 0);
	needles_add(nd, SLICE("he"), 0, 1);
	needles_add(nd, SLICE("hers"), 0, 2);
	needles_add(nd, SLICE("e"), 0, 3);
	needles_add(nd, SLICE("he"), 0, 4);
	needles_build(nd);
	assert_int_equal(needles_count(nd), 5);
	assert_int_equal(found(nd, "ushers", 0), 0x1f);
	assert_int_equal(found(nd, "her", 0), 0x1a);
	assert_int_equal(found(nd, "sh", 0), 0);
	assert_int_equal(found(nd, "", 0), 0);
	needles_free(&nd);
	assert_null(nd);
}

/* After "aab" has failed the search goes on at "ab", not from the start. */
static void
a_search_falls_back_no_further_than_it_must(void **state)
{
	struct needles *nd = needles_new();

	(void)state;
	needles_add(nd, SLICE("aabx"), 0, 0);
	needles_add(nd, SLICE("abay"), 0, 1);
	needles_build(nd);
	assert_int_equal(found(nd, "aabay", 0), 2);
	assert_int_equal(found(nd, "aaaabx", 0), 1);
	assert_int_equal(found(nd, "aaby", 0), 0);
	needles_free(&nd);
}

static void
a_needle_is_for_its_field_or_for_any(void **state)
{
	struct needles *nd = needles_new();

	(void)state;
	needles_add(nd, SLICE("x"), 1, 0);
	needles_add(nd, SLICE("x"), 2, 1);
	needles_add(nd, SLICE("x"), NEEDLES_ANY, 2);
	needles_build(nd);
	assert_int_equal(found(nd, "x", 1), 5);
	assert_int_equal(found(nd, "x", 2), 6);
	assert_int_equal(found(nd, "x", 3), 4);
	assert_int_equal(found(nd, "x", NEEDLES_ANY), 4);
	needles_free(&nd);
}

static void
no_needle_is_found_nowhere(void **state)
{
	struct needles *nd = needles_new();

	(void)state;
	needles_build(nd);
	assert_int_equal(found(nd, "abc", 0), 0);
	needles_free(&nd);
}

static void
bytes_beyond_ascii_are_found_and_nuls_too(void **state)
{
	struct needles *nd = needles_new();
	uint64_t	set = 0;

	(void)state;
	needles_add(nd,
	    SLICE("stra\xc3\x9f"
		  "e"),
	    0, 0);
	needles_add(nd, (struct slice){"a\0b", 3}, 0, 1);
	needles_build(nd);
	assert_int_equal(found(nd,
			     "die stra\xc3\x9f"
			     "e",
			     0),
	    1);
	assert_int_equal(found(nd, "strasse", 0), 0);
	needles_scan(nd, (struct slice){"xa\0bx", 5}, 0, &set);
	assert_int_equal(set, 2);
	needles_free(&nd);
}

/* Against a search one by one, over texts of few letters, which have many
 * borders. */
static void
it_finds_what_a_plain_search_finds(void **state)
{
	char		needle[40][8], text[64];
	struct needles *nd = needles_new();
	unsigned	i, j, round;
	uint64_t	want;

	(void)state;
	srand(7);
	for (i = 0; i < 40; i++) {
		for (j = 0; j < 1 + (unsigned)rand() % 6; j++)
			needle[i][j] = (char)('a' + rand() % 3);
		needle[i][j] = '\0';
		needles_add(nd, slice_of(needle[i]), 0, i);
	}
	needles_build(nd);
	for (round = 0; round < 500; round++) {
		for (j = 0; j < (unsigned)rand() % 60; j++)
			text[j] = (char)('a' + rand() % 4);
		text[j] = '\0';
		want = 0;
		for (i = 0; i < 40; i++)
			if (strstr(text, needle[i]) != NULL)
				want |= (uint64_t)1 << i;
		assert_int_equal(found(nd, text, 0), want);
	}
	needles_free(&nd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		needles_that_are_parts_of_one_another_are_all_found),
	    cmocka_unit_test(a_search_falls_back_no_further_than_it_must),
	    cmocka_unit_test(a_needle_is_for_its_field_or_for_any),
	    cmocka_unit_test(no_needle_is_found_nowhere),
	    cmocka_unit_test(bytes_beyond_ascii_are_found_and_nuls_too),
	    cmocka_unit_test(it_finds_what_a_plain_search_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
