/* engine: what people change of a token, and what then ends by itself. */
#include "engine-fixture.h"

#include <string.h>

#define T0 (490000 * USEC_HOUR)

static const char rules[] = "title: off\n"
			    "id: 00000000-0000-4000-8000-000000000001\n"
			    "logsource: {product: patrol}\n"
			    "detection: {s: {action: push}, condition: s}\n"
			    "patrol: {mode: enforce, respond: [deactivate]}\n";

struct fixture {
	struct engine *e;
	struct batch  *other;
	struct token  *t;
	struct error   err;
};

static struct engine_opts
options(void)
{
	return (struct engine_opts){.lateness = USEC_DAY,
	    .dedup_max = 10,
	    .strings_max = 10,
	    .foreign_max = 3,
	    .alerts_max = 10,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 10,
	    .auto_per_account = 1,
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 10,
	    .brake_per = USEC_MIN,
	    .brake_share = 1.0};
}

static int
setup(void **state)
{
	struct fixture	       *f = xcalloc(1, sizeof *f);
	struct engine_new_token want = {.account = SLICE("alice"),
	    .description = SLICE("old"),
	    .scope = SLICE("write a=write b=read"),
	    .labels = SLICE("ci prod"),
	    .expires = T0 + USEC_DAY};
	struct engine_opts	o = options();
	struct engine_made	made;

	fixture_engine(&o, rules, T0, &f->e, &f->other);
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     NULL),
	    ENGINE_OK);
	f->t = made.token;
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

static void
has(struct slice facts, const char *text)
{
	assert_non_null(facts.p);
	if (memmem(facts.p, facts.n, text, strlen(text)) == NULL)
		fail_msg("%.*s has no %s", SLICE_ARG(facts), text);
}

/* --- edit -------------------------------------------------------------- */

static int
edit(struct fixture *f, const struct engine_edit *want)
{
	return engine_token_edit(f->e, f->t, want, T0, &root, &f->err);
}

static void
an_edit_changes_what_was_given_and_tells_before_and_after(void **state)
{
	struct fixture	       *f = *state;
	struct engine_edit	want = {.description = SLICE("new"),
		 .add_labels = SLICE("x ci"),
		 .drop_labels = SLICE("prod"),
		 .scope = SLICE("read a=read")};
	const struct batch     *b;
	const struct audit_row *r;

	(void)take(f);
	assert_int_equal(edit(f, &want), ENGINE_OK);
	b = take(f);
	assert_int_equal(b->naudits, 1);
	assert_int_equal(b->ntokens, 1);
	r = &b->audits[0];
	assert_true(slice_is(r->action, "token.edit"));
	has(r->before, "\"description\":\"old\"");
	has(r->before, "\"labels\":\"ci prod\"");
	has(r->before, "\"scope\":\"write a=write b=read\"");
	has(r->after, "\"description\":\"new\"");
	has(r->after, "\"labels\":\"ci x\"");
	has(r->after, "\"scope\":\"read a=read\"");
	assert_true(slice_is(b->tokens[0].labels, "ci x"));
	assert_true(slice_is(b->tokens[0].scope, "read a=read"));
}

static void
what_is_not_given_stays(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.description = SLICE("")};

	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_string_equal(f->t->description, "");
	assert_string_equal(f->t->labels, "ci prod");
	assert_int_equal(f->t->scope.npatterns, 2);
	assert_int_equal(edit(f, &(struct engine_edit){.may_widen = true}),
	    ENGINE_E_INVALID);
}

static void
labels_are_replaced_or_all_taken_away(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.labels = SLICE("b  a b")};

	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_string_equal(f->t->labels, "b a");
	want.labels = SLICE("");
	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_null(f->t->labels);
}

