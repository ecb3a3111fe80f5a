/*
 * replay - the stored uses once more, at start.
 *
 * Rebuilds what only memory holds: the ids that were seen, the windows of the
 * rules, and the last-used that was not in the store yet.
 */
#ifndef PATROL_DAEMON_REPLAY_H
#define PATROL_DAEMON_REPLAY_H

#include <stdint.h>

#include "base/error.h"
#include "engine/engine.h"

/*
 * Gives the engine, whose strings and tokens are loaded, the uses behind
 * `after` of the store at `path`; those behind `checkpoint` are not in
 * last-used yet.  0, or STORE_E_* with *err set.
 */
int replay(struct engine *e, const char *path, int64_t after,
    int64_t checkpoint, struct error *err) MUSTCHECK;
#endif
