/*
 * The state table as a property: whatever is done to tokens in whatever order,
 * no token makes a step that the table does not have, and all counts are what
 * a look at every token finds.  Seeded: a failure names its step and comes
 * again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "token/lifecycle.h"

#define T0	(490000 * USEC_HOUR)
#define NTOKENS 40
#define NACCTS	5
#define STEPS	5000
#define SEED	20261127

static unsigned seed;

static unsigned
below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* --- the steps there are, written down a second time ------------------- */

static bool
is_step(enum token_state from, enum token_state to, bool undo)
{
	switch (from) {
	case TOKEN_ACTIVE:
		return to != TOKEN_ACTIVE;
	case TOKEN_INACTIVE:
		return to != TOKEN_INACTIVE;
	case TOKEN_EXPIRED:
		return to == TOKEN_DELETED || (undo && to == TOKEN_ACTIVE);
	case TOKEN_DELETED:
		break;
	}
	return false;
}

/* --- counts ------------------------------------------------------------ */

struct recount {
	uint64_t by_state[4], foreign, honey;
};

static void
recount_account(struct token_table *tt, const struct account *a)
{
	unsigned      n = 0, active = 0;
	struct token *t = NULL;

	while ((t = token_table_next(tt, t != NULL ? t->tid : 0)) != NULL) {
		if (t->account != a || token_is_foreign(t) ||
		    t->kind == TOKEN_HONEY)
			continue;
		n += t->state != TOKEN_DELETED;
		active += t->state == TOKEN_ACTIVE;
	}
	assert_int_equal(a->ntokens, n);
	assert_int_equal(a->nactive, active);
}

static void
check_counts(struct token_table *tt)
{
	const struct token_counts *c = token_table_counts(tt);
	struct account		  *a = NULL;
	struct recount		   r = {{0}, 0, 0};
	struct token		  *t = NULL;

	while ((t = token_table_next(tt, t != NULL ? t->tid : 0)) != NULL) {
		/* A time to come back is for what is away. */
		assert_true(token_until(t) == 0 || t->state == TOKEN_INACTIVE);
		if (token_is_foreign(t))
			r.foreign++;
		else if (t->kind == TOKEN_HONEY) /* a trap counts for nothing */
			r.honey += t->state != TOKEN_DELETED;
		else
			r.by_state[t->state]++;
	}
	assert_memory_equal(c->by_state, r.by_state, sizeof r.by_state);
	assert_int_equal(c->foreign, r.foreign);
	assert_int_equal(c->honey, r.honey);
	while (
	    (a = token_table_next_account(tt, a != NULL ? a->aid : 0)) != NULL)
		recount_account(tt, a);
}

/* --- the table alone ----------------------------------------------------- */

struct world {
	struct token_table *tt;
	struct token	   *t[NTOKENS];
	usec_t		    now;
	unsigned	    made;
};

static int
begin(void **state)
{
	struct world   *w = xcalloc(1, sizeof *w);
	struct account *a[NACCTS];
	char		name[16];
	unsigned	i;

	seed = SEED;
	w->tt = token_table_new(10);
	w->now = T0;
	for (i = 0; i < NACCTS; i++) {
		snprintf(name, sizeof name, "a%u", i);
		a[i] = token_table_add_account(w->tt, slice_of(name), 0);
	}
	for (i = 0; i < NTOKENS; i++) {
		snprintf(name, sizeof name, "pat_%u", i);
		w->t[i] = token_new(slice_of(name));
		w->t[i]->hash[0] = (uint8_t)(i + 1);
		w->t[i]->account = a[below(NACCTS)];
		if (below(2) == 0)
			w->t[i]->expires = T0 + 1 + below(STEPS);
		token_table_add(w->tt, w->t[i]);
	}
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;

	token_table_free(&w->tt);
	free(w);
	return 0;
}

/* Deleted ones give way to new ones, or all would soon be that. */
static struct token *
pick(struct world *w)
{
	unsigned      i = below(NTOKENS);
	struct token *old = w->t[i], *t;
	char	      name[24];

	if (old->state != TOKEN_DELETED || below(4) != 0)
		return old;
	snprintf(name, sizeof name, "pat_new_%u", ++w->made);
	t = token_new(slice_of(name));
	memcpy(t->hash + 1, &w->made, sizeof w->made);
	t->account = old->account;
	t->created = w->now;
	if (below(2) == 0)
		t->expires = w->now + 1 + below(1000);
	token_table_add(w->tt, t);
	w->t[i] = t;
	return t;
}

