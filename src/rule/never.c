/*
 * What must hold for the tree to hold is written down as facts about items;
 * the tree is never satisfied if some part of it cannot be as the facts want
 * it.  That is not all of logic, and takes no longer than reading the rule.
 */
#include "rule/never.h"

#include "use/use.h"

#define FACTS_MAX 256	 /* of what more say nothing is concluded */
#define PAIRS_MAX 100000 /* nor of two items with more pairs of values */

/* An item, without its `neq`, holds or does not. */
struct fact {
	const struct item *item;
	bool		   holds;
};

struct facts {
	struct fact list[FACTS_MAX];
	size_t	    n;
	bool	    uses_only;
};

enum truth { NO, YES, MAYBE };

/* --- items ------------------------------------------------------------- */

static bool
value_is_same(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == VALUE_STRING)
		return a->pattern.kind == b->pattern.kind &&
		    slice_eq(a->pattern.text, b->pattern.text);
	return slice_eq(a->source, b->source) &&
	    (a->type != VALUE_FIELD || a->pattern.kind == b->pattern.kind);
}

static bool
has_same_field(const struct item *a, const struct item *b)
{
	return a->field.p != NULL && b->field.p != NULL &&
	    slice_eq(a->field, b->field);
}

/* The same, whatever their `neq`. */
static bool
item_is_same(const struct item *a, const struct item *b)
{
	size_t i;

	if (a == b)
		return true;
	if ((a->field.p != NULL || b->field.p != NULL) && !has_same_field(a, b))
		return false;
	if (a->op != b->op || a->part != b->part || a->all != b->all ||
	    a->cased != b->cased || a->exists != b->exists ||
	    a->reflags != b->reflags || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!value_is_same(&a->values[i], &b->values[i]))
			return false;
	return true;
}

/* Is it false where its field is absent? */
static bool
needs_presence(const struct item *it)
{
	size_t i;

	if (it->op == ITEM_EXISTS)
		return it->exists;
	for (i = 0; i < it->n; i++)
		if (it->values[i].type == VALUE_NULL)
			return false;
	return it->field.p != NULL;
}

/* Has its field one value?  A label is one of several. */
static bool
is_single(const struct item *it, const struct facts *f)
{
	int field;

	if (!f->uses_only || it->field.p == NULL)
		return false;
	field = use_field_find(it->field);
	return field >= 0 && field != USE_TOKEN_LABEL;
}

/* --- texts ------------------------------------------------------------- */

static bool
is_exact(const struct value *v)
{
	return v->type == VALUE_STRING && v->pattern.kind == PATTERN_EXACT;
}

/* Does it hold of whole texts only, any of which it names? */
static bool
names_texts(const struct item *it)
{
	size_t i;

	if (it->op != ITEM_MATCH || it->part != TIMEPART_NONE || it->n == 0 ||
	    (it->all && it->n > 1))
		return false;
	for (i = 0; i < it->n; i++)
		if (!is_exact(&it->values[i]))
			return false;
	return true;
}

static enum truth
value_takes(const struct value *v, struct slice text)
{
	struct addr a;

	switch (v->type) {
	case VALUE_STRING:
		return pattern_match(&v->pattern, text) ? YES : NO;
	case VALUE_CIDR:
		return addr_parse(text, &a) == 0 && cidr_has(&v->cidr, &a) ?
		    YES :
		    NO;
	case VALUE_NULL:
	case VALUE_NEVER:
		return NO;
	default:
		return MAYBE;
	}
}

/* Of a field whose only value is that text. */
static enum truth
item_takes(const struct item *it, struct slice text)
{
	enum truth want = it->all ? NO : YES, t, all = it->all ? YES : NO;
	size_t	   i;

	for (i = 0; i < it->n; i++) {
		t = value_takes(&it->values[i], text);
		if (t == want)
			return t;
		if (t == MAYBE)
			all = MAYBE;
	}
	return all;
}

/* What `b` is, where the field has a text that `a` names: the same of all. */
static enum truth
texts_make(const struct item *a, const struct item *b)
{
	enum truth first, t;
	size_t	   i;

	if (!names_texts(a) || b->op != ITEM_MATCH ||
	    b->part != TIMEPART_NONE || a->cased != b->cased ||
	    a->n > PAIRS_MAX / (b->n + 1))
		return MAYBE;
	first = item_takes(b, a->values[0].pattern.text);
	for (i = 1; i < a->n; i++) {
		t = item_takes(b, a->values[i].pattern.text);
		if (t != first)
			return MAYBE;
	}
	return first;
}

/* --- numbers ----------------------------------------------------------- */

