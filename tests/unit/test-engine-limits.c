#include "engine-fixture.h"

#include <string.h>

#include "token/limits.h"

#define T0 (490000 * USEC_HOUR)

static const char rules[] =
    "title: from outside\n"
    "id: 00000000-0000-4000-8000-000000000001\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {reason: address not allowed}, condition: s}\n"
    "---\n"
    "title: dead\n"
    "id: 00000000-0000-4000-8000-000000000002\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {token.state: expired}, condition: s}\n"
    "---\n"
    "title: deletes deactivate\n"
    "id: 00000000-0000-4000-8000-000000000003\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {action: delete}, condition: s}\n"
    "patrol: {mode: enforce, respond: [deactivate]}\n";

struct fixture {
	struct engine *e;
	struct batch  *other;
	struct use     u;
};

static struct engine_opts
options(void)
{
	return (struct engine_opts){.lateness = USEC_DAY,
	    .dedup_max = 1000,
	    .strings_max = 1000,
	    .alerts_max = 100,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 10000,
	    .auto_per_account = 2,
	    .grant_lifetime = USEC_MIN,
	    .notices = {{.before = {7 * USEC_DAY, USEC_DAY}, .n = 2},
		{.before = {3 * USEC_DAY}, .n = 1}},
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 20,
	    .brake_per = 10 * USEC_MIN,
	    .brake_share = 1.0};
}

static int
setup(void **state)
{
	struct fixture	  *f = xcalloc(1, sizeof *f);
	struct engine_opts o = options();

	fixture_engine(&o, rules, T0, &f->e, &f->other);
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

static struct token *
make(struct fixture *f, const struct engine_new_token *like)
{
	struct engine_new_token want = *like;
	struct engine_made	made;
	struct error		err;

	want.account = SLICE("alice");
	if (engine_token_create(f->e, &want, T0, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made.token;
}

static struct use *
a_use(struct fixture *f, usec_t t, const struct token *token,
    const char *action, const char *outcome)
{
	use_init(&f->u, t);
	use_set(&f->u, USE_TOKEN, slice_of(token->id));
	use_set(&f->u, USE_ACTION, slice_of(action));
	use_set(&f->u, USE_OUTCOME, slice_of(outcome));
	return &f->u;
}

static void
sign_in(struct fixture *f, usec_t t, const struct token *token,
    const char *outcome)
{
	a_use(f, t, token, "login", outcome)->granted = true;
	(void)engine_use(f->e, &f->u);
}

static void
from(struct fixture *f, const char *ip)
{
	struct addr a;

	assert_int_equal(addr_parse(slice_of(ip), &a), 0);
	use_set_ip(&f->u, &a);
	(void)engine_use(f->e, &f->u);
}

/* --- uses ------------------------------------------------------------ */

static void
the_use_its_count_and_the_end_are_in_one_batch(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, &(struct engine_new_token){.max_uses = 2});
	const struct batch *b;

	(void)take(f);
	sign_in(f, T0 + 1, t, "success");
	b = take(f);
	assert_int_equal(b->nuses, 1);
	assert_int_equal(b->ntokens, 1);
	assert_int_equal(b->tokens[0].used, 1);
	assert_int_equal(b->tokens[0].state, TOKEN_ACTIVE);
	assert_int_equal(b->naudits, 0);
	sign_in(f, T0 + 2, t, "denied"); /* got less than it asked for */
	b = take(f);
	assert_int_equal(b->nuses, 1);
	assert_int_equal(b->tokens[b->ntokens - 1].used, 2);
	assert_int_equal(b->tokens[b->ntokens - 1].state, TOKEN_EXPIRED);
	assert_true(slice_is(b->tokens[b->ntokens - 1].cause, TOKEN_USED_UP));
	assert_int_equal(b->naudits, 1);
	assert_true(slice_is(b->audits[0].action, "token.expire"));
	assert_null(token_refusal_after(t, NULL, T0 + 2));
	assert_non_null(token_refusal(t, NULL, T0 + 2));
}

static void
what_a_registry_tells_of_counts_only_as_a_login(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, &(struct engine_new_token){.max_uses = 5});

	(void)engine_use(f->e, a_use(f, T0 + 1, t, "pull", "success"));
	(void)engine_use(f->e, a_use(f, T0 + 2, t, "login", "failure"));
	assert_int_equal(t->limits->used, 0);
	(void)engine_use(f->e, a_use(f, T0 + 3, t, "login", "success"));
	assert_int_equal(t->limits->used, 1);
	a_use(f, T0 + 4, t, "login", "success")->count = 100;
	(void)engine_use(f->e, &f->u);
	assert_int_equal(t->limits->used, 5);
	assert_int_equal(t->state, TOKEN_EXPIRED);
}

/* A rule that switches it off by its last use has the last word. */
static void
what_a_rule_did_at_the_last_use_stands(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, &(struct engine_new_token){.max_uses = 1});
	struct error	err;

	a_use(f, T0 + 1, t, "delete", "success")->granted = true;
	(void)engine_use(f->e, &f->u);
	assert_int_equal(t->state, TOKEN_INACTIVE);
	assert_int_equal(t->limits->used, 1);
	assert_int_equal(engine_token_change(f->e, t, TOKEN_ACTIVE, NULL,
			     T0 + 2, &root, &err),
	    ENGINE_E_CONFLICT);
	assert_non_null(strstr(err.text, "as often as it may be"));
}

