/*
 * jwt-read - what a token says that this patrold signed.
 *
 * Only what jwt_sign made is read: the header must be that of one of the keys
 * to the byte, the signature that key's, and the claims are then our own.
 */
#ifndef PATROL_AUTH_JWT_READ_H
#define PATROL_AUTH_JWT_READ_H

#include "auth/grant.h"
#include "auth/jwt.h"

#define JWT_READ_MAX (24 * 1024) /* bytes of a token */

struct jwt_reader;

/* Slices belong to the reader, until the next call. */
struct jwt_said {
	struct slice	  issuer, audience, subject;
	usec_t		  expires;
	struct grant_list access;
};

/* Never NULL. */
struct jwt_reader *jwt_reader_new(void);
void		   jwt_reader_free(struct jwt_reader **r);
/* Has it the form of one?  (No access token has.) */
bool jwt_has_form(struct slice text);
/* 0; or -1: none of the keys (NULL among them is passed over) signed it. */
int jwt_read(struct jwt_reader *r, const struct jwt_key *const *keys,
    unsigned nkeys, struct slice text, struct jwt_said *out) MUSTCHECK;
#endif