static void
try_change(struct world *w, struct token *t)
{
	enum token_state   from = t->state, to = (enum token_state)below(4);
	bool		   undo = below(4) == 0, was_paused = token_until(t);
	bool		   past = t->expires != 0 && w->now >= t->expires;
	bool		   want;
	enum lifecycle_how how = undo ? LIFECYCLE_UNDO : LIFECYCLE_CHANGE;
	int		   r;

	want = is_step(from, to, undo) && !(to == TOKEN_ACTIVE && past);
	/* Off for a while becomes off for good. */
	want |= from == TOKEN_INACTIVE && to == from && was_paused;
	if (!undo)
		assert_int_equal(lifecycle_check(t, to, w->now) == LIFECYCLE_OK,
		    want);
	r = lifecycle_change(w->tt, t, to, how, w->now, "c", "a", NULL);
	assert_int_equal(r == LIFECYCLE_OK, want);
	assert_int_equal(t->state, want ? to : from);
	if (want)
		assert_int_equal(token_until(t), 0);
}

static void
try_pause(struct world *w, struct token *t)
{
	enum token_state from = t->state;
	usec_t		 was = token_until(t), until = w->now + 1 + below(500);
	bool		 want = from == TOKEN_ACTIVE || was != 0;
	int r = lifecycle_pause(w->tt, t, until, w->now, "c", "a", NULL);

	assert_int_equal(r == LIFECYCLE_OK, want);
	assert_int_equal(t->state, want ? TOKEN_INACTIVE : from);
	assert_int_equal(token_until(t), want ? until : was);
}

static void
no_path_leaves_the_table_and_counts_equal_a_recount(void **state)
{
	struct world *w = *state;
	unsigned      i;

	for (i = 0; i < STEPS; i++) {
		w->now += below(3);
		if (below(5) == 0)
			try_pause(w, pick(w));
		else
			try_change(w, pick(w));
		check_counts(w->tt);
	}
}

/* --- everything that the engine does with them --------------------------- */

static const char rules[] =
    "title: off\n"
    "id: 00000000-0000-4000-8000-000000000001\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {action: push}, condition: s}\n"
    "patrol: {mode: enforce, respond: [deactivate], realert: 1s}\n"
    "---\n"
    "title: ends\n"
    "id: 00000000-0000-4000-8000-000000000002\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {action: delete}, condition: s}\n"
    "patrol: {mode: enforce, respond: [expire], realert: 1s}\n";

static const struct engine_actor root = {"uid:0(root)", 0, 42};

struct life {
	struct engine *e;
	struct batch  *other;
	struct use     u;
	usec_t	       now;
	uint64_t       steps[4][4]; /* taken */
};

static int
begin_life(void **state)
{
	struct engine_opts    o = {.lateness = USEC_DAY,
	       .dedup_max = 1000,
	       .strings_max = 1000,
	       .foreign_max = 5,
	       .alerts_max = 10000,
	       .token_prefix = "patrol",
	       .policy.max_per_account = 10,
	       .auto_per_account = 3,
	       .policy.idle_expires = USEC_HOUR,
	       .ceiling = RULE_ENFORCE,
	       .brake_changes = UINT32_MAX,
	       .brake_per = USEC_SEC,
	       .brake_share = 1.0};
	struct ruleset_limits lim = {.keys_per_rule = 1000,
	    .lateness = USEC_DAY};
	struct life	     *l = xcalloc(1, sizeof *l);
	struct complaints     c;
	struct account	     *a;
	char		      name[16];
	unsigned	      i;

	seed = SEED;
	complain_init(&c);
	l->e = engine_new(&o,
	    ruleset_load_text("r.yml", slice_of(rules), &lim, &c));
	complain_clear(&c);
	l->other = xcalloc(1, sizeof *l->other);
	batch_init(l->other);
	l->now = T0;
	for (i = 0; i < NACCTS; i++) {
		snprintf(name, sizeof name, "a%u", i);
		assert_int_equal(engine_account_add(l->e, slice_of(name), false,
				     T0, &root, &a, NULL),
		    ENGINE_OK);
	}
	*state = l;
	return 0;
}

static int
end_life(void **state)
{
	struct life *l = *state;

	engine_free(&l->e);
	batch_clear(l->other);
	free(l->other);
	free(l);
	return 0;
}

/* Any token there is, those that are deleted seldom. */
static struct token *
any_token(struct life *l)
{
	struct token_table *tt = engine_tokens(l->e);
	struct token	   *t = NULL, *got = NULL;
	unsigned	    n = 0;

	while ((t = token_table_next(tt, t != NULL ? t->tid : 0)) != NULL)
		if ((t->state != TOKEN_DELETED || below(50) == 0) &&
		    below(++n) == 0)
			got = t;
	return got;
}

