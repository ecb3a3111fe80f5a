/*
 * Of an AND the best of its parts is enough, of an OR all parts are needed,
 * and of a NOT nothing is known: what is denied is mostly absent.
 */
#include "rule/witness.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "rule/fold.h"
#include "rule/regex.h"

/* A longer needle is searched for by its end: paths begin alike. */
#define NEEDLE_MAX 16

static const struct witness_set always = {.always = true, .cost = UINT32_MAX};

/* How much of what comes is likely to show it. */
enum { COST_PRESENT = 400, COST_BOOL = 100, COST_NUMBER = 8, COST_NET = 10 };

/* ---- the census ---- */

/* So many more rules that name a witness double what it costs. */
#define COMMON 4

struct witness_census {
	struct arena arena;
	struct map   counts; /* of struct census_entry, by its key */
	struct buf   key;    /* kept warm */
};

struct census_entry {
	struct slice key;
	unsigned     n;
};

static struct slice
entry_key(const void *value)
{
	const struct census_entry *e = value;

	return e->key;
}

struct witness_census *
witness_census_new(void)
{
	struct witness_census *c = xcalloc(1, sizeof *c);

	arena_init(&c->arena);
	map_init(&c->counts, entry_key);
	buf_init(&c->key);
	return c;
}

void
witness_census_free(struct witness_census **cp)
{
	struct witness_census *c = *cp;

	if (c == NULL)
		return;
	map_clear(&c->counts);
	buf_clear(&c->key);
	arena_clear(&c->arena);
	free(c);
	*cp = NULL;
}

static struct slice
census_key(struct buf *b, const struct witness *w)
{
	b->n = 0;
	buf_add(b, &w->slot, sizeof w->slot);
	buf_addc(b, (char)w->kind);
	buf_addslice(b, w->text);
	return buf_slice(b);
}

static void
census_count_one(struct witness_census *c, const struct witness *w)
{
	struct slice	     key = census_key(&c->key, w);
	struct census_entry *e = map_find(&c->counts, key);

	if (e == NULL) {
		e = arena_zalloc(&c->arena, sizeof *e);
		e->key = arena_slice(&c->arena, key);
		map_add(&c->counts, e);
	}
	e->n++;
}

static unsigned
census_count(const struct witness_census *c, const struct witness *w)
{
	const struct census_entry *e;
	struct buf		   b;

	if (c == NULL || w->kind == WITNESS_PRESENT)
		return 0;
	buf_init(&b);
	e = map_find(&c->counts, census_key(&b, w));
	buf_clear(&b);
	return e != NULL ? e->n : 0;
}

/* ---- costs ---- */

static unsigned
cost_of_exact(size_t n)
{
	return n <= 1 ? 40 : n <= 3 ? 20 : 3;
}

static unsigned
cost_of_needle(size_t n)
{
	static const uint8_t costs[] = {200, 120, 60, 25, 10, 10, 4, 4, 4};

	return n < sizeof costs ? costs[n] : 2;
}

/* What making a set needs. */
struct maker {
	struct arena		    *arena;
	struct fields		    *fields;
	const struct witness_census *census; /* NULL: for the census itself */
};

static void
add(const struct maker *m, struct witness_set *set, struct witness w,
    unsigned cost)
{
	struct witness *copy = arena_alloc(m->arena, sizeof *copy);

	if (w.slot == WITNESS_ANYWHERE)
		cost *= 4;
	cost *= 1 + census_count(m->census, &w) / COMMON;
	*copy = w;
	copy->next = set->list;
	set->list = copy;
	set->cost = set->cost < UINT32_MAX / 2 ? set->cost + cost : set->cost;
}

static void
add_present(const struct maker *m, struct witness_set *set, uint32_t slot)
{
	struct witness w = {.kind = WITNESS_PRESENT, .slot = slot};

	add(m, set, w, COST_PRESENT);
}

