#include "patrolctl/glyph.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

void
glyph_init(void)
{
	/* Where it is missing, what is not ASCII counts as one column. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
}

/*
 * One character of well-formed UTF-8 (RFC 3629) at the start of `s`: its
 * bytes and *cp; 0 if there is none.
 */
static size_t
decode(struct slice s, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t	     v;
	size_t		     n, i;

	if (s.n == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
		return 0;
	v = p[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	/* Longer than needed, a surrogate, or past the last one. */
	if ((n == 3 && v < 0x800) || (n == 4 && v < 0x10000) ||
	    (v >= 0xd800 && v <= 0xdfff) || v > 0x10ffff)
		return 0;
	*cp = v;
	return n;
}

/* Invisible characters that change what a reader believes to see. */
static bool
is_tricky(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},
	    {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},
	    {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f},
	    {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
	    {0xd800, 0xf8ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
	    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff}};
	size_t i;

	for (i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

void
glyph_escape(struct buf *out, struct slice text)
{
	uint32_t cp;
	size_t	 n;

	while (text.n > 0) {
		n = decode(text, &cp);
		if (n == 0 || (n == 1 && is_tricky(cp)))
			buf_addf(out, "\\x%02x", (unsigned char)text.p[0]);
		else if (is_tricky(cp))
			buf_addf(out, "\\u{%x}", (unsigned)cp);
		else
			buf_add(out, text.p, n);
		n += n == 0;
		text.p += n;
		text.n -= n;
	}
}

static size_t
width_of(uint32_t cp)
{
	int w = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);

	return w < 0 ? 1 : (size_t)w;
}

size_t
glyph_width(struct slice text)
{
	uint32_t cp = 0;
	size_t	 n, width = 0;

	for (; text.n > 0; text.p += n, text.n -= n) {
		n = decode(text, &cp);
		width += n == 0 ? 1 : width_of(cp);
		n += n == 0;
	}
	return width;
}

size_t
glyph_cut(struct buf *out, struct slice text, size_t width)
{
	uint32_t cp = 0;
	size_t	 n, w, used = 0;

	w = glyph_width(text);
	if (w <= width) {
		buf_addslice(out, text);
		return w;
	}
	for (; text.n > 0; text.p += n, text.n -= n, used += w) {
		n = decode(text, &cp);
		w = n == 0 ? 1 : width_of(cp);
		n += n == 0;
		if (used + w > width - 1)
			break;
		buf_add(out, text.p, n);
	}
	buf_adds(out, "\xe2\x80\xa6");
	return used + 1;
}
