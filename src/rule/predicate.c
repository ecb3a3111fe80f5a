#include "rule/predicate.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/number.h"
#include "rule/instant.h"
#include "rule/regex.h"

#define SET_MIN	 4 /* fewer equal strings are compared one by one */
#define KEYWORDS UINT32_MAX

struct predicate {
	uint64_t	     epoch; /* of the use that `holds` is for */
	bool		     holds;
	bool		     folds; /* looks at folded text */
	uint32_t	     slot;  /* or KEYWORDS */
	const struct item   *item;  /* op and flags */
	struct slice	     meaning;
	struct map	     exact; /* values, if n is large */
	const struct value **rest;  /* values that are not in `exact` */
	size_t		     nrest;
	bool		     null; /* one of the values is null */
	struct predicate    *next; /* of all */
};

struct predicate_set {
	struct arena	 *arena;
	struct fields	 *fields;
	struct map	  by_meaning;
	struct predicate *all;
	uint64_t	  epoch;
};

static struct slice
meaning_of(const void *value)
{
	const struct predicate *p = value;

	return p->meaning;
}

static struct slice
text_of(const void *value)
{
	const struct value *v = value;

	return v->pattern.text;
}

struct predicate_set *
predicate_set_new(struct arena *a, struct fields *f)
{
	struct predicate_set *ps = xcalloc(1, sizeof(*ps));

	ps->arena = a;
	ps->fields = f;
	map_init(&ps->by_meaning, meaning_of);
	return ps;
}

void
predicate_set_free(struct predicate_set **psp)
{
	struct predicate_set *ps = *psp;
	struct predicate     *p;

	if (ps == NULL)
		return;
	for (p = ps->all; p != NULL; p = p->next)
		map_clear(&p->exact);
	map_clear(&ps->by_meaning);
	free(ps);
	*psp = NULL;
}

static void
add_read(unsigned *slots, size_t *n, unsigned slot)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (slots[i] == slot)
			return;
	slots[(*n)++] = slot;
}

bool
predicate_set_reads(const struct predicate_set *ps, unsigned *slots, size_t *n)
{
	const struct predicate *p;
	size_t			i;

	*n = 0;
	for (p = ps->all; p != NULL; p = p->next) {
		if (p->slot == KEYWORDS)
			return false;
		if (p->item->op != ITEM_EXISTS)
			add_read(slots, n, p->slot);
		for (i = 0; i < p->item->n; i++)
			if (p->item->values[i].type == VALUE_FIELD)
				add_read(slots, n, p->item->values[i].slot);
	}
	return true;
}

void
predicate_begin(struct predicate_set *ps)
{
	ps->epoch++;
}

/* ---- making ---- */

/* Does it look at text that may be folded? */
static bool
is_seen(const struct value *v)
{
	return v->type == VALUE_STRING || v->type == VALUE_FIELD ||
	    v->type == VALUE_BOOL;
}

/* Text that equal items share and different ones do not. */
static void
item_meaning(const struct item *it, struct buf *b)
{
	const struct value *v;
	struct slice	    s;
	size_t		    i;

	buf_addf(b, "%zu:", it->field.n);
	buf_addslice(b, it->field);
	buf_addf(b, "%d%d%d%d%d%u%d%d", it->field.p == NULL, it->all, it->cased,
	    it->neq, it->exists, it->reflags, (int)it->op, (int)it->part);
	for (i = 0; i < it->n; i++) {
		v = &it->values[i];
		s = v->type == VALUE_STRING ? v->pattern.text : v->source;
		buf_addf(b, ",%d%d:%zu:", (int)v->type,
		    is_seen(v) ? (int)v->pattern.kind : 0, s.n);
		buf_addslice(b, s);
	}
}

static bool
is_exact(const struct value *v)
{
	return v->type == VALUE_STRING && v->pattern.kind == PATTERN_EXACT;
}

/* Under `all` each value counts for itself, so there is no set. */
static void
predicate_sort_values(struct predicate_set *ps, struct predicate *p)
{
	const struct item  *it = p->item;
	const struct value *v;
	size_t		    i, nexact = 0;

	for (i = 0; i < it->n; i++)
		nexact += is_exact(&it->values[i]);
	if (it->all)
		nexact = 0;
	p->rest = arena_alloc(ps->arena, (it->n + 1) * sizeof(*p->rest));
	for (i = 0; i < it->n; i++) {
		v = &it->values[i];
		p->null = p->null || v->type == VALUE_NULL;
		p->folds = p->folds || (is_seen(v) && !it->cased);
		if (!is_exact(v) || nexact < SET_MIN)
			p->rest[p->nrest++] = v;
		else if (map_find(&p->exact, v->pattern.text) == NULL)
			map_add(&p->exact, (void *)v);
	}
}

