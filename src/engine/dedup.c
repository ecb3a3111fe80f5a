#include "engine/dedup.h"

#include <stdlib.h>
#include <sys/random.h>
/* Short keys: inlined, hashing them is a few multiplications. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"

#define DEDUP_FIRST 1024 /* fingerprints there is room for at first */
#define AHEAD	    4	 /* uses from dedup_warm to dedup_seen, about */

/*
 * The fingerprints lie in a ring in order of arrival.  An open-addressing
 * table finds them: a slot holds the ring position + 1 and 32 bits of the
 * hash, so that a probe of another's slot rarely has to look into the ring.
 * The first of those bits are the slot's place: the table is in their order,
 * and is made larger in one pass from its beginning to its end.
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
	unsigned	  shift; /* of a tag, to its place */
	size_t		  head;	 /* oldest, once the ring is full */
	size_t		  n, max;
	uint64_t	  seed, evicted;
};

/* Twice as many and more as there is room for in the ring, all empty. */
static void
make_slots(struct dedup *d)
{
	size_t n = 2;

	for (d->shift = 31; n < d->room * 2; d->shift--)
		n *= 2;
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

static uint32_t
tag_of(const struct dedup_key *k)
{
	return (uint32_t)(k->lo >> 32);
}

static size_t
home_of(const struct dedup *d, uint32_t tag)
{
	return tag >> d->shift;
}

static void
put_slot(struct dedup *d, struct slot s)
{
	size_t i = home_of(d, s.tag);

	while (d->slots[i].at != 0)
		i = (i + 1) & d->mask;
	d->slots[i] = s;
}

static void
grow(struct dedup *d)
{
	size_t	     i, n = d->mask + 1, room = d->room * 2;
	struct slot *old = d->slots;

	d->room = room < d->max ? room : d->max;
	d->ring = xreallocarray(d->ring, d->room, sizeof *d->ring);
	make_slots(d);
	for (i = 0; i < n; i++)
		if (old[i].at != 0)
			put_slot(d, old[i]);
	free(old);
}

/*
 * Empties the slot of a ring position and moves followers of its run back,
 * so that no tombstones are left (Knuth, TAOCP 3, 6.4, algorithm R).
 */
static void
drop_slot(struct dedup *d, size_t pos)
{
	size_t i = home_of(d, tag_of(&d->ring[pos])), j, home;

	while (d->slots[i].at != pos + 1)
		i = (i + 1) & d->mask;
	for (j = (i + 1) & d->mask; d->slots[j].at != 0;
	     j = (j + 1) & d->mask) {
		home = home_of(d, d->slots[j].tag);
		if (((j - home) & d->mask) >= ((j - i) & d->mask)) {
			d->slots[i] = d->slots[j];
			i = j;
		}
	}
	d->slots[i].at = 0;
}

static bool
find(const struct dedup *d, const struct dedup_key *k)
{
	const struct dedup_key *other;
	uint32_t		tag = tag_of(k);
	size_t			i = home_of(d, tag);

	for (; d->slots[i].at != 0; i = (i + 1) & d->mask) {
		if (d->slots[i].tag != tag)
			continue;
		other = &d->ring[d->slots[i].at - 1];
		if (other->lo == k->lo && other->hi == k->hi)
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
	size_t next = d->head + AHEAD;

	__builtin_prefetch(&d->slots[home_of(d, tag_of(k))]);
	/* And the one that gives way then. */
	if (next < d->n && d->n == d->max)
		__builtin_prefetch(
		    &d->slots[home_of(d, tag_of(&d->ring[next]))]);
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
	put_slot(d, (struct slot){tag_of(k), (uint32_t)pos + 1});
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
