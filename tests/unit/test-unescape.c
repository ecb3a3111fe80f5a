#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "use/unescape.h"

/* Both from memory that ends where the string does. */
static int
undo(const char *s, char *out, size_t *n)
{
	size_t	     len = strlen(s);
	char	    *in = xmalloc(len), *room = xmalloc(len);
	struct slice got;
	int	     e;

	memcpy(in, s, len);
	e = unescape((struct slice){in, len}, room, &got);
	if (e == UNESCAPE_OK) {
		memcpy(out, got.p, got.n);
		*n = got.n;
	}
	free(in);
	free(room);
	return e;
}

static void
assert_means(const char *s, struct slice want)
{
	char   out[100];
	size_t n;

	assert_int_equal(undo(s, out, &n), UNESCAPE_OK);
	assert_int_equal(n, want.n);
	assert_memory_equal(out, want.p, n);
}

static void
assert_fault(const char *s, int fault)
{
	char   out[100];
	size_t n;

	if (undo(s, out, &n) != fault)
		fail_msg("%s", s);
}

static void
each_letter_has_its_meaning(void **state)
{
	(void)state;
	assert_means("\\\"\\\\\\/\\b\\f\\n\\r\\t", SLICE("\"\\/\b\f\n\r\t"));
	assert_means("a\\nb", SLICE("a\nb"));
	assert_means("\\n", SLICE("\n"));
	assert_means("plain", SLICE("plain"));
	assert_means("\\\\n", SLICE("\\n"));
}

static void
a_code_point_has_as_many_bytes_as_it_needs(void **state)
{
	(void)state;
	assert_means("\\u0000", SLICE("\0"));
	assert_means("\\u007F\\u007f", SLICE("\x7f\x7f"));
	assert_means("\\u0080", SLICE("\xc2\x80"));
	assert_means("\\u07ff", SLICE("\xdf\xbf"));
	assert_means("\\u0800", SLICE("\xe0\xa0\x80"));
	assert_means("\\ud7ff", SLICE("\xed\x9f\xbf"));
	assert_means("\\ue000", SLICE("\xee\x80\x80"));
	assert_means("\\uFFFF", SLICE("\xef\xbf\xbf"));
	assert_means("\\ud800\\udc00", SLICE("\xf0\x90\x80\x80"));
	assert_means("\\uDBFF\\uDFFFx", SLICE("\xf4\x8f\xbf\xbfx"));
}

static void
half_a_pair_is_none(void **state)
{
	static const char *const half[] = {"\\ud800", "\\udbff", "\\udc00",
	    "\\udfff", "\\ud800x", "\\ud800\\n", "\\ud800\\u0041",
	    "\\ud800\\ud800", "\\udc00\\ud800", "\\ud800\\ue000"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof half / sizeof half[0]; i++)
		assert_fault(half[i], UNESCAPE_E_HALF);
}

static void
what_is_no_escape_is_a_fault(void **state)
{
	static const char *const bad[] = {"\\", "a\\", "\\x", "\\N", "\\0",
	    "\\u", "\\u1", "\\u12", "\\u123", "\\u123g", "\\u 123", "\\u-123",
	    "\\U0041", "\\ud800\\u", "\\ud800\\udc0", "\\ud800\\udc0g", "\\'",
	    "\\\n"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fault(bad[i], UNESCAPE_E_ESCAPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_letter_has_its_meaning),
	    cmocka_unit_test(a_code_point_has_as_many_bytes_as_it_needs),
	    cmocka_unit_test(half_a_pair_is_none),
	    cmocka_unit_test(what_is_no_escape_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
