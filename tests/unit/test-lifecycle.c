#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "token/lifecycle.h"

#define NOW (1000 * USEC_SEC)

struct fixture {
	struct token_table *tt;
	struct account	   *alice;
	struct token	   *t;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	f->tt = token_table_new(10);
	f->alice = token_table_add_account(f->tt, SLICE("alice"), 0);
	f->t = token_new(SLICE("pat_a"));
	f->t->hash[0] = 1;
	f->t->account = f->alice;
	token_table_add(f->tt, f->t);
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

static int
change(struct fixture *f, enum token_state to, enum lifecycle_how how)
{
	return lifecycle_change(f->tt, f->t, to, how, NOW, "request",
	    "admin:root", NULL);
}

/* As if it had come there: through the counters, past the table. */
static void
put(struct fixture *f, enum token_state to)
{
	token_table_count_change(f->tt, f->t, to);
	f->t->state = to;
}

static void
only_the_changes_of_the_table_are_allowed(void **state)
{
	static const char table[4][5] = {"-xxx", "x-xx", "---x", "----"};
	struct fixture	 *f = *state;
	int		  from, to, want;

	for (from = 0; from < 4; from++)
		for (to = 0; to < 4; to++) {
			put(f, (enum token_state)from);
			want = from == to	   ? LIFECYCLE_E_SAME :
			    table[from][to] == 'x' ? LIFECYCLE_OK :
						     LIFECYCLE_E_REFUSED;
			assert_int_equal(change(f, (enum token_state)to,
					     LIFECYCLE_CHANGE),
			    want);
			assert_int_equal((int)f->t->state,
			    want == LIFECYCLE_OK ? to : from);
		}
}

static void
undo_brings_an_expired_token_back_and_nothing_else_new(void **state)
{
	struct fixture *f = *state;

	put(f, TOKEN_EXPIRED);
	assert_int_equal(change(f, TOKEN_INACTIVE, LIFECYCLE_UNDO),
	    LIFECYCLE_E_REFUSED);
	assert_int_equal(change(f, TOKEN_ACTIVE, LIFECYCLE_UNDO), LIFECYCLE_OK);
	put(f, TOKEN_DELETED);
	assert_int_equal(change(f, TOKEN_ACTIVE, LIFECYCLE_UNDO),
	    LIFECYCLE_E_REFUSED);
}

static void
nothing_becomes_active_once_its_end_has_come(void **state)
{
	struct fixture *f = *state;
	struct error	err;

	put(f, TOKEN_EXPIRED);
	f->t->expires = NOW;
	assert_int_equal(change(f, TOKEN_ACTIVE, LIFECYCLE_UNDO),
	    LIFECYCLE_E_REFUSED);
	put(f, TOKEN_INACTIVE);
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_ACTIVE,
			     LIFECYCLE_CHANGE, NOW, "request", "admin:root",
			     &err),
	    LIFECYCLE_E_REFUSED);
	assert_string_equal(err.text,
	    "access token pat_a ended at "
	    "1970-01-01T00:16:40Z and cannot become active");
	f->t->expires = NOW + 1;
	assert_int_equal(change(f, TOKEN_ACTIVE, LIFECYCLE_UNDO), LIFECYCLE_OK);
}

static void
assert_text(const struct sym *s, const char *text)
{
	assert_true(slice_is(sym_text(s), text));
}

static void
a_change_keeps_cause_actor_and_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_INACTIVE,
			     LIFECYCLE_CHANGE, NOW, "rule", "rule:burst", NULL),
	    LIFECYCLE_OK);
	assert_text(f->t->cause, "rule");
	assert_text(f->t->actor, "rule:burst");
	assert_int_equal(f->t->changed, NOW);
	/* Its own texts may be given back to it. */
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_ACTIVE,
			     LIFECYCLE_CHANGE, NOW + 1, f->t->cause->text,
			     f->t->actor->text, NULL),
	    LIFECYCLE_OK);
	assert_text(f->t->cause, "rule");
	assert_int_equal(f->t->changed, NOW + 1);
}

static void
a_refused_change_leaves_everything_and_says_why(void **state)
{
	struct fixture *f = *state;
	struct error	err;

	assert_int_equal(change(f, TOKEN_DELETED, LIFECYCLE_CHANGE),
	    LIFECYCLE_OK);
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_ACTIVE,
			     LIFECYCLE_CHANGE, NOW + 1, "x", "y", &err),
	    LIFECYCLE_E_REFUSED);
	assert_string_equal(err.text,
	    "access token pat_a is deleted and cannot become active");
	assert_text(f->t->cause, "request");
	assert_int_equal(f->t->changed, NOW);
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_DELETED,
			     LIFECYCLE_CHANGE, NOW + 1, "x", "y", &err),
	    LIFECYCLE_E_SAME);
	assert_string_equal(err.text, "access token pat_a is deleted already");
}

static void
a_long_cause_is_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	char		text[LIFECYCLE_CAUSE_MAX + 3];

	memset(text, 'x', sizeof text);
	text[LIFECYCLE_CAUSE_MAX] = '\0';
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_INACTIVE,
			     LIFECYCLE_CHANGE, NOW, text, text, NULL),
	    LIFECYCLE_OK);
	assert_int_equal(sym_text(f->t->cause).n, LIFECYCLE_CAUSE_MAX);
	assert_int_equal(sym_text(f->t->actor).n, LIFECYCLE_ACTOR_MAX);
	strcpy(text + LIFECYCLE_CAUSE_MAX - 1, "\xc3\xa4");
	assert_int_equal(lifecycle_change(f->tt, f->t, TOKEN_ACTIVE,
			     LIFECYCLE_CHANGE, NOW, text, NULL, NULL),
	    LIFECYCLE_OK);
	assert_int_equal(sym_text(f->t->cause).n, LIFECYCLE_CAUSE_MAX - 1);
	assert_text(f->t->actor, "");
}

