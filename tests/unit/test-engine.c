#include "engine-fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/tally.h"
#include "engine/brake.h"

#define T0 (490000 * USEC_HOUR)

static const char rules[] =
    "title: denied\n"
    "id: 00000000-0000-4000-8000-000000000001\n"
    "name: denied\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {outcome: denied}, condition: s}\n"
    "---\n"
    "title: denied often\n"
    "id: 00000000-0000-4000-8000-000000000002\n"
    "correlation:\n"
    "  type: event_count\n"
    "  rules: [denied]\n"
    "  group-by: [token]\n"
    "  timespan: 5m\n"
    "  condition: {gte: 3}\n"
    "level: high\n"
    "patrol: {mode: enforce, respond: [deactivate]}\n"
    "---\n"
    "title: deletes expire\n"
    "id: 00000000-0000-4000-8000-000000000003\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {action: delete}, condition: s}\n"
    "patrol: {mode: enforce, respond: [expire]}\n"
    "---\n"
    "title: would deactivate\n"
    "id: 00000000-0000-4000-8000-000000000004\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {action: mount}, condition: s}\n"
    "patrol: {mode: simulate, respond: [deactivate]}\n"
    "---\n"
    "title: labelled\n"
    "id: 00000000-0000-4000-8000-000000000005\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {token.label: second, token.state: active,\n"
    "  source.net: 192.0.2.0/24, user_agent.family: docker,\n"
    "  token.kind: manual, token.scope: write}, condition: s}\n";

struct fixture {
	struct engine *e;
	struct batch  *other; /* takes the place of a full one */
	struct use     u;
};

