#include "alert/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void
batch_init(struct batch *b)
{
	memset(b, 0, sizeof *b);
	arena_init(&b->arena);
}

void
batch_clear(struct batch *b)
{
	arena_clear(&b->arena);
	free(b->strings);
	free(b->uses);
	free(b->tokens);
	free(b->lastused);
	free(b->secrets);
	free(b->secrets_seen);
	free(b->accounts);
	free(b->alerts);
	free(b->audits);
	free(b->refused);
	free(b->outbox);
	free(b->cursors);
	free(b->modes);
	batch_init(b);
}

void
batch_reset(struct batch *b)
{
	arena_reset(&b->arena);
	b->nstrings = b->nuses = b->ntokens = b->nlastused = 0;
	b->naccounts = b->nalerts = b->naudits = b->nrefused = 0;
	b->noutbox = b->ncursors = b->nmodes = 0;
	b->nsecrets = b->nsecrets_seen = 0;
	b->checkpoint = 0;
	b->brake_changed = false;
}

bool
batch_is_empty(const struct batch *b)
{
	return b->nstrings + b->nuses + b->ntokens + b->nlastused +
		b->naccounts + b->nalerts + b->naudits + b->nrefused +
		b->noutbox + b->ncursors + b->nmodes + b->nsecrets +
		b->nsecrets_seen ==
	    0 &&
	    !b->brake_changed;
}

struct slice
batch_text(struct batch *b, struct slice s)
{
	return arena_slice(&b->arena, s);
}

/* Grows a list by one zeroed row and yields a pointer to it. */
#define ADD_ROW(b, name)                                             \
	((b)->name = xgrow((b)->name, (b)->n##name, &(b)->cap##name, \
	     sizeof *(b)->name),                                     \
	    memset(&(b)->name[(b)->n##name], 0, sizeof *(b)->name),  \
	    &(b)->name[(b)->n##name++])

struct use_row *
batch_add_use(struct batch *b)
{
	return ADD_ROW(b, uses);
}

struct alert_row *
batch_add_alert(struct batch *b)
{
	return ADD_ROW(b, alerts);
}

struct audit_row *
batch_add_audit(struct batch *b)
{
	return ADD_ROW(b, audits);
}

struct refused_row *
batch_add_refused(struct batch *b)
{
	return ADD_ROW(b, refused);
}

struct outbox_row *
batch_add_outbox(struct batch *b)
{
	return ADD_ROW(b, outbox);
}

struct mode_row *
batch_add_mode(struct batch *b)
{
	return ADD_ROW(b, modes);
}

struct cursor_row *
batch_add_cursor(struct batch *b)
{
	return ADD_ROW(b, cursors);
}

void
batch_add_string(struct batch *b, const struct sym *s)
{
	struct string_row *r = ADD_ROW(b, strings);

	r->id = s->id;
	r->text = batch_text(b, sym_text(s));
}

/* What a foreign token may do is not ours to say: it has none. */
static struct slice
scope_text(struct batch *b, const struct token *t)
{
	struct slice text;
	struct buf   scope;

	if (token_is_foreign(t))
		return (struct slice){NULL, 0};
	buf_init(&scope);
	scope_format(&t->scope, &scope);
	text = batch_text(b, buf_slice(&scope));
	buf_clear(&scope);
	return text;
}

static void
add_limits(struct batch *b, const struct token_limits *l, struct token_row *r)
{
	struct buf allow;

	r->idle_expires = l->idle_expires;
	r->max_uses = l->max_uses;
	r->used = l->used;
	memcpy(r->told, l->told, sizeof r->told);
	if (l->nallow == 0)
		return;
	buf_init(&allow);
	limits_format_allow(l, &allow);
	r->allow_from = batch_text(b, buf_slice(&allow));
	buf_clear(&allow);
}

void
batch_add_token(struct batch *b, const struct token *t)
{
	struct token_row *r = ADD_ROW(b, tokens);

	r->tid = t->tid;
	r->id = batch_text(b, slice_of(t->id));
	memcpy(r->hash, t->hash, sizeof r->hash);
	r->state = (uint8_t)t->state;
	r->kind = (uint8_t)t->kind;
	r->aid = t->account != NULL ? t->account->aid : 0;
	r->description = batch_text(b, slice_of(t->description));
	r->labels = batch_text(b, slice_of(t->labels));
	r->scope = scope_text(b, t);
	r->cause = batch_text(b, sym_text(t->cause));
	r->actor = batch_text(b, sym_text(t->actor));
	r->created = t->created;
	r->expires = t->expires;
	r->changed = t->changed;
	r->until = token_until(t);
	if (t->limits != NULL)
		add_limits(b, t->limits, r);
}

static struct slice
seen_text(struct batch *b, const struct token *t)
{
	char packed[SEEN_PACKED_MAX];

	if (t->seen == NULL)
		return (struct slice){NULL, 0};
	return batch_text(b,
	    (struct slice){packed, seen_pack(t->seen, packed)});
}

void
batch_add_lastused(struct batch *b, const struct token *t)
{
	struct lastused_row *r = ADD_ROW(b, lastused);

	r->tid = t->tid;
	r->time = t->last.time;
	r->first = t->first_used;
	r->ip = sym_id(t->last.ip);
	r->client = sym_id(t->last.client);
	r->action = sym_id(t->last.action);
	r->repository = sym_id(t->last.repository);
	r->registry = sym_id(t->last.registry);
	r->outcome = t->outcome;
	r->uses = t->uses;
	r->refused = t->refused;
	r->last_seq = t->last_seq;
	r->seen = seen_text(b, t);
}

void
batch_add_account(struct batch *b, const struct account *a)
{
	struct account_row *r = ADD_ROW(b, accounts);

	r->aid = a->aid;
	r->name = batch_text(b, slice_of(a->name));
	r->two_factor = a->two_factor;
	r->disabled = a->disabled;
	r->created = a->created;
}

static struct sighting_row
sighting_row(const struct sighting *s)
{
	return (struct sighting_row){s->time, sym_id(s->ip), sym_id(s->client),
	    s->count};
}

void
batch_add_secret(struct batch *b, const struct token_secret *s)
{
	struct secret_row *r = ADD_ROW(b, secrets);

	r->tid = s->of->token->tid;
	r->number = s->number;
	memcpy(r->hash, s->hash, sizeof r->hash);
	r->made = s->made;
	r->until = s->until;
	r->used = sighting_row(&s->used);
}

void
batch_forget_secret(struct batch *b, const struct token *t, uint32_t number)
{
	struct secret_row *r = ADD_ROW(b, secrets);

	r->tid = t->tid;
	r->number = number;
	r->forgotten = true;
}

static void
add_seen(struct batch *b, const struct token *t, uint32_t number,
    bool superseded, struct sighting *s)
{
	struct secret_seen_row *r;

	if (!s->dirty)
		return;
	s->dirty = false;
	r = ADD_ROW(b, secrets_seen);
	r->tid = t->tid;
	r->number = number;
	r->superseded = superseded;
	r->seen = sighting_row(s);
}

void
batch_add_secrets_seen(struct batch *b, struct rotation *r)
{
	struct token_secret *s;

	for (s = r->newest; s != NULL; s = s->older)
		add_seen(b, r->token, s->number, false, &s->used);
	add_seen(b, r->token, r->tried_number, true, &r->tried);
}
