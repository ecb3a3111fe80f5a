#include "stream/window.h"

/* So that sums of any number of entries kept cannot overflow. */
#define WEIGHT_MAX ((uint64_t)1 << 40)

void
window_init(struct window *w)
{
	*w = (struct window){0};
}

void
window_clear(struct window *w)
{
	series_clear(&w->uses);
	window_init(w);
}

void
window_copy(struct window *to, const struct window *from)
{
	*to = *from;
	series_copy(&to->uses, &from->uses);
}

static void
window_recount(struct window *w, usec_t span)
{
	uint32_t i;

	series_recount(&w->uses, span);
	w->sum = 0;
	for (i = w->uses.n - w->uses.in; i < w->uses.n; i++)
		w->sum += series_at(&w->uses, i)->u;
}

static void
window_make_room(struct window *w, const struct window_rule *r)
{
	uint64_t cap = window_rule_keep(r);

	if (!series_is_full(&w->uses, cap))
		return;
	if (bounds_only_grow(&r->bounds) && r->late > 0)
		series_thin_dense(&w->uses, r->span, bounds_enough(&r->bounds));
	(void)series_make_room(&w->uses, r, cap);
	window_recount(w, r->span);
}

/*
 * Uses of the same time are one entry where the windows between them do not
 * matter.
 */
static bool
window_merge(struct window *w, const struct window_rule *r, uint32_t at,
    usec_t t, uint64_t weight)
{
	struct series_entry *e = series_at(&w->uses, at);

	if (e->time != t || !bounds_only_grow(&r->bounds))
		return false;
	e->u += weight;
	if (at >= w->uses.n - w->uses.in)
		w->sum += weight;
	return true;
}

/* Puts a late use in its place and returns its index. */
static uint32_t
window_insert(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight)
{
	uint32_t at = series_find(&w->uses, t + 1);

	if (at > 0 && window_merge(w, r, at - 1, t, weight))
		return at - 1;
	at = series_insert(&w->uses, r->span,
	    (struct series_entry){.time = t, .u = weight});
	if (at >= w->uses.n - w->uses.in)
		w->sum += weight;
	return at;
}

/* The windows that end at entry `at` or later and contain it. */
static bool
window_rejudge(const struct window *w, const struct window_rule *r, uint32_t at,
    struct window_view *view)
{
	const struct series *s = &w->uses;
	usec_t		     t = series_at(s, at)->time;
	uint32_t	     from = series_find(s, t - r->span), i;
	uint64_t	     sum = 0;

	for (i = from; i < s->n && series_at(s, i)->time <= t + r->span; i++) {
		sum += series_at(s, i)->u;
		for (;
		     series_at(s, from)->time < series_at(s, i)->time - r->span;
		     from++)
			sum -= series_at(s, from)->u;
		if (i >= at && bounds_hold(&r->bounds, sum)) {
			view->count = sum;
			view->first = series_at(s, from)->time;
			return true;
		}
	}
	return false;
}

static void
window_push(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight)
{
	struct series_entry left;

	series_push(&w->uses, (struct series_entry){.time = t, .u = weight});
	w->sum += weight;
	while (series_leave(&w->uses, r->span, &left))
		w->sum -= left.u;
}

bool
window_feed(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight, struct window_view *view)
{
	struct series *s = &w->uses;

	if (weight > WEIGHT_MAX)
		weight = WEIGHT_MAX;
	window_make_room(w, r);
	if (series_is_late(s, t))
		return window_rejudge(w, r, window_insert(w, r, t, weight),
		    view);
	if (s->n == 0 || !window_merge(w, r, s->n - 1, t, weight))
		window_push(w, r, t, weight);
	if (!bounds_hold(&r->bounds, w->sum))
		return false;
	view->count = w->sum;
	view->first = series_at(s, s->n - s->in)->time;
	return true;
}
