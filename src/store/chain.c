/*
 * What is hashed: each row as a number of bytes that no other row gives.
 * Integers are LEB128 of their zigzag form (as in Protocol Buffers), texts
 * their length and their bytes.
 *
 *     use     the set of columns that are not NULL, as a bit mask by their
 *             place in the table; those that are integers, in that order;
 *             `id` as 1 if it is a blob (the 16 bytes of a UUID), 0 if not,
 *             and its bytes; `other` as a text
 *     string  id, text
 *     audit   seq, time, uid, pid (-1: none), then actor, action, object,
 *             before, after, each behind 1, or 0 alone if it is NULL
 *
 * A link: seq, time, and for each kind its newest key, and 1 and the digest
 * or 0 for none; after the hash of the link before.
 */
#include "store/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM	      4096
#define INT_MAX_BYTES 10 /* of one LEB128 */

struct chain_digest {
	EVP_MD_CTX *md; /* owned */
	size_t	    n;	/* bytes that wait in `text` */
	uint8_t	    text[ROOM];
};

/* OpenSSL fails here for want of memory only. */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

struct chain_digest *
chain_digest_new(void)
{
	struct chain_digest *d = xcalloc(1, sizeof *d);

	d->md = EVP_MD_CTX_new();
	must(d->md != NULL);
	chain_digest_reset(d);
	return d;
}

void
chain_digest_free(struct chain_digest **dp)
{
	struct chain_digest *d = *dp;

	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->md);
	free(d);
	*dp = NULL;
}

void
chain_digest_reset(struct chain_digest *d)
{
	must(EVP_DigestInit_ex(d->md, EVP_sha256(), NULL));
	d->n = 0;
}

void
chain_digest_copy(struct chain_digest *to, const struct chain_digest *from)
{
	must(EVP_MD_CTX_copy_ex(to->md, from->md));
	memcpy(to->text, from->text, from->n);
	to->n = from->n;
}

void
chain_digest_read(const struct chain_digest *d, uint8_t out[STORE_HASH])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	must(md != NULL);
	must(EVP_MD_CTX_copy_ex(md, d->md));
	must(EVP_DigestUpdate(md, d->text, d->n));
	must(EVP_DigestFinal_ex(md, out, NULL));
	EVP_MD_CTX_free(md);
}

/* ---- bytes ---- */

static void
flush(struct chain_digest *d)
{
	must(EVP_DigestUpdate(d->md, d->text, d->n));
	d->n = 0;
}

/* Returns what follows it. */
static uint8_t *
put_int(uint8_t *p, int64_t v)
{
	uint64_t u = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);

	for (; u >= 0x80; u >>= 7)
		*p++ = (uint8_t)(u | 0x80);
	*p++ = (uint8_t)u;
	return p;
}

static void
add_int(struct chain_digest *d, int64_t v)
{
	if (d->n + INT_MAX_BYTES > ROOM)
		flush(d);
	d->n = (size_t)(put_int(d->text + d->n, v) - d->text);
}

static void
add_bytes(struct chain_digest *d, const void *p, size_t n)
{
	if (d->n + n > ROOM)
		flush(d);
	if (n > ROOM) {
		must(EVP_DigestUpdate(d->md, p, n));
		return;
	}
	memcpy(d->text + d->n, p, n);
	d->n += n;
}

static void
add_text(struct chain_digest *d, struct slice s)
{
	add_int(d, (int64_t)s.n);
	if (s.n > 0)
		add_bytes(d, s.p, s.n);
}

static void
add_optional(struct chain_digest *d, struct slice s)
{
	add_int(d, s.p != NULL);
	if (s.p != NULL)
		add_text(d, s);
}

/* ---- rows ---- */

#define TEXT_COLUMNS (ROW_BIT(ROW_USE_ID) | ROW_BIT(ROW_USE_OTHER))

/* Once for each use: numbers behind one another, then the texts. */
void
chain_add_use(struct chain_digest *d, const struct row_use *u)
{
	uint32_t numbers = u->present & ~TEXT_COLUMNS;
	uint8_t *p;

	if (d->n + (ROW_USE_COLUMNS + 1) * INT_MAX_BYTES > ROOM)
		flush(d);
	p = put_int(d->text + d->n, u->present);
	for (; numbers != 0; numbers &= numbers - 1)
		p = put_int(p, u->number[__builtin_ctz(numbers)]);
	d->n = (size_t)(p - d->text);
	if (u->present & ROW_BIT(ROW_USE_ID)) {
		add_int(d, u->id_is_blob);
		add_text(d, u->id);
	}
	if (u->present & ROW_BIT(ROW_USE_OTHER))
		add_text(d, u->other);
}

void
chain_add_string(struct chain_digest *d, uint32_t id, struct slice text)
{
	add_int(d, id);
	add_text(d, text);
}

void
chain_add_audit(struct chain_digest *d, int64_t seq, const struct audit_row *r)
{
	add_int(d, seq);
	add_int(d, r->time);
	add_int(d, r->uid);
	add_int(d, r->pid);
	add_optional(d, r->actor);
	add_optional(d, r->action);
	add_optional(d, r->object);
	add_optional(d, r->before);
	add_optional(d, r->after);
}

void
chain_link_hash(struct chain_link *l, const uint8_t before[STORE_HASH])
{
	struct chain_digest *d = chain_digest_new();
	unsigned	     k;

	add_bytes(d, before, STORE_HASH);
	add_int(d, l->seq);
	add_int(d, l->time);
	for (k = 0; k < CHAIN_KINDS; k++) {
		add_int(d, l->last[k]);
		add_int(d, l->has[k]);
		if (l->has[k])
			add_bytes(d, l->digest[k], STORE_HASH);
	}
	chain_digest_read(d, l->hash);
	chain_digest_free(&d);
}

static bool
read_hash(sqlite3_stmt *st, int i, uint8_t out[STORE_HASH])
{
	struct slice s = row_slice(st, i);

	memset(out, 0, STORE_HASH);
	if (s.n == STORE_HASH)
		memcpy(out, s.p, STORE_HASH);
	return s.p != NULL;
}

void
chain_link_read(sqlite3_stmt *st, struct chain_link *l)
{
	int k;

	l->seq = sqlite3_column_int64(st, 0);
	l->time = sqlite3_column_int64(st, 1);
	for (k = 0; k < CHAIN_KINDS; k++) {
		l->last[k] = sqlite3_column_int64(st, 2 + k);
		l->has[k] = read_hash(st, 5 + k, l->digest[k]);
	}
	(void)read_hash(st, 8, l->hash);
}
