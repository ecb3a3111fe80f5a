#include "stream/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define UNIT	 8 /* bytes; texts start at multiples, for 32 GiB in 32 bits */
#define WARM_MAX (6 * MEM_LINE) /* few values are all there */

static uint32_t
units(size_t n)
{
	return (uint32_t)((n + UNIT - 1) / UNIT);
}

static char *
texts_of(const struct values *vs)
{
	return (char *)(vs->slot + vs->cap);
}

struct slice
values_text(const struct values *vs, uint32_t i)
{
	const struct value_seen *v = &vs->slot[i];

	return (struct slice){texts_of(vs) + (size_t)v->text * UNIT, v->len};
}

/* ---- the index: open addressing, half empty at the least ---- */

static bool
is_indexed(const struct values *vs)
{
	return vs->cap >= VALUES_INDEXED;
}

/* The next power of two from twice the slots, less one. */
static uint32_t
index_mask(const struct values *vs)
{
	return UINT32_MAX >> __builtin_clz(2 * vs->cap - 1);
}

/* The slot + 1 at each place, 0: none. */
static uint32_t *
index_of(const struct values *vs)
{
	return (uint32_t *)(void *)(texts_of(vs) + (size_t)vs->text_cap * UNIT);
}

static void
index_put(struct values *vs, uint32_t i)
{
	uint32_t  mask = index_mask(vs), at = (uint32_t)vs->slot[i].hash & mask;
	uint32_t *index = index_of(vs);

	while (index[at] != 0)
		at = (at + 1) & mask;
	index[at] = i + 1;
}

/* Where the number of a slot stands. */
static uint32_t
index_place(const struct values *vs, uint32_t i)
{
	uint32_t mask = index_mask(vs), at = (uint32_t)vs->slot[i].hash & mask;

	while (index_of(vs)[at] != i + 1)
		at = (at + 1) & mask;
	return at;
}

/* Those behind the gap that were put there by it move up (Knuth, 6.4 R). */
static void
index_take(struct values *vs, uint32_t i)
{
	uint32_t  mask = index_mask(vs), gap = index_place(vs, i), at = gap;
	uint32_t *index = index_of(vs), home;

	for (;;) {
		index[gap] = 0;
		do {
			at = (at + 1) & mask;
			if (index[at] == 0)
				return;
			home = (uint32_t)vs->slot[index[at] - 1].hash & mask;
		} while (((at - home) & mask) < ((at - gap) & mask));
		index[gap] = index[at];
		gap = at;
	}
}

static uint32_t
index_find(const struct values *vs, struct slice value, uint64_t hash)
{
	uint32_t mask = index_mask(vs), at = (uint32_t)hash & mask, i;

	for (; (i = index_of(vs)[at]) != 0; at = (at + 1) & mask)
		if (vs->slot[i - 1].hash == hash &&
		    slice_eq(values_text(vs, i - 1), value))
			return i - 1;
	return VALUE_NONE;
}

/* In another block. */
static void
index_make(struct values *vs)
{
	uint32_t i;

	if (!is_indexed(vs))
		return;
	memset(index_of(vs), 0,
	    ((size_t)index_mask(vs) + 1) * sizeof(uint32_t));
	for (i = 0; i < vs->n; i++)
		index_put(vs, i);
}

/* ---- the block ---- */

size_t
values_size(const struct values *vs)
{
	size_t n = vs->cap * sizeof(*vs->slot) + (size_t)vs->text_cap * UNIT;

	if (is_indexed(vs))
		n += ((size_t)index_mask(vs) + 1) * sizeof(uint32_t);
	return n;
}

static void
copy_texts(struct values *to, const struct values *from)
{
	struct slice s;
	uint32_t     i;

	for (i = 0; i < from->n; i++) {
		s = values_text(from, i);
		to->slot[i].text = to->ntext;
		if (s.n > 0)
			memcpy(texts_of(to) + (size_t)to->ntext * UNIT, s.p,
			    s.n);
		to->ntext += units(s.n);
	}
}

/* Another block, without the texts of those that left. */
static void
rebuild(struct values *vs, uint32_t cap, uint32_t text_cap)
{
	struct values to = *vs;

	to.cap = cap;
	to.text_cap = text_cap;
	to.ntext = 0;
	to.slot = xmalloc(values_size(&to));
	if (vs->n > 0)
		memcpy(to.slot, vs->slot, vs->n * sizeof(*to.slot));
	copy_texts(&to, vs);
	free(vs->slot);
	index_make(&to);
	*vs = to;
}

