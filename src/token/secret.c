#include "token/secret.h"

#include <sys/random.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/text.h"

static const char	 alphabet62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz";
static const char	 alphabet32[] = "abcdefghijklmnopqrstuvwxyz234567";

static bool
is_base62(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static int
fill_random(void *p, size_t n)
{
	unsigned char	*at = p;
	ssize_t		 got;

	while (n > 0) {
		got = getrandom(at, n, 0);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -errno;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

/*
 * `n` base62 characters.  248 is the largest multiple of 62 in a byte: what
 * is above is drawn again, or the first eight characters of the alphabet
 * would come more often.
 */
static int
random_base62(char *out, size_t n)
{
	unsigned char	 pool[2 * SECRET_RANDOM];
	size_t		 at = sizeof pool, i = 0;
	int		 r = 0;

	while (i < n) {
		if (at == sizeof pool) {
			if ((r = fill_random(pool, sizeof pool)) != 0)
				break;
			at = 0;
		}
		if (pool[at] < 248)
			out[i++] = alphabet62[pool[at] % 62];
		at++;
	}
	secret_wipe(pool, sizeof pool);
	return r;
}

static bool
prefix_is_valid(struct slice s)
{
	size_t	 i;

	if (s.n == 0 || s.n > SECRET_PREFIX_MAX)
		return false;
	for (i = 0; i < s.n; i++)
		if (!is_base62(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

/* The checksum of `body`, and a NUL. */
static void
checksum(struct slice body, char out[SECRET_CHECK + 1])
{
	base62_encode(crc32_of(body), SECRET_CHECK, out);
}

int
secret_new(const char *prefix, char out[SECRET_MAX])
{
	char	 text[SECRET_MAX];
	size_t	 n = strlen(prefix);
	int	 r;

	if (!prefix_is_valid((struct slice){prefix, n}))
		return -EINVAL;
	memcpy(text, prefix, n);
	text[n++] = '_';
	if ((r = random_base62(text + n, SECRET_RANDOM)) == 0) {
		n += SECRET_RANDOM;
		checksum((struct slice){text, n}, text + n);
		memcpy(out, text, n + SECRET_CHECK + 1);
	}
	secret_wipe(text, sizeof text);
	return r;
}

bool
secret_is_wellformed(struct slice s)
{
	const size_t	 tail = 1 + SECRET_RANDOM + SECRET_CHECK;
	char		 check[SECRET_CHECK + 1];
	size_t		 i, n;

	if (s.n <= tail)
		return false;
	n = s.n - tail;
	if (!prefix_is_valid((struct slice){s.p, n}) || s.p[n] != '_')
		return false;
	for (i = n + 1; i < s.n; i++)
		if (!is_base62(s.p[i]))
			return false;
	n = s.n - SECRET_CHECK;
	checksum((struct slice){s.p, n}, check);
	return memcmp(check, s.p + n, SECRET_CHECK) == 0;
}

/*
 * OpenSSL's one-shot calls fetch the algorithm anew each time, under a lock
 * and with a handful of allocations.  Here it is fetched once for the
 * process, and each thread that hashes keeps one context, which is wiped of
 * its input by EVP_DigestFinal_ex.
 */
static pthread_once_t	 sha256_once = PTHREAD_ONCE_INIT;
static pthread_key_t	 sha256_key;
static EVP_MD		*sha256;

static void
free_context_cb(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL ||
	    pthread_key_create(&sha256_key, free_context_cb) != 0)
		abort();	/* an OpenSSL without SHA-256: nothing works */
}

static EVP_MD_CTX *
sha256_context(void)
{
	EVP_MD_CTX	*ctx;

	pthread_once(&sha256_once, fetch_sha256);
	ctx = pthread_getspecific(sha256_key);
	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		if (ctx == NULL || pthread_setspecific(sha256_key, ctx) != 0)
			abort();
	}
	return ctx;
}

void
secret_hash(struct slice s, uint8_t out[SECRET_HASH])
{
	EVP_MD_CTX	*ctx = sha256_context();

	/* A hash that was not made must not look like one. */
	if (EVP_DigestInit_ex2(ctx, sha256, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, s.p, s.n) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort();
}

bool
secret_hash_eq(const uint8_t a[SECRET_HASH], const uint8_t b[SECRET_HASH])
{
	return CRYPTO_memcmp(a, b, SECRET_HASH) == 0;
}

void
secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

int
token_id_new(char out[TOKEN_ID_MAX])
{
	unsigned char	 bits[TOKEN_ID_MAX - 5];
	size_t		 i;
	int		 r;

	if ((r = fill_random(bits, sizeof bits)) != 0)
		return r;
	memcpy(out, "pat_", 4);
	for (i = 0; i < sizeof bits; i++)
		out[4 + i] = alphabet32[bits[i] & 31];
	out[TOKEN_ID_MAX - 1] = '\0';
	return 0;
}
