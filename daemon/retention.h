/*
 * retention - what is too old goes from the store, in steps.
 *
 * The committer's thread deletes between two commits, which wait meanwhile: a
 * step takes some 20 ms, whatever its rows weigh.  Pure but for the store.
 */
#ifndef PATROL_DAEMON_RETENTION_H
#define PATROL_DAEMON_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct store;

/* How long things are kept; spans, 0 for ever. */
struct committer_keep {
	int64_t refused_max; /* refused lines, by number */
	usec_t	uses, alerts, refused;
};

/* The thread's alone. */
struct retention {
	int	 rows;	  /* of a table, in the next step */
	bool	 more;	  /* perhaps there is more to delete */
	unsigned commits; /* since the last step */
	uint64_t refused; /* lines in these */
};

void retention_init(struct retention *t);
/* A batch with so many refused lines was written. */
void retention_committed(struct retention *t, size_t refused);
/* Is it time for a step, before the next batch? */
bool retention_is_due(const struct retention *t);
/* One step: *rows of them were deleted.  0; or STORE_E_* with *err set, and
 * none were. */
int retention_step(struct retention *t, struct store *st,
    const struct committer_keep *keep, usec_t now, uint64_t *rows,
    struct error *err) MUSTCHECK;
/* A step that deleted something took so long: what the next one may hold. */
void retention_adapt(struct retention *t, usec_t took);
#endif
