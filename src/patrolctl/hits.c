#include "patrolctl/hits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "patrolctl/reorder.h"

/* Seven bits a byte, the lowest first; the highest bit: more follow. */
#define BITS 7
#define MORE 0x80u

#define CHUNK_BYTES 65536

/* A piece of a list, in the file. */
struct part {
	off_t  at;
	size_t n;
};

struct list {
	struct buf   bytes; /* the newest; the rest is in the parts */
	struct part *part;  /* owned */
	size_t	     nparts, cap;
	uint64_t     last, n;
	bool	     mixed; /* one came behind a later one */
};

struct hits {
	struct list *list; /* owned */
	size_t	     n;
	size_t	     bytes, room; /* in memory, of all lists */
	FILE	    *file;	  /* owned; NULL until needed */
	off_t	     size;
};

struct hits *
hits_new(size_t rules, size_t room)
{
	struct hits *h = xcalloc(1, sizeof *h);

	h->list = xcalloc(rules + 1, sizeof *h->list);
	h->n = rules;
	h->room = room;
	return h;
}

void
hits_free(struct hits **hp)
{
	struct hits *h = *hp;
	size_t	     i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++) {
		buf_clear(&h->list[i].bytes);
		free(h->list[i].part);
	}
	free(h->list);
	if (h->file != NULL)
		(void)fclose(h->file);
	free(h);
	*hp = NULL;
}

uint64_t
hits_count(const struct hits *h, size_t rule)
{
	return h->list[rule].n;
}

static int
fail(struct error *err)
{
	error_set(err, "a temporary file: %s", strerror(errno));
	return -1;
}

/* --- adding ------------------------------------------------------------ */

static int
spill_list(struct hits *h, struct list *l, struct error *err)
{
	size_t n = l->bytes.n;

	if (n == 0)
		return 0;
	if (fwrite(l->bytes.p, 1, n, h->file) != n)
		return fail(err);
	l->part = xgrow(l->part, l->nparts, &l->cap, sizeof *l->part);
	l->part[l->nparts++] = (struct part){h->size, n};
	h->size += (off_t)n;
	buf_clear(&l->bytes);
	return 0;
}

static int
spill(struct hits *h, struct error *err)
{
	size_t i;

	if (h->file == NULL && (h->file = tmpfile()) == NULL)
		return fail(err);
	for (i = 0; i < h->n; i++)
		if (spill_list(h, &h->list[i], err) == -1)
			return -1;
	h->bytes = 0;
	return fflush(h->file) == EOF ? fail(err) : 0;
}

int
hits_add(struct hits *h, size_t rule, uint64_t index, struct error *err)
{
	struct list *l = &h->list[rule];
	uint64_t     up = index - l->last, v;
	size_t	     before = l->bytes.n;

	/* The sign becomes the lowest bit, so that small steps are short. */
	v = (up << 1) ^ (0 - (up >> 63));
	for (; v >= MORE; v >>= BITS)
		buf_addc(&l->bytes, (char)(MORE | (v & (MORE - 1))));
	buf_addc(&l->bytes, (char)v);
	l->mixed |= index < l->last;
	l->last = index;
	l->n++;
	h->bytes += l->bytes.n - before;
	return h->bytes > h->room ? spill(h, err) : 0;
}

/* --- walking ----------------------------------------------------------- */

/* Where a list is read: parts of the file first, then its bytes. */
struct reading {
	const struct hits *h;
	const struct list *l;
	size_t		   part, done; /* bytes of that part that were read */
	const char	  *p, *end;
	char		   chunk[CHUNK_BYTES];
};

static int
refill(struct reading *r, struct error *err)
{
	const struct part *at;
	size_t		   want;
	ssize_t		   got;

	if (r->part == r->l->nparts) {
		r->p = r->l->bytes.p;
		r->end = r->l->bytes.n > 0 ? r->p + r->l->bytes.n : r->p;
		return 0;
	}
	at = &r->l->part[r->part];
	want = at->n - r->done;
	if (want > sizeof r->chunk)
		want = sizeof r->chunk;
	do
		got = pread(fileno(r->h->file), r->chunk, want,
		    at->at + (off_t)r->done);
	while (got == -1 && errno == EINTR);
	if (got <= 0)
		return fail(err);
	r->p = r->chunk;
	r->end = r->p + got;
	r->done += (size_t)got;
	if (r->done == at->n) {
		r->part++;
		r->done = 0;
	}
	return 0;
}

static int
read_step(struct reading *r, uint64_t *step, struct error *err)
{
	unsigned      shift = 0;
	unsigned char c;
	uint64_t      v = 0;

	do {
		if (r->p == r->end && refill(r, err) == -1)
			return -1;
		c = (unsigned char)*r->p++;
		v |= (uint64_t)(c & (MORE - 1)) << shift;
		shift += BITS;
	} while ((c & MORE) != 0);
	*step = (v >> 1) ^ (0 - (v & 1));
	return 0;
}

struct walk {
	hits_fn	 fn;
	void	*arg;
	uint64_t last;
	bool	 any;
};

/* In their order, but the same may come again. */
static void
walk_one(struct walk *w, uint64_t index)
{
	if (w->any && index == w->last)
		return;
	w->any = true;
	w->last = index;
	w->fn(index, w->arg);
}

static void
walk_sorted(usec_t t, uint64_t index, struct slice text, void *arg)
{
	(void)t;
	(void)text;
	walk_one(arg, index);
}

/* As they came, to the walk or to a sorter. */
static int
walk_list(struct reading *r, struct walk *w, struct reorder *sorter,
    struct error *err)
{
	uint64_t i, step, index = 0;

	for (i = 0; i < r->l->n; i++) {
		if (read_step(r, &step, err) == -1)
			return -1;
		index += step;
		if (sorter == NULL)
			walk_one(w, index);
		else if (reorder_add(sorter, 0, index, SLICE(""), err) == -1)
			return -1;
	}
	return sorter != NULL ? reorder_end(sorter, err) : 0;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of a list that has room in memory. */
static int
walk_in_memory(struct reading *r, struct walk *w, struct error *err)
{
	uint64_t *all = xreallocarray(NULL, r->l->n, sizeof *all), i, step;
	int	  result = 0;

	for (i = 0; i < r->l->n && result == 0; i++) {
		result = read_step(r, &step, err);
		all[i] = i > 0 ? all[i - 1] + step : step;
	}
	if (result == 0)
		qsort(all, r->l->n, sizeof *all, compare);
	for (i = 0; i < r->l->n && result == 0; i++)
		walk_one(w, all[i]);
	free(all);
	return result;
}

static int
walk_through_file(struct reading *r, struct walk *w, struct error *err)
{
	struct reorder *sorter =
	    reorder_new(REORDER_ALL, r->h->room, walk_sorted, w);
	int result = walk_list(r, w, sorter, err);

	reorder_free(&sorter);
	return result;
}

int
hits_walk(struct hits *h, size_t rule, hits_fn fn, void *arg, struct error *err)
{
	struct walk	w = {fn, arg, 0, false};
	struct reading *r = xcalloc(1, sizeof *r);
	int		result;

	r->h = h;
	r->l = &h->list[rule];
	if (!r->l->mixed)
		result = walk_list(r, &w, NULL, err);
	else if (r->l->n <= h->room / sizeof(uint64_t))
		result = walk_in_memory(r, &w, err);
	else
		result = walk_through_file(r, &w, err);
	free(r);
	return result;
}
