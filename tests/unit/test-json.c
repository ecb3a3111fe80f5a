#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "use/json.h"

struct fix {
	struct json_reader	*r, *indexed;
	const struct json_field *f;
	size_t			 n;
	struct error		 err;
	char			*text; /* owned; of the last read */
};

static const struct json_limits small = {
    .text = 400,
    .string = 20,
    .fields = 5,
    .depth = 3,
};

static int
setup(void **state)
{
	struct fix	  *x = xcalloc(1, sizeof *x);
	struct json_limits lim = small;

	x->r = json_reader_new(&lim);
	lim.index_lists = true;
	lim.depth = 6;
	x->indexed = json_reader_new(&lim);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *x = *state;

	json_reader_free(&x->r);
	json_reader_free(&x->r);
	json_reader_free(&x->indexed);
	free(x->text);
	free(x);
	return 0;
}

/* Reads from memory that ends where the padding does; `behind` fills it. */
static int
read_padded(struct fix *x, struct slice s, int behind)
{
	free(x->text);
	x->text = xmalloc(s.n + JSON_PADDING);
	memcpy(x->text, s.p, s.n);
	memset(x->text + s.n, behind, JSON_PADDING);
	x->err.text[0] = '\0';
	return json_read(x->r, (struct slice){x->text, s.n}, &x->f, &x->n,
	    &x->err);
}

static int
read_text(struct fix *x, const char *s)
{
	return read_padded(x, slice_of(s), '\n');
}

static void
assert_slice(struct slice s, const char *want)
{
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

static void
assert_field(const struct json_field *f, const char *key, int type,
    const char *value)
{
	assert_slice(f->key, key);
	assert_int_equal(f->type, type);
	if (value == NULL)
		assert_null(f->value.p);
	else
		assert_slice(f->value, value);
}

static void
assert_refused(struct fix *x, int code, const char *s, const char *says)
{
	assert_int_equal(read_text(x, s), code);
	if (strstr(x->err.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", x->err.text, says);
}

static void
nested_and_dotted_keys_are_the_same(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x,
			     " { \"a\" : {\"b\":{\"c\":\"x\"},\"d\": 1 "
			     "},\"a.b\":true } "),
	    0);
	assert_int_equal(x->n, 3);
	assert_field(&x->f[0], "a.b.c", JSON_STRING, "x");
	assert_field(&x->f[1], "a.d", JSON_NUMBER, "1");
	assert_field(&x->f[2], "a.b", JSON_TRUE, "true");
	assert_ptr_equal(json_find(x->f, x->n, "a.b"), &x->f[2]);
	assert_null(json_find(x->f, x->n, "a"));
}

static void
every_type_is_told(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x,
			     "{\"s\":\"\",\"n\":-0.5e+9,\"f\":false,"
			     "\"z\":null,\"e\":{}}"),
	    0);
	assert_int_equal(x->n, 5);
	assert_field(&x->f[0], "s", JSON_STRING, "");
	assert_field(&x->f[1], "n", JSON_NUMBER, "-0.5e+9");
	assert_field(&x->f[2], "f", JSON_FALSE, "false");
	assert_field(&x->f[3], "z", JSON_NULL, NULL);
	assert_field(&x->f[4], "e", JSON_EMPTY, "{}");
	assert_int_equal(read_text(x, "{}"), 0);
	assert_int_equal(x->n, 0);
}

static void
members_of_a_list_share_its_key(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x,
			     "{\"g\":[\"a\", null ,3],\"h\":[],\"i\":[1]}"),
	    0);
	assert_int_equal(x->n, 5);
	assert_field(&x->f[0], "g", JSON_STRING, "a");
	assert_field(&x->f[1], "g", JSON_NULL, NULL);
	assert_field(&x->f[2], "g", JSON_NUMBER, "3");
	assert_true(x->f[0].member && !x->f[0].more);
	assert_true(x->f[2].member && x->f[2].more);
	assert_field(&x->f[3], "h", JSON_EMPTY, "[]");
	assert_false(x->f[3].member);
	assert_true(x->f[4].member && !x->f[4].more);
}

static void
what_is_nested_in_a_list_is_refused(void **state)
{
	struct fix *x = *state;

	assert_refused(x, JSON_E_NESTED, "{\"a\":[{\"b\":1}]}", "a: an object");
	assert_refused(x, JSON_E_NESTED, "{\"a\":[1,[2]]}", "a: an object");
}

