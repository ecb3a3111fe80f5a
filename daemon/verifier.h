/*
 * verifier - what passes through /verify, as uses.
 *
 * A proxy asks for every request, and a client that pulls makes many that are
 * alike.  Of those the first is a use at once, which the rules see before it
 * is answered and which is durable before it is; those after it within
 * auth.verify.window are answered from memory and become one further use with
 * their number, when the window ends.  What is refused is always a use.
 * Windows are bounded, see auth/repeats.h.  Loop thread only.
 */
#ifndef PATROL_DAEMON_VERIFIER_H
#define PATROL_DAEMON_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "use/use.h"

struct jwt_reader;
struct patrold;
struct verifier;

struct verifier_counts {
	uint64_t allowed;
	uint64_t repeats;    /* of these: counted to one like it */
	uint64_t denied;     /* 403 */
	uint64_t refused;    /* 401, to what was shown */
	uint64_t challenged; /* 401, to who showed nothing */
};

struct verifier *verifier_new(struct patrold *p);
/* Ends all windows: their uses join the batch. */
void verifier_flush(struct verifier *v);
void verifier_free(struct verifier **v);
/* Once a second: ends the windows that are over. */
void verifier_tick(struct verifier *v);
/* A use that passes: true if it was counted to one like it, else it takes
 * the road as any other. */
bool verifier_repeats(struct verifier *v, const struct use *u);
/* For tokens that the token endpoint signed.  Borrowed. */
struct jwt_reader      *verifier_reader(struct verifier *v);
struct verifier_counts *verifier_counts(struct verifier *v);
/* Windows that are open. */
uint64_t verifier_windows(const struct verifier *v);
#endif
