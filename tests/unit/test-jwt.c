#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "auth/jwt.h"
#include "base/text.h"

#define KEYS "tests/fixtures/keys/"

/* How they were computed: tests/fixtures/keys/README.md. */
#define EC_KID	"3OB2:NFW3:4HW3:AT6J:ZBGM:PQGS:S377:BGZC:BH6U:LR46:Y6KF:CI4Y"
#define RSA_KID "Q5LW:HDDS:QBCH:AMSZ:32SU:A4DP:TXWE:LVOJ:LJLD:6DFT:HADP:NKJK"

#define NOW (1795451047 * USEC_SEC + 999999)

static const struct jwt_claims claims = {
    .issuer = {"patrol", 6},
    .audience = {"registry.example", 16},
    .subject = {"alice+pat_abc", 13},
    .now = NOW,
    .lifetime = 60 * USEC_SEC,
    .access = {"[{\"type\":\"repository\"}]", 23},
};

/* base64url back to bytes, NUL after them; the caller frees. */
static char *
decode_url(struct slice s, size_t *n)
{
	struct buf b;
	char	  *out;
	ptrdiff_t  got;
	size_t	   i;

	buf_init(&b);
	for (i = 0; i < s.n; i++)
		buf_addc(&b,
		    s.p[i] == '-'     ? '+' :
			s.p[i] == '_' ? '/' :
					s.p[i]);
	while (b.n % 4 != 0)
		buf_addc(&b, '=');
	out = calloc(1, b.n + 1);
	assert_non_null(out);
	got = base64_decode(buf_slice(&b), (unsigned char *)out);
	assert_true(got >= 0);
	*n = (size_t)got;
	buf_clear(&b);
	return out;
}

/* The three parts of a token, decoded, and what was signed. */
struct parts {
	char	    *header, *payload, *sig;
	size_t	     nheader, npayload, nsig;
	struct slice signed_text;
};

static void
take_apart(struct slice jwt, struct parts *p)
{
	struct slice rest = jwt, part;

	assert_true(slice_cut(&rest, '.', &part));
	p->header = decode_url(part, &p->nheader);
	assert_true(slice_cut(&rest, '.', &part));
	p->payload = decode_url(part, &p->npayload);
	assert_true(slice_cut(&rest, '.', &part));
	p->sig = decode_url(part, &p->nsig);
	assert_null(rest.p);
	p->signed_text = (struct slice){jwt.p, jwt.n - part.n - 1};
}

static void
parts_free(struct parts *p)
{
	free(p->header);
	free(p->payload);
	free(p->sig);
}

/* r and s back to the DER that OpenSSL verifies. */
static int
halves_to_der(const char *sig, unsigned char **der)
{
	ECDSA_SIG  *es = ECDSA_SIG_new();
	const void *r = sig, *s = sig + 32;
	int	    n;

	assert_non_null(es);
	assert_int_equal(ECDSA_SIG_set0(es, BN_bin2bn(r, 32, NULL),
			     BN_bin2bn(s, 32, NULL)),
	    1);
	n = i2d_ECDSA_SIG(es, der);
	ECDSA_SIG_free(es);
	assert_true(n > 0);
	return n;
}

static bool
verify(EVP_PKEY *pkey, const struct parts *p, struct slice text)
{
	EVP_MD_CTX    *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	const void    *sig = p->sig;
	size_t	       n = p->nsig;
	int	       r;

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC) {
		assert_int_equal(p->nsig, 64);
		n = (size_t)halves_to_der(p->sig, &der);
		sig = der;
	}
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL,
			     pkey),
	    1);
	r = EVP_DigestVerify(ctx, sig, n, (const unsigned char *)text.p,
	    text.n);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ERR_clear_error();
	return r == 1;
}

static X509 *
certificate_at(const char *path)
{
	FILE *f = fopen(path, "r");
	X509 *x;

	assert_non_null(f);
	x = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(x);
	return x;
}

static struct jwt_key *
load(const char *key, const char *certificate)
{
	struct jwt_key *k = NULL;
	struct error	err = {""};

	if (jwt_key_load(key, certificate, &k, &err) != 0)
		fail_msg("%s", err.text);
	return k;
}

