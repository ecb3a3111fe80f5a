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
	assert_int_equal(dialect_translate(slice_of(re), flags, &b), 0);
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
	assert_false(search("[s]", REGEX_I, "\u017F"));
	assert_false(search("[j-l]", REGEX_I, "\u212A"));
	assert_false(search("\u00E4", REGEX_I, "\u00C4"));
	assert_true(search("\u00E4", REGEX_I, "\u00E4"));
}

/* RE2 folds a letter that is alone in an alternative by Unicode. */
static void
alternatives_are_ascii_too(void **state)
{
	static const char *const all[] = {"K|L", "(-|K)", "[kK]|L", "[k]|l",
	    "aK|aL", "\\x4b|L", "(?:[jk]|K)", "\\Qk\\E|L", "[\\x{4b}]|l"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_true(search(all[i], REGEX_I, "aK"));
		assert_false(search(all[i], REGEX_I, "a\u212A"));
	}
	assert_false(search("[kK]|L", 0, "\u212A"));
	assert_true(search("l|[lL]", 0, "L"));
	assert_true(search("x(l|(?i)l)", 0, "xL"));
	assert_false(search("(?i)S|T", 0, "\u017F"));
	assert_false(search("(?i:S)|T", 0, "\u017F"));
	assert_true(search("S|T", REGEX_I, "s"));
	assert_true(search("\u212A|L", REGEX_I, "\u212A"));
	assert_false(search("\u212A|L", REGEX_I, "k"));
}

