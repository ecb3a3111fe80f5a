#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void
buf_init(struct buf *b)
{
	memset(b, 0, sizeof *b);
}

void
buf_clear(struct buf *b)
{
	free(b->p);
	buf_init(b);
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap == 0 ? 64 : b->cap;

	if (b->cap - b->n < n) {
		while (cap - b->n < n)
			cap *= 2;
		b->p = xreallocarray(b->p, cap, 1);
		b->cap = cap;
	}
	return b->p + b->n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->n += n;
}

void
buf_addc(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	b->n++;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addslice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	buf_reserve(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
buf_addint(struct buf *b, int64_t v)
{
	char	 text[24], *p = text + sizeof text;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
}

void
buf_addescaped(struct buf *b, struct slice s, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	size_t		  start = b->n, n;
	unsigned char	  c;
	char		  esc[4];

	while (s.n > 0) {
		c = (unsigned char)s.p[0];
		n = slice_char(s);
		/* C1 controls (U+0080..U+009F) move terminals too. */
		if (n == 0 || c < 0x20 || c == 0x7f ||
		    (n == 2 && c == 0xc2 && (unsigned char)s.p[1] < 0xa0)) {
			esc[0] = '\\', esc[1] = 'x';
			esc[2] = hex[c >> 4], esc[3] = hex[c & 15];
			if (max != 0 && b->n - start + 4 > max)
				break;
			buf_add(b, esc, 4);
			n = 1;
		} else {
			if (max != 0 && b->n - start + n + 1 > max)
				break;
			if (c == '"' || c == '\\')
				buf_addc(b, '\\');
			buf_add(b, s.p, n);
		}
		s.p += n;
		s.n -= n;
	}
	if (s.n > 0)
		buf_adds(b, "...");
}

struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){b->p != NULL ? b->p : "", b->n};
}

const char *
buf_str(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return b->p;
}