static void
counts_of_table_and_account_follow(void **state)
{
	struct fixture		  *f = *state;
	const struct token_counts *c = token_table_counts(f->tt);

	assert_int_equal(c->by_state[TOKEN_ACTIVE], 1);
	assert_int_equal(f->alice->nactive, 1);
	assert_int_equal(change(f, TOKEN_INACTIVE, LIFECYCLE_CHANGE), 0);
	assert_int_equal(c->by_state[TOKEN_ACTIVE], 0);
	assert_int_equal(c->by_state[TOKEN_INACTIVE], 1);
	assert_int_equal(f->alice->nactive, 0);
	assert_int_equal(f->alice->ntokens, 1);
	assert_int_equal(change(f, TOKEN_DELETED, LIFECYCLE_CHANGE), 0);
	assert_int_equal(c->by_state[TOKEN_DELETED], 1);
	assert_int_equal(f->alice->ntokens, 0);
}

static void
only_an_active_token_past_its_end_is_due(void **state)
{
	struct fixture *f = *state;

	assert_false(lifecycle_is_due(f->t, NOW));
	f->t->expires = NOW;
	assert_false(lifecycle_is_due(f->t, NOW - 1));
	assert_true(lifecycle_is_due(f->t, NOW));
	put(f, TOKEN_INACTIVE);
	assert_false(lifecycle_is_due(f->t, NOW));
}

static int
pause_until(struct fixture *f, usec_t until)
{
	return lifecycle_pause(f->tt, f->t, until, NOW, "request", "admin:root",
	    NULL);
}

static void
a_pause_is_inactive_until_its_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pause_until(f, NOW + 10), LIFECYCLE_OK);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	assert_int_equal(token_until(f->t), NOW + 10);
	assert_int_equal(f->alice->nactive, 0);
	assert_false(lifecycle_is_over(f->t, NOW + 9));
	assert_true(lifecycle_is_over(f->t, NOW + 10));
	assert_null(token_table_due(f->tt, NOW + 9));
	assert_ptr_equal(token_table_due(f->tt, NOW + 10), f->t);
}

static void
any_change_takes_the_time_away(void **state)
{
	static const enum token_state to[] = {TOKEN_ACTIVE, TOKEN_INACTIVE,
	    TOKEN_EXPIRED, TOKEN_DELETED};
	struct fixture		     *f = *state;
	unsigned		      i;

	for (i = 0; i < 4; i++) {
		put(f, TOKEN_ACTIVE);
		assert_int_equal(pause_until(f, NOW + 10), LIFECYCLE_OK);
		assert_int_equal(change(f, to[i], LIFECYCLE_CHANGE),
		    LIFECYCLE_OK);
		assert_int_equal(f->t->state, to[i]);
		assert_int_equal(token_until(f->t), 0);
		assert_null(token_table_due(f->tt, NOW + 10));
	}
}

static void
another_pause_moves_the_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pause_until(f, NOW + 10), LIFECYCLE_OK);
	assert_int_equal(pause_until(f, NOW + 5), LIFECYCLE_OK);
	assert_int_equal(token_until(f->t), NOW + 5);
}

static void
what_is_off_for_good_is_not_paused(void **state)
{
	struct fixture *f = *state;
	int		from;

	for (from = TOKEN_INACTIVE; from <= TOKEN_DELETED; from++) {
		put(f, (enum token_state)from);
		assert_int_equal(pause_until(f, NOW + 10),
		    from == TOKEN_INACTIVE ? LIFECYCLE_E_SAME :
					     LIFECYCLE_E_REFUSED);
		assert_int_equal(token_until(f->t), 0);
	}
}

static void
checking_answers_and_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(lifecycle_check(f->t, TOKEN_DELETED, NOW),
	    LIFECYCLE_OK);
	assert_int_equal(lifecycle_check(f->t, TOKEN_ACTIVE, NOW),
	    LIFECYCLE_E_SAME);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	assert_int_equal(f->t->changed, 0);
}

static void
what_is_past_its_end_is_expired_before_anybody_writes_so(void **state)
{
	struct fixture *f = *state;

	f->t->expires = NOW;
	assert_int_equal(lifecycle_state(f->t, NOW - 1), TOKEN_ACTIVE);
	assert_int_equal(lifecycle_state(f->t, NOW), TOKEN_EXPIRED);
	put(f, TOKEN_INACTIVE);
	assert_int_equal(lifecycle_state(f->t, NOW), TOKEN_INACTIVE);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(only_the_changes_of_the_table_are_allowed),
	    TEST(undo_brings_an_expired_token_back_and_nothing_else_new),
	    TEST(nothing_becomes_active_once_its_end_has_come),
	    TEST(a_change_keeps_cause_actor_and_time),
	    TEST(a_refused_change_leaves_everything_and_says_why),
	    TEST(a_long_cause_is_cut_between_characters),
	    TEST(counts_of_table_and_account_follow),
	    TEST(only_an_active_token_past_its_end_is_due),
	    TEST(a_pause_is_inactive_until_its_time),
	    TEST(any_change_takes_the_time_away),
	    TEST(another_pause_moves_the_time),
	    TEST(what_is_off_for_good_is_not_paused),
	    TEST(checking_answers_and_changes_nothing),
	    TEST(what_is_past_its_end_is_expired_before_anybody_writes_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
