#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"

void
error_make_printable(char *text)
{
	struct slice  s = slice_of(text);
	unsigned char c;
	size_t	      n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		c = (unsigned char)s.p[0];
		n = slice_char(s);
		if (n == 0 || c < 0x20 || c == 0x7f) {
			text[s.p - text] = '?';
			n = 1;
		} else if (c == 0xc2 && (unsigned char)s.p[1] < 0xa0) {
			memcpy(text + (s.p - text), "??", 2);
		}
	}
}

void
error_set(struct error *e, const char *fmt, ...)
{
	va_list ap;
	int	saved = errno;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	error_make_printable(e->text);
	errno = saved;
}

void
error_prefix(struct error *e, const char *fmt, ...)
{
	char	old[ERROR_TEXT_MAX];
	va_list ap;
	size_t	n;
	int	saved = errno;

	if (e == NULL)
		return;
	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", old);
	error_make_printable(e->text);
	errno = saved;
}
