/*
 * reorder - lines in the order of their times, whatever order they come in.
 *
 * Within a lateness: what may still be overtaken waits in memory.  Over all:
 * what does not fit REORDER_ROOM is sorted in parts that go to a temporary
 * file, and the parts are merged at the end.
 */
#ifndef PATROL_PATROLCTL_REORDER_H
#define PATROL_PATROLCTL_REORDER_H

#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define REORDER_ALL  (-1)		/* a lateness without bound */
#define REORDER_ROOM (64 * 1024 * 1024) /* bytes held without bound */

struct reorder;

/* One line, in its turn; `text` is borrowed. */
typedef void (
    *reorder_fn)(usec_t t, uint64_t index, struct slice text, void *arg);

/* `room` is REORDER_ROOM, or less for tests. */
struct reorder *reorder_new(usec_t lateness, size_t room, reorder_fn fn,
    void *arg);
void		reorder_free(struct reorder **r);
/*
 * A line at `t`, number `index`: equal times keep the order of these.  One
 * that comes later than the lateness has its turn at once.  0, or -1 with
 * *err set when the temporary file fails.
 */
int reorder_add(struct reorder *r, usec_t t, uint64_t index, struct slice text,
    struct error *err) MUSTCHECK;
/* No more come: all that wait have their turn.  As reorder_add. */
int reorder_end(struct reorder *r, struct error *err) MUSTCHECK;
#endif