/* At the limit and one past it; what is refused changes nothing. */
static void
an_edit_that_is_refused_changes_nothing(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.description = SLICE("new"),
	    .labels = SLICE("1 2 3 4 5 6 7 8 9 a b c d e f g")};

	assert_int_equal(edit(f, &want), ENGINE_OK);
	want.description = SLICE("newer");
	want.add_labels = SLICE("h");
	(void)take(f);
	assert_int_equal(edit(f, &want), ENGINE_E_INVALID);
	assert_string_equal(f->err.text, "labels: at most 16");
	want.add_labels = (struct slice){NULL, 0};
	want.scope = SLICE("admin");
	assert_int_equal(edit(f, &want), ENGINE_E_INVALID);
	assert_string_equal(f->t->description, "new");
	assert_true(batch_is_empty(take(f)));
}

static void
a_scope_narrows_and_widens_only_for_who_may(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.scope = SLICE("write")};

	assert_int_equal(edit(f, &want), ENGINE_E_DENIED);
	assert_int_equal(f->t->scope.npatterns, 2);
	want.scope = SLICE("write b=read");
	assert_int_equal(edit(f, &want), ENGINE_OK);
	want.scope = SLICE("write b=write");
	assert_int_equal(edit(f, &want), ENGINE_E_DENIED);
	want.may_widen = true;
	assert_int_equal(edit(f, &want), ENGINE_OK);
}

static void
limits_narrow_and_widen_only_for_who_may(void **state)
{
	struct fixture	   *f = *state;
	struct engine_edit  want = {.allow_from = SLICE("10.0.0.0/8"),
	     .has_idle = true,
	     .idle_expires = USEC_DAY,
	     .has_uses = true,
	     .max_uses = 5};
	struct engine_edit  more = {.has_uses = true, .max_uses = 6};
	struct engine_edit  any = {.allow_from = SLICE("")};
	const struct batch *b;

	(void)take(f);
	assert_int_equal(edit(f, &want), ENGINE_OK);
	b = take(f);
	assert_int_equal(b->naudits, 1);
	has(b->audits[0].after, "\"max_uses\":5");
	has(b->audits[0].after, "\"allow_from\":\"10.0.0.0/8\"");
	assert_int_equal(b->tokens[0].max_uses, 5);
	assert_int_equal(b->tokens[0].idle_expires, USEC_DAY);
	assert_true(slice_is(b->tokens[0].allow_from, "10.0.0.0/8"));
	assert_int_equal(edit(f, &more), ENGINE_E_DENIED);
	assert_int_equal(edit(f, &any), ENGINE_E_DENIED);
	assert_true(batch_is_empty(take(f)));
	assert_int_equal(f->t->limits->max_uses, 5);
	assert_int_equal(f->t->limits->nallow, 1);
	more.may_widen = any.may_widen = true;
	assert_int_equal(edit(f, &more), ENGINE_OK);
	assert_int_equal(edit(f, &any), ENGINE_OK);
	assert_int_equal(f->t->limits->max_uses, 6);
	assert_int_equal(f->t->limits->nallow, 0);
	assert_int_equal(f->t->limits->idle_expires, USEC_DAY); /* stayed */
}

/* At the limit and one past it. */
static void
uses_that_were_taken_stay_taken(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.has_uses = true,
	    .max_uses = 5,
	    .may_widen = true};

	assert_int_equal(edit(f, &want), ENGINE_OK);
	f->t->limits->used = 3;
	want.max_uses = 3;
	assert_int_equal(edit(f, &want), ENGINE_E_INVALID);
	assert_string_equal(f->err.text, "max-uses: 3 were taken already");
	assert_int_equal(f->t->limits->max_uses, 5);
	want.max_uses = 4;
	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_int_equal(f->t->limits->used, 3);
	want.max_uses = LIMITS_USES_MAX;
	assert_int_equal(edit(f, &want), ENGINE_OK);
	want.max_uses = LIMITS_USES_MAX + 1LL;
	assert_int_equal(edit(f, &want), ENGINE_E_INVALID);
	want.max_uses = 0;
	assert_int_equal(edit(f, &want), ENGINE_OK);
	want.max_uses = 1;
	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_int_equal(f->t->limits->used, 0);
}

