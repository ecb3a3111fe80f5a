/*
 * What JSON is and what is none, by the categories of the well-known suites:
 * each case stands for the value of a key, or for a whole text.  Where RFC
 * 8259 leaves a reader free, what patrol does stands here too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "use/json.h"

static const struct json_limits limits = {.text = 100000,
    .string = 50000,
    .fields = 1000,
    .depth = 20,
    .tree = true};

/* A text with its length: some have NULs. */
#define S(lit)                          \
	{                               \
		"" lit, sizeof(lit) - 1 \
	}

/* ---- values ------------------------------------------------------------ */

/* clang-format off */
static const struct slice good_values[] = {
	/* structures and blanks */
	S("[]"), S("{}"), S("[ ]"), S("{ }"), S("[\"\"]"), S("[[]   ]"),
	S("[1,null,true]"), S(" [1 , 2 ] "), S("\t\r\n[]\n"), S("[[[[]]]]"),
	S("{\"\":0}"), S("{\"a\":[],\"b\":{}}"), S("{\"a\":\"b\",\"a\":\"c\"}"),
	S("{\"foo\\u0000bar\":42}"), S("[{\"a\":[{}]},[[1]]]"),
	/* numbers */
	S("0"), S("-0"), S("0.0"), S("-0.0"), S("1"), S("-1"), S("10"),
	S("1.5"), S("0e1"), S("0e+1"), S("0E0"), S("1e22"), S("1E22"),
	S("1e-2"), S("1E+2"), S("123.456e78"), S("-123123123123"),
	S("0.00000000000000000000000000000000000000000000001"),
	S("123456789012345678901234567890"), S("1e400"), S("-1e400"),
	S("1e-400"), S("9007199254740993"), S("0.1e1"),
	/* strings */
	S("\"\""), S("\" \""), S("\"/\\/\\\\\\\"\\b\\f\\n\\r\\t\""),
	S("\"\\u0060\\u012a\\u12AB\""), S("\"\\ud83d\\ude39\\uD834\\uDd1e\""),
	S("\"\\u0000\""), S("\"\\u005C\\u0022\""), S("\"\\\\u0000\""),
	S("\"\\\\a\""), S("\"\x7f\""), S("\"\xc2\x80\xc3\xa4\""),
	S("\"\xe2\x80\xa8\xe2\x80\xa9\""), S("\"\xef\xbf\xbf\xef\xb7\x90\""),
	S("\"\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf\""), S("\"\xef\xbb\xbf\""),
	S("\"\\uFDD0\\uFFFE\\uDBFF\\uDFFF\""), S("\"a/*b*/c//d#e\""),
	/* words */
	S("true"), S("false"), S("null"),
};

static const struct slice bad_values[] = {
	/* structures */
	S(""), S("["), S("]"), S("[]]"), S("[1"), S("[1,"), S("[1,]"),
	S("[,1]"), S("[1,,2]"), S("[,]"), S("[1 2]"), S("[1\n2]"),
	S("[\"a\":1]"), S("[1:2]"), S("[\"\",]"), S("[\"a\",\n4\n,1,"),
	S("{"), S("{\"a\"}"), S("{\"a\":}"), S("{\"a\":1,}"), S("{,}"),
	S("{\"a\" 1}"), S("{\"a\",1}"), S("{\"a\"::1}"), S("{1:1}"),
	S("{a:1}"), S("{'a':1}"), S("{null:1}"), S("{\"a\":1 \"b\":2}"),
	S("{\"a\":1,,\"b\":2}"), S("{\"a\":1;\"b\":2}"), S("{\"a\":\"b\"]"),
	S("[1}"), S("[[1]"), S("{\"a\":{}"), S("{[]:1}"), S("{\"a\":1}}"),
	/* numbers */
	S("-"), S("+1"), S("+"), S("--1"), S("-+1"), S("01"), S("-01"),
	S("00"), S("1."), S(".1"), S("-.1"), S("."), S("1.e1"), S("1e"),
	S("1e+"), S("1E-"), S("e1"), S("0e"), S("1e1.5"), S("1eE2"),
	S("1 000"), S("1_000"), S("0x1"), S("0b1"), S("1f"), S("1L"),
	S("2..3"), S("1-2"), S("1+2"), S("1/0"), S("- 1"), S("-a"),
	S("NaN"), S("nan"), S("-NaN"), S("Infinity"), S("-Infinity"),
	S("inf"), S("1e1e1"), S("\xef\xbc\x91"), S("1\xe5"), S("0\x00"),
	/* strings */
	S("\""), S("\"a"), S("\"\\\""), S("\"\\"), S("'a'"), S("a"),
	S("\"\\a\""), S("\"\\x41\""), S("\"\\0\""), S("\"\\u\""),
	S("\"\\u1\""), S("\"\\u12\""), S("\"\\u123\""), S("\"\\u12g4\""),
	S("\"\\U0041\""), S("\"\\ \""), S("\"\\\n\""), S("\"\\\xc3\xa4\""),
	S("\"a\nb\""), S("\"a\tb\""), S("\"\x1f\""), S("\"\x00\""),
	S("\"a\" \"b\""), S("\"a\"b"), S("\\n"), S("\\u0022a\\u0022"),
	/* words */
	S("tru"), S("truee"), S("True"), S("TRUE"), S("nul"), S("nulll"),
	S("Null"), S("fals"), S("undefined"), S("yes"), S("true1"),
	S("true\x00"), S("\xe2\x80\x9c" "a\xe2\x80\x9d"),
	/* what other languages have */
	S("[1/*x*/]"), S("1//x"), S("#x"), S("<null>"), S("*"), S("(1)"),
	S("1\x0c"), S("\x0b" "1"), S("\xc2\xa0" "1"), S("\xe2\x81\xa0"),
	/* RFC 8259 lets a reader take these; half a pair is no character */
	S("\"\\ud800\""), S("\"\\udc00\""), S("\"\\ud800\\u0041\""),
	S("\"\\ud800\\ud800\""), S("\"\\udead\""), S("\"\\ud83d\\\"\""),
	S("\"\\ude00\\ud83d\""), S("\"\\uD800\\n\""),
};

