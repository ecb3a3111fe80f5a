/*
 * stored - a stored use as it was when the rules first saw it.
 */
#ifndef PATROL_DAEMON_STORED_H
#define PATROL_DAEMON_STORED_H

#include "store/store.h"
#include "use/decode.h"

/*
 * Into *u, but for what enriching adds; borrows from *s and the decoder.  -1
 * with *err set where its further fields cannot be read: they are left out.
 */
int stored_fill(struct decoder *d, const struct stored_use *s, struct use *u,
    struct error *err) MUSTCHECK;
#endif
