#include "base/map.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
/* Short keys: inlined, hashing them is a few multiplications. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"

#define MAP_SLOTS_MIN 8

static uint64_t seed;

void
map_seed(void)
{
	/* Eight bytes come whole or not at all. */
	if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
		fprintf(stderr, "patrol: no random numbers from the kernel\n");
		abort();
	}
}

uint64_t
map_hash(struct slice key)
{
	uint64_t hash = XXH3_64bits_withSeed(key.p, key.n, seed);

	return hash != 0 ? hash : 1;
}

void
map_init(struct map *m, map_key_fn key)
{
	*m = (struct map){.key = key};
}

void
map_clear(struct map *m)
{
	free(m->slots);
	map_init(m, m->key);
}

/* The slot of the key, or NULL. */
static inline struct map_slot *
find_slot(const struct map *m, struct slice key, uint64_t hash)
{
	size_t i;

	if (m->n == 0)
		return NULL;
	for (i = hash & m->mask; m->slots[i].hash != 0; i = (i + 1) & m->mask)
		if (m->slots[i].hash == hash &&
		    slice_eq(m->key(m->slots[i].value), key))
			return &m->slots[i];
	return NULL;
}

void
map_warm_slot(const struct map *m, uint64_t hash)
{
	if (m->n > 0)
		__builtin_prefetch(&m->slots[hash & m->mask]);
}

/* Looks at the first slot only: most keys lie there, and it is but a hint. */
void
map_warm_value(const struct map *m, uint64_t hash)
{
	const struct map_slot *s;

	if (m->n == 0)
		return;
	s = &m->slots[hash & m->mask];
	if (s->hash == hash)
		__builtin_prefetch(s->value);
}

const void *
map_peek(const struct map *m, uint64_t hash)
{
	const struct map_slot *s;

	if (m->n == 0)
		return NULL;
	s = &m->slots[hash & m->mask];
	return s->hash == hash ? s->value : NULL;
}

void *
map_find_hashed(const struct map *m, struct slice key, uint64_t hash)
{
	const struct map_slot *s = find_slot(m, key, hash);

	return s != NULL ? s->value : NULL;
}

void *
map_find(const struct map *m, struct slice key)
{
	return m->n == 0 ? NULL : map_find_hashed(m, key, map_hash(key));
}

static void
put(struct map *m, struct map_slot slot)
{
	size_t i = slot.hash & m->mask;

	for (; m->slots[i].hash != 0; i = (i + 1) & m->mask)
		assert(m->slots[i].hash != slot.hash ||
		    !slice_eq(m->key(m->slots[i].value), m->key(slot.value)));
	m->slots[i] = slot;
}

/* Keeps at least a quarter of the slots empty: probes stay short. */
static void
grow(struct map *m)
{
	struct map_slot *old = m->slots;
	size_t		 n = m->slots == NULL ? 0 : m->mask + 1, i;

	if (m->n + 1 <= n / 4 * 3)
		return;
	m->mask = (n == 0 ? MAP_SLOTS_MIN : n * 2) - 1;
	m->slots = xcalloc(m->mask + 1, sizeof *m->slots);
	for (i = 0; i < n; i++)
		if (old[i].hash != 0)
			put(m, old[i]);
	free(old);
}

void
map_add_hashed(struct map *m, uint64_t hash, void *value)
{
	assert(value != NULL && hash != 0);
	grow(m);
	put(m, (struct map_slot){hash, value});
	m->n++;
}

void
map_add(struct map *m, void *value)
{
	map_add_hashed(m, map_hash(m->key(value)), value);
}

/*
 * Entries behind the hole move up, unless that would put them before the
 * slot their hash names.  So no tombstones stay, and a table that lives for
 * months of adding and removing is as fast as a new one.
 */
static void
close_hole(struct map *m, size_t hole)
{
	size_t i = hole, home;

	for (;;) {
		i = (i + 1) & m->mask;
		if (m->slots[i].hash == 0)
			break;
		home = m->slots[i].hash & m->mask;
		if (((i - home) & m->mask) < ((i - hole) & m->mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole] = (struct map_slot){0};
}

void *
map_remove(struct map *m, struct slice key)
{
	struct map_slot *s = find_slot(m, key, map_hash(key));
	void		*value;

	if (s == NULL)
		return NULL;
	value = s->value;
	close_hole(m, (size_t)(s - m->slots));
	m->n--;
	return value;
}

void *
map_next(const struct map *m, size_t *at)
{
	if (m->slots == NULL)
		return NULL;
	while (*at <= m->mask)
		if (m->slots[(*at)++].hash != 0)
			return m->slots[*at - 1].value;
	return NULL;
}