/* A half more, but for few, for there are many groups of those. */
static uint32_t
larger(uint32_t n)
{
	return n < 8 ? n + 1 : n + n / 2;
}

static void
make_room(struct values *vs, uint32_t text)
{
	uint32_t cap = vs->n == vs->cap ? larger(vs->n) : vs->cap, i;
	uint64_t live = text;
	size_t	 size;

	for (i = 0; i < vs->n; i++)
		live += units(vs->slot[i].len);
	live += cap < 8 ? 0 : live / 2;
	/* As malloc(3) has it: what would be lost is room for text. */
	size = cap * sizeof(*vs->slot) + live * UNIT;
	live += ((size + 7) / 16 * 16 + 8 - size) / UNIT;
	/* 32 GiB: as without memory, there is no way on. */
	if (live > UINT32_MAX)
		abort();
	rebuild(vs, cap, (uint32_t)live);
}

void
values_clear(struct values *vs)
{
	free(vs->slot);
	*vs = (struct values){.n = 0};
}

void
values_copy(struct values *to, const struct values *from)
{
	*to = *from;
	if (from->slot == NULL)
		return;
	to->slot = xmalloc(values_size(to));
	memcpy(to->slot, from->slot, values_size(to));
}

void
values_warm(const struct values *vs)
{
	size_t n = values_size(vs);

	if (n > 0)
		mem_warm(vs->slot, n < WARM_MAX ? n : WARM_MAX);
}

/* ---- the order ---- */

static void
unlink_value(struct values *vs, uint32_t i)
{
	const struct value_seen *v = &vs->slot[i];

	if (v->prev != VALUE_NONE)
		vs->slot[v->prev].next = v->next;
	else
		vs->oldest = v->next;
	if (v->next != VALUE_NONE)
		vs->slot[v->next].prev = v->prev;
	else
		vs->newest = v->prev;
}

/* The neighbours of a value, or the ends, have it by this number. */
static void
link_here(struct values *vs, uint32_t i)
{
	const struct value_seen *v = &vs->slot[i];

	if (v->prev != VALUE_NONE)
		vs->slot[v->prev].next = i;
	else
		vs->oldest = i;
	if (v->next != VALUE_NONE)
		vs->slot[v->next].prev = i;
	else
		vs->newest = i;
}

/* Behind `after` and all others that were not seen later. */
static void
link_value(struct values *vs, uint32_t i, uint32_t after)
{
	struct value_seen *v = &vs->slot[i];

	while (after != VALUE_NONE && vs->slot[after].time > v->time)
		after = vs->slot[after].prev;
	v->prev = after;
	v->next = after != VALUE_NONE ? vs->slot[after].next : vs->oldest;
	link_here(vs, i);
}

/* ---- values ---- */

uint32_t
values_find(const struct values *vs, struct slice value, uint64_t hash)
{
	uint32_t i;

	if (is_indexed(vs))
		return index_find(vs, value, hash);
	for (i = 0; i < vs->n; i++)
		if (vs->slot[i].hash == hash &&
		    slice_eq(values_text(vs, i), value))
			return i;
	return VALUE_NONE;
}

uint32_t
values_add(struct values *vs, struct slice value, uint64_t hash, usec_t t)
{
	uint32_t text = units(value.n), i = vs->n;

	if (i == vs->cap || text > vs->text_cap - vs->ntext)
		make_room(vs, text);
	vs->slot[i] = (struct value_seen){.time = t,
	    .hash = hash,
	    .text = vs->ntext,
	    .len = (uint32_t)value.n};
	if (value.n > 0)
		memcpy(texts_of(vs) + (size_t)vs->ntext * UNIT, value.p,
		    value.n);
	vs->ntext += text;
	if (i == 0)
		vs->oldest = vs->newest = VALUE_NONE;
	vs->n++;
	link_value(vs, i, vs->newest);
	if (is_indexed(vs))
		index_put(vs, i);
	return i;
}

void
values_see(struct values *vs, uint32_t i, usec_t t)
{
	vs->slot[i].time = t;
	if (i == vs->newest)
		return;
	unlink_value(vs, i);
	link_value(vs, i, vs->newest);
}

void
values_drop(struct values *vs)
{
	uint32_t i = vs->oldest, last = vs->n - 1;

	unlink_value(vs, i);
	if (is_indexed(vs)) {
		index_take(vs, i);
		if (last != i)
			index_of(vs)[index_place(vs, last)] = i + 1;
	}
	if (last != i) {
		vs->slot[i] = vs->slot[last];
		link_here(vs, i);
	}
	vs->n = last;
}