static void
create(struct life *l)
{
	struct engine_new_token want = {.kind = (enum token_kind)below(3),
	    .expires = below(2) == 0 ? l->now + 1 + below(100) * USEC_MIN : 0};
	struct engine_made	made;
	char			name[16];

	snprintf(name, sizeof name, "a%u", below(NACCTS));
	want.account = slice_of(name);
	(void)!engine_token_create(l->e, &want, l->now, &root, &made, NULL);
}

static void
come_in_use(struct life *l, const struct token *t)
{
	static const char *const actions[] = {"pull", "pull", "push", "delete"};
	char			 id[16];

	snprintf(id, sizeof id, "x-%u", below(8));
	use_init(&l->u, l->now);
	use_set(&l->u, USE_TOKEN,
	    t == NULL || below(10) == 0 ? slice_of(id) : slice_of(t->id));
	use_set(&l->u, USE_ACTION, slice_of(actions[below(4)]));
	use_set(&l->u, USE_OUTCOME, SLICE("success"));
	(void)engine_use(l->e, &l->u);
}

static void
undo(struct life *l)
{
	struct batch *b = engine_batch(l->e);
	struct alert *a;
	struct token *t;
	char	      id[ALERT_ID_MAX];

	if (b->noutbox == 0 ||
	    sscanf(b->outbox[below((unsigned)b->noutbox)].alert.p,
		"{\"id\":\"%19[^\"]", id) != 1)
		return;
	a = alert_table_find(engine_alerts(l->e), slice_of(id));
	if (a != NULL)
		(void)!engine_undo(l->e, a, l->now, &root, &t, NULL);
}

static void
do_something(struct life *l)
{
	struct token *t = any_token(l);
	unsigned      what = below(10);

	l->now += below(5) * USEC_SEC * 20;
	if (what == 0 || t == NULL)
		create(l);
	else if (what < 4)
		come_in_use(l, t);
	else if (what < 7)
		(void)!engine_token_change(l->e, t, (enum token_state)below(4),
		    NULL, l->now, &root, NULL);
	else if (what == 7)
		(void)!engine_token_pause(l->e, t,
		    l->now + below(20) * USEC_MIN, NULL, l->now, &root, NULL);
	else if (what == 8)
		undo(l);
	else
		engine_tick(l->e, l->now);
}

static int
state_in(struct slice facts)
{
	char name[16] = "";

	return facts.p != NULL &&
		sscanf(facts.p, "{\"state\":\"%15[a-z]", name) == 1 ?
	    token_state_parse(slice_of(name)) :
	    -1;
}

static bool
is_undo(struct slice facts)
{
	static const char cause[] = "\"cause\":\"undo of alert ";

	return memmem(facts.p, facts.n, cause, sizeof cause - 1) != NULL;
}

/* Each audit entry of a token is a step that there is. */
static void
check_audit(struct life *l, const struct batch *b)
{
	const struct audit_row *r;
	size_t			i;
	int			from, to;

	for (i = 0; i < b->naudits; i++) {
		r = &b->audits[i];
		from = state_in(r->before);
		to = state_in(r->after);
		if (from == -1 || to == -1 ||
		    !slice_starts(r->action, SLICE("token.")))
			continue;
		if (from == to)
			assert_int_equal(from, TOKEN_INACTIVE);
		else
			assert_true(is_step((enum token_state)from,
			    (enum token_state)to, is_undo(r->after)));
		l->steps[from][to]++;
	}
}

static void
all_that_the_engine_does_is_a_step_of_the_table(void **state)
{
	struct life *l = *state;
	unsigned     i;
	int	     from, to;

	for (i = 0; i < STEPS; i++) {
		do_something(l);
		check_counts(engine_tokens(l->e));
		if (i % 16 != 15)
			continue;
		batch_reset(l->other);
		l->other = below(2) == 0 ?
		    engine_take_all(l->e, l->other) :
		    engine_take(l->e, l->other, below(3));
		check_audit(l, l->other);
	}
	/* It has been everywhere, or it has shown nothing. */
	for (from = 0; from < 4; from++)
		for (to = 0; to < 4; to++)
			if (is_step((enum token_state)from,
				(enum token_state)to, true))
				assert_true(l->steps[from][to] > 0);
	assert_true(l->steps[TOKEN_INACTIVE][TOKEN_INACTIVE] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		no_path_leaves_the_table_and_counts_equal_a_recount, begin,
		end),
	    cmocka_unit_test_setup_teardown(
		all_that_the_engine_does_is_a_step_of_the_table, begin_life,
		end_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
