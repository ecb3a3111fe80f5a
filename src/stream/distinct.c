#include "stream/distinct.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

/* A log of fewer is not worth thinning. */
#define THIN_MIN 32

/*
 * The window that ends now has exactly the values last seen in it, so that
 * uses in order need the values by the time each was last seen.  Only late
 * uses need the log of all of them.
 */

void
distinct_init(struct distinct *d)
{
	*d = (struct distinct){0};
}

void
distinct_clear(struct distinct *d)
{
	values_clear(&d->values);
	series_clear(&d->log);
	distinct_init(d);
}

size_t
distinct_size(const struct distinct *d)
{
	return values_size(&d->values) + series_size(&d->log);
}

size_t
distinct_least(uint64_t n)
{
	size_t each = sizeof(struct value_seen);

	/* And at the most half of the index is in use. */
	if (n >= VALUES_INDEXED)
		each += 2 * sizeof(uint32_t);
	return n * each;
}

void
distinct_warm(const struct distinct *d)
{
	values_warm(&d->values);
	series_warm(&d->log);
}

void
distinct_copy(struct distinct *to, const struct distinct *from)
{
	*to = *from;
	values_copy(&to->values, &from->values);
	series_copy(&to->log, &from->log);
}

void
distinct_walk(const struct distinct *d, distinct_fn fn, void *arg)
{
	uint32_t i = d->values.newest, k;

	for (k = 0; k < d->in; k++, i = d->values.slot[i].prev)
		fn(values_text(&d->values, i), d->values.slot[i].time, arg);
}

/* ---- the window that ends at the newest ---- */

/* There must be one. */
static struct value_seen *
newest_of(const struct distinct *d)
{
	return &d->values.slot[d->values.newest];
}

static struct value_seen *
start_of(const struct distinct *d)
{
	return &d->values.slot[d->start];
}

static void
distinct_recount(struct distinct *d, usec_t span)
{
	const struct values *vs = &d->values;
	usec_t		     from = newest_of(d)->time - span;
	uint32_t	     i;

	d->in = 0;
	for (i = vs->newest; i != VALUE_NONE && vs->slot[i].time >= from;
	     i = vs->slot[i].prev) {
		d->start = i;
		d->in++;
	}
}

/* A value leaves the window, if it is in it. */
static void
leave_window(struct distinct *d, uint32_t i)
{
	if (d->values.slot[i].time < start_of(d)->time)
		return;
	d->in--;
	if (i == d->start)
		d->start = d->values.slot[i].next;
}

/* The newest has entered the window: its start moves up. */
static void
enter_window(struct distinct *d, usec_t span)
{
	usec_t from = newest_of(d)->time - span;

	if (d->in++ == 0)
		d->start = d->values.newest;
	for (; start_of(d)->time < from; d->in--)
		d->start = start_of(d)->next;
}

/* Those seen last decide; as many again, for when late ones come between. */
static uint64_t
values_keep(const struct window_rule *r)
{
	uint64_t n = 2 * bounds_enough(&r->bounds);

	return n < VALUES_MAX ? n : VALUES_MAX - 1;
}

static void
distinct_trim(struct distinct *d, uint64_t keep)
{
	uint32_t oldest;

	while (d->values.n > keep) {
		oldest = d->values.oldest;
		leave_window(d, oldest);
		values_drop(&d->values);
		/* The last took the number of the oldest. */
		if (d->start == d->values.n)
			d->start = oldest;
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

	if (!series_is_full(&d->log, cap))
		return &d->log;
	if (bounds_only_grow(&r->bounds) && d->log.n >= THIN_MIN)
		series_thin_equal(&d->log, r->span);
	(void)series_make_room(&d->log, r, cap, shed);
	return &d->log;
}

static struct series_entry
newest_entry(const struct distinct *d)
{
	const struct value_seen *v = newest_of(d);

	return (struct series_entry){.time = v->time, .u = v->hash};
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
	if (d->tail.u == hash && newest_of(d)->hash == hash &&
	    t - d->tail.time <= r->span && bounds_only_grow(&r->bounds))
		return;
	series_push(log_with_room(d, r, shed), d->tail);
	d->tail = newest_entry(d);
}

static void
log_flush(struct distinct *d, const struct window_rule *r, uint64_t *shed)
{
	if (d->ntail == 2)
		series_push(log_with_room(d, r, shed), d->tail);
	if (d->ntail >= 1)
		series_push(log_with_room(d, r, shed), newest_entry(d));
	d->ntail = 0;
}

/* What was last seen is kept up, the log says what held. */
static bool
distinct_feed_late(struct distinct *d, const struct window_rule *r, uint32_t i,
    struct slice value, struct series_entry e, struct window_view *view)
{
	uint32_t at;

	log_flush(d, r, &view->shed);
	if (i == VALUE_NONE)
		(void)values_add(&d->values, value, e.u, e.time);
	else if (d->values.slot[i].time <= e.time)
		values_see(&d->values, i, e.time);
	distinct_recount(d, r->span);
	at = series_insert(log_with_room(d, r, &view->shed), r->span, e);
	return log_rejudge(&d->log, r, at, view);
}

/* ---- in order ---- */

static bool
distinct_feed_newest(struct distinct *d, const struct window_rule *r,
    uint32_t i, struct slice value, struct series_entry e,
    struct window_view *view)
{
	log_shift(d, r, e.time, e.u, &view->shed);
	if (i == VALUE_NONE) {
		(void)values_add(&d->values, value, e.u, e.time);
	} else {
		leave_window(d, i);
		values_see(&d->values, i, e.time);
	}
	enter_window(d, r->span);
	view->count = d->in;
	view->first = start_of(d)->time;
	return bounds_hold(&r->bounds, d->in);
}

bool
distinct_feed(struct distinct *d, const struct window_rule *r, usec_t t,
    struct slice value, struct window_view *view)
{
	struct series_entry e = {.time = t, .u = map_hash(value)};
	uint32_t	    i = values_find(&d->values, value, e.u);
	bool		    holds;

	if (d->values.n > 0 && t < newest_of(d)->time)
		holds = distinct_feed_late(d, r, i, value, e, view);
	else
		holds = distinct_feed_newest(d, r, i, value, e, view);
	distinct_trim(d, values_keep(r));
	return holds;
}
