/*
 * jwt - signs what a registry believes (RFC 7515, RFC 7519).
 *
 * ES256 (P-256) or RS256, by the kind of key.  The header carries both the
 * libtrust `kid` (base32 of the first 30 bytes of SHA-256 over the DER
 * SubjectPublicKeyInfo, 12 groups of 4 joined by `:`), which Distribution 2
 * looks up, and `x5c` (the certificate's DER in standard base64), which
 * Distribution 3 verifies.
 */
#ifndef PATROL_AUTH_JWT_H
#define PATROL_AUTH_JWT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

struct jwt_key;

struct jwt_claims {
	struct slice issuer, audience, subject;
	usec_t	     now;      /* iat; nbf is JWT_SKEW before */
	usec_t	     lifetime; /* exp = now + lifetime, whole seconds */
	struct slice access;   /* JSON list */
};

#define JWT_SKEW (10 * USEC_SEC)

/*
 * Reads a PEM private key (EC P-256, or RSA of 2048 bits at least) and the
 * PEM certificate that belongs to it, one of the file's, which may be a bundle
 * of several.  0, or -1 with *err set (a key that fits none is told).
 */
int jwt_key_load(const char *key_path, const char *certificate_path,
    struct jwt_key **out, struct error *err) MUSTCHECK;
/*
 * One that only verifies, of a certificate (PEM): of a key that signed before.
 * 0, or -1 with *err set.
 */
int jwt_key_of_certificate(struct slice pem, struct jwt_key **out,
    struct error *err) MUSTCHECK;
/*
 * Makes an EC P-256 key and a self-signed certificate (CN = `name`, valid
 * from a day before `now` for ten years) as PEM text into two buffers; the
 * caller writes them and wipes the key.
 */
int jwt_key_generate(const char *name, usec_t now, struct buf *key_pem,
    struct buf *certificate_pem, struct error *err) MUSTCHECK;
/* Counted: one more holder; the last one to let go frees it.  One thread. */
struct jwt_key *jwt_key_ref(struct jwt_key *k);
void		jwt_key_unref(struct jwt_key **k);
/* The kid, NUL-terminated, owned by the key. */
const char *jwt_key_id(const struct jwt_key *k);
/* "ES256" or "RS256". */
const char *jwt_key_algorithm(const struct jwt_key *k);
/*
 * Appends the signed token (header.payload.signature) to `out`.  jti is a
 * random UUID.  May run on any thread; the key is only read.  One that only
 * verifies cannot sign: -1.
 */
int jwt_sign(const struct jwt_key *k, const struct jwt_claims *c,
    struct buf *out, struct error *err) MUSTCHECK;
/*
 * Is `signature` (base64url) this key's over `signed_part`, a header of its
 * own making and a payload with the dot between?
 */
bool jwt_key_signed(const struct jwt_key *k, struct slice signed_part,
    struct slice signature);
#endif
