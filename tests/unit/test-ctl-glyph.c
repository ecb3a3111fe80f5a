/* patrolctl/glyph: what strangers write cannot move a terminal's cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "patrolctl/glyph.h"

static void
escapes_to(struct slice in, const char *want)
{
	struct buf b;

	buf_init(&b);
	glyph_escape(&b, in);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
plain_text_stays_as_it_is(void **state)
{
	(void)state;
	escapes_to(SLICE("laptop \"a\\b\" f\xc3\xbcr \xe6\x97\xa5"),
	    "laptop \"a\\b\" f\xc3\xbcr \xe6\x97\xa5");
	escapes_to(SLICE(""), "");
	escapes_to((struct slice){NULL, 0}, "");
}

static void
control_characters_are_written_out(void **state)
{
	(void)state;
	escapes_to(SLICE("a\033[31mb\r\n\0c\x7f"),
	    "a\\x1b[31mb\\x0d\\x0a\\x00c\\x7f");
	/* C1: U+009B is a terminal's other way to begin a sequence. */
	escapes_to(SLICE("\xc2\x9b"
			 "31m"),
	    "\\u{9b}31m");
}

static void
characters_that_turn_or_hide_text_are_written_out(void **state)
{
	(void)state;
	escapes_to(SLICE("\xe2\x80\xae"
			 "evil"),
	    "\\u{202e}evil");
	escapes_to(SLICE("a\xe2\x80\x8b"
			 "b"),
	    "a\\u{200b}b");
	escapes_to(SLICE("\xef\xbb\xbf"), "\\u{feff}");
	escapes_to(SLICE("\xf3\xa0\x80\x81"), "\\u{e0001}");
	/* Their neighbours are harmless. */
	escapes_to(SLICE("\xe2\x80\x90"), "\xe2\x80\x90");
	escapes_to(SLICE("\xe2\x80\xaf"), "\xe2\x80\xaf");
}

static void
bytes_that_are_not_utf8_are_written_out(void **state)
{
	(void)state;
	escapes_to(SLICE("\xff"), "\\xff");
	escapes_to(SLICE("\xc3"), "\\xc3");
	escapes_to(SLICE("\xe6\x97"), "\\xe6\\x97");
	/* Longer than needed, a surrogate, past the last. */
	escapes_to(SLICE("\xc0\xaf"), "\\xc0\\xaf");
	escapes_to(SLICE("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
	escapes_to(SLICE("\xed\xa0\x80"), "\\xed\\xa0\\x80");
	escapes_to(SLICE("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

static void
wide_and_combining_characters_have_their_width(void **state)
{
	(void)state;
	assert_int_equal(glyph_width(SLICE("abc")), 3);
	assert_int_equal(glyph_width(SLICE("f\xc3\xbcr")), 3);
	assert_int_equal(glyph_width(SLICE("\xe6\x97\xa5\xe6\x9c\xac")), 4);
	assert_int_equal(glyph_width(SLICE("e\xcc\x81")), 1);
}

static void
cuts_to(const char *in, size_t width, const char *want, size_t took)
{
	struct buf b;

	buf_init(&b);
	assert_int_equal(glyph_cut(&b, slice_of(in), width), took);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
what_fits_is_not_cut(void **state)
{
	(void)state;
	cuts_to("abcd", 4, "abcd", 4);
	cuts_to("abcd", 3, "ab\xe2\x80\xa6", 3);
	cuts_to("abcd", 1, "\xe2\x80\xa6", 1);
}

static void
a_wide_character_is_not_cut_in_half(void **state)
{
	(void)state;
	cuts_to("\xe6\x97\xa5\xe6\x9c\xac", 4, "\xe6\x97\xa5\xe6\x9c\xac", 4);
	cuts_to("\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x97\xa5\xe2\x80\xa6", 3);
	cuts_to("\xe6\x97\xa5\xe6\x9c\xac", 2, "\xe2\x80\xa6", 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
					       plain_text_stays_as_it_is),
	    cmocka_unit_test(control_characters_are_written_out),
	    cmocka_unit_test(characters_that_turn_or_hide_text_are_written_out),
	    cmocka_unit_test(bytes_that_are_not_utf8_are_written_out),
	    cmocka_unit_test(wide_and_combining_characters_have_their_width),
	    cmocka_unit_test(what_fits_is_not_cut),
	    cmocka_unit_test(a_wide_character_is_not_cut_in_half)};

	glyph_init();
	return cmocka_run_group_tests_name("patrolctl/glyph", tests, NULL,
	    NULL);
}
