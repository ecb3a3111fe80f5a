/*
 * evict - foreign tokens in the order in which they give way.
 *
 * An intrusive list, oldest use first, of those that may give way now: what
 * may not (not active, or with a last-used the store does not have yet) is
 * kept out by table.c, so that the oldest is always found in one step.
 * Embedded: evict_init; it owns nothing.
 */
#ifndef PATROL_TOKEN_EVICT_H
#define PATROL_TOKEN_EVICT_H

#include <stdbool.h>

#include "token/token.h"

struct evict {
	struct token *oldest, *newest; /* borrowed */
	bool	      unsorted;
};

void evict_init(struct evict *e);
/* Adds as the newest one that was used now. */
void evict_add(struct evict *e, struct token *t);
/*
 * Adds one of any last use, in one step: the next evict_oldest sorts.  For
 * loading, where tokens come by number.
 */
void evict_add_unsorted(struct evict *e, struct token *t);
/* Takes it out; nothing happens if it is not in. */
void evict_remove(struct evict *e, struct token *t);
/* The one that gives way next, still in the list; NULL: none. */
struct token *evict_oldest(struct evict *e);
#endif
