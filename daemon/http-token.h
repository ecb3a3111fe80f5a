/*
 * http-token - what the files of the token endpoint share.
 *
 * Private to them: http-token-parse.c reads the request, http-token.c judges
 * it, http-token-grant.c answers who may.
 */
#ifndef PATROL_DAEMON_HTTP_TOKEN_H
#define PATROL_DAEMON_HTTP_TOKEN_H

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdbool.h>

#include "auth/basic.h"
#include "auth/grant.h"
#include "auth/htpasswd.h"
#include "base/buf.h"
#include "daemon/http.h"
#include "daemon/signin.h"
#include "token/secret.h"

#define TOKEN_ASKED_MAX 2048 /* bytes of the scopes kept with the use */

/* One exchange; on the heap, since a password is checked meanwhile. */
struct exchange {
	struct signin	       who;
	struct evhttp_request *req; /* NULL: the client has gone */
	struct evkeyvalq       params;
	struct basic	       basic;
	struct grant_list      asked, granted;
	struct buf	       scopes;	/* as asked, for the use */
	bool		       refresh; /* the password is a refresh token */
	char		       offline[SECRET_MAX]; /* of a new auto token */
	/* A password on its way to be checked. */
	char	 hash[HTPASSWD_HASH]; /* "": there is none */
	unsigned cost;
	bool	 checked, right;
};

/* A parameter of the query or of the form; NULL: not given. */
const char *exchange_param(const struct exchange *x, const char *name);
/* Parameters, credentials, scopes and service; 0, or -1 with *err set. */
int exchange_parse(struct exchange *x, struct error *err) MUSTCHECK;
/* What is granted, with a refresh token if there is one: signed on another
 * thread, sent after the commit.  The exchange may go. */
void exchange_grant(struct exchange *x);
#endif