static void
assert_fault(const char *key, const char *certificate, const char *message)
{
	struct jwt_key *k = NULL;
	struct error	err;

	assert_int_equal(jwt_key_load(key, certificate, &k, &err), -1);
	assert_null(k);
	/* Only how it begins: OpenSSL's own reasons change with it. */
	err.text[strlen(message)] = '\0';
	assert_string_equal(err.text, message);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
assert_signs(const char *key, const char *certificate)
{
	struct jwt_key *k = load(key, certificate);
	X509	       *x = certificate_at(certificate);
	struct parts	p;
	struct buf	out;
	int		i;

	buf_init(&out);
	/* Often enough to meet an r or s with a leading zero byte. */
	for (i = 0; i < 300; i++) {
		out.n = 0;
		assert_int_equal(jwt_sign(k, &claims, &out, NULL), 0);
		take_apart(buf_slice(&out), &p);
		assert_true(verify(X509_get0_pubkey(x), &p, p.signed_text));
		p.signed_text.n--;
		assert_false(verify(X509_get0_pubkey(x), &p, p.signed_text));
		parts_free(&p);
	}
	buf_clear(&out);
	X509_free(x);
	jwt_key_unref(&k);
	assert_null(k);
}

static void
es256_signatures_verify_and_only_what_was_signed(void **state)
{
	(void)state;
	assert_signs(KEYS "ec.pem", KEYS "ec-certificate.pem");
}

static void
rs256_signatures_verify_and_only_what_was_signed(void **state)
{
	(void)state;
	assert_signs(KEYS "rsa.pem", KEYS "rsa-certificate.pem");
}

static void
the_kid_is_that_of_libtrust(void **state)
{
	struct jwt_key *k = load(KEYS "ec.pem", KEYS "ec-certificate.pem");

	(void)state;
	assert_string_equal(jwt_key_id(k), EC_KID);
	assert_string_equal(jwt_key_algorithm(k), "ES256");
	jwt_key_unref(&k);
	k = load(KEYS "rsa.pem", KEYS "rsa-certificate.pem");
	assert_string_equal(jwt_key_id(k), RSA_KID);
	assert_string_equal(jwt_key_algorithm(k), "RS256");
	jwt_key_unref(&k);
	jwt_key_unref(&k);
}

static void
the_header_names_key_and_certificate(void **state)
{
	struct jwt_key *k = load(KEYS "ec.pem", KEYS "ec-certificate.pem");
	X509	       *x = certificate_at(KEYS "ec-certificate.pem");
	unsigned char  *der = NULL;
	struct buf	out, want;
	struct parts	p;
	int		n = i2d_X509(x, &der);

	(void)state;
	buf_init(&out);
	buf_init(&want);
	assert_int_equal(jwt_sign(k, &claims, &out, NULL), 0);
	take_apart(buf_slice(&out), &p);
	buf_adds(&want,
	    "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"kid\":\"" EC_KID
	    "\",\"x5c\":[\"");
	base64_encode(&want, der, (size_t)n);
	buf_adds(&want, "\"]}");
	assert_string_equal(p.header, buf_str(&want));
	parts_free(&p);
	OPENSSL_free(der);
	X509_free(x);
	buf_clear(&out);
	buf_clear(&want);
	jwt_key_unref(&k);
}

/* The payload, with the UUID of the jti cut out into `jti`. */
static char *
payload_of(const struct jwt_key *k, const struct jwt_claims *c, char jti[37])
{
	struct buf   out;
	struct parts p;
	char	    *text, *at;

	buf_init(&out);
	assert_int_equal(jwt_sign(k, c, &out, NULL), 0);
	take_apart(buf_slice(&out), &p);
	text = strdup(p.payload);
	assert_non_null(text);
	at = strstr(text, "\"jti\":\"");
	assert_non_null(at);
	at += 7;
	memcpy(jti, at, 36);
	jti[36] = '\0';
	memmove(at, at + 36, strlen(at + 36) + 1);
	parts_free(&p);
	buf_clear(&out);
	return text;
}

static void
the_payload_says_who_what_and_how_long(void **state)
{
	struct jwt_key *k = load(KEYS "ec.pem", KEYS "ec-certificate.pem");
	char		jti[37], again[37], *text;

	(void)state;
	text = payload_of(k, &claims, jti);
	assert_string_equal(text,
	    "{\"iss\":\"patrol\","
	    "\"sub\":\"alice+pat_abc\",\"aud\":\"registry.example\","
	    "\"exp\":1795451107,\"nbf\":1795451037,\"iat\":1795451047,"
	    "\"jti\":\"\",\"access\":[{\"type\":\"repository\"}]}");
	free(text);
	free(payload_of(k, &claims, again));
	assert_string_not_equal(jti, again);
	assert_int_equal(jti[14], '4');
	assert_non_null(strchr("89ab", jti[19]));
	jwt_key_unref(&k);
}

static void
nobody_and_nothing_are_written_as_empty(void **state)
{
	struct jwt_key	 *k = load(KEYS "ec.pem", KEYS "ec-certificate.pem");
	struct jwt_claims c = {.now = 20 * USEC_SEC, .lifetime = USEC_SEC};
	char		  jti[37], *text = payload_of(k, &c, jti);

	(void)state;
	assert_string_equal(text,
	    "{\"iss\":\"\",\"sub\":\"\",\"aud\":\"\","
	    "\"exp\":21,\"nbf\":10,\"iat\":20,\"jti\":\"\",\"access\":[]}");
	free(text);
	jwt_key_unref(&k);
}

static void
a_token_is_added_after_what_is_there(void **state)
{
	struct jwt_key *k = load(KEYS "ec.pem", KEYS "ec-certificate.pem");
	X509	       *x = certificate_at(KEYS "ec-certificate.pem");
	struct buf	out;
	struct parts	p;

	(void)state;
	buf_init(&out);
	buf_adds(&out, "before ");
	assert_int_equal(jwt_sign(k, &claims, &out, NULL), 0);
	assert_memory_equal(out.p, "before ", 7);
	take_apart((struct slice){out.p + 7, out.n - 7}, &p);
	assert_true(verify(X509_get0_pubkey(x), &p, p.signed_text));
	parts_free(&p);
	buf_clear(&out);
	X509_free(x);
	jwt_key_unref(&k);
}

static void
keys_that_cannot_sign_are_told_by_their_fault(void **state)
{
	const char *cert = KEYS "ec-certificate.pem";

	(void)state;
	assert_fault(KEYS "none.pem", cert,
	    KEYS "none.pem: No such file or directory");
	assert_fault(KEYS "p384.pem", cert,
	    KEYS "p384.pem: the curve is "
		 "secp384r1, but ES256 needs P-256 (prime256v1)");
	assert_fault(KEYS "rsa-2047.pem", cert,
	    KEYS "rsa-2047.pem: the RSA "
		 "key has 2047 bits, but must have 2048 to 8192");
	assert_fault(KEYS "ed25519.pem", cert,
	    KEYS "ed25519.pem: the key is neither EC P-256 nor RSA");
	assert_fault(KEYS "encrypted.pem", cert,
	    KEYS "encrypted.pem: the key is encrypted");
	assert_fault(KEYS "README.md", cert,
	    KEYS "README.md: no PEM private key: ");
}

/* Two files in one, in a file of its own; the caller unlinks it. */
static void
join_files(const char *a, const char *b, char path[])
{
	const char *const from[] = {a, b};
	char		  text[4096];
	FILE		 *in, *out = fdopen(mkstemp(path), "w");
	size_t		  i, n;

	assert_non_null(out);
	for (i = 0; i < 2; i++) {
		in = fopen(from[i], "r");
		assert_non_null(in);
		n = fread(text, 1, sizeof text, in);
		assert_int_equal(fwrite(text, 1, n, out), n);
		fclose(in);
	}
	fclose(out);
}

static void
of_a_bundle_the_one_that_belongs_to_the_key_is_taken(void **state)
{
	char		path[] = "/tmp/patrol-bundle-XXXXXX";
	struct jwt_key *ec, *rsa, *again;

	(void)state;
	join_files(KEYS "rsa-certificate.pem", KEYS "ec-certificate.pem", path);
	ec = load(KEYS "ec.pem", path);
	rsa = load(KEYS "rsa.pem", path);
	assert_string_equal(jwt_key_id(ec), EC_KID);
	assert_string_equal(jwt_key_id(rsa), RSA_KID);
	again = jwt_key_ref(ec);
	jwt_key_unref(&ec);
	assert_null(ec);
	assert_string_equal(jwt_key_id(again), EC_KID); /* still held */
	jwt_key_unref(&again);
	jwt_key_unref(&rsa);
	unlink(path);
}

static void
certificates_that_do_not_fit_are_told(void **state)
{
	(void)state;
	assert_fault(KEYS "ec.pem", KEYS "none.pem",
	    KEYS "none.pem: No such file or directory");
	assert_fault(KEYS "ec.pem", KEYS "ec.pem",
	    KEYS "ec.pem: no PEM certificate: ");
	assert_fault(KEYS "ec.pem", KEYS "rsa-certificate.pem",
	    KEYS "rsa-certificate.pem: the certificate does not belong to "
		 "the key " KEYS "ec.pem");
}

static void
write_text(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
	assert_int_equal(fclose(f), 0);
}

/* As a registry does: the certificate is its own root. */
static void
assert_is_own_root(X509 *x, time_t at)
{
	X509_STORE     *roots = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	assert_int_equal(X509_STORE_add_cert(roots, x), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, roots, x, NULL), 1);
	X509_STORE_CTX_set_time(ctx, 0, at);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CHECK_SS_SIGNATURE);
	assert_int_equal(X509_verify_cert(ctx), 1);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(roots);
}