static void
limits_of_what_is_expired_or_anothers_are_not_edited(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.has_uses = true, .max_uses = 5};
	bool		   is_new;

	assert_int_equal(engine_token_change(f->e, f->t, TOKEN_EXPIRED, NULL,
			     T0, &root, &f->err),
	    ENGINE_OK);
	assert_int_equal(edit(f, &want), ENGINE_E_CONFLICT);
	f->t = token_table_foreign(engine_tokens(f->e), SLICE("x"), &is_new);
	assert_int_equal(edit(f, &want), ENGINE_E_CONFLICT);
	assert_null(f->t->limits);
}

static void
protected_is_given_and_taken_by_who_may(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.add_labels = SLICE("protected")};
	struct engine_edit drop = {.drop_labels = SLICE("protected")};
	struct engine_edit none = {.labels = SLICE("")};
	struct engine_edit keep = {.labels = SLICE("protected x")};

	assert_int_equal(edit(f, &want), ENGINE_E_DENIED);
	want.may_protect = true;
	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_int_equal(edit(f, &drop), ENGINE_E_DENIED);
	assert_int_equal(edit(f, &none), ENGINE_E_DENIED);
	assert_int_equal(edit(f, &keep), ENGINE_OK);
	drop.may_protect = true;
	assert_int_equal(edit(f, &drop), ENGINE_OK);
	assert_string_equal(f->t->labels, "x");
}

static void
what_is_deleted_or_anothers_is_not_edited(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.scope = SLICE("read"), .may_widen = true};
	struct token	  *own = f->t;
	bool		   is_new;

	f->t = token_table_foreign(engine_tokens(f->e), SLICE("x"), &is_new);
	assert_int_equal(edit(f, &want), ENGINE_E_CONFLICT);
	want.scope.p = NULL;
	want.description = SLICE("theirs");
	assert_int_equal(edit(f, &want), ENGINE_OK);
	f->t = own;
	assert_int_equal(engine_token_change(f->e, own, TOKEN_DELETED, NULL, T0,
			     &root, NULL),
	    ENGINE_OK);
	assert_int_equal(edit(f, &want), ENGINE_E_CONFLICT);
}

/* --- for a while --------------------------------------------------------- */

static void
pause_for(struct fixture *f, usec_t span)
{
	assert_int_equal(engine_token_pause(f->e, f->t, T0 + span, "lunch", T0,
			     &root, &f->err),
	    ENGINE_OK);
}

static void
a_pause_ends_by_itself_and_says_so(void **state)
{
	struct fixture	   *f = *state;
	const struct batch *b;

	(void)take(f);
	pause_for(f, USEC_HOUR);
	b = take(f);
	assert_true(slice_is(b->audits[0].action, "token.deactivate"));
	has(b->audits[0].after, "\"until\":\"2025-11-24T17:00:00Z\"");
	assert_int_equal(b->tokens[0].until, T0 + USEC_HOUR);
	engine_tick(f->e, T0 + USEC_HOUR - 1);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	assert_true(batch_is_empty(take(f)));
	engine_tick(f->e, T0 + USEC_HOUR);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
	b = take(f);
	assert_int_equal(b->naudits, 1);
	assert_true(slice_is(b->audits[0].action, "token.activate"));
	assert_true(slice_is(b->audits[0].actor, "patrold"));
	has(b->audits[0].after,
	    "\"cause\":\"the time that it was deactivated for is over\"");
	assert_int_equal(b->tokens[0].until, 0);
}

static void
whose_end_comes_first_expires_instead(void **state)
{
	struct fixture *f = *state;

	pause_for(f, 2 * USEC_DAY);
	engine_tick(f->e, T0 + USEC_DAY);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	engine_tick(f->e, T0 + 2 * USEC_DAY);
	assert_int_equal(f->t->state, TOKEN_EXPIRED);
}

