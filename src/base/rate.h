/*
 * rate - how much each of many strangers may do in a minute.
 *
 * In fixed memory: a stranger's bucket is chosen by a seeded hash of the
 * name, so that two may share one (and its allowance), but nobody can choose
 * with whom.  Nothing is evicted, nothing is allocated.  Pure.
 */
#ifndef PATROL_BASE_RATE_H
#define PATROL_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define RATE_BUCKETS 4096 /* 32 KiB in all */

struct rate {
	usec_t full[RATE_BUCKETS]; /* when each will have all it may again */
};

/* May `who` have `n` more at `now`? */
bool rate_may(const struct rate *r, struct slice who, uint64_t n,
    uint64_t per_minute, usec_t now);
/*
 * The same, and counts them if so.  A minute's worth, `per_minute` (from 1
 * on), may come at once; more than that never may.
 */
bool rate_take(struct rate *r, struct slice who, uint64_t n,
    uint64_t per_minute, usec_t now);
#endif
