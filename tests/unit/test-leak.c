#include "engine-fixture.h"

#include <string.h>

#include "engine/brake.h"

#define T0 (490000 * USEC_HOUR)

static const struct engine_actor door = {"public", -1, -1};

struct fixture {
	struct engine *e;
	struct batch  *other;
	struct token  *t;
	char	       alert[ALERT_ID_MAX];
};

static struct engine_opts
options(enum token_state to)
{
	return (struct engine_opts){.lateness = USEC_DAY,
	    .dedup_max = 1000,
	    .strings_max = 1000,
	    .foreign_max = 3,
	    .alerts_max = 100,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 10,
	    .auto_per_account = 2,
	    .leak_to = to,
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 0,
	    .brake_per = 10 * USEC_MIN,
	    .brake_share = 1.0};
}

static struct token *
make(struct fixture *f, enum token_kind kind, const char *labels)
{
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = kind,
	    .labels = slice_of(labels)};
	struct engine_made	made;
	struct error		err;

	if (engine_token_create(f->e, &want, T0, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made.token;
}

static int
setup(void **state)
{
	struct fixture	  *f = xcalloc(1, sizeof *f);
	struct engine_opts o = options(TOKEN_INACTIVE);

	fixture_engine(&o, "", T0, &f->e, &f->other);
	f->t = make(f, TOKEN_MANUAL, NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fixture_engine_free(&f->e, &f->other);
	free(f);
	return 0;
}

static struct batch *
take(struct fixture *f)
{
	return fixture_take(f->e, &f->other, 0);
}

static enum engine_leaked
leak(struct fixture *f, struct token *t, usec_t now)
{
	struct engine_leak l = {.token = t,
	    .by = "public 192.0.2.7",
	    .source = SLICE("content"),
	    .url = SLICE("https://example.com/\"x\"")};

	return engine_leak(f->e, &l, now, &door, f->alert);
}

/* It works no longer; and the token must not fall with it again and again. */
static void
a_secret_that_was_replaced_changes_nothing(void **state)
{
	struct fixture	       *f = *state;
	struct engine_leak	l = {.token = f->t,
		 .superseded = true,
		 .by = "public"};
	const struct alert_row *a;

	assert_int_equal(engine_leak(f->e, &l, T0, &door, f->alert),
	    ENGINE_LEAK_ALERTED);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	a = &take(f)->alerts[0];
	assert_int_equal(a->level, RULE_LOW);
	assert_true(slice_is(a->done, "nothing: that secret was replaced"));
	assert_int_equal(engine_leak(f->e, &l, T0 + 1, &door, f->alert),
	    ENGINE_LEAK_REPEATED);
	/* The one that works is another matter, in the same alert. */
	assert_int_equal(leak(f, f->t, T0 + 2), ENGINE_LEAK_CHANGED);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
}

static void
a_leak_is_a_change_an_alert_a_use_and_two_audits(void **state)
{
	struct fixture	       *f = *state;
	const struct alert_row *a;
	const struct batch     *b;
	size_t			uses = take(f)->nuses;

	assert_int_equal(leak(f, f->t, T0 + 1), ENGINE_LEAK_CHANGED);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	b = take(f);
	assert_int_equal(b->nalerts, 1);
	a = &b->alerts[0];
	assert_string_equal(a->id, f->alert);
	assert_true(slice_is(a->rule, ENGINE_LEAK_RULE));
	assert_true(slice_is(a->token, f->t->id));
	assert_true(slice_is(a->account, "alice"));
	assert_int_equal(a->level, RULE_HIGH);
	assert_int_equal(a->mode, RULE_ENFORCE);
	assert_int_equal(a->tid, f->t->tid);
	assert_int_equal(a->nuses, 1);
	assert_int_equal(a->uses[0], uses + 1);
	assert_true(slice_is(a->summary,
	    "{\"leak.by\":\"public 192.0.2.7\",\"leak.source\":\"content\","
	    "\"leak.url\":\"https://example.com/\\\"x\\\"\"}"));
	assert_int_equal(b->noutbox, 1);
	assert_int_equal(b->nuses, 1);
	assert_int_equal(b->uses[0].token, 0);
	assert_int_equal(b->naudits, 2);
	assert_true(slice_is(b->audits[0].action, "token.deactivate"));
	assert_true(slice_is(b->audits[0].actor, "rule:patrol.leak"));
	assert_true(slice_is(b->audits[1].action, "leak.report"));
	assert_true(slice_is(b->audits[1].actor, "public"));
	assert_int_equal(f->t->uses, 0);
}

static void
a_further_report_leaves_nothing_now_and_later(void **state)
{
	struct fixture *f = *state;
	usec_t		t;

	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_CHANGED);
	take(f);
	for (t = T0; t < T0 + 100 * USEC_DAY; t += 20 * USEC_HOUR)
		assert_int_equal(leak(f, f->t, t), ENGINE_LEAK_REPEATED);
	assert_true(batch_is_empty(take(f)));
	assert_int_equal(engine_counts(f->e)->alerts, 1);
}

static struct alert *
find_alert(struct fixture *f)
{
	return alert_table_find(engine_alerts(f->e), slice_of(f->alert));
}

static void
what_is_undone_stays_so_while_the_alert_lasts(void **state)
{
	struct fixture *f = *state;
	struct token   *t;
	struct error	err;
	char		first[ALERT_ID_MAX];

	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_CHANGED);
	memcpy(first, f->alert, sizeof first);
	assert_int_equal(engine_undo(f->e, find_alert(f), T0 + 1, &root, &t,
			     &err),
	    ENGINE_OK);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	assert_int_equal(leak(f, f->t, T0 + USEC_DAY), ENGINE_LEAK_REPEATED);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	assert_int_equal(leak(f, f->t, T0 + USEC_DAY + 1), ENGINE_LEAK_CHANGED);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	assert_string_not_equal(f->alert, first);
}

