/*
 * ossl - what several files need of OpenSSL: its errors, names of keys.
 */
#ifndef PATROL_AUTH_OSSL_H
#define PATROL_AUTH_OSSL_H

#include <openssl/types.h>

#include "base/error.h"

/*
 * Sets "what: reason", the reason being the newest that this thread's error
 * queue holds, and empties the queue.
 */
void ossl_error_set(struct error *err, const char *fmt, ...) PRINTFLIKE(2, 3);

#define OSSL_KID_HASHED 30 /* bytes of the hash in a kid, */
#define OSSL_KID_GROUP	4  /* written as groups of so many characters */
#define OSSL_KID_TEXT	48 /* base32 of 30 bytes */
#define OSSL_KID_MAX	(OSSL_KID_TEXT + OSSL_KID_TEXT / OSSL_KID_GROUP)

/* The libtrust id of a public key, as jwt.h has it, NUL-terminated: 0 or -1. */
int ossl_kid(EVP_PKEY *pkey, char out[OSSL_KID_MAX]) MUSTCHECK;
#endif
