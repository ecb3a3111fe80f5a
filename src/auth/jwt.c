#include "auth/jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "auth/ossl.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "token/secret.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define SIG_MAX	     (RSA_BITS_MAX / 8)
#define ES256_HALF   32 /* r and s: 256 bits each */

#define PEM_FILE_BUFFER 4096
#define UUID_TEXT	37 /* with the NUL */

struct jwt_key {
	EVP_PKEY *pkey;	       /* owned */
	X509	 *certificate; /* owned */
	/*
	 * A context that is ready to sign: copying it is much cheaper than
	 * making one, which fetches the algorithms under a lock.
	 */
	EVP_MD_CTX *ready; /* owned; only ever copied */
	const char *algorithm;
	char	    kid[OSSL_KID_MAX];
	struct buf  head; /* base64url of the header, and `.` */
	unsigned    refs;
};

/* --- loading --------------------------------------------------------- */

/*
 * Never asks on a terminal, as OpenSSL does without a callback; remembers
 * that it was called, which means that the key is encrypted.
 */
static int
no_password_cb(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static FILE *
open_pem(const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		error_set(err, "%s: %s", path, strerror(errno));
	return f;
}

static EVP_PKEY *
read_key(const char *path, struct error *err)
{
	char	  buffer[PEM_FILE_BUFFER];
	bool	  encrypted = false;
	EVP_PKEY *pkey;
	FILE	 *f;

	if ((f = open_pem(path, err)) == NULL)
		return NULL;
	/* stdio's own buffer would be freed with the key still in it. */
	setvbuf(f, buffer, _IOFBF, sizeof buffer);
	pkey = PEM_read_PrivateKey(f, NULL, no_password_cb, &encrypted);
	fclose(f);
	secret_wipe(buffer, sizeof buffer);
	if (pkey == NULL && encrypted) {
		error_set(err, "%s: the key is encrypted", path);
		ERR_clear_error();
	} else if (pkey == NULL)
		ossl_error_set(err, "%s: no PEM private key", path);
	return pkey;
}

/* The first of the file's certificates that belongs to the key. */
static X509 *
read_certificate(const char *path, const EVP_PKEY *pkey, const char *key_path,
    struct error *err)
{
	bool	 encrypted = false;
	unsigned n;
	X509	*x;
	FILE	*f;

	if ((f = open_pem(path, err)) == NULL)
		return NULL;
	for (n = 0; (x = PEM_read_X509(f, NULL, no_password_cb, &encrypted));
	     n++) {
		if (X509_check_private_key(x, pkey) == 1)
			break;
		X509_free(x);
	}
	fclose(f);
	if (x == NULL && n > 0)
		error_set(err,
		    "%s: the certificate does not belong to the "
		    "key %s",
		    path, key_path);
	else if (x == NULL)
		ossl_error_set(err, "%s: no PEM certificate", path);
	ERR_clear_error();
	return x;
}

static int
check_ec(const EVP_PKEY *pkey, struct error *err)
{
	char group[64] = "unknown";

	(void)EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL);
	if (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0)
		return 0;
	error_set(err, "the curve is %s, but ES256 needs P-256 (prime256v1)",
	    group);
	return -1;
}

static int
check_rsa(const EVP_PKEY *pkey, struct error *err)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
		return 0;
	error_set(err, "the RSA key has %d bits, but must have %d to %d", bits,
	    RSA_BITS_MIN, RSA_BITS_MAX);
	return -1;
}

/* Which algorithm it signs with; NULL with *err set: none of ours. */
static const char *
algorithm_of(const EVP_PKEY *pkey, struct error *err)
{
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_EC:
		return check_ec(pkey, err) == 0 ? "ES256" : NULL;
	case EVP_PKEY_RSA:
		return check_rsa(pkey, err) == 0 ? "RS256" : NULL;
	default:
		error_set(err, "the key is neither EC P-256 nor RSA");
		return NULL;
	}
}

static bool
is_es256(const struct jwt_key *k)
{
	return strcmp(k->algorithm, "ES256") == 0;
}

static int
make_head(struct jwt_key *k)
{
	struct buf     x5c, json;
	struct jsonw   w;
	unsigned char *der = NULL;
	int	       n = i2d_X509(k->certificate, &der);

	if (n <= 0)
		return -1;
	buf_init(&x5c);
	buf_init(&json);
	base64_encode(&x5c, der, (size_t)n);
	OPENSSL_free(der);
	jsonw_init(&w, &json);
	jsonw_object(&w);
	jsonw_field_str(&w, "typ", SLICE("JWT"));
	jsonw_field_str(&w, "alg", slice_of(k->algorithm));
	jsonw_field_str(&w, "kid", slice_of(k->kid));
	jsonw_key(&w, "x5c");
	jsonw_array(&w);
	jsonw_str(&w, buf_slice(&x5c));
	jsonw_end(&w);
	jsonw_end(&w);
	base64url_encode(&k->head, json.p, json.n);
	buf_addc(&k->head, '.');
	buf_clear(&x5c);
	buf_clear(&json);
	return 0;
}

