#include <stdlib.h>

#include "base/mem.h"
#include "engine/priv.h"

#define CLIENTS_MAX  4096  /* kept that no token has any more */
#define SWEEP_TOKENS 10000 /* looked at for their end in one tick */
#define DUE_TOKENS   10000 /* activated again in one tick */

struct engine *
engine_new(const struct engine_opts *o, struct ruleset *rs)
{
	struct engine *e = xcalloc(1, sizeof *e);

	e->opts = *o;
	e->rules = rs;
	e->tokens = token_table_new(o->foreign_max);
	e->rotations = rotations_new();
	e->alerts = alert_table_new(o->alerts_max);
	e->strings = intern_new(o->strings_max, 1);
	e->clients = intern_new(CLIENTS_MAX, 1);
	engine_modes_init(e);
	e->dedup = dedup_new(o->dedup_max);
	e->registries = tally_new(OUTCOME_FAILURE + 1);
	brake_init(&e->brake, o->brake_changes, o->brake_per, o->brake_share);
	e->batch = xcalloc(1, sizeof *e->batch);
	batch_init(e->batch);
	e->next_seq = e->next_outbox = e->checkpoint = 1;
	buf_init(&e->text);
	return e;
}

void
engine_free(struct engine **ep)
{
	struct engine *e = *ep;

	if (e == NULL)
		return;
	engine_load_done(e);
	batch_clear(e->batch);
	free(e->batch);
	rotations_free(&e->rotations);
	token_table_free(&e->tokens);
	alert_table_free(&e->alerts);
	intern_free(&e->strings);
	intern_free(&e->clients);
	dedup_free(&e->dedup);
	tally_free(&e->registries);
	brake_clear(&e->brake);
	engine_modes_clear(e);
	ruleset_free(&e->rules);
	buf_clear(&e->text);
	free(e);
	*ep = NULL;
}

void
engine_set_opts(struct engine *e, const struct engine_opts *o)
{
	e->opts = *o;
	brake_set(&e->brake, o->brake_changes, o->brake_per, o->brake_share);
}

void
engine_set_rules(struct engine *e, struct ruleset *rs,
    struct ruleset_change *change)
{
	ruleset_carry(rs, e->rules, change);
	ruleset_free(&e->rules);
	e->rules = rs;
	engine_apply_modes(e);
}

/* A million tokens are looked at in a hundred ticks; a token past its end is
 * refused all the while (token_refusal). */
void
engine_tick(struct engine *e, usec_t now)
{
	struct token *t;
	unsigned      n;

	for (n = 0; n < DUE_TOKENS; n++) {
		if ((t = token_table_due(e->tokens, now)) == NULL)
			break;
		engine_expire(e, t, now);
	}
	for (n = 0; n < SWEEP_TOKENS; n++) {
		t = token_table_next(e->tokens, e->sweep);
		if (t == NULL) {
			e->sweep = 0;
			return;
		}
		e->sweep = t->tid;
		engine_expire(e, t, now);
		engine_notify(e, t, now);
	}
}

struct batch *
engine_batch(struct engine *e)
{
	return e->batch;
}

static void
checkpoint_token(struct engine *e, struct token *t)
{
	batch_add_lastused(e->batch, t);
	if (t->rotated)
		batch_add_secrets_seen(e->batch, rotation_of(e->rotations, t));
}

/* Up to `rows` more of the checkpoint; with the last one, how far it goes. */
static void
add_rows(struct engine *e, size_t rows)
{
	struct token *t = NULL;
	size_t	      i;

	for (i = 0; i < rows; i++) {
		t = token_table_pop_dirty(e->tokens);
		if (t == NULL)
			break;
		checkpoint_token(e, t);
	}
	if (i == rows)
		return; /* whether that was the last shows at the next */
	e->batch->checkpoint = e->checkpoint - 1;
	e->writing = false;
}

struct batch *
engine_take(struct engine *e, struct batch *next, size_t rows)
{
	struct batch *full = e->batch;
	struct alert *a;

	while ((a = alert_table_pop_dirty(e->alerts)) != NULL)
		alert_store(a, full);
	if (e->writing)
		add_rows(e, rows);
	e->batch = next;
	return full;
}

struct batch *
engine_take_all(struct engine *e, struct batch *next)
{
	if (e->writing)
		add_rows(e, SIZE_MAX);
	(void)engine_begin_checkpoint(e);
	return engine_take(e, next, SIZE_MAX);
}

bool
engine_needs_checkpoint(const struct engine *e)
{
	return e->checkpoint != e->next_seq;
}

size_t
engine_begin_checkpoint(struct engine *e)
{
	e->checkpoint = e->next_seq;
	e->writing = true;
	return token_table_line_up_dirty(e->tokens);
}

bool
engine_has_checkpoint(const struct engine *e)
{
	return e->writing;
}

struct token_table *
engine_tokens(struct engine *e)
{
	return e->tokens;
}

struct ruleset *
engine_rules(struct engine *e)
{
	return e->rules;
}

struct alert_table *
engine_alerts(struct engine *e)
{
	return e->alerts;
}

const struct engine_counts *
engine_counts(const struct engine *e)
{
	return &e->counts;
}

const struct tally *
engine_registries(const struct engine *e)
{
	return e->registries;
}

const struct brake *
engine_brake(const struct engine *e)
{
	return &e->brake;
}

size_t
engine_dedup_count(const struct engine *e)
{
	return dedup_count(e->dedup);
}

size_t
engine_strings(const struct engine *e)
{
	return intern_count(e->strings);
}

void
engine_evicted(const struct engine *e, struct engine_evicted *out)
{
	out->ids = dedup_evicted(e->dedup);
	out->strings = intern_evicted(e->strings);
	out->foreign = token_table_counts(e->tokens)->foreign_evicted;
	out->alerts = alert_table_evicted(e->alerts);
	out->registries = tally_evicted(e->registries);
}
