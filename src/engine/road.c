/*
 * The road of one use.  Everything here runs once for each use, so nothing
 * here allocates: text goes into the batch's arena, known text becomes a
 * number, and the token is found by one hash.
 */
#include "engine/priv.h"
#include "token/lastused.h"

static struct sym *
engine_symbol(struct engine *e, struct slice text, uint64_t hash)
{
	struct sym *s;
	bool	    is_new = false;

	s = intern_add_hashed(e->strings, text, hash, &is_new);
	if (is_new)
		batch_add_string(e->batch, s);
	return s;
}

static struct sym *
other_symbol(struct engine *e, enum use_field f, struct slice text)
{
	uint64_t hash = e->hash != NULL ? e->hash[f] : 0;

	sym_set(&e->recent[f],
	    engine_symbol(e, text, hash != 0 ? hash : map_hash(text)));
	return e->recent[f];
}

/*
 * The symbol of a field, held by the engine until the field has another text:
 * one use is much like the next, and comparing is cheaper than looking up.
 */
static inline struct sym *
field_symbol(struct engine *e, const struct use *u, enum use_field f)
{
	struct slice text = use_text(u, f);
	struct sym  *s = e->recent[f];

	if (text.p == NULL)
		return NULL;
	return s != NULL && slice_eq(sym_text(s), text) ?
	    s :
	    other_symbol(e, f, text);
}

/* That of the user agent, which has its symbol: if it is the one of the use
 * before, so is this. */
static struct sym *
product_symbol(struct engine *e, const struct use *u, bool same)
{
	struct slice agent = use_text(u, USE_USER_AGENT);
	bool	     is_new;

	if (agent.p == NULL)
		return NULL;
	if (!same)
		sym_set(&e->product,
		    intern_add(e->clients, seen_product(agent), &is_new));
	return e->product;
}

static uint32_t
field_id(struct engine *e, const struct use *u, enum use_field f)
{
	return sym_id(field_symbol(e, u, f));
}

static uint8_t
outcome_of(const struct use *u)
{
	struct slice s = use_text(u, USE_OUTCOME);

	if (s.n == 0)
		return OUTCOME_NONE;
	return slice_is(s, "success") ? OUTCOME_SUCCESS :
	    slice_is(s, "denied")     ? OUTCOME_DENIED :
					OUTCOME_FAILURE;
}

/* The five texts that last-used holds go into the row as well. */
void
engine_fold(struct engine *e, const struct use *u, struct token *t, int64_t seq,
    struct use_row *r)
{
	struct lastused_input in = {.time = u->time,
	    .network = addr_net_key(&u->ip),
	    .outcome = outcome_of(u),
	    .count = (uint64_t)u->count};
	const struct sym     *agent = e->recent[USE_USER_AGENT];

	in.ip = field_symbol(e, u, USE_SOURCE_IP);
	in.client = field_symbol(e, u, USE_USER_AGENT);
	in.product =
	    product_symbol(e, u, in.client != NULL && in.client == agent);
	in.action = field_symbol(e, u, USE_ACTION);
	in.repository = field_symbol(e, u, USE_REPOSITORY);
	in.registry = field_symbol(e, u, USE_REGISTRY);
	if (r != NULL) {
		r->ip = sym_id(in.ip);
		r->user_agent = sym_id(in.client);
		r->action = sym_id(in.action);
		r->repository = sym_id(in.repository);
		r->registry = sym_id(in.registry);
	}
	if (t != NULL) {
		lastused_add(t, &in);
		if (t->rotated)
			engine_fold_secret(e, u, t, in.ip, in.client);
		t->last_seq = seq;
		token_table_mark_dirty(e->tokens, t);
	}
}

static void
fill_row(struct engine *e, const struct use *u, struct token *t,
    const struct standing *standing, int64_t seq)
{
	struct use_row *r = batch_add_use(e->batch);

	r->seq = seq;
	r->time = u->time;
	r->arrival = u->arrival;
	r->bytes = u->bytes;
	r->count = u->count;
	if (t != NULL) {
		r->token = t->tid;
		r->prev = t->last_seq;
		r->standing = *standing;
	}
	r->account = field_id(e, u, USE_ACCOUNT);
	r->outcome = field_id(e, u, USE_OUTCOME);
	r->reason = field_id(e, u, USE_REASON);
	r->tag = field_id(e, u, USE_TAG);
	r->digest = field_id(e, u, USE_DIGEST);
	r->media_type = field_id(e, u, USE_MEDIA_TYPE);
	r->id = batch_text(e->batch, use_text(u, USE_ID));
	if (u->nother > 0) {
		e->text.n = 0;
		if (use_other_json(u, &e->text))
			r->other = batch_text(e->batch, buf_slice(&e->text));
	}
	engine_fold(e, u, t, seq, r);
}

/* Fields with many values; the others are mostly what they were. */
static const enum use_field many_valued[] = {USE_SOURCE_IP, USE_REPOSITORY,
    USE_TAG, USE_DIGEST, USE_USER_AGENT};

