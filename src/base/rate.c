/*
 * The generic cell rate algorithm (ITU-T I.371): of each stranger only one
 * time is kept, that at which what was taken will have been earned.
 */
#include "base/rate.h"

#include "base/map.h"

/* When all will be earned that `n` more would take; 0: they may not be. */
static usec_t
full_after(const struct rate *r, size_t at, uint64_t n, uint64_t per_minute,
    usec_t now)
{
	usec_t full = r->full[at];

	if (n > per_minute)
		return 0;
	/* Idle for long, or the clock was set back. */
	if (full < now || full > now + USEC_MIN)
		full = now;
	full += (usec_t)(n * (uint64_t)USEC_MIN / per_minute);
	return full <= now + USEC_MIN ? full : 0;
}

static size_t
bucket_of(struct slice who)
{
	return map_hash(who) % RATE_BUCKETS;
}

bool
rate_may(const struct rate *r, struct slice who, uint64_t n,
    uint64_t per_minute, usec_t now)
{
	return full_after(r, bucket_of(who), n, per_minute, now) != 0;
}

bool
rate_take(struct rate *r, struct slice who, uint64_t n, uint64_t per_minute,
    usec_t now)
{
	size_t at = bucket_of(who);
	usec_t full = full_after(r, at, n, per_minute, now);

	if (full == 0)
		return false;
	r->full[at] = full;
	return true;
}
