#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * What is large is looked into at random, and mostly waits for memory: in huge
 * pages each look misses one address translation less, and there is one page
 * fault where there were 512.  Advice only: the kernel may have none to give.
 */
#define HUGE_PAGE ((uintptr_t)2 << 20)
#define HUGE_MIN  (2 * HUGE_PAGE)

/* The heap's part in small pages, the first: a small daemon stays small. */
#define HEAP_SMALL (16 << 20)
/* A large heap grows by so much, and is seen before it is touched there. */
#define HEAP_STEP (4 << 20)
/* Allocations from one look at the heap's end to the next. */
#define LOOK_EVERY 512

static uintptr_t	 heap_from;    /* in huge pages from here; 0: none */
static _Atomic uintptr_t heap_advised; /* up to here */

static void
advise(uintptr_t from, uintptr_t to)
{
	from = (from + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	to &= ~(HUGE_PAGE - 1);
	if (to > from && to - from >= HUGE_PAGE)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

static void *
advise_array(void *p, size_t size)
{
	if (size >= HUGE_MIN)
		advise((uintptr_t)p, (uintptr_t)p + size);
	return p;
}

/* malloc(3) does not tell when its heap grows, or shrinks. */
static void
look_at_heap(void)
{
	static _Thread_local unsigned calls;
	uintptr_t		      from, end;

	if (heap_from == 0 || ++calls % LOOK_EVERY != 0)
		return;
	end = (uintptr_t)sbrk(0) & ~(HUGE_PAGE - 1);
	if (end < heap_from)
		end = heap_from;
	from = atomic_load_explicit(&heap_advised, memory_order_relaxed);
	if (end == from ||
	    !atomic_compare_exchange_strong(&heap_advised, &from, end))
		return;
	(void)mallopt(M_TOP_PAD, HEAP_STEP);
	advise(from, end);
}

void
mem_prefer_huge_pages(void)
{
	heap_from = ((uintptr_t)sbrk(0) + HEAP_SMALL) & ~(HUGE_PAGE - 1);
	heap_advised = heap_from;
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
	look_at_heap();
	return must(malloc(size), size);
}

void *
xcalloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	look_at_heap();
	return advise_array(must(calloc(n, size), size), n * size);
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	look_at_heap();
	return advise_array(must(reallocarray(p, n, size), size), n * size);
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
