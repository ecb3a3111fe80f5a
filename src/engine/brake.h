/*
 * brake - stops patrol from switching off everybody.
 *
 * Counts automatic changes.  More than `changes` of them within `per`, or
 * more than `share` of the tokens that are active (but BRAKE_SHARE_MIN are
 * always allowed by the share, or small installations could change nothing),
 * and the brake holds until an admin releases it.  Pure.
 */
#ifndef PATROL_ENGINE_BRAKE_H
#define PATROL_ENGINE_BRAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define BRAKE_CHANGES_MAX 10000
#define BRAKE_SHARE_MIN	  5

struct brake {
	unsigned changes; /* allowed within `per` */
	usec_t	 per;
	double	 share; /* 0..1 */
	usec_t	*ring;	/* owned: times of the last changes */
	unsigned at, n;
	bool	 on;
	usec_t	 since; /* on since */
	uint64_t held;	/* changes it has prevented */
};

/* `changes` is 0..BRAKE_CHANGES_MAX; 0 allows none. */
void brake_init(struct brake *b, unsigned changes, usec_t per, double share);
void brake_clear(struct brake *b);
/* Other limits; what was counted is forgotten, whether it is on stays. */
void brake_set(struct brake *b, unsigned changes, usec_t per, double share);
/*
 * May one more change be made at `now`, with `active` tokens active?  Counts
 * it if so; else the brake is on.
 */
bool brake_allow(struct brake *b, usec_t now, uint64_t active);
/* Lets go and forgets what was counted. */
void brake_release(struct brake *b);
#endif
