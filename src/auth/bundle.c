#include "auth/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define FILE_MAX (1024 * 1024)
#define BEGIN	 SLICE("-----BEGIN CERTIFICATE-----")
#define END	 SLICE("-----END CERTIFICATE-----")

/* Until when it is good; 0: that cannot be told. */
static usec_t
expires_of(const X509 *x)
{
	int days, seconds;

	/* Against 1970 rather than now: nothing here reads a clock. */
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);

	if (epoch == NULL ||
	    ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(x)) != 1)
		days = seconds = 0;
	ASN1_TIME_free(epoch);
	return days * USEC_DAY + seconds * USEC_SEC;
}

static int
take_block(struct bundle *b, struct slice pem, struct error *err)
{
	struct bundle_certificate *c = &b->list[b->n];
	BIO			  *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	int   r = -1;

	if (x == NULL || ossl_kid(X509_get0_pubkey(x), c->kid) == -1) {
		ossl_error_set(err, "certificate %u", b->n + 1);
	} else {
		c->pem = pem;
		c->expires = expires_of(x);
		b->n++;
		r = 0;
	}
	X509_free(x);
	BIO_free(bio);
	return r;
}

/* Where `needle` begins in `s` at or behind `from`, or NULL. */
static const char *
find(struct slice s, const char *from, struct slice needle)
{
	return memmem(from, (size_t)(s.p + s.n - from), needle.p, needle.n);
}

int
bundle_parse(struct slice text, struct bundle *b, struct error *err)
{
	struct slice all;
	const char  *at, *end;

	memset(b, 0, sizeof *b);
	buf_init(&b->text);
	buf_addslice(&b->text, text);
	buf_addc(&b->text, '\n');
	all = buf_slice(&b->text);
	for (at = find(all, all.p, BEGIN); at != NULL;
	     at = find(all, end, BEGIN)) {
		if ((end = find(all, at, END)) == NULL) {
			error_set(err, "certificate %u has no end", b->n + 1);
			return -1;
		}
		if (b->n == BUNDLE_MAX) {
			error_set(err, "more than %d certificates", BUNDLE_MAX);
			return -1;
		}
		end += END.n;
		if (take_block(b, (struct slice){at, (size_t)(end - at)},
			err) == -1)
			return -1;
	}
	if (b->n > 0)
		return 0;
	error_set(err, "no PEM certificate");
	return -1;
}

int
bundle_read(const char *path, struct bundle *b, struct error *err)
{
	struct buf text;
	ssize_t	   n;
	int	   fd = open(path, O_RDONLY | O_CLOEXEC), r = -1;

	memset(b, 0, sizeof *b);
	buf_init(&b->text);
	buf_init(&text);
	buf_reserve(&text, FILE_MAX);
	n = fd == -1 ? -1 : read(fd, text.p, FILE_MAX);
	if (n == -1) {
		error_set(err, "%s: %s", path, strerror(errno));
	} else {
		r = bundle_parse((struct slice){text.p, (size_t)n}, b, err);
		if (r == -1)
			error_prefix(err, "%s", path);
	}
	if (fd != -1)
		close(fd);
	buf_clear(&text);
	return r;
}

void
bundle_clear(struct bundle *b)
{
	buf_clear(&b->text);
	b->n = 0;
}

const struct bundle_certificate *
bundle_find(const struct bundle *b, const char *kid)
{
	unsigned i;

	for (i = 0; i < b->n; i++)
		if (strcmp(b->list[i].kid, kid) == 0)
			return &b->list[i];
	return NULL;
}
