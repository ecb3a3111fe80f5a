/* daemon/retention: when a step of deleting is due, and how large it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/retention.h"
#include "store/store.h"

/* One step over an empty store: nothing more is to be deleted. */
static void
step(struct retention *t)
{
	struct committer_keep keep = {.uses = USEC_DAY};
	struct store	     *st = NULL;
	struct error	      err;
	uint64_t	      rows = 1;

	assert_int_equal(store_open(":memory:", &st, &err), STORE_OK);
	assert_int_equal(retention_step(t, st, &keep, 1000 * USEC_DAY, &rows,
			     &err),
	    STORE_OK);
	assert_int_equal(rows, 0);
	store_close(&st);
}

static void
it_looks_at_the_start_and_then_after_256_commits(void **state)
{
	struct retention t;
	unsigned	 i;

	(void)state;
	retention_init(&t);
	assert_true(retention_is_due(&t));
	step(&t);
	for (i = 0; i < 255; i++)
		retention_committed(&t, 0);
	assert_false(retention_is_due(&t));
	retention_committed(&t, 0);
	assert_true(retention_is_due(&t));
	step(&t);
	assert_false(retention_is_due(&t));
}

static void
or_after_a_thousand_refused_lines(void **state)
{
	struct retention t;

	(void)state;
	retention_init(&t);
	step(&t);
	retention_committed(&t, 999);
	assert_false(retention_is_due(&t));
	retention_committed(&t, 1);
	assert_true(retention_is_due(&t));
	assert_int_equal(t.refused, 1000);
	step(&t);
	assert_int_equal(t.refused, 0);
}

static void
a_step_grows_while_it_is_quick_and_halves_when_slow(void **state)
{
	struct retention t;
	int		 first, i;

	(void)state;
	retention_init(&t);
	first = t.rows;
	retention_adapt(&t, 4999);
	assert_int_equal(t.rows, 2 * first);
	retention_adapt(&t, 5000);
	retention_adapt(&t, 20000);
	assert_int_equal(t.rows, 2 * first);
	retention_adapt(&t, 20001);
	assert_int_equal(t.rows, first);
	for (i = 0; i < 20; i++)
		retention_adapt(&t, USEC_SEC);
	assert_int_equal(t.rows, 50);
	for (i = 0; i < 20; i++)
		retention_adapt(&t, 0);
	assert_int_equal(t.rows, 20000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_looks_at_the_start_and_then_after_256_commits),
	    cmocka_unit_test(or_after_a_thousand_refused_lines),
	    cmocka_unit_test(
		a_step_grows_while_it_is_quick_and_halves_when_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