static struct engine_opts
options(void)
{
	return (struct engine_opts){.lateness = USEC_DAY,
	    .dedup_max = 1000,
	    .strings_max = 1000,
	    .foreign_max = 3,
	    .alerts_max = 100,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 3,
	    .auto_per_account = 2,
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 2,
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

/* The batch so far; the engine goes on with an empty one. */
static struct batch *
take(struct fixture *f, bool checkpoint)
{
	return checkpoint ? fixture_take_all(f->e, &f->other) :
			    fixture_take(f->e, &f->other, 0);
}

static struct token *
make(struct fixture *f, const char *labels)
{
	struct engine_new_token want = {.account = SLICE("alice"),
	    .scope = SLICE("write"),
	    .labels = slice_of(labels)};
	struct engine_made	made;
	struct error		err;

	if (engine_token_create(f->e, &want, T0, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made.token;
}

static enum engine_result
use(struct fixture *f, usec_t t, const char *id, const char *token,
    const char *action, const char *outcome)
{
	struct addr a;

	use_init(&f->u, t);
	if (id != NULL)
		use_set(&f->u, USE_ID, slice_of(id));
	if (token != NULL)
		use_set(&f->u, USE_TOKEN, slice_of(token));
	use_set(&f->u, USE_REGISTRY, SLICE("hub"));
	use_set(&f->u, USE_ACTION, slice_of(action));
	use_set(&f->u, USE_OUTCOME, slice_of(outcome));
	use_set(&f->u, USE_USER_AGENT, SLICE("docker/20.10 go/1.19"));
	assert_int_equal(addr_parse(SLICE("192.0.2.7"), &a), 0);
	use_set_ip(&f->u, &a);
	return engine_use(f->e, &f->u);
}

static const struct alert_row *
alert_of(const struct batch *b, const char *title)
{
	size_t i;

	for (i = 0; i < b->nalerts; i++)
		if (slice_is(b->alerts[i].title, title))
			return &b->alerts[i];
	return NULL;
}

static void
a_use_becomes_a_row_with_its_texts_as_numbers(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *t = make(f, NULL);
	const struct batch *b;

	take(f, false); /* the use that the making is */
	assert_int_equal(use(f, T0, "u1", t->id, "pull", "success"),
	    ENGINE_NEW);
	assert_int_equal(use(f, T0 + 1, "u2", t->id, "pull", "success"),
	    ENGINE_NEW);
	b = take(f, false);
	assert_int_equal(b->nuses, 2);
	assert_int_equal(b->uses[0].seq, 2);
	assert_int_equal(b->uses[0].prev, 0);
	assert_int_equal(b->uses[1].prev, 2);
	assert_int_equal(b->uses[0].token, t->tid);
	assert_true(slice_is(b->uses[0].id, "u1"));
	/* The same text has one number and is written once. */
	assert_int_equal(b->uses[0].registry, b->uses[1].registry);
	assert_int_not_equal(b->uses[0].registry, 0);
	assert_int_equal(b->uses[0].tag, 0);
	assert_null(b->uses[0].other.p);
}

static void
the_making_of_a_token_is_a_use_that_is_not_the_tokens(void **state)
{
	static const char text[] = "title: R\nlogsource: {product: patrol}\n"
				   "detection:\n  s: {action: token.create,"
				   " made.kind: manual, account: alice}\n"
				   "  condition: s\n";
	struct fixture	 *f = *state;
	struct ruleset_limits lim = {.keys_per_rule = 10};
	struct token	     *t;
	const struct batch   *b;
	struct complaints     c;
	struct ruleset_change change;
	char		      want[200];

	complain_init(&c);
	engine_set_rules(f->e,
	    ruleset_load_text("r.yml", slice_of(text), &lim, &c), &change);
	complain_clear(&c);
	t = make(f, NULL);
	assert_int_equal(t->uses, 0);
	assert_int_equal(t->last.time, 0);
	b = take(f, true);
	assert_int_equal(b->nuses, 1);
	assert_int_equal(b->uses[0].token, 0);
	snprintf(want, sizeof want,
	    "{\"made.token\":\"%s\",\"made.kind\":\"manual\","
	    "\"made.scope\":\"write\",\"made.by\":\"%s\"}",
	    t->id, root.name);
	assert_true(slice_is(b->uses[0].other, want));
	assert_int_equal(b->nalerts, 1);
	assert_true(slice_is(b->alerts[0].key, "{\"account\":\"alice\"}"));
}

static void
a_duplicate_leaves_no_row(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(use(f, T0, "u1", NULL, "pull", "success"), ENGINE_NEW);
	assert_int_equal(use(f, T0, "u1", NULL, "pull", "success"),
	    ENGINE_DUPLICATE);
	/* Without an id nothing is ever a duplicate. */
	assert_int_equal(use(f, T0, NULL, NULL, "pull", "success"), ENGINE_NEW);
	assert_int_equal(use(f, T0, NULL, NULL, "pull", "success"), ENGINE_NEW);
	assert_int_equal(take(f, false)->nuses, 3);
	assert_int_equal(engine_counts(f->e)->duplicates, 1);
}

/* Not even its id is remembered: the use may still come. */
static void
a_count_of_0_is_no_use(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, NULL);
	struct use	u;

	(void)take(f, false); /* that it was made */
	use_init(&u, T0);
	use_set(&u, USE_ID, SLICE("u1"));
	use_set(&u, USE_TOKEN, slice_of(t->id));
	use_set(&u, USE_OUTCOME, SLICE("denied"));
	u.count = 0;
	assert_int_equal(engine_use(f->e, &u), ENGINE_EMPTY);
	use_set(&u, USE_TOKEN, SLICE("pat_nobody"));
	assert_int_equal(engine_use(f->e, &u), ENGINE_EMPTY);
	assert_null(token_table_find(engine_tokens(f->e), SLICE("pat_nobody")));
	assert_int_equal(t->uses, 0);
	assert_int_equal(t->last.time, 0);
	assert_int_equal(engine_counts(f->e)->empty, 2);
	assert_int_equal(take(f, false)->nuses, 0);
	u.count = 1;
	assert_int_equal(engine_use(f->e, &u), ENGINE_NEW);
}

/* Whether or not the use before, of another token or of none, had it too. */
static void
a_client_is_counted_for_each_use(void **state)
{
	static const char *const agents[] = {"a/1 x", "a/1 x", NULL, "a/1 x",
	    "a/1 y", "b/2", "", "b/2", "a/1 y"};
	struct fixture		*f = *state;
	struct token		*t = make(f, NULL);
	struct seen_view	 v[SEEN_MAX];
	unsigned		 i;

	for (i = 0; i < sizeof agents / sizeof agents[0]; i++) {
		use_init(&f->u, T0 + i);
		if (i != 0)
			use_set(&f->u, USE_TOKEN, slice_of(t->id));
		if (agents[i] != NULL)
			use_set(&f->u, USE_USER_AGENT, slice_of(agents[i]));
		assert_int_equal(engine_use(f->e, &f->u), ENGINE_NEW);
	}
	assert_int_equal(seen_list(t->seen, SEEN_CLIENT, v), 2);
	assert_true(slice_is(v[0].client, "a/1"));
	assert_int_equal(v[0].count, 4);
	assert_true(slice_is(v[1].client, "b/2"));
	assert_int_equal(v[1].count, 2);
}

static void
last_used_follows_and_is_written_at_checkpoints(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *t = make(f, NULL);
	const struct batch *b;
	struct seen_view    seen[SEEN_MAX];

	use(f, T0, "u1", t->id, "pull", "success");
	assert_int_equal(t->last.time, T0);
	assert_true(slice_is(sym_text(t->last.ip), "192.0.2.7"));
	assert_int_equal(t->uses, 1);
	assert_int_equal(seen_list(t->seen, SEEN_NETWORK, seen), 1);
	assert_int_equal(seen[0].network.net.b[2], 2);
	assert_int_equal(seen[0].network.bits, 24);
	assert_true(engine_needs_checkpoint(f->e));
	b = take(f, false);
	assert_int_equal(b->nlastused, 0);
	assert_int_equal(b->checkpoint, 0);
	b = take(f, true);
	assert_int_equal(b->nlastused, 1);
	assert_int_equal(b->checkpoint, 2);
	assert_int_equal(b->lastused[0].last_seq, 2);
	assert_false(engine_needs_checkpoint(f->e));
}

static const struct batch *
take_rows(struct fixture *f, size_t rows)
{
	return fixture_take(f->e, &f->other, rows);
}

/* A part with each batch; what is used meanwhile goes with a row that was not
 * written yet, or else with the next. */
static void
a_checkpoint_takes_as_many_batches_as_it_needs(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *a = make(f, NULL), *b = make(f, NULL);
	const struct batch *taken;

	use(f, T0, "u1", b->id, "pull", "success");
	use(f, T0, "u2", a->id, "pull", "success");
	(void)take_rows(f, 10);
	assert_int_equal(f->other->nlastused, 0);
	assert_int_equal(engine_begin_checkpoint(f->e), 2);
	assert_false(engine_needs_checkpoint(f->e));
	taken = take_rows(f, 1);
	assert_int_equal(taken->nlastused, 1);
	assert_int_equal(taken->lastused[0].tid, a->tid);
	assert_int_equal(taken->checkpoint, 0);
	use(f, T0 + 1, "u3", a->id, "pull", "success");
	use(f, T0 + 1, "u4", b->id, "pull", "success");
	assert_true(engine_needs_checkpoint(f->e));
	assert_int_equal(take_rows(f, 0)->nlastused, 0);
	assert_true(engine_has_checkpoint(f->e));
	taken = take_rows(f, 2);
	assert_int_equal(taken->nlastused, 1);
	assert_int_equal(taken->lastused[0].tid, b->tid);
	assert_int_equal(taken->lastused[0].last_seq, 6);
	assert_int_equal(taken->lastused[0].uses, 2);
	assert_int_equal(taken->checkpoint, 4);
	assert_false(engine_has_checkpoint(f->e));
	taken = take(f, true);
	assert_int_equal(taken->nlastused, 1);
	assert_int_equal(taken->lastused[0].tid, a->tid);
	assert_int_equal(taken->checkpoint, 6);
}

static void
at_the_end_all_goes_at_once(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *a = make(f, NULL), *b = make(f, NULL);
	const struct batch *taken;

	use(f, T0, "u1", a->id, "pull", "success");
	use(f, T0, "u2", b->id, "pull", "success");
	(void)engine_begin_checkpoint(f->e);
	(void)take_rows(f, 1);
	use(f, T0, "u3", a->id, "pull", "success");
	taken = take(f, true);
	assert_int_equal(taken->nlastused, 2);
	assert_int_equal(taken->checkpoint, 5);
	assert_false(engine_has_checkpoint(f->e));
	assert_false(engine_needs_checkpoint(f->e));
}

static void
the_third_denied_use_deactivates_at_once(void **state)
{
	struct fixture	       *f = *state;
	struct token	       *t = make(f, NULL);
	const struct batch     *b;
	const struct alert_row *a;

	use(f, T0, "1", t->id, "pull", "denied");
	use(f, T0 + 1, "2", t->id, "pull", "denied");
	assert_int_equal(t->state, TOKEN_ACTIVE);
	(void)take(f, false);
	use(f, T0 + 2, "3", t->id, "pull", "denied");
	assert_int_equal(t->state, TOKEN_INACTIVE);
	assert_string_equal(token_refusal(t, NULL, T0 + 2),
	    "access token is inactive");
	b = take(f, false);
	a = alert_of(b, "denied often");
	assert_non_null(a);
	assert_int_equal(a->count, 3);
	assert_int_equal(a->tid, t->tid);
	assert_int_equal(a->was_state, TOKEN_ACTIVE);
	/* In one batch: the use, the alert, the token, the audit, the line. */
	assert_int_equal(b->nuses, 1);
	assert_int_equal(b->ntokens, 1);
	assert_int_equal(b->tokens[0].state, TOKEN_INACTIVE);
	assert_int_equal(b->naudits, 1);
	assert_true(slice_is(b->audits[0].action, "token.deactivate"));
	assert_true(slice_is(b->audits[0].actor,
	    "rule:00000000-0000-4000-8000-000000000002"));
	assert_int_equal(b->noutbox, 1);
}

static void
an_undo_gives_the_token_back_and_lasts(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, NULL), *back;
	struct alert   *a;
	struct error	err;
	unsigned	i;

	for (i = 0; i < 3; i++)
		use(f, T0 + i, NULL, t->id, "pull", "denied");
	a = alert_table_find(engine_alerts(f->e),
	    slice_of(alert_of(take(f, false), "denied often")->id));
	assert_int_equal(engine_undo(f->e, a, T0 + 9, &root, &back, &err),
	    ENGINE_OK);
	assert_ptr_equal(back, t);
	assert_int_equal(t->state, TOKEN_ACTIVE);
	assert_int_equal(engine_undo(f->e, a, T0 + 9, &root, &back, &err),
	    ENGINE_E_CONFLICT);
	/* The same alert counts on, and does not bite again. */
	use(f, T0 + 10, NULL, t->id, "pull", "denied");
	assert_int_equal(t->state, TOKEN_ACTIVE);
}

static void
an_undo_leaves_alone_what_was_changed_since(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, NULL), *back;
	struct alert   *a;
	struct error	err;

	use(f, T0, NULL, t->id, "delete", "success");
	assert_int_equal(t->state, TOKEN_EXPIRED);
	a = alert_table_find(engine_alerts(f->e),
	    slice_of(alert_of(take(f, false), "deletes expire")->id));
	assert_int_equal(engine_token_change(f->e, t, TOKEN_DELETED, NULL,
			     T0 + 1, &root, &err),
	    ENGINE_OK);
	assert_int_equal(engine_undo(f->e, a, T0 + 2, &root, &back, &err),
	    ENGINE_E_CONFLICT);
	assert_int_equal(t->state, TOKEN_DELETED);
}

static void
a_simulated_rule_changes_nothing_and_says_so(void **state)
{
	struct fixture	       *f = *state;
	struct token	       *t = make(f, NULL);
	const struct alert_row *a;

	use(f, T0, NULL, t->id, "mount", "success");
	assert_int_equal(t->state, TOKEN_ACTIVE);
	a = alert_of(take(f, false), "would deactivate");
	assert_int_equal(a->mode, RULE_SIMULATE);
	assert_int_equal(a->tid, 0);
	assert_non_null(strstr(a->done.p, "simulated; would have deactivated"));
	assert_non_null(strstr(a->done.p, t->id));
}

static void
a_simulated_rule_would_not_have_changed_a_protected_token(void **state)
{
	struct fixture	       *f = *state;
	struct token	       *t = make(f, "protected");
	struct engine_would	would;
	const struct alert_row *a;
	const struct rule      *r = NULL;
	size_t			i;

	use(f, T0, NULL, t->id, "mount", "success");
	a = alert_of(take(f, false), "would deactivate");
	assert_non_null(strstr(a->done.p, "protected"));
	for (i = 0; i < ruleset_count(engine_rules(f->e)); i++)
		if (strcmp(ruleset_rule(engine_rules(f->e), i)->title,
			"would deactivate") == 0)
			r = ruleset_rule(engine_rules(f->e), i);
	engine_rule_would(f->e, r, &would);
	assert_int_equal(would.alerts, 1);
	assert_int_equal(would.changes, 0);
}

static void
the_ceiling_is_above_no_rule(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = options();
	struct token	  *t = make(f, NULL);

	o.ceiling = RULE_ALERT;
	engine_set_opts(f->e, &o);
	use(f, T0, NULL, t->id, "delete", "success");
	assert_int_equal(t->state, TOKEN_ACTIVE);
	assert_int_equal(alert_of(take(f, false), "deletes expire")->mode,
	    RULE_ALERT);
}

static void
a_protected_token_is_never_changed_by_a_rule(void **state)
{
	struct fixture	       *f = *state;
	struct token	       *t = make(f, "protected ci");
	const struct alert_row *a;

	use(f, T0, NULL, t->id, "delete", "success");
	assert_int_equal(t->state, TOKEN_ACTIVE);
	a = alert_of(take(f, false), "deletes expire");
	assert_non_null(strstr(a->done.p, "protected"));
}

static void
the_brake_stops_further_changes_and_raises_an_alert(void **state)
{
	struct fixture	   *f = *state;
	struct token	   *t[3];
	const struct batch *b;
	struct error	    err;
	unsigned	    i;

	for (i = 0; i < 3; i++)
		t[i] = make(f, NULL);
	for (i = 0; i < 3; i++)
		use(f, T0 + i, NULL, t[i]->id, "delete", "success");
	assert_int_equal(t[1]->state, TOKEN_EXPIRED);
	assert_int_equal(t[2]->state, TOKEN_ACTIVE);
	b = take(f, false);
	assert_true(engine_brake(f->e)->on);
	assert_int_equal(b->noutbox, 4);
	assert_int_equal(b->nalerts, 4);
	assert_true(b->brake_changed);
	assert_int_equal(b->brake_since, T0 + 2);
	assert_int_equal(engine_brake_release(f->e, T0 + 9, &root, &err),
	    ENGINE_OK);
	assert_int_equal(engine_brake_release(f->e, T0 + 9, &root, &err),
	    ENGINE_E_CONFLICT);
	b = take(f, false);
	assert_true(b->brake_changed);
	assert_int_equal(b->brake_since, 0);
	engine_load_brake(f->e, T0);
	assert_true(engine_brake(f->e)->on);
	engine_load_brake(f->e, 0);
	/* What the brake prevented is made up for at the next use. */
	use(f, T0 + 10, NULL, t[2]->id, "delete", "success");
	assert_int_equal(t[2]->state, TOKEN_EXPIRED);
}

static void
rules_see_what_patrol_adds(void **state)
{
	struct fixture *f = *state;
	struct token   *t = make(f, "first second");

	use(f, T0 + USEC_HOUR, NULL, t->id, "pull", "success");
	assert_non_null(alert_of(take(f, false), "labelled"));
	use(f, T0 + USEC_HOUR, NULL, NULL, "pull", "success");
	assert_null(alert_of(take(f, false), "labelled"));
}

static void
a_foreign_token_is_kept_from_its_first_use_and_capped(void **state)
{
	struct fixture *f = *state;
	char		id[32];
	unsigned	i;

	for (i = 0; i < 3; i++) {
		snprintf(id, sizeof id, "harbor-%u", i);
		use(f, T0 + i, NULL, id, "pull", "success");
	}
	assert_int_equal(take(f, true)->ntokens, 3);
	assert_non_null(
	    token_table_find(engine_tokens(f->e), SLICE("harbor-0")));
	use(f, T0 + 9, NULL, "harbor-3", "pull", "success");
	assert_null(token_table_find(engine_tokens(f->e), SLICE("harbor-0")));
	assert_int_equal(token_table_counts(engine_tokens(f->e))
			     ->foreign_evicted,
	    1);
}

static void
a_token_past_its_end_expires_at_a_tick_or_a_use(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("alice"),
	    .expires = T0 + USEC_DAY};
	struct engine_made	a, b;

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &a, NULL),
	    ENGINE_OK);
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &b, NULL),
	    ENGINE_OK);
	engine_tick(f->e, T0 + USEC_DAY - 1);
	assert_int_equal(a.token->state, TOKEN_ACTIVE);
	use(f, T0 + USEC_DAY, NULL, a.token->id, "pull", "success");
	assert_int_equal(a.token->state, TOKEN_EXPIRED);
	assert_int_equal(b.token->state, TOKEN_ACTIVE);
	engine_tick(f->e, T0 + USEC_DAY);
	assert_int_equal(b.token->state, TOKEN_EXPIRED);
}

