/*
 * token rename, token edit: what people may change of a token beside its
 * state.
 */
#include <stdlib.h>

#include "engine/priv.h"

static int
check_kept(const struct token *t, struct error *err)
{
	if (t->state != TOKEN_DELETED)
		return ENGINE_OK;
	error_set(err, "token %s is deleted", t->id);
	return ENGINE_E_CONFLICT;
}

/* Of what is to be another (NULL, absent: not that); what stays may be older
 * than the policy. */
static int
check_policy(const struct engine *e, const struct token *t,
    struct slice description, const struct scope *scope, struct error *err)
{
	static const struct scope none = {.level = SCOPE_NONE};

	return policy_check(&e->opts.policy, t->kind,
		   description.p != NULL ? description : SLICE("as it was"),
		   scope != NULL ? scope : &none, err) == 0 ?
	    ENGINE_OK :
	    ENGINE_E_INVALID;
}

int
engine_token_rename(struct engine *e, struct token *t, struct slice description,
    usec_t now, const struct engine_actor *by, struct error *err)
{
	struct slice before;
	int	     res;

	if ((res = check_kept(t, err)) != ENGINE_OK ||
	    (res = engine_check_description(description, err)) != ENGINE_OK ||
	    (res = check_policy(e, t, description, NULL, err)) != ENGINE_OK)
		return res;
	before = engine_token_facts(e, t);
	engine_set_text(&t->description, description);
	engine_token_changed(e, t, "token.rename", before, now, by);
	return ENGINE_OK;
}

/* --- labels ---------------------------------------------------------- */

static bool
has_word(struct slice words, struct slice word)
{
	struct slice w;

	while (slice_cut(&words, ' ', &w))
		if (slice_eq(w, word))
			return true;
	return false;
}

/* Adds those of `words` that are not in `drop`, each once. */
static void
add_words(struct buf *out, struct slice words, struct slice drop)
{
	struct slice w;

	while (slice_cut(&words, ' ', &w)) {
		if (w.n == 0 || has_word(drop, w) ||
		    has_word(buf_slice(out), w))
			continue;
		if (out->n > 0)
			buf_addc(out, ' ');
		buf_addslice(out, w);
	}
}

/* The labels that it would have then. */
static int
make_labels(const struct token *t, const struct engine_edit *want,
    struct buf *out, struct error *err)
{
	static const struct slice protected = {"protected", 9};
	struct slice labels = slice_of(t->labels);

	if (want->labels.p != NULL)
		labels = want->labels;
	add_words(out, labels, want->drop_labels);
	add_words(out, want->add_labels, want->drop_labels);
	if (!want->may_protect &&
	    has_word(buf_slice(out), protected) !=
		token_has_label(t, protected)) {
		error_set(err, "the label protected needs the role admin");
		return ENGINE_E_DENIED;
	}
	return out->n > 0 ? engine_check_labels(buf_slice(out), err) :
			    ENGINE_OK;
}

/* --- scope ----------------------------------------------------------- */

/*
 * Whoever holds the secret has what the scope says, wherever it has got to: so
 * who made it may take from it, and only an admin may add to it.
 */
static int
make_scope(const struct token *t, const struct engine_edit *want,
    struct scope *out, struct error *err)
{
	if (token_is_foreign(t)) {
		error_set(err,
		    "token %s was issued elsewhere: its scope is not ours",
		    t->id);
		return ENGINE_E_CONFLICT;
	}
	if (scope_parse(want->scope, out, err) != 0 ||
	    scope_check(out, err) != 0)
		return ENGINE_E_INVALID;
	if (want->may_widen || scope_is_within(out, &t->scope))
		return ENGINE_OK;
	error_set(err,
	    "token %s: an owner may narrow its scope; to widen it needs the "
	    "role admin, or another token",
	    t->id);
	return ENGINE_E_DENIED;
}

/* --- limits ---------------------------------------------------------- */

static int
check_limited(const struct token *t, struct error *err)
{
	if (token_is_foreign(t))
		error_set(err,
		    "token %s was issued elsewhere: its limits are not ours",
		    t->id);
	else if (t->kind == TOKEN_HONEY)
		error_set(err, "token %s is a trap, which nobody uses", t->id);
	else if (t->state == TOKEN_EXPIRED)
		error_set(err, "token %s is expired for good; create another",
		    t->id);
	else
		return ENGINE_OK;
	return ENGINE_E_CONFLICT;
}

/* Those that were taken stay taken, but before a first limit none was
 * counted. */
static int
set_uses(struct token_limits *l, int64_t max, struct error *err)
{
	if (l->max_uses == 0 || max == 0)
		l->used = 0;
	l->max_uses = max;
	if (max >= 0 && max <= LIMITS_USES_MAX && (max == 0 || max > l->used))
		return ENGINE_OK;
	if (max > 0 && max <= l->used)
		error_set(err, "max-uses: %lld were taken already",
		    (long long)l->used);
	else
		error_set(err, "max-uses: 1 to %d", LIMITS_USES_MAX);
	return ENGINE_E_INVALID;
}