static void
a_letter_in_any_spelling_has_two_cases(void **state)
{
	static const char *const all[] = {"\\x4b", "\\x{4B}", "\\113",
	    "[\\x4b]", "[\\x{04b}]", "[\\113]", "[\\x41-\\x5A]", "[A-\\x{5a}]",
	    "[\\x{5a}\\113]", "[[:upper:]]", "[[:lower:]]"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_true(search(all[i], REGEX_I, "k"));
		assert_true(search(all[i], REGEX_I, "K"));
		assert_false(search(all[i], REGEX_I, "\u212A"));
	}
	assert_false(search("\\113", 0, "k"));
	assert_false(search("[[:upper:]]", 0, "k"));
	assert_true(search("[\\]\\-a]", REGEX_I, "]"));
	assert_true(search("[+--]", REGEX_I, ","));
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
behind_a_dollar_comes_nothing(void **state)
{
	static const char *const good[] = {"a$", "(a$)", "a$|b", "(a|b$)",
	    "((a$)|(b$))$", "(a$)?", "(?:a$|b)+", "(?:a$)*$", "(?m)a$b",
	    "a\\$b", "[$]b", "(?i)(a$)"};
	static const char *const bad[] = {"a$b", "a$.", "(a$)b", "(a$|b)c",
	    "(a$|(b))[c]", "a$(b)", "a$\\n", "a$\\z", "a$^", "(a$){2}", "a$?b",
	    "(?m:a$)a$b", "x(a$|b)*c", "(a(b|(c$)))d"};
	struct regex		*r;
	char			 why[200];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = regex_new(good[i], strlen(good[i]), 0, why, sizeof(why));
		if (r == NULL)
			fail_msg("%s: %s", good[i], why);
		regex_free(&r);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = regex_new(bad[i], strlen(bad[i]), 0, why, sizeof(why));
		if (r != NULL)
			fail_msg("%s compiles", bad[i]);
	}
	assert_null(regex_new("b$.", 3, 0, why, sizeof(why)));
	assert_string_equal(why,
	    "a '$' must end its branch, and behind that at byte 2 comes "
	    "more; '\\$' is a dollar sign");
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

/* ---- expressions at random, against their meaning ---- */

#define LETTERS 10
static const char *const letters[LETTERS] = {"k", "K", "\u212A", "s", "S",
    "\u017F", "l", "L", "\n", "-"};
/* The same letter to `i`. */
static const int fellow[LETTERS] = {1, 0, 2, 4, 3, 5, 7, 6, 8, 9};

enum { CHAR, CLASS, CAT, ALT, STAR, OPT, END };

struct expression {
	int		   kind;
	unsigned	   set; /* of letters: char, class */
	bool		   fold;
	struct expression *a, *b;
};

static struct expression pool[200];
static size_t		 npool;

static struct expression *
expression_random(unsigned depth, bool fold)
{
	struct expression *e = &pool[npool++];
	int		   kind = rand() % (depth == 0 ? 5 : 12);

	*e = (struct expression){.fold = fold};
	e->kind = kind < 3 ? CHAR :
	    kind < 4	   ? CLASS :
	    kind < 5	   ? END :
	    kind < 8	   ? CAT :
	    kind < 10	   ? ALT :
	    kind < 11	   ? STAR :
			     OPT;
	if (e->kind == CHAR)
		e->set = 1U << rand() % LETTERS;
	else if (e->kind == CLASS)
		e->set = (1U << rand() % LETTERS) | (1U << rand() % LETTERS);
	else if (e->kind != END)
		e->a = expression_random(depth - 1, fold || rand() % 8 == 0);
	if (e->kind == CAT || e->kind == ALT)
		e->b = expression_random(depth - 1, e->a->fold);
	return e;
}

static void
expression_print(const struct expression *e, bool fold, struct buf *b)
{
	int i;

	if (e->kind == CAT || e->kind == ALT || e->a != NULL)
		buf_adds(b, e->a->fold && !fold ? "(?i:" : "(?:");
	if (e->kind == END)
		buf_addc(b, '$');
	if (e->kind == CLASS)
		buf_addc(b, '[');
	for (i = 0; i < LETTERS; i++)
		if (e->set >> i & 1)
			buf_adds(b, letters[i]);
	if (e->kind == CLASS)
		buf_addc(b, ']');
	if (e->a == NULL)
		return;
	expression_print(e->a, e->a->fold, b);
	if (e->kind == ALT)
		buf_addc(b, '|');
	if (e->b != NULL)
		expression_print(e->b, e->a->fold, b);
	buf_adds(b, e->kind == STAR ? ")*" : e->kind == OPT ? ")?" : ")");
}

/* Of `at`, a set of places in the text, where it can have come to. */
static unsigned
expression_ends(const struct expression *e, const int *text, int n, unsigned at)
{
	unsigned out = 0, more;
	int	 i;

	switch (e->kind) {
	case CHAR:
	case CLASS:
		for (i = 0; i < n; i++)
			if ((at >> i & 1) != 0 &&
			    ((e->set >> text[i] & 1) != 0 ||
				(e->fold &&
				    (e->set >> fellow[text[i]] & 1) != 0)))
				out |= 2U << i;
		return out;
	case END:
		out = 1U << n;
		if (n > 0 && *letters[text[n - 1]] == '\n')
			out |= 1U << (n - 1);
		return at & out;
	case CAT:
		return expression_ends(e->b, text, n,
		    expression_ends(e->a, text, n, at));
	case ALT:
		return expression_ends(e->a, text, n, at) |
		    expression_ends(e->b, text, n, at);
	case OPT:
		return at | expression_ends(e->a, text, n, at);
	}
	for (out = at;; out |= more) {
		more = expression_ends(e->a, text, n, out);
		if ((more & ~out) == 0)
			return out;
	}
}

static void
at_random_they_mean_what_they_say(void **state)
{
	struct expression *e;
	struct regex	  *re;
	struct buf	   b, subject;
	char		   why[200];
	unsigned	   round, k, compiled = 0;
	int		   text[6], n, i;
	bool		   fold;

	(void)state;
	srand(1);
	buf_init(&b);
	buf_init(&subject);
	for (round = 0; round < 4000; round++) {
		npool = 0;
		fold = rand() % 2;
		e = expression_random(4, fold);
		b.n = 0;
		expression_print(e, fold, &b);
		re = regex_new(b.p, b.n, fold ? REGEX_I : 0, why, sizeof(why));
		for (k = 0; k < 30 && re != NULL; k++) {
			n = rand() % 6;
			subject.n = 0;
			buf_reserve(&subject, 1);
			for (i = 0; i < n; i++) {
				text[i] = rand() % LETTERS;
				buf_adds(&subject, letters[text[i]]);
			}
			if (regex_search(re, subject.p, subject.n) !=
			    (expression_ends(e, text, n, (2U << n) - 1) != 0))
				fail_msg("%s %d on '%s'", buf_str(&b), fold,
				    buf_str(&subject));
		}
		compiled += re != NULL;
		regex_free(&re);
	}
	assert_true(compiled > 2000); /* the others have more behind a $ */
	buf_clear(&b);
	buf_clear(&subject);
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

/* An engine that tries again would not come back from these. */
static void
what_could_be_tried_in_many_ways_is_decided(void **state)
{
	char text[8193];

	(void)state;
	memset(text, 'a', 8192);
	text[8192] = '\0';
	assert_true(search("(a|a)*$", 0, text));
	assert_true(search("^(a|a)*$", 0, text));
	assert_true(search("(.){200,}", 0, text));
	text[8191] = 'b';
	assert_false(search("^(a|a)*$", 0, text));
	assert_false(search("^(a+)+$", 0, text));
	assert_false(search("^(.){200,}c", 0, text));
}

/* ---- atoms ---- */

static void
write_atom(struct slice atom, void *arg)
{
	buf_addslice(arg, atom);
	buf_addc(arg, ' ');
}

/* Each with a blank behind it; they have no order. */
static void
assert_atoms(const char *re, unsigned flags, const char *want)
{
	char	      why[100] = "";
	struct regex *r = regex_new(re, strlen(re), flags, why, sizeof(why));
	struct slice  rest = slice_of(want), atom;
	struct buf    b;
	size_t	      n = 0;

	if (r == NULL)
		fail_msg("%s: %s", re, why);
	buf_init(&b);
	while (slice_cut(&rest, ' ', &atom))
		n += atom.n > 0;
	assert_int_equal(regex_atoms(r, write_atom, &b), n);
	assert_int_equal(b.n, strlen(want));
	rest = slice_of(want);
	while (slice_cut(&rest, ' ', &atom))
		if (atom.n > 0)
			assert_non_null(memmem(b.p, b.n, atom.p, atom.n + 1));
	buf_clear(&b);
	regex_free(&r);
}

static void
what_it_finds_has_one_of_its_atoms(void **state)
{
	(void)state;
	assert_atoms("release-17-[0-9]+", 0, "release-17- ");
	assert_atoms("^Admin$", 0, "admin ");
	assert_atoms("admin", REGEX_I, "admin ");
	assert_atoms("(?:wget|curl)/", 0, "curl/ wget/ ");
	assert_atoms("one.*three", 0, "one three ");
	/* Too short, or not there at all; beyond ASCII. */
	assert_atoms("ab", 0, "");
	assert_atoms("ab|three", 0, "");
	assert_atoms("(?:abc)?", 0, "");
	assert_atoms("[0-9]+", 0, "");
	assert_atoms("", 0, "");
	assert_atoms("gr\u00fcn", 0, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_could_be_tried_in_many_ways_is_decided),
	    cmocka_unit_test(it_searches_anywhere_and_case_counts),
	    cmocka_unit_test(the_flag_i_is_ascii),
	    cmocka_unit_test(alternatives_are_ascii_too),
	    cmocka_unit_test(a_letter_in_any_spelling_has_two_cases),
	    cmocka_unit_test(flags_in_the_text_hold_to_the_end_of_their_group),
	    cmocka_unit_test(classes_of_perl_are_ascii),
	    cmocka_unit_test(a_dollar_is_also_before_a_final_newline),
	    cmocka_unit_test(behind_a_dollar_comes_nothing),
	    cmocka_unit_test(a_dot_crosses_lines_only_with_s),
	    cmocka_unit_test(what_has_no_case_is_left_alone),
	    cmocka_unit_test(what_re2_cannot_do_is_refused_with_a_reason),
	    cmocka_unit_test(counted_repeats_compile),
	    cmocka_unit_test(at_random_they_mean_what_they_say),
	    cmocka_unit_test(what_it_finds_has_one_of_its_atoms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
