#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
must(void *p, size_t size)
{
	if (p != NULL)
		return p;
	fprintf(stderr, "patrol: out of memory (%zu bytes)\n", size);
	abort();
}

void *
xmalloc(size_t size)
{
	if (size == 0)
		size = 1;
	return must(malloc(size), size);
}

void *
xcalloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return must(calloc(n, size), size);
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return must(reallocarray(p, n, size), size);
}

char *
xstrdup(const char *s)
{
	return must(strdup(s), 0);
}

char *
xstrndup(const char *s, size_t n)
{
	return must(strndup(s, n), n);
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char   *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) == -1)
		s = NULL;
	va_end(ap);
	return must(s, 0);
}

void *
xgrow(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap == 0 ? 8 : *cap * 2;
	return xreallocarray(p, *cap, size);
}
