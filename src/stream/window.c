#include "stream/window.h"

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
window_make_room(struct window *w, const struct window_rule *r, uint64_t *shed)
{
	uint64_t cap = window_rule_keep(r);

	if (!series_is_full(&w->uses, cap))
		return;
	if (bounds_only_grow(&r->bounds) && r->late > 0)
		series_thin_dense(&w->uses, r->span, bounds_enough(&r->bounds));
	(void)series_make_room(&w->uses, r, cap, shed);
}

/*
 * Uses of the same time are one entry where the windows between them do not
 * matter and an entry has room for a weight.
 */
static bool
window_merge(struct window *w, const struct window_rule *r, uint32_t at,
    usec_t t, uint64_t weight)
{
	struct series_entry e = series_at(&w->uses, at);

	if (!w->uses.is_wide || e.time != t || !bounds_only_grow(&r->bounds) ||
	    e.u + weight > WINDOW_WEIGHT_MAX)
		return false;
	series_add(&w->uses, at, weight);
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
	return series_insert(&w->uses, r->span,
	    (struct series_entry){.time = t, .u = weight});
}

/* The windows that end at entry `at` or later and contain it. */
static bool
window_rejudge(const struct window *w, const struct window_rule *r, uint32_t at,
    struct window_view *view)
{
	const struct series *s = &w->uses;
	usec_t		     t = series_time(s, at);
	uint32_t	     from = series_find(s, t - r->span), i;
	uint64_t	     sum = 0;

	for (i = from; i < s->n && series_time(s, i) <= t + r->span; i++) {
		sum += series_at(s, i).u;
		for (; series_time(s, from) < series_time(s, i) - r->span;
		     from++)
			sum -= series_at(s, from).u;
		if (i >= at && bounds_hold(&r->bounds, sum)) {
			view->count = sum;
			view->first = series_time(s, from);
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
	while (series_leave(&w->uses, r->span, &left))
		continue;
}

bool
window_feed(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight, struct window_view *view)
{
	struct series *s = &w->uses;

	if (weight > WINDOW_WEIGHT_MAX)
		weight = WINDOW_WEIGHT_MAX;
	window_make_room(w, r, &view->shed);
	if (series_is_late(s, t))
		return window_rejudge(w, r, window_insert(w, r, t, weight),
		    view);
	if (s->n == 0 || !window_merge(w, r, s->n - 1, t, weight))
		window_push(w, r, t, weight);
	if (!bounds_hold(&r->bounds, series_sum(s)))
		return false;
	view->count = series_sum(s);
	view->first = series_time(s, s->n - s->in);
	return true;
}
