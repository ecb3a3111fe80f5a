/*
 * The symbols lie in a map by text and in a ring in no special order, over
 * which a clock hand goes (the second chance algorithm): to make room it
 * drops the first symbol that nobody holds and nobody asked for since it last
 * passed.  A new symbol takes the place of the dropped one, just behind the
 * hand, and so has a whole round to be asked for again.
 *
 * A symbol that was asked for is passed at the cost of whoever asked, so one
 * call may pass many of them; one that is held is passed for nothing, so it
 * may pass few.  If it finds none, the first that is not held goes after all;
 * if all it met are held, the table grows, and later calls drop two for each
 * that they add, until it is back at its size.
 */
#include "base/intern.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define INTERN_LOOK_MAX 4096 /* at once: a fraction of a millisecond */
#define INTERN_HELD_MAX 64

struct intern {
	struct map   map;  /* text to symbol */
	struct sym **ring; /* owned, and what it points to */
	size_t	     n, cap;
	size_t	     hand; /* the next to look at */
	size_t	     max;
	uint32_t     next_id; /* 0: all are given out */
	uint64_t     evicted;
};

static struct slice
text_of(const void *value)
{
	return sym_text(value);
}

struct intern *
intern_new(size_t max, uint32_t next_id)
{
	struct intern *in = xcalloc(1, sizeof *in);

	map_init(&in->map, text_of);
	in->max = max > 0 ? max : 1;
	in->next_id = next_id > 0 ? next_id : 1;
	return in;
}

void
intern_free(struct intern **in)
{
	size_t i;

	if (*in == NULL)
		return;
	for (i = 0; i < (*in)->n; i++)
		free((*in)->ring[i]);
	free((*in)->ring);
	map_clear(&(*in)->map);
	free(*in);
	*in = NULL;
}

/* Forgets the symbol at `at` of the ring; its place stays open. */
static void
drop(struct intern *in, size_t at)
{
	map_remove(&in->map, sym_text(in->ring[at]));
	free(in->ring[at]);
	in->ring[at] = NULL;
	in->evicted++;
}

/* Drops one symbol and returns its place in the ring; -1 if all are held. */
static ptrdiff_t
evict(struct intern *in)
{
	ptrdiff_t   used = -1;
	size_t	    i, at, held = 0;
	struct sym *s;

	for (i = 0; i < INTERN_LOOK_MAX && i < in->n; i++) {
		at = in->hand;
		in->hand = at + 1 < in->n ? at + 1 : 0;
		s = in->ring[at];
		if (s->refs > 0) {
			if (++held == INTERN_HELD_MAX)
				break;
			continue;
		}
		if (!s->used) {
			drop(in, at);
			return (ptrdiff_t)at;
		}
		s->used = false;
		if (used == -1)
			used = (ptrdiff_t)at;
	}
	if (used != -1)
		drop(in, (size_t)used);
	return used;
}

/* An open place in the ring for one more symbol. */
static struct sym **
make_room(struct intern *in)
{
	ptrdiff_t at;

	if (in->n > in->max && (at = evict(in)) != -1) {
		in->ring[at] = in->ring[--in->n];
		if (in->hand >= in->n)
			in->hand = 0;
	}
	if (in->n >= in->max && (at = evict(in)) != -1)
		return &in->ring[at];
	in->ring = xgrow(in->ring, in->n, &in->cap, sizeof *in->ring);
	return &in->ring[in->n++];
}

static struct sym *
add(struct intern *in, uint32_t id, struct slice text, uint64_t hash)
{
	struct sym **place = make_room(in);
	size_t	     n = offsetof(struct sym, text) + text.n + 1;
	struct sym  *s = xmalloc(n > sizeof *s ? n : sizeof *s);

	s->id = id;
	s->refs = 0;
	s->n = (uint16_t)text.n;
	s->used = false;
	if (text.n > 0)
		memcpy(s->text, text.p, text.n);
	s->text[text.n] = '\0';
	*place = s;
	map_add_hashed(&in->map, hash, s);
	return s;
}

/* Ids that were given out are never given out again, so 0 stays 0. */
static void
id_taken(struct intern *in, uint32_t id)
{
	if (in->next_id != 0 && id >= in->next_id)
		in->next_id = id + 1;
}

/*
 * Not written where it is set: the bit shares its word with `refs`, which is
 * mostly read next, and a load waits for a narrower store before it until
 * that has left the processor.
 */
static void
mark_used(struct sym *s)
{
	if (!s->used)
		s->used = true;
}

struct sym *
intern_add_hashed(struct intern *in, struct slice text, uint64_t hash,
    bool *is_new)
{
	uint32_t    id = in->next_id;
	struct sym *s;

	*is_new = false;
	if (text.p == NULL || text.n > INTERN_TEXT_MAX)
		return NULL;
	s = map_find_hashed(&in->map, text, hash);
	if (s != NULL) {
		mark_used(s);
		return s;
	}
	if (id == 0)
		return NULL;
	id_taken(in, id);
	*is_new = true;
	return add(in, id, text, hash);
}

struct sym *
intern_add(struct intern *in, struct slice text, bool *is_new)
{
	return intern_add_hashed(in, text, text.p != NULL ? map_hash(text) : 0,
	    is_new);
}

void
intern_warm_slot(const struct intern *in, uint64_t hash)
{
	map_warm_slot(&in->map, hash);
}

void
intern_warm_value(const struct intern *in, uint64_t hash)
{
	map_warm_value(&in->map, hash);
}

struct sym *
intern_find(struct intern *in, struct slice text)
{
	struct sym *s;

	if (text.p == NULL)
		return NULL;
	s = map_find(&in->map, text);
	if (s != NULL)
		mark_used(s);
	return s;
}

struct sym *
intern_load(struct intern *in, uint32_t id, struct slice text)
{
	uint64_t hash = map_hash(text);

	id_taken(in, id);
	if (text.p == NULL || text.n > INTERN_TEXT_MAX || id == 0 ||
	    map_find_hashed(&in->map, text, hash) != NULL)
		return NULL;
	return add(in, id, text, hash);
}

uint32_t
intern_next_id(const struct intern *in)
{
	return in->next_id;
}

size_t
intern_count(const struct intern *in)
{
	return in->n;
}

uint64_t
intern_evicted(const struct intern *in)
{
	return in->evicted;
}

struct sym *
sym_ref(struct sym *s)
{
	if (s != NULL)
		s->refs++;
	return s;
}

void
sym_unref(struct sym **s)
{
	if (*s != NULL)
		(*s)->refs--;
	*s = NULL;
}

void
sym_set(struct sym **at, struct sym *s)
{
	/* Mostly it is the same: then its count need not be fetched. */
	if (*at == s)
		return;
	sym_ref(s);
	sym_unref(at);
	*at = s;
}
