/*
 * offline - auto-generated tokens: how a desktop client stays signed in.
 *
 * A client that signs somebody in with a password and asks for an offline
 * token gets an auto-generated access token; its secret is the refresh token
 * of the Distribution token protocol, by which the client signs in from then
 * on (grant_type=refresh_token).
 * https://distribution.github.io/distribution/spec/auth/oauth/
 */
#ifndef PATROL_DAEMON_OFFLINE_H
#define PATROL_DAEMON_OFFLINE_H

#include "base/addr.h"
#include "base/clock.h"
#include "base/slice.h"
#include "token/token.h"

struct patrold;

/* The parameters of a request that are about it; absent: not given. */
struct offline_request {
	struct slice offline_token; /* of GET: "true" */
	struct slice access_type;   /* of POST: "offline" */
	struct slice client;	    /* client_id */
};

/*
 * Makes a token for the account, whose password was right and which may sign
 * in with one, if the client asks for it and the configuration names it
 * (auth.auto-clients).  Its secret, which the caller wipes, is told when all
 * changes so far are durable; "" if there is none: the sign-in itself stands.
 */
void offline_make(struct patrold *p, const struct account *a,
    const struct offline_request *o, const struct addr *from, usec_t now,
    char secret[SECRET_MAX]);
#endif
