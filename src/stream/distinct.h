/*
 * distinct - how many different values lie in [t - span, t].
 *
 * At each use: does the condition hold for the window that ends there?  A
 * late one is put in its place, and the windows that end after it are judged
 * again.  In order it is exact with each value once, at the time it was last
 * seen; for late uses a log keeps what each window held, one entry a value
 * and span or so where more values cannot undo the condition, else each use.
 * Past window_rule_keep entries of it the oldest give way.  The log tells
 * values apart by their seeded 64-bit hash.  Pure.  Embedded.
 */
#ifndef PATROL_STREAM_DISTINCT_H
#define PATROL_STREAM_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "stream/bounds.h"
#include "stream/series.h"
#include "stream/values.h"

/* Small, so that a group is two lines of the cache with its key. */
struct distinct {
	struct values values;
	uint32_t start; /* first in the newest's window, if there are any */
	uint32_t in;	/* from `start` on */
	/* The newest two in order; the second, if any, is that of the newest
	 * value. */
	uint32_t	    ntail;
	struct series_entry tail; /* the first of them */
	struct series	    log;  /* those before, u: the hash */
};

void distinct_init(struct distinct *d);
void distinct_clear(struct distinct *d);
/* `to`, empty before, becomes a copy, to try a use on. */
void distinct_copy(struct distinct *to, const struct distinct *from);
/*
 * The values of the window that ends at the newest, newest first: each with
 * the time it was last seen.
 */
typedef void (*distinct_fn)(struct slice value, usec_t last, void *arg);
void distinct_walk(const struct distinct *d, distinct_fn fn, void *arg);
/* Fetches what the next use will need into the cache, without waiting. */
void distinct_warm(const struct distinct *d);
/* Bytes it holds beside itself, about. */
size_t distinct_size(const struct distinct *d);
/* The same of one that counts up to n, at least. */
size_t distinct_least(uint64_t n);
/* As window_feed, for one use with that value (compared by its bytes). */
bool distinct_feed(struct distinct *d, const struct window_rule *r, usec_t t,
    struct slice value, struct window_view *view);
#endif