static unsigned
alerts(struct fixture *f)
{
	return (unsigned)take(f)->nalerts;
}

/* As long as what a sign-in is answered with is good. */
static void
what_follows_the_last_use_is_of_a_living_token(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, &(struct engine_new_token){.max_uses = 1});

	sign_in(f, T0, t, "success");
	(void)engine_use(f->e, a_use(f, T0 + USEC_MIN, t, "pull", "success"));
	assert_int_equal(alerts(f), 0);
	(void)engine_use(f->e,
	    a_use(f, T0 + USEC_MIN + 1, t, "pull", "success"));
	assert_int_equal(alerts(f), 1);
}

static void
a_refused_try_at_a_used_up_token_is_of_a_dead_one(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, &(struct engine_new_token){.max_uses = 1});

	sign_in(f, T0, t, "success");
	(void)engine_use(f->e, a_use(f, T0 + 1, t, "login", "denied"));
	assert_int_equal(alerts(f), 1);
}

/* --- addresses ------------------------------------------------------- */

static void
a_use_from_outside_gets_its_reason(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f,
	      &(struct engine_new_token){.allow_from = SLICE("192.0.2.0/24")});

	a_use(f, T0 + 1, t, "pull", "success");
	from(f, "192.0.2.1");
	(void)engine_use(f->e, a_use(f, T0 + 2, t, "pull", "success"));
	assert_int_equal(alerts(f), 0);
	a_use(f, T0 + 3, t, "pull", "success");
	from(f, "192.0.3.1");
	assert_true(slice_is(use_text(&f->u, USE_REASON), TOKEN_BAD_ADDRESS));
	assert_int_equal(alerts(f), 1);
	a_use(f, T0 + 4, t, "pull", "failure");
	use_set(&f->u, USE_REASON, SLICE("gone"));
	from(f, "192.0.3.1");
	assert_true(slice_is(use_text(&f->u, USE_REASON), "gone"));
}

/* --- loading --------------------------------------------------------- */

static int
load(struct fixture *f, struct token_row *r, struct error *err)
{
	static uint32_t tid = 1000;

	r->tid = tid++;
	r->id = SLICE("pat_loaded");
	r->scope = SLICE("read");
	return engine_load_token(f->e, r, &(struct lastused_row){0}, err);
}

static void
limits_come_back_as_they_were(void **state)
{
	struct fixture	       *f = *state;
	struct token_row	r = {.idle_expires = USEC_DAY,
		   .max_uses = 3,
		   .used = 2,
		   .allow_from = SLICE("192.0.2.0/24 ::/0"),
		   .told = {T0, T0 + 1}};
	const struct token     *t;
	const struct token_row *again;

	assert_int_equal(load(f, &r, NULL), 0);
	engine_load_done(f->e);
	t = token_table_find(engine_tokens(f->e), SLICE("pat_loaded"));
	(void)take(f);
	batch_add_token(engine_batch(f->e), t);
	again = &take(f)->tokens[0];
	assert_int_equal(again->idle_expires, USEC_DAY);
	assert_int_equal(again->max_uses, 3);
	assert_int_equal(again->used, 2);
	assert_true(slice_eq(again->allow_from, r.allow_from));
	assert_memory_equal(again->told, r.told, sizeof r.told);
}

