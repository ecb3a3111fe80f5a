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
#include "stream/records.h"

#define EXPIRE_PER_USE 2
/* Of `last`, in usec: the years 1 to 9999 in 32 bits. */
#define LAST_BITS 27

/* What is held, and how much of it may be. */
struct keyed_caps {
	size_t n, max;
	size_t bytes, room;
};

struct keyed {
	struct records	   records;
	uint32_t	   first, last; /* unused longest; used last */
	struct keyed_caps  caps;
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

/* There must be one. */
static struct record *
first_of(const struct keyed *k)
{
	return record_at(&k->records, k->first);
}

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
		since = k->first != 0 ? first_of(k)->used : p->used;
		if (k->since == since)
			return k->first != 0 ? k : NULL;
		k->since = since;
		heap_settle(p, k);
	}
}

/* ---- the order of use ---- */

static void
order_remove(struct keyed *k, const struct record *r)
{
	if (r->prev != 0)
		record_at(&k->records, r->prev)->next = r->next;
	else
		k->first = r->next;
	if (r->next != 0)
		record_at(&k->records, r->next)->prev = r->prev;
	else
		k->last = r->prev;
}

static void
order_append(struct keyed *k, struct record *r, uint32_t number)
{
	r->prev = k->last;
	r->next = 0;
	if (k->last != 0)
		record_at(&k->records, k->last)->next = number;
	else
		k->first = number;
	k->last = number;
}

/* ---- groups ---- */

struct keyed *
keyed_new(size_t max, size_t state_size, keyed_clear_fn clear)
{
	struct keyed *k = xcalloc(1, sizeof(*k));

	records_init(&k->records, state_size);
	k->caps.room = SIZE_MAX;
	k->clear = clear;
	k->newest = INT64_MIN;
	keyed_set_max(k, max);
	return k;
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

static void
drop_first(struct keyed *k)
{
	struct record *r = first_of(k);
	uint32_t       number = k->first;
	size_t	       bytes = records_bytes(&k->records, number);

	bytes += k->clear(r->state);
	account(k, -1, 0 - bytes);
	order_remove(k, r);
	records_remove(&k->records, number);
}

void
keyed_free(struct keyed **kp)
{
	struct keyed *k = *kp;

	if (k == NULL)
		return;
	while (k->first != 0)
		drop_first(k);
	assert(k->caps.n == 0 && k->caps.bytes == 0);
	keyed_join(k, NULL);
	records_clear(&k->records);
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
	drop_first(from);
	from->evicted++;
	p->evicted++;
}

/*
 * Lets groups go until one more and so many bytes have room, or nothing but
 * `keep`, which is being fed and so the one used last, is left.
 */
static void
make_room(struct keyed *k, size_t groups, size_t bytes, const void *keep)
{
	struct keyed_pool *p = k->pool;
	struct keyed	  *from;

	while (is_over(&k->caps, groups, bytes) && k->first != 0 &&
	    first_of(k)->state != keep) {
		drop_first(k);
		k->evicted++;
	}
	while (p != NULL && is_over(&p->caps, groups, bytes) &&
	    (from = pool_oldest(p)) != NULL && first_of(from)->state != keep)
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

static uint32_t
group_new(struct keyed *k, struct slice key, uint64_t hash)
{
	size_t	 bytes = records_bytes_for(&k->records, key);
	uint32_t number;

	make_room(k, 1, bytes, NULL);
	number = records_add(&k->records, key, hash);
	record_at(&k->records, number)->last = INT32_MIN;
	order_append(k, record_at(&k->records, number), number);
	account(k, 1, bytes);
	return number;
}

/* Rounded up: no group is dropped for being older than it is. */
static int32_t
last_of(usec_t t)
{
	usec_t last = (t >> LAST_BITS) + 1;

	return last > INT32_MAX ? INT32_MAX :
	    last < INT32_MIN	? INT32_MIN :
				  (int32_t)last;
}

void *
keyed_get(struct keyed *k, struct slice key, usec_t t)
{
	uint64_t       hash = map_hash(key);
	uint32_t       number = records_use(&k->records, key, hash);
	struct record *r;

	if (number == 0)
		number = group_new(k, key, hash);
	r = record_at(&k->records, number);
	if (k->last != number) {
		order_remove(k, r);
		order_append(k, r, number);
	}
	if (k->pool != NULL)
		r->used = k->pool->used++;
	if (last_of(t) > r->last)
		r->last = last_of(t);
	if (t > k->newest)
		k->newest = t;
	return r->state;
}

const void *
keyed_warm(const struct keyed *k, uint64_t hash, unsigned step)
{
	const struct record *r = records_warm(&k->records, hash, step);

	/* It will leave its place between two others. */
	if (step == 2 && r != NULL && r->prev != 0)
		__builtin_prefetch(record_at(&k->records, r->prev));
	if (step == 2 && r != NULL && r->next != 0)
		__builtin_prefetch(record_at(&k->records, r->next));
	return r != NULL ? r->state : NULL;
}

const void *
keyed_find(const struct keyed *k, struct slice key)
{
	uint32_t number = records_find(&k->records, key, map_hash(key));

	return number != 0 ? record_at(&k->records, number)->state : NULL;
}

void
keyed_expire(struct keyed *k, usec_t before)
{
	unsigned i;

	for (i = 0; i < EXPIRE_PER_USE; i++) {
		if (k->first == 0 || first_of(k)->last >= last_of(before))
			return;
		drop_first(k);
	}
}

void
keyed_charge(struct keyed *k, const void *state, size_t before, size_t now)
{
	if (before == now)
		return;
	account(k, 0, now - before);
	make_room(k, 0, 0, state);
}

void
keyed_set_room(struct keyed *k, size_t room)
{
	k->caps.room = room;
}

void
keyed_set_max(struct keyed *k, size_t max)
{
	k->caps.max = max == 0 ? 1 : max > RECORDS_MAX ? RECORDS_MAX : max;
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
