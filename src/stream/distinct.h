/*
 * distinct - how many different values lie in [t - span, t].
 *
 * Each value once, with the latest time it was seen, in the order of those
 * times.  Exact for uses that come in order: the window that ends now has
 * exactly the values last seen in it.  For a late use the windows that end
 * after it are judged by the values kept; one that ended earlier may miss a
 * value that was seen again since.  Pure.  Embedded.
 */
#ifndef PATROL_STREAM_DISTINCT_H
#define PATROL_STREAM_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/slice.h"
#include "stream/bounds.h"

struct distinct_value;

struct distinct {
	struct map	 index;		/* by value, once there are many */
	struct distinct_value *oldest, *newest;	/* owned, a list by time */
	struct distinct_value *start;	/* first in the newest's window */
	uint64_t	 n;		/* values kept */
	uint64_t	 in;		/* of them from `start` on */
};

void	distinct_init(struct distinct *d);
void	distinct_clear(struct distinct *d);
/* As window_feed, for one use with that value (compared by its bytes). */
bool	distinct_feed(struct distinct *d, const struct window_rule *r,
	    usec_t t, struct slice value, struct window_view *view);
#endif
