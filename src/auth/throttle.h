/*
 * throttle - how long whoever was wrong must wait before the next try.
 *
 * For each key (an address, an account's name) the wrong tries of late are
 * counted: the first `free` cost nothing, then the wait is a second, and
 * doubles with each further one up to `max_wait`.  A try in the meantime is
 * turned away unseen and changes nothing.  An hour without a wrong one and
 * all is forgotten.  At most `keys` are remembered, wrong ones longest ago go
 * first, counted.  Pure; loop thread only.
 */
#ifndef PATROL_AUTH_THROTTLE_H
#define PATROL_AUTH_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

#define THROTTLE_FIRST	USEC_SEC
#define THROTTLE_FORGET USEC_HOUR
#define THROTTLE_KEY	128 /* bytes of a key that count */

struct throttle;

struct throttle *throttle_new(size_t keys);
void		 throttle_free(struct throttle **t);
/* For what comes from now on. */
void throttle_configure(struct throttle *t, unsigned free_tries,
    usec_t max_wait);
/* How long until the key's next try may be looked at; 0: it may now. */
usec_t throttle_wait(struct throttle *t, struct slice key, usec_t now);
/*
 * A try is looked at whose outcome comes later.  Where it had to be waited
 * for, no other of the key is meanwhile: else a hundred at once were one.
 */
void throttle_begin(struct throttle *t, struct slice key, usec_t now);
/* It was wrong. */
void throttle_wrong(struct throttle *t, struct slice key, usec_t now);
/* It was right: `forget` all that was wrong before, or only let go on. */
void throttle_right(struct throttle *t, struct slice key, bool forget);
/* Is the key remembered?  (For a throttle used as a set: throttle_wrong
 * adds.) */
bool	 throttle_has(struct throttle *t, struct slice key);
size_t	 throttle_count(const struct throttle *t);
uint64_t throttle_evicted(const struct throttle *t);
#endif
