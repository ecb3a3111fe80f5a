#include "stream/distinct.h"

#include <stdlib.h>

#include "base/mem.h"

/*
 * Most groups see a value or two: up to so many values a walk from the
 * newest is faster than a table, and a table would be most of the memory.
 */
#define INDEX_MIN 32

/* A log of fewer is not worth thinning. */
#define THIN_MIN 32

/*
 * The window that ends now has exactly the values last seen in it, so that
 * uses in order need a list of the values by the time each was last seen.
 * Only late uses need the log of all of them.
 */
struct distinct_value {
	struct distinct_value *prev, *next; /* older, newer */
	usec_t		       time;	    /* last seen */
	uint64_t	       hash;
	size_t		       n;
	char		       bytes[];
};

void
distinct_init(struct distinct *d)
{
	*d = (struct distinct){0};
}

void
distinct_clear(struct distinct *d)
{
	struct distinct_value *v, *next;

	for (v = d->oldest; v != NULL; v = next) {
		next = v->next;
		free(v);
	}
	if (d->index != NULL)
		map_clear(d->index);
	if (d->log != NULL)
		series_clear(d->log);
	free(d->index);
	free(d->log);
	distinct_init(d);
}

size_t
distinct_size(const struct distinct *d)
{
	size_t each = sizeof(struct distinct_value);

	if (d->index != NULL)
		each += 2 * sizeof(struct map_slot);
	return d->n * each + d->bytes;
}

void
distinct_warm(const struct distinct *d)
{
	__builtin_prefetch(d->newest);
	__builtin_prefetch(d->start);
}

static struct slice
value_slice(const struct distinct_value *v)
{
	return (struct slice){v->bytes, v->n};
}

static struct slice
value_key(const void *value)
{
	return value_slice(value);
}

static struct distinct_value *
value_new(struct distinct *d, struct slice value, uint64_t hash)
{
	struct distinct_value *v = xmalloc(sizeof(*v) + value.n);

	*v = (struct distinct_value){.time = INT64_MIN,
	    .hash = hash,
	    .n = value.n};
	if (value.n > 0)
		memcpy(v->bytes, value.p, value.n);
	d->bytes += value.n;
	if (d->index != NULL)
		map_add_hashed(d->index, hash, v);
	return v;
}

/* From the INDEX_MIN-th value on there is an index, and it stays. */
static void
index_make(struct distinct *d)
{
	struct distinct_value *v;

	if (d->n < INDEX_MIN || d->index != NULL)
		return;
	d->index = xmalloc(sizeof(*d->index));
	map_init(d->index, value_key);
	for (v = d->oldest; v != NULL; v = v->next)
		map_add_hashed(d->index, v->hash, v);
}

