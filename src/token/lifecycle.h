/*
 * lifecycle - the one place that writes a token's state.
 *
 *     from \ to   active  inactive  expired  deleted
 *     active        -        x         x        x
 *     inactive      x        -         x        x
 *     expired       -        -         -        x
 *     deleted       -        -         -        -
 *
 * One way back beside the table: LIFECYCLE_UNDO takes an automatic change
 * back, so expired -> active is allowed to it.  Nothing becomes active once
 * its end (`expires`) has passed, or its last use (`max-uses`) was taken.
 */
#ifndef PATROL_TOKEN_LIFECYCLE_H
#define PATROL_TOKEN_LIFECYCLE_H

#include "base/clock.h"
#include "base/error.h"
#include "token/table.h"
#include "token/token.h"

enum {
	LIFECYCLE_OK = 0,
	LIFECYCLE_E_SAME,   /* it is in that state already */
	LIFECYCLE_E_REFUSED /* the table does not allow it; *err says */
};

enum lifecycle_how { LIFECYCLE_CHANGE, LIFECYCLE_UNDO };

#define LIFECYCLE_CAUSE_MAX 256 /* bytes kept of a cause, */
#define LIFECYCLE_ACTOR_MAX 128 /* and of an actor */

/*
 * Changes the state, with cause ("rule", "request", "expiry" ... free text
 * for people) and actor, both copied and cut when too long.  Keeps the
 * counters of table and account right.  The caller audits and stores.
 */
int lifecycle_change(struct token_table *tt, struct token *t,
    enum token_state to, enum lifecycle_how how, usec_t now, const char *cause,
    const char *actor, struct error *err) MUSTCHECK;
/* Active and past `expires`: then it should become expired. */
bool lifecycle_is_due(const struct token *t, usec_t now);
#endif
