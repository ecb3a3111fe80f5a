#include "rule/fold.h"

#include "base/text.h"
#include "rule/fold-table.h"

#define NRANGES (sizeof(fold_ranges) / sizeof(fold_ranges[0]))

uint32_t
fold_point(uint32_t cp)
{
	const struct fold_range *r;
	size_t			 lo = 0, hi = NRANGES, mid;

	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (fold_ranges[mid].last < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == NRANGES)
		return cp;
	r = &fold_ranges[lo];
	if (cp < r->first || (cp - r->first) % r->step != 0)
		return cp;
	return (uint32_t)((int32_t)cp + r->delta);
}

bool
fold_is_needed(struct slice s)
{
	size_t	      i;
	unsigned char c, any = 0;

	/* Without a branch in the loop the compiler makes it a vector's. */
	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		any |= (unsigned char)((c & 0x80) |
		    ((unsigned char)(c - 'A') < 26));
	}
	return any != 0;
}

static unsigned
lead_length(unsigned char c)
{
	if (c < 0xC2)
		return 1;
	if (c < 0xE0)
		return 2;
	if (c < 0xF0)
		return 3;
	return c < 0xF5 ? 4 : 1;
}

uint32_t
fold_decode(struct slice s, unsigned *len)
{
	unsigned char c = (unsigned char)s.p[0];
	unsigned      n = lead_length(c), i;
	uint32_t      cp;

	*len = 1;
	if (n == 1 || n > s.n)
		return c;
	cp = c & (0x7FU >> n);
	for (i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xC0) != 0x80)
			return c;
		cp = cp << 6 | ((unsigned char)s.p[i] & 0x3F);
	}
	*len = n;
	return cp;
}

size_t
fold_text(struct slice s, char *out)
{
	size_t	      i = 0, n = 0;
	uint32_t      cp, to;
	unsigned      len;
	unsigned char c;

	while (i < s.n) {
		c = (unsigned char)s.p[i];
		if (c < 0x80) {
			out[n++] = (char)fold_point(c);
			i++;
			continue;
		}
		cp = fold_decode((struct slice){s.p + i, s.n - i}, &len);
		to = len > 1 ? fold_point(cp) : cp;
		if (to != cp) {
			n += utf8_encode(to, out + n);
		} else {
			memcpy(out + n, s.p + i, len);
			n += len;
		}
		i += len;
	}
	return n;
}
