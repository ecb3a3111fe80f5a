#include "token/secret.h"

#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/text.h"

static const char alphabet62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz";
static const char alphabet32[] = "abcdefghijklmnopqrstuvwxyz234567";

static bool
is_base62(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static int
fill_random(void *p, size_t n)
{
	unsigned char *at = p;
	ssize_t	       got;

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
	unsigned char pool[2 * SECRET_RANDOM];
	size_t	      at = sizeof pool, i = 0;
	int	      r = 0;

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
	size_t i;

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
	char   text[SECRET_MAX];
	size_t n = strlen(prefix);
	int    r;

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
	const size_t tail = 1 + SECRET_RANDOM + SECRET_CHECK;
	char	     check[SECRET_CHECK + 1];
	size_t	     i, n;

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

#define MASKED (SECRET_RANDOM + SECRET_CHECK)

/* Does a secret's tail follow the `_`?  Few texts get past its first bytes. */
static bool
has_tail(const char *p, const char *end)
{
	unsigned i;

	if (end - p <= MASKED)
		return false;
	for (i = 1; i <= MASKED; i++)
		if (!is_base62(p[i]))
			return false;
	return true;
}

size_t
secret_prefix_at(const char *mid, const char *begin, const char *end)
{
	size_t n;

	if (!has_tail(mid, end))
		return 0;
	for (n = 1; n <= SECRET_PREFIX_MAX && mid - begin >= (ptrdiff_t)n; n++)
		if (secret_is_wellformed(
			(struct slice){mid - n, n + 1 + MASKED}))
			return n;
	return 0;
}

/* Whom to tell; fn NULL: nobody. */
struct telling {
	secret_found_fn fn;
	void	       *arg;
};

/* The secret with the `_` at `mid`. */
static void
tell_found(const struct telling *f, const char *mid, size_t prefix)
{
	if (f->fn != NULL)
		f->fn((struct slice){mid - prefix, prefix + 1 + MASKED},
		    f->arg);
}

static void
mask(char *text, size_t n, const struct telling *f)
{
	char  *p = text, *end = text + n;
	size_t prefix;

	while ((p = memchr(p, '_', (size_t)(end - p))) != NULL) {
		if ((prefix = secret_prefix_at(p, text, end)) > 0) {
			tell_found(f, p, prefix);
			memset(p + 1, '*', MASKED);
			p += MASKED;
		}
		p++;
	}
}

void
secret_mask(char *text, size_t n)
{
	mask(text, n, &(struct telling){NULL, NULL});
}

/* ---- secrets in JSON --------------------------------------------------- */

#define ESCAPE 6 /* bytes of \uXXXX */
/* A longest secret and the character before its tail is looked for in. */
#define SEEN (SECRET_PREFIX_MAX + 1 + MASKED)

/* The last characters of a text, without their escapes. */
struct window {
	char	       text[2 * SEEN];
	char	      *at[2 * SEEN]; /* where each is written */
	size_t	       n;
	struct telling telling;
};

/* The character of a \uXXXX that is ASCII; 0: another, or none. */
static char
escaped_char(const char *p, const char *end)
{
	uint8_t v[2];

	if (end - p < ESCAPE || p[1] != 'u' ||
	    hex_decode((struct slice){p + 2, 4}, v, 2) == -1 || v[0] != 0)
		return 0;
	return (char)(v[1] < 0x80 ? v[1] : 0);
}

/* A secret that ends with the last character is masked, as it is written. */
static void
mask_last(struct window *w)
{
	char  *p = w->text + w->n - MASKED - 1;
	size_t i, prefix;

	if (w->n <= MASKED || *p != '_' ||
	    (prefix = secret_prefix_at(p, w->text, w->text + w->n)) == 0)
		return;
	tell_found(&w->telling, p, prefix);
	for (i = w->n - MASKED; i < w->n; i++) {
		w->text[i] = '*';
		if (*w->at[i] == '\\')
			memcpy(w->at[i] + ESCAPE - 2, "2a", 2);
		else
			*w->at[i] = '*';
	}
}

static void
see(struct window *w, char c, char *at)
{
	if (w->n == 2 * SEEN) {
		w->n = SEEN;
		memcpy(w->text, w->text + SEEN, SEEN);
		memcpy(w->at, w->at + SEEN, SEEN * sizeof w->at[0]);
	}
	w->text[w->n] = c;
	w->at[w->n++] = at;
	mask_last(w);
}

void
secret_mask_json(char *text, size_t n)
{
	secret_find_json(text, n, NULL, NULL);
}

/* Of a text with escapes: character by character, as a reader will see it. */
static void
mask_escaped(char *text, size_t n, const struct telling *f)
{
	struct window w = {.n = 0, .telling = *f};
	char	     *p = text, *end = text + n, c;

	while (p < end) {
		c = *p == '\\' ? escaped_char(p, end) : *p;
		see(&w, c, p);
		/* Any other escape is of two bytes that end a secret. */
		p += *p != '\\' ? 1 : c != 0 ? ESCAPE : 2;
	}
	secret_wipe(&w, sizeof w);
}

void
secret_find_json(char *text, size_t n, secret_found_fn fn, void *arg)
{
	struct telling f = {fn, arg};

	mask(text, n, &f);
	/* Most texts have no backslash, and memchr is seven times as fast. */
	if (memchr(text, '\\', n) != NULL &&
	    memmem(text, n, "\\u00", 4) != NULL)
		mask_escaped(text, n, &f);
}

bool
secret_is_masked(struct slice s)
{
	size_t i;

	if (s.n <= MASKED || s.p[s.n - MASKED - 1] != '_')
		return false;
	for (i = s.n - MASKED; i < s.n; i++)
		if (s.p[i] != '*')
			return false;
	return true;
}

void
secret_hash(struct slice s, uint8_t out[SECRET_HASH])
{
	/* A hash that was not made must not look like one. */
	if (SHA256((const unsigned char *)s.p, s.n, out) == NULL)
		abort();
}

bool
secret_hash_eq(const uint8_t a[SECRET_HASH], const uint8_t b[SECRET_HASH])
{
	return CRYPTO_memcmp(a, b, SECRET_HASH) == 0;
}

int
secret_key_new(uint8_t key[SECRET_HASH])
{
	return fill_random(key, SECRET_HASH);
}

void
secret_print(const uint8_t key[SECRET_HASH], struct slice s,
    char out[SECRET_PRINT])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t		  mac[SECRET_HASH];
	unsigned	  i;

	/* Empty or not, two secrets must not look like one. */
	if (HMAC(EVP_sha256(), key, SECRET_HASH, (const unsigned char *)s.p,
		s.n, mac, NULL) == NULL)
		abort();
	for (i = 0; i < (SECRET_PRINT - 1) / 2; i++) {
		out[2 * i] = digits[mac[i] >> 4];
		out[2 * i + 1] = digits[mac[i] & 15];
	}
	out[SECRET_PRINT - 1] = '\0';
	secret_wipe(mac, sizeof mac);
}

void
secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

int
token_id_new(char out[TOKEN_ID_MAX])
{
	unsigned char bits[TOKEN_ID_MAX - 5];
	size_t	      i;
	int	      r;

	if ((r = fill_random(bits, sizeof bits)) != 0)
		return r;
	memcpy(out, "pat_", 4);
	for (i = 0; i < sizeof bits; i++)
		out[4 + i] = alphabet32[bits[i] & 31];
	out[TOKEN_ID_MAX - 1] = '\0';
	return 0;
}