/* All three as they would be then; `out` has nothing. */
static int
set_limits(const struct token *t, const struct engine_edit *want,
    struct token_limits *out, struct error *err)
{
	const struct token_limits *l = t->limits;
	struct buf		   allow;
	int			   res = ENGINE_OK;

	buf_init(&allow);
	if (l != NULL) {
		out->idle_expires = l->idle_expires;
		out->max_uses = l->max_uses;
		out->used = l->used;
		limits_format_allow(l, &allow);
	}
	if (limits_parse_allow(want->allow_from.p != NULL ? want->allow_from :
							    buf_slice(&allow),
		out, err) == -1)
		res = ENGINE_E_INVALID;
	buf_clear(&allow);
	if (want->has_idle)
		out->idle_expires = want->idle_expires;
	if (out->idle_expires < 0 || out->idle_expires > LIMITS_IDLE_MAX) {
		error_set(err, "idle-expires: a span of at most 100 years");
		res = ENGINE_E_INVALID;
	}
	if (res == ENGINE_OK && want->has_uses)
		res = set_uses(out, want->max_uses, err);
	return res;
}

static int
make_limits(const struct token *t, const struct engine_edit *want,
    struct token_limits *out, struct error *err)
{
	int res;

	if ((res = check_limited(t, err)) != ENGINE_OK ||
	    (res = set_limits(t, want, out, err)) != ENGINE_OK)
		return res;
	if (want->may_widen || limits_are_within(out, t->limits))
		return ENGINE_OK;
	error_set(err,
	    "token %s: an owner may narrow its limits; to widen them needs "
	    "the role admin, or another token",
	    t->id);
	return ENGINE_E_DENIED;
}

static void
put_limits(struct token *t, struct token_limits *from)
{
	struct token_limits *l = token_limits(t);

	l->idle_expires = from->idle_expires;
	l->max_uses = from->max_uses;
	l->used = from->used;
	free(l->allow);
	l->allow = from->allow;
	l->nallow = from->nallow;
	from->allow = NULL;
}

/* --- the whole ------------------------------------------------------- */

/* What it is to have then, where `has` says so; all of it owned. */
struct edited {
	struct buf	    labels;
	struct scope	    scope;
	struct token_limits limits;
	bool		    has_labels, has_scope, has_limits;
};

/* Checks all of it before any of it is changed. */
static int
make_edited(const struct engine *e, const struct token *t,
    const struct engine_edit *want, struct edited *out, struct error *err)
{
	int res = check_kept(t, err);

	out->has_labels = want->labels.p != NULL ||
	    want->add_labels.p != NULL || want->drop_labels.p != NULL;
	out->has_scope = want->scope.p != NULL;
	out->has_limits =
	    want->allow_from.p != NULL || want->has_idle || want->has_uses;
	if (res == ENGINE_OK && !out->has_labels && !out->has_scope &&
	    !out->has_limits && want->description.p == NULL) {
		error_set(err, "what is to be changed of token %s?", t->id);
		res = ENGINE_E_INVALID;
	}
	if (res == ENGINE_OK)
		res = engine_check_description(want->description, err);
	if (res == ENGINE_OK && out->has_labels)
		res = make_labels(t, want, &out->labels, err);
	if (res == ENGINE_OK && out->has_scope)
		res = make_scope(t, want, &out->scope, err);
	if (res == ENGINE_OK)
		res = check_policy(e, t, want->description,
		    out->has_scope ? &out->scope : NULL, err);
	if (res == ENGINE_OK && out->has_limits)
		res = make_limits(t, want, &out->limits, err);
	return res;
}

static void
put_edited(struct token *t, const struct engine_edit *want, struct edited *ed)
{
	struct slice labels = buf_slice(&ed->labels);

	if (want->description.p != NULL)
		engine_set_text(&t->description, want->description);
	if (ed->has_labels)
		engine_set_text(&t->labels,
		    labels.n > 0 ? labels : (struct slice){NULL, 0});
	if (ed->has_scope) {
		scope_clear(&t->scope);
		t->scope = ed->scope;
		scope_init(&ed->scope);
	}
	if (ed->has_limits)
		put_limits(t, &ed->limits);
}

int
engine_token_edit(struct engine *e, struct token *t,
    const struct engine_edit *want, usec_t now, const struct engine_actor *by,
    struct error *err)
{
	struct edited ed = {.has_scope = false};
	struct slice  before;
	int	      res;

	buf_init(&ed.labels);
	scope_init(&ed.scope);
	res = make_edited(e, t, want, &ed, err);
	if (res == ENGINE_OK) {
		before = engine_token_facts(e, t);
		put_edited(t, want, &ed);
		engine_token_changed(e, t, "token.edit", before, now, by);
	}
	free(ed.limits.allow);
	scope_clear(&ed.scope);
	buf_clear(&ed.labels);
	return res;
}
