#include "rule/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "rule/bits.h"
#include "rule/needles.h"
#include "rule/nets.h"
#include "rule/witness.h"

/* Numbers of rules. */
struct posting {
	uint32_t	number;
	struct posting *next;
};

/* An exact value and who waits for it. */
struct exact {
	struct slice	text;
	struct posting *postings;
};

struct slot_index {
	struct map	exact;	 /* of struct exact, by its text */
	size_t		longest; /* bytes of the longest of them */
	struct nets    *nets;	 /* owned; NULL: none */
	struct posting *present;
	bool		needles; /* some are for this slot */
};

struct index {
	struct arena	   arena;  /* postings, exact values */
	uint64_t	  *always; /* owned */
	size_t		   nwords, nalways;
	struct slot_index *slot; /* owned; by the number of the slot */
	size_t		   nslots;
	struct needles	  *needles;  /* owned */
	bool		   anywhere; /* some are for any member */
	uint64_t	  *seen;     /* owned; members scanned, if anywhere */
	size_t		   nseen;    /* words */
};

/* ---- building ---- */

static struct slice
exact_key(const void *value)
{
	const struct exact *e = value;

	return e->text;
}

static struct slot_index *
slot_at(struct index *ix, uint32_t slot)
{
	struct slot_index *s;
	size_t		   n = ix->nslots;

	if (slot >= n) {
		n = slot + 1;
		ix->slot = xreallocarray(ix->slot, n, sizeof *ix->slot);
		for (; ix->nslots < n; ix->nslots++) {
			s = &ix->slot[ix->nslots];
			memset(s, 0, sizeof *s);
			map_init(&s->exact, exact_key);
		}
	}
	return &ix->slot[slot];
}

static void
post(struct index *ix, struct posting **list, uint32_t number)
{
	struct posting *p = arena_alloc(&ix->arena, sizeof *p);

	*p = (struct posting){number, *list};
	*list = p;
}

static void
add_exact(struct index *ix, struct slot_index *s, struct slice text,
    uint32_t number)
{
	struct exact *e = map_find(&s->exact, text);

	if (e == NULL) {
		e = arena_zalloc(&ix->arena, sizeof *e);
		e->text = arena_slice(&ix->arena, text);
		map_add(&s->exact, e);
		if (text.n > s->longest)
			s->longest = text.n;
	}
	post(ix, &e->postings, number);
}

static void
add_needle(struct index *ix, const struct witness *w, uint32_t number)
{
	if (w->slot == WITNESS_ANYWHERE) {
		ix->anywhere = true;
		needles_add(ix->needles, w->text, NEEDLES_ANY, number);
	} else {
		slot_at(ix, w->slot)->needles = true;
		needles_add(ix->needles, w->text, w->slot, number);
	}
}

static void
add_witness(struct index *ix, const struct witness *w, uint32_t number)
{
	struct slot_index *s;

	if (w->kind == WITNESS_NEEDLE) {
		add_needle(ix, w, number);
		return;
	}
	s = slot_at(ix, w->slot);
	switch (w->kind) {
	case WITNESS_EXACT:
		add_exact(ix, s, w->text, number);
		break;
	case WITNESS_NET:
		if (s->nets == NULL)
			s->nets = nets_new();
		nets_add(s->nets, w->net, number);
		break;
	case WITNESS_PRESENT:
		post(ix, &s->present, number);
		break;
	case WITNESS_NEEDLE:
		break;
	}
}

static void
add_rule(struct index *ix, struct fields *f, const struct node *tree,
    uint32_t number, const struct witness_census *census, struct arena *scratch)
{
	struct witness_set    set = witness_of(scratch, f, census, tree);
	const struct witness *w;

	if (set.always) {
		bits_set(ix->always, number);
		ix->nalways++;
	}
	for (w = set.list; w != NULL; w = w->next)
		add_witness(ix, w, number);
}

struct index *
index_new(struct fields *f, const struct node *const *trees, size_t n)
{
	struct index	      *ix = xcalloc(1, sizeof *ix);
	struct witness_census *census = witness_census_new();
	struct arena	       scratch;
	size_t		       i;

	arena_init(&ix->arena);
	arena_init(&scratch);
	ix->needles = needles_new();
	ix->nwords = BITS_WORDS(n);
	ix->always = xcalloc(ix->nwords, sizeof *ix->always);
	for (i = 0; i < n; i++)
		if (trees[i] != NULL)
			witness_census_add(census, f, trees[i]);
	for (i = 0; i < n; i++) {
		if (trees[i] == NULL)
			continue;
		add_rule(ix, f, trees[i], (uint32_t)i, census, &scratch);
		arena_reset(&scratch);
	}
	needles_build(ix->needles);
	arena_clear(&scratch);
	witness_census_free(&census);
	return ix;
}

