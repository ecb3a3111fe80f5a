#include "rule-fixture.h"

#define END (const char *)NULL
#define ABC "  a: {x: '1'}\n  b: {y: '1'}\n  c: {z: '1'}\n  condition: "
#define LINE6                                             \
	"title: t\nlogsource: {product: p}\ndetection:\n" \
	"  sel_a: {x: 1}\n  _hid: {y: 1}\n  condition: "

static void
and_binds_closer_than_or_and_not_closest(void **state)
{
	(void)state;
	assert_true(detects(ABC "a or b and c\n", "x", "1", END));
	assert_false(detects(ABC "(a or b) and c\n", "x", "1", END));
	assert_true(detects(ABC "(a or b) and c\n", "x", "1", "z", "1", END));
	assert_true(detects(ABC "not b and (a or c)\n", "x", "1", END));
	assert_false(
	    detects(ABC "not (b or c) and a\n", "x", "1", "z", "1", END));
	assert_true(detects(ABC "not not a or b and c\n", "x", "1", END));
	assert_true(detects(ABC "((a))or(b and c)\n", "x", "1", END));
}

static void
a_selector_is_over_the_names_that_match(void **state)
{
	const char *sel =
	    "  sel_a: {x: '1'}\n  sel_b: {y: '1'}\n"
	    "  other: {z: '1'}\n  _hidden: {w: '1'}\n  condition: ";
	char body[300];

	(void)state;
#define WITH(c) (snprintf(body, sizeof(body), "%s" c "\n", sel), body)
	assert_true(detects(WITH("1 of sel_*"), "y", "1", END));
	assert_false(detects(WITH("1 of sel_*"), "z", "1", END));
	assert_true(detects(WITH("any of sel_* or _hidden"), "w", "1", END));
	assert_false(detects(WITH("all of sel_*"), "x", "1", END));
	assert_true(detects(WITH("all of sel_*"), "x", "1", "y", "1", END));
	assert_false(detects(WITH("1 of them"), "w", "1", END));
	assert_true(detects(WITH("1 of them"), "z", "1", END));
	assert_true(detects(WITH("not 1 of sel_* and other"), "z", "1", END));
	assert_true(detects(WITH("1 of *"), "z", "1", END));
	assert_true(detects(WITH("1 of other"), "z", "1", END));
#undef WITH
}

static void
names_may_look_like_words(void **state)
{
	const char *body =
	    "  notepad_x: {x: '1'}\n  all: {y: '1'}\n"
	    "  1-of: {z: '1'}\n  condition: notepad_x and all and 1-of\n";

	(void)state;
	assert_true(detects(body, "x", "1", "y", "1", "z", "1", END));
	assert_false(detects(body, "x", "1", "y", "1", END));
}

static void
of_a_list_of_conditions_one_must_hold(void **state)
{
	(void)state;
	assert_true(detects(ABC "[a and b, c]\n", "z", "1", END));
	assert_false(detects(ABC "[a and b, c]\n", "x", "1", END));
}

static void
identifiers_are_maps_lists_and_keywords(void **state)
{
	const char *list = "  s:\n    - {x: '1', y: '1'}\n    - z: '1'\n"
			   "    - word\n    - - w: '1'\n  condition: s\n";

	(void)state;
	assert_false(detects(list, "x", "1", END));
	assert_true(detects(list, "x", "1", "y", "1", END));
	assert_true(detects(list, "z", "1", END));
	assert_true(detects(list, "w", "1", END));
	assert_true(detects(list, "q", "a word more", END));
}

