#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

static size_t
addr_bytes(uint8_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

/* Past a number of 0 to 255 without a leading zero; NULL: there is none. */
static inline const char *
skip_byte(const char *p, const char *end, uint8_t *b)
{
	const char *last = end - p > 3 ? p + 3 : end;
	unsigned    v, d;

	if (p == end || (v = (unsigned)*p++ - '0') > 9)
		return NULL;
	while (v != 0 && p < last && (d = (unsigned)*p - '0') <= 9) {
		v = 10 * v + d;
		p++;
	}
	*b = (uint8_t)v;
	return v <= 255 ? p : NULL;
}

/*
 * By hand, for it is the address of nearly every use.  Its bytes are kept
 * apart until all are there: who reads what was just written in pieces waits
 * until the pieces have left the processor.
 */
int
addr_parse_v4(struct slice s, struct addr *a)
{
	const char *p = s.p, *end;
	uint8_t	    b[4];
	unsigned    i;

	if (s.n == 0)
		return -1;
	end = s.p + s.n;
	for (i = 0; i < 4; i++) {
		if (i > 0 && (p == end || *p++ != '.'))
			return -1;
		if ((p = skip_byte(p, end, &b[i])) == NULL)
			return -1;
	}
	if (p != end)
		return -1;
	*a = (struct addr){.family = 4, .b = {b[0], b[1], b[2], b[3]}};
	return 0;
}

/*
 * inet_pton(3) takes exactly the forms of the header: it refuses leading
 * zeros, zones, ports and blanks.  It only wants a NUL at the end.
 */
int
addr_parse(struct slice s, struct addr *a)
{
	struct addr v = {.family = 6};
	char	    text[ADDR_TEXT_MAX];

	if (addr_parse_v4(s, a) == 0)
		return 0;
	if (s.n == 0 || s.n >= sizeof text || slice_index(s, '\0') != -1)
		return -1;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET6, text, v.b) != 1)
		return -1;
	*a = v;
	return 0;
}

/* Decimal digits without a sign or a leading zero, up to `max`. */
static int
parse_number(struct slice s, int64_t max, int64_t *n)
{
	if (s.n == 0 || s.p[0] == '-' || (s.n > 1 && s.p[0] == '0'))
		return -1;
	return slice_int(s, 0, max, n);
}

/* ":567", or nothing. */
static int
check_port(struct slice s)
{
	int64_t port;

	if (s.n == 0)
		return 0;
	if (s.p[0] != ':')
		return -1;
	return parse_number((struct slice){s.p + 1, s.n - 1}, 65535, &port);
}

int
addr_parse_peer(struct slice s, struct addr *a)
{
	struct slice host = s, port = {NULL, 0};
	struct addr  v;
	ptrdiff_t    end;

	if (s.n > 0 && s.p[0] == '[') {
		if ((end = slice_index(s, ']')) == -1)
			return -1;
		host = (struct slice){s.p + 1, (size_t)end - 1};
		port = (struct slice){s.p + end + 1, s.n - (size_t)end - 1};
	} else if ((end = slice_index(s, ':')) != -1 &&
	    end == slice_rindex(s, ':')) {
		host.n = (size_t)end;
		port = (struct slice){s.p + end, s.n - (size_t)end};
	}
	if (check_port(port) == -1 || addr_parse(host, &v) == -1)
		return -1;
	/* Brackets are for IPv6 alone. */
	if (host.p != s.p && v.family != 6)
		return -1;
	*a = v;
	return 0;
}

static inline char *
put_byte(char *p, unsigned b)
{
	if (b >= 100)
		*p++ = (char)('0' + b / 100);
	if (b >= 10)
		*p++ = (char)('0' + b / 10 % 10);
	*p++ = (char)('0' + b % 10);
	return p;
}

static size_t
format_v4(const uint8_t b[4], char *out)
{
	char	*p = put_byte(out, b[0]);
	unsigned i;

	for (i = 1; i < 4; i++) {
		*p++ = '.';
		p = put_byte(p, b[i]);
	}
	*p = '\0';
	return (size_t)(p - out);
}

/* The longest run of two and more zero words, the first of equal ones. */
static void
find_zeros(const unsigned w[8], unsigned *start, unsigned *len)
{
	unsigned i, n;

	*start = 8;
	*len = 1;
	for (i = 0; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && w[i + n] == 0; n++)
			;
		if (n > *len) {
			*start = i;
			*len = n;
		}
	}
}

/*
 * Written by hand, for inet_ntop(3) writes some addresses with a dotted end
 * that are not IPv4 in IPv6 (::2:0 as ::0.2.0.0), which RFC 5952 does not.
 */