static bool
is_lower(const struct item *it)
{
	return it->n == 1 && (it->op == ITEM_GT || it->op == ITEM_GTE);
}

static bool
is_upper(const struct item *it)
{
	return it->n == 1 && (it->op == ITEM_LT || it->op == ITEM_LTE);
}

/* Is there no number above `lo` and below `hi`? */
static bool
is_empty_range(const struct item *lo, const struct item *hi)
{
	const struct value *a, *b;
	int		    cmp;

	if (!is_lower(lo) || !is_upper(hi) || lo->part != hi->part)
		return false;
	a = lo->values;
	b = hi->values;
	cmp = lo->part != TIMEPART_NONE ?
	    (a->part > b->part) - (a->part < b->part) :
	    decimal_cmp(&a->number, &b->number);
	return cmp > 0 ||
	    (cmp == 0 && (lo->op == ITEM_GT || hi->op == ITEM_LT));
}

/* --- facts ------------------------------------------------------------- */

/* `a` holds: then `b` does, too. */
static bool
implies(const struct item *a, const struct item *b)
{
	if (!has_same_field(a, b))
		return false;
	if (b->op == ITEM_EXISTS && b->exists)
		return needs_presence(a);
	return texts_make(a, b) == YES;
}

/* Not both can hold. */
static bool
excludes(const struct item *a, const struct item *b, const struct facts *f)
{
	if (!has_same_field(a, b))
		return false;
	if (a->op == ITEM_EXISTS && !a->exists)
		return needs_presence(b);
	if (b->op == ITEM_EXISTS && !b->exists)
		return needs_presence(a);
	return is_single(a, f) &&
	    (texts_make(a, b) == NO || texts_make(b, a) == NO ||
		is_empty_range(a, b) || is_empty_range(b, a));
}

/* Without its `neq`, and by itself. */
static bool
item_is_never(const struct item *it, const struct facts *f)
{
	size_t i, n = 0;

	for (i = 0; i < it->n; i++)
		n += it->values[i].type == VALUE_NEVER;
	if (n > 0 && (it->all || n == it->n))
		return true;
	/* One text cannot be all of several. */
	for (i = 0; it->all && is_single(it, f) && i < it->n; i++)
		if (is_exact(&it->values[i]) &&
		    item_takes(it, it->values[i].pattern.text) == NO)
			return true;
	return false;
}

/* Can the item, without its `neq`, not be so? */
static bool
item_is_refuted(const struct item *it, bool holds, const struct facts *f)
{
	const struct fact *a;
	size_t		   i;

	if (holds && item_is_never(it, f))
		return true;
	for (i = 0; i < f->n; i++) {
		a = &f->list[i];
		if (a->holds != holds && item_is_same(a->item, it))
			return true;
		if (holds && a->holds && excludes(a->item, it, f))
			return true;
		if (holds && !a->holds && implies(it, a->item))
			return true;
		if (!holds && a->holds && implies(a->item, it))
			return true;
	}
	return false;
}

/* --- the tree ---------------------------------------------------------- */

/* All children must be as it is: those of an `and` that holds, of an `or` that
 * does not. */
static bool
binds_all(const struct node *n, bool holds)
{
	return n->type == (holds ? NODE_AND : NODE_OR);
}

static void
assume(const struct node *n, bool holds, struct facts *f)
{
	size_t i;

	if (n->type == NODE_NOT) {
		assume(n->child[0], !holds, f);
	} else if (n->type == NODE_ITEM) {
		if (f->n < FACTS_MAX)
			f->list[f->n++] =
			    (struct fact){n->item, holds != n->item->neq};
	} else if (binds_all(n, holds) || n->n == 1) {
		for (i = 0; i < n->n; i++)
			assume(n->child[i], holds, f);
	}
}

static bool
is_refuted(const struct node *n, bool holds, struct facts *f)
{
	size_t i, had = f->n;
	bool   all, found;

	if (n->type == NODE_NOT)
		return is_refuted(n->child[0], !holds, f);
	if (n->type == NODE_ITEM)
		return item_is_refuted(n->item, holds != n->item->neq, f);
	all = binds_all(n, holds);
	if (all)
		assume(n, holds, f);
	/* One that cannot be will do, or each must not. */
	found = false;
	for (i = 0; i < n->n; i++)
		if ((found = is_refuted(n->child[i], holds, f)) == all)
			break;
	f->n = had;
	return found;
}

bool
node_is_never(const struct node *n, bool uses_only)
{
	struct facts f = {.n = 0, .uses_only = uses_only};

	return is_refuted(n, true, &f);
}
