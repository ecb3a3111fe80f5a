#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void
a_level_puts_its_context_in_front(void **state)
{
	struct error e;

	(void)state;
	error_set(&e, "no such file: %s", "x.yaml");
	error_prefix(&e, "rules");
	error_prefix(&e, "reload %d", 7);
	assert_string_equal(e.text, "reload 7: rules: no such file: x.yaml");
}

static void
nobody_need_listen(void **state)
{
	(void)state;
	error_set(NULL, "lost");
	error_prefix(NULL, "lost");
}

static void
errno_survives(void **state)
{
	struct error e;

	(void)state;
	errno = ENOSPC;
	error_set(&e, "a");
	error_prefix(&e, "b");
	assert_int_equal(errno, ENOSPC);
}

static void
the_longest_text_fits_and_one_more_is_cut(void **state)
{
	char	     text[ERROR_TEXT_MAX + 1];
	struct error e;

	(void)state;
	memset(text, 'a', sizeof text);
	text[ERROR_TEXT_MAX - 1] = '\0';
	error_set(&e, "%s", text);
	assert_string_equal(e.text, text);
	text[ERROR_TEXT_MAX - 1] = 'a';
	text[ERROR_TEXT_MAX] = '\0';
	error_set(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
}

static void
a_prefix_too_long_is_cut_too(void **state)
{
	char	     text[2 * ERROR_TEXT_MAX];
	struct error e;

	(void)state;
	memset(text, 'p', sizeof text);
	text[sizeof text - 1] = '\0';
	error_set(&e, "what");
	error_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
	error_set(&e, "what");
	text[ERROR_TEXT_MAX - 5] = '\0';
	error_prefix(&e, "%s", text);
	assert_string_equal(e.text + ERROR_TEXT_MAX - 5, ": wh");
}

static void
what_strangers_wrote_is_made_printable(void **state)
{
	struct error e;

	(void)state;
	error_set(&e, "'%s' is \"odd\"", "a\x1b[31m\n\x7f\\");
	assert_string_equal(e.text, "'a?[31m??\\' is \"odd\"");
	error_prefix(&e, "%s",
	    "\xc2\x9b"
	    "1m");
	assert_string_equal(e.text, "??1m: 'a?[31m??\\' is \"odd\"");
	error_set(&e, "\xc3\xa4 \xc2\xa0 \xe2\x82\xac \xf0\x9f\x98\x80");
	assert_string_equal(e.text,
	    "\xc3\xa4 \xc2\xa0 \xe2\x82\xac \xf0\x9f\x98\x80");
}

/* As "%.*s" cuts, and the end of the text itself. */
static void
half_a_character_is_none(void **state)
{
	char	     text[ERROR_TEXT_MAX + 1];
	struct error e;

	(void)state;
	error_set(&e, "'%.3s'", "a\xe2\x82\xac");
	assert_string_equal(e.text, "'a?\?'");
	memset(text, 'a', sizeof text);
	memcpy(text + ERROR_TEXT_MAX - 2, "\xc3\xa4", 3);
	error_set(&e, "%s", text);
	assert_int_equal(e.text[ERROR_TEXT_MAX - 2], '?');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_level_puts_its_context_in_front),
	    cmocka_unit_test(nobody_need_listen),
	    cmocka_unit_test(errno_survives),
	    cmocka_unit_test(the_longest_text_fits_and_one_more_is_cut),
	    cmocka_unit_test(a_prefix_too_long_is_cut_too),
	    cmocka_unit_test(what_strangers_wrote_is_made_printable),
	    cmocka_unit_test(half_a_character_is_none),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
