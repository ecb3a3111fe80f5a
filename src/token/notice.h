/*
 * notice - when the owner of a token is to hear that its end is near.
 *
 * A step is a span before the end ("7d").  What was told is remembered as the
 * point in time of its step: all steps up to there are told.  So an end that
 * moves (a use puts off the idle one) is told anew, and other steps in the
 * configuration need nothing to be converted.
 */
#ifndef PATROL_TOKEN_NOTICE_H
#define PATROL_TOKEN_NOTICE_H

#include "base/clock.h"

#define NOTICE_STEPS_MAX 8

/* In any order. */
struct notice_steps {
	usec_t	 before[NOTICE_STEPS_MAX];
	unsigned n;
};

/*
 * The point in time of the step that is to be told at `now`: the latest that
 * has come, if it lies behind `from`, where the life began that ends at `end`,
 * and behind `told`.  0: none is, or there is no end (0), or it has passed.
 */
usec_t notice_due(const struct notice_steps *s, usec_t end, usec_t from,
    usec_t told, usec_t now);
#endif
