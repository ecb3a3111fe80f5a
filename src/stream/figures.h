/*
 * figures - sum, average and percentiles of numbers that come and go.
 *
 * The sum is compensated (Neumaier), and added up anew once as many numbers
 * have gone as are there, so that no error piles up.  Percentiles interpolate
 * linearly between the two nearest; they keep the numbers sorted, eight bytes
 * each.  Pure.  Embedded, zeroed is empty: figures_clear.
 */
#ifndef PATROL_STREAM_FIGURES_H
#define PATROL_STREAM_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger numbers are none: sums of any window stay finite. */
#define FIGURE_MAX 1e300

enum figure { FIGURE_SUM, FIGURE_AVG, FIGURE_PERCENTILE };

/* What is asked: lo, hi and one exception. */
struct figure_bounds {
	double lo, hi;		 /* -INFINITY, INFINITY: no end */
	double except;		 /* NAN: none */
	bool   lo_open, hi_open; /* gt, lt */
};

struct figures {
	double	 sum, carry;
	uint64_t n;
	double	*sorted; /* owned; FIGURE_PERCENTILE only */
	size_t	 cap;
};

void figures_clear(struct figures *f);
/* `to`, empty before, becomes a copy. */
void figures_copy(struct figures *to, const struct figures *from);
/* Empties it and keeps the memory. */
void figures_reset(struct figures *f);
/* The same `figure` every time; |x| <= FIGURE_MAX. */
void figures_add(struct figures *f, enum figure what, double x);
/* Takes out one that was added. */
void figures_remove(struct figures *f, enum figure what, double x);
/* Of at least one number; `rank` is 0 to 100, for percentiles. */
double figures_value(const struct figures *f, enum figure what, double rank);
bool   figures_hold(const struct figure_bounds *b, double x);
#endif
