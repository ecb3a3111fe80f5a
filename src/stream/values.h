/*
 * values - different values, in the order of when each was last seen.
 *
 * Most groups of a correlation have seen a few values, and there may be a
 * million groups: so all that belongs to one lies in one block, where looking
 * through the values reads memory in order, and has links by number.  With
 * room for VALUES_INDEXED values there is a table in it, too.
 *
 * A value is told by its bytes; its hash, map_hash of them, finds it.
 * Pure.  Embedded, zeroed is empty: values_clear.
 */
#ifndef PATROL_STREAM_VALUES_H
#define PATROL_STREAM_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define VALUES_INDEXED 32
#define VALUE_NONE     UINT32_MAX
/* The most one may have, and how long one may be. */
#define VALUES_MAX ((uint32_t)1 << 27)

struct value_seen {
	usec_t	 time; /* last seen */
	uint64_t hash;
	uint32_t text; /* where it lies in the block, in units of 8 bytes */
	uint32_t len;
	uint32_t prev, next; /* older, newer; or VALUE_NONE */
};

struct values {
	struct value_seen *slot; /* owned; the first n are in use.  Behind
				    them the texts, then the index. */
	uint32_t	   n, cap;
	uint32_t	   ntext, text_cap; /* in units of 8 bytes */
	uint32_t	   oldest, newest;  /* if n > 0 */
};

void values_clear(struct values *vs);
/* `to`, empty before, becomes a copy; the numbers are the same. */
void values_copy(struct values *to, const struct values *from);
/* Bytes that it holds beside itself. */
size_t values_size(const struct values *vs);
/* Fetches what the next use will need into the cache, without waiting. */
void values_warm(const struct values *vs);

/* The number of a value, or VALUE_NONE. */
uint32_t values_find(const struct values *vs, struct slice value,
    uint64_t hash);
/* Until the next value is added. */
struct slice values_text(const struct values *vs, uint32_t i);
/*
 * A value that there is not yet, seen at `t`, behind those not seen later;
 * returns its number.  There are fewer than VALUES_MAX.
 */
uint32_t values_add(struct values *vs, struct slice value, uint64_t hash,
    usec_t t);
/* The value was seen at `t`: not earlier than it was. */
void values_see(struct values *vs, uint32_t i, usec_t t);
/*
 * Takes the oldest out.  Its number becomes that of the value which had the
 * highest, vs->n as it is then, if that is another.
 */
void values_drop(struct values *vs);
#endif
