#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/brake.h"

#define NOW (1000 * USEC_HOUR)

static void
as_many_changes_as_it_says_are_allowed(void **state)
{
	struct brake b;
	unsigned     i;

	(void)state;
	brake_init(&b, 20, 10 * USEC_MIN, 1.0);
	for (i = 0; i < 20; i++)
		assert_true(brake_allow(&b, NOW + i, 1000000));
	assert_false(b.on);
	assert_false(brake_allow(&b, NOW + 20, 1000000));
	assert_true(b.on);
	assert_int_equal(b.since, NOW + 20);
	brake_clear(&b);
}

static void
changes_long_ago_do_not_count(void **state)
{
	struct brake b;

	(void)state;
	brake_init(&b, 2, USEC_MIN, 1.0);
	assert_true(brake_allow(&b, NOW, 1000));
	assert_true(brake_allow(&b, NOW + 1, 1000));
	/* The first is just out of the minute, the second just in it. */
	assert_true(brake_allow(&b, NOW + 1 + USEC_MIN, 1000));
	assert_false(brake_allow(&b, NOW + 1 + USEC_MIN, 1000));
	brake_clear(&b);
}

static void
it_holds_until_it_is_released(void **state)
{
	struct brake b;

	(void)state;
	brake_init(&b, 1, USEC_MIN, 1.0);
	assert_true(brake_allow(&b, NOW, 1000));
	assert_false(brake_allow(&b, NOW, 1000));
	assert_false(brake_allow(&b, NOW + USEC_DAY, 1000));
	assert_int_equal(b.held, 2);
	brake_release(&b);
	assert_false(b.on);
	assert_true(brake_allow(&b, NOW + USEC_DAY, 1000));
	brake_clear(&b);
}

static void
a_share_of_the_active_tokens_is_the_limit(void **state)
{
	struct brake b;
	unsigned     i;

	(void)state;
	/* 5 % of 200: ten. */
	brake_init(&b, 100, USEC_HOUR, 0.05);
	for (i = 0; i < 10; i++)
		assert_true(brake_allow(&b, NOW, 200 - i));
	assert_false(brake_allow(&b, NOW, 190));
	brake_clear(&b);
}

static void
the_share_leaves_small_installations_some(void **state)
{
	struct brake b;
	unsigned     i;

	(void)state;
	brake_init(&b, 100, USEC_HOUR, 0.05);
	for (i = 0; i < BRAKE_SHARE_MIN; i++)
		assert_true(brake_allow(&b, NOW, 6 - i));
	assert_false(brake_allow(&b, NOW, 1));
	brake_clear(&b);
}

static void
none_allowed_is_a_limit_too(void **state)
{
	struct brake b;

	(void)state;
	brake_init(&b, 0, USEC_HOUR, 1.0);
	assert_false(brake_allow(&b, NOW, 1000));
	brake_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_changes_as_it_says_are_allowed),
	    cmocka_unit_test(changes_long_ago_do_not_count),
	    cmocka_unit_test(it_holds_until_it_is_released),
	    cmocka_unit_test(a_share_of_the_active_tokens_is_the_limit),
	    cmocka_unit_test(the_share_leaves_small_installations_some),
	    cmocka_unit_test(none_allowed_is_a_limit_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
