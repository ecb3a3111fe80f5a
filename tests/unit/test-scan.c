#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "token/scan.h"

#define NTOKENS 1000

struct fixture {
	struct token_table *tt;
	struct account	   *alice, *bob;
	struct token_filter f;
	struct scan	    s;
	unsigned	    got;
	unsigned	    stop; /* at every so many; 0: never */
	uint32_t	    last; /* tid */
	bool		    down; /* they come the newest first */
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	struct token   *t;
	char		id[16];
	unsigned	i;

	f->tt = token_table_new(10);
	f->alice = token_table_add_account(f->tt, SLICE("alice"), 0);
	f->bob = token_table_add_account(f->tt, SLICE("bob"), 0);
	for (i = 0; i < NTOKENS; i++) {
		snprintf(id, sizeof id, "pat_%u", i);
		t = token_new(slice_of(id));
		t->hash[0] = (uint8_t)i;
		t->hash[1] = (uint8_t)(i >> 8);
		t->account = i % 4 == 0 ? f->bob : f->alice;
		token_table_add(f->tt, t);
	}
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	token_table_free(&f->tt);
	free(f);
	return 0;
}

static bool
take(struct token *t, void *arg)
{
	struct fixture *f = arg;

	if (f->last != 0)
		assert_true(f->down ? t->tid < f->last : t->tid > f->last);
	f->last = t->tid;
	f->got++;
	return f->stop == 0 || f->got % f->stop != 0;
}

static bool
some(struct fixture *f, size_t n)
{
	return scan_some(&f->s, f->tt, &f->f, 0, n, take, f);
}

static void
all_come_once_in_the_order_they_were_made(void **state)
{
	struct fixture *f = *state;

	while (!some(f, 300))
		;
	assert_int_equal(f->got, NTOKENS);
}

static void
no_slice_looks_at_many_more_than_asked_for(void **state)
{
	struct fixture *f = *state;

	assert_false(some(f, 1));
	assert_true(f->got > 0 && f->got <= 256);
}

static void
who_has_enough_goes_on_behind_it(void **state)
{
	struct fixture *f = *state;

	f->stop = 7;
	assert_false(some(f, NTOKENS));
	assert_int_equal(f->got, 7);
	while (!some(f, NTOKENS))
		;
	assert_int_equal(f->got, NTOKENS);
}

static void
of_an_account_the_newest_come_first(void **state)
{
	struct fixture *f = *state;

	f->f.account = f->bob;
	f->down = true;
	f->stop = 100;
	while (!some(f, 7))
		;
	assert_int_equal(f->got, NTOKENS / 4);
}

static void
nothing_is_looked_at_where_nothing_can_match(void **state)
{
	struct fixture *f = *state;

	f->f.none = true;
	assert_true(some(f, 1));
	f->f.none = false;
	f->f.account = token_table_add_account(f->tt, SLICE("carol"), 0);
	assert_true(some(f, 1));
	assert_int_equal(f->got, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_come_once_in_the_order_they_were_made),
	    TEST(no_slice_looks_at_many_more_than_asked_for),
	    TEST(who_has_enough_goes_on_behind_it),
	    TEST(of_an_account_the_newest_come_first),
	    TEST(nothing_is_looked_at_where_nothing_can_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
