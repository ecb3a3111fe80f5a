/*
 * pause - tokens that are inactive until a point in time, the soonest first.
 *
 * A heap of borrowed tokens; when each ends is in its limits.  Only
 * lifecycle.c and loading set a pause.  Embedded:
 * pauses_init / pauses_clear.
 */
#ifndef PATROL_TOKEN_PAUSE_H
#define PATROL_TOKEN_PAUSE_H

#include <stddef.h>

#include "token/token.h"

struct pauses {
	struct token **heap; /* owned; each after its parent at (i - 1) / 2 */
	size_t	       n, cap;
};

void pauses_init(struct pauses *p);
void pauses_clear(struct pauses *p);
/* Until when the token is paused; 0 takes the pause away. */
void pauses_set(struct pauses *p, struct token *t, usec_t until);
/* The one that ends soonest, if it has ended at `now`; or NULL. */
struct token *pauses_due(const struct pauses *p, usec_t now);
#endif