static void
limits_that_make_no_sense_are_refused(void **state)
{
	struct fixture	*f = *state;
	struct token_row over = {.max_uses = 3, .used = 4};
	struct token_row bad = {.allow_from = SLICE("192.0.2.1/24")};
	struct error	 err;

	assert_int_equal(load(f, &over, &err), -1);
	assert_string_equal(err.text,
	    "token pat_loaded: its limits make no sense");
	assert_int_equal(load(f, &bad, &err), -1);
	assert_non_null(strstr(err.text, "host bits set"));
}

/* --- notices --------------------------------------------------------- */

/* Ends a little later than in a week. */
static struct token *
ending(struct fixture *f)
{
	return make(f,
	    &(struct engine_new_token){.expires = T0 + 8 * USEC_DAY});
}

static const struct outbox_row *
only_line(struct fixture *f)
{
	const struct batch *b = take(f);

	assert_int_equal(b->noutbox, 1);
	return &b->outbox[0];
}

static void
a_notice_goes_out_once_and_is_marked_when_it_was_had(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *t = ending(f);
	struct outbox_row   r;
	const struct batch *b;

	engine_notices_wanted(f->e, true);
	engine_tick(f->e, T0 + USEC_DAY - 1);
	assert_int_equal(take(f)->noutbox, 0);
	engine_tick(f->e, T0 + USEC_DAY);
	r = *only_line(f);
	assert_int_equal(r.tid, t->tid);
	assert_int_equal(r.notice, NOTICE_EXPIRY);
	assert_int_equal(r.step, T0 + USEC_DAY);
	assert_non_null(memmem(r.alert.p, r.alert.n, "\"before\":\"7d\"", 13));
	assert_int_equal(engine_notices_waiting(f->e), 1);
	engine_tick(f->e, T0 + 2 * USEC_DAY);
	b = take(f);
	assert_int_equal(b->noutbox, 0);
	assert_int_equal(b->ntokens, 0); /* nothing is marked yet */
	engine_notice_told(f->e, r.tid, r.notice, r.step);
	b = take(f);
	assert_int_equal(b->ntokens, 1);
	assert_int_equal(b->tokens[0].told[NOTICE_EXPIRY], r.step);
	assert_int_equal(engine_counts(f->e)->notices[NOTICE_EXPIRY], 1);
	/* A second sink has it as well: that is no news. */
	engine_notice_told(f->e, r.tid, r.notice, r.step);
	assert_int_equal(take(f)->ntokens, 0);
	assert_int_equal(engine_notices_waiting(f->e), 0);
	engine_tick(f->e, T0 + 7 * USEC_DAY - 1);
	assert_int_equal(take(f)->noutbox, 0);
	engine_tick(f->e, T0 + 7 * USEC_DAY);
	assert_int_equal(only_line(f)->step, T0 + 7 * USEC_DAY);
}

static void
a_notice_that_a_sink_dropped_is_made_again_after_a_minute(void **state)
{
	struct fixture *f = *state;
	struct token   *t = ending(f);
	usec_t		now = T0 + USEC_DAY;

	engine_notices_wanted(f->e, true);
	engine_tick(f->e, now);
	(void)only_line(f);
	engine_notice_dropped(f->e, t->tid, NOTICE_EXPIRY, now);
	engine_tick(f->e, now + USEC_MIN - 1);
	assert_int_equal(take(f)->noutbox, 0);
	engine_tick(f->e, now + USEC_MIN);
	(void)only_line(f);
}

