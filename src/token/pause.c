#include "token/pause.h"

#include <stdlib.h>

#include "base/mem.h"
#include "token/limits.h"

void
pauses_init(struct pauses *p)
{
	*p = (struct pauses){0};
}

void
pauses_clear(struct pauses *p)
{
	free(p->heap);
	pauses_init(p);
}

static void
put(struct pauses *p, size_t at, struct token *t)
{
	p->heap[at] = t;
	t->limits->pause_at = at;
}

/* Moves the token to where it belongs between the root and `at`. */
static void
sift_up(struct pauses *p, size_t at, struct token *t)
{
	struct token *parent;

	while (at > 0) {
		parent = p->heap[(at - 1) / 2];
		if (parent->limits->until <= t->limits->until)
			break;
		put(p, at, parent);
		at = (at - 1) / 2;
	}
	put(p, at, t);
}

/* The same between `at` and the leaves. */
static void
sift_down(struct pauses *p, size_t at, struct token *t)
{
	size_t child;

	while ((child = 2 * at + 1) < p->n) {
		if (child + 1 < p->n &&
		    p->heap[child + 1]->limits->until <
			p->heap[child]->limits->until)
			child++;
		if (t->limits->until <= p->heap[child]->limits->until)
			break;
		put(p, at, p->heap[child]);
		at = child;
	}
	put(p, at, t);
}

static void
add(struct pauses *p, struct token *t, usec_t until)
{
	token_limits(t)->until = until;
	p->heap = xgrow(p->heap, p->n, &p->cap, sizeof(struct token *));
	sift_up(p, p->n++, t);
}

/* The last one takes its place. */
static void
drop(struct pauses *p, struct token *t)
{
	size_t	      at = t->limits->pause_at;
	struct token *last = p->heap[--p->n];

	if (last != t) {
		sift_up(p, at, last);
		sift_down(p, last->limits->pause_at, last);
	}
	t->limits->until = 0;
}

void
pauses_set(struct pauses *p, struct token *t, usec_t until)
{
	if (token_until(t) != 0)
		drop(p, t);
	if (until != 0)
		add(p, t, until);
}

struct token *
pauses_due(const struct pauses *p, usec_t now)
{
	if (p->n == 0 || p->heap[0]->limits->until > now)
		return NULL;
	return p->heap[0];
}
