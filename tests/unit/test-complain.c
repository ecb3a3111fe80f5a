#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/complain.h"

static int
set_up(void **state)
{
	static struct complaints c;

	complain_init(&c);
	*state = &c;
	return 0;
}

static int
tear_down(void **state)
{
	complain_clear(*state);
	return 0;
}

static void
assert_line(const struct complaint *c, const char *want)
{
	struct buf b;

	buf_init(&b);
	complain_format(c, &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
faults_keep_their_places_and_their_order(void **state)
{
	struct complaints *c = *state;

	complain_error(c, "a.yaml", 12, 3, "unknown field '%s'", "winodw");
	complain_warning(c, "b.yaml", 1, 1, "no tests");
	assert_int_equal(c->n, 2);
	assert_int_equal(c->errors, 1);
	assert_int_equal(c->warnings, 1);
	assert_line(&c->list[0], "a.yaml:12:3: unknown field 'winodw'");
	assert_line(&c->list[1], "b.yaml:1:1: warning: no tests");
}

static void
unknown_places_are_left_out(void **state)
{
	struct complaints *c = *state;

	complain_error(c, "a.yaml", 5, 0, "x");
	complain_error(c, "a.yaml", 0, 0, "x");
	complain_error(c, NULL, 0, 0, "x");
	complain_warning(c, NULL, 0, 0, "x");
	complain_error(c, NULL, 3, 4, "x");
	assert_line(&c->list[0], "a.yaml:5: x");
	assert_line(&c->list[1], "a.yaml: x");
	assert_line(&c->list[2], "x");
	assert_line(&c->list[3], "warning: x");
	assert_line(&c->list[4], "x");
}

static void
texts_are_copies(void **state)
{
	struct complaints *c = *state;
	char		   file[] = "a.yaml", word[] = "level";

	complain_error(c, file, 1, 1, "%s", word);
	memset(file, 'x', 6);
	memset(word, 'x', 5);
	assert_line(&c->list[0], "a.yaml:1:1: level");
}

static void
control_characters_do_not_get_through(void **state)
{
	struct complaints *c = *state;

	complain_error(c, "a", 1, 1, "bad '%s'", "x\n\x1b[2J\x7f\xc3\xa4");
	assert_line(&c->list[0], "a:1:1: bad 'x??[2J?\xc3\xa4'");
	/* Nor half of a character, nor any from the name of a file. */
	complain_error(c, "a\x1b.yml", 1, 1, "bad '%.1s'", "\xc3\xa4");
	assert_line(&c->list[1], "a?.yml:1:1: bad '?'");
}

static void
the_thousandth_is_kept_and_the_next_only_counted(void **state)
{
	struct complaints *c = *state;
	unsigned	   i;

	for (i = 1; i <= COMPLAIN_MAX; i++)
		complain_error(c, "a", i, 1, "x");
	assert_int_equal(c->n, COMPLAIN_MAX);
	complain_error(c, "a", i, 1, "x");
	complain_warning(c, "a", i, 1, "x");
	assert_int_equal(c->n, COMPLAIN_MAX);
	assert_int_equal(c->errors, COMPLAIN_MAX + 1);
	assert_int_equal(c->warnings, 1);
	assert_int_equal(c->list[COMPLAIN_MAX - 1].line, COMPLAIN_MAX);
}

static void
a_cleared_list_can_be_used_again(void **state)
{
	struct complaints *c = *state;

	complain_error(c, "a", 1, 1, "x");
	complain_clear(c);
	assert_int_equal(c->errors, 0);
	complain_warning(c, "b", 1, 1, "y");
	assert_int_equal(c->n, 1);
	assert_line(&c->list[0], "b:1:1: warning: y");
}

static void
a_very_long_text_is_cut(void **state)
{
	struct complaints *c = *state;
	char		   text[4096];

	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	complain_error(c, "a", 1, 1, "%s", text);
	assert_int_equal(strlen(c->list[0].text), ERROR_TEXT_MAX - 1);
}

static void
sorted_they_stand_by_their_places(void **state)
{
	static const char *const want[] = {"none", "a 2:9", "b 1:3",
	    "b 1:3 too", "b 1:20", "b 10:1"};
	struct complaints	*c = *state;
	size_t			 i;

	complain_error(c, "b", 10, 1, "b 10:1");
	complain_warning(c, "b", 1, 3, "b 1:3");
	complain_error(c, "b", 1, 20, "b 1:20");
	complain_error(c, "a", 2, 9, "a 2:9");
	complain_error(c, "b", 1, 3, "b 1:3 too");
	complain_error(c, NULL, 0, 0, "none");
	complain_sort(c);
	for (i = 0; i < sizeof want / sizeof *want; i++)
		assert_string_equal(c->list[i].text, want[i]);
	assert_true(c->list[2].warning);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(faults_keep_their_places_and_their_order),
	    T(unknown_places_are_left_out),
	    T(texts_are_copies),
	    T(control_characters_do_not_get_through),
	    T(the_thousandth_is_kept_and_the_next_only_counted),
	    T(a_cleared_list_can_be_used_again),
	    T(a_very_long_text_is_cut),
	    T(sorted_they_stand_by_their_places),
	};

	return cmocka_run_group_tests_name("complain", tests, NULL, NULL);
}