void
index_free(struct index **ixp)
{
	struct index *ix = *ixp;
	size_t	      i;

	if (ix == NULL)
		return;
	for (i = 0; i < ix->nslots; i++) {
		map_clear(&ix->slot[i].exact);
		nets_free(&ix->slot[i].nets);
	}
	needles_free(&ix->needles);
	arena_clear(&ix->arena);
	free(ix->always);
	free(ix->slot);
	free(ix->seen);
	free(ix);
	*ixp = NULL;
}

/* ---- finding ---- */

static void
tell(const struct posting *p, uint64_t *set)
{
	for (; p != NULL; p = p->next)
		bits_set(set, p->number);
}

static void
find_exact(const struct slot_index *s, struct slice text, uint64_t *set)
{
	const struct exact *e;

	if (text.n > s->longest)
		return;
	e = map_find(&s->exact, text);
	if (e != NULL)
		tell(e->postings, set);
}

/* A number of the rules is kept as its canonical text, and this one may be
 * written otherwise: 1e3, -0, 2.50. */
static void
find_number(const struct slot_index *s, struct slice text, uint64_t *set)
{
	char	       canonical[DECIMAL_TEXT_MAX];
	struct decimal d;
	size_t	       n;

	if (decimal_parse(text, &d) != 0)
		return;
	n = decimal_format(&d, canonical);
	if (n > 0) /* no number of a rule has more digits */
		find_exact(s, (struct slice){canonical, n}, set);
}

static bool
is_plain_number(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= DECIMAL_PLAIN_MAX;
}

static void
find_member(struct index *ix, struct fields *f, uint32_t slot, int member,
    uint64_t *set)
{
	const struct slot_index *s = &ix->slot[slot];
	struct slice		 text = fields_text(f, member), folded;
	struct addr		 a;

	if (text.p == NULL)
		return;
	if (s->exact.n > 0 || s->needles || ix->anywhere) {
		folded = fields_folded(f, member);
		if (s->exact.n > 0)
			find_exact(s, folded, set);
		if (s->needles || ix->anywhere)
			needles_scan(ix->needles, folded, slot, set);
	}
	if (s->exact.n > 0 && fields_value(f, member)->type == USE_NUMBER &&
	    !is_plain_number(text))
		find_number(s, text, set);
	if (s->nets != NULL && addr_parse(text, &a) == 0)
		nets_find(s->nets, &a, set);
}

/* Members that no rule names by their field, for those that look anywhere. */
static void
find_others(struct index *ix, struct fields *f, uint64_t *set)
{
	int	     m, n = fields_members(f);
	struct slice folded;

	for (m = 0; m < n; m++) {
		if (ix->seen[m / 64] >> (m % 64) & 1)
			continue;
		folded = fields_folded(f, m);
		if (folded.p != NULL)
			needles_scan(ix->needles, folded, NEEDLES_ANY, set);
	}
}

/* Kept warm: it grows with the largest event. */
static void
forget_seen(struct index *ix, const struct fields *f)
{
	size_t n = BITS_WORDS((size_t)fields_members(f));

	if (n > ix->nseen) {
		ix->seen = xreallocarray(ix->seen, n, sizeof *ix->seen);
		ix->nseen = n;
	}
	memset(ix->seen, 0, n * sizeof *ix->seen);
}

void
index_find(struct index *ix, struct fields *f, uint64_t *set)
{
	const unsigned *slots;
	size_t		i, n = fields_present(f, &slots);
	int		m;

	memcpy(set, ix->always, ix->nwords * sizeof *set);
	if (ix->anywhere)
		forget_seen(ix, f);
	for (i = 0; i < n; i++) {
		/* A slot that only correlations and values name. */
		if (slots[i] >= ix->nslots)
			continue;
		tell(ix->slot[slots[i]].present, set);
		for (m = fields_first(f, slots[i]); m != FIELDS_END;
		     m = fields_next(f, slots[i], m)) {
			find_member(ix, f, slots[i], m, set);
			if (ix->anywhere)
				bits_set(ix->seen, (size_t)m);
		}
	}
	if (ix->anywhere)
		find_others(ix, f, set);
}