static void
a_pause_must_end_later_than_now(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(engine_token_pause(f->e, f->t, T0, NULL, T0, &root,
			     &f->err),
	    ENGINE_E_INVALID);
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
}

static void
a_pause_survives_a_restart(void **state)
{
	struct fixture	   *f = *state;
	struct lastused_row none = {0};
	const struct batch *b;
	struct token	   *t;
	struct engine_opts  o = options();
	struct engine *e = engine_new(&o, fixture_rules(rules, o.lateness));

	(void)take(f);
	pause_for(f, USEC_HOUR);
	b = take(f);
	assert_int_equal(engine_load_token(e, &b->tokens[0], &none, &f->err),
	    0);
	engine_load_done(e);
	t = token_table_find(engine_tokens(e), slice_of(f->t->id));
	assert_int_equal(token_until(t), T0 + USEC_HOUR);
	engine_tick(e, T0 + USEC_HOUR);
	assert_int_equal(t->state, TOKEN_ACTIVE);
	engine_free(&e);
}

/* An edit writes the whole row: the time must be in it. */
static void
an_edit_leaves_a_pause_as_it_is(void **state)
{
	struct fixture	  *f = *state;
	struct engine_edit want = {.description = SLICE("new")};

	pause_for(f, USEC_HOUR);
	(void)take(f);
	assert_int_equal(edit(f, &want), ENGINE_OK);
	assert_int_equal(take(f)->tokens[0].until, T0 + USEC_HOUR);
}

static void
use(struct fixture *f, usec_t t, const char *action)
{
	struct use *u = xcalloc(1, sizeof *u);

	use_init(u, t);
	use_set(u, USE_TOKEN, slice_of(f->t->id));
	use_set(u, USE_ACTION, slice_of(action));
	use_set(u, USE_OUTCOME, SLICE("denied"));
	(void)engine_use(f->e, u);
	free(u);
}

static void
a_use_after_the_pause_finds_it_active(void **state)
{
	struct fixture *f = *state;

	pause_for(f, USEC_HOUR);
	use(f, T0 + USEC_HOUR - 1, "pull");
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	use(f, T0 + USEC_HOUR, "pull");
	assert_int_equal(f->t->state, TOKEN_ACTIVE);
}

/* Else it came back by itself in a thief's hands. */
static void
a_rule_makes_a_pause_last(void **state)
{
	struct fixture *f = *state;

	pause_for(f, USEC_HOUR);
	use(f, T0 + 1, "push");
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
	assert_int_equal(token_until(f->t), 0);
	assert_true(slice_starts(sym_text(f->t->actor), SLICE("rule:")));
	engine_tick(f->e, T0 + USEC_HOUR);
	assert_int_equal(f->t->state, TOKEN_INACTIVE);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_edit_changes_what_was_given_and_tells_before_and_after),
	    TEST(what_is_not_given_stays),
	    TEST(labels_are_replaced_or_all_taken_away),
	    TEST(an_edit_that_is_refused_changes_nothing),
	    TEST(a_scope_narrows_and_widens_only_for_who_may),
	    TEST(limits_narrow_and_widen_only_for_who_may),
	    TEST(uses_that_were_taken_stay_taken),
	    TEST(limits_of_what_is_expired_or_anothers_are_not_edited),
	    TEST(protected_is_given_and_taken_by_who_may),
	    TEST(what_is_deleted_or_anothers_is_not_edited),
	    TEST(a_pause_ends_by_itself_and_says_so),
	    TEST(whose_end_comes_first_expires_instead),
	    TEST(a_pause_must_end_later_than_now),
	    TEST(a_pause_survives_a_restart),
	    TEST(an_edit_leaves_a_pause_as_it_is),
	    TEST(a_use_after_the_pause_finds_it_active),
	    TEST(a_rule_makes_a_pause_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