static void
what_is_nested_in_a_list_gets_its_number(void **state)
{
	struct fix  *x = *state;
	struct slice s = SLICE("{\"e\":[{\"a\":1},{},{\"b\":{\"c\":2}},"
			       "[3,4]]}");

	assert_int_equal(json_read_copy(x->indexed, s, &x->f, &x->n, &x->err),
	    0);
	assert_int_equal(x->n, 5);
	assert_field(&x->f[0], "e.0.a", JSON_NUMBER, "1");
	assert_field(&x->f[1], "e.1", JSON_EMPTY, "{}");
	assert_field(&x->f[2], "e.2.b.c", JSON_NUMBER, "2");
	assert_field(&x->f[3], "e.3", JSON_NUMBER, "3");
	assert_field(&x->f[4], "e.3", JSON_NUMBER, "4");
	assert_true(x->f[4].more);
}

/* Or it would be a further member of none, or far from the others. */
static void
what_comes_behind_it_gets_its_number_too(void **state)
{
	struct fix  *x = *state;
	struct slice first = SLICE("{\"e\":[{\"a\":1},7,{\"a\":2}]}");
	struct slice later = SLICE("{\"f\":[1,2,[],3,[4]]}");

	assert_int_equal(json_read_copy(x->indexed, first, &x->f, &x->n,
			     &x->err),
	    0);
	assert_int_equal(x->n, 3);
	assert_field(&x->f[0], "e.0.a", JSON_NUMBER, "1");
	assert_field(&x->f[1], "e.1", JSON_NUMBER, "7");
	assert_false(x->f[1].member || x->f[1].more);
	assert_field(&x->f[2], "e.2.a", JSON_NUMBER, "2");
	assert_int_equal(json_read_copy(x->indexed, later, &x->f, &x->n,
			     &x->err),
	    0);
	assert_int_equal(x->n, 5);
	assert_field(&x->f[0], "f", JSON_NUMBER, "1");
	assert_field(&x->f[1], "f", JSON_NUMBER, "2");
	assert_true(x->f[1].more);
	assert_field(&x->f[2], "f.2", JSON_EMPTY, "[]");
	assert_field(&x->f[3], "f.3", JSON_NUMBER, "3");
	assert_false(x->f[3].more);
	assert_field(&x->f[4], "f.4", JSON_NUMBER, "4");
}

static void
escapes_are_undone(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x,
			     "{\"k\\u0065y\":\"\\u003c\\n\\\"\\/\","
			     "\"p\":\"\\ud83d\\ude00\",\"z\":\"a\\u0000b\"}"),
	    0);
	assert_field(&x->f[0], "key", JSON_STRING, "<\n\"/");
	assert_field(&x->f[1], "p", JSON_STRING, "\xf0\x9f\x98\x80");
	assert_int_equal(x->f[2].value.n, 3);
	assert_memory_equal(x->f[2].value.p, "a\0b", 3);
}

static void
half_a_pair_is_refused(void **state)
{
	struct fix *x = *state;

	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\ud83d\"}", "a: ");
	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\ud83dx\"}", "a: ");
	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\ude00\"}", "a: ");
	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\ud83d\\ud83d\"}", "a: ");
	assert_refused(x, JSON_E_SYNTAX, "{\"\\udc00\":1}", "not valid");
	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\x\"}", "a: a wrong");
	assert_refused(x, JSON_E_SYNTAX, "{\"a\":\"\\u12g4\"}", "a: a wrong");
}

static void
bytes_that_are_not_utf8_are_named_so(void **state)
{
	struct fix *x = *state;

	assert_refused(x, JSON_E_UTF8, "{\"a\":\"\xff\"}", "UTF-8");
	assert_refused(x, JSON_E_UTF8, "{\"a\":\"\xc0\xaf\"}", "UTF-8");
	assert_refused(x, JSON_E_UTF8, "{\"a\":\"\xed\xa0\x80\"}", "UTF-8");
	/* Also when something else is wrong as well. */
	assert_refused(x, JSON_E_UTF8, "{\"a\":\"\xff", "UTF-8");
	assert_int_equal(read_text(x, "{\"a\":\"caf\xc3\xa9\"}"), 0);
}

