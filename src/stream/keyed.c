/*
 * Which group of a pool was used longest ago?  A list through all of them
 * would cost each group two pointers.  Instead each group has the number of
 * its last use, so that the first of each table has the least of its table;
 * and a heap has the tables by a number that is no higher than that.  It is
 * not kept up as groups are used: the first of a table only ever moves to a
 * higher number, so a number in the heap that is too low is found out when it
 * comes to the top, and is put right there.
 */
#include "stream/keyed.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define EXPIRE_PER_USE 2

struct keyed_item {
	struct keyed_item *prev, *next; /* used before, used after */
	usec_t		   last;	/* latest time of its uses */
	uint64_t	   used;	/* number of its last use */
	uint32_t	   cost;	/* bytes its state holds */
	uint32_t	   nkey;
	/* The state, pointers and numbers; the key's bytes behind it. */
	char state[];
};

_Static_assert(offsetof(struct keyed_item, state) % sizeof(void *) == 0,
    "states hold pointers");

/* What is held, and how much of it may be. */
struct keyed_caps {
	size_t n, max;
	size_t bytes, room;
};

struct keyed {
	struct map	   index;
	struct keyed_item *first; /* owned; unused longest */
	struct keyed_item *last;  /* used last */
	struct keyed_caps  caps;
	size_t		   size;
	struct keyed_pool *pool;  /* borrowed; or NULL */
	size_t		   place; /* in the pool's heap */
	uint64_t	   since; /* no group was used last before it */
	keyed_clear_fn	   clear;
	uint64_t	   evicted;
	usec_t		   newest;
};

struct keyed_pool {
	struct keyed	**heap; /* owned; tables borrowed, least since first */
	size_t		  n, cap;
	struct keyed_caps caps;
	uint64_t	  used; /* the next use's number */
	uint64_t	  evicted;
};

/* ---- the pool ---- */

struct keyed_pool *
keyed_pool_new(size_t max, size_t room)
{
	struct keyed_pool *p = xcalloc(1, sizeof(*p));

	p->caps.max = max > 0 ? max : SIZE_MAX;
	p->caps.room = room > 0 ? room : SIZE_MAX;
	return p;
}

void
keyed_pool_free(struct keyed_pool **pp)
{
	struct keyed_pool *p = *pp;

	if (p == NULL)
		return;
	assert(p->n == 0 && p->caps.n == 0 && p->caps.bytes == 0);
	free(p->heap);
	free(p);
	*pp = NULL;
}

static void
heap_put(struct keyed_pool *p, size_t at, struct keyed *k)
{
	p->heap[at] = k;
	k->place = at;
}