static int
make_ready(struct jwt_key *k)
{
	k->ready = EVP_MD_CTX_new();
	if (k->ready == NULL)
		return -1;
	return EVP_DigestSignInit_ex(k->ready, NULL, "SHA256", NULL, NULL,
		   k->pkey, NULL) == 1 ?
	    0 :
	    -1;
}

/* Reads both files into `k`. */
static int
load(struct jwt_key *k, const char *key_path, const char *certificate_path,
    struct error *err)
{
	if ((k->pkey = read_key(key_path, err)) == NULL)
		return -1;
	if ((k->algorithm = algorithm_of(k->pkey, err)) == NULL) {
		error_prefix(err, "%s", key_path);
		return -1;
	}
	k->certificate =
	    read_certificate(certificate_path, k->pkey, key_path, err);
	if (k->certificate == NULL)
		return -1;
	if (ossl_kid(k->pkey, k->kid) == -1 || make_head(k) == -1 ||
	    make_ready(k) == -1) {
		ossl_error_set(err, "%s: cannot sign with this key", key_path);
		return -1;
	}
	return 0;
}

int
jwt_key_load(const char *key_path, const char *certificate_path,
    struct jwt_key **out, struct error *err)
{
	struct jwt_key *k = xcalloc(1, sizeof *k);

	k->refs = 1;
	buf_init(&k->head);
	if (load(k, key_path, certificate_path, err) == -1) {
		jwt_key_unref(&k);
		return -1;
	}
	*out = k;
	return 0;
}

static int
read_public(struct jwt_key *k, struct slice pem, struct error *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	bool encrypted = false;

	if (bio != NULL)
		k->certificate =
		    PEM_read_bio_X509(bio, NULL, no_password_cb, &encrypted);
	BIO_free(bio);
	if (k->certificate != NULL)
		k->pkey = X509_get_pubkey(k->certificate);
	if (k->pkey == NULL) {
		ossl_error_set(err, "no certificate with a key");
		return -1;
	}
	if ((k->algorithm = algorithm_of(k->pkey, err)) == NULL)
		return -1;
	if (ossl_kid(k->pkey, k->kid) == 0 && make_head(k) == 0)
		return 0;
	ossl_error_set(err, "cannot verify with this key");
	return -1;
}

int
jwt_key_of_certificate(struct slice pem, struct jwt_key **out,
    struct error *err)
{
	struct jwt_key *k = xcalloc(1, sizeof *k);

	k->refs = 1;
	buf_init(&k->head);
	if (read_public(k, pem, err) == -1) {
		jwt_key_unref(&k);
		return -1;
	}
	*out = k;
	return 0;
}

struct jwt_key *
jwt_key_ref(struct jwt_key *k)
{
	k->refs++;
	return k;
}

void
jwt_key_unref(struct jwt_key **kp)
{
	struct jwt_key *k = *kp;

	*kp = NULL;
	if (k == NULL || --k->refs > 0)
		return;
	EVP_MD_CTX_free(k->ready);
	EVP_PKEY_free(k->pkey);
	X509_free(k->certificate);
	buf_clear(&k->head);
	free(k);
}

const char *
jwt_key_id(const struct jwt_key *k)
{
	return k->kid;
}

const char *
jwt_key_algorithm(const struct jwt_key *k)
{
	return k->algorithm;
}

/* --- signing --------------------------------------------------------- */