static void
rubbish_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "1",
	    "\"a\"",
	    "[]",
	    "null",
	    "{",
	    "}",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1,}",
	    "{,}",
	    "{\"a\":,\"b\":1}",
	    "{\"a\" 1}",
	    "{a:1}",
	    "{\"a\":1 \"b\":2}",
	    "{\"a\":1}}",
	    "{\"a\":1} {}",
	    "{}{}",
	    "{} x",
	    "{\"a\":{\"b\":1}",
	    "{\"a\":[1}",
	    "{\"a\":[1,]}",
	    "{\"a\":[,1]}",
	    "{\"a\":[1 2]}",
	    "{\"a\":[}",
	    "{\"a\":[{}",
	    "{\"a\":\"x}",
	    "{\"a\":\"b\":1}",
	    "{\"a\":1:2}",
	    "{\"a\":\"b\"c}",
	    "{\"a\":\"b\"\"c\"}",
	    "{\"a\":tru}",
	    "{\"a\":True}",
	    "{\"a\":truex}",
	    "{\"a\":nul}",
	    "{\"a\":NaN}",
	    "{\"a\":'x'}",
	    "{\"a\":01}",
	    "{\"a\":+1}",
	    "{\"a\":.5}",
	    "{\"a\":1.}",
	    "{\"a\":1e}",
	    "{\"a\":-}",
	    "{\"a\":0x10}",
	    "{\"a\":1\v}",
	    "{1:2}",
	    "{\"a\":\"x\ty\"}",
	    "\xef\xbb\xbf{}",
	    "{\"a\":1}]",
	    "{\"a\":{\"b\":1]}",
	    "{\"a\":{\"b\":{}",
	    "{\"a\":{}:1}",
	    "{\"a\":1/*x*/}",
	    "{\"a\":[\"b\":1]}",
	    "{:1}",
	    "{\"a\"::1}",
	};
	struct fix *x = *state;
	/* What lies behind must never be taken for a part of the text. */
	static const char behind[] = "\n}],\":0 {";
	size_t		  i, j;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (j = 0; j < sizeof behind; j++)
			if (read_padded(x, slice_of(bad[i]), behind[j]) == 0 ||
			    x->err.text[0] == '\0')
				fail_msg("%s then '%c': %s", bad[i], behind[j],
				    x->err.text);
}

static void
a_cut_text_is_refused_wherever_it_ends(void **state)
{
	struct fix	  *x = *state;
	const struct slice s = SLICE("{\"a\":{\"b\":[1,\"x\\n\",true],"
				     "\"c\":{}},\"d\":-1.5e3}");
	size_t		   n;

	for (n = 0; n < s.n; n++)
		assert_int_equal(read_padded(x, (struct slice){s.p, n}, '}'),
		    JSON_E_SYNTAX);
	assert_int_equal(read_padded(x, s, '}'), 0);
}

static void
a_nul_byte_is_no_blank(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_padded(x, SLICE("{\"a\":1}\0"), 0),
	    JSON_E_SYNTAX);
	assert_int_equal(read_padded(x, SLICE("{\"a\":1\0}"), 0),
	    JSON_E_SYNTAX);
	assert_int_equal(read_padded(x, SLICE("{\"a\":\"\0\"}"), 0),
	    JSON_E_SYNTAX);
}

static void
big_numbers_are_kept_as_text(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x,
			     "{\"a\":18446744073709551617,"
			     "\"b\":1E+999}"),
	    0);
	assert_field(&x->f[0], "a", JSON_NUMBER, "18446744073709551617");
	assert_field(&x->f[1], "b", JSON_NUMBER, "1E+999");
	/* A number may be as long as a string. */
	assert_int_equal(read_text(x, "{\"a\":12345678901234567890}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"a\":123456789012345678901}",
	    "a: 21 bytes, at most 20");
}

static void
a_string_may_have_its_limit(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x, "{\"a\":\"12345678901234567890\"}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"a\":\"123456789012345678901\"}",
	    "a: 21 bytes, at most 20");
	/* It counts what it means, not how it is written. */
	assert_int_equal(read_text(x, "{\"a\":\"1234567890123456789\\u0030\"}"),
	    0);
	assert_refused(x, JSON_E_LIMIT,
	    "{\"a\":{\"b\":\"12345678901234567890\\n\"}}", "a.b: 21 bytes");
}

static void
a_key_path_may_have_its_limit(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x, "{\"123456789\":{\"2345678901\":1}}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"123456789\":{\"23456789012\":1}}",
	    "a key of 21 bytes");
	assert_int_equal(read_text(x, "{\"12345678901234567890\":1}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"123456789012345678901\":1}",
	    "a key of 21 bytes");
}

static void
fields_may_have_their_number(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x, "{\"a\":[1,2,3,4],\"b\":1}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"a\":[1,2,3,4,5],\"b\":1}",
	    "more than 5 fields");
	assert_refused(x, JSON_E_LIMIT, "{\"a\":[1,2,3,4,5],\"b\":{}}",
	    "more than 5 fields");
}

static void
depth_may_have_its_limit(void **state)
{
	struct fix *x = *state;
	char	    deep[400];

	assert_int_equal(read_text(x, "{\"a\":{\"b\":[1]}}"), 0);
	assert_refused(x, JSON_E_LIMIT, "{\"a\":{\"b\":{\"c\":[1]}}}",
	    "a.b.c: nested deeper than 3");
	memset(deep, '[', sizeof deep - 1);
	memcpy(deep, "{\"a\":", 5);
	strcpy(deep + sizeof deep - 2, "}");
	assert_refused(x, JSON_E_NESTED, deep, "a: ");
}