static void
a_token_that_is_idle_for_too_long_expires(void **state)
{
	struct fixture	       *f = *state;
	struct engine_opts	o = options();
	struct token	       *t = make(f, NULL), *trap;
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = TOKEN_HONEY};
	struct engine_made	made;

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     NULL),
	    ENGINE_OK);
	trap = made.token;
	o.policy.idle_expires = USEC_DAY;
	engine_set_opts(f->e, &o);
	use(f, T0 + USEC_HOUR, NULL, t->id, "pull", "success");
	engine_tick(f->e, T0 + USEC_HOUR + USEC_DAY);
	assert_int_equal(t->state, TOKEN_ACTIVE);
	engine_tick(f->e, T0 + USEC_HOUR + USEC_DAY + 1);
	assert_int_equal(t->state, TOKEN_EXPIRED);
	assert_non_null(strstr(t->cause->text, "idle-expires"));
	assert_int_equal(trap->state, TOKEN_ACTIVE);
}

static void
a_secret_is_found_by_its_hash_and_shown_once(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("alice")};
	struct engine_made	made;
	uint8_t			hash[SECRET_HASH];

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     NULL),
	    ENGINE_OK);
	assert_true(secret_is_wellformed(slice_of(made.secret)));
	secret_hash(slice_of(made.secret), hash);
	assert_ptr_equal(token_table_find_secret(engine_tokens(f->e), hash),
	    made.token);
}

