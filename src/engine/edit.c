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

int
engine_token_rename(struct engine *e, struct token *t, struct slice description,
    usec_t now, const struct engine_actor *by, struct error *err)
{
	struct slice before;
	int	     res;

	if ((res = check_kept(t, err)) != ENGINE_OK ||
	    (res = engine_check_description(description, err)) != ENGINE_OK)
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
	if (scope_parse(want->scope, out, err) != 0)
		return ENGINE_E_INVALID;
	if (want->may_widen || scope_is_within(out, &t->scope))
		return ENGINE_OK;
	error_set(err,
	    "token %s: an owner may narrow its scope; to widen it needs the "
	    "role admin, or another token",
	    t->id);
	return ENGINE_E_DENIED;
}

/* --- the whole ------------------------------------------------------- */

/* What it is to have then, where `has` says so; all of it owned. */
struct edited {
	struct buf   labels;
	struct scope scope;
	bool	     has_labels, has_scope;
};

/* Checks all of it before any of it is changed. */
static int
make_edited(const struct token *t, const struct engine_edit *want,
    struct edited *out, struct error *err)
{
	int res = check_kept(t, err);

	out->has_labels = want->labels.p != NULL ||
	    want->add_labels.p != NULL || want->drop_labels.p != NULL;
	out->has_scope = want->scope.p != NULL;
	if (res == ENGINE_OK && !out->has_labels && !out->has_scope &&
	    want->description.p == NULL) {
		error_set(err, "what is to be changed of token %s?", t->id);
		res = ENGINE_E_INVALID;
	}
	if (res == ENGINE_OK)
		res = engine_check_description(want->description, err);
	if (res == ENGINE_OK && out->has_labels)
		res = make_labels(t, want, &out->labels, err);
	if (res == ENGINE_OK && out->has_scope)
		res = make_scope(t, want, &out->scope, err);
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
	res = make_edited(t, want, &ed, err);
	if (res == ENGINE_OK) {
		before = engine_token_facts(e, t);
		put_edited(t, want, &ed);
		engine_token_changed(e, t, "token.edit", before, now, by);
	}
	scope_clear(&ed.scope);
	buf_clear(&ed.labels);
	return res;
}
