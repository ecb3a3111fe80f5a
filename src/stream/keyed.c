#include "stream/keyed.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define EXPIRE_PER_USE 2

struct keyed_item {
	struct keyed_item *prev, *next; /* used before, used after */
	usec_t		   last;	/* latest time of its uses */
	uint32_t	   cost;	/* bytes its state holds */
	uint32_t	   nkey;
	/* The state, aligned for any type; the key's bytes behind it. */
	_Alignas(max_align_t) char state[];
};

struct keyed {
	struct map	   index;
	struct keyed_item *first; /* owned; unused longest */
	struct keyed_item *last;  /* used last */
	size_t		   max, size;
	size_t		   room, cost; /* bytes of all states: cap, sum */
	keyed_clear_fn	   clear;
	uint64_t	   evicted;
	usec_t		   newest;
};

struct keyed *
keyed_new(size_t max, size_t state_size, keyed_clear_fn clear)
{
	struct keyed *k = xcalloc(1, sizeof(*k));

	map_init(&k->index);
	k->max = max > 0 ? max : 1;
	k->size = state_size;
	k->room = SIZE_MAX;
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

static void
keyed_drop(struct keyed *k, struct keyed_item *it)
{
	map_remove(&k->index, item_key(k, it));
	item_unlink(k, it);
	k->cost -= it->cost;
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
	map_clear(&k->index);
	free(k);
	*kp = NULL;
}

static struct keyed_item *
item_new(struct keyed *k, struct slice key, uint64_t hash)
{
	struct keyed_item *it;

	while (k->index.n >= k->max) {
		keyed_drop(k, k->first);
		k->evicted++;
	}
	it = xcalloc(1, sizeof(*it) + k->size + key.n);
	it->last = INT64_MIN;
	it->nkey = (uint32_t)key.n;
	if (key.n > 0)
		memcpy(it->state + k->size, key.p, key.n);
	map_add_hashed(&k->index, item_key(k, it), hash, it);
	item_append(k, it);
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
	k->cost += cost - it->cost;
	it->cost = (uint32_t)cost;
	while (k->cost > k->room && k->first != it) {
		keyed_drop(k, k->first);
		k->evicted++;
	}
}

void
keyed_set_room(struct keyed *k, size_t room)
{
	k->room = room;
}

void
keyed_set_max(struct keyed *k, size_t max)
{
	k->max = max > 0 ? max : 1;
	while (k->index.n > k->max) {
		keyed_drop(k, k->first);
		k->evicted++;
	}
}

size_t
keyed_count(const struct keyed *k)
{
	return k->index.n;
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
