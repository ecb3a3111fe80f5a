#include "engine/dedup.h"

#include <stdlib.h>
#include <sys/random.h>
/* Short keys: inlined, hashing them is a few multiplications. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"

#define DEDUP_FIRST 1024 /* fingerprints there is room for at first */

/*
 * The fingerprints lie in a ring in order of arrival.  An open-addressing
 * table finds them: a slot holds the ring position + 1 and 32 bits of the
 * hash, so that a probe of another's slot rarely has to look into the ring.
 */
struct slot {
	uint32_t tag;
	uint32_t at; /* ring position + 1; 0: empty */
};

struct dedup {
	struct dedup_key *ring;
	struct slot	 *slots;
	size_t		  room; /* of the ring; slots: mask + 1 */
	size_t		  mask;
	size_t		  head; /* oldest, once the ring is full */
	size_t		  n, max;
	uint64_t	  seed, evicted;
};

static void
make_slots(struct dedup *d)
{
	size_t n = 2;

	while (n < d->room * 2)
		n *= 2;
	free(d->slots);
	d->slots = xcalloc(n, sizeof *d->slots);
	d->mask = n - 1;
}

struct dedup *
dedup_new(size_t max)
{
	struct dedup *d = xcalloc(1, sizeof *d);

	d->max = max > 0 ? max : 1;
	if (d->max > UINT32_MAX - 1)
		d->max = UINT32_MAX - 1;
	d->room = d->max < DEDUP_FIRST ? d->max : DEDUP_FIRST;
	d->ring = xcalloc(d->room, sizeof *d->ring);
	make_slots(d);
	if (getrandom(&d->seed, sizeof d->seed, 0) != sizeof d->seed)
		abort();
	return d;
}

void
dedup_free(struct dedup **dp)
{
	struct dedup *d = *dp;

	if (d == NULL)
		return;
	free(d->ring);
	free(d->slots);
	free(d);
	*dp = NULL;
}

static void
put_slot(struct dedup *d, const struct dedup_key *f, size_t pos)
{
	size_t i = f->lo & d->mask;

	while (d->slots[i].at != 0)
		i = (i + 1) & d->mask;
	d->slots[i] = (struct slot){(uint32_t)(f->hi), (uint32_t)pos + 1};
}

static void
grow(struct dedup *d)
{
	size_t i, room = d->room * 2 < d->max ? d->room * 2 : d->max;

	d->ring = xreallocarray(d->ring, room, sizeof *d->ring);
	d->room = room;
	make_slots(d);
	for (i = 0; i < d->n; i++)
		put_slot(d, &d->ring[i], i);
}

/*
 * Empties the slot of a ring position and moves followers of its run back,
 * so that no tombstones are left (Knuth, TAOCP 3, 6.4, algorithm R).
 */
static void
drop_slot(struct dedup *d, size_t pos)
{
	size_t i = d->ring[pos].lo & d->mask, j, home;

	while (d->slots[i].at != pos + 1)
		i = (i + 1) & d->mask;
	for (j = (i + 1) & d->mask; d->slots[j].at != 0;
	     j = (j + 1) & d->mask) {
		home = d->ring[d->slots[j].at - 1].lo & d->mask;
		if (((j - home) & d->mask) >= ((j - i) & d->mask)) {
			d->slots[i] = d->slots[j];
			i = j;
		}
	}
	d->slots[i].at = 0;
}

static bool
find(const struct dedup *d, const struct dedup_key *f)
{
	const struct dedup_key *other;
	size_t			i;

	for (i = f->lo & d->mask; d->slots[i].at != 0; i = (i + 1) & d->mask) {
		if (d->slots[i].tag != (uint32_t)f->hi)
			continue;
		other = &d->ring[d->slots[i].at - 1];
		if (other->lo == f->lo && other->hi == f->hi)
			return true;
	}
	return false;
}

struct dedup_key
dedup_key_of(const struct dedup *d, struct slice registry, struct slice id)
{
	XXH128_hash_t h;

	/* The registry's hash is the id's seed: no joint needed between. */
	h = XXH3_128bits_withSeed(id.p, id.n,
	    XXH3_64bits_withSeed(registry.n > 0 ? registry.p : "", registry.n,
		d->seed));
	return (struct dedup_key){h.low64, h.high64};
}

void
dedup_warm(const struct dedup *d, const struct dedup_key *k)
{
	__builtin_prefetch(&d->slots[k->lo & d->mask]);
}

bool
dedup_seen(struct dedup *d, const struct dedup_key *k)
{
	size_t pos;

	if (find(d, k))
		return true;
	if (d->n == d->room && d->room < d->max)
		grow(d);
	if (d->n < d->room) {
		pos = d->n++;
	} else {
		pos = d->head;
		drop_slot(d, pos);
		d->head = (d->head + 1) % d->room;
		d->evicted++;
	}
	d->ring[pos] = *k;
	put_slot(d, k, pos);
	return false;
}

size_t
dedup_count(const struct dedup *d)
{
	return d->n;
}

uint64_t
dedup_evicted(const struct dedup *d)
{
	return d->evicted;
}