/* Fields that values name. */
static void
predicate_bind_fields(struct predicate_set *ps, const struct item *it)
{
	size_t i;

	for (i = 0; i < it->n; i++)
		if (it->values[i].type == VALUE_FIELD)
			it->values[i].slot =
			    fields_slot(ps->fields, it->values[i].source);
}

static struct predicate *
predicate_new(struct predicate_set *ps, const struct item *it)
{
	struct predicate *p = arena_zalloc(ps->arena, sizeof(*p));

	p->item = it;
	p->slot =
	    it->field.p == NULL ? KEYWORDS : fields_slot(ps->fields, it->field);
	map_init(&p->exact, text_of);
	predicate_bind_fields(ps, it);
	predicate_sort_values(ps, p);
	p->next = ps->all;
	ps->all = p;
	return p;
}

static struct predicate *
predicate_of(struct predicate_set *ps, const struct item *it)
{
	struct predicate *p;
	struct buf	  b;

	buf_init(&b);
	item_meaning(it, &b);
	p = map_find(&ps->by_meaning, buf_slice(&b));
	if (p == NULL) {
		p = predicate_new(ps, it);
		p->meaning = arena_slice(ps->arena, buf_slice(&b));
		map_add(&ps->by_meaning, p);
	}
	buf_clear(&b);
	return p;
}

void
predicate_bind(struct predicate_set *ps, struct node *n)
{
	size_t i;

	if (n->type == NODE_ITEM && n->predicate == NULL)
		n->predicate = predicate_of(ps, n->item);
	for (i = 0; i < n->n; i++)
		predicate_bind(ps, n->child[i]);
}

/* ---- one value against one member ---- */

static bool
number_matches(const struct value *v, const struct use_value *m,
    struct slice text)
{
	struct decimal x;

	if (m->type == USE_NUMBER)
		return decimal_parse(text, &x) == 0 &&
		    decimal_cmp(&x, &v->number) == 0;
	return m->type == USE_STRING && slice_eq(text, v->text);
}

static bool
cidr_matches(const struct value *v, struct slice text)
{
	struct addr a;

	return addr_parse(text, &a) == 0 && cidr_has(&v->cidr, &a);
}

/*
 * The member, or that part of its time, against the value's number; false if
 * it has none.
 */
static bool
member_cmp(const struct item *it, const struct value *v,
    const struct use_value *m, struct slice text, int *cmp)
{
	struct decimal x;
	int64_t	       part;
	usec_t	       t;

	if (m->type != USE_NUMBER && m->type != USE_STRING)
		return false;
	if (it->part == TIMEPART_NONE) {
		if (decimal_parse(text, &x) != 0)
			return false;
		*cmp = decimal_cmp(&x, &v->number);
		return true;
	}
	if (instant_parse(text, m->type == USE_NUMBER, &t) != 0)
		return false;
	part = timepart_of(it->part, t);
	*cmp = (part > v->part) - (part < v->part);
	return true;
}

static bool
compare_matches(const struct item *it, const struct value *v,
    const struct use_value *m, struct slice text)
{
	int cmp;

	if (!member_cmp(it, v, m, text, &cmp))
		return false;
	switch (it->op) {
	case ITEM_LT:
		return cmp < 0;
	case ITEM_LTE:
		return cmp <= 0;
	case ITEM_GT:
		return cmp > 0;
	case ITEM_GTE:
		return cmp >= 0;
	case ITEM_MATCH:
		return cmp == 0;
	case ITEM_EXISTS:
		break;
	}
	return false;
}

static struct slice
seen_text(struct predicate_set *ps, const struct predicate *p, int member)
{
	return p->folds ? fields_folded(ps->fields, member) :
			  fields_text(ps->fields, member);
}

/* Some member of the field that the value names, as `member` is seen. */
static bool
field_matches(struct predicate_set *ps, const struct predicate *p,
    const struct value *v, int member)
{
	struct fields *f = ps->fields;
	struct pattern other = {.kind = v->pattern.kind};
	int	       m;

	for (m = fields_first(f, v->slot); m != FIELDS_END;
	     m = fields_next(f, v->slot, m)) {
		other.text = seen_text(ps, p, m);
		/* Anew: folding the other may have moved this one. */
		if (other.text.p != NULL &&
		    pattern_match(&other, seen_text(ps, p, member)))
			return true;
	}
	return false;
}

/*
 * `text` is the member's string view and `seen` the one for patterns, which
 * may be folded; both absent for null.
 */
