/*
 * silence - one alert that counts on, and when the next one begins.
 *
 * An alert silences what comes until `until`, that moment included.  What
 * comes after it is the next alert, silent for twice as long, a day at the
 * most, if it went on meanwhile; if it rested for longer than the silence it
 * had ended, and all begins anew.  A rule that asks for a silence of 0 has
 * none: each use is an alert.  All in the uses' own time.  Pure.
 */
#ifndef PATROL_STREAM_SILENCE_H
#define PATROL_STREAM_SILENCE_H

#include <stdbool.h>

#include "base/clock.h"

/* It does not double beyond this; a rule may ask for more to begin with. */
#define SILENCE_MAX USEC_DAY

/* Zeroed: there was no alert yet. */
struct silence {
	bool   begun;
	usec_t span, until; /* of the alert that counts on */
	usec_t last;	    /* latest use in it */
};

/*
 * How long the next alert is silent, of a rule that asks for `realert`, where
 * the one before was for `span` and `rest` has gone since its last use.
 */
usec_t silence_next(usec_t realert, usec_t span, usec_t rest);
/* A use at `t`: is it a new alert? */
bool silence_take(struct silence *s, usec_t realert, usec_t t);
#endif
