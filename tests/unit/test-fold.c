#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/fold.h"

static void
assert_folds(const char *from, const char *to)
{
	char   out[FOLD_ROOM(64)];
	size_t n = fold_text(slice_of(from), out);

	assert_true(slice_is((struct slice){out, n}, to));
	assert_int_equal(fold_is_needed(slice_of(from)) ||
		strcmp(from, to) == 0,
	    true);
}

static void
letters_of_many_scripts_fold(void **state)
{
	(void)state;
	assert_folds("", "");
	assert_folds("AbZ@[`{09", "abz@[`{09");
	assert_folds("\u00C4\u00D6\u00DC\u00D7", "\u00E4\u00F6\u00FC\u00D7");
	assert_folds("\u0391\u03A3\u03C2", "\u03B1\u03C3\u03C3");
	assert_folds("\u0416", "\u0436");
	assert_folds("\u0100\u0101", "\u0101\u0101");
	assert_folds("\U00010400", "\U00010428");
}

static void
folding_is_simple_one_code_point_to_one(void **state)
{
	(void)state;
	assert_folds("\u00DF", "\u00DF"); /* sharp s stays */
	assert_folds("\u1E9E", "\u00DF"); /* status S */
	assert_folds("\u0130", "\u0130"); /* statuses F and T only */
	assert_folds("\u212A", "k");	  /* Kelvin: three bytes to one */
	assert_folds("\u017F", "s");
	assert_folds("\u00B5", "\u03BC");
}

static void
text_may_grow_to_the_room_that_is_promised(void **state)
{
	char   in[60], out[FOLD_ROOM(60)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in); i += 2)
		memcpy(in + i, "\u023A", 2);
	assert_int_equal(fold_text((struct slice){in, sizeof(in)}, out), 90);
	assert_memory_equal(out, "\u2C65", 3);
}

static void
small_letters_need_no_folding(void **state)
{
	(void)state;
	assert_false(fold_is_needed(SLICE("library/nginx-1.25_x@[`{")));
	assert_true(fold_is_needed(SLICE("a.................Z")));
	assert_true(fold_is_needed(SLICE("A")));
	assert_true(fold_is_needed(SLICE("\u00E4")));
}

static void
broken_text_passes_as_it_is(void **state)
{
	char	     out[FOLD_ROOM(8)];
	struct slice s = {"\xC3"
			  "A\xE2\x82",
	    4};

	(void)state;
	assert_int_equal(fold_text(s, out), 4);
	assert_memory_equal(out,
	    "\xC3"
	    "a\xE2\x82",
	    4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_of_many_scripts_fold),
	    cmocka_unit_test(folding_is_simple_one_code_point_to_one),
	    cmocka_unit_test(text_may_grow_to_the_room_that_is_promised),
	    cmocka_unit_test(small_letters_need_no_folding),
	    cmocka_unit_test(broken_text_passes_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
