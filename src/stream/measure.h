/*
 * measure - a figure of the values in [t - span, t]: sum, average, percentile.
 *
 * At each value: does the condition hold for the window that ends there?  A
 * late one is put in its place, and the windows that end after it are judged
 * again.  All values are kept as far back as late ones may reach, up to
 * MEASURE_KEEP_MAX, or MEASURE_SORT_MAX of a percentile, where a late one may
 * cost the square of them: a window with more than that is judged by the
 * newest, and what gave way is counted.  Where none is late it is SERIES_MAX
 * of either.  Pure.  Embedded, zeroed is empty.
 */
#ifndef PATROL_STREAM_MEASURE_H
#define PATROL_STREAM_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "stream/figures.h"
#include "stream/series.h"

#define MEASURE_KEEP_MAX 65536
#define MEASURE_SORT_MAX 8192

struct measure_rule {
	enum figure	     what;
	double		     rank; /* 0 to 100, of a percentile */
	struct figure_bounds bounds;
};

struct measure {
	struct series  values; /* d */
	struct figures now;    /* of the newest's window */
	uint32_t       gone;   /* since it was added up anew */
};

void measure_clear(struct measure *m);
/* `to`, empty before, becomes a copy, to try a value on. */
void measure_copy(struct measure *to, const struct measure *from);
/*
 * As window_feed, for one value (|x| <= FIGURE_MAX); view->count is how many
 * values lie in the window.  `r` gives span and late.  A sum or average is
 * O(1) amortised in order, a percentile O(values in the window).
 */
bool measure_feed(struct measure *m, const struct window_rule *r,
    const struct measure_rule *mr, usec_t t, double x,
    struct window_view *view);
#endif
