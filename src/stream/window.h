/*
 * window - how many uses lie in [t - span, t], by the uses' own times.
 *
 * At each use: does the condition hold for the window that ends there?  A
 * late one is put in its place, and the windows that end after it are judged
 * again.  Exact, in order and late, within what is kept (see
 * window_rule_keep): in order always; late uses that find more than that in
 * their reach may miss the oldest.  Of a condition that more uses cannot undo
 * only what can matter is kept (see series_thin_dense), about twice what it
 * asks for in each span.  A use of more than WINDOW_WEIGHT_MAX counts as so
 * many: no condition asks for as much.  Pure.  Embedded: window_init /
 * window_clear.
 */
#ifndef PATROL_STREAM_WINDOW_H
#define PATROL_STREAM_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "stream/bounds.h"
#include "stream/series.h"

#define WINDOW_WEIGHT_MAX (((uint64_t)1 << 27) - 1)

struct window {
	struct series uses; /* u: how many at this time */
};

void window_init(struct window *w);
void window_clear(struct window *w);
/* `to`, empty before, becomes a copy, to try a use on. */
void window_copy(struct window *to, const struct window *from);
/*
 * `weight` (>= 1) uses at `t`.  Does the condition hold for the window that
 * ends at `t`, or (late) for one that ends after it and contains it?  Then
 * true and *view is the first such window.  The same rule every time.
 * O(1) amortised in order, O(kept) for a late one.
 */
bool window_feed(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight, struct window_view *view);
#endif
