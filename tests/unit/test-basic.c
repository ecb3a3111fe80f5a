#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/basic.h"
#include "base/buf.h"
#include "base/text.h"

static const struct slice absent = {NULL, 0};

/* Parses what a client sends for this user:password. */
static int
parse_text(struct slice text, struct basic *b)
{
	struct buf header;
	int	   r;

	buf_init(&header);
	buf_adds(&header, "Basic ");
	base64_encode(&header, text.p, text.n);
	r = basic_parse(buf_slice(&header), b);
	buf_clear(&header);
	return r;
}

static void
user_and_password_are_parted_at_the_first_colon(void **state)
{
	struct basic b;

	(void)state;
	assert_int_equal(
	    basic_parse(SLICE("Basic YWxpY2U6ZXhhbXBsZS1wYXQtQUFBQTExMTE="),
		&b),
	    BASIC_OK);
	assert_true(slice_is(b.user, "alice"));
	assert_true(slice_is(b.password, "example-pat-AAAA1111"));
	assert_int_equal(parse_text(SLICE("a:b:c"), &b), BASIC_OK);
	assert_true(slice_is(b.user, "a"));
	assert_true(slice_is(b.password, "b:c"));
}

static void
user_and_password_may_be_empty(void **state)
{
	struct basic b;

	(void)state;
	assert_int_equal(parse_text(SLICE(":"), &b), BASIC_OK);
	assert_true(slice_is(b.user, ""));
	assert_non_null(b.user.p);
	assert_non_null(b.password.p);
}

static void
the_scheme_has_no_case(void **state)
{
	struct basic b;

	(void)state;
	assert_int_equal(basic_parse(SLICE("bASIC  YTpi "), &b), BASIC_OK);
	assert_true(slice_is(b.password, "b"));
}

static void
another_scheme_or_none_is_absent(void **state)
{
	struct basic b;

	(void)state;
	assert_int_equal(basic_parse(absent, &b), BASIC_E_ABSENT);
	assert_int_equal(basic_parse(SLICE(""), &b), BASIC_E_ABSENT);
	assert_int_equal(basic_parse(SLICE("Bearer YTpi"), &b), BASIC_E_ABSENT);
	assert_int_equal(basic_parse(SLICE("BasicYTpi"), &b), BASIC_E_ABSENT);
	assert_int_equal(basic_parse(SLICE("Basi"), &b), BASIC_E_ABSENT);
}

static void
broken_base64_is_bad(void **state)
{
	struct basic b;

	(void)state;
	assert_int_equal(basic_parse(SLICE("Basic"), &b), BASIC_E_BAD);
	assert_int_equal(basic_parse(SLICE("Basic YTp"), &b), BASIC_E_BAD);
	assert_int_equal(basic_parse(SLICE("Basic YTp="), &b), BASIC_E_BAD);
	assert_int_equal(basic_parse(SLICE("Basic YT pi"), &b), BASIC_E_BAD);
	assert_int_equal(basic_parse(SLICE("Basic YTp_"), &b), BASIC_E_BAD);
	assert_int_equal(basic_parse(SLICE("Basic YTpi\0"), &b), BASIC_E_BAD);
}

static void
bad_text_is_bad_and_leaves_nothing(void **state)
{
	struct basic b, zero;

	(void)state;
	memset(&zero, 0, sizeof zero);
	assert_int_equal(parse_text(SLICE("alice"), &b), BASIC_E_BAD);
	assert_memory_equal(b.text, zero.text, sizeof zero.text);
	assert_null(b.user.p);
	assert_int_equal(parse_text(SLICE("a\0:b"), &b), BASIC_E_BAD);
	assert_int_equal(parse_text(SLICE("a:b\n"), &b), BASIC_E_BAD);
	assert_int_equal(parse_text(SLICE("a:\x7f"), &b), BASIC_E_BAD);
	assert_int_equal(parse_text(SLICE("a:\xc3"), &b), BASIC_E_BAD);
	assert_int_equal(parse_text(SLICE("a:\xc3\xa4"), &b), BASIC_OK);
}

static void
it_has_1024_bytes_and_not_1025(void **state)
{
	char	     text[BASIC_MAX + 4];
	struct basic b;
	size_t	     n;

	(void)state;
	memset(text, 'x', sizeof text);
	text[5] = ':';
	assert_int_equal(parse_text((struct slice){text, BASIC_MAX}, &b),
	    BASIC_OK);
	assert_int_equal(b.password.n, BASIC_MAX - 6);
	for (n = BASIC_MAX + 1; n <= sizeof text; n++)
		assert_int_equal(parse_text((struct slice){text, n}, &b),
		    BASIC_E_BAD);
}

static void
wiping_leaves_nothing(void **state)
{
	struct basic b, zero;

	(void)state;
	memset(&zero, 0, sizeof zero);
	assert_int_equal(parse_text(SLICE("alice:secret"), &b), BASIC_OK);
	basic_wipe(&b);
	assert_memory_equal(b.text, zero.text, sizeof zero.text);
	assert_null(b.password.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(user_and_password_are_parted_at_the_first_colon),
	    cmocka_unit_test(user_and_password_may_be_empty),
	    cmocka_unit_test(the_scheme_has_no_case),
	    cmocka_unit_test(another_scheme_or_none_is_absent),
	    cmocka_unit_test(broken_base64_is_bad),
	    cmocka_unit_test(bad_text_is_bad_and_leaves_nothing),
	    cmocka_unit_test(it_has_1024_bytes_and_not_1025),
	    cmocka_unit_test(wiping_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
