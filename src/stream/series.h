/*
 * series - what happened in a group, in the order of (time, arrival).
 *
 * A ring that goes back as far as a late use may reach, to span + late behind
 * the newest, and no further than a cap: past it the oldest gives way and is
 * counted.  Sixteen bytes an entry.  `in` follows the window that ends at the
 * newest.  Pure.  Embedded, zeroed is empty: series_clear.
 */
#ifndef PATROL_STREAM_SERIES_H
#define PATROL_STREAM_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "stream/bounds.h"

struct series_entry {
	usec_t time;
	union {
		uint64_t u; /* a weight, a hash, a set of rules */
		double	 d; /* a value */
	};
};

struct series {
	struct series_entry *ring; /* owned; a power of two of them */
	uint32_t	     mask; /* size - 1 */
	uint32_t	     head; /* the oldest */
	uint32_t	     n;	   /* entries */
	uint32_t	     in;   /* the newest `in` are in the window */
	uint64_t	     shed; /* gave way to the cap */
};

/* The i-th from the oldest. */
static inline struct series_entry *
series_at(const struct series *s, uint32_t i)
{
	return &s->ring[(s->head + i) & s->mask];
}

static inline bool
series_is_late(const struct series *s, usec_t t)
{
	return s->n > 0 && t < series_at(s, s->n - 1)->time;
}

/* Must room be made before the next entry? */
static inline bool
series_is_full(const struct series *s, uint64_t cap)
{
	return s->ring == NULL || s->n > s->mask || s->n >= cap;
}

void series_clear(struct series *s);
/* `to`, empty before, becomes a copy. */
void series_copy(struct series *to, const struct series *from);
/* Bytes of the ring. */
size_t series_size(const struct series *s);
/*
 * Makes room for one entry: takes out what no late use can reach, then grows,
 * then, with `cap` entries, lets the oldest go.  Was something taken out of
 * the window?
 */
bool series_make_room(struct series *s, const struct window_rule *r,
    uint64_t cap);
/* Appends one that is not late; series_leave then says who left the window. */
void series_push(struct series *s, struct series_entry e);
/*
 * Puts a late one in its place, behind its equals, and returns its index; it
 * is in the newest's window if that is >= n - in.
 */
uint32_t series_insert(struct series *s, usec_t span, struct series_entry e);
/* The next that is older than the newest's window; false if none is left. */
bool series_leave(struct series *s, usec_t span, struct series_entry *out);
/* The first index whose time is >= t; n if there is none. */
uint32_t series_find(const struct series *s, usec_t t);
/*
 * Takes out entries that change no answer when windows are only asked for at
 * least `enough` entries: those with as many in front of them and as many
 * behind them within one span.  In a window with such a one lie `enough` of
 * its neighbours on one side, whatever comes late.
 */
void series_thin_dense(struct series *s, usec_t span, uint64_t enough);
/*
 * The same where windows are asked which different `u` are in them: entries
 * between two of the same `u` that lie within one span.
 */
void series_thin_equal(struct series *s, usec_t span);
/* Follows the window anew, after thinning. */
void series_recount(struct series *s, usec_t span);
#endif
