#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "token/pause.h"

#define NTOKENS 64

struct fixture {
	struct pauses p;
	struct token *t[NTOKENS];
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	char		id[16];
	unsigned	i;

	pauses_init(&f->p);
	for (i = 0; i < NTOKENS; i++) {
		snprintf(id, sizeof id, "pat_%u", i);
		f->t[i] = token_new(slice_of(id));
	}
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	pauses_clear(&f->p);
	for (i = 0; i < NTOKENS; i++)
		token_free(&f->t[i]);
	free(f);
	return 0;
}

static void
nothing_is_due_where_nothing_is_paused(void **state)
{
	struct fixture *f = *state;

	assert_null(pauses_due(&f->p, INT64_MAX));
	pauses_set(&f->p, f->t[0], 0);
	assert_int_equal(token_until(f->t[0]), 0);
	assert_int_equal(token_until(f->t[0]), 0);
}

static void
a_pause_is_due_at_its_time_and_not_before(void **state)
{
	struct fixture *f = *state;

	pauses_set(&f->p, f->t[0], 100);
	assert_int_equal(token_until(f->t[0]), 100);
	assert_null(pauses_due(&f->p, 99));
	assert_ptr_equal(pauses_due(&f->p, 100), f->t[0]);
	pauses_set(&f->p, f->t[0], 0);
	assert_null(pauses_due(&f->p, 100));
	assert_int_equal(token_until(f->t[0]), 0);
}

static void
another_time_takes_the_place_of_the_first(void **state)
{
	struct fixture *f = *state;

	pauses_set(&f->p, f->t[0], 100);
	pauses_set(&f->p, f->t[1], 50);
	pauses_set(&f->p, f->t[0], 10);
	assert_int_equal(f->p.n, 2);
	assert_ptr_equal(pauses_due(&f->p, 60), f->t[0]);
	pauses_set(&f->p, f->t[0], 70);
	assert_ptr_equal(pauses_due(&f->p, 60), f->t[1]);
}

/* Against a look at all of them. */
static void
check_first(const struct fixture *f)
{
	const struct token *t = pauses_due(&f->p, INT64_MAX);
	usec_t		    first = 0;
	size_t		    n = 0;
	unsigned	    i;

	for (i = 0; i < NTOKENS; i++) {
		if (token_until(f->t[i]) == 0)
			continue;
		n++;
		if (first == 0 || token_until(f->t[i]) < first)
			first = token_until(f->t[i]);
	}
	assert_int_equal(f->p.n, n);
	assert_int_equal(t != NULL ? token_until(t) : 0, first);
}

static void
the_soonest_is_first_whatever_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	unsigned	i, seed = 20261127;

	for (i = 0; i < 20000; i++) {
		pauses_set(&f->p, f->t[rand_r(&seed) % NTOKENS],
		    rand_r(&seed) % 3 == 0 ? 0 : 1 + rand_r(&seed) % 100);
		check_first(f);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_due_where_nothing_is_paused),
	    TEST(a_pause_is_due_at_its_time_and_not_before),
	    TEST(another_time_takes_the_place_of_the_first),
	    TEST(the_soonest_is_first_whatever_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
