/*
 * Puts back at start what the store kept: the caller reads, this builds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/priv.h"

/*
 * While loading, stored ids of strings are looked up in a list that holds
 * their symbols; ids come in ascending order.
 */
void
engine_load_string(struct engine *e, uint32_t id, struct slice text)
{
	struct sym *s = intern_load(e->strings, id, text);

	if (s == NULL)
		s = intern_find(e->strings, text);
	e->loading =
	    xgrow(e->loading, e->nloading, &e->cap_loading, sizeof *e->loading);
	e->loading[e->nloading++] = (struct loading_string){id, sym_ref(s)};
}

/*
 * The newest strings are all there, without a gap: counted back from the last
 * one, most lie where they should.
 */
static size_t
likely_place(const struct engine *e, uint32_t id)
{
	uint32_t back = e->loading[e->nloading - 1].id - id;

	return back < e->nloading ? e->nloading - 1 - back : 0;
}

static int
compare_id(const void *key, const void *entry)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct loading_string *)entry)->id;

	return (a > b) - (a < b);
}

static struct sym *
string_by_id(const struct engine *e, uint32_t id)
{
	struct loading_string *found;

	if (id == 0 || e->nloading == 0)
		return NULL;
	found = &e->loading[likely_place(e, id)];
	if (found->id == id)
		return found->sym;
	found = bsearch(&id, e->loading, e->nloading, sizeof *e->loading,
	    compare_id);
	return found != NULL ? found->sym : NULL;
}

/* In the order in which they came: a token, or NULL, for the one before. */
static void
arrive(struct engine *e, struct token *t)
{
	struct token **place = &e->arriving[e->narrived++ % LOAD_AHEAD];

	if (*place != NULL)
		token_table_add(e->tokens, *place);
	*place = t;
	if (t != NULL)
		token_table_warm_add(e->tokens, t);
}

static void
all_arrive(struct engine *e)
{
	unsigned i;

	for (i = 0; i < LOAD_AHEAD; i++)
		arrive(e, NULL);
}

void
engine_load_done(struct engine *e)
{
	size_t i;

	all_arrive(e);
	for (i = 0; i < e->nloading; i++)
		sym_unref(&e->loading[i].sym);
	free(e->loading);
	e->loading = NULL;
	e->nloading = e->cap_loading = 0;
	engine_apply_modes(e);
}

void
engine_load_account(struct engine *e, const struct account_row *r)
{
	struct account *a;

	a = token_table_add_account(e->tokens, r->name, r->aid);
	a->two_factor = r->two_factor;
	a->disabled = r->disabled;
	a->created = r->created;
}

static struct account *
account_by_aid(struct engine *e, uint32_t aid)
{
	struct account *a =
	    aid == 0 ? NULL : token_table_next_account(e->tokens, aid - 1);

	return a != NULL && a->aid == aid ? a : NULL;
}

static void
load_lastused(struct engine *e, struct token *t, const struct lastused_row *u)
{
	t->last.time = u->time;
	t->outcome = u->outcome;
	sym_set(&t->last.ip, string_by_id(e, u->ip));
	sym_set(&t->last.client, string_by_id(e, u->client));
	sym_set(&t->last.action, string_by_id(e, u->action));
	sym_set(&t->last.repository, string_by_id(e, u->repository));
	sym_set(&t->last.registry, string_by_id(e, u->registry));
	t->first_used = u->first;
	t->uses = u->uses;
	t->refused = u->refused;
	t->last_seq = u->last_seq;
}

static bool
has_limits(const struct token_row *r)
{
	return r->idle_expires != 0 || r->max_uses != 0 ||
	    r->allow_from.n > 0 || r->told[NOTICE_EXPIRY] != 0 ||
	    r->told[NOTICE_IDLE] != 0;
}

/* A limit that cannot be read must not become none. */
static int
load_limits(struct token *t, const struct token_row *r, struct error *err)
{
	struct token_limits *l;

	if (!has_limits(r))
		return 0;
	l = token_limits(t);
	if (r->idle_expires < 0 || r->max_uses < 0 || r->used < 0 ||
	    r->used > r->max_uses) {
		error_set(err, "token %s: its limits make no sense", t->id);
		return -1;
	}
	l->idle_expires = r->idle_expires;
	l->max_uses = r->max_uses;
	l->used = r->used;
	memcpy(l->told, r->told, sizeof l->told);
	if (limits_parse_allow(r->allow_from, l, err) != 0) {
		error_prefix(err, "token %s", t->id);
		return -1;
	}
	return 0;
}

int
engine_load_token(struct engine *e, const struct token_row *r,
    const struct lastused_row *u, struct error *err)
{
	struct token *t;

	/* Both index tables: a row from another hand must not reach them. */
	if (r->state > TOKEN_DELETED || r->kind > TOKEN_FOREIGN) {
		error_set(err, "token %.*s: unknown state %d or kind %d",
		    SLICE_ARG(r->id), r->state, r->kind);
		return -1;
	}
	t = token_new(r->id);
	if (r->scope.p != NULL && scope_parse(r->scope, &t->scope, err) != 0) {
		error_prefix(err, "token %.*s: scope", SLICE_ARG(r->id));
		token_free(&t);
		return -1;
	}
	t->tid = r->tid;
	memcpy(t->hash, r->hash, sizeof t->hash);
	t->state = (enum token_state)r->state;
	t->kind = (enum token_kind)r->kind;
	t->account = account_by_aid(e, r->aid);
	engine_set_text(&t->description, r->description);
	engine_set_text(&t->labels, r->labels);
	sym_set(&t->cause, token_table_word(e->tokens, r->cause));
	sym_set(&t->actor, token_table_word(e->tokens, r->actor));
	t->created = r->created;
	t->expires = r->expires;
	t->changed = r->changed;
	load_lastused(e, t, u);
	if (load_limits(t, r, err) != 0) {
		token_free(&t);
		return -1;
	}
	if (seen_unpack(u->seen, e->clients, &t->seen) != 0) {
		error_set(err, "token %.*s: last_used.seen is damaged",
		    SLICE_ARG(r->id));
		token_free(&t);
		return -1;
	}
	arrive(e, t);
	if (t->state == TOKEN_INACTIVE)
		token_table_pause(e->tokens, t, r->until);
	return 0;
}