static void
alert_only_is_critical_and_told_once_a_day(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = options(TOKEN_ACTIVE);

	engine_set_opts(f->e, &o);
	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_ALERTED);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	assert_int_equal(find_alert(f)->row.level, RULE_CRITICAL);
	assert_int_equal(leak(f, f->t, T0 + USEC_DAY), ENGINE_LEAK_REPEATED);
	assert_int_equal(leak(f, f->t, T0 + USEC_DAY + 1), ENGINE_LEAK_ALERTED);
	assert_int_equal(engine_counts(f->e)->alerts, 2);
}

static void
expire_is_for_good_until_it_is_undone(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = options(TOKEN_EXPIRED);
	struct token	  *t;
	struct error	   err;

	engine_set_opts(f->e, &o);
	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_CHANGED);
	assert_int_equal(f->t->state, TOKEN_EXPIRED);
	assert_int_equal(engine_undo(f->e, find_alert(f), T0, &root, &t, &err),
	    ENGINE_OK);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
}

static void
the_dead_are_told_by_how_dead_they_are(void **state)
{
	static const struct {
		enum token_state to;
		enum rule_level	 level;
	} dead[] = {{TOKEN_INACTIVE, RULE_MEDIUM}, {TOKEN_EXPIRED, RULE_LOW},
	    {TOKEN_DELETED, RULE_LOW}};
	struct fixture *f = *state;
	struct token   *t;
	struct error	err;
	size_t		i;

	for (i = 0; i < 3; i++) {
		t = make(f, TOKEN_MANUAL, NULL);
		assert_int_equal(engine_token_change(f->e, t, dead[i].to, NULL,
				     T0, &root, &err),
		    ENGINE_OK);
		assert_int_equal(leak(f, t, T0), ENGINE_LEAK_ALERTED);
		assert_int_equal(find_alert(f)->row.level, dead[i].level);
		assert_int_equal(find_alert(f)->row.tid, 0);
		assert_int_equal(t->state, dead[i].to);
		assert_int_equal(leak(f, t, T0), ENGINE_LEAK_REPEATED);
	}
}