/* Joins b to a, which may have grown long already. */
static void
join(struct witness_set *a, struct witness_set b)
{
	struct witness **end = &b.list;

	if (a->always || b.always) {
		*a = always;
		return;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = a->list;
	a->list = b.list;
	a->cost = a->cost < UINT32_MAX / 2 ? a->cost + b.cost : a->cost;
}

/* ---- strings ---- */

static struct slice
folded(struct arena *a, struct slice s)
{
	char *room;

	if (!fold_is_needed(s))
		return s;
	room = arena_bytes(a, FOLD_ROOM(s.n));
	return (struct slice){room, fold_text(s, room)};
}

/* The longest piece of a glob between its wildcards. */
static struct slice
longest_piece(struct slice glob)
{
	struct slice best = {glob.p, 0};
	size_t	     i, from = 0;

	for (i = 0; i <= glob.n; i++) {
		if (i < glob.n && glob.p[i] != PATTERN_RUN &&
		    glob.p[i] != PATTERN_ONE)
			continue;
		if (i - from > best.n)
			best = (struct slice){glob.p + from, i - from};
		from = i + 1;
	}
	return best;
}

/*
 * A text whose case counts is folded all the same: where it is, its folded
 * form is in the folded text.  But what begins or ends inside of a character
 * (some encodings do) is no part of it for certain.
 */
static void
add_string(const struct maker *m, struct witness_set *set, uint32_t slot,
    const struct pattern *p)
{
	struct witness w = {.kind = WITNESS_NEEDLE, .slot = slot};

	w.text = p->kind == PATTERN_GLOB ? longest_piece(p->text) : p->text;
	w.text = folded(m->arena, w.text);
	if (p->kind == PATTERN_EXACT && slot != WITNESS_ANYWHERE) {
		w.kind = WITNESS_EXACT;
		add(m, set, w, cost_of_exact(w.text.n));
		return;
	}
	if (!slice_is_utf8(w.text))
		w.text.n = 0;
	if (w.text.n > NEEDLE_MAX)
		w.text = (struct slice){w.text.p + w.text.n - NEEDLE_MAX,
		    NEEDLE_MAX};
	if (w.text.n > 0)
		add(m, set, w, cost_of_needle(w.text.n));
	else if (slot != WITNESS_ANYWHERE)
		add_present(m, set, slot);
	else
		*set = always;
}

/* ---- items ---- */

struct atoms {
	const struct maker *maker;
	struct witness_set *set;
	uint32_t	    slot;
};

static void
add_atom(struct slice atom, void *arg)
{
	struct atoms  *at = arg;
	struct witness w = {.kind = WITNESS_NEEDLE, .slot = at->slot};

	if (atom.n > NEEDLE_MAX)
		atom = (struct slice){atom.p + atom.n - NEEDLE_MAX, NEEDLE_MAX};
	w.text = arena_slice(at->maker->arena, atom);
	add(at->maker, at->set, w, cost_of_needle(atom.n));
}

static void
add_regex(const struct maker *m, struct witness_set *set, uint32_t slot,
    struct regex *re)
{
	struct atoms at = {m, set, slot};

	if (regex_atoms(re, add_atom, &at) == 0)
		add_present(m, set, slot);
}

static void
add_value(const struct maker *m, struct witness_set *set, uint32_t slot,
    const struct value *v)
{
	struct witness w = {.slot = slot};

	switch (v->type) {
	case VALUE_STRING:
		add_string(m, set, slot, &v->pattern);
		return;
	case VALUE_NUMBER:
	case VALUE_BOOL:
		w.kind = WITNESS_EXACT;
		w.text = folded(m->arena, v->text);
		add(m, set, w, v->type == VALUE_BOOL ? COST_BOOL : COST_NUMBER);
		return;
	case VALUE_CIDR:
		w.kind = WITNESS_NET;
		w.net = &v->cidr;
		add(m, set, w, COST_NET);
		return;
	case VALUE_REGEX:
		add_regex(m, set, slot, v->regex);
		return;
	case VALUE_FIELD:
		add_present(m, set, slot);
		return;
	case VALUE_NULL: /* holds where nothing shows */
		*set = always;
		return;
	case VALUE_NEVER:
		return;
	}
}

/* Keywords are looked for as needles, or not at all. */
static bool
is_searchable(const struct item *it, const struct value *v)
{
	return it->field.p != NULL || v->type == VALUE_STRING ||
	    v->type == VALUE_NEVER;
}

static struct witness_set
set_of_value(const struct maker *m, uint32_t slot, const struct item *it,
    const struct value *v)
{
	struct witness_set set = {0};

	if (!is_searchable(it, v))
		return always;
	if (it->op != ITEM_MATCH || it->part != TIMEPART_NONE) {
		if (slot == WITNESS_ANYWHERE)
			return always;
		add_present(m, &set, slot);
	} else {
		add_value(m, &set, slot, v);
	}
	return set;
}

static struct witness_set
set_of_item(const struct maker *m, const struct item *it)
{
	uint32_t	   slot = it->field.p != NULL ?
		      fields_slot(m->fields, it->field) :
		      WITNESS_ANYWHERE;
	struct witness_set set = {0}, one;
	size_t		   i;

	if (it->neq || it->op == ITEM_EXISTS || it->n == 0)
		return always;
	if (it->all)
		set = always;
	for (i = 0; i < it->n; i++) {
		one = set_of_value(m, slot, it, &it->values[i]);
		if (!it->all)
			join(&set, one);
		else if (!one.always && (set.always || one.cost < set.cost))
			set = one;
	}
	return set;
}

static struct witness_set
set_of_node(const struct maker *m, const struct node *n)
{
	struct witness_set set = {0}, one;
	size_t		   i;

	switch (n->type) {
	case NODE_ITEM:
		return set_of_item(m, n->item);
	case NODE_NOT:
		return always;
	case NODE_AND:
		set = always;
		for (i = 0; i < n->n; i++) {
			one = set_of_node(m, n->child[i]);
			if (!one.always && (set.always || one.cost < set.cost))
				set = one;
		}
		return set;
	case NODE_OR:
		for (i = 0; i < n->n; i++)
			join(&set, set_of_node(m, n->child[i]));
		return set;
	}
	return always;
}

struct witness_set
witness_of(struct arena *a, struct fields *f, const struct witness_census *c,
    const struct node *n)
{
	struct maker m = {a, f, c};

	return set_of_node(&m, n);
}

static void
census_item(struct witness_census *c, const struct maker *m,
    const struct item *it)
{
	const struct witness *w;
	struct witness_set    set;
	size_t		      i;

	for (i = 0; i < it->n; i++) {
		set = set_of_value(m,
		    it->field.p != NULL ? fields_slot(m->fields, it->field) :
					  WITNESS_ANYWHERE,
		    it, &it->values[i]);
		for (w = set.list; w != NULL; w = w->next)
			census_count_one(c, w);
	}
}

void
witness_census_add(struct witness_census *c, struct fields *f,
    const struct node *n)
{
	struct arena scratch;
	struct maker m = {&scratch, f, NULL};
	size_t	     i;

	if (n->type == NODE_ITEM) {
		arena_init(&scratch);
		census_item(c, &m, n->item);
		arena_clear(&scratch);
	}
	for (i = 0; i < n->n; i++)
		witness_census_add(c, f, n->child[i]);
}