static const struct slice bad_bytes[] = {
	S("\"\xff\""), S("\"\x80\""), S("\"\xc0\xaf\""), S("\"\xc1\xbf\""),
	S("\"\xe0\x80\x80\""), S("\"\xf0\x80\x80\x80\""), S("\"\xc3\""),
	S("\"\xe2\x82\""), S("\"\xed\xa0\x80\""), S("\"\xed\xbf\xbf\""),
	S("\"\xf4\x90\x80\x80\""), S("\"\xf8\x88\x80\x80\x80\""),
	S("\"\xfc\x83\xbf\xbf\xbf\xbf\""), S("\xe9"), S("\"\xe4\""),
};

/* ---- whole texts ------------------------------------------------------- */

static const struct slice good_texts[] = {
	S("{}"), S(" { } "), S("\n\t\r {\"a\":1}\r\n"),
	S("{\"a\":1,\"\":2,\"a\":3}"),
};

static const struct slice bad_texts[] = {
	S(""), S(" "), S("\n"), S("1"), S("\"a\""), S("null"), S("[]"),
	S("[{}]"), S("{}{}"), S("{} {}"), S("{},"), S("{}]"), S("{}x"),
	S("{}\x00"), S("\x00{}"), S("x{}"), S("{}#"), S("{}//"),
	S("{\"a\":1}\"b\""), S("{\"a\":1}1"), S("{\"a\":1}}"), S("}"),
	S("{\"a\":1"), S("{\"a\":"), S("{\"a\""), S("{\"a"), S("{\""), S("{"),
	S("\xef\xbb\xbf{}"), S("\xff\xfe{\x00}\x00"), S("\xef\xbb"),
	S("\xe2\x80\x8b{}"), S("{}\x0c"), S("{}\xc2\x85"),
};
/* clang-format on */

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
read_text(struct slice s)
{
	static struct json_reader *r;
	const struct json_field	  *f;
	struct error		   err = {.text = ""};
	size_t			   n;
	int			   e;

	if (r == NULL)
		r = json_reader_new(&limits);
	e = json_read_copy(r, s, &f, &n, &err);
	assert_true((e == JSON_OK) == (err.text[0] == '\0'));
	return e;
}

static int
read_value(struct slice s)
{
	struct buf b;
	int	   e;

	buf_init(&b);
	buf_adds(&b, "{\"k\":");
	buf_addslice(&b, s);
	buf_addc(&b, '}');
	e = read_text(buf_slice(&b));
	buf_clear(&b);
	return e;
}

static void
assert_each(const struct slice *s, size_t n, int (*read)(struct slice),
    bool good)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((read(s[i]) == JSON_OK) != good)
			fail_msg("%s: %.*s", good ? "refused" : "taken",
			    SLICE_ARG(s[i]));
}

static void
values_of_json_are_taken(void **state)
{
	(void)state;
	assert_each(good_values, N(good_values), read_value, true);
}

static void
what_only_looks_like_a_value_is_refused(void **state)
{
	(void)state;
	assert_each(bad_values, N(bad_values), read_value, false);
}

static void
other_bytes_than_utf8_are_refused_as_such(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(bad_bytes); i++)
		assert_int_equal(read_value(bad_bytes[i]), JSON_E_UTF8);
}

static void
one_object_is_taken(void **state)
{
	(void)state;
	assert_each(good_texts, N(good_texts), read_text, true);
}

static void
no_object_or_more_than_one_is_refused(void **state)
{
	(void)state;
	assert_each(bad_texts, N(bad_texts), read_text, false);
}

/* Every beginning of a good text but the whole is refused, in its place. */
static void
no_beginning_is_enough(void **state)
{
	static const struct slice text = S("{\"a\":[1e1,\"\\ud83d\\ude39\","
					   "{\"b\":null}],\"c\":true}");
	size_t			  n;

	(void)state;
	for (n = 0; n < text.n; n++)
		assert_int_equal(read_text((struct slice){text.p, n}),
		    JSON_E_SYNTAX);
	assert_int_equal(read_text(text), JSON_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_json_are_taken),
	    cmocka_unit_test(what_only_looks_like_a_value_is_refused),
	    cmocka_unit_test(other_bytes_than_utf8_are_refused_as_such),
	    cmocka_unit_test(one_object_is_taken),
	    cmocka_unit_test(no_object_or_more_than_one_is_refused),
	    cmocka_unit_test(no_beginning_is_enough),
	};

	return cmocka_run_group_tests_name("json-suite", tests, NULL, NULL);
}
