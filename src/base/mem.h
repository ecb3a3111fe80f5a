/*
 * mem - allocation that does not return NULL.
 *
 * For sizes that we choose, or that were checked against a limit first:
 * a process that cannot have them dies with a message.  Free with free().
 */
#ifndef PATROL_BASE_MEM_H
#define PATROL_BASE_MEM_H

#include <stddef.h>

/*
 * As malloc(3), calloc(3), reallocarray(3), strdup(3), strndup(3).  Large
 * arrays are asked to be in huge pages.
 */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* As asprintf(3); the caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Room for one more element: grows the array `p` of `*cap` elements of
 * `size` bytes when `n` of them are taken, doubling; returns the array.
 */
void *xgrow(void *p, size_t n, size_t *cap, size_t size);

/*
 * From now on malloc(3)'s heap is asked to be in huge pages, too, but for its
 * first 16 MiB.  For a daemon with much memory; once, before its threads.
 */
void mem_prefer_huge_pages(void);

/*
 * Fetches `size` (> 0) bytes into the cache, without waiting: all lines of it,
 * also the last where the first begins before `p`.
 */
#define MEM_LINE 64
static inline void
mem_warm(const void *p, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += MEM_LINE)
		__builtin_prefetch((const char *)p + at);
	__builtin_prefetch((const char *)p + size - 1);
}
#endif
