#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/slice.h"

static const struct slice absent = {NULL, 0};

static void
one_byte_makes_two_texts_differ(void **state)
{
	char   a[40], b[40];
	size_t n, i;

	(void)state;
	memset(a, 'x', sizeof a);
	memset(b, 'x', sizeof b);
	for (n = 0; n <= sizeof a; n++) {
		assert_true(slice_eq((struct slice){a, n},
		    (struct slice){b, n}));
		for (i = 0; i < n; i++) {
			b[i] ^= 1;
			assert_false(slice_eq((struct slice){a, n},
			    (struct slice){b, n}));
			b[i] ^= 1;
		}
	}
}

static void
absent_and_empty_have_equal_bytes_but_differ(void **state)
{
	(void)state;
	assert_true(slice_eq(absent, SLICE("")));
	assert_null(slice_of(NULL).p);
	assert_non_null(slice_of("").p);
	assert_true(slice_is(absent, ""));
}

static void
bytes_and_lengths_both_count(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE("a\0b"), SLICE("a\0b")));
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_false(slice_eq(SLICE("ab"), SLICE("a")));
	assert_true(slice_is(SLICE("pull"), "pull"));
	assert_false(slice_is(SLICE("pull"), "push"));
}

static void
beginnings_and_ends_are_seen(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("pat_abc"), SLICE("pat_")));
	assert_false(slice_starts(SLICE("pat"), SLICE("pat_")));
	assert_true(slice_starts(absent, absent));
	assert_true(slice_ends(SLICE("a.yaml"), SLICE(".yaml")));
	assert_false(slice_ends(SLICE("yaml"), SLICE(".yaml")));
	assert_true(slice_ends(SLICE("x"), SLICE("")));
}

static void
order_is_by_bytes_the_shorter_first(void **state)
{
	(void)state;
	assert_int_equal(slice_cmp(SLICE("ab"), SLICE("ab")), 0);
	assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
	assert_int_equal(slice_cmp(absent, SLICE("")), 0);
}

static void
an_index_is_the_first_or_the_last(void **state)
{
	(void)state;
	assert_int_equal(slice_index(SLICE("a/b/c"), '/'), 1);
	assert_int_equal(slice_rindex(SLICE("a/b/c"), '/'), 3);
	assert_int_equal(slice_index(SLICE("abc"), '/'), -1);
	assert_int_equal(slice_rindex(absent, '/'), -1);
	assert_int_equal(slice_index(absent, '\0'), -1);
}

static void
blanks_go_at_both_ends_only(void **state)
{
	(void)state;
	assert_true(slice_is(slice_trim(SLICE(" \t a b\r\n")), "a b"));
	assert_int_equal(slice_trim(SLICE(" \n ")).n, 0);
	assert_null(slice_trim(absent).p);
}

static void
cutting_gives_every_part_also_the_empty_last(void **state)
{
	struct slice rest = SLICE("a,,b,"), part;

	(void)state;
	assert_true(slice_cut(&rest, ',', &part));
	assert_true(slice_is(part, "a"));
	assert_true(slice_cut(&rest, ',', &part));
	assert_true(part.p != NULL && part.n == 0);
	assert_true(slice_cut(&rest, ',', &part));
	assert_true(slice_is(part, "b"));
	assert_true(slice_cut(&rest, ',', &part));
	assert_true(part.p != NULL && part.n == 0);
	assert_false(slice_cut(&rest, ',', &part));
}

static void
case_matters_only_outside_ascii(void **state)
{
	(void)state;
	assert_true(slice_caseeq(SLICE("BeArer"), SLICE("bearer")));
	assert_false(slice_caseeq(SLICE("bearer"), SLICE("bearers")));
	assert_false(slice_caseeq(SLICE("\xc3\x84"), SLICE("\xc3\xa4")));
	assert_false(slice_caseeq(SLICE("@"), SLICE("`")));
}

static void
a_part_is_found_whatever_its_case(void **state)
{
	(void)state;
	assert_true(slice_casehas(SLICE("docker/24"), SLICE("Docker")));
	assert_true(slice_casehas(SLICE("a docker"), SLICE("DOCKER")));
	assert_true(slice_casehas(SLICE("dodocker"), SLICE("docker")));
	assert_true(slice_casehas(SLICE("x"), SLICE("")));
	assert_true(slice_casehas(SLICE(""), SLICE("")));
	assert_false(slice_casehas(SLICE("docke"), SLICE("docker")));
	assert_false(slice_casehas(SLICE(""), SLICE("d")));
	assert_false(slice_casehas((struct slice){NULL, 0}, SLICE("d")));
}

