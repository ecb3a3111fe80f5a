/*
 * window - how many uses lie in [t - span, t], by the uses' own times.
 *
 * A ring of the last times, in order; a late one is put in its place, and
 * the windows that end after it are judged again.  Exact for uses that come
 * in order; for late ones as long as their neighbours are kept (see
 * window_rule_keep).  Pure.  Embedded: window_init / window_clear.
 */
#ifndef PATROL_STREAM_WINDOW_H
#define PATROL_STREAM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "stream/bounds.h"

struct window_entry {
	usec_t		time;
	uint64_t	weight;		/* uses at this time */
};

struct window {
	struct window_entry *ring;	/* owned; a power of two of them */
	uint32_t	 mask;		/* size - 1 */
	uint32_t	 head;		/* the oldest */
	uint32_t	 n;		/* entries */
	uint32_t	 in;		/* the newest `in` are in the window */
	uint64_t	 sum;		/* that ends at the newest: weight */
};

void	window_init(struct window *w);
void	window_clear(struct window *w);
/*
 * `weight` (>= 1) uses at `t`.  Does the condition hold for the window that
 * ends at `t`, or (late) for one that ends after it and contains it?  Then
 * true and *view is the first such window.  The same rule every time.
 * O(1) amortised in order, O(kept) for a late one.
 */
bool	window_feed(struct window *w, const struct window_rule *r, usec_t t,
	    uint64_t weight, struct window_view *view);
#endif
