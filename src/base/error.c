#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	errno = saved;
}
