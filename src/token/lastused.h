/*
 * lastused - folds a use into its token's last-used, first-used and counts.
 */
#ifndef PATROL_TOKEN_LASTUSED_H
#define PATROL_TOKEN_LASTUSED_H

#include "token/token.h"

/* What a use says, as symbols (borrowed; held by the token on success). */
struct lastused_input {
	usec_t	    time;
	struct sym *ip, *client, *action, *repository, *registry;
	uint8_t	    outcome; /* enum use_outcome_id */
	uint64_t    count;
	/* For seen.h; 0 and NULL: none. */
	uint64_t    network; /* addr_net_key */
	struct sym *product; /* seen_product */
};

/*
 * Counts it; a use later than the last (or as late) becomes the last, one
 * earlier than the first the first.
 */
void lastused_add(struct token *t, const struct lastused_input *in);
#endif
