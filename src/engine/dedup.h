/*
 * dedup - which uses were seen already, by registry and id.
 *
 * Keeps a 128-bit fingerprint (XXH3 with a secret seed, so nobody can make
 * two ids collide; by chance 10^9 of them do with 10^-21) of the newest `max`
 * ids in order of arrival: 16 bytes each, and 8 to 16 to find them by.  The
 * oldest gives way, counted.  Loop thread only.
 */
#ifndef PATROL_ENGINE_DEDUP_H
#define PATROL_ENGINE_DEDUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct dedup;

struct dedup *dedup_new(size_t max);
void	      dedup_free(struct dedup **d);
/* What an id is known by. */
struct dedup_key {
	uint64_t lo, hi;
};

struct dedup_key dedup_key_of(const struct dedup *d, struct slice registry,
    struct slice id);
/* Fetches what dedup_seen will look at into the cache, without waiting. */
void dedup_warm(const struct dedup *d, const struct dedup_key *k);
/* Was it there already?  If not, it is now. */
bool	 dedup_seen(struct dedup *d, const struct dedup_key *k);
size_t	 dedup_count(const struct dedup *d);
uint64_t dedup_evicted(const struct dedup *d);
#endif