static size_t
format_v6(const uint8_t b[16], char *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	unsigned	     w[8], i, start, len;
	char		    *p = out;

	if (memcmp(b, mapped, sizeof mapped) == 0) {
		memcpy(out, "::ffff:", 7);
		return 7 + format_v4(b + 12, out + 7);
	}
	for (i = 0; i < 8; i++)
		w[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	find_zeros(w, &start, &len);
	for (i = 0; i < 8; i++) {
		if (i == start) {
			*p++ = ':';
			i += len - 1;
			if (i == 7)
				*p++ = ':';
			continue;
		}
		if (i > 0)
			*p++ = ':';
		p += snprintf(p, 5, "%x", w[i]);
	}
	*p = '\0';
	return (size_t)(p - out);
}

size_t
addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (a->family == 4)
		return format_v4(a->b, out);
	if (a->family == 6)
		return format_v6(a->b, out);
	out[0] = '\0';
	return 0;
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	    memcmp(a->b, b->b, addr_bytes(a->family)) == 0;
}

/* The first `bits` of the address; the rest zero. */
static struct cidr
network_of(const struct addr *a, unsigned bits)
{
	struct cidr c = {.net = {.family = a->family}};

	c.bits = (uint8_t)bits;
	memcpy(c.net.b, a->b, bits / 8);
	if (bits % 8 != 0)
		c.net.b[bits / 8] =
		    (uint8_t)(a->b[bits / 8] & (0xff00u >> bits % 8));
	return c;
}

static uint8_t
net_bits(uint8_t family)
{
	return family == 4 ? 24 : family == 6 ? 48 : 0;
}

struct cidr
addr_net(const struct addr *a)
{
	return network_of(a, net_bits(a->family));
}

/* The family in the top byte, the network in those below. */
uint64_t
addr_net_key(const struct addr *a)
{
	unsigned i, bytes = net_bits(a->family) / 8;
	uint64_t key = 0;

	for (i = 0; i < bytes; i++)
		key = key << 8 | a->b[i];
	return key | (uint64_t)a->family << 56;
}

struct cidr
addr_net_of_key(uint64_t key)
{
	struct cidr c = {.net.family = (uint8_t)(key >> 56)};
	unsigned    bytes;

	c.bits = net_bits(c.net.family);
	key &= UINT64_MAX >> 8;
	for (bytes = c.bits / 8; bytes > 0; key >>= 8)
		c.net.b[--bytes] = (uint8_t)key;
	if (c.bits == 0 || key != 0)
		return (struct cidr){0};
	return c;
}

int
cidr_parse(struct slice s, struct cidr *c, struct error *err)
{
	struct slice host = s, bits;
	struct addr  a;
	struct cidr  v;
	ptrdiff_t    slash = slice_index(s, '/');
	int64_t	     n;
	char	     text[ADDR_TEXT_MAX];

	if (slash != -1)
		host.n = (size_t)slash;
	if (addr_parse(host, &a) == -1) {
		error_set(err, "'%.*s' is not an address or a network",
		    s.n > 60 ? 60 : SLICE_ARG(s));
		return -1;
	}
	n = (int64_t)addr_bytes(a.family) * 8;
	bits = (struct slice){s.p + slash + 1, s.n - (size_t)(slash + 1)};
	if (slash != -1 && parse_number(bits, n, &n) == -1) {
		error_set(err, "'%.*s': the prefix length must be 0 to %d",
		    s.n > 60 ? 60 : SLICE_ARG(s), (int)n);
		return -1;
	}
	v = network_of(&a, (unsigned)n);
	if (!addr_eq(&v.net, &a)) {
		cidr_format(&v, text);
		error_set(err, "'%.*s' has host bits set: the network is %s",
		    SLICE_ARG(s), text);
		return -1;
	}
	*c = v;
	return 0;
}

size_t
cidr_format(const struct cidr *c, char out[ADDR_TEXT_MAX])
{
	size_t n = addr_format(&c->net, out);
	char  *p = out + n;

	if (n == 0)
		return 0;
	*p++ = '/';
	p = put_byte(p, c->bits);
	*p = '\0';
	return (size_t)(p - out);
}

/* Not by way of addr_net: each use has its network written. */
size_t
addr_net_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	struct cidr c;
	char	   *p = out;
	unsigned    i;

	if (a->family != 4) {
		c = addr_net(a);
		return cidr_format(&c, out);
	}
	for (i = 0; i < 3; i++) {
		p = put_byte(p, a->b[i]);
		*p++ = '.';
	}
	memcpy(p, "0/24", 5);
	return (size_t)(p - out) + 4;
}

bool
cidr_has(const struct cidr *c, const struct addr *a)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (c->net.family != a->family || a->family == 0 ||
	    memcmp(c->net.b, a->b, whole) != 0)
		return false;
	return rest == 0 ||
	    ((c->net.b[whole] ^ a->b[whole]) & (0xff00u >> rest) & 0xff) == 0;
}
