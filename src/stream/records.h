/*
 * records - the groups of a table, found by their keys.
 *
 * A group is a record: its links, a state of a fixed size, its key.  There
 * may be a million a rule, so that each byte of one counts: 24 for what is
 * here, 16 for the key, 4 or so for finding it, and the key beside it if it
 * is longer than that.  What the most at a time took stays taken.
 *
 * The inside of keyed.c, and no one else's.  Embedded: records_init,
 * records_clear.
 */
#ifndef PATROL_STREAM_RECORDS_H
#define PATROL_STREAM_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define RECORDS_MAX	   ((1u << 27) - 1)
#define RECORDS_BLOCK_BITS 4 /* the first block is of 16 */
#define RECORDS_BLOCKS	   (27 - RECORDS_BLOCK_BITS + 1)
#define RECORDS_KEY_ROOM   16 /* the id of a token */

/* Links are numbers of records, 0 is none. */
struct record {
	uint32_t prev, next; /* keyed.c: used before, used after */
	uint32_t chain : 27; /* the next in the bucket; or that is free */
	uint32_t nkey : 5;   /* bytes of the key, if it lies here */
	int32_t	 last;	     /* keyed.c: latest time of its uses */
	uint64_t used;	     /* keyed.c: number of its last use */
	char	 key[RECORDS_KEY_ROOM]; /* or the pointer to it */
	_Alignas(8) char state[];
};

struct records {
	char	 *block[RECORDS_BLOCKS]; /* owned */
	uint32_t *bucket;		 /* owned; the first of each chain */
	size_t	  nbuckets, cap;	 /* in use; room for */
	size_t	  mask; /* nbuckets <= mask + 1 < 2 * nbuckets */
	size_t	  n;
	uint32_t  used; /* the highest number given out */
	uint32_t  free; /* the first of those given back */
	size_t	  record_size;
};

void records_init(struct records *rs, size_t state_size);
/* All must have been removed. */
void records_clear(struct records *rs);
/* By its number, not 0; it stays where it is until it is removed. */
static inline struct record *
record_at(const struct records *rs, uint32_t number)
{
	uint32_t i = number - 1 + (1u << RECORDS_BLOCK_BITS);
	unsigned bits = 31 - (unsigned)__builtin_clz(i);

	return (struct record *)(void *)(rs->block[bits - RECORDS_BLOCK_BITS] +
	    (i - (1u << bits)) * rs->record_size);
}

/* The number of that key's record, or 0; `hash` is map_hash(key). */
uint32_t records_find(const struct records *rs, struct slice key,
    uint64_t hash);
/* The same, and whoever asks next finds it first, where records_warm looks. */
uint32_t records_use(struct records *rs, struct slice key, uint64_t hash);
/* A new one, zeroed, for a key that has none; there are fewer than
 * RECORDS_MAX. */
uint32_t records_add(struct records *rs, struct slice key, uint64_t hash);
void	 records_remove(struct records *rs, uint32_t number);
/* Bytes that one takes, with its key, or would take. */
size_t records_bytes(const struct records *rs, uint32_t number);
size_t records_bytes_for(const struct records *rs, struct slice key);
/*
 * Fetches what finding a key of that hash will need into the cache, without
 * waiting, in three steps, from 0, each when what the one before fetched may
 * have come: its bucket, the first of the chain, the second.  The last step
 * returns the first, which is mostly the right one, or NULL.
 */
const struct record *records_warm(const struct records *rs, uint64_t hash,
    unsigned step);
#endif
