#include "auth/pubkeys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "auth/ossl.h"
#include "base/mem.h"
#include "base/text.h"
#include "use/json.h"

#define FIELDS_MAX 16 /* of a key: others than ours are passed over */

struct pubkey {
	char	 *name; /* owned */
	EVP_PKEY *key;	/* owned */
};

struct pubkeys {
	struct pubkey list[PUBKEYS_MAX];
	size_t	      n;
};

/* --- the file -------------------------------------------------------- */

static EVP_PKEY *
read_key(struct slice pem, struct error *err)
{
	char	  group[64] = "";
	BIO	 *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key =
	    bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	if (key == NULL) {
		ossl_error_set(err, "key: no PEM public key");
		return NULL;
	}
	(void)EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	    (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0))
		return key;
	EVP_PKEY_free(key);
	error_set(err, "key: not EC P-256 (prime256v1)");
	return NULL;
}

static const struct pubkey *
find(const struct pubkeys *k, struct slice name)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (slice_is(name, k->list[i].name))
			return &k->list[i];
	return NULL;
}

static int
add_key(struct pubkeys *k, struct slice name, struct slice pem,
    struct error *err)
{
	EVP_PKEY *key;

	if (name.n == 0 || name.n > PUBKEYS_NAME ||
	    memchr(name.p, '\0', name.n) != NULL) {
		error_set(err, "key_identifier: 1 to %d bytes of text",
		    PUBKEYS_NAME);
		return -1;
	}
	if (find(k, name) != NULL) {
		error_set(err, "key_identifier: named twice");
		return -1;
	}
	if (k->n == PUBKEYS_MAX) {
		error_set(err, "more than %d keys", PUBKEYS_MAX);
		return -1;
	}
	if ((key = read_key(pem, err)) == NULL)
		return -1;
	k->list[k->n++] = (struct pubkey){slice_dup(name), key};
	return 0;
}

/* One entry of the list, from its JSON_OBJECT on; *at is behind its end. */
static int
read_entry(struct pubkeys *k, const struct json_field *f, size_t *at,
    struct error *err)
{
	struct slice name = {NULL, 0}, pem = {NULL, 0};
	unsigned     depth = 1;

	for ((*at)++; depth > 0; (*at)++) {
		if (f[*at].type == JSON_OBJECT || f[*at].type == JSON_LIST)
			depth++;
		else if (f[*at].type == JSON_END)
			depth--;
		else if (depth > 1 || f[*at].type != JSON_STRING)
			continue;
		else if (slice_is(f[*at].key, "key_identifier"))
			name = f[*at].value;
		else if (slice_is(f[*at].key, "key"))
			pem = f[*at].value;
	}
	return add_key(k, name, pem, err);
}

/* Behind what begins at `at`. */
static size_t
skip(const struct json_field *f, size_t at)
{
	unsigned depth = 0;

	do {
		if (f[at].type == JSON_OBJECT || f[at].type == JSON_LIST)
			depth++;
		else if (f[at].type == JSON_END)
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

static int
read_list(struct pubkeys *k, const struct json_field *f, size_t at,
    struct error *err)
{
	unsigned i;

	for (at++, i = 1; f[at].type != JSON_END; i++) {
		if (f[at].type != JSON_OBJECT) {
			error_set(err, "public_keys: entry %u is no object", i);
			return -1;
		}
		if (read_entry(k, f, &at, err) != 0) {
			error_prefix(err, "public_keys: entry %u", i);
			return -1;
		}
	}
	return 0;
}

static int
read_fields(struct pubkeys *k, const struct json_field *f, size_t n,
    struct error *err)
{
	size_t at;

	for (at = 0; at < n; at = skip(f, at))
		if (f[at].type == JSON_LIST &&
		    slice_is(f[at].key, "public_keys"))
			return read_list(k, f, at, err);
	error_set(err, "no list public_keys");
	return -1;
}

struct pubkeys *
pubkeys_parse(struct slice json, struct error *err)
{
	struct json_limits	 lim = {.text = PUBKEYS_FILE,
		  .string = PUBKEYS_FILE,
		  .fields = (size_t)PUBKEYS_MAX * FIELDS_MAX,
		  .depth = 8,
		  .tree = true};
	struct json_reader	*r = json_reader_new(&lim);
	struct pubkeys		*k = xcalloc(1, sizeof *k);
	const struct json_field *f;
	size_t			 n;

	if (json_read_copy(r, json, &f, &n, err) != JSON_OK ||
	    read_fields(k, f, n, err) != 0)
		pubkeys_free(&k);
	json_reader_free(&r);
	return k;
}

struct pubkeys *
pubkeys_load(const char *path, struct error *err)
{
	struct pubkeys *k;
	char	       *text = xmalloc(PUBKEYS_FILE + 1);
	FILE	       *f = fopen(path, "re");
	size_t		n = 0;

	if (f == NULL ||
	    ((n = fread(text, 1, PUBKEYS_FILE + 1, f)) == 0 &&
		ferror(f) != 0)) {
		error_set(err, "%s: %s", path, strerror(errno));
		k = NULL;
	} else if ((k = pubkeys_parse((struct slice){text, n}, err)) == NULL)
		error_prefix(err, "%s", path);
	if (f != NULL)
		fclose(f);
	free(text);
	return k;
}

void
pubkeys_free(struct pubkeys **kp)
{
	struct pubkeys *k = *kp;
	size_t		i;

	if (k == NULL)
		return;
	for (i = 0; i < k->n; i++) {
		free(k->list[i].name);
		EVP_PKEY_free(k->list[i].key);
	}
	free(k);
	*kp = NULL;
}

size_t
pubkeys_count(const struct pubkeys *k)
{
	return k->n;
}

/* --- signatures ------------------------------------------------------ */

static bool
has_signed(EVP_PKEY *key, const unsigned char *sig, size_t nsig,
    struct slice bytes)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool	    ok;

	ok = ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, nsig, (const unsigned char *)bytes.p,
		bytes.n) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

enum pubkeys_result
pubkeys_verify(const struct pubkeys *k, struct slice name,
    struct slice signature, struct slice bytes)
{
	unsigned char	     sig[PUBKEYS_SIGN_MAX];
	const struct pubkey *key;
	ptrdiff_t	     n;

	if (name.n == 0 || signature.n == 0)
		return PUBKEYS_E_MISSING;
	if ((key = find(k, name)) == NULL)
		return PUBKEYS_E_KEY;
	if (signature.n > PUBKEYS_SIGN_MAX ||
	    (n = base64_decode(signature, sig)) <= 0 ||
	    !has_signed(key->key, sig, (size_t)n, bytes))
		return PUBKEYS_E_WRONG;
	return PUBKEYS_OK;
}

const char *
pubkeys_result_name(enum pubkeys_result r)
{
	static const char *const names[] = {
	    [PUBKEYS_OK] = "signed",
	    [PUBKEYS_E_MISSING] = "missing",
	    [PUBKEYS_E_KEY] = "unknown_key",
	    [PUBKEYS_E_WRONG] = "wrong",
	};

	return names[r];
}
