/*
 * bundle - the certificates that a registry trusts: a PEM file of some.
 *
 * While one signing key takes the place of another, the registry knows both:
 * see daemon/keys.h for the stages.
 */
#ifndef PATROL_AUTH_BUNDLE_H
#define PATROL_AUTH_BUNDLE_H

#include "auth/ossl.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define BUNDLE_MAX 16 /* certificates */

struct bundle_certificate {
	char	     kid[OSSL_KID_MAX]; /* of its key */
	usec_t	     expires;
	struct slice pem; /* its block, in `text` */
};

struct bundle {
	struct bundle_certificate list[BUNDLE_MAX];
	unsigned		  n;
	struct buf		  text;
};

/* Reads a file; what stands between certificates is passed over.  0, or -1
 * with *err set.  bundle_clear in any case. */
int bundle_read(const char *path, struct bundle *b,
    struct error *err) MUSTCHECK;
/* The same from text, which is copied. */
int  bundle_parse(struct slice text, struct bundle *b,
     struct error *err) MUSTCHECK;
void bundle_clear(struct bundle *b);
/* The certificate of a key, or NULL. */
const struct bundle_certificate *bundle_find(const struct bundle *b,
    const char							 *kid);
#endif
