/*
 * pubkeys - public keys by their names, to check who signed something.
 *
 * The file is as GitHub publishes it for its secret scanning partners
 * (https://api.github.com/meta/public_keys/secret_scanning):
 *
 *     {"public_keys": [{"key_identifier": "f952...", "is_current": true,
 *                       "key": "-----BEGIN PUBLIC KEY-----\n..."}]}
 *
 * Keys are EC P-256, signatures ECDSA over SHA-256 in DER and base64.  A key
 * that is not current any more still counts while it stands in the file: what
 * was signed with it may be on its way.
 */
#ifndef PATROL_AUTH_PUBKEYS_H
#define PATROL_AUTH_PUBKEYS_H

#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

#define PUBKEYS_MAX	 64
#define PUBKEYS_FILE	 (256 * 1024) /* bytes of the file */
#define PUBKEYS_NAME	 256	      /* of a key's name */
#define PUBKEYS_SIGN_MAX 256	      /* of a signature in base64 */

struct pubkeys;

/* Why something counts as not signed. */
enum pubkeys_result {
	PUBKEYS_OK = 0,
	PUBKEYS_E_MISSING, /* no key named, or no signature */
	PUBKEYS_E_KEY,	   /* a key that is not there */
	PUBKEYS_E_WRONG,   /* not by that key, or not over these bytes */
	PUBKEYS_RESULTS
};

/* NULL with *err set: a key that cannot be used is a fault of the file. */
struct pubkeys *pubkeys_parse(struct slice json, struct error *err);
struct pubkeys *pubkeys_load(const char *path, struct error *err);
void		pubkeys_free(struct pubkeys **k);
size_t		pubkeys_count(const struct pubkeys *k);
/* Has the key of that name signed the bytes?  Absent slices: nothing named. */
enum pubkeys_result pubkeys_verify(const struct pubkeys *k, struct slice name,
    struct slice signature, struct slice bytes) MUSTCHECK;
/* "missing", "unknown_key", "wrong" */
const char *pubkeys_result_name(enum pubkeys_result r);
#endif
