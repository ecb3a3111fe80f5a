/*
 * replay-read - stored uses, made anew by a thread ahead of who judges them.
 *
 * To read a use and to give it back its names takes about as long as to judge
 * it, and at start there is a second processor with nothing to do.
 */
#ifndef PATROL_DAEMON_REPLAY_READ_H
#define PATROL_DAEMON_REPLAY_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/engine.h"
#include "store/store.h"

struct replay_read;

/* A use as the rules first saw it, and its row. */
struct replayed {
	struct use_row row;
	struct use     use;
};

/*
 * Starts to read the uses with seq > `after` of the store at `path`.  The names
 * that the engine has loaded come from it: until the close it only replays.
 * 0, or STORE_E_* with *err set.
 */
int replay_read_open(const char *path, const struct engine *e, int64_t after,
    struct replay_read **out, struct error *err) MUSTCHECK;
/*
 * The next of them, in order: *n at *at, which live until the next call.  Waits
 * for them; *n is 0 when there are no more.  0, or STORE_E_* with *err set
 * where they could not be read.
 */
int replay_read_next(struct replay_read *r, struct replayed **at, size_t *n,
    struct error *err) MUSTCHECK;
/* Ends the thread, though it may not have read all. */
void replay_read_close(struct replay_read **r);
#endif
