#include "patrolctl/hits.h"

#include <stdlib.h>

#include "base/mem.h"

/* Seven bits a byte, the lowest first; the highest bit: more follow. */
#define BITS 7
#define MORE 0x80u

void
hits_add(struct hits *h, uint64_t index)
{
	uint64_t up = index - h->last, v;

	/* The sign becomes the lowest bit, so that small steps are short. */
	v = (up << 1) ^ (0 - (up >> 63));
	for (; v >= MORE; v >>= BITS)
		buf_addc(&h->bytes, (char)(MORE | (v & (MORE - 1))));
	buf_addc(&h->bytes, (char)v);
	h->last = index;
	h->n++;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* All of them, sorted; the caller frees. */
static uint64_t *
hits_list(const struct hits *h)
{
	uint64_t	    *list = xreallocarray(NULL, h->n + 1, sizeof *list);
	const unsigned char *p = (const unsigned char *)h->bytes.p;
	uint64_t	     v, last = 0;
	unsigned	     shift;
	size_t		     i;

	for (i = 0; i < h->n; i++) {
		v = 0;
		for (shift = 0; (*p & MORE) != 0; shift += BITS)
			v |= (uint64_t)(*p++ & (MORE - 1)) << shift;
		v |= (uint64_t)*p++ << shift;
		last += (v >> 1) ^ (0 - (v & 1));
		list[i] = last;
	}
	qsort(list, h->n, sizeof *list, compare);
	return list;
}

void
hits_format(const struct hits *h, struct buf *out)
{
	uint64_t *list = hits_list(h);
	size_t	  i;

	buf_addc(out, '[');
	for (i = 0; i < h->n; i++) {
		if (i > 0 && list[i] == list[i - 1])
			continue;
		if (i > 0)
			buf_addc(out, ',');
		buf_addint(out, (int64_t)list[i]);
	}
	buf_addc(out, ']');
	free(list);
}
