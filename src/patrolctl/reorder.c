#include "patrolctl/reorder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* A line that waits. */
struct piece {
	usec_t	 t;
	uint64_t index;
	size_t	 run; /* the part it was read from */
	size_t	 n;
	char	 text[];
};

#define CHUNK_BYTES 65536

/* A sorted part of the temporary file, and what of it was read ahead. */
struct run {
	off_t  at, end;	 /* not yet read */
	char  *chunk;	 /* owned; NULL until it is read */
	size_t from, to; /* in the chunk, not yet taken */
};

struct reorder {
	usec_t	       lateness;
	size_t	       room;
	reorder_fn     fn;
	void	      *arg;
	struct piece **pile; /* owned; a heap, or as they came */
	size_t	       n, cap;
	size_t	       bytes; /* in the pile */
	usec_t	       newest;
	FILE	      *file; /* owned; NULL until needed */
	off_t	       size;
	struct run    *run; /* owned */
	size_t	       nrun, run_cap;
};

struct reorder *
reorder_new(usec_t lateness, size_t room, reorder_fn fn, void *arg)
{
	struct reorder *r = xcalloc(1, sizeof *r);

	r->lateness = lateness;
	r->room = room;
	r->fn = fn;
	r->arg = arg;
	r->newest = INT64_MIN;
	return r;
}

static void
pile_clear(struct reorder *r)
{
	while (r->n > 0)
		free(r->pile[--r->n]);
	r->bytes = 0;
}

void
reorder_free(struct reorder **rp)
{
	struct reorder *r = *rp;
	size_t		i;

	if (r == NULL)
		return;
	pile_clear(r);
	for (i = 0; i < r->nrun; i++)
		free(r->run[i].chunk);
	free(r->pile);
	free(r->run);
	if (r->file != NULL)
		(void)fclose(r->file);
	free(r);
	*rp = NULL;
}

/* --- the pile --------------------------------------------------------- */

static bool
is_before(const struct piece *a, const struct piece *b)
{
	return a->t != b->t ? a->t < b->t : a->index < b->index;
}

static int
compare(const void *a, const void *b)
{
	const struct piece *const *x = a, *const *y = b;

	return is_before(*x, *y) ? -1 : is_before(*y, *x);
}

static struct piece *
piece_new(usec_t t, uint64_t index, size_t n)
{
	struct piece *p = xmalloc(sizeof *p + n);

	*p = (struct piece){.t = t, .index = index, .n = n};
	return p;
}

static void
pile_add(struct reorder *r, struct piece *p)
{
	r->pile = xgrow(r->pile, r->n, &r->cap, sizeof *r->pile);
	r->pile[r->n++] = p;
	r->bytes += sizeof *p + p->n;
}

static void
heap_push(struct reorder *r, struct piece *p)
{
	size_t i, up;

	pile_add(r, p);
	for (i = r->n - 1; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!is_before(p, r->pile[up]))
			break;
		r->pile[i] = r->pile[up];
	}
	r->pile[i] = p;
}

/* The first of all; the heap has at least one. */
static struct piece *
heap_pop(struct reorder *r)
{
	struct piece *first = r->pile[0], *last = r->pile[--r->n];
	size_t	      i = 0, down;

	while ((down = 2 * i + 1) < r->n) {
		if (down + 1 < r->n &&
		    is_before(r->pile[down + 1], r->pile[down]))
			down++;
		if (!is_before(r->pile[down], last))
			break;
		r->pile[i] = r->pile[down];
		i = down;
	}
	r->pile[i] = last;
	return first;
}

/* Its turn has come. */
static void
pass_on(struct reorder *r, const struct piece *p)
{
	r->fn(p->t, p->index, (struct slice){p->text, p->n}, r->arg);
}

static void
pop_and_pass_on(struct reorder *r)
{
	struct piece *p = heap_pop(r);

	pass_on(r, p);
	free(p);
}

static void
pile_sort(struct reorder *r)
{
	if (r->n > 1)
		qsort(r->pile, r->n, sizeof *r->pile, compare);
}

/* --- the temporary file ------------------------------------------------ */

