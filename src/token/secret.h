/*
 * secret - the text a person pastes as a password, and its public id.
 *
 *     PREFIX_ + 30 base62 characters (178 bits) + 6 of CRC-32
 *
 * The checksum (base62 of the CRC-32 of all before it, zero-padded) tells a
 * typo or a scanner's find offline.  Only the SHA-256 of the whole text is
 * ever kept; secrets live on the stack and are wiped with secret_wipe.
 */
#ifndef PATROL_TOKEN_SECRET_H
#define PATROL_TOKEN_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define SECRET_RANDOM	  30
#define SECRET_CHECK	  6
#define SECRET_PREFIX_MAX 16
#define SECRET_MAX	  (SECRET_PREFIX_MAX + 1 + SECRET_RANDOM + SECRET_CHECK + 1)
#define SECRET_HASH	  32
#define SECRET_PRINT	  17 /* 16 hexadecimal digits, with the NUL */
#define TOKEN_ID_MAX	  17 /* "pat_" + 12 base32 (a-z2-7), with the NUL */

/*
 * A new secret of the kernel's generator (getrandom(2)), NUL-terminated.
 * 0, or a negative -errno.
 */
int secret_new(const char *prefix, char out[SECRET_MAX]) MUSTCHECK;
/* Has it the form and the checksum?  (Any prefix.)  No secret-dependent
 * answer: form only. */
bool secret_is_wellformed(struct slice s);
/*
 * How many bytes before the `_` at `mid` begin a secret; 0: it is none's.  The
 * prefix may have any length: the checksum tells.  Nothing before `begin` nor
 * from `end` on is looked at.
 */
size_t secret_prefix_at(const char *mid, const char *begin, const char *end);
/*
 * Puts asterisks in the place of every secret in a stranger's text, before
 * any of it can be stored, told or logged.  In place and not refused: else a
 * thief could write one in a User-Agent and have no use recorded.
 */
void secret_mask(char *text, size_t n);
/*
 * The same for JSON, or what claims to be: also where characters of a secret
 * are written as \uXXXX, each of which becomes that of an asterisk.
 */
void secret_mask_json(char *text, size_t n);
/*
 * The same, and each one that is found is told before it is masked; fn may be
 * NULL.  What it is given is wiped when it returns.
 */
typedef void (*secret_found_fn)(struct slice secret, void *arg);
void secret_find_json(char *text, size_t n, secret_found_fn fn, void *arg);
/* Bytes of a secret in JSON at the most: whoever cuts a text leaves no less
 * of its end out, or keeps what can be completed to one. */
#define SECRET_JSON_MAX (6 * SECRET_MAX)
/* Is it a secret as secret_mask leaves it? */
bool secret_is_masked(struct slice s);
/* SHA-256 of the text. */
void secret_hash(struct slice s, uint8_t out[SECRET_HASH]);
/* Compares hashes in constant time. */
bool secret_hash_eq(const uint8_t a[SECRET_HASH], const uint8_t b[SECRET_HASH]);
/* A key for secret_print, of the kernel's generator; 0, or -errno. */
int secret_key_new(uint8_t key[SECRET_HASH]) MUSTCHECK;
/*
 * What tells one stranger's secret from another and tells nothing of either:
 * 64 bits of HMAC-SHA-256 (RFC 2104), NUL-terminated.  People paste passwords
 * of other places, which a plain hash would give away to who tries a list:
 * so the key belongs to one process and is never stored.
 */
void secret_print(const uint8_t key[SECRET_HASH], struct slice s,
    char out[SECRET_PRINT]);
/* Overwrites memory that held a secret, not optimised away. */
void secret_wipe(void *p, size_t n);
/* A new public id, lower case, NUL-terminated. */
int token_id_new(char out[TOKEN_ID_MAX]) MUSTCHECK;
#endif
