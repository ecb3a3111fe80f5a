/*
 * buf - bytes that grow at the end.
 *
 * Embedded: buf_init / buf_clear.  Who feeds it from outside checks limits.
 */
#ifndef PATROL_BASE_BUF_H
#define PATROL_BASE_BUF_H

#include <stddef.h>

#include "base/slice.h"

struct buf {
	char  *p; /* owned; NULL while nothing was added */
	size_t n; /* bytes in use */
	size_t cap;
};

void buf_init(struct buf *b);
/* Frees the memory; the buffer can be used again. */
void buf_clear(struct buf *b);
/* Room for `n` more bytes at p + n, which it returns. */
char *buf_reserve(struct buf *b, size_t n);
void  buf_add(struct buf *b, const void *p, size_t n);
void  buf_addc(struct buf *b, char c);
void  buf_adds(struct buf *b, const char *s);
void  buf_addslice(struct buf *b, struct slice s);
void  buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A decimal integer, without printf's cost. */
void buf_addint(struct buf *b, int64_t v);
/*
 * Foreign text for a line of a log: control characters, quotes, backslashes
 * and bytes that are not UTF-8 as \xNN, \", \\; cut after `max` bytes of
 * output with "..." (0: no limit).
 */
void	     buf_addescaped(struct buf *b, struct slice s, size_t max);
struct slice buf_slice(const struct buf *b);
/* NUL-terminated (the NUL is not counted); valid until the next change. */
const char *buf_str(struct buf *b);
#endif
