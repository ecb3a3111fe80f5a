/*
 * The key that patrol makes for itself when the config names none.
 *
 * The certificate is its own root: registries are given it as their
 * `rootcertbundle` and verify x5c against it, so it is a CA that may also
 * sign for itself.
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "auth/jwt.h"
#include "auth/ossl.h"

#define SERIAL_BITS  159 /* 20 octets and positive: RFC 5280, 4.1.2.2 */
#define VALID_DAYS   3653
#define NAME_LONGEST 64 /* ub-common-name of RFC 5280 */

static int
set_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	int	ok;

	ok = n != NULL &&
	    BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

static int
set_names(X509 *x, const char *name)
{
	X509_NAME *n = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
		   (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, n) == 1;
}

static int
set_times(X509 *x, usec_t now)
{
	time_t t = (time_t)(now / USEC_SEC);

	return ASN1_TIME_adj(X509_getm_notBefore(x), t, -1, 0) != NULL &&
	    ASN1_TIME_adj(X509_getm_notAfter(x), t, VALID_DAYS, 0) != NULL;
}

static int
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX	ctx;
	X509_EXTENSION *e;
	int		ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	if ((e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return 0;
	ok = X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok;
}

static X509 *
make_certificate(EVP_PKEY *pkey, const char *name, usec_t now)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
	    set_names(x, name) && set_times(x, now) &&
	    X509_set_pubkey(x, pkey) &&
	    add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
	    add_extension(x, NID_key_usage,
		"critical,digitalSignature,keyCertSign") &&
	    add_extension(x, NID_subject_key_identifier, "hash") &&
	    X509_sign(x, pkey, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

/* Room first: growing piece by piece would leave copies of a key behind. */
static void
take_text(BIO *bio, struct buf *out)
{
	char *text;
	long  n = BIO_get_mem_data(bio, &text);

	buf_reserve(out, (size_t)n + 1);
	buf_add(out, text, (size_t)n);
}

static int
write_pem(EVP_PKEY *pkey, X509 *x, struct buf *key_pem, struct buf *cert_pem)
{
	BIO *key = BIO_new(BIO_s_mem()), *cert = BIO_new(BIO_s_mem());
	int  ok;

	ok = key != NULL && cert != NULL &&
	    PEM_write_bio_PrivateKey(key, pkey, NULL, NULL, 0, NULL, NULL) &&
	    PEM_write_bio_X509(cert, x);
	if (ok) {
		take_text(key, key_pem);
		take_text(cert, cert_pem);
	}
	BIO_free(key); /* wipes what it held */
	BIO_free(cert);
	return ok;
}

int
jwt_key_generate(const char *name, usec_t now, struct buf *key_pem,
    struct buf *certificate_pem, struct error *err)
{
	EVP_PKEY *pkey;
	X509	 *x = NULL;
	int	  ok;

	if (name[0] == '\0' || strlen(name) > NAME_LONGEST) {
		error_set(err, "the name of a certificate has 1 to %d bytes",
		    NAME_LONGEST);
		return -1;
	}
	pkey = EVP_EC_gen("P-256");
	ok = pkey != NULL && (x = make_certificate(pkey, name, now)) != NULL &&
	    write_pem(pkey, x, key_pem, certificate_pem);
	if (!ok)
		ossl_error_set(err, "cannot make a key");
	X509_free(x);
	EVP_PKEY_free(pkey);
	return ok ? 0 : -1;
}
