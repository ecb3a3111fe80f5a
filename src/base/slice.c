#include "base/slice.h"

#include "base/mem.h"

int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int    r = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (r != 0)
		return r;
	return (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t
slice_index(struct slice s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t
slice_rindex(struct slice s, char c)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

struct slice
slice_trim(struct slice s)
{
	while (s.n > 0 && slice_is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && slice_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
slice_cut(struct slice *rest, char sep, struct slice *part)
{
	ptrdiff_t i;

	if (rest->p == NULL)
		return false;
	i = slice_index(*rest, sep);
	if (i == -1) {
		*part = *rest;
		*rest = (struct slice){NULL, 0};
	} else {
		*part = (struct slice){rest->p, (size_t)i};
		rest->p += i + 1;
		rest->n -= (size_t)i + 1;
	}
	return true;
}

static int
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool
slice_caseeq(struct slice a, struct slice b)
{
	size_t i;

	if (a.n != b.n)
		return false;
	for (i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* Most places are not where it begins: its first byte tells, in either case. */
bool
slice_casehas(struct slice s, struct slice part)
{
	const char *end;
	char	    low, up;

	if (part.n == 0 || s.n < part.n)
		return part.n == 0;
	low = (char)lower(part.p[0]);
	up = low >= 'a' && low <= 'z' ? (char)(low - 'a' + 'A') : low;
	for (end = s.p + s.n - part.n; s.p <= end; s.p++)
		if ((*s.p == low || *s.p == up) &&
		    slice_caseeq((struct slice){s.p, part.n}, part))
			return true;
	return false;
}

int
slice_int(struct slice s, int64_t lo, int64_t hi, int64_t *out)
{
	bool	neg = s.n > 0 && s.p[0] == '-';
	size_t	i = neg ? 1 : 0;
	int64_t v = 0;

	if (i == s.n)
		return -1;
	/* Counted downwards, where there is room for one number more. */
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return -1;
	}
	if (!neg && __builtin_sub_overflow(0, v, &v))
		return -1;
	if (v < lo || v > hi)
		return -1;
	*out = v;
	return 0;
}

char *
slice_dup(struct slice s)
{
	char *copy;

	if (s.p == NULL)
		return NULL;
	/* Not strndup: a NUL inside would end the copy early. */
	copy = xmalloc(s.n + 1);
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

/*
 * The lengths and the ranges of the second byte are Table 3-7 of the Unicode
 * standard: overlong forms, surrogates and code points above U+10FFFF fail.
 */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t	      n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (n > left || p[1] < lo || p[1] > hi)
		return 0;
	for (i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t
slice_char(struct slice s)
{
	return s.n == 0 ? 0 : utf8_len((const unsigned char *)s.p, s.n);
}

bool
slice_is_utf8(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t		     i = 0, n;

	while (i < s.n) {
		if ((n = utf8_len(p + i, s.n - i)) == 0)
			return false;
		i += n;
	}
	return true;
}
