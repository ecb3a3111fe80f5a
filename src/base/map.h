/*
 * map - a hash table of things that hold their key.
 *
 * Values are borrowed, and so is the key, which lies in the value or hangs
 * from it: a slot is 16 bytes, for a million tokens are a normal size.
 * Open addressing, XXH3 with a seed drawn at start (keys come from
 * strangers).  Embedded: map_init / map_clear.  Not thread-safe.
 */
#ifndef PATROL_BASE_MAP_H
#define PATROL_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct map_slot {
	uint64_t hash; /* 0: empty */
	void	*value;
};

/* The key of a value; the same as long as that is in a map. */
typedef struct slice (*map_key_fn)(const void *value);

struct map {
	map_key_fn	 key;
	struct map_slot *slots; /* owned; a power of two of them */
	size_t		 mask;	/* slots - 1; 0 while empty */
	size_t		 n;	/* entries */
};

/* Sets the seed of all maps from the kernel's generator; once, at start. */
void map_seed(void);
/* The seeded hash of bytes, never 0. */
uint64_t map_hash(struct slice key);

void map_init(struct map *m, map_key_fn key);
/* Forgets all entries. */
void map_clear(struct map *m);
/* The value, or NULL. */
void *map_find(const struct map *m, struct slice key);
void *map_find_hashed(const struct map *m, struct slice key, uint64_t hash);
/*
 * Fetches what looking up a key of this hash will need into the cache, without
 * waiting: first the slot; then, when that may have come, what it points to.
 * For who has several look-ups ahead, whose misses then overlap.
 */
void map_warm_slot(const struct map *m, uint64_t hash);
void map_warm_value(const struct map *m, uint64_t hash);
/* What that fetched, to fetch what hangs from it: a value of that hash, most
 * likely the one of its key; or NULL. */
const void *map_peek(const struct map *m, uint64_t hash);
/* Adds a value (not NULL) whose key is not there; both are asserted. */
void map_add(struct map *m, void *value);
void map_add_hashed(struct map *m, uint64_t hash, void *value);
/* Takes the key out and returns its value, NULL if it was not there. */
void *map_remove(struct map *m, struct slice key);
/*
 * Walks all entries in no order: start with *at = 0; NULL at the end.
 * Nothing may be added or removed on the way.
 */
void *map_next(const struct map *m, size_t *at);
#endif
