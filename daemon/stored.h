/*
 * stored - a stored use, as it was when the rules first saw it, and as people
 * are shown it.
 */
#ifndef PATROL_DAEMON_STORED_H
#define PATROL_DAEMON_STORED_H

#include "base/buf.h"
#include "store/store.h"
#include "use/decode.h"

/*
 * Into *u, but for what enriching adds; borrows from *s and the decoder.  -1
 * with *err set where its further fields cannot be read: they are left out.
 */
int stored_fill(struct decoder *d, const struct stored_use *s, struct use *u,
    struct error *err) MUSTCHECK;
/*
 * As one JSON object, appended, with all that is known of it.  For an owner
 * (absent: for a viewer) no other account is named in it.
 */
void stored_json(const struct stored_use *s, struct slice owner,
    struct buf *out);
/* An entry of the audit, likewise. */
void stored_audit_json(int64_t seq, const struct audit_row *r, struct buf *out);
#endif
