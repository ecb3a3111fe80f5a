#include "token/evict.h"

#include <assert.h>

void
evict_init(struct evict *e)
{
	*e = (struct evict){0};
}

void
evict_add(struct evict *e, struct token *t)
{
	assert(!t->evictable);
	t->older = e->newest;
	t->newer = NULL;
	if (e->newest != NULL)
		e->newest->newer = t;
	else
		e->oldest = t;
	e->newest = t;
	t->evictable = true;
}

void
evict_add_unsorted(struct evict *e, struct token *t)
{
	if (e->newest != NULL && t->last.time < e->newest->last.time)
		e->unsorted = true;
	evict_add(e, t);
}

void
evict_remove(struct evict *e, struct token *t)
{
	if (!t->evictable)
		return;
	if (t->older != NULL)
		t->older->newer = t->newer;
	else
		e->oldest = t->newer;
	if (t->newer != NULL)
		t->newer->older = t->older;
	else
		e->newest = t->older;
	t->older = t->newer = NULL;
	t->evictable = false;
}

/* Merges two lists that are sorted, linked by `newer` alone; stable. */
static struct token *
merge(struct token *a, struct token *b)
{
	struct token *head = NULL, **at = &head;

	while (a != NULL && b != NULL) {
		if (b->last.time < a->last.time) {
			*at = b;
			b = b->newer;
		} else {
			*at = a;
			a = a->newer;
		}
		at = &(*at)->newer;
	}
	*at = a != NULL ? a : b;
	return head;
}

/*
 * A merge sort from the bottom up: run[i] is NULL or a sorted list of 2^i,
 * like the digits of a binary counter.  33 runs hold every tid.
 */
static void
sort(struct evict *e)
{
	struct token *run[33] = {NULL}, *t, *next, *older = NULL;
	unsigned      i;

	for (t = e->oldest; t != NULL; t = next) {
		next = t->newer;
		t->newer = NULL;
		for (i = 0; run[i] != NULL; i++) {
			t = merge(run[i], t);
			run[i] = NULL;
		}
		run[i] = t;
	}
	e->oldest = NULL;
	for (i = 0; i < sizeof run / sizeof run[0]; i++)
		e->oldest = merge(run[i], e->oldest);
	for (t = e->oldest; t != NULL; t = t->newer) {
		t->older = older;
		older = t;
	}
	e->newest = older;
	e->unsorted = false;
}

struct token *
evict_oldest(struct evict *e)
{
	if (e->unsorted)
		sort(e);
	return e->oldest;
}