static void
what_is_wrong_is_told_where_it_stands(void **state)
{
	(void)state;
	assert_refused(LINE6 "sel_b\n",
	    "r.yml:6:14: the condition names "
	    "'sel_b', which the detection does not have, did you mean "
	    "'sel_a'?");
	assert_refused(LINE6 "sel_a and\n", "r.yml:6:23: the condition ends");
	assert_refused(LINE6 "sel_a AND sel_a\n",
	    "r.yml:6:20: 'AND' is written in small letters");
	assert_refused(LINE6 "NOT sel_a\n",
	    "r.yml:6:14: 'NOT' is written in small letters");
	assert_refused(LINE6 "sel_a sel_a\n",
	    "r.yml:6:20: 'sel_a' is not expected here");
	assert_refused(LINE6 "(sel_a\n", "r.yml:6:20: a ')' is missing");
	assert_refused(LINE6 "sel_a)\n",
	    "r.yml:6:19: ')' is not expected here");
	assert_refused(LINE6 "sel_a | count() > 5\n",
	    "r.yml:6:20: aggregations behind '|' are no longer part of Sigma");
	assert_refused(LINE6 "sel_a or and\n",
	    "r.yml:6:23: 'and' where a "
	    "name is expected");
	assert_refused(LINE6 "''\n", "r.yml:6:15: the condition ends");
	assert_refused(LINE6 "[]\n", "r.yml:6:14: the list of conditions is");
	assert_refused(LINE6 "{a: b}\n", "r.yml:6:14: a condition must be");
	assert_refused(LINE6 "'sel_a or sel_x'\n",
	    "r.yml:6:24: the condition "
	    "names 'sel_x'");
}

static void
a_selector_that_selects_nothing_is_refused(void **state) /* S16 */
{
	(void)state;
	assert_refused(LINE6 "1 of filter_*\n",
	    "r.yml:6:19: 'filter_*' selects nothing");
	assert_refused(LINE6 "1 of _*\n", "r.yml:6:19: '_*' selects nothing");
	assert_refused("title: t\nlogsource: {product: p}\ndetection:\n"
		       "  _h: {x: 1}\n  condition: all of them\n",
	    "r.yml:5:21: 'them' selects nothing");
	assert_refused(LINE6 "1 of\n", "r.yml:6:14: the condition names '1'");
}

static void
nesting_has_an_end(void **state)
{
	char   body[300] = ABC;
	size_t n = strlen(body);

	(void)state;
	memset(body + n, '(', 63);
	strcpy(body + n + 63, "a");
	memset(body + n + 64, ')', 63);
	strcpy(body + n + 127, "\n");
	assert_true(detects(body, "x", "1", END));
	assert_refused(LINE6 "((((((((((((((((((((((((((((((((((((((((((((((((("
			     "((((((((((((((((((((((((((sel_a\n",
	    "r.yml:6:78: the condition is nested too deeply");
}

/*
 * "1 of s*" two thousand times over twenty thousand identifiers took 850 MB
 * and two seconds to load; a longer one took patrold all there was.
 */
static void
a_condition_names_2000_identifiers_at_the_most(void **state)
{
	struct ruleset *rs;
	struct buf	b;
	int		i;

	(void)state;
	buf_init(&b);
	buf_adds(&b, HEAD "  a: {x: '1'}\n  b: {y: '1'}\n  condition:\n");
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "    - 1 of *\n");
	rs = rules_load(buf_str(&b));
	ruleset_free(&rs);
	buf_adds(&b, "    - a\n");
	assert_refused(buf_str(&b),
	    "r.yml:1007:7: the condition names identifiers more than 2000");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(and_binds_closer_than_or_and_not_closest),
	    cmocka_unit_test(a_selector_is_over_the_names_that_match),
	    cmocka_unit_test(names_may_look_like_words),
	    cmocka_unit_test(a_condition_names_2000_identifiers_at_the_most),
	    cmocka_unit_test(of_a_list_of_conditions_one_must_hold),
	    cmocka_unit_test(identifiers_are_maps_lists_and_keywords),
	    cmocka_unit_test(what_is_wrong_is_told_where_it_stands),
	    cmocka_unit_test(a_selector_that_selects_nothing_is_refused),
	    cmocka_unit_test(nesting_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