/* A token that was loaded. */
static struct token *
arrived(struct engine *e, uint32_t tid)
{
	all_arrive(e);
	return token_table_by_tid(e->tokens, tid);
}

static struct sighting
sighting_of(struct engine *e, const struct sighting_row *r)
{
	return (struct sighting){.time = r->time,
	    .ip = string_by_id(e, r->ip),
	    .client = string_by_id(e, r->client),
	    .count = r->count};
}

int
engine_load_secret(struct engine *e, const struct secret_row *r,
    struct error *err)
{
	struct token	   *t = arrived(e, r->tid);
	struct token_secret s = {.number = r->number,
	    .made = r->made,
	    .until = r->until,
	    .used = sighting_of(e, &r->used)};

	memcpy(s.hash, r->hash, sizeof s.hash);
	if (t != NULL && !token_is_foreign(t) &&
	    rotation_load(e->rotations, t, &s))
		return 0;
	error_set(err, "secret %u of token number %u makes no sense", r->number,
	    r->tid);
	return -1;
}

int
engine_load_superseded(struct engine *e, const struct secret_seen_row *r,
    struct error *err)
{
	struct token   *t = arrived(e, r->tid);
	struct sighting tried = sighting_of(e, &r->seen);

	if (t != NULL &&
	    rotation_load_tried(e->rotations, t, r->number, &tried))
		return 0;
	error_set(err,
	    "token number %u had a superseded secret tried, and none replaced",
	    r->tid);
	return -1;
}

void
engine_load_alert(struct engine *e, const struct alert_row *r)
{
	(void)alert_table_load(e->alerts, r);
}

void
engine_load_marks(struct engine *e, int64_t last_seq, int64_t last_outbox)
{
	all_arrive(e);
	e->next_seq = last_seq + 1;
	e->checkpoint = 0;
	e->next_outbox = last_outbox + 1;
}

void
engine_load_brake(struct engine *e, usec_t since)
{
	e->brake.on = since != 0;
	e->brake.since = since;
}

/* ---- stored uses again ---- */

struct slice
engine_loaded_string(const struct engine *e, uint32_t id)
{
	return sym_text(string_by_id(e, id));
}

struct slice
engine_loaded_token(const struct engine *e, uint32_t tid)
{
	const struct token *t = token_table_by_tid(e->tokens, tid);

	return t != NULL ? slice_of(t->id) : (struct slice){NULL, 0};
}

static void
warm_string(const struct engine *e, uint32_t id, unsigned step)
{
	const struct loading_string *l;

	if (id == 0 || e->nloading == 0)
		return;
	l = &e->loading[likely_place(e, id)];
	if (step == 0)
		__builtin_prefetch(l);
	else if (step == 1 && l->id == id)
		__builtin_prefetch(l->sym);
}

static void
warm_token(const struct engine *e, uint32_t tid, unsigned step)
{
	const struct token *t;

	if (step == 0) {
		token_table_warm_tid(e->tokens, tid);
		return;
	}
	t = token_table_by_tid(e->tokens, tid);
	if (t == NULL)
		return;
	if (step == 1) {
		__builtin_prefetch(t);
		__builtin_prefetch(&t->created);
		__builtin_prefetch(t->id);
	} else {
		__builtin_prefetch(t->account);
	}
}

void
engine_warm_row(const struct engine *e, const struct use_row *r, unsigned step)
{
	warm_token(e, r->token, step);
	warm_string(e, r->ip, step);
	warm_string(e, r->repository, step);
	warm_string(e, r->tag, step);
	warm_string(e, r->digest, step);
	warm_string(e, r->user_agent, step);
}

void
engine_replay_enrich(const struct engine *e, struct use *u,
    const struct use_row *r)
{
	engine_enrich(u, token_table_by_tid(e->tokens, r->token), &r->standing);
}

void
engine_replay_ahead(struct engine *e, const struct use *u,
    struct engine_ahead *a, unsigned step)
{
	struct slice id = use_text(u, USE_ID);

	if (step == 0 && id.n > 0) {
		a->id = dedup_key_of(e->dedup, use_text(u, USE_REGISTRY), id);
		dedup_warm(e->dedup, &a->id);
	}
	ruleset_warm(e->rules, u, &a->rules, step);
}

void
engine_replay(struct engine *e, const struct use *u, const struct use_row *r,
    const struct engine_ahead *a, bool fold)
{
	const struct verdict *v;
	struct token	     *t;

	if (use_text(u, USE_ID).n > 0)
		(void)dedup_seen(e->dedup, &a->id);
	(void)ruleset_judge(e->rules, u, &v);
	if (!fold)
		return;
	t = token_table_by_tid(e->tokens, r->token);
	if (t != NULL && r->seq > t->last_seq)
		engine_fold(e, u, t, r->seq, NULL);
}
