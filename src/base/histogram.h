/*
 * histogram - how many values lie at or below each of a few bounds.
 * Pure; embedded.
 */
#ifndef PATROL_BASE_HISTOGRAM_H
#define PATROL_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 15

struct histogram {
	const uint64_t *bound; /* borrowed; ascending */
	unsigned	n;
	uint64_t	bucket[HISTOGRAM_BOUNDS + 1]; /* last: above all */
	uint64_t	count, sum;
};

/* `bounds` are 1..HISTOGRAM_BOUNDS, and must stay. */
void histogram_init(struct histogram *h, const uint64_t *bounds, unsigned n);
void histogram_add(struct histogram *h, uint64_t v);
/* Values at or below bound number `i`; behind the last: all. */
uint64_t histogram_below(const struct histogram *h, unsigned i);
#endif
