/*
 * series - what happened in a group, in the order of (time, arrival).
 *
 * It goes back as far as a late use may reach, to span + late behind the
 * newest, and no further than a cap: past it the oldest gives way.  `in`
 * follows the window that ends at the newest, whose `u` are added up.
 *
 * Most groups are of few uses, each of weight 1, and there may be a million
 * of them: so the first use lies in the series itself, and entries whose `u`
 * is 1 take six bytes, as long as all are such and lie within four years of
 * the newest; else all of them take sixteen.
 * Pure.  Embedded, zeroed is empty: series_clear.
 */
#ifndef PATROL_STREAM_SERIES_H
#define PATROL_STREAM_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stream/bounds.h"

struct series_entry {
	usec_t time;
	union {
		uint64_t u; /* a weight, a hash, a set of rules */
		double	 d; /* a value */
	};
};

/* Entries of `u` 1: usec from a base, 48 bits, low ones first. */
struct series_offset {
	uint16_t w[3];
};

struct series_narrow {
	usec_t		     base;
	struct series_offset at[];
};

struct series_wide {
	uint64_t	    sum; /* of the `u` in the window, modulo 2^64 */
	struct series_entry at[];
};

struct series {
	union {
		usec_t		      one;    /* no room taken: the only one */
		struct series_narrow *narrow; /* owned */
		struct series_wide   *wide;   /* owned, if is_wide */
	};
	uint64_t n : 18;   /* entries */
	uint64_t in : 18;  /* the newest `in` are in the window */
	uint64_t cap : 18; /* room taken, in entries; 0: none */
	uint64_t is_wide : 1;
};

/* The most entries one may have. */
#define SERIES_MAX (((uint32_t)1 << 18) - 1)

static inline usec_t
series_time(const struct series *s, uint32_t i)
{
	const uint16_t *w;

	if (s->is_wide)
		return s->wide->at[i].time;
	if (s->cap == 0)
		return s->one;
	w = s->narrow->at[i].w;
	return s->narrow->base + (int16_t)w[2] * ((int64_t)1 << 32) +
	    ((uint32_t)w[1] << 16 | w[0]);
}

/* The i-th from the oldest. */
static inline struct series_entry
series_at(const struct series *s, uint32_t i)
{
	if (s->is_wide)
		return s->wide->at[i];
	return (struct series_entry){.time = series_time(s, i), .u = 1};
}

/* The sum of the `u` in the window. */
static inline uint64_t
series_sum(const struct series *s)
{
	return s->is_wide ? s->wide->sum : s->in;
}

/* Is the i-th in the newest's window? */
static inline bool
series_is_in(const struct series *s, uint32_t i)
{
	return i + s->in >= s->n;
}

/* There must be one. */
static inline usec_t
series_newest(const struct series *s)
{
	return series_time(s, s->n - 1);
}

static inline bool
series_is_late(const struct series *s, usec_t t)
{
	return s->n > 0 && t < series_newest(s);
}

/* Fetches the newest and the place of the next into the cache, without
 * waiting. */
static inline void
series_warm(const struct series *s)
{
	const char *newest;
	size_t	    each;

	if (s->cap == 0 || s->n == 0)
		return;
	each = s->is_wide ? sizeof(struct series_entry) :
			    sizeof(struct series_offset);
	newest = s->is_wide ? (const char *)&s->wide->at[s->n - 1] :
			      (const char *)&s->narrow->at[s->n - 1];
	mem_warm(newest, 2 * each);
	__builtin_prefetch(s->narrow);
}

/* Must room be made before the next entry? */
static inline bool
series_is_full(const struct series *s, uint64_t cap)
{
	return s->n >= (s->cap > 0 ? s->cap : 1) || s->n >= cap;
}

void series_clear(struct series *s);
/* `to`, empty before, becomes a copy. */
void series_copy(struct series *to, const struct series *from);
/* Bytes that it holds beside itself. */
size_t series_size(const struct series *s);
/*
 * Makes room for one entry: takes out what no late use can reach, then grows,
 * then, with `cap` entries (SERIES_MAX at the most), lets the oldest go, which
 * is added to *shed.  Was something taken out of the window?
 */
bool series_make_room(struct series *s, const struct window_rule *r,
    uint64_t cap, uint64_t *shed);
/* Appends one that is not late; series_leave then says who left the window. */
void series_push(struct series *s, struct series_entry e);
/*
 * Puts a late one in its place, behind its equals, and returns its index.
 */
uint32_t series_insert(struct series *s, usec_t span, struct series_entry e);
/* The next that is older than the newest's window; false if none is left. */
bool series_leave(struct series *s, usec_t span, struct series_entry *out);
/* Adds to the `u` of a wide series' entry. */
void series_add(struct series *s, uint32_t i, uint64_t u);
/* Gives the newest entry a later time. */
void series_extend(struct series *s, usec_t t);
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
#endif