static bool
value_matches(struct predicate_set *ps, const struct predicate *p,
    const struct value *v, int member, struct slice text, struct slice seen)
{
	const struct use_value *m = fields_value(ps->fields, member);

	if (v->type == VALUE_NULL)
		return m->type == USE_NULL;
	if (text.p == NULL)
		return false;
	if (v->type == VALUE_NEVER)
		return false;
	if (p->item->op != ITEM_MATCH || p->item->part != TIMEPART_NONE)
		return compare_matches(p->item, v, m, text);
	switch (v->type) {
	case VALUE_STRING:
		return pattern_match(&v->pattern, seen);
	case VALUE_NUMBER:
		return number_matches(v, m, text);
	case VALUE_BOOL:
		return slice_eq(seen, v->text); /* or the word, as any */
	case VALUE_REGEX:
		return regex_search(v->regex, text.p, text.n);
	case VALUE_CIDR:
		return cidr_matches(v, text);
	case VALUE_FIELD:
		return field_matches(ps, p, v, member);
	case VALUE_NULL:
	case VALUE_NEVER:
		break;
	}
	return false;
}

static bool
member_matches_any(struct predicate_set *ps, const struct predicate *p,
    int member)
{
	const struct use_value *m = fields_value(ps->fields, member);
	struct slice		text, seen;
	size_t			i;

	if (m->type == USE_ABSENT)
		return false;
	text = fields_text(ps->fields, member);
	seen = seen_text(ps, p, member);
	if (p->exact.n > 0 && seen.p != NULL &&
	    map_find(&p->exact, seen) != NULL)
		return true;
	for (i = 0; i < p->nrest; i++)
		if (value_matches(ps, p, p->rest[i], member, text, seen))
			return true;
	return false;
}

static bool
member_matches(struct predicate_set *ps, const struct predicate *p,
    const struct value *v, int member)
{
	const struct use_value *m = fields_value(ps->fields, member);

	return m->type != USE_ABSENT &&
	    value_matches(ps, p, v, member, fields_text(ps->fields, member),
		seen_text(ps, p, member));
}

/* ---- one predicate ---- */

/* An absent path: neither a value nor an object under that name. */
static bool
is_absent(const struct predicate_set *ps, const struct predicate *p)
{
	return fields_first(ps->fields, p->slot) == FIELDS_END &&
	    !fields_is_object(ps->fields, p->slot);
}

static bool
any_member(struct predicate_set *ps, const struct predicate *p)
{
	int m, n;

	if (p->slot == KEYWORDS) {
		n = fields_members(ps->fields);
		for (m = 0; m < n; m++)
			if (member_matches_any(ps, p, m))
				return true;
		return false;
	}
	for (m = fields_first(ps->fields, p->slot); m != FIELDS_END;
	     m = fields_next(ps->fields, p->slot, m))
		if (member_matches_any(ps, p, m))
			return true;
	return p->null && is_absent(ps, p);
}

static bool
some_member(struct predicate_set *ps, const struct predicate *p,
    const struct value *v)
{
	int m, n;

	if (p->slot == KEYWORDS) {
		n = fields_members(ps->fields);
		for (m = 0; m < n; m++)
			if (member_matches(ps, p, v, m))
				return true;
		return false;
	}
	for (m = fields_first(ps->fields, p->slot); m != FIELDS_END;
	     m = fields_next(ps->fields, p->slot, m))
		if (member_matches(ps, p, v, m))
			return true;
	return v->type == VALUE_NULL && is_absent(ps, p);
}

static bool
predicate_test(struct predicate_set *ps, const struct predicate *p)
{
	size_t i;

	if (p->item->op == ITEM_EXISTS)
		return is_absent(ps, p) != p->item->exists;
	if (!p->item->all)
		return any_member(ps, p) != p->item->neq;
	for (i = 0; i < p->nrest; i++)
		if (!some_member(ps, p, p->rest[i]))
			return p->item->neq;
	return !p->item->neq;
}

bool
predicate_holds(struct predicate_set *ps, const struct node *n)
{
	struct predicate *p;
	size_t		  i;

	switch (n->type) {
	case NODE_ITEM:
		p = n->predicate;
		if (p->epoch != ps->epoch) {
			p->holds = predicate_test(ps, p);
			p->epoch = ps->epoch;
		}
		return p->holds;
	case NODE_NOT:
		return !predicate_holds(ps, n->child[0]);
	case NODE_AND:
		for (i = 0; i < n->n; i++)
			if (!predicate_holds(ps, n->child[i]))
				return false;
		return true;
	case NODE_OR:
		for (i = 0; i < n->n; i++)
			if (predicate_holds(ps, n->child[i]))
				return true;
		return false;
	}
	return false;
}

bool
predicate_member(struct predicate_set *ps, const struct node *item,
    const struct value *v, int member)
{
	return member_matches(ps, item->predicate, v, member);
}

int
predicate_slot(const struct node *item)
{
	const struct predicate *p = item->predicate;

	return p->slot == KEYWORDS ? -1 : (int)p->slot;
}
