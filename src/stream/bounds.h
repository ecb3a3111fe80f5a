/*
 * bounds - which counts satisfy the condition of a correlation.
 *
 * gt gte lt lte eq neq, all of which must hold: a range of whole numbers and
 * at the most a few that are taken out.
 */
#ifndef PATROL_STREAM_BOUNDS_H
#define PATROL_STREAM_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#define BOUNDS_ANY UINT64_MAX /* hi: no upper end; except: none */

struct bounds {
	uint64_t lo, hi; /* lo <= count <= hi */
	uint64_t except; /* but not this one */
};

static inline bool
bounds_hold(const struct bounds *b, uint64_t count)
{
	return count >= b->lo && count <= b->hi && count != b->except;
}

/*
 * From this count on the answer stays the same: who counts exactly up to
 * here has counted enough.
 */
static inline uint64_t
bounds_enough(const struct bounds *b)
{
	uint64_t n = b->lo;

	if (b->hi != BOUNDS_ANY && b->hi + 1 > n)
		n = b->hi + 1;
	if (b->except != BOUNDS_ANY && b->except + 1 > n)
		n = b->except + 1;
	return n > 0 ? n : 1;
}

/* Once more can only help: a window that holds cannot be undone. */
static inline bool
bounds_only_grow(const struct bounds *b)
{
	return b->hi == BOUNDS_ANY && b->except == BOUNDS_ANY;
}

/* What a window is asked. */
struct window_rule {
	int64_t	      span; /* usec; windows are [t - span, t] */
	int64_t	      late; /* usec; how late a use may come */
	struct bounds bounds;
};

/* What feeding a use comes to. */
struct window_view {
	/* Where the condition holds: the window it holds in. */
	uint64_t count; /* uses, or distinct values, in it */
	int64_t	 first; /* time of the first of them */
	/* In any case, added to: entries that gave way to a cap. */
	uint64_t shed;
};

/*
 * How many entries a group keeps at the most.  Uses that come in order need
 * bounds_enough; the rest are for late ones, which must find what was there
 * as far back as they may reach.  Past it the oldest gives way.
 */
#define WINDOW_KEEP_MAX 8192

static inline uint64_t
window_rule_keep(const struct window_rule *r)
{
	uint64_t n = 2 * bounds_enough(&r->bounds);

	return r->late > 0 && n < WINDOW_KEEP_MAX ? WINDOW_KEEP_MAX : n;
}
#endif
