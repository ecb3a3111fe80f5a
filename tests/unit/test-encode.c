#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule/encode.h"
#include "rule/value.h"

static struct arena arena;

static const char *const	     fruits[] = {"pear", "a*ple", "100%x%"};
static const struct rule_placeholder known[] = {
    {"fruit", fruits, 3},
    {"two words", fruits, 1},
    {"none", NULL, 0},
};

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

static struct text_list
encode(enum encode_step step, const char *sigma)
{
	struct text_list    texts = encode_begin(&arena, slice_of(sigma));
	struct placeholders ph = {known, 3, 0};
	struct error	    err;

	assert_int_equal(encode_step(&arena, step, &ph, &texts, &err), 0);
	return texts;
}

static void
assert_fault(enum encode_step step, const char *sigma, const char *why)
{
	struct text_list    texts = encode_begin(&arena, slice_of(sigma));
	struct placeholders ph = {known, 3, 0};
	struct error	    err;

	assert_int_equal(encode_step(&arena, step, &ph, &texts, &err), -1);
	assert_string_equal(err.text, why);
}

#define assert_text(list_, i, literal)                                      \
	do {                                                                \
		assert_true((list_).n > (i));                               \
		assert_int_equal((list_).list[i].s.n, sizeof(literal) - 1); \
		assert_memory_equal((list_).list[i].s.p, literal,           \
		    sizeof(literal) - 1);                                   \
	} while (0)

/* ---- windash ---- */

static void
a_dash_becomes_each_of_five(void **state)
{
	struct text_list t = encode(ENCODE_WINDASH, " -x");

	(void)state;
	assert_int_equal(t.n, 5);
	assert_text(t, 0, " -x");
	assert_text(t, 1, " /x");
	assert_text(t, 2, " \u2013x");
	assert_text(t, 3, " \u2014x");
	assert_text(t, 4, " \u2015x");
	assert_text(encode(ENCODE_WINDASH, "/x"), 0, "-x");
}

static void
several_dashes_become_all_combinations(void **state)
{
	struct text_list t = encode(ENCODE_WINDASH, "-a /b");

	(void)state;
	assert_int_equal(t.n, 25);
	assert_text(t, 0, "-a -b");
	assert_text(t, 1, "-a /b");
	assert_text(t, 24, "\u2015a \u2015b");
}