static int
fail(struct error *err)
{
	error_set(err, "a temporary file: %s", strerror(errno));
	return -1;
}

/* The pile, sorted, becomes a part of the file. */
static int
spill(struct reorder *r, struct error *err)
{
	const struct piece *p;
	size_t		    i, size;

	if (r->file == NULL && (r->file = tmpfile()) == NULL)
		return fail(err);
	pile_sort(r);
	r->run = xgrow(r->run, r->nrun, &r->run_cap, sizeof *r->run);
	r->run[r->nrun] = (struct run){.at = r->size};
	for (i = 0; i < r->n; i++) {
		p = r->pile[i];
		size = sizeof *p + p->n;
		if (fwrite(p, 1, size, r->file) != size)
			return fail(err);
		r->size += (off_t)size;
	}
	r->run[r->nrun++].end = r->size;
	pile_clear(r);
	return 0;
}

/* The next chunk of a part, which has more. */
static int
read_ahead(struct reorder *r, struct run *run, struct error *err)
{
	size_t	want = CHUNK_BYTES;
	ssize_t got;

	if (run->chunk == NULL)
		run->chunk = xmalloc(CHUNK_BYTES);
	if (run->end - run->at < (off_t)want)
		want = (size_t)(run->end - run->at);
	do
		got = pread(fileno(r->file), run->chunk, want, run->at);
	while (got == -1 && errno == EINTR);
	if (got <= 0)
		return fail(err);
	run->at += got;
	run->from = 0;
	run->to = (size_t)got;
	return 0;
}

static int
take(struct reorder *r, struct run *run, void *p, size_t n, struct error *err)
{
	size_t some;

	while (n > 0) {
		if (run->from == run->to && read_ahead(r, run, err) == -1)
			return -1;
		some = run->to - run->from < n ? run->to - run->from : n;
		memcpy(p, run->chunk + run->from, some);
		run->from += some;
		p = (char *)p + some;
		n -= some;
	}
	return 0;
}

/* The next piece of a part goes to the heap, if there is one. */
static int
refill(struct reorder *r, size_t which, struct error *err)
{
	struct run  *run = &r->run[which];
	struct piece head, *p;

	if (run->at == run->end && run->from == run->to)
		return 0;
	if (take(r, run, &head, sizeof head, err) == -1)
		return -1;
	p = piece_new(head.t, head.index, head.n);
	p->run = which;
	if (take(r, run, p->text, p->n, err) == -1) {
		free(p);
		return -1;
	}
	heap_push(r, p);
	return 0;
}

static int
merge(struct reorder *r, struct error *err)
{
	struct piece *p;
	size_t	      i, from;

	if (spill(r, err) == -1)
		return -1;
	if (fflush(r->file) == EOF)
		return fail(err);
	for (i = 0; i < r->nrun; i++)
		if (refill(r, i, err) == -1)
			return -1;
	while (r->n > 0) {
		p = heap_pop(r);
		from = p->run;
		pass_on(r, p);
		free(p);
		if (refill(r, from, err) == -1)
			return -1;
	}
	return 0;
}

/* --- in and out -------------------------------------------------------- */

int
reorder_add(struct reorder *r, usec_t t, uint64_t index, struct slice text,
    struct error *err)
{
	struct piece *p = piece_new(t, index, text.n);

	if (text.n > 0)
		memcpy(p->text, text.p, text.n);
	if (r->lateness == REORDER_ALL) {
		pile_add(r, p);
		return r->bytes > r->room ? spill(r, err) : 0;
	}
	heap_push(r, p);
	if (t > r->newest)
		r->newest = t;
	/* As late as may be is not too late: equal ones may yet come. */
	while (r->n > 0 && r->pile[0]->t < r->newest - r->lateness)
		pop_and_pass_on(r);
	return 0;
}

int
reorder_end(struct reorder *r, struct error *err)
{
	size_t i;

	if (r->nrun > 0)
		return merge(r, err);
	pile_sort(r);
	for (i = 0; i < r->n; i++)
		pass_on(r, r->pile[i]);
	pile_clear(r);
	return 0;
}
