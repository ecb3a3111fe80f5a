#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "token/lastused.h"

struct fixture {
	struct intern *in;
	struct token  *t;
};

static struct fixture fix;

static int
setup(void **state)
{
	fix.in = intern_new(100, 1);
	fix.t = token_new(SLICE("pat_a"));
	*state = &fix;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	token_free(&fix.t);
	intern_free(&fix.in);
	return 0;
}

static struct sym *
sym(struct fixture *f, const char *text)
{
	bool is_new;

	return intern_add(f->in, slice_of(text), &is_new);
}

static void
use_at(struct fixture *f, usec_t time, const char *ip, uint8_t outcome,
    uint64_t count)
{
	struct lastused_input in = {
	    .time = time,
	    .ip = sym(f, ip),
	    .client = sym(f, "docker"),
	    .action = sym(f, "pull"),
	    .repository = sym(f, "alice/app"),
	    .registry = sym(f, "hub"),
	    .outcome = outcome,
	    .count = count,
	};

	lastused_add(f->t, &in);
}

static void
assert_last_ip(struct fixture *f, const char *ip)
{
	assert_true(slice_is(sym_text(f->t->last.ip), ip));
}

static void
the_first_use_is_first_and_last(void **state)
{
	struct fixture *f = *state;

	use_at(f, 50, "192.0.2.1", OUTCOME_SUCCESS, 1);
	assert_int_equal(f->t->first_used, 50);
	assert_int_equal(f->t->last.time, 50);
	assert_int_equal(f->t->outcome, OUTCOME_SUCCESS);
	assert_last_ip(f, "192.0.2.1");
	assert_true(slice_is(sym_text(f->t->last.client), "docker"));
	assert_true(slice_is(sym_text(f->t->last.action), "pull"));
	assert_true(slice_is(sym_text(f->t->last.repository), "alice/app"));
	assert_true(slice_is(sym_text(f->t->last.registry), "hub"));
	assert_int_equal(f->t->uses, 1);
	assert_int_equal(f->t->refused, 0);
}

static void
a_later_use_and_one_as_late_become_the_last(void **state)
{
	struct fixture *f = *state;

	use_at(f, 50, "192.0.2.1", OUTCOME_SUCCESS, 1);
	use_at(f, 50, "192.0.2.2", OUTCOME_SUCCESS, 1);
	assert_last_ip(f, "192.0.2.2");
	use_at(f, 51, "192.0.2.3", OUTCOME_DENIED, 1);
	assert_last_ip(f, "192.0.2.3");
	assert_int_equal(f->t->outcome, OUTCOME_DENIED);
	assert_int_equal(f->t->first_used, 50);
}

static void
a_late_arrival_counts_but_is_not_the_last(void **state)
{
	struct fixture *f = *state;

	use_at(f, 50, "192.0.2.1", OUTCOME_SUCCESS, 1);
	use_at(f, 49, "192.0.2.2", OUTCOME_FAILURE, 1);
	assert_last_ip(f, "192.0.2.1");
	assert_int_equal(f->t->last.time, 50);
	assert_int_equal(f->t->first_used, 49);
	assert_int_equal(f->t->uses, 2);
	assert_int_equal(f->t->refused, 1);
}

static void
uses_are_weighted_by_their_count(void **state)
{
	struct fixture *f = *state;

	use_at(f, 1, "192.0.2.1", OUTCOME_SUCCESS, 10);
	use_at(f, 2, "192.0.2.1", OUTCOME_DENIED, 5);
	use_at(f, 3, "192.0.2.1", OUTCOME_NONE, 1);
	assert_int_equal(f->t->uses, 16);
	assert_int_equal(f->t->refused, 5);
}

static void
totals_stop_at_the_top_instead_of_wrapping(void **state)
{
	struct fixture *f = *state;

	use_at(f, 1, "192.0.2.1", OUTCOME_FAILURE, UINT64_MAX);
	use_at(f, 2, "192.0.2.1", OUTCOME_FAILURE, 1);
	assert_true(f->t->uses == UINT64_MAX);
	assert_true(f->t->refused == UINT64_MAX);
}

static void
symbols_are_held_while_they_are_the_last(void **state)
{
	struct fixture *f = *state;
	struct sym     *one = sym(f, "192.0.2.1");

	use_at(f, 1, "192.0.2.1", OUTCOME_SUCCESS, 1);
	use_at(f, 2, "192.0.2.1", OUTCOME_SUCCESS, 1);
	assert_int_equal(one->refs, 1);
	use_at(f, 3, "192.0.2.2", OUTCOME_SUCCESS, 1);
	assert_int_equal(one->refs, 0);
}

static void
what_a_use_does_not_say_is_forgotten(void **state)
{
	struct fixture	     *f = *state;
	struct lastused_input in = {.time = 2, .count = 1};

	use_at(f, 1, "192.0.2.1", OUTCOME_SUCCESS, 1);
	lastused_add(f->t, &in);
	assert_null(f->t->last.ip);
	assert_null(f->t->last.repository);
	assert_int_equal(f->t->outcome, OUTCOME_NONE);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_first_use_is_first_and_last),
	    TEST(a_later_use_and_one_as_late_become_the_last),
	    TEST(a_late_arrival_counts_but_is_not_the_last),
	    TEST(uses_are_weighted_by_their_count),
	    TEST(totals_stop_at_the_top_instead_of_wrapping),
	    TEST(symbols_are_held_while_they_are_the_last),
	    TEST(what_a_use_does_not_say_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
