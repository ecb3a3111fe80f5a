/*
 * fuzz-leak - what strangers report as leaked, and where secrets lie about.
 *
 * The input is parts, with a line "%%" between: a body of reports, and a file
 * of public keys.  All of it is searched for secrets as well.
 *
 * Reaches: auth/leakbody, auth/pubkeys, token/finder.
 *
 * What is told of a record is short, UTF-8 and without a secret; a record
 * that has a token has its hash; a body is read twice alike.  A secret is
 * found if there is one, however the input is cut.  Nothing counts as signed.
 */
#include "auth/leakbody.h"
#include "auth/pubkeys.h"
#include "fuzz.h"
#include "token/finder.h"

struct tally {
	size_t	records, ok;
	uint8_t sum[SECRET_HASH]; /* of all hashes, mixed */
};

static void
check_told(struct slice text, size_t max)
{
	FUZZ_CHECK(text.n <= max);
	FUZZ_CHECK(slice_is_utf8(text));
	FUZZ_CHECK(!fuzz_has_secret(text));
}

static void
count(const struct leak_record *r, void *arg)
{
	struct tally *t = arg;
	unsigned      i;

	t->records++;
	if (!r->ok) {
		FUZZ_CHECK(r->type.p == NULL && r->url.p == NULL &&
		    r->source.p == NULL && !r->wellformed);
		return;
	}
	t->ok++;
	check_told(r->type, LEAKBODY_TYPE);
	check_told(r->url, LEAKBODY_URL);
	check_told(r->source, LEAKBODY_TYPE);
	for (i = 0; i < SECRET_HASH; i++)
		t->sum[i] = (uint8_t)(t->sum[i] * 31 + r->hash[i]);
}

typedef int (*read_fn)(struct slice, leakbody_fn, void *, struct error *);

static void
check_body(struct slice body, read_fn read)
{
	struct error err = {.text = ""};
	struct tally one = {.ok = 0}, two = {.ok = 0};
	int	     r = read(body, count, &one, &err);

	if (r != LEAKBODY_OK) {
		fuzz_check_reason(err.text);
		FUZZ_CHECK(one.records == 0);
	}
	FUZZ_CHECK(read(body, count, &two, &err) == r);
	FUZZ_CHECK(memcmp(&one, &two, sizeof one) == 0);
}

static void
check_keys(struct slice file)
{
	struct error	err = {.text = ""};
	struct pubkeys *k = pubkeys_parse(file, &err);

	if (k == NULL) {
		fuzz_check_reason(err.text);
		return;
	}
	FUZZ_CHECK(pubkeys_count(k) <= PUBKEYS_MAX);
	FUZZ_CHECK(pubkeys_verify(k, SLICE("k"), file, file) != PUBKEYS_OK);
	pubkeys_free(&k);
}

/* ---- secrets in a stream ----------------------------------------------- */

struct finds {
	struct slice in;
	size_t	     n;
	uint64_t     sum;
};

static void
found(const struct found_secret *f, void *arg)
{
	struct finds *x = arg;
	uint64_t      lines = 1;
	size_t	      i;

	FUZZ_CHECK(secret_is_wellformed(f->text));
	FUZZ_CHECK(f->offset + f->text.n <= x->in.n);
	FUZZ_CHECK(memcmp(x->in.p + f->offset, f->text.p, f->text.n) == 0);
	for (i = 0; i < f->offset; i++)
		lines += x->in.p[i] == '\n';
	FUZZ_CHECK(f->line == lines);
	x->n++;
	x->sum = x->sum * 31 + f->offset;
}

static void
search(struct finds *x, size_t part)
{
	static struct finder f;
	struct slice	     rest = x->in, one;

	finder_init(&f, found, x);
	while (rest.n > 0) {
		one = (struct slice){rest.p, rest.n < part ? rest.n : part};
		finder_feed(&f, one);
		rest.p += one.n;
		rest.n -= one.n;
	}
	finder_end(&f);
}

static void
check_search(struct slice in)
{
	struct finds whole = {.in = in}, parts = {.in = in};

	search(&whole, SIZE_MAX);
	search(&parts, 1 + in.n % 61);
	FUZZ_CHECK(whole.n == parts.n && whole.sum == parts.sum);
	FUZZ_CHECK((whole.n > 0) == fuzz_has_secret(in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n), rest = in, part;

	check_search(in);
	if (!fuzz_part(&rest, &part))
		return 0;
	check_body(part, leakbody_records);
	check_body(part, leakbody_credentials);
	if (fuzz_part(&rest, &part))
		check_keys(part);
	return 0;
}
