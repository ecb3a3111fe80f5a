#include "base/histogram.h"

#include <assert.h>

void
histogram_init(struct histogram *h, const uint64_t *bounds, unsigned n)
{
	assert(n > 0 && n <= HISTOGRAM_BOUNDS);
	*h = (struct histogram){.bound = bounds, .n = n};
}

void
histogram_add(struct histogram *h, uint64_t v)
{
	unsigned i = 0;

	while (i < h->n && v > h->bound[i])
		i++;
	h->bucket[i]++;
	h->count++;
	h->sum += v;
}

uint64_t
histogram_below(const struct histogram *h, unsigned i)
{
	uint64_t sum = 0;
	unsigned k;

	for (k = 0; k <= i && k <= h->n; k++)
		sum += h->bucket[k];
	return sum;
}
