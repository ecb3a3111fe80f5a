#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "token/notice.h"

#define NOW (490000 * USEC_HOUR)
#define AGO (NOW - 400 * USEC_DAY) /* long before any step */

static const struct notice_steps steps = {.before = {30 * USEC_DAY,
					      7 * USEC_DAY, USEC_DAY},
    .n = 3};

static void
a_step_comes_when_its_time_has_come_and_not_before(void **state)
{
	const usec_t end = NOW + 30 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&steps, end, AGO, 0, NOW - 1), 0);
	assert_int_equal(notice_due(&steps, end, AGO, 0, NOW), NOW);
}

static void
what_was_told_is_not_told_again(void **state)
{
	const usec_t end = NOW + 7 * USEC_DAY, first = end - 30 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&steps, end, AGO, 0, NOW - 1), first);
	assert_int_equal(notice_due(&steps, end, AGO, first, NOW - 1), 0);
	assert_int_equal(notice_due(&steps, end, AGO, first, NOW), NOW);
	assert_int_equal(notice_due(&steps, end, AGO, NOW, NOW), 0);
}

/* Three days before the end nobody needs to hear of the thirty. */
static void
of_several_that_were_missed_the_last_is_told(void **state)
{
	const usec_t end = NOW + 3 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&steps, end, AGO, 0, NOW),
	    end - 7 * USEC_DAY);
}

static void
a_short_life_has_only_the_steps_that_lie_ahead(void **state)
{
	const usec_t end = NOW + 5 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&steps, end, NOW, 0, NOW), 0);
	assert_int_equal(notice_due(&steps, end, NOW, 0, end - USEC_DAY),
	    end - USEC_DAY);
	/* One of a day exactly has none. */
	assert_int_equal(notice_due(&steps, NOW + USEC_DAY, NOW, 0, NOW), 0);
	assert_int_equal(notice_due(&steps, NOW + USEC_DAY + 1, NOW, 0,
			     NOW + 1),
	    NOW + 1);
}

static void
there_is_none_without_an_end_and_none_after_it(void **state)
{
	(void)state;
	assert_int_equal(notice_due(&steps, 0, AGO, 0, NOW), 0);
	assert_int_equal(notice_due(&steps, NOW, AGO, 0, NOW), 0);
	assert_int_equal(notice_due(&steps, NOW + 1, AGO, 0, NOW),
	    NOW + 1 - USEC_DAY);
	assert_int_equal(notice_due(&(struct notice_steps){.n = 0}, NOW + 1,
			     AGO, 0, NOW),
	    0);
}

/* A use puts the idle end off: what was told of the old one is past. */
static void
an_end_that_moves_is_told_anew(void **state)
{
	const struct notice_steps idle = {.before = {14 * USEC_DAY}, .n = 1};
	const usec_t limit = 60 * USEC_DAY, used = NOW + 50 * USEC_DAY;
	const usec_t told = NOW + limit - 14 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&idle, NOW + limit, NOW, 0, told), told);
	assert_int_equal(notice_due(&idle, used + limit, used, told,
			     used + 46 * USEC_DAY - 1),
	    0);
	assert_int_equal(notice_due(&idle, used + limit, used, told,
			     used + 46 * USEC_DAY),
	    used + 46 * USEC_DAY);
}

static void
another_step_in_the_configuration_is_told_when_it_comes(void **state)
{
	const struct notice_steps more = {.before = {USEC_DAY, 14 * USEC_DAY,
					      30 * USEC_DAY},
	    .n = 3};
	const usec_t		  end = NOW + 14 * USEC_DAY;

	(void)state;
	assert_int_equal(notice_due(&more, end, AGO, end - 30 * USEC_DAY, NOW),
	    NOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_step_comes_when_its_time_has_come_and_not_before),
	    cmocka_unit_test(what_was_told_is_not_told_again),
	    cmocka_unit_test(of_several_that_were_missed_the_last_is_told),
	    cmocka_unit_test(a_short_life_has_only_the_steps_that_lie_ahead),
	    cmocka_unit_test(there_is_none_without_an_end_and_none_after_it),
	    cmocka_unit_test(an_end_that_moves_is_told_anew),
	    cmocka_unit_test(
		another_step_in_the_configuration_is_told_when_it_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
