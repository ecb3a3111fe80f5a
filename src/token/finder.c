#include "token/finder.h"

#include <string.h>

/* What follows the `_`. */
#define TAIL (SECRET_RANDOM + SECRET_CHECK)

void
finder_init(struct finder *f, finder_fn fn, void *arg)
{
	f->fn = fn;
	f->arg = arg;
	f->lines = f->offset = 0;
	f->seen = f->at = f->begin = f->n = 0;
}

/* Counts the newlines before a place in buf. */
static void
count_lines(struct finder *f, size_t end)
{
	const char *p = f->buf + f->seen, *q = f->buf + end;

	while (p < q && (p = memchr(p, '\n', (size_t)(q - p))) != NULL) {
		f->lines++;
		p++;
	}
	f->seen = end;
}

static void
tell(struct finder *f, size_t start, size_t end)
{
	struct found_secret found = {
	    .text = {f->buf + start, end - start},
	    .offset = f->offset + start,
	};

	count_lines(f, start);
	found.line = f->lines + 1;
	f->fn(&found, f->arg);
	f->begin = end;
}

/* Is the `_` at `mid` that of a secret? */
static void
look(struct finder *f, size_t mid)
{
	size_t n =
	    secret_prefix_at(f->buf + mid, f->buf + f->begin, f->buf + f->n);

	if (n > 0)
		tell(f, mid - n, mid + 1 + TAIL);
}

/* Looks at every `_` whose tail is there. */
static void
scan(struct finder *f)
{
	const char *p;

	while (f->n > f->at + TAIL) {
		p = memchr(f->buf + f->at, '_', f->n - TAIL - f->at);
		if (p == NULL) {
			f->at = f->n - TAIL;
			return;
		}
		look(f, (size_t)(p - f->buf));
		f->at = (size_t)(p - f->buf) + 1;
		if (f->at < f->begin)
			f->at = f->begin;
	}
}

/* Drops all that no secret to come can begin in. */
static void
drop(struct finder *f)
{
	size_t n = f->at > SECRET_PREFIX_MAX ? f->at - SECRET_PREFIX_MAX : 0;

	count_lines(f, n);
	memmove(f->buf, f->buf + n, f->n - n);
	f->n -= n;
	f->at -= n;
	f->begin -= n < f->begin ? n : f->begin;
	f->seen = 0;
	f->offset += n;
}

void
finder_feed(struct finder *f, struct slice bytes)
{
	size_t n;

	while (bytes.n > 0) {
		n = FINDER_ROOM - f->n;
		if (n > bytes.n)
			n = bytes.n;
		memcpy(f->buf + f->n, bytes.p, n);
		f->n += n;
		bytes.p += n;
		bytes.n -= n;
		scan(f);
		if (f->n == FINDER_ROOM)
			drop(f);
	}
}

void
finder_end(struct finder *f)
{
	scan(f);
	secret_wipe(f->buf, sizeof f->buf);
	f->n = 0;
}