static void
assert_valid_between(X509 *x, time_t from, time_t to)
{
	int	   days, seconds;
	ASN1_TIME *t = ASN1_TIME_set(NULL, from);

	assert_int_equal(ASN1_TIME_diff(&days, &seconds, t,
			     X509_get0_notBefore(x)),
	    1);
	assert_int_equal(days, 0);
	assert_int_equal(seconds, 0);
	assert_non_null(ASN1_TIME_set(t, to));
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, t,
			     X509_get0_notAfter(x)),
	    1);
	assert_int_equal(days, 0);
	assert_int_equal(seconds, 0);
	ASN1_TIME_free(t);
}

static void
a_generated_key_loads_and_its_certificate_is_its_own_root(void **state)
{
	char		dir[] = "/tmp/test-jwt-XXXXXX";
	char		key[64], cert[64];
	struct buf	key_pem, cert_pem;
	struct jwt_key *k;
	const time_t	now = NOW / USEC_SEC;
	X509	       *x;

	(void)state;
	buf_init(&key_pem);
	buf_init(&cert_pem);
	assert_int_equal(jwt_key_generate("patrol", NOW, &key_pem, &cert_pem,
			     NULL),
	    0);
	assert_non_null(mkdtemp(dir));
	snprintf(key, sizeof key, "%s/key.pem", dir);
	snprintf(cert, sizeof cert, "%s/certificate.pem", dir);
	write_text(key, &key_pem);
	write_text(cert, &cert_pem);
	k = load(key, cert);
	assert_string_equal(jwt_key_algorithm(k), "ES256");
	x = certificate_at(cert);
	assert_is_own_root(x, now);
	assert_valid_between(x, now - 86400, now + 3653 * 86400);
	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_true(X509_check_ca(x) == 1);
	assert_int_equal(X509_get_key_usage(x),
	    KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN);
	jwt_key_unref(&k);
	X509_free(x);
	assert_int_equal(unlink(key), 0);
	assert_int_equal(unlink(cert), 0);
	assert_int_equal(rmdir(dir), 0);
	buf_clear(&key_pem);
	buf_clear(&cert_pem);
}