static void
an_account_holds_so_many_tokens(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("alice")};
	struct engine_made	made;
	struct error		err;
	unsigned		i;

	for (i = 0; i < 3; i++)
		(void)make(f, NULL);
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_LIMIT);
	assert_non_null(strstr(err.text, "max-per-account"));
}

static void
an_auto_token_too_many_takes_the_place_of_another(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = TOKEN_AUTO};
	struct engine_made	a, b, c;

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &a, NULL),
	    ENGINE_OK);
	assert_int_equal(engine_token_create(f->e, &want, T0 + 1, &root, &b,
			     NULL),
	    ENGINE_OK);
	assert_null(b.replaced);
	use(f, T0 + 2, NULL, a.token->id, "login", "success");
	assert_int_equal(engine_token_create(f->e, &want, T0 + 3, &root, &c,
			     NULL),
	    ENGINE_OK);
	assert_string_equal(c.replaced, b.token->id);
	assert_int_equal(b.token->state, TOKEN_DELETED);
	assert_int_equal(a.token->state, TOKEN_ACTIVE);
}

static void
bad_wishes_are_refused_by_name(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("bob")};
	struct engine_made	made;
	struct account	       *a;
	struct error		err;

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_NOT_FOUND);
	want.account = SLICE("alice");
	want.scope = SLICE("admin");
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_INVALID);
	want.scope = SLICE("read");
	want.expires = T0;
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_INVALID);
	want.expires = 0;
	want.labels = SLICE("a  b");
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_INVALID);
	assert_int_equal(engine_account_add(f->e, SLICE("alice"), false, T0,
			     &root, &a, &err),
	    ENGINE_E_CONFLICT);
	assert_int_equal(engine_account_add(f->e, SLICE("a+b"), false, T0,
			     &root, &a, &err),
	    ENGINE_E_INVALID);
}

