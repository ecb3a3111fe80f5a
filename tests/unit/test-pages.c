#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "token/pages.h"

static int a, b, c;

static void
nothing_is_found_in_no_pages(void **state)
{
	struct pages p;

	(void)state;
	pages_init(&p);
	assert_null(pages_find(&p, 0));
	assert_null(pages_find(&p, UINT32_MAX));
	assert_null(pages_next(&p, 0));
	assert_null(pages_next(&p, UINT32_MAX));
	pages_clear(&p);
}

static void
values_are_found_on_both_sides_of_a_page_border(void **state)
{
	struct pages p;

	(void)state;
	pages_init(&p);
	pages_add(&p, 1023, &a);
	pages_add(&p, 1024, &b);
	assert_ptr_equal(pages_find(&p, 1023), &a);
	assert_ptr_equal(pages_find(&p, 1024), &b);
	assert_null(pages_find(&p, 1022));
	assert_null(pages_find(&p, 1025));
	pages_clear(&p);
}

static void
a_walk_goes_up_and_over_holes(void **state)
{
	struct pages p;

	(void)state;
	pages_init(&p);
	pages_add(&p, 100000, &c);
	pages_add(&p, 1, &a);
	pages_add(&p, 2048, &b);
	assert_ptr_equal(pages_next(&p, 0), &a);
	assert_ptr_equal(pages_next(&p, 1), &b);
	assert_ptr_equal(pages_next(&p, 2047), &b);
	assert_ptr_equal(pages_next(&p, 2048), &c);
	assert_null(pages_next(&p, 100000));
	pages_clear(&p);
}

static void
some_are_the_next_ones_and_no_more_than_asked_for(void **state)
{
	struct pages p;
	void	    *got[3];

	(void)state;
	pages_init(&p);
	assert_int_equal(pages_some(&p, 0, got, 3), 0);
	pages_add(&p, 1, &a);
	pages_add(&p, 1024, &b);
	pages_add(&p, UINT32_MAX, &c);
	assert_int_equal(pages_some(&p, 0, got, 3), 3);
	assert_ptr_equal(got[0], &a);
	assert_ptr_equal(got[2], &c);
	assert_int_equal(pages_some(&p, 0, got, 2), 2);
	assert_int_equal(pages_some(&p, 1, got, 3), 2);
	assert_ptr_equal(got[0], &b);
	assert_int_equal(pages_some(&p, UINT32_MAX, got, 3), 0);
	pages_clear(&p);
}

static void
the_highest_number_has_room(void **state)
{
	struct pages p;

	(void)state;
	pages_init(&p);
	pages_add(&p, UINT32_MAX, &a);
	assert_ptr_equal(pages_find(&p, UINT32_MAX), &a);
	assert_ptr_equal(pages_next(&p, 7), &a);
	assert_null(pages_next(&p, UINT32_MAX));
	pages_clear(&p);
}

static void
an_empty_page_is_given_back_and_made_again(void **state)
{
	struct pages p;

	(void)state;
	pages_init(&p);
	pages_add(&p, 5, &a);
	pages_add(&p, 6, &b);
	pages_remove(&p, 5);
	assert_non_null(p.page[0]);
	assert_null(pages_find(&p, 5));
	pages_remove(&p, 6);
	assert_null(p.page[0]);
	assert_null(pages_next(&p, 0));
	pages_add(&p, 5, &c);
	assert_ptr_equal(pages_find(&p, 5), &c);
	pages_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_found_in_no_pages),
	    cmocka_unit_test(values_are_found_on_both_sides_of_a_page_border),
	    cmocka_unit_test(a_walk_goes_up_and_over_holes),
	    cmocka_unit_test(some_are_the_next_ones_and_no_more_than_asked_for),
	    cmocka_unit_test(the_highest_number_has_room),
	    cmocka_unit_test(an_empty_page_is_given_back_and_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
