/*
 * fuzz-values - short texts with a meaning: addresses, networks, times, spans,
 * numbers, base64, secrets, patterns, places in a list.
 *
 * Reaches: base/addr, base/clock, rule/instant, base/text, token/secret,
 * token/order, base/buf's escapes.
 *
 * What is accepted, written and read again is the same; what is refused has a
 * reason where one is asked for; no secret survives the mask.
 */
#include "base/addr.h"
#include "base/number.h"
#include "base/text.h"
#include "fuzz.h"
#include "rule/instant.h"
#include "token/order.h"

#define GLOB_MAX 64 /* bytes: the slow way is slow */

static void
check_addr(struct slice s)
{
	struct addr a, b;
	char	    text[ADDR_TEXT_MAX];
	size_t	    n;

	if (addr_parse(s, &a) != 0)
		return;
	n = addr_format(&a, text);
	FUZZ_CHECK(n < sizeof text && strlen(text) == n);
	FUZZ_CHECK(addr_parse((struct slice){text, n}, &b) == 0);
	FUZZ_CHECK(addr_eq(&a, &b));
	FUZZ_CHECK(addr_parse_peer(s, &b) == 0 && addr_eq(&a, &b));
}

static void
check_cidr(struct slice s)
{
	struct error err = {.text = ""};
	struct cidr  c, d;
	char	     text[ADDR_TEXT_MAX];
	size_t	     n;

	if (cidr_parse(s, &c, &err) != 0) {
		fuzz_check_reason(err.text);
		return;
	}
	FUZZ_CHECK(cidr_has(&c, &c.net));
	n = cidr_format(&c, text);
	FUZZ_CHECK(n < sizeof text);
	FUZZ_CHECK(cidr_parse((struct slice){text, n}, &d, &err) == 0);
	FUZZ_CHECK(addr_eq(&c.net, &d.net) && c.bits == d.bits);
}

static void
check_time(struct slice s)
{
	usec_t t, again;
	char   text[TIME_TEXT_MAX];
	size_t n;

	if (time_parse(s, &t) == 0) {
		n = time_format(t, text);
		FUZZ_CHECK(n < sizeof text);
		FUZZ_CHECK(time_parse((struct slice){text, n}, &again) == 0);
		FUZZ_CHECK(again == t);
		FUZZ_CHECK(instant_parse(s, false, &again) == 0);
		FUZZ_CHECK(again == t);
	} else if (instant_parse(s, false, &t) == 0) {
		FUZZ_CHECK(fuzz_is_tame(s));
		FUZZ_CHECK(time_format(t, text) < sizeof text);
	}
	if (number_is_json(s) && instant_parse(s, true, &t) == 0) {
		n = time_format(t, text);
		FUZZ_CHECK(time_parse((struct slice){text, n}, &again) == 0);
		FUZZ_CHECK(again == t);
	}
}

static void
check_span(struct slice s)
{
	struct error err = {.text = ""};
	usec_t	     span, again;
	char	     text[TIME_TEXT_MAX];
	size_t	     n;

	if (span_parse(s, &span, &err) != 0) {
		fuzz_check_reason(err.text);
		return;
	}
	n = span_format(span, text);
	FUZZ_CHECK(n < sizeof text);
	FUZZ_CHECK(span_parse((struct slice){text, n}, &again, &err) == 0);
	FUZZ_CHECK(again == span);
	FUZZ_CHECK(span_words(span, text) < sizeof text);
}

static void
check_base64(struct slice s)
{
	unsigned char *out = xmalloc(s.n + 4);
	struct buf     b;
	ptrdiff_t      n;

	buf_init(&b);
	base64_encode(&b, s.p, s.n);
	n = base64_decode(buf_slice(&b), out);
	FUZZ_CHECK(
	    n == (ptrdiff_t)s.n && (n == 0 || memcmp(out, s.p, s.n) == 0));
	n = base64_decode(s, out);
	if (n != -1) {
		b.n = 0;
		base64_encode(&b, out, (size_t)n);
		FUZZ_CHECK(slice_eq(buf_slice(&b), s));
	}
	buf_clear(&b);
	free(out);
}

/* Nothing that a scanner for secrets would find is left. */
static void
check_mask(struct slice s)
{
	char  *p = fuzz_padded(s, 'A');
	size_t i;

	secret_mask(p, s.n);
	FUZZ_CHECK(!fuzz_has_secret((struct slice){p, s.n}));
	if (secret_is_wellformed(s))
		FUZZ_CHECK(secret_is_masked((struct slice){p, s.n}));
	for (i = 0; i < s.n; i++)
		FUZZ_CHECK(p[i] == s.p[i] || p[i] == '*');
	free(p);
}

/* By its meaning: `*` is any run, `?` one byte. */
static bool
glob_slowly(struct slice glob, struct slice s)
{
	bool   row[GLOB_MAX + 1] = {true}, last, above;
	size_t i, j;

	for (i = 0; i < glob.n; i++) {
		last = row[0];
		row[0] = row[0] && glob.p[i] == '*';
		for (j = 1; j <= s.n; j++) {
			above = row[j];
			if (glob.p[i] == '*')
				row[j] = row[j] || row[j - 1];
			else
				row[j] = last &&
				    (glob.p[i] == '?' ||
					glob.p[i] == s.p[j - 1]);
			last = above;
		}
	}
	return row[s.n];
}

static void
check_glob(struct slice s)
{
	struct slice glob;

	(void)slice_cut(&s, '\n', &glob);
	if (s.p == NULL || s.n > GLOB_MAX || glob.n > GLOB_MAX)
		return;
	FUZZ_CHECK((glob_match(glob, s) != 0) == glob_slowly(glob, s));
}

static void
check_escapes(struct slice s)
{
	struct buf b;

	buf_init(&b);
	buf_addescaped(&b, s, 0);
	FUZZ_CHECK(fuzz_is_tame(buf_slice(&b)));
	b.n = 0;
	buf_addescaped(&b, s, 20);
	FUZZ_CHECK(b.n <= 23 && fuzz_is_tame(buf_slice(&b)));
	buf_clear(&b);
}

/* A place in some order is one in that order only. */
static void
check_place(struct slice s)
{
	struct order	 o;
	struct order_key k, again;
	struct buf	 b;
	unsigned	 i, found = 0;

	buf_init(&b);
	for (i = 0; i < 2 * (ORDER_USES + 1); i++) {
		o = (struct order){(enum order_by)(i / 2), i % 2 != 0};
		if (order_parse_key(&o, s, &k) != 0)
			continue;
		found++;
		b.n = 0;
		order_format(&o, &k, &b);
		FUZZ_CHECK(order_parse_key(&o, buf_slice(&b), &again) == 0);
		FUZZ_CHECK(order_cmp(&o, &k, &again) == 0);
	}
	FUZZ_CHECK(found <= 1);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice s = fuzz_input(data, n);

	check_addr(s);
	check_cidr(s);
	check_time(s);
	check_span(s);
	check_base64(s);
	check_mask(s);
	check_glob(s);
	check_escapes(s);
	check_place(s);
	return 0;
}