/* A random UUID (RFC 9562 version 4): 0, or -1. */
static int
make_uuid(char out[UUID_TEXT])
{
	unsigned char b[16];
	char	      hex[2 * sizeof b + 1];

	if (RAND_bytes(b, sizeof b) != 1)
		return -1;
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	hex_encode(b, sizeof b, hex);
	snprintf(out, UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return 0;
}

/* A claim that is text is there even when there is nothing to say. */
static void
add_text(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_field_str(w, key, s.p != NULL ? s : SLICE(""));
}

static int
add_payload(const struct jwt_claims *c, struct buf *out)
{
	struct buf   json;
	struct jsonw w;
	char	     jti[UUID_TEXT];

	if (make_uuid(jti) == -1)
		return -1;
	buf_init(&json);
	jsonw_init(&w, &json);
	jsonw_object(&w);
	add_text(&w, "iss", c->issuer);
	add_text(&w, "sub", c->subject);
	add_text(&w, "aud", c->audience);
	jsonw_field_int(&w, "exp", (c->now + c->lifetime) / USEC_SEC);
	jsonw_field_int(&w, "nbf", (c->now - JWT_SKEW) / USEC_SEC);
	jsonw_field_int(&w, "iat", c->now / USEC_SEC);
	jsonw_field_str(&w, "jti", slice_of(jti));
	jsonw_key(&w, "access");
	jsonw_raw(&w, c->access.n != 0 ? c->access : SLICE("[]"));
	jsonw_end(&w);
	base64url_encode(out, json.p, json.n);
	buf_clear(&json);
	return 0;
}

/*
 * JWS wants r and s side by side, each 32 bytes (RFC 7518 section 3.4), and
 * OpenSSL gives them in DER.  The new length, or 0.
 */
static size_t
join_halves(unsigned char *sig, size_t n)
{
	const unsigned char *at = sig;
	ECDSA_SIG	    *es = d2i_ECDSA_SIG(NULL, &at, (long)n);
	const BIGNUM	    *r, *s;
	bool		     ok;

	if (es == NULL)
		return 0;
	ECDSA_SIG_get0(es, &r, &s);
	ok = BN_bn2binpad(r, sig, ES256_HALF) == ES256_HALF &&
	    BN_bn2binpad(s, sig + ES256_HALF, ES256_HALF) == ES256_HALF;
	ECDSA_SIG_free(es);
	return ok ? 2 * ES256_HALF : 0;
}

/* Signs bytes; the length of the signature, or 0. */
static size_t
sign_bytes(const struct jwt_key *k, struct slice in, unsigned char sig[SIG_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t	    n = SIG_MAX;
	bool	    ok;

	if (ctx == NULL)
		return 0;
	ok = k->ready != NULL && EVP_MD_CTX_copy_ex(ctx, k->ready) == 1;
	/* Used once: lets the final step work in place, without a copy. */
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	ok = ok &&
	    EVP_DigestSign(ctx, sig, &n, (const unsigned char *)in.p, in.n) ==
		1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return 0;
	return is_es256(k) ? join_halves(sig, n) : n;
}

int
jwt_sign(const struct jwt_key *k, const struct jwt_claims *c, struct buf *out,
    struct error *err)
{
	unsigned char sig[SIG_MAX];
	size_t	      start = out->n, n;

	buf_addslice(out, buf_slice(&k->head));
	if (add_payload(c, out) == -1)
		goto fail;
	n = sign_bytes(k, (struct slice){out->p + start, out->n - start}, sig);
	if (n == 0)
		goto fail;
	buf_addc(out, '.');
	base64url_encode(out, sig, n);
	return 0;
fail:
	out->n = start;
	ossl_error_set(err, "cannot sign");
	return -1;
}

/* --- checking -------------------------------------------------------- */

/* The way back from join_halves: the DER's length, or 0. */
static int
part_halves(const unsigned char raw[2 * ES256_HALF], unsigned char der[SIG_MAX])
{
	ECDSA_SIG     *es = ECDSA_SIG_new();
	BIGNUM	      *r = BN_bin2bn(raw, ES256_HALF, NULL);
	BIGNUM	      *s = BN_bin2bn(raw + ES256_HALF, ES256_HALF, NULL);
	unsigned char *at = der;
	int	       n = 0;

	if (es != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(es, r, s) == 1) {
		r = s = NULL; /* its own now */
		n = i2d_ECDSA_SIG(es, &at);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(es);
	return n > 0 ? n : 0;
}

/* The header must be ours to the byte: so no other says how to check it. */
bool
jwt_key_signed(const struct jwt_key *k, struct slice signed_part,
    struct slice signature)
{
	unsigned char raw[BASE64URL_ROOM(SIG_MAX)], der[SIG_MAX];
	EVP_MD_CTX   *ctx;
	ptrdiff_t     n;
	bool	      good;

	if (!slice_starts(signed_part, buf_slice(&k->head)) ||
	    signature.n > (SIG_MAX * 4 + 2) / 3)
		return false;
	n = base64url_decode(signature, raw);
	if (is_es256(k) && n == 2 * ES256_HALF)
		n = part_halves(raw, der);
	else if (is_es256(k) || n <= 0)
		n = 0;
	else
		memcpy(der, raw, (size_t)n);
	if (n == 0 || (ctx = EVP_MD_CTX_new()) == NULL)
		return false;
	good = EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, k->pkey,
		   NULL) == 1 &&
	    EVP_DigestVerify(ctx, der, (size_t)n,
		(const unsigned char *)signed_part.p, signed_part.n) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}