static void
two_generated_keys_differ(void **state)
{
	struct buf key[2], cert[2];
	int	   i;

	(void)state;
	for (i = 0; i < 2; i++) {
		buf_init(&key[i]);
		buf_init(&cert[i]);
		assert_int_equal(jwt_key_generate("p", NOW, &key[i], &cert[i],
				     NULL),
		    0);
	}
	assert_false(slice_eq(buf_slice(&key[0]), buf_slice(&key[1])));
	assert_false(slice_eq(buf_slice(&cert[0]), buf_slice(&cert[1])));
	for (i = 0; i < 2; i++) {
		buf_clear(&key[i]);
		buf_clear(&cert[i]);
	}
}

static void
a_name_of_1_to_64_bytes_makes_a_certificate(void **state)
{
	struct buf   key, cert;
	struct error err;
	char	     name[66];

	(void)state;
	buf_init(&key);
	buf_init(&cert);
	memset(name, 'n', sizeof name);
	name[65] = '\0';
	assert_int_equal(jwt_key_generate(name, NOW, &key, &cert, &err), -1);
	assert_string_equal(err.text,
	    "the name of a certificate has 1 to 64 bytes");
	assert_int_equal(jwt_key_generate("", NOW, &key, &cert, &err), -1);
	assert_int_equal(key.n + cert.n, 0);
	name[64] = '\0';
	assert_int_equal(jwt_key_generate(name, NOW, &key, &cert, &err), 0);
	buf_clear(&key);
	buf_clear(&cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(es256_signatures_verify_and_only_what_was_signed),
	    cmocka_unit_test(rs256_signatures_verify_and_only_what_was_signed),
	    cmocka_unit_test(the_kid_is_that_of_libtrust),
	    cmocka_unit_test(the_header_names_key_and_certificate),
	    cmocka_unit_test(the_payload_says_who_what_and_how_long),
	    cmocka_unit_test(nobody_and_nothing_are_written_as_empty),
	    cmocka_unit_test(a_token_is_added_after_what_is_there),
	    cmocka_unit_test(keys_that_cannot_sign_are_told_by_their_fault),
	    cmocka_unit_test(
		of_a_bundle_the_one_that_belongs_to_the_key_is_taken),
	    cmocka_unit_test(certificates_that_do_not_fit_are_told),
	    cmocka_unit_test(
		a_generated_key_loads_and_its_certificate_is_its_own_root),
	    cmocka_unit_test(two_generated_keys_differ),
	    cmocka_unit_test(a_name_of_1_to_64_bytes_makes_a_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
