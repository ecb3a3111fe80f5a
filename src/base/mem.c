#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A table that large is looked into at random, and mostly waits for memory:
 * in huge pages each look misses one address translation less, and there is
 * one page fault where there were 512.  Advice only: the kernel may have
 * none to give.
 */
#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_MIN  (2 * HUGE_PAGE)

static void
advise(void *p, size_t size)
{
	uintptr_t from, to;

	if (size < HUGE_MIN)
		return;
	from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	to = ((uintptr_t)p + size) & ~(HUGE_PAGE - 1);
	(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

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
	void *p;

	if (n == 0 || size == 0)
		n = size = 1;
	p = must(calloc(n, size), size);
	advise(p, n * size);
	return p;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	p = must(reallocarray(p, n, size), size);
	advise(p, n * size);
	return p;
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