static void
only_a_dash_that_begins_a_word_is_one(void **state)
{
	static const char *const none[] = {"a-b", "a-", "-", "- a", "a_/b",
	    "--", "", "\u2013a", "-*", "-\\*", "\u00e4-b", "a-\u2013",
	    "- \u00e4"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(encode(ENCODE_WINDASH, none[i]).n, 1);
	assert_int_equal(encode(ENCODE_WINDASH, "--a").n, 5);
	assert_int_equal(encode(ENCODE_WINDASH, "*-a").n, 5);
	assert_int_equal(encode(ENCODE_WINDASH, "-_").n, 5);
	assert_int_equal(encode(ENCODE_WINDASH, "-\u00e4").n, 5);
	assert_int_equal(encode(ENCODE_WINDASH, "\u2013-a").n, 5);
}

static void
too_many_combinations_are_refused(void **state)
{
	(void)state;
	assert_int_equal(encode(ENCODE_WINDASH, "-a -b -c -d -e -f -g").n,
	    78125);
	assert_fault(ENCODE_WINDASH, "-a -b -c -d -e -f -g -h",
	    "this stands for more than 100000 values, or 16 MB of them");
	assert_fault(ENCODE_WINDASH,
	    " -a -b -c -d -e -f -g -h -i -j -k -l -m"
	    " -n -o -p -q",
	    "more than 16 dashes in one value");
}

/* At the limit and one past it, in five forms with dashes of 11 bytes. */
static void
too_much_text_is_refused(void **state)
{
	size_t n = (16 * 1024 * 1024 - 11) / 5 + 1;
	char  *s = malloc(n + 2);

	(void)state;
	memset(s, 'a', n + 1);
	s[0] = '-';
	s[n + 1] = '\0';
	assert_fault(ENCODE_WINDASH, s,
	    "this stands for more than 100000 values, or 16 MB of them");
	s[n] = '\0';
	assert_int_equal(encode(ENCODE_WINDASH, s).n, 5);
	free(s);
}

/* ---- expand ---- */

static void
a_placeholder_becomes_each_value(void **state)
{
	struct text_list t = encode(ENCODE_EXPAND, "x%fruit%y");

	(void)state;
	assert_int_equal(t.n, 3);
	assert_text(t, 0, "xpeary");
	assert_text(t, 1, "xa\xFFpley");
	assert_text(t, 2, "x100%x%y");
	assert_false(t.list[0].wild);
	assert_true(t.list[1].wild);
	assert_int_equal(encode(ENCODE_EXPAND, "%fruit%%fruit%").n, 9);
	assert_text(encode(ENCODE_EXPAND, "%two words%"), 0, "pear");
}

static void
what_is_no_placeholder_stays(void **state)
{
	(void)state;
	assert_text(encode(ENCODE_EXPAND, "100%"), 0, "100%");
	assert_text(encode(ENCODE_EXPAND, "a%%b"), 0, "a%%b");
	assert_text(encode(ENCODE_EXPAND, "%a*b%"), 0,
	    "%a\xFF"
	    "b%");
	assert_text(encode(ENCODE_EXPAND, "\\%fruit\\%"), 0, "%fruit%");
	assert_text(encode(ENCODE_EXPAND, "\\%%two words%"), 0, "%pear");
}

static void
a_placeholder_without_values_is_refused(void **state) /* S15 */
{
	(void)state;
	assert_fault(ENCODE_EXPAND, "a%froot%",
	    "no values are configured for "
	    "the placeholder '%froot%'");
	assert_fault(ENCODE_EXPAND, "%none%",
	    "no values are configured for "
	    "the placeholder '%none%'");
}

static void
a_value_has_16_placeholders_at_the_most(void **state)
{
#define FOUR "%two words%%two words%%two words%%two words%"

	(void)state;
	assert_int_equal(encode(ENCODE_EXPAND, FOUR FOUR FOUR FOUR).n, 1);
	assert_fault(ENCODE_EXPAND, FOUR FOUR FOUR FOUR "%fruit%",
	    "more than 16 placeholders in one value");
}

static void
values_that_were_used_are_hashed(void **state)
{
	struct placeholders ph = {known, 3, 0}, other = {known, 3, 0};
	struct text_list    t = encode_begin(&arena, SLICE("%fruit%"));

	(void)state;
	assert_int_equal(encode_step(&arena, ENCODE_EXPAND, &ph, &t, NULL), 0);
	t = encode_begin(&arena, SLICE("%two words%"));
	assert_int_equal(encode_step(&arena, ENCODE_EXPAND, &other, &t, NULL),
	    0);
	assert_true(ph.used != 0 && other.used != 0);
	assert_true(ph.used != other.used);
}

static void
assert_kept(const char *sigma, const char *name)
{
	struct text_list t = encode_begin(&arena, slice_of(sigma));
	struct slice	 kept = encode_kept(&t.list[0]);

	if (name == NULL)
		assert_null(kept.p);
	else
		assert_true(slice_is(kept, name));
}

static void
a_backslash_keeps_what_looks_like_a_placeholder(void **state)
{
	(void)state;
	assert_kept("\\\\%Servers%\\c$", "%Servers%");
	assert_kept("a\\%two words%b", "%two words%");
	assert_kept("%fruit%\\%fruit%", "%fruit%");
	assert_kept("50\\%", NULL);
	assert_kept("\\%fruit\\%", NULL);
	assert_kept("\\%%", NULL);
	assert_kept("\\%a*b%", NULL);
	assert_kept("%fruit%", NULL);
}

/* ---- base64 ---- */

static void
base64_is_of_the_value_without_its_escapes(void **state) /* S13 */
{
	(void)state;
	assert_text(encode(ENCODE_BASE64, "foobar"), 0, "Zm9vYmFy");
	assert_text(encode(ENCODE_BASE64, "a"), 0, "YQ==");
	assert_text(encode(ENCODE_BASE64, ""), 0, "");
	assert_text(encode(ENCODE_BASE64, "\\*"), 0, "Kg==");
	assert_text(encode(ENCODE_BASE64, "\u00e9"), 0, "w6k=");
	assert_fault(ENCODE_BASE64, "a*", "'base64' cannot encode a wildcard");
}

static void
base64offset_keeps_what_the_value_decides(void **state) /* S13 */
{
	struct text_list t = encode(ENCODE_BASE64OFFSET, "foobar");

	(void)state;
	assert_int_equal(t.n, 3);
	assert_text(t, 0, "Zm9vYmFy");
	assert_text(t, 1, "Zvb2Jhc");
	assert_text(t, 2, "mb29iYX");
	t = encode(ENCODE_BASE64OFFSET, "\u00e9");
	assert_text(t, 0, "w6");
	assert_text(t, 1, "Op");
	assert_text(t, 2, "Dq");
}

/* What one byte alone decides at the second place is nothing. */
static void
base64offset_needs_two_bytes(void **state)
{
	(void)state;
	assert_int_equal(encode(ENCODE_BASE64OFFSET, "ab").n, 3);
	assert_fault(ENCODE_BASE64OFFSET, "a",
	    "'base64offset' needs two bytes at least");
	assert_fault(ENCODE_BASE64OFFSET, "",
	    "'base64offset' needs two bytes at least");
	assert_fault(ENCODE_BASE64OFFSET, "ab?",
	    "'base64offset' cannot encode a wildcard");
}

/* ---- UTF-16 ---- */

static void
utf16_has_two_bytes_a_unit(void **state)
{
	(void)state;
	assert_text(encode(ENCODE_UTF16LE, "ab"), 0, "a\0b\0");
	assert_text(encode(ENCODE_UTF16BE, "ab"), 0, "\0a\0b");
	assert_text(encode(ENCODE_UTF16, "ab"), 0,
	    "\xFF\xFE"
	    "a\0b\0");
	assert_text(encode(ENCODE_UTF16LE, "\u20ac"), 0, "\xAC\x20");
	assert_text(encode(ENCODE_UTF16BE, "\U0001F600"), 0,
	    "\xD8\x3D\xDE\x00");
}

static void
utf16_keeps_wildcards(void **state)
{
	struct text_list t = encode(ENCODE_UTF16LE, "a*b?");

	(void)state;
	assert_text(t, 0,
	    "a\0\xFF"
	    "b\0\xFE");
	assert_true(t.list[0].wild);
	assert_true(encode_is_text(&t.list[0]));
	/* Between them the bytes may or may not be UTF-8. */
	t = encode(ENCODE_UTF16BE, "*\u0130");
	assert_text(t, 0, "\xFF\x01\x30");
	assert_true(encode_is_text(&t.list[0]));
	t = encode(ENCODE_UTF16LE, "\u0345?C");
	assert_true(encode_is_text(&t.list[0]));
	t = encode(ENCODE_UTF16LE, "a*\u00e9");
	assert_false(encode_is_text(&t.list[0]));
	/* Nor is a byte a wildcard that only looks like its mark. */
	t = encode(ENCODE_UTF16LE, "*\u01ff");
	assert_false(encode_is_text(&t.list[0]));
	t = encode(ENCODE_UTF16, "a*");
	assert_false(encode_is_text(&t.list[0]));
}

static void
utf16_is_seldom_text(void **state)
{
	struct text_list t = encode(ENCODE_UTF16LE, "ab");

	(void)state;
	assert_true(encode_is_text(&t.list[0]));
	t = encode(ENCODE_UTF16, "ab");
	assert_false(encode_is_text(&t.list[0]));
	t = encode(ENCODE_UTF16LE, "\u00e9");
	assert_false(encode_is_text(&t.list[0]));
}

static void
steps_follow_one_another(void **state)
{
	struct text_list    t = encode(ENCODE_UTF16LE, "foobar");
	struct placeholders ph = {known, 3, 0};

	(void)state;
	assert_int_equal(encode_step(&arena, ENCODE_BASE64OFFSET, &ph, &t,
			     NULL),
	    0);
	assert_int_equal(t.n, 3);
	assert_text(t, 0, "ZgBvAG8AYgBhAHIA");
	assert_text(t, 1, "YAbwBvAGIAYQByA");
	assert_text(t, 2, "mAG8AbwBiAGEAcg");
	assert_true(encode_is_text(&t.list[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_dash_becomes_each_of_five),
	    cmocka_unit_test(several_dashes_become_all_combinations),
	    cmocka_unit_test(only_a_dash_that_begins_a_word_is_one),
	    cmocka_unit_test(too_many_combinations_are_refused),
	    cmocka_unit_test(too_much_text_is_refused),
	    cmocka_unit_test(a_value_has_16_placeholders_at_the_most),
	    cmocka_unit_test(a_placeholder_becomes_each_value),
	    cmocka_unit_test(what_is_no_placeholder_stays),
	    cmocka_unit_test(a_placeholder_without_values_is_refused),
	    cmocka_unit_test(values_that_were_used_are_hashed),
	    cmocka_unit_test(a_backslash_keeps_what_looks_like_a_placeholder),
	    cmocka_unit_test(base64_is_of_the_value_without_its_escapes),
	    cmocka_unit_test(base64offset_keeps_what_the_value_decides),
	    cmocka_unit_test(base64offset_needs_two_bytes),
	    cmocka_unit_test(utf16_has_two_bytes_a_unit),
	    cmocka_unit_test(utf16_keeps_wildcards),
	    cmocka_unit_test(utf16_is_seldom_text),
	    cmocka_unit_test(steps_follow_one_another),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