static void
a_policy_clamps_the_end_and_tells(void **state)
{
	struct fixture	       *f = *state;
	struct engine_opts	o = options();
	struct engine_new_token want = {.account = SLICE("alice"),
	    .expires = T0 + 30 * USEC_DAY};
	struct engine_made	made;

	o.policy.max_lifetime = 30 * USEC_DAY;
	engine_set_opts(f->e, &o);
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     NULL),
	    ENGINE_OK);
	assert_null(made.clamped);
	want.expires++;
	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     NULL),
	    ENGINE_OK);
	assert_non_null(strstr(made.clamped, "max-lifetime"));
	assert_int_equal(made.token->expires, T0 + 30 * USEC_DAY);
}

static void
a_refused_line_is_kept(void **state)
{
	struct fixture	   *f = *state;
	const struct batch *b;

	engine_refuse(f->e, T0, "ingest uid 0", "syntax", "not JSON",
	    SLICE("{bad"));
	b = take(f, false);
	assert_int_equal(b->nrefused, 1);
	assert_true(slice_is(b->refused[0].line, "{bad"));
	assert_true(slice_is(b->refused[0].reason, "syntax"));
	assert_int_equal(engine_counts(f->e)->refused, 1);
}

static void
of_a_long_refused_line_the_beginning_is_kept(void **state)
{
	static const char   line[USE_LINE_MAX + 1];
	struct fixture	   *f = *state;
	const struct batch *b;

	engine_refuse(f->e, T0, "webhook", "limit", "too long",
	    (struct slice){line, USE_LINE_MAX});
	engine_refuse(f->e, T0, "webhook", "limit", "too long",
	    (struct slice){line, USE_LINE_MAX + 1});
	b = take(f, false);
	assert_int_equal(b->refused[0].line.n, USE_LINE_MAX);
	assert_int_equal(b->refused[1].line.n, USE_LINE_MAX);
}

