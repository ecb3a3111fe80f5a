/*
 * Modes that people gave to rules, over what the files say; and what rules in
 * `simulate` would have done, for who thinks of promoting one.
 *
 * An override is for what the rule meant when it was given: another meaning
 * under the same id has to be looked at again, and is what its file says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/priv.h"

struct override {
	char	      *rule; /* owned: its id */
	enum rule_mode mode;
	uint64_t       meaning;
};

/* Tokens of one rule that are told apart; more are counted again. */
#define WOULD_TOKENS_MAX 100000

struct would {
	char		   *rule; /* owned: its id */
	uint64_t	    meaning;
	struct engine_would seen;
	struct map	    tokens;			/* owned: their ids */
	const char	   *token[ENGINE_WOULD_TOKENS]; /* the first of them */
};

static struct slice
override_key(const void *value)
{
	const struct override *o = value;

	return slice_of(o->rule);
}

static struct slice
would_key(const void *value)
{
	const struct would *w = value;

	return slice_of(w->rule);
}

static struct slice
token_key(const void *value)
{
	return slice_of(value);
}

void
engine_modes_init(struct engine *e)
{
	map_init(&e->overrides, override_key);
	map_init(&e->would, would_key);
}

/* ---- overrides ---- */

static void
override_free(struct override *o)
{
	free(o->rule);
	free(o);
}

static void
override_put(struct engine *e, struct slice rule, enum rule_mode mode,
    uint64_t meaning)
{
	struct override *o = map_find(&e->overrides, rule);

	if (o == NULL) {
		o = xcalloc(1, sizeof *o);
		o->rule = slice_dup(rule);
		map_add(&e->overrides, o);
	}
	o->mode = mode;
	o->meaning = meaning;
}

static void
override_drop(struct engine *e, struct slice rule)
{
	struct override *o = map_remove(&e->overrides, rule);

	if (o != NULL)
		override_free(o);
}

/* All rules of a set as their files and then people have it. */
void
engine_apply_modes(struct engine *e)
{
	const struct override *o;
	const struct rule     *r;
	size_t		       i;

	for (i = 0; i < ruleset_count(e->rules); i++) {
		r = ruleset_rule(e->rules, i);
		o = map_find(&e->overrides, slice_of(r->id));
		ruleset_set_mode(e->rules, r,
		    o != NULL && o->meaning == r->meaning ? o->mode :
							    r->file_mode);
	}
}

bool
engine_rule_lost_mode(const struct engine *e, const struct rule *r)
{
	const struct override *o = map_find(&e->overrides, slice_of(r->id));

	return o != NULL && o->meaning != r->meaning;
}

void
engine_load_mode(struct engine *e, const struct mode_row *r)
{
	if (r->mode <= RULE_ENFORCE)
		override_put(e, r->rule, (enum rule_mode)r->mode, r->meaning);
}

static struct slice
mode_json(struct engine *e, enum rule_mode mode)
{
	struct jsonw w;

	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	jsonw_field_str(&w, "mode", slice_of(rule_mode_name(mode)));
	jsonw_end(&w);
	return batch_text(e->batch, buf_slice(&e->text));
}

void
engine_rule_set_mode(struct engine *e, const struct rule *r, int mode,
    usec_t now, const struct engine_actor *by)
{
	struct audit_row *a = batch_add_audit(e->batch);
	struct mode_row	 *m = batch_add_mode(e->batch);

	m->rule = batch_text(e->batch, slice_of(r->id));
	m->mode = mode == -1 ? MODE_OF_FILE : (uint8_t)mode;
	m->meaning = r->meaning;
	a->time = now;
	a->actor = batch_text(e->batch, slice_of(by->name));
	a->uid = by->uid;
	a->pid = by->pid;
	a->action = SLICE("rule.mode");
	a->object = m->rule;
	a->before = mode_json(e, r->mode);
	if (mode == -1)
		override_drop(e, slice_of(r->id));
	else
		override_put(e, slice_of(r->id), (enum rule_mode)mode,
		    r->meaning);
	engine_apply_modes(e);
	a->after = mode_json(e, r->mode);
}

/* ---- what would have been done ---- */

static void
would_free(struct would *w)
{
	size_t at = 0;
	char  *id;

	while ((id = map_next(&w->tokens, &at)) != NULL)
		free(id);
	map_clear(&w->tokens);
	free(w->rule);
	free(w);
}

static struct would *
would_get(struct engine *e, const struct rule *r)
{
	struct would *w = map_find(&e->would, slice_of(r->id));

	if (w != NULL && w->meaning != r->meaning) {
		(void)map_remove(&e->would, slice_of(r->id));
		would_free(w);
		w = NULL;
	}
	if (w == NULL) {
		w = xcalloc(1, sizeof *w);
		w->rule = xstrdup(r->id);
		w->meaning = r->meaning;
		map_init(&w->tokens, token_key);
		map_add(&e->would, w);
	}
	return w;
}

void
engine_would_alert(struct engine *e, const struct rule *r)
{
	would_get(e, r)->seen.alerts++;
}

void
engine_would_change(struct engine *e, const struct rule *r, const char *token)
{
	struct would *w = would_get(e, r);
	char	     *id;

	/* In earnest the first alert would have left nothing to change. */
	if (map_find(&w->tokens, slice_of(token)) != NULL)
		return;
	w->seen.changes++;
	if (w->tokens.n == WOULD_TOKENS_MAX)
		return;
	id = xstrdup(token);
	map_add(&w->tokens, id);
	if (w->seen.ntokens < ENGINE_WOULD_TOKENS)
		w->token[w->seen.ntokens++] = id;
}

void
engine_rule_would(const struct engine *e, const struct rule *r,
    struct engine_would *out)
{
	struct would *w = map_find(&e->would, slice_of(r->id));

	*out = (struct engine_would){0};
	if (w == NULL || w->meaning != r->meaning)
		return;
	*out = w->seen;
	out->token = w->token;
}

void
engine_modes_clear(struct engine *e)
{
	struct override *o;
	struct would	*w;
	size_t		 at;

	for (at = 0; (o = map_next(&e->overrides, &at)) != NULL;)
		override_free(o);
	map_clear(&e->overrides);
	for (at = 0; (w = map_next(&e->would, &at)) != NULL;)
		would_free(w);
	map_clear(&e->would);
}
