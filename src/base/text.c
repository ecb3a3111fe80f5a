#include "base/text.h"

#include <stdio.h>
#include <zlib.h>

#define NAME_MAX_BYTES 64 /* longer words are not compared */

static const char alphabet62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz";
static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";

void
hex_encode(const void *p, size_t n, char *out)
{
	static const char    hex[] = "0123456789abcdef";
	const unsigned char *b = p;
	size_t		     i;

	for (i = 0; i < n; i++) {
		*out++ = hex[b[i] >> 4];
		*out++ = hex[b[i] & 15];
	}
	*out = '\0';
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(struct slice s, void *out, size_t n)
{
	unsigned char *b = out;
	size_t	       i;

	if (s.n % 2 != 0 || s.n / 2 != n)
		return -1;
	for (i = 0; i < s.n; i++)
		if (hex_digit(s.p[i]) == -1)
			return -1;
	for (i = 0; i < n; i++)
		b[i] = (unsigned char)(hex_digit(s.p[2 * i]) << 4 |
		    hex_digit(s.p[2 * i + 1]));
	return 0;
}

/* Three bytes to four digits; what is left at the end to two or three. */
static void
encode64(struct buf *b, const unsigned char *p, size_t n, const char *alphabet,
    bool pad)
{
	uint32_t v;
	unsigned i, digits;

	buf_reserve(b, n / 3 * 4 + 4);
	while (n > 0) {
		v = (uint32_t)p[0] << 16;
		v |= n > 1 ? (uint32_t)p[1] << 8 : 0;
		v |= n > 2 ? p[2] : 0;
		digits = n > 2 ? 4 : (unsigned)n + 1;
		for (i = 0; i < digits; i++)
			buf_addc(b, alphabet[v >> (18 - 6 * i) & 63]);
		for (; pad && i < 4; i++)
			buf_addc(b, '=');
		p += n > 2 ? 3 : n;
		n -= n > 2 ? 3 : n;
	}
}

void
base64_encode(struct buf *b, const void *p, size_t n)
{
	encode64(b, p, n, alphabet64, true);
}

void
base64url_encode(struct buf *b, const void *p, size_t n)
{
	encode64(b, p, n, alphabet64url, false);
}

static int
digit64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits of which `pad` are "=": 3 - pad bytes.  0, or -1. */
static int
decode_quad(const char *p, unsigned pad, unsigned char *out)
{
	uint32_t v = 0;
	unsigned i;
	int	 d;

	for (i = 0; i < 4; i++) {
		d = i < 4 - pad ? digit64(p[i]) : 0;
		if (d == -1)
			return -1;
		v = v << 6 | (uint32_t)d;
	}
	/* Bits beyond the last byte would be a second spelling of it. */
	if ((v & ((1u << 8 * pad) - 1)) != 0)
		return -1;
	for (i = 0; i < 3 - pad; i++)
		out[i] = (unsigned char)(v >> (16 - 8 * i));
	return 0;
}

ptrdiff_t
base64_decode(struct slice s, unsigned char *out)
{
	size_t	 i, n = 0;
	unsigned pad = 0;

	if (s.n % 4 != 0)
		return -1;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	for (i = 0; i < s.n; i += 4) {
		unsigned here = i + 4 == s.n ? pad : 0;

		if (decode_quad(s.p + i, here, out + n) == -1)
			return -1;
		n += 3 - here;
	}
	return (ptrdiff_t)n;
}

ptrdiff_t
base64url_decode(struct slice s, unsigned char *out)
{
	char	 quad[4];
	size_t	 i, k, n = 0;
	unsigned pad;

	if (s.n % 4 == 1)
		return -1;
	for (i = 0; i < s.n; i += 4) {
		pad = 0;
		for (k = 0; k < 4; k++) {
			quad[k] = i + k < s.n ? s.p[i + k] : '=';
			if (quad[k] == '+' || quad[k] == '/')
				return -1;
			if (i + k >= s.n)
				pad++;
			else if (quad[k] == '-' || quad[k] == '_')
				quad[k] = quad[k] == '-' ? '+' : '/';
		}
		if (decode_quad(quad, pad, out + n) == -1)
			return -1;
		n += 3 - pad;
	}
	return (ptrdiff_t)n;
}

void
base32_encode(const void *p, size_t n, char *out)
{
	static const char    alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const unsigned char *b = p;
	uint32_t	     v = 0;
	unsigned	     bits = 0;
	size_t		     i;

	for (i = 0; i < n; i++) {
		v = (v << 8 | b[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[v >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = alphabet[v << (5 - bits) & 31];
	*out = '\0';
}

void
base62_encode(uint64_t v, unsigned width, char *out)
{
	out[width] = '\0';
	for (; width > 0; v /= 62)
		out[--width] = alphabet62[v % 62];
}

size_t
utf8_encode(uint32_t cp, char *out)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

uint32_t
crc32_of(struct slice s)
{
	return (uint32_t)crc32_z(0, (const unsigned char *)s.p, s.n);
}

static unsigned
min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Damerau-Levenshtein in its form of "optimal string alignment": letters
 * added, left out, replaced, and neighbours swapped.  Both at most
 * NAME_MAX_BYTES; three rows of the table are kept.
 */
static unsigned
distance(struct slice a, struct slice b)
{
	unsigned  rows[3][NAME_MAX_BYTES + 1];
	unsigned *before, *last, *row = rows[0];
	size_t	  i, j;

	for (j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= a.n; i++) {
		before = rows[(i + 1) % 3];
		last = rows[(i + 2) % 3];
		row = rows[i % 3];
		row[0] = (unsigned)i;
		for (j = 1; j <= b.n; j++) {
			row[j] = min(last[j], row[j - 1]) + 1;
			row[j] = min(row[j],
			    last[j - 1] + (a.p[i - 1] != b.p[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				row[j] = min(row[j], before[j - 2] + 1);
		}
	}
	return row[b.n];
}

const char *
nearest_name(struct slice s, const char *const *names)
{
	const char  *best = NULL;
	struct slice name;
	unsigned     d, least = 4;
	size_t	     longer;

	if (s.n > NAME_MAX_BYTES)
		return NULL;
	for (; *names != NULL; names++) {
		name = slice_of(*names);
		if (name.n > NAME_MAX_BYTES)
			continue;
		longer = s.n > name.n ? s.n : name.n;
		d = distance(s, name);
		if (d < least && d <= longer / 3) {
			least = d;
			best = *names;
		}
	}
	return best;
}

/*
 * When a byte does not match, the last `*` takes one more and all after it
 * is tried again.  An earlier `*` need never take more: whatever it could
 * reach, the last one can.
 */
int
glob_match(struct slice glob, struct slice s)
{
	size_t g = 0, i = 0, star_g = 0, star_i = 0;
	int    starred = 0;

	while (i < s.n) {
		if (g < glob.n && glob.p[g] == '*') {
			starred = 1;
			star_g = ++g;
			star_i = i;
		} else if (g < glob.n &&
		    (glob.p[g] == '?' || glob.p[g] == s.p[i])) {
			g++;
			i++;
		} else if (starred) {
			g = star_g;
			i = ++star_i;
		} else
			return 0;
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

static const char *const size_units[] = {"B", "KiB", "MiB", "GiB", "TiB"};

int
size_parse(struct slice s, int64_t *bytes)
{
	struct slice number = {s.p, 0}, unit;
	int64_t	     v;
	size_t	     i;

	while (number.n < s.n && s.p[number.n] >= '0' && s.p[number.n] <= '9')
		number.n++;
	unit = (struct slice){s.p + number.n, s.n - number.n};
	if (slice_int(number, 0, INT64_MAX, &v) == -1)
		return -1;
	if (v == 0 && unit.n == 0) {
		*bytes = 0;
		return 0;
	}
	for (i = 0; i < sizeof size_units / sizeof *size_units; i++)
		if (slice_is(unit, size_units[i])) {
			if (v > INT64_MAX >> (10 * i))
				return -1;
			*bytes = v << (10 * i);
			return 0;
		}
	return -1;
}

size_t
size_format(int64_t bytes, char out[SIZE_TEXT_MAX])
{
	size_t i = 0;

	if (bytes == 0)
		return (size_t)snprintf(out, SIZE_TEXT_MAX, "0");
	for (; bytes % 1024 == 0 && i < 4; i++)
		bytes /= 1024;
	return (size_t)snprintf(out, SIZE_TEXT_MAX, "%lld%s", (long long)bytes,
	    size_units[i]);
}

int
name_index(struct slice s, const char *const *names)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (slice_is(s, names[i]))
			return i;
	return -1;
}

int
name_caseindex(struct slice s, const char *const *names)
{
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (slice_caseeq(s, slice_of(names[i])))
			return i;
	return -1;
}
