/*
 * presented - an access token on the control socket, where none is good for
 * anything.
 *
 * Whoever sends one took patrold for something else, or looks how far a token
 * goes that was found: so it is a use of that token, of the action `admin`,
 * which rules see.
 */
#ifndef PATROL_DAEMON_PRESENTED_H
#define PATROL_DAEMON_PRESENTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

struct control_peer;
struct patrold;

/*
 * Masks all secrets in a peer's line, as JSON may have them, and makes a use
 * of each, of PRESENTED_MAX at the most.  Was there any?  *what is for the
 * log then, and tells no secret.
 */
#define PRESENTED_MAX 16
bool presented_take(struct patrold *p, const struct control_peer *peer,
    usec_t now, char *line, size_t n, struct error *what);
#endif
