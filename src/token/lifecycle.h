/*
 * lifecycle - the one place that writes a token's state.
 *
 *     from \ to   active  inactive  expired  deleted
 *     active        -        x         x        x
 *     inactive      x        -         x        x
 *     expired       -        -         -        x
 *     deleted       -        -         -        -
 *
 * An inactive token may have a time at which it becomes active again by
 * itself.  Any change takes that away; so inactive -> inactive is allowed
 * where it changes the time, and only there.
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
/*
 * The same to inactive, until the time `until` (> now).  One that is inactive
 * without a time stays so: nothing that was switched off for good comes back
 * because of this.
 */
int lifecycle_pause(struct token_table *tt, struct token *t, usec_t until,
    usec_t now, const char *cause, const char *actor,
    struct error *err) MUSTCHECK;
/*
 * Would it be changed?  LIFECYCLE_OK or why not, as lifecycle_change answers,
 * and nothing is changed.
 */
int lifecycle_check(const struct token *t, enum token_state to, usec_t now);
/* Inactive, and the time of that is over: then it should become active. */
bool lifecycle_is_over(const struct token *t, usec_t now);
/* Its state, but that what is past its end is expired, though nobody has
 * written so yet. */
enum token_state lifecycle_state(const struct token *t, usec_t now);
/* Active and past `expires`: then it should become expired. */
bool lifecycle_is_due(const struct token *t, usec_t now);
#endif