/* The clock was set back by an hour: the pause is not an hour longer. */
static void
a_clock_that_is_set_back_does_not_stop_notices(void **state)
{
	struct fixture *f = *state;
	struct token   *t = ending(f);
	usec_t		now = T0 + 2 * USEC_DAY;

	engine_notices_wanted(f->e, true);
	engine_tick(f->e, now);
	(void)only_line(f);
	engine_notice_dropped(f->e, t->tid, NOTICE_EXPIRY, now);
	engine_tick(f->e, now - USEC_HOUR);
	(void)only_line(f);
}

static void
only_a_thousand_wait_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct token   *first = ending(f);
	int		i;

	for (i = 0; i < 1000; i++)
		(void)ending(f);
	engine_notices_wanted(f->e, true);
	(void)take(f);
	engine_tick(f->e, T0 + USEC_DAY);
	assert_int_equal(take(f)->noutbox, 1000);
	assert_int_equal(engine_notices_waiting(f->e), 1000);
	engine_tick(f->e, T0 + USEC_DAY); /* begins anew */
	engine_tick(f->e, T0 + USEC_DAY);
	assert_int_equal(take(f)->noutbox, 0);
	engine_notice_told(f->e, first->tid, NOTICE_EXPIRY, T0 + USEC_DAY);
	engine_tick(f->e, T0 + USEC_DAY);
	engine_tick(f->e, T0 + USEC_DAY);
	(void)only_line(f);
}

static void
a_line_that_the_store_kept_is_not_made_again(void **state)
{
	struct fixture	       *f = *state;
	struct token	       *t = ending(f);
	const struct outbox_row r = {.tid = t->tid, .step = T0 + USEC_DAY};

	(void)take(f);
	engine_notice_queued(f->e, &r);
	engine_notice_queued(f->e, &r); /* for another sink */
	assert_int_equal(engine_notices_waiting(f->e), 1);
	engine_notices_wanted(f->e, true);
	engine_tick(f->e, T0 + USEC_DAY);
	assert_int_equal(take(f)->noutbox, 0);
}

static void
an_idle_end_is_told_apart_from_the_other(void **state)
{
	struct fixture		*f = *state;
	struct token		*t = make(f,
		       &(struct engine_new_token){.idle_expires = 10 * USEC_DAY,
			   .expires = T0 + 8 * USEC_DAY});
	const struct outbox_row *r;
	const struct batch	*b;

	engine_notices_wanted(f->e, true);
	(void)take(f);
	engine_tick(f->e, T0 + 7 * USEC_DAY);
	b = take(f);
	assert_int_equal(b->noutbox, 2);
	r = &b->outbox[1];
	assert_int_equal(r->notice, NOTICE_IDLE);
	assert_int_equal(r->step, T0 + 7 * USEC_DAY);
	assert_int_equal(r->tid, t->tid);
}

static void
a_notice_of_a_token_that_is_gone_is_nothing(void **state)
{
	struct fixture *f = *state;

	engine_notice_told(f->e, 4711, NOTICE_IDLE, T0);
	engine_notice_dropped(f->e, 4711, NOTICE_IDLE, T0);
	engine_notice_queued(f->e, &(struct outbox_row){.tid = 4711});
	assert_int_equal(engine_notices_waiting(f->e), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_use_its_count_and_the_end_are_in_one_batch),
	    T(what_a_registry_tells_of_counts_only_as_a_login),
	    T(what_a_rule_did_at_the_last_use_stands),
	    T(what_follows_the_last_use_is_of_a_living_token),
	    T(a_refused_try_at_a_used_up_token_is_of_a_dead_one),
	    T(a_use_from_outside_gets_its_reason),
	    T(limits_come_back_as_they_were),
	    T(limits_that_make_no_sense_are_refused),
	    T(a_notice_goes_out_once_and_is_marked_when_it_was_had),
	    T(a_notice_that_a_sink_dropped_is_made_again_after_a_minute),
	    T(a_clock_that_is_set_back_does_not_stop_notices),
	    T(only_a_thousand_wait_at_a_time),
	    T(a_line_that_the_store_kept_is_not_made_again),
	    T(an_idle_end_is_told_apart_from_the_other),
	    T(a_notice_of_a_token_that_is_gone_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
