/*
 * Records lie in a few large blocks, each twice the one before, and are named
 * by their numbers, counted from 1: links take four bytes, and what they
 * point to never moves.
 *
 * They are found by linear hashing (Litwin 1980) with a chain a bucket: there
 * is one bucket more for each record more, the chain of one other being split,
 * so that no use ever waits for a whole table to grow.
 */
#include "stream/records.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define BUCKETS_MIN 8
#define KEY_LONG    31 /* `nkey` of one that lies beside */

struct long_key {
	size_t n;
	char   bytes[];
};

void
records_init(struct records *rs, size_t state_size)
{
	*rs = (struct records){.nbuckets = BUCKETS_MIN,
	    .cap = BUCKETS_MIN,
	    .mask = BUCKETS_MIN - 1,
	    .record_size = sizeof(struct record) + (state_size + 7) / 8 * 8};
	rs->bucket = xcalloc(rs->cap, sizeof(*rs->bucket));
}

void
records_clear(struct records *rs)
{
	unsigned i;

	assert(rs->n == 0);
	for (i = 0; i < RECORDS_BLOCKS; i++)
		free(rs->block[i]);
	free(rs->bucket);
	*rs = (struct records){.n = 0};
}

/* ---- keys ---- */

static struct long_key *
long_key(const struct record *r)
{
	struct long_key *l;

	memcpy(&l, r->key, sizeof(l));
	return l;
}

static struct slice
record_key(const struct record *r)
{
	const struct long_key *l;

	if (r->nkey <= RECORDS_KEY_ROOM)
		return (struct slice){r->key, r->nkey};
	l = long_key(r);
	return (struct slice){l->bytes, l->n};
}

static void
set_key(struct record *r, struct slice key)
{
	struct long_key *l;

	if (key.n <= RECORDS_KEY_ROOM) {
		r->nkey = (unsigned)key.n & KEY_LONG;
		if (key.n > 0)
			memcpy(r->key, key.p, key.n);
		return;
	}
	r->nkey = KEY_LONG;
	l = xmalloc(sizeof(*l) + key.n);
	l->n = key.n;
	memcpy(l->bytes, key.p, key.n);
	memcpy(r->key, &l, sizeof(l));
}

size_t
records_bytes_for(const struct records *rs, struct slice key)
{
	size_t beside =
	    key.n <= RECORDS_KEY_ROOM ? 0 : sizeof(struct long_key) + key.n;

	return rs->record_size + sizeof(*rs->bucket) + beside;
}

size_t
records_bytes(const struct records *rs, uint32_t number)
{
	return records_bytes_for(rs, record_key(record_at(rs, number)));
}

/* ---- buckets ---- */

static uint32_t *
bucket_of(const struct records *rs, uint64_t hash)
{
	size_t i = hash & rs->mask;

	return &rs->bucket[i < rs->nbuckets ? i : (hash & (rs->mask >> 1))];
}

/* *before: the one before it in its chain, or the last of all; NULL: none. */
static uint32_t
search(const struct records *rs, struct slice key, uint32_t number,
    struct record **before)
{
	struct record *r;

	for (*before = NULL; number != 0; number = r->chain) {
		r = record_at(rs, number);
		if (slice_eq(record_key(r), key))
			break;
		*before = r;
	}
	return number;
}

uint32_t
records_find(const struct records *rs, struct slice key, uint64_t hash)
{
	struct record *before;

	return search(rs, key, *bucket_of(rs, hash), &before);
}

uint32_t
records_use(struct records *rs, struct slice key, uint64_t hash)
{
	uint32_t      *bucket = bucket_of(rs, hash), number;
	struct record *before;

	number = search(rs, key, *bucket, &before);
	if (number != 0 && before != NULL) {
		before->chain = record_at(rs, number)->chain;
		record_at(rs, number)->chain = *bucket & RECORDS_MAX;
		*bucket = number;
	}
	return number;
}

static void
chain_push(struct records *rs, uint32_t *bucket, uint32_t number)
{
	record_at(rs, number)->chain = *bucket & RECORDS_MAX;
	*bucket = number;
}

static void
chain_remove(struct records *rs, uint32_t number)
{
	struct record *r = record_at(rs, number), *before = NULL;
	uint32_t      *bucket, at;

	bucket = bucket_of(rs, map_hash(record_key(r)));
	for (at = *bucket; at != number; at = before->chain)
		before = record_at(rs, at);
	if (before != NULL)
		before->chain = r->chain;
	else
		*bucket = r->chain;
}

static void
add_bucket(struct records *rs)
{
	if (rs->nbuckets == rs->cap) {
		rs->cap *= 2;
		rs->bucket =
		    xreallocarray(rs->bucket, rs->cap, sizeof(*rs->bucket));
	}
	if (rs->nbuckets > rs->mask)
		rs->mask = 2 * rs->mask + 1;
	rs->bucket[rs->nbuckets++] = 0;
}

/* What belongs into the new bucket lies in the one half as high. */
static void
split(struct records *rs)
{
	uint32_t      *from, number, next;
	struct record *r;

	add_bucket(rs);
	from = &rs->bucket[(rs->nbuckets - 1) & (rs->mask >> 1)];
	number = *from;
	*from = 0;
	for (; number != 0; number = next) {
		r = record_at(rs, number);
		next = r->chain;
		chain_push(rs, bucket_of(rs, map_hash(record_key(r))), number);
	}
}

/* ---- records ---- */

static uint32_t
take_number(struct records *rs)
{
	uint32_t number = rs->free, i;
	unsigned bits;

	if (number != 0) {
		rs->free = record_at(rs, number)->chain;
		return number;
	}
	number = ++rs->used;
	i = number - 1 + (1u << RECORDS_BLOCK_BITS);
	bits = 31 - (unsigned)__builtin_clz(i);
	if (rs->block[bits - RECORDS_BLOCK_BITS] == NULL)
		rs->block[bits - RECORDS_BLOCK_BITS] =
		    xcalloc((size_t)1 << bits, rs->record_size);
	return number;
}

uint32_t
records_add(struct records *rs, struct slice key, uint64_t hash)
{
	struct record *r;
	uint32_t       number;

	if (rs->n >= rs->nbuckets)
		split(rs);
	number = take_number(rs);
	r = record_at(rs, number);
	memset(r, 0, rs->record_size);
	set_key(r, key);
	chain_push(rs, bucket_of(rs, hash), number);
	rs->n++;
	return number;
}

void
records_remove(struct records *rs, uint32_t number)
{
	struct record *r = record_at(rs, number);

	chain_remove(rs, number);
	if (r->nkey > RECORDS_KEY_ROOM)
		free(long_key(r));
	r->chain = rs->free & RECORDS_MAX;
	rs->free = number;
	rs->n--;
}

/* ---- ahead of time ---- */

static struct record *
fetch(const struct records *rs, uint32_t number)
{
	struct record *r = record_at(rs, number);

	mem_warm(r, rs->record_size);
	return r;
}

const struct record *
records_warm(const struct records *rs, uint64_t hash, unsigned step)
{
	const uint32_t	    *bucket = bucket_of(rs, hash);
	const struct record *r;

	if (step == 0) {
		__builtin_prefetch(bucket);
		return NULL;
	}
	if (*bucket == 0)
		return NULL;
	r = fetch(rs, *bucket);
	if (step == 2 && r->chain != 0)
		(void)fetch(rs, r->chain);
	return r;
}