/* Moves a table to where its `since` belongs. */
static void
heap_settle(struct keyed_pool *p, struct keyed *k)
{
	size_t at = k->place, to;

	while (at > 0 && p->heap[(at - 1) / 2]->since > k->since) {
		heap_put(p, at, p->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	for (;; at = to) {
		to = 2 * at + 1;
		if (to + 1 < p->n &&
		    p->heap[to + 1]->since < p->heap[to]->since)
			to++;
		if (to >= p->n || p->heap[to]->since >= k->since)
			break;
		heap_put(p, at, p->heap[to]);
	}
	heap_put(p, at, k);
}

static void
pool_leave(struct keyed_pool *p, struct keyed *k)
{
	struct keyed *moved = p->heap[--p->n];

	if (moved != k) {
		heap_put(p, k->place, moved);
		heap_settle(p, moved);
	}
	p->caps.n -= k->caps.n;
	p->caps.bytes -= k->caps.bytes;
}

static void
pool_enter(struct keyed_pool *p, struct keyed *k)
{
	p->heap = xgrow(p->heap, p->n, &p->cap, sizeof(*p->heap));
	k->since = 0;
	heap_put(p, p->n++, k);
	heap_settle(p, k);
	p->caps.n += k->caps.n;
	p->caps.bytes += k->caps.bytes;
}

/* The table with the group that was used longest ago; NULL: there is none. */
static struct keyed *
pool_oldest(struct keyed_pool *p)
{
	struct keyed *k;
	uint64_t      since;

	for (;;) {
		k = p->heap[0];
		since = k->first != NULL ? k->first->used : p->used;
		if (k->since == since)
			return k->first != NULL ? k : NULL;
		k->since = since;
		heap_settle(p, k);
	}
}

/* ---- groups ---- */

struct keyed *
keyed_new(size_t max, size_t state_size, keyed_clear_fn clear)
{
	struct keyed *k = xcalloc(1, sizeof(*k));

	map_init(&k->index);
	k->caps.max = max > 0 ? max : 1;
	k->caps.room = SIZE_MAX;
	k->size = state_size;
	k->clear = clear;
	k->newest = INT64_MIN;
	return k;
}

static struct slice
item_key(const struct keyed *k, const struct keyed_item *it)
{
	return (struct slice){it->state + k->size, it->nkey};
}

static void
item_unlink(struct keyed *k, struct keyed_item *it)
{
	if (it->prev != NULL)
		it->prev->next = it->next;
	else
		k->first = it->next;
	if (it->next != NULL)
		it->next->prev = it->prev;
	else
		k->last = it->prev;
}

static void
item_append(struct keyed *k, struct keyed_item *it)
{
	it->prev = k->last;
	it->next = NULL;
	if (k->last != NULL)
		k->last->next = it;
	else
		k->first = it;
	k->last = it;
}

/* Counts one group, or one less, and bytes in the table and in its pool. */
static void
account(struct keyed *k, int groups, size_t bytes)
{
	k->caps.n += (size_t)groups;
	k->caps.bytes += bytes;
	if (k->pool != NULL) {
		k->pool->caps.n += (size_t)groups;
		k->pool->caps.bytes += bytes;
	}
}

static size_t
item_bytes(const struct keyed *k, const struct keyed_item *it)
{
	return sizeof(*it) + k->size + it->nkey + it->cost;
}

static void
keyed_drop(struct keyed *k, struct keyed_item *it)
{
	map_remove(&k->index, item_key(k, it));
	item_unlink(k, it);
	account(k, -1, 0 - item_bytes(k, it));
	k->clear(it->state);
	free(it);
}

void
keyed_free(struct keyed **kp)
{
	struct keyed *k = *kp;

	if (k == NULL)
		return;
	while (k->first != NULL)
		keyed_drop(k, k->first);
	keyed_join(k, NULL);
	map_clear(&k->index);
	free(k);
	*kp = NULL;
}

static bool
is_over(const struct keyed_caps *c, size_t groups, size_t bytes)
{
	return c->n + groups > c->max || c->bytes > c->room ||
	    bytes > c->room - c->bytes;
}

static void
pool_evict(struct keyed_pool *p, struct keyed *from)
{
	keyed_drop(from, from->first);
	from->evicted++;
	p->evicted++;
}

/*
 * Lets groups go until one more and so many bytes have room, or nothing but
 * `keep`, which is being fed and so the one used last, is left.
 */
static void
make_room(struct keyed *k, size_t groups, size_t bytes,
    const struct keyed_item *keep)
{
	struct keyed_pool *p = k->pool;
	struct keyed	  *from;

	while (is_over(&k->caps, groups, bytes) && k->first != keep) {
		keyed_drop(k, k->first);
		k->evicted++;
	}
	while (p != NULL && is_over(&p->caps, groups, bytes) &&
	    (from = pool_oldest(p)) != NULL && from->first != keep)
		pool_evict(p, from);
}

void
keyed_pool_trim(struct keyed_pool *p)
{
	struct keyed *from;

	while (p->n > 0 && is_over(&p->caps, 0, 0) &&
	    (from = pool_oldest(p)) != NULL)
		pool_evict(p, from);
}

void
keyed_join(struct keyed *k, struct keyed_pool *p)
{
	uint64_t used = 0;

	if (k->pool != NULL) {
		used = k->pool->used;
		pool_leave(k->pool, k);
	}
	k->pool = p;
	if (p == NULL)
		return;
	/* Its groups were used before whatever is used next. */
	if (p->used < used)
		p->used = used;
	pool_enter(p, k);
}

static struct keyed_item *
item_new(struct keyed *k, struct slice key, uint64_t hash)
{
	struct keyed_item *it;
	size_t		   bytes = sizeof(*it) + k->size + key.n;

	make_room(k, 1, bytes, NULL);
	it = xcalloc(1, bytes);
	it->last = INT64_MIN;
	it->nkey = (uint32_t)key.n;
	if (key.n > 0)
		memcpy(it->state + k->size, key.p, key.n);
	map_add_hashed(&k->index, item_key(k, it), hash, it);
	item_append(k, it);
	account(k, 1, bytes);
	return it;
}

void *
keyed_get(struct keyed *k, struct slice key, usec_t t)
{
	uint64_t	   hash = map_hash(key);
	struct keyed_item *it = map_find_hashed(&k->index, key, hash);

	if (it == NULL) {
		it = item_new(k, key, hash);
	} else if (k->last != it) {
		item_unlink(k, it);
		item_append(k, it);
	}
	if (k->pool != NULL)
		it->used = k->pool->used++;
	if (t > it->last)
		it->last = t;
	if (t > k->newest)
		k->newest = t;
	return it->state;
}

const void *
keyed_find(const struct keyed *k, struct slice key)
{
	const struct keyed_item *it = map_find(&k->index, key);

	return it != NULL ? it->state : NULL;
}

void
keyed_expire(struct keyed *k, usec_t before)
{
	unsigned i;

	for (i = 0; i < EXPIRE_PER_USE; i++) {
		if (k->first == NULL || k->first->last >= before)
			return;
		keyed_drop(k, k->first);
	}
}

void
keyed_charge(struct keyed *k, void *state, size_t cost)
{
	struct keyed_item *it = (struct keyed_item *)((char *)state -
	    offsetof(struct keyed_item, state));

	if (cost > UINT32_MAX)
		cost = UINT32_MAX;
	if (cost == it->cost)
		return;
	account(k, 0, cost - it->cost);
	it->cost = (uint32_t)cost;
	make_room(k, 0, 0, it);
}

void
keyed_set_room(struct keyed *k, size_t room)
{
	k->caps.room = room;
}

void
keyed_set_max(struct keyed *k, size_t max)
{
	k->caps.max = max > 0 ? max : 1;
	make_room(k, 0, 0, NULL);
}

size_t
keyed_count(const struct keyed *k)
{
	return k->caps.n;
}

size_t
keyed_bytes(const struct keyed *k)
{
	return k->caps.bytes;
}

uint64_t
keyed_evicted(const struct keyed *k)
{
	return k->evicted;
}

usec_t
keyed_newest(const struct keyed *k)
{
	return k->newest;
}

size_t
keyed_pool_count(const struct keyed_pool *p)
{
	return p->caps.n;
}

size_t
keyed_pool_bytes(const struct keyed_pool *p)
{
	return p->caps.bytes;
}

uint64_t
keyed_pool_evicted(const struct keyed_pool *p)
{
	return p->evicted;
}
