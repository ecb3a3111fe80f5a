#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule/dialect.h"
#include "rule/regex.h"

static bool
search(const char *re, unsigned flags, const char *text)
{
	char	      why[100] = "";
	struct regex *r = regex_new(re, strlen(re), flags, why, sizeof(why));
	bool	      found;

	if (r == NULL)
		fail_msg("%s: %s", re, why);
	found = regex_search(r, text, strlen(text));
	regex_free(&r);
	assert_null(r);
	return found;
}

static void
assert_translates(const char *re, unsigned flags, const char *to)
{
	struct buf b;

	buf_init(&b);
	dialect_translate(slice_of(re), flags, &b);
	assert_string_equal(buf_str(&b), to);
	buf_clear(&b);
}

static void
it_searches_anywhere_and_case_counts(void **state)
{
	(void)state;
	assert_true(search("b+c", 0, "abbcd"));
	assert_false(search("B+c", 0, "abbcd"));
	assert_false(search("^b", 0, "abbcd"));
	assert_true(search("", 0, ""));
}

static void
the_flag_i_is_ascii(void **state)
{
	(void)state;
	assert_true(search("Kel[v-x]in", REGEX_I, "kELVIN"));
	assert_true(search("[^a-c]", REGEX_I, "D"));
	assert_false(search("[^a-c]", REGEX_I, "ABC"));
	assert_true(search("[A-C]", REGEX_I, "b"));
	assert_true(search("\\x41", REGEX_I, "a"));
	assert_true(search("\\Qa.B\\E", REGEX_I, "A.b"));
	assert_false(search("\\Qa.B\\E", REGEX_I, "Axb"));
	/* Neither the Kelvin sign nor a capital umlaut. */
	assert_false(search("k", REGEX_I, "\u212A"));
	assert_false(search("\u00E4", REGEX_I, "\u00C4"));
	assert_true(search("\u00E4", REGEX_I, "\u00E4"));
}

static void
flags_in_the_text_hold_to_the_end_of_their_group(void **state)
{
	(void)state;
	assert_true(search("(?i)abc", 0, "ABC"));
	assert_true(search("a(?i:b)c", 0, "aBc"));
	assert_false(search("a(?i:b)c", 0, "aBC"));
	assert_true(search("(a(?i)b)c", 0, "aBc"));
	assert_false(search("(a(?i)b)c", 0, "aBC"));
	assert_true(search("(?-i)a", REGEX_I, "a"));
	assert_false(search("(?-i)a", REGEX_I, "A"));
	assert_true(search("(?is)a.b", 0, "A\nB"));
	assert_true(search("(?i-s)a.b", 0, "AxB"));
	assert_false(search("(?i)k", 0, "\u212A"));
	assert_true(search("(?P<Name>x)", REGEX_I, "X"));
}

static void
classes_of_perl_are_ascii(void **state)
{
	(void)state;
	assert_true(search("^\\d\\w\\s$", 0, "1a "));
	assert_false(search("\\w", 0, "\u00E4"));
	assert_false(search("\\d", 0, "\u0663"));
	assert_true(search("\\s", 0, "\v"));
	assert_true(search("[\\s]", 0, "\v"));
	assert_false(search("\\S", 0, "\v"));
	assert_false(search("\\s", 0, "\u00A0"));
	assert_true(search("a\\b", 0, "a\u00E4"));
}

static void
a_dollar_is_also_before_a_final_newline(void **state)
{
	(void)state;
	assert_true(search("a$", 0, "a"));
	assert_true(search("a$", 0, "a\n"));
	assert_false(search("a$", 0, "a\n\n"));
	assert_false(search("a$", 0, "a\nb"));
	assert_true(search("a$", REGEX_M, "a\nb"));
	assert_true(search("^b", REGEX_M, "a\nb"));
	assert_true(search("(?m)a$", 0, "a\nb"));
	assert_true(search("\\$", 0, "$"));
	assert_true(search("[$]", 0, "$"));
}

static void
a_dot_crosses_lines_only_with_s(void **state)
{
	(void)state;
	assert_false(search("a.b", 0, "a\nb"));
	assert_true(search("a.b", REGEX_S, "a\nb"));
	assert_true(search("^a.b$", REGEX_S | REGEX_M, "x\na\nb\ny"));
	assert_true(search("^.$", 0, "\u00E4"));
}

static void
what_has_no_case_is_left_alone(void **state)
{
	(void)state;
	assert_translates("a{2,3}\\p{Greek}\\pL\\d", REGEX_I,
	    "[aA]{2,3}\\p{Greek}\\pL\\d");
	assert_translates("[]a][[:alpha:]x]", REGEX_I, "[]aA][[:alpha:]xX]");
	assert_translates("[a\\-z][a-]", REGEX_I, "[aA\\-zZ][aA-]");
	assert_translates("[Y-b]", REGEX_I, "[Y-bA-By-z]");
	assert_translates("(?:a)(?P<b>c)", 0, "(?:a)(?P<b>c)");
	assert_translates("a", REGEX_M | REGEX_S, "(?ms)a");
}

static void
what_re2_cannot_do_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {"(", "[a", "(?=a)", "(a)\\1", "*a",
	    "a\\", "(?i", "[", "\\Q", "\\x{", "[[:alpha", "(?P<", "x{9999}"};
	struct regex		*r;
	char			 why[100];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		r = regex_new(bad[i], strlen(bad[i]), REGEX_I, why,
		    sizeof(why));
		if (r != NULL && strcmp(bad[i], "\\Q") != 0)
			fail_msg("%s compiles", bad[i]);
		if (r == NULL)
			assert_true(strlen(why) > 0);
		regex_free(&r);
	}
}

static void
counted_repeats_compile(void **state)
{
	char text[301];

	(void)state;
	memset(text, 'x', 300);
	text[300] = '\0';
	assert_true(search("(.){200,}", 0, text));
	text[199] = '\0';
	assert_false(search("(.){200,}", 0, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_searches_anywhere_and_case_counts),
	    cmocka_unit_test(the_flag_i_is_ascii),
	    cmocka_unit_test(flags_in_the_text_hold_to_the_end_of_their_group),
	    cmocka_unit_test(classes_of_perl_are_ascii),
	    cmocka_unit_test(a_dollar_is_also_before_a_final_newline),
	    cmocka_unit_test(a_dot_crosses_lines_only_with_s),
	    cmocka_unit_test(what_has_no_case_is_left_alone),
	    cmocka_unit_test(what_re2_cannot_do_is_refused_with_a_reason),
	    cmocka_unit_test(counted_repeats_compile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
