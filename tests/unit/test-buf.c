#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static int
set_up(void **state)
{
	static struct buf b;

	buf_init(&b);
	*state = &b;
	return 0;
}

static int
tear_down(void **state)
{
	buf_clear(*state);
	return 0;
}

static void
all_ways_to_add_append(void **state)
{
	struct buf *b = *state;

	buf_add(b, "ab", 2);
	buf_addc(b, 'c');
	buf_adds(b, "de");
	buf_addslice(b, SLICE("f"));
	buf_addf(b, "%d%s", 7, "g");
	assert_string_equal(buf_str(b), "abcdef7g");
	assert_int_equal(b->n, 8);
}

static void
an_empty_buffer_is_an_empty_string_not_an_absent_one(void **state)
{
	struct buf *b = *state;

	assert_non_null(buf_slice(b).p);
	assert_int_equal(buf_slice(b).n, 0);
	assert_string_equal(buf_str(b), "");
	buf_add(b, NULL, 0);
	buf_addslice(b, (struct slice){NULL, 0});
	buf_addf(b, "%s", "");
	assert_int_equal(b->n, 0);
}

static void
it_grows_and_keeps_what_it_has(void **state)
{
	struct buf *b = *state;
	size_t	    i;

	for (i = 0; i < 10000; i++)
		buf_addc(b, (char)('a' + i % 26));
	for (i = 0; i < 10000; i++)
		assert_int_equal(b->p[i], 'a' + i % 26);
	memset(buf_reserve(b, 100000), 'x', 100000);
	assert_int_equal(b->n, 10000);
	assert_true(b->cap >= 110000);
}

static void
a_cleared_buffer_can_be_used_again(void **state)
{
	struct buf *b = *state;

	buf_adds(b, "old");
	buf_clear(b);
	assert_null(b->p);
	buf_adds(b, "new");
	assert_string_equal(buf_str(b), "new");
}

static void
integers_are_right_at_both_ends(void **state)
{
	struct buf *b = *state;

	buf_addint(b, 0);
	buf_addc(b, ' ');
	buf_addint(b, -7);
	buf_addc(b, ' ');
	buf_addint(b, INT64_MAX);
	buf_addc(b, ' ');
	buf_addint(b, INT64_MIN);
	assert_string_equal(buf_str(b),
	    "0 -7 9223372036854775807 -9223372036854775808");
}

static void
foreign_text_is_escaped(void **state)
{
	struct buf *b = *state;

	buf_addescaped(b, SLICE("a\n\0\x1b\x7f\"\\b"), 0);
	assert_string_equal(buf_str(b), "a\\x0a\\x00\\x1b\\x7f\\\"\\\\b");
}

static void
utf8_stays_and_what_is_none_is_escaped(void **state)
{
	struct buf *b = *state;

	buf_addescaped(b, SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3"), 0);
	assert_string_equal(buf_str(b), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3");
	buf_clear(b);
	buf_addescaped(b, SLICE("\xff\xc3\xe2\x82"), 0);
	assert_string_equal(buf_str(b), "\\xff\\xc3\\xe2\\x82");
}

static void
c1_controls_are_escaped_byte_by_byte(void **state)
{
	struct buf *b = *state;

	buf_addescaped(b,
	    SLICE("\xc2\x9b"
		  "2J\xc2\xa0"),
	    0);
	assert_string_equal(buf_str(b), "\\xc2\\x9b2J\xc2\xa0");
}

static void
long_text_is_cut_at_a_whole_character(void **state)
{
	struct buf *b = *state;

	buf_addescaped(b, SLICE("aaaaaaaaaaaaaaaaaaaaaaaa"), 10);
	assert_true(b->n <= 13);
	assert_string_equal(buf_str(b) + b->n - 4, "a...");
	buf_clear(b);
	buf_addescaped(b, SLICE("\n\n\n\n"), 10);
	assert_string_equal(buf_str(b), "\\x0a\\x0a...");
	buf_clear(b);
	buf_addescaped(b, SLICE("short"), 10);
	assert_string_equal(buf_str(b), "short");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(all_ways_to_add_append),
	    T(an_empty_buffer_is_an_empty_string_not_an_absent_one),
	    T(it_grows_and_keeps_what_it_has),
	    T(a_cleared_buffer_can_be_used_again),
	    T(integers_are_right_at_both_ends),
	    T(foreign_text_is_escaped),
	    T(utf8_stays_and_what_is_none_is_escaped),
	    T(c1_controls_are_escaped_byte_by_byte),
	    T(long_text_is_cut_at_a_whole_character),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