#define NMANY (sizeof many_valued / sizeof many_valued[0])

static void
warm_slots(struct engine *e, const struct use *u, struct engine_ahead *a)
{
	struct slice s;
	size_t	     i;

	memset(a->hash, 0, sizeof a->hash);
	if ((s = use_text(u, USE_ID)).n > 0) {
		a->id = dedup_key_of(e->dedup, use_text(u, USE_REGISTRY), s);
		dedup_warm(e->dedup, &a->id);
	}
	if ((s = use_text(u, USE_TOKEN)).n > 0) {
		a->hash[USE_TOKEN] = map_hash(s);
		token_table_warm_slot(e->tokens, a->hash[USE_TOKEN]);
	}
	for (i = 0; i < NMANY; i++) {
		if ((s = use_text(u, many_valued[i])).p == NULL)
			continue;
		a->hash[many_valued[i]] = map_hash(s);
		intern_warm_slot(e->strings, a->hash[many_valued[i]]);
	}
}

static void
warm_values(struct engine *e, const struct engine_ahead *a)
{
	size_t i;

	if (a->hash[USE_TOKEN] != 0)
		token_table_warm_value(e->tokens, a->hash[USE_TOKEN]);
	for (i = 0; i < NMANY; i++)
		if (a->hash[many_valued[i]] != 0)
			intern_warm_value(e->strings, a->hash[many_valued[i]]);
}

void
engine_warm(struct engine *e, struct use *u, struct engine_ahead *a,
    unsigned step)
{
	if (step == 0) {
		/* Rules may have groups of what is added. */
		engine_enrich_alone(u);
		warm_slots(e, u, a);
	} else if (step == 1)
		warm_values(e, a);
	else if (a->hash[USE_TOKEN] != 0)
		token_table_warm_parts(e->tokens, a->hash[USE_TOKEN]);
	ruleset_warm(e->rules, u, &a->rules, step);
}

static bool
is_duplicate(struct engine *e, const struct use *u,
    const struct engine_ahead *a)
{
	return use_text(u, USE_ID).n > 0 && dedup_seen(e->dedup, &a->id);
}

static struct token *
resolve(struct engine *e, const struct use *u, const struct engine_ahead *a)
{
	struct slice  id = use_text(u, USE_TOKEN);
	struct token *t;
	bool	      is_new = false;

	if (id.n == 0)
		return NULL;
	t = token_table_find_hashed(e->tokens, id, a->hash[USE_TOKEN]);
	if (t != NULL)
		return t;
	t = token_table_foreign(e->tokens, id, &is_new);
	if (is_new) {
		t->created = u->arrival;
		batch_add_token(e->batch, t);
	}
	return t;
}

enum engine_result
engine_use(struct engine *e, struct use *u)
{
	struct engine_ahead a;
	unsigned	    step;

	for (step = 0; step < ENGINE_WARM; step++)
		engine_warm(e, u, &a, step);
	return engine_use_ahead(e, u, &a);
}

enum engine_result
engine_use_ahead(struct engine *e, struct use *u, const struct engine_ahead *a)
{
	const struct verdict *v;
	struct token	     *t;
	struct standing	      standing;
	size_t		      n;
	int64_t		      seq;
	unsigned	      nsent;

	if (u->count == 0) {
		e->counts.empty++;
		return ENGINE_EMPTY;
	}
	if (is_duplicate(e, u, a)) {
		e->counts.duplicates++;
		return ENGINE_DUPLICATE;
	}
	t = resolve(e, u, a);
	if (t != NULL)
		engine_expire(e, t, u->arrival);
	nsent = u->nother;
	engine_standing(u, t, &standing);
	if (t != NULL && t->limits != NULL)
		engine_limits_before(e, u, t, &standing);
	engine_enrich_token(u, t, &standing);
	n = ruleset_judge(e->rules, u, &v);
	u->nother = nsent; /* further labels are not stored with it */
	seq = e->next_seq++;
	e->hash = a->hash;
	fill_row(e, u, t, &standing, seq);
	e->hash = NULL;
	if (n > 0)
		engine_respond(e, u, t, seq, v, n);
	if (t != NULL && t->limits != NULL)
		engine_limits_after(e, u, t);
	e->counts.uses++;
	tally_add(e->registries, use_text(u, USE_REGISTRY), outcome_of(u), 1);
	e->counts.last_use = u->arrival;
	return ENGINE_NEW;
}

void
engine_refuse(struct engine *e, usec_t now, const char *sender,
    const char *reason, const char *error, struct slice line)
{
	struct refused_row *r = batch_add_refused(e->batch);

	if (line.n > USE_LINE_MAX)
		line.n = USE_LINE_MAX;
	r->time = now;
	r->sender = batch_text(e->batch, slice_of(sender));
	r->reason = batch_text(e->batch, slice_of(reason));
	r->error = batch_text(e->batch, slice_of(error));
	r->line = batch_text(e->batch, line);
	e->counts.refused++;
}