static void
an_integer_is_the_whole_slice(void **state)
{
	int64_t v = 42;

	(void)state;
	assert_int_equal(slice_int(SLICE("-17"), -20, 20, &v), 0);
	assert_int_equal(v, -17);
	assert_int_equal(slice_int(SLICE(""), 0, 9, &v), -1);
	assert_int_equal(slice_int(absent, 0, 9, &v), -1);
	assert_int_equal(slice_int(SLICE("-"), -9, 9, &v), -1);
	assert_int_equal(slice_int(SLICE("+1"), 0, 9, &v), -1);
	assert_int_equal(slice_int(SLICE(" 1"), 0, 9, &v), -1);
	assert_int_equal(slice_int(SLICE("1x"), 0, 9, &v), -1);
	assert_int_equal(slice_int(SLICE("0x1"), 0, 9, &v), -1);
	assert_int_equal(v, -17);
}

static void
an_integer_stays_in_its_range(void **state)
{
	int64_t v;

	(void)state;
	assert_int_equal(slice_int(SLICE("65535"), 0, 65535, &v), 0);
	assert_int_equal(slice_int(SLICE("65536"), 0, 65535, &v), -1);
	assert_int_equal(slice_int(SLICE("0"), 1, 9, &v), -1);
	assert_int_equal(slice_int(SLICE("9223372036854775807"), INT64_MIN,
			     INT64_MAX, &v),
	    0);
	assert_true(v == INT64_MAX);
	assert_int_equal(slice_int(SLICE("9223372036854775808"), INT64_MIN,
			     INT64_MAX, &v),
	    -1);
	assert_int_equal(slice_int(SLICE("-9223372036854775808"), INT64_MIN,
			     INT64_MAX, &v),
	    0);
	assert_true(v == INT64_MIN);
	assert_int_equal(slice_int(SLICE("-9223372036854775809"), INT64_MIN,
			     INT64_MAX, &v),
	    -1);
}

static void
a_copy_is_a_c_string(void **state)
{
	char *s = slice_dup((struct slice){"repository", 4});

	(void)state;
	assert_string_equal(s, "repo");
	free(s);
	s = slice_dup((struct slice){"a\0bc", 4});
	assert_memory_equal(s, "a\0bc", 5);
	free(s);
	assert_null(slice_dup(absent));
}

static void
well_formed_utf8_passes(void **state)
{
	(void)state;
	assert_true(slice_is_utf8(absent));
	assert_true(slice_is_utf8(SLICE("a\0\x7f")));
	assert_true(slice_is_utf8(SLICE("\xc2\x80\xdf\xbf")));
	assert_true(slice_is_utf8(SLICE("\xe0\xa0\x80\xed\x9f\xbf")));
	assert_true(slice_is_utf8(SLICE("\xee\x80\x80\xef\xbf\xbf")));
	assert_true(slice_is_utf8(SLICE("\xf0\x90\x80\x80")));
	assert_true(slice_is_utf8(SLICE("\xf4\x8f\xbf\xbf")));
}

static void
ill_formed_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
	    "\x80",
	    "\xbf",
	    "\xc0\x80",
	    "\xc1\xbf",
	    "\xc2",
	    "\xc2"
	    "A",
	    "\xe0\x9f\xbf",
	    "\xed\xa0\x80",
	    "\xe1\x80",
	    "\xe1\x80"
	    "A",
	    "\xf0\x8f\xbf\xbf",
	    "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80",
	    "\xf1\x80\x80",
	    "\xf1\x80\x80\xc0",
	    "\xff",
	    "a\xfe",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(slice_is_utf8(slice_of(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_byte_makes_two_texts_differ),
	    cmocka_unit_test(absent_and_empty_have_equal_bytes_but_differ),
	    cmocka_unit_test(bytes_and_lengths_both_count),
	    cmocka_unit_test(beginnings_and_ends_are_seen),
	    cmocka_unit_test(order_is_by_bytes_the_shorter_first),
	    cmocka_unit_test(an_index_is_the_first_or_the_last),
	    cmocka_unit_test(blanks_go_at_both_ends_only),
	    cmocka_unit_test(cutting_gives_every_part_also_the_empty_last),
	    cmocka_unit_test(case_matters_only_outside_ascii),
	    cmocka_unit_test(a_part_is_found_whatever_its_case),
	    cmocka_unit_test(an_integer_is_the_whole_slice),
	    cmocka_unit_test(an_integer_stays_in_its_range),
	    cmocka_unit_test(a_copy_is_a_c_string),
	    cmocka_unit_test(well_formed_utf8_passes),
	    cmocka_unit_test(ill_formed_utf8_is_refused),
	};

	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}
