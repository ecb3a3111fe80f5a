#include "engine/brake.h"

#include <stdlib.h>

#include "base/mem.h"

void
brake_init(struct brake *b, unsigned changes, usec_t per, double share)
{
	*b = (struct brake){.changes = 0};
	brake_set(b, changes, per, share);
}

void
brake_clear(struct brake *b)
{
	free(b->ring);
	b->ring = NULL;
}

void
brake_set(struct brake *b, unsigned changes, usec_t per, double share)
{
	if (changes > BRAKE_CHANGES_MAX)
		changes = BRAKE_CHANGES_MAX;
	free(b->ring);
	b->ring = xcalloc(changes, sizeof *b->ring);
	b->changes = changes;
	b->per = per;
	b->share = share;
	b->at = b->n = 0;
}

/* How many of the changes counted lie within `per` before `now`. */
static unsigned
recent(struct brake *b, usec_t now)
{
	unsigned oldest;

	while (b->n > 0) {
		oldest = (b->at + b->changes - b->n) % b->changes;
		if (b->ring[oldest] >= now - b->per)
			break;
		b->n--;
	}
	return b->n;
}

bool
brake_allow(struct brake *b, usec_t now, uint64_t active)
{
	unsigned n = recent(b, now);
	double	 most;

	/* Tokens changed lately were active when the window began. */
	most = b->share * (double)(active + n);
	if (most < BRAKE_SHARE_MIN)
		most = BRAKE_SHARE_MIN;
	if (!b->on && (n + 1 > b->changes || (double)(n + 1) > most)) {
		b->on = true;
		b->since = now;
	}
	if (b->on) {
		b->held++;
		return false;
	}
	b->ring[b->at] = now;
	b->at = (b->at + 1) % b->changes;
	b->n++;
	return true;
}

void
brake_release(struct brake *b)
{
	b->on = false;
	b->since = 0;
	b->at = b->n = 0;
}
