/*
 * repeats - requests that are alike are one use with a count.
 *
 * The first of its kind is a use at once; those after it within `window` only
 * count, and are handed out together as one when that is over.  At most `max`
 * kinds at a time; a further one ends the oldest's window.  Pure; loop thread
 * only.
 */
#ifndef PATROL_AUTH_REPEATS_H
#define PATROL_AUTH_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"

struct repeats;

struct repeats *repeats_new(size_t max);
void		repeats_free(struct repeats **r);
/*
 * One more of the kind `key` (copied).  True: it was counted to one that came
 * within the window.  False: it is the first, and a window begins with it.
 */
bool repeats_add(struct repeats *r, struct slice key, usec_t window,
    usec_t now);
/* Is there no room for another kind?  Then pop one first. */
bool repeats_is_full(const struct repeats *r);
/*
 * Ends the window that began first, if it is over at `now` (INT64_MAX: in any
 * case).  Its kind goes to *key, good until the next call; how many repeats
 * it had, maybe 0, is *count.  False: none is over.
 */
bool   repeats_pop(struct repeats *r, usec_t now, struct slice *key,
      uint64_t *count);
size_t repeats_count(const struct repeats *r);
#endif