static void
a_token_at_its_end_is_dead_already(void **state)
{
	struct fixture *f = *state;

	f->t->expires = T0 + 1;
	assert_int_equal(leak(f, f->t, T0 + 1), ENGINE_LEAK_ALERTED);
	assert_int_equal(f->t->state, TOKEN_EXPIRED);
	assert_int_equal(find_alert(f)->row.level, RULE_LOW);
}

/* What was medium while it was off is critical once it is on. */
static void
one_that_is_let_in_again_is_graver(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = options(TOKEN_ACTIVE);
	struct error	   err;

	engine_set_opts(f->e, &o);
	assert_int_equal(engine_token_change(f->e, f->t, TOKEN_INACTIVE, NULL,
			     T0, &root, &err),
	    ENGINE_OK);
	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_ALERTED);
	assert_int_equal(engine_token_change(f->e, f->t, TOKEN_ACTIVE, NULL, T0,
			     &root, &err),
	    ENGINE_OK);
	assert_int_equal(leak(f, f->t, T0 + 1), ENGINE_LEAK_ALERTED);
	assert_int_equal(find_alert(f)->row.level, RULE_CRITICAL);
	assert_int_equal(engine_counts(f->e)->alerts, 1);
	o = options(TOKEN_INACTIVE);
	engine_set_opts(f->e, &o);
	assert_int_equal(leak(f, f->t, T0 + 2), ENGINE_LEAK_CHANGED);
}

static void
traps_and_protected_ones_are_left(void **state)
{
	struct fixture *f = *state;
	struct token   *honey = make(f, TOKEN_HONEY, NULL);
	struct token   *kept = make(f, TOKEN_MANUAL, "a protected");

	assert_int_equal(leak(f, honey, T0), ENGINE_LEAK_ALERTED);
	assert_int_equal(find_alert(f)->row.level, RULE_HIGH);
	assert_int_equal(leak(f, kept, T0), ENGINE_LEAK_ALERTED);
	assert_int_equal(find_alert(f)->row.level, RULE_CRITICAL);
	assert_int_equal(honey->state, TOKEN_ACTIVE);
	assert_int_equal(kept->state, TOKEN_ACTIVE);
}

/* The fixture's brake allows no change at all. */
static void
the_brake_has_no_say(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(leak(f, f->t, T0), ENGINE_LEAK_CHANGED);
	assert_false(engine_brake(f->e)->on);
	assert_int_equal(engine_counts(f->e)->responses, 1);
}

/* An id that would end the alert's key as JSON. */
static void
a_foreign_token_is_taken_out_too(void **state)
{
	struct fixture *f = *state;
	struct token   *t;
	bool		is_new;

	t = token_table_foreign(engine_tokens(f->e), SLICE("a\"b\\c"), &is_new);
	assert_int_equal(leak(f, t, T0), ENGINE_LEAK_CHANGED);
	assert_int_equal(t->state, TOKEN_INACTIVE);
	assert_true(
	    slice_is(find_alert(f)->row.key, "{\"token\":\"a\\\"b\\\\c\"}"));
	assert_null(find_alert(f)->row.account.p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_leak_is_a_change_an_alert_a_use_and_two_audits),
	    T(a_secret_that_was_replaced_changes_nothing),
	    T(a_further_report_leaves_nothing_now_and_later),
	    T(what_is_undone_stays_so_while_the_alert_lasts),
	    T(alert_only_is_critical_and_told_once_a_day),
	    T(expire_is_for_good_until_it_is_undone),
	    T(the_dead_are_told_by_how_dead_they_are),
	    T(a_token_at_its_end_is_dead_already),
	    T(one_that_is_let_in_again_is_graver),
	    T(traps_and_protected_ones_are_left),
	    T(the_brake_has_no_say),
	    T(a_foreign_token_is_taken_out_too),
	};

	return cmocka_run_group_tests_name("engine/leak", tests, NULL, NULL);
}