/* A stored use again, all the steps of it. */
static void
replay(struct engine *e, struct use *u, const struct use_row *r, bool fold)
{
	struct engine_ahead a;
	unsigned	    step;

	for (step = 0; step < ENGINE_WARM_ROW; step++)
		engine_warm_row(e, r, step);
	engine_replay_enrich(e, u, r);
	for (step = 0; step < ENGINE_WARM; step++)
		engine_replay_ahead(e, u, &a, step);
	engine_replay(e, u, r, &a, fold);
}

/* Names by number: with a gap, before the first, behind the last. */
static void
loaded_strings_are_found_by_their_numbers(void **state)
{
	static const uint32_t	 ids[] = {3, 7, 8, 9};
	static const char *const texts[] = {"c", "g", "h", "i"};
	struct fixture		*f = *state;
	struct use_row r = {.ip = 3, .tag = 9, .digest = 10, .token = 5};
	unsigned       i;

	assert_null(engine_loaded_string(f->e, 3).p);
	engine_warm_row(f->e, &r, 1);
	for (i = 0; i < 4; i++)
		engine_load_string(f->e, ids[i], slice_of(texts[i]));
	for (i = 0; i < 4; i++)
		assert_true(
		    slice_is(engine_loaded_string(f->e, ids[i]), texts[i]));
	for (i = 0; i < ENGINE_WARM_ROW; i++)
		engine_warm_row(f->e, &r, i);
	assert_null(engine_loaded_string(f->e, 0).p);
	assert_null(engine_loaded_string(f->e, 2).p);
	assert_null(engine_loaded_string(f->e, 5).p);
	assert_null(engine_loaded_string(f->e, 10).p);
	assert_null(engine_loaded_string(f->e, UINT32_MAX).p);
	assert_null(engine_loaded_token(f->e, 5).p);
	engine_load_done(f->e);
	assert_null(engine_loaded_string(f->e, 7).p);
}

