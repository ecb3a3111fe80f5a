/*
 * The road of one use.  Everything here runs once for each use, so nothing
 * here allocates: text goes into the batch's arena, known text becomes a
 * number, and the token is found by one hash.
 *
 * With many tokens the road mostly waits for memory: the token, the id, the
 * address and the repository each lie in a table larger than the cache.  So
 * all of them are hashed first and their places fetched at once (warm), and
 * looked up after.
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

/*
 * The symbol of a field, held by the engine until the field has another text:
 * one use is much like the next, and comparing is cheaper than looking up.
 */
static struct sym *
field_symbol(struct engine *e, const struct use *u, enum use_field f)
{
	struct slice text = use_text(u, f);

	if (text.p == NULL)
		return NULL;
	if (e->recent[f] == NULL || !slice_eq(sym_text(e->recent[f]), text))
		sym_set(&e->recent[f],
		    engine_symbol(e, text,
			e->hash[f] != 0 ? e->hash[f] : map_hash(text)));
	return e->recent[f];
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
	    .outcome = outcome_of(u),
	    .count = (uint64_t)u->count};

	in.ip = field_symbol(e, u, USE_SOURCE_IP);
	in.client = field_symbol(e, u, USE_USER_AGENT);
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
warm(struct engine *e, const struct use *u)
{
	struct slice s;
	size_t	     i;

	e->hash[USE_TOKEN] = 0;
	if ((s = use_text(u, USE_TOKEN)).n > 0) {
		e->hash[USE_TOKEN] = map_hash(s);
		token_table_warm_slot(e->tokens, e->hash[USE_TOKEN]);
	}
	for (i = 0; i < NMANY; i++) {
		e->hash[many_valued[i]] = 0;
		if ((s = use_text(u, many_valued[i])).p == NULL)
			continue;
		e->hash[many_valued[i]] = map_hash(s);
		intern_warm_slot(e->strings, e->hash[many_valued[i]]);
	}
	if (e->hash[USE_TOKEN] != 0)
		token_table_warm_value(e->tokens, e->hash[USE_TOKEN]);
	for (i = 0; i < NMANY; i++)
		if (e->hash[many_valued[i]] != 0)
			intern_warm_value(e->strings, e->hash[many_valued[i]]);
}

static bool
is_duplicate(struct engine *e, const struct use *u)
{
	struct slice	 id = use_text(u, USE_ID);
	struct dedup_key k;

	if (id.n == 0) {
		warm(e, u);
		return false;
	}
	k = dedup_key_of(e->dedup, use_text(u, USE_REGISTRY), id);
	dedup_warm(e->dedup, &k);
	warm(e, u);
	return dedup_seen(e->dedup, &k);
}

static struct token *
resolve(struct engine *e, const struct use *u)
{
	struct slice  id = use_text(u, USE_TOKEN);
	struct token *t;
	bool	      is_new = false;

	if (id.n == 0)
		return NULL;
	t = token_table_find_hashed(e->tokens, id, e->hash[USE_TOKEN]);
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
	if (is_duplicate(e, u)) {
		e->counts.duplicates++;
		return ENGINE_DUPLICATE;
	}
	t = resolve(e, u);
	if (t != NULL)
		engine_expire(e, t, u->arrival);
	nsent = u->nother;
	engine_standing(u, t, &standing);
	engine_enrich(u, t, &standing);
	n = ruleset_judge(e->rules, u, &v);
	u->nother = nsent; /* further labels are not stored with it */
	seq = e->next_seq++;
	fill_row(e, u, t, &standing, seq);
	if (n > 0)
		engine_respond(e, u, t, seq, v, n);
	e->counts.uses++;
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