static void
text_may_have_its_limit(void **state)
{
	struct fix *x = *state;
	char	    s[402];

	memset(s, ' ', sizeof s);
	memcpy(s, "{}", 2);
	s[400] = '\0';
	assert_int_equal(read_text(x, s), 0);
	s[400] = ' ';
	s[401] = '\0';
	assert_refused(x, JSON_E_LIMIT, s, "401 bytes long, at most 400");
}

static void
nested_paths_are_bounded_together(void **state)
{
	struct json_limits  lim = {.text = 300,
	     .string = 100,
	     .fields = 50,
	     .depth = 3};
	struct json_reader *r = json_reader_new(&lim);
	struct fix	   *x = *state;
	struct buf	    b;
	int		    i;

	buf_init(&b);
	buf_addf(&b, "{\"%090d\":{\"a\":0", 0);
	/* Four paths of 92 bytes are over 300. */
	for (i = 0; i < 3; i++) {
		buf_addf(&b, ",\"%d\":0", i);
		if (i == 2)
			break;
	}
	buf_adds(&b, "}}");
	assert_int_equal(json_read_copy(r, buf_slice(&b), &x->f, &x->n,
			     &x->err),
	    JSON_E_LIMIT);
	assert_non_null(strstr(x->err.text, "nested keys"));
	buf_clear(&b);
	json_reader_free(&r);
}

static void
a_strangers_key_is_escaped_in_the_error(void **state)
{
	struct fix *x = *state;

	assert_refused(x, JSON_E_SYNTAX, "{\"a\\n\\u001b[m\":x}",
	    "a\\x0a\\x1b[m: not a JSON value");
}

static void
a_reader_reads_on_after_a_fault(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x, "{\"a\":{\"b\":x}}"), JSON_E_SYNTAX);
	assert_int_equal(read_text(x, "{\"c\":1}"), 0);
	assert_int_equal(x->n, 1);
	assert_field(&x->f[0], "c", JSON_NUMBER, "1");
}

static void
equal_keys_are_reported_as_they_stand(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_text(x, "{\"a\":1,\"a\":2}"), 0);
	assert_int_equal(x->n, 2);
	assert_field(json_find(x->f, x->n, "a"), "a", JSON_NUMBER, "1");
}

/* "{a [ 1 { } ] }" with the keys in front. */
static void
a_tree_keeps_its_shape(void **state)
{
	static const uint8_t types[] = {JSON_LIST, JSON_NUMBER, JSON_LIST,
	    JSON_END, JSON_OBJECT, JSON_NULL, JSON_END, JSON_END, JSON_OBJECT,
	    JSON_END};
	struct json_limits   lim = small;
	struct json_reader  *r;
	struct fix	    *x = *state;
	size_t		     i;

	lim.fields = sizeof types;
	lim.depth = 3;
	lim.tree = true;
	r = json_reader_new(&lim);
	assert_int_equal(json_read_copy(r,
			     SLICE("{\"a\":[1,[],"
				   "{\"b.c\":null}],\"d\":{}}"),
			     &x->f, &x->n, &x->err),
	    JSON_OK);
	assert_int_equal(x->n, sizeof types);
	for (i = 0; i < x->n; i++)
		assert_int_equal(x->f[i].type, types[i]);
	assert_slice(x->f[0].key, "a");
	assert_null(x->f[1].key.p);
	assert_slice(x->f[5].key, "b.c");
	assert_slice(x->f[8].key, "d");
	assert_int_equal(json_read_copy(r, SLICE("{\"a\":[[[]]]}"), &x->f,
			     &x->n, &x->err),
	    JSON_E_LIMIT);
	json_reader_free(&r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nested_and_dotted_keys_are_the_same),
	    T(every_type_is_told),
	    T(members_of_a_list_share_its_key),
	    T(what_is_nested_in_a_list_is_refused),
	    T(what_is_nested_in_a_list_gets_its_number),
	    T(what_comes_behind_it_gets_its_number_too),
	    T(escapes_are_undone),
	    T(half_a_pair_is_refused),
	    T(bytes_that_are_not_utf8_are_named_so),
	    T(rubbish_is_refused),
	    T(a_cut_text_is_refused_wherever_it_ends),
	    T(a_nul_byte_is_no_blank),
	    T(big_numbers_are_kept_as_text),
	    T(a_string_may_have_its_limit),
	    T(a_key_path_may_have_its_limit),
	    T(fields_may_have_their_number),
	    T(depth_may_have_its_limit),
	    T(text_may_have_its_limit),
	    T(nested_paths_are_bounded_together),
	    T(a_strangers_key_is_escaped_in_the_error),
	    T(a_reader_reads_on_after_a_fault),
	    T(equal_keys_are_reported_as_they_stand),
	    T(a_tree_keeps_its_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