/* What one life stored, another loads: the same token, ids, window. */
static void
a_second_life_goes_on_where_the_first_stopped(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = options();
	struct engine	  *e = engine_new(&o, fixture_rules(rules, o.lateness));
	struct token	  *t = make(f, "ci"), *t2;
	const struct batch *b;
	struct use_row	    row;
	size_t		    i;

	use(f, T0, "1", t->id, "pull", "denied");
	use(f, T0 + 1, "2", t->id, "pull", "denied");
	b = take(f, true);
	for (i = 0; i < b->nstrings; i++)
		engine_load_string(e, b->strings[i].id, b->strings[i].text);
	engine_load_account(e, &b->accounts[0]);
	assert_int_equal(engine_load_token(e, &b->tokens[0], &b->lastused[0],
			     NULL),
	    0);
	engine_load_marks(e, 3, 0);
	assert_true(slice_is(engine_loaded_token(e, t->tid), t->id));
	t2 = token_table_find(engine_tokens(e), slice_of(t->id));
	assert_non_null(t2);
	assert_int_equal(t2->uses, 2);
	assert_string_equal(t2->labels, "ci");
	assert_true(slice_is(sym_text(t2->last.ip), "192.0.2.7"));
	for (i = 0; i < 2; i++) {
		use_init(&f->u, T0 + (usec_t)i);
		use_set(&f->u, USE_ID, i == 0 ? SLICE("1") : SLICE("2"));
		use_set(&f->u, USE_REGISTRY, SLICE("hub"));
		use_set(&f->u, USE_TOKEN, slice_of(t->id));
		use_set(&f->u, USE_OUTCOME, SLICE("denied"));
		row = b->uses[i + 1];
		row.token = t2->tid;
		replay(e, &f->u, &row, false);
	}
	engine_load_done(e);
	assert_int_equal(t2->uses, 2);
	/* Behind the checkpoint, but in the row of its token already. */
	replay(e, &f->u, &row, true);
	assert_int_equal(t2->uses, 2);
	assert_int_equal(t2->last_seq, 3);
	assert_true(batch_is_empty(engine_batch(e)));
	engine_free(&f->e);
	f->e = e;
	assert_int_equal(use(f, T0 + 1, "2", t2->id, "pull", "denied"),
	    ENGINE_DUPLICATE);
	use(f, T0 + 2, "3", t2->id, "pull", "denied");
	assert_int_equal(t2->state, TOKEN_INACTIVE);
	assert_int_equal(take(f, false)->uses[0].prev, 3);
}

/* Rules that ask for the state of a token, or how long it was idle, get what
 * it was at the use, though much has happened since. */
static void
a_replayed_use_meets_its_token_as_it_stood(void **state)
{
	static const char text[] = "title: R\nlogsource: {product: patrol}\n"
				   "detection:\n  s: {token.state: inactive,"
				   " token.idle_days: 40}\n  condition: s\n";
	struct fixture	 *f = *state;
	struct ruleset_limits lim = {.keys_per_rule = 10};
	struct use_row	      row;
	struct token	     *t = make(f, "ci");
	struct rule_stats     stats;
	struct complaints     c;
	struct ruleset_change change;

	complain_init(&c);
	engine_set_rules(f->e,
	    ruleset_load_text("r.yml", slice_of(text), &lim, &c), &change);
	complain_clear(&c);
	use(f, T0, "1", t->id, "pull", "success");
	assert_int_equal(engine_token_change(f->e, t, TOKEN_INACTIVE, NULL, T0,
			     &root, NULL),
	    ENGINE_OK);
	use(f, T0 + 40 * USEC_DAY, "2", t->id, "pull", "denied");
	ruleset_stats(engine_rules(f->e), 0, &stats);
	assert_int_equal(stats.hits, 1);
	assert_int_equal(take(f, false)->uses[1].standing.idle_days, -1);
	assert_int_equal(f->other->uses[2].standing.state, TOKEN_INACTIVE);
	assert_int_equal(f->other->uses[2].standing.idle_days, 40);
	assert_int_equal(engine_token_change(f->e, t, TOKEN_ACTIVE, NULL, T0,
			     &root, NULL),
	    ENGINE_OK);
	row = f->other->uses[2];
	replay(f->e, &f->u, &row, false);
	ruleset_stats(engine_rules(f->e), 0, &stats);
	assert_int_equal(stats.hits, 2);
	row.standing = (struct standing){TOKEN_ACTIVE, -1};
	replay(f->e, &f->u, &row, false);
	ruleset_stats(engine_rules(f->e), 0, &stats);
	assert_int_equal(stats.hits, 2);
}