static struct distinct_value *
value_find(const struct distinct *d, struct slice value, uint64_t hash)
{
	struct distinct_value *v;

	if (d->index != NULL)
		return map_find_hashed(d->index, value, hash);
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
	usec_t		       from;

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

void
distinct_copy(struct distinct *to, const struct distinct *from)
{
	const struct distinct_value *v;
	struct distinct_value	    *copy;

	distinct_init(to);
	for (v = from->oldest; v != NULL; v = v->next) {
		copy = value_new(to, value_slice(v), v->hash);
		copy->time = v->time;
		list_insert(to, copy);
		if (v == from->start)
			to->start = copy;
	}
	to->in = from->in;
	to->bytes = from->bytes;
	to->ntail = from->ntail;
	to->tail = from->tail;
	if (from->log != NULL) {
		to->log = xcalloc(1, sizeof(*to->log));
		series_copy(to->log, from->log);
	}
	index_make(to);
}

void
distinct_walk(const struct distinct *d, distinct_fn fn, void *arg)
{
	const struct distinct_value *v;
	uint32_t		     i;

	for (i = 0, v = d->newest; i < d->in && v != NULL; i++, v = v->prev)
		fn(value_slice(v), v->time, arg);
}

/* Those seen last decide; as many again, for when late ones come between. */
static uint64_t
values_keep(const struct window_rule *r)
{
	return 2 * bounds_enough(&r->bounds);
}

static void
distinct_trim(struct distinct *d, uint64_t keep)
{
	struct distinct_value *v;

	while (d->n > keep) {
		v = d->oldest;
		distinct_unlink(d, v);
		if (d->index != NULL)
			map_remove(d->index, value_slice(v));
		d->bytes -= v->n;
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

/* ---- late ones ---- */

/* How often each value lies in a window: open addressing, as large as asked. */
struct tally {
	struct tally_slot {
		uint64_t u;
		uint32_t n;
		bool	 taken;
	} * slots;
	uint32_t mask;
	uint64_t distinct;
};

static struct tally_slot *
tally_slot(struct tally *c, uint64_t u)
{
	uint64_t i;

	for (i = u;; i++) {
		i &= c->mask;
		if (!c->slots[i].taken || c->slots[i].u == u)
			break;
	}
	c->slots[i].taken = true;
	c->slots[i].u = u;
	return &c->slots[i];
}

static void
tally_init(struct tally *c, uint32_t entries)
{
	uint32_t size = 4;

	while (size < 2 * entries)
		size *= 2;
	*c = (struct tally){.mask = size - 1};
	c->slots = xcalloc(size, sizeof(*c->slots));
}

static void
tally_add(struct tally *c, uint64_t u)
{
	if (tally_slot(c, u)->n++ == 0)
		c->distinct++;
}

static void
tally_remove(struct tally *c, uint64_t u)
{
	if (--tally_slot(c, u)->n == 0)
		c->distinct--;
}

/* The windows that end at entry `at` or later and contain it. */
static bool
log_rejudge(const struct series *s, const struct window_rule *r, uint32_t at,
    struct window_view *view)
{
	usec_t	     t = series_time(s, at);
	uint32_t     from = series_find(s, t - r->span), i;
	struct tally c;
	bool	     holds = false;

	tally_init(&c, series_find(s, t + r->span + 1) - from);
	for (i = from; i < s->n && !holds && series_time(s, i) <= t + r->span;
	     i++) {
		tally_add(&c, series_at(s, i).u);
		for (; series_time(s, from) < series_time(s, i) - r->span;
		     from++)
			tally_remove(&c, series_at(s, from).u);
		if (i < at || !bounds_hold(&r->bounds, c.distinct))
			continue;
		view->count = c.distinct;
		view->first = series_time(s, from);
		holds = true;
	}
	free(c.slots);
	return holds;
}

/* The log, with room for one more. */
static struct series *
log_with_room(struct distinct *d, const struct window_rule *r, uint64_t *shed)
{
	uint64_t cap = window_rule_keep(r);

	if (d->log == NULL)
		d->log = xcalloc(1, sizeof(*d->log));
	if (!series_is_full(d->log, cap))
		return d->log;
	if (bounds_only_grow(&r->bounds) && d->log->n >= THIN_MIN)
		series_thin_equal(d->log, r->span);
	(void)series_make_room(d->log, r, cap, shed);
	return d->log;
}

static size_t
log_size(const struct distinct *d)
{
	return d->log != NULL ? series_size(d->log) : 0;
}

static void
log_append(struct distinct *d, const struct window_rule *r,
    struct series_entry e, uint64_t *shed)
{
	size_t before = log_size(d);

	series_push(log_with_room(d, r, shed), e);
	d->bytes += log_size(d) - before;
}

/* Returns its index. */
static uint32_t
log_insert(struct distinct *d, const struct window_rule *r,
    struct series_entry e, uint64_t *shed)
{
	size_t	 before = log_size(d);
	uint32_t at = series_insert(log_with_room(d, r, shed), r->span, e);

	d->bytes += log_size(d) - before;
	return at;
}

static struct series_entry
newest_entry(const struct distinct *d)
{
	return (
	    struct series_entry){.time = d->newest->time, .u = d->newest->hash};
}

/*
 * Before a use in order, of that value, becomes the newest.  Most uses of a
 * group have the value of the two before them: the one in the middle is not
 * needed then (see series_thin_equal), and the log's memory is not touched.
 */
static void
log_shift(struct distinct *d, const struct window_rule *r, usec_t t,
    uint64_t hash, uint64_t *shed)
{
	if (d->ntail < 2) {
		if (d->ntail == 1)
			d->tail = newest_entry(d);
		d->ntail++;
		return;
	}
	if (d->tail.u == hash && d->newest->hash == hash &&
	    t - d->tail.time <= r->span && bounds_only_grow(&r->bounds))
		return;
	log_append(d, r, d->tail, shed);
	d->tail = newest_entry(d);
}

static void
log_flush(struct distinct *d, const struct window_rule *r, uint64_t *shed)
{
	if (d->ntail == 2)
		log_append(d, r, d->tail, shed);
	if (d->ntail >= 1)
		log_append(d, r, newest_entry(d), shed);
	d->ntail = 0;
}

/* What was last seen is kept up, the log says what held. */
static bool
distinct_feed_late(struct distinct *d, const struct window_rule *r,
    struct distinct_value *v, usec_t t, uint64_t hash, struct window_view *view)
{
	uint32_t at;

	log_flush(d, r, &view->shed);
	if (v->time <= t) {
		v->time = t;
		list_insert(d, v);
		distinct_recount(d, r->span);
	}
	at = log_insert(d, r, (struct series_entry){.time = t, .u = hash},
	    &view->shed);
	return log_rejudge(d->log, r, at, view);
}

/* ---- in order ---- */

bool
distinct_feed(struct distinct *d, const struct window_rule *r, usec_t t,
    struct slice value, struct window_view *view)
{
	uint64_t	       hash = map_hash(value);
	struct distinct_value *v = value_find(d, value, hash);
	bool late = d->newest != NULL && t < d->newest->time, holds;

	if (!late)
		log_shift(d, r, t, hash, &view->shed);
	if (v == NULL)
		v = value_new(d, value, hash);
	else if (v->time <= t)
		distinct_unlink(d, v);
	if (late) {
		holds = distinct_feed_late(d, r, v, t, hash, view);
	} else {
		v->time = t;
		distinct_push(d, v, r->span);
		holds = bounds_hold(&r->bounds, d->in);
		view->count = d->in;
		view->first = d->start->time;
	}
	distinct_trim(d, values_keep(r));
	index_make(d);
	return holds;
}
