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

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "token/secret.h"

struct control_peer;
struct patrold;

#define PRESENTED_MAX 16 /* of one line */

/* What was found in a line. */
struct presented {
	unsigned n; /* of them; of those beyond the most only the number */
	uint8_t	 hash[PRESENTED_MAX][SECRET_HASH];
};

/* Masks all secrets in a peer's line, as JSON may have them. */
void presented_find(struct presented *pr, char *line, size_t n);
/* Makes a use of each; *what is for the log, and tells no secret. */
void presented_take(const struct presented *pr, struct patrold *p,
    const struct control_peer *peer, usec_t now, struct error *what);
#endif
