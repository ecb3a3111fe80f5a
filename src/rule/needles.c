#include "rule/needles.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "rule/bits.h"

#define NONE UINT32_MAX
/*
 * All bytes beyond ASCII count as one: few needles have any, but each would
 * make every row of the table longer.  What is found may then not be there;
 * but what is there, is found.
 */
#define HIGH 0x80

#define FOUND ((uint32_t)1 << 31) /* in a move: a needle ends there */

/* Who wants to know of a needle. */
struct posting {
	uint32_t	slot, number;
	struct posting *next;
};

/* While it is built: a trie by first child and next sibling. */
struct state {
	uint32_t	child, sibling; /* NONE: no more */
	uint32_t	fail;  /* the longest proper suffix that is a state */
	uint32_t	found; /* this state, or the nearest on the way of
				  fail, whose needle ends; NONE */
	uint32_t	next_found; /* the same from fail on */
	struct posting *postings;
	unsigned char	byte;
};

struct needles {
	struct arena  arena; /* of the postings */
	struct state *state; /* owned; 0 is the root */
	size_t	      n, cap, count;
	uint32_t     *move; /* owned: state * nclass + class -> state */
	uint8_t class[256];
	unsigned nclass;
};

static uint32_t
add_state(struct needles *nd, unsigned char byte)
{
	nd->state = xgrow(nd->state, nd->n, &nd->cap, sizeof *nd->state);
	nd->state[nd->n] = (struct state){.child = NONE,
	    .sibling = NONE,
	    .found = NONE,
	    .next_found = NONE,
	    .byte = byte};
	return (uint32_t)nd->n++;
}

struct needles *
needles_new(void)
{
	struct needles *nd = xcalloc(1, sizeof *nd);

	arena_init(&nd->arena);
	(void)add_state(nd, 0);
	return nd;
}

void
needles_free(struct needles **ndp)
{
	struct needles *nd = *ndp;

	if (nd == NULL)
		return;
	arena_clear(&nd->arena);
	free(nd->state);
	free(nd->move);
	free(nd);
	*ndp = NULL;
}

size_t
needles_count(const struct needles *nd)
{
	return nd->count;
}

static uint32_t
find_child(const struct needles *nd, uint32_t s, unsigned char byte)
{
	uint32_t c;

	for (c = nd->state[s].child; c != NONE; c = nd->state[c].sibling)
		if (nd->state[c].byte == byte)
			return c;
	return NONE;
}

void
needles_add(struct needles *nd, struct slice text, uint32_t slot,
    uint32_t number)
{
	struct posting *p = arena_alloc(&nd->arena, sizeof *p);
	uint32_t	s = 0, c;
	unsigned char	byte;
	size_t		i;

	assert(text.n > 0 && nd->move == NULL);
	for (i = 0; i < text.n; i++) {
		byte = (unsigned char)text.p[i];
		if (byte > HIGH)
			byte = HIGH;
		c = find_child(nd, s, byte);
		if (c == NONE) {
			c = add_state(nd, byte);
			nd->state[c].sibling = nd->state[s].child;
			nd->state[s].child = c;
		}
		s = c;
	}
	*p = (struct posting){slot, number, nd->state[s].postings};
	nd->state[s].postings = p;
	nd->count++;
}

/* ---- building ---- */

/* Class 0 is that of all bytes that no needle has. */
static void
make_classes(struct needles *nd)
{
	size_t i;

	nd->nclass = 1;
	for (i = 1; i < nd->n; i++)
		if (nd->class[nd->state[i].byte] == 0)
			nd->class[nd->state[i].byte] = (uint8_t)nd->nclass++;
	memset(nd->class + HIGH, nd->class[HIGH], sizeof nd->class - HIGH);
}

/*
 * Numbers the states anew, breadth first: those near the root, where a search
 * mostly is, lie together.
 */
static void
sort_states(struct needles *nd)
{
	struct state *sorted = xcalloc(nd->n, sizeof *sorted);
	uint32_t     *old = xcalloc(nd->n, sizeof *old), c;
	size_t	      at, end = 1;

	for (at = 0; at < end; at++) {
		sorted[at] = nd->state[old[at]];
		c = sorted[at].child;
		if (c != NONE)
			sorted[at].child = (uint32_t)end;
		for (; c != NONE; c = nd->state[c].sibling)
			old[end++] = c;
	}
	/* Siblings now follow one another. */
	for (at = 0; at < nd->n; at++)
		if (sorted[at].sibling != NONE)
			sorted[at].sibling = (uint32_t)at + 1;
	free(nd->state);
	free(old);
	nd->state = sorted;
	nd->cap = nd->n;
}

static uint32_t *
moves_of(const struct needles *nd, uint32_t s)
{
	return nd->move + (size_t)s * nd->nclass;
}

/*
 * A state comes after its fail, which is shorter: so where it has no child it
 * moves as its fail does, and that is written already.
 */
static void
make_state(struct needles *nd, uint32_t s)
{
	uint32_t *row = moves_of(nd, s), c, fail = nd->state[s].fail;
	uint8_t	  k;

	if (s != 0)
		memcpy(row, moves_of(nd, fail), nd->nclass * sizeof *row);
	nd->state[s].next_found = s != 0 ? nd->state[fail].found : NONE;
	nd->state[s].found =
	    nd->state[s].postings != NULL ? s : nd->state[s].next_found;
	for (c = nd->state[s].child; c != NONE; c = nd->state[c].sibling) {
		k = nd->class[nd->state[c].byte];
		nd->state[c].fail = s != 0 ? row[k] : 0;
		row[k] = c;
	}
}

/* So that a step on the way needs the table alone. */
static void
mark_found(struct needles *nd)
{
	size_t i;

	for (i = 0; i < nd->n * nd->nclass; i++)
		if (nd->state[nd->move[i]].found != NONE)
			nd->move[i] |= FOUND;
}

void
needles_build(struct needles *nd)
{
	uint32_t s;

	sort_states(nd);
	make_classes(nd);
	nd->move = xcalloc(nd->n * nd->nclass, sizeof *nd->move);
	for (s = 0; s < nd->n; s++)
		make_state(nd, s);
	mark_found(nd);
}

/* ---- searching ---- */

static void
tell(const struct needles *nd, uint32_t s, uint32_t slot, uint64_t *set)
{
	const struct posting *p;

	for (; s != NONE; s = nd->state[s].next_found)
		for (p = nd->state[s].postings; p != NULL; p = p->next)
			if (p->slot == slot || p->slot == NEEDLES_ANY)
				bits_set(set, p->number);
}

void
needles_scan(const struct needles *nd, struct slice text, uint32_t slot,
    uint64_t *set)
{
	const uint32_t *move = nd->move;
	uint32_t	s = 0;
	size_t		i;

	for (i = 0; i < text.n; i++) {
		s = move[(size_t)s * nd->nclass +
		    nd->class[(unsigned char)text.p[i]]];
		if ((s & FOUND) == 0)
			continue;
		s &= ~FOUND;
		tell(nd, nd->state[s].found, slot, set);
	}
}
