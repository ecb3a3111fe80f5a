#include "stream/distinct.h"

#include <stdlib.h>

#include "base/mem.h"

/*
 * Most groups see a value or two: up to so many values a walk from the
 * newest is faster than a table, and a table would be most of the memory.
 */
#define INDEX_MIN 32

struct distinct_value {
	struct distinct_value *prev, *next;	/* older, newer */
	usec_t		 time;			/* last seen */
	uint64_t	 hash;
	size_t		 n;
	char		 bytes[];
};

void
distinct_init(struct distinct *d)
{
	*d = (struct distinct){0};
	map_init(&d->index);
}

void
distinct_clear(struct distinct *d)
{
	struct distinct_value *v, *next;

	for (v = d->oldest; v != NULL; v = next) {
		next = v->next;
		free(v);
	}
	map_clear(&d->index);
	distinct_init(d);
}

static struct slice
value_slice(const struct distinct_value *v)
{
	return (struct slice){v->bytes, v->n};
}

static struct distinct_value *
value_new(struct distinct *d, struct slice value, uint64_t hash)
{
	struct distinct_value *v = xmalloc(sizeof(*v) + value.n);

	*v = (struct distinct_value){.hash = hash, .n = value.n};
	if (value.n > 0)
		memcpy(v->bytes, value.p, value.n);
	if (d->index.n > 0)
		map_add_hashed(&d->index, value_slice(v), hash, v);
	return v;
}

/* From the INDEX_MIN-th value on there is an index, and it stays. */
static void
index_make(struct distinct *d)
{
	struct distinct_value *v;

	if (d->n < INDEX_MIN || d->index.n > 0)
		return;
	for (v = d->oldest; v != NULL; v = v->next)
		map_add_hashed(&d->index, value_slice(v), v->hash, v);
}

static struct distinct_value *
value_find(const struct distinct *d, struct slice value, uint64_t hash)
{
	struct distinct_value *v;

	if (d->index.n > 0)
		return map_find_hashed(&d->index, value, hash);
	for (v = d->newest; v != NULL; v = v->prev)
		if (v->hash == hash && slice_eq(value_slice(v), value))
			return v;
	return NULL;
}

/* The window that ends at the newest: which of the list are in it. */
static void
distinct_recount(struct distinct *d, usec_t span)
{
	struct distinct_value *v;
	usec_t from;

	d->start = NULL;
	d->in = 0;
	if (d->newest == NULL)
		return;
	from = d->newest->time - span;
	for (v = d->newest; v != NULL && v->time >= from; v = v->prev) {
		d->start = v;
		d->in++;
	}
}

static void
list_remove(struct distinct *d, struct distinct_value *v)
{
	if (v->prev != NULL)
		v->prev->next = v->next;
	else
		d->oldest = v->next;
	if (v->next != NULL)
		v->next->prev = v->prev;
	else
		d->newest = v->prev;
	d->n--;
}

/* Behind the last one that is not newer. */
static void
list_insert(struct distinct *d, struct distinct_value *v)
{
	struct distinct_value *after = d->newest;

	while (after != NULL && after->time > v->time)
		after = after->prev;
	v->prev = after;
	v->next = after != NULL ? after->next : d->oldest;
	if (v->prev != NULL)
		v->prev->next = v;
	else
		d->oldest = v;
	if (v->next != NULL)
		v->next->prev = v;
	else
		d->newest = v;
	d->n++;
}

/* Takes a value out of the list and out of the newest's window. */
static void
distinct_unlink(struct distinct *d, struct distinct_value *v)
{
	if (d->start != NULL && v->time >= d->start->time) {
		if (v == d->start)
			d->start = v->next;
		d->in--;
	}
	list_remove(d, v);
}

static void
distinct_trim(struct distinct *d, uint64_t keep)
{
	struct distinct_value *v;

	while (d->n > keep) {
		v = d->oldest;
		distinct_unlink(d, v);
		if (d->index.n > 0)
			map_remove(&d->index, value_slice(v));
		free(v);
	}
}

/* `v` becomes the newest; the window's start moves up behind it. */
static void
distinct_push(struct distinct *d, struct distinct_value *v, usec_t span)
{
	list_insert(d, v);
	if (d->start == NULL)
		d->start = v;
	d->in++;
	while (d->start->time < v->time - span) {
		d->start = d->start->next;
		d->in--;
	}
}

/* The windows that end at `v` or later and contain it; the first that holds. */
static bool
distinct_rejudge(const struct distinct_value *v, const struct window_rule *r,
    struct window_view *view)
{
	const struct distinct_value *from = v, *end;
	uint64_t n = 0;

	while (from->prev != NULL && from->prev->time >= v->time - r->span) {
		from = from->prev;
		n++;
	}
	for (end = v; end != NULL && end->time <= v->time + r->span;
	     end = end->next) {
		n++;
		while (from->time < end->time - r->span) {
			from = from->next;
			n--;
		}
		if (bounds_hold(&r->bounds, n)) {
			view->count = n;
			view->first = from->time;
			return true;
		}
	}
	return false;
}

/* A late value, not seen since. */
static bool
distinct_feed_late(struct distinct *d, const struct window_rule *r,
    struct distinct_value *v, usec_t t, struct window_view *view)
{
	bool holds;

	v->time = t;
	list_insert(d, v);
	holds = distinct_rejudge(v, r, view);
	distinct_recount(d, r->span);
	return holds;
}

/*
 * Late, and the value was seen again since: what is kept does not change,
 * and only the window that ends at this use is new.
 */
static bool
distinct_feed_seen(const struct distinct *d, const struct window_rule *r,
    usec_t t, struct window_view *view)
{
	const struct distinct_value *v;
	usec_t first = t;
	uint64_t n = 1;

	for (v = d->newest; v != NULL && v->time > t; v = v->prev)
		continue;
	for (; v != NULL && v->time >= t - r->span; v = v->prev) {
		first = v->time;
		n++;
	}
	if (!bounds_hold(&r->bounds, n))
		return false;
	view->count = n;
	view->first = first;
	return true;
}

bool
distinct_feed(struct distinct *d, const struct window_rule *r, usec_t t,
    struct slice value, struct window_view *view)
{
	uint64_t hash = map_hash(value);
	struct distinct_value *v = value_find(d, value, hash);
	bool holds;

	if (v != NULL && v->time > t)
		return distinct_feed_seen(d, r, t, view);
	if (v != NULL)
		distinct_unlink(d, v);
	else
		v = value_new(d, value, hash);
	if (d->newest != NULL && t < d->newest->time) {
		holds = distinct_feed_late(d, r, v, t, view);
		distinct_trim(d, window_rule_keep(r));
		index_make(d);
		return holds;
	}
	v->time = t;
	distinct_push(d, v, r->span);
	distinct_trim(d, window_rule_keep(r));
	index_make(d);
	if (!bounds_hold(&r->bounds, d->in))
		return false;
	view->count = d->in;
	view->first = d->start->time;
	return true;
}