static void
a_stored_token_of_no_known_state_is_refused(void **state)
{
	struct fixture	   *f = *state;
	struct token_row    t = {.tid = 7,
	       .id = SLICE("pat_z"),
	       .state = TOKEN_DELETED + 1};
	struct lastused_row u = {.tid = 7};
	struct error	    err;

	assert_int_equal(engine_load_token(f->e, &t, &u, &err), -1);
	t.state = TOKEN_DELETED;
	t.kind = TOKEN_FOREIGN + 1;
	assert_int_equal(engine_load_token(f->e, &t, &u, &err), -1);
	assert_non_null(strstr(err.text, "pat_z"));
	t.kind = TOKEN_MANUAL;
	u.seen = SLICE("\2");
	assert_int_equal(engine_load_token(f->e, &t, &u, &err), -1);
	assert_string_equal(err.text, "token pat_z: last_used.seen is damaged");
}

/* Duplicates and uses that are none are not counted; a replay is no use. */
static void
uses_are_counted_by_registry_and_outcome(void **state)
{
	struct fixture	   *f = *state;
	const struct tally *t = engine_registries(f->e);

	(void)use(f, T0, "u1", NULL, "pull", "success");
	(void)use(f, T0, "u1", NULL, "pull", "success");
	(void)use(f, T0, "u2", NULL, "pull", "denied");
	replay(f->e, &f->u, &(struct use_row){.seq = 9}, false);
	assert_int_equal(tally_rows(t), 2);
	assert_true(slice_is(tally_name(t, 1), "hub"));
	assert_int_equal(tally_get(t, 1, OUTCOME_SUCCESS), 1);
	assert_int_equal(tally_get(t, 1, OUTCOME_DENIED), 1);
	assert_int_equal(tally_get(t, 1, OUTCOME_FAILURE), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_use_becomes_a_row_with_its_texts_as_numbers),
	    T(the_making_of_a_token_is_a_use_that_is_not_the_tokens),
	    T(a_duplicate_leaves_no_row),
	    T(a_count_of_0_is_no_use),
	    T(uses_are_counted_by_registry_and_outcome),
	    T(a_checkpoint_takes_as_many_batches_as_it_needs),
	    T(at_the_end_all_goes_at_once),
	    T(a_client_is_counted_for_each_use),
	    T(last_used_follows_and_is_written_at_checkpoints),
	    T(the_third_denied_use_deactivates_at_once),
	    T(an_undo_gives_the_token_back_and_lasts),
	    T(an_undo_leaves_alone_what_was_changed_since),
	    T(a_simulated_rule_changes_nothing_and_says_so),
	    T(a_simulated_rule_would_not_have_changed_a_protected_token),
	    T(the_ceiling_is_above_no_rule),
	    T(a_protected_token_is_never_changed_by_a_rule),
	    T(the_brake_stops_further_changes_and_raises_an_alert),
	    T(rules_see_what_patrol_adds),
	    T(a_foreign_token_is_kept_from_its_first_use_and_capped),
	    T(a_token_past_its_end_expires_at_a_tick_or_a_use),
	    T(a_token_that_is_idle_for_too_long_expires),
	    T(a_secret_is_found_by_its_hash_and_shown_once),
	    T(an_account_holds_so_many_tokens),
	    T(an_auto_token_too_many_takes_the_place_of_another),
	    T(bad_wishes_are_refused_by_name),
	    T(a_policy_clamps_the_end_and_tells),
	    T(a_refused_line_is_kept),
	    T(of_a_long_refused_line_the_beginning_is_kept),
	    T(a_replayed_use_meets_its_token_as_it_stood),
	    T(a_stored_token_of_no_known_state_is_refused),
	    T(loaded_strings_are_found_by_their_numbers),
	    T(a_second_life_goes_on_where_the_first_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
