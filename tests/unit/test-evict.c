#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "token/evict.h"

#define N 1000

static struct token t[N];
static struct evict e;

static int
setup(void **state)
{
	(void)state;
	memset(t, 0, sizeof t);
	evict_init(&e);
	return 0;
}

static void
nothing_gives_way_in_an_empty_list(void **state)
{
	(void)state;
	assert_null(evict_oldest(&e));
	evict_remove(&e, &t[0]);
	assert_null(evict_oldest(&e));
}

static void
the_first_added_gives_way_first(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		evict_add(&e, &t[i]);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(evict_oldest(&e), &t[i]);
		evict_remove(&e, &t[i]);
	}
	assert_null(e.oldest);
	assert_null(e.newest);
}

static void
one_can_leave_from_the_middle_and_both_ends(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		evict_add(&e, &t[i]);
	evict_remove(&e, &t[1]);
	evict_remove(&e, &t[3]);
	evict_remove(&e, &t[3]);
	assert_ptr_equal(e.newest, &t[2]);
	evict_remove(&e, &t[0]);
	assert_ptr_equal(evict_oldest(&e), &t[2]);
	assert_null(t[2].older);
	assert_null(t[2].newer);
}

static void
loaded_tokens_give_way_by_their_last_use(void **state)
{
	usec_t before = -1;
	int    i;

	(void)state;
	/* 7919 is prime: every time once, in no order. */
	for (i = 0; i < N; i++) {
		t[i].last.time = i * 7919 % N;
		evict_add_unsorted(&e, &t[i]);
	}
	for (i = 0; i < N; i++) {
		struct token *o = evict_oldest(&e);

		assert_true(o->last.time > before);
		before = o->last.time;
		evict_remove(&e, o);
	}
	assert_null(evict_oldest(&e));
}

static void
sorting_links_both_ways_and_keeps_equals_in_order(void **state)
{
	(void)state;
	t[0].last.time = 5;
	evict_add_unsorted(&e, &t[0]);
	evict_add_unsorted(&e, &t[1]);
	evict_add_unsorted(&e, &t[2]);
	assert_ptr_equal(evict_oldest(&e), &t[1]);
	assert_ptr_equal(t[1].newer, &t[2]);
	assert_ptr_equal(t[2].newer, &t[0]);
	assert_ptr_equal(t[0].older, &t[2]);
	assert_ptr_equal(t[2].older, &t[1]);
	assert_null(t[1].older);
	assert_ptr_equal(e.newest, &t[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(nothing_gives_way_in_an_empty_list, setup),
	    cmocka_unit_test_setup(the_first_added_gives_way_first, setup),
	    cmocka_unit_test_setup(one_can_leave_from_the_middle_and_both_ends,
		setup),
	    cmocka_unit_test_setup(loaded_tokens_give_way_by_their_last_use,
		setup),
	    cmocka_unit_test_setup(
		sorting_links_both_ways_and_keeps_equals_in_order, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
