#include "stream/window.h"

#include <stdlib.h>

#include "base/mem.h"

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
	free(w->ring);
	window_init(w);
}

static struct window_entry *
entry(const struct window *w, uint32_t i)
{
	return &w->ring[(w->head + i) & w->mask];
}

static void
window_grow(struct window *w)
{
	uint32_t size = w->ring != NULL ? (w->mask + 1) * 2 : 4, i;
	struct window_entry *ring;

	ring = xreallocarray(NULL, size, sizeof(*ring));
	for (i = 0; i < w->n; i++)
		ring[i] = *entry(w, i);
	free(w->ring);
	w->ring = ring;
	w->mask = size - 1;
	w->head = 0;
}

/* Takes the oldest out. */
static void
window_drop(struct window *w)
{
	if (w->in == w->n) {
		w->sum -= entry(w, 0)->weight;
		w->in--;
	}
	w->head = (w->head + 1) & w->mask;
	w->n--;
}

/* After the newest moved on: leave behind what is older than the window. */
static void
window_advance(struct window *w, usec_t span)
{
	usec_t from = entry(w, w->n - 1)->time - span;
	struct window_entry *e;

	while ((e = entry(w, w->n - w->in))->time < from) {
		w->sum -= e->weight;
		w->in--;
	}
}

static void
window_push(struct window *w, usec_t span, usec_t t, uint64_t weight)
{
	if (w->ring == NULL || w->n > w->mask)
		window_grow(w);
	*entry(w, w->n) = (struct window_entry){t, weight};
	w->n++;
	w->in++;
	w->sum += weight;
	window_advance(w, span);
}

/* Puts a late use in its place and returns its index. */
static uint32_t
window_insert(struct window *w, usec_t span, usec_t t, uint64_t weight)
{
	uint32_t i = w->n, j;

	while (i > 0 && entry(w, i - 1)->time > t)
		i--;
	if (entry(w, w->n - 1)->time - span <= t) {
		w->sum += weight;
		w->in++;
	}
	if (i > 0 && entry(w, i - 1)->time == t) {
		entry(w, i - 1)->weight += weight;
		/* No entry more: the window holds as many as before. */
		if (entry(w, w->n - 1)->time - span <= t)
			w->in--;
		return i - 1;
	}
	if (w->n > w->mask)
		window_grow(w);
	for (j = w->n; j > i; j--)
		*entry(w, j) = *entry(w, j - 1);
	*entry(w, i) = (struct window_entry){t, weight};
	w->n++;
	return i;
}

/* The windows that end at entry `at` or later and contain it. */
static bool
window_rejudge(const struct window *w, const struct window_rule *r,
    uint32_t at, struct window_view *view)
{
	usec_t t = entry(w, at)->time;
	uint64_t sum = 0;
	uint32_t from = at, end;

	while (from > 0 && entry(w, from - 1)->time >= t - r->span) {
		from--;
		sum += entry(w, from)->weight;
	}
	for (end = at; end < w->n && entry(w, end)->time <= t + r->span;
	     end++) {
		sum += entry(w, end)->weight;
		while (entry(w, from)->time < entry(w, end)->time - r->span) {
			sum -= entry(w, from)->weight;
			from++;
		}
		if (bounds_hold(&r->bounds, sum)) {
			view->count = sum;
			view->first = entry(w, from)->time;
			return true;
		}
	}
	return false;
}

bool
window_feed(struct window *w, const struct window_rule *r, usec_t t,
    uint64_t weight, struct window_view *view)
{
	uint64_t keep = window_rule_keep(r);
	struct window_entry *newest;
	bool holds;

	if (weight > WEIGHT_MAX)
		weight = WEIGHT_MAX;
	newest = w->n > 0 ? entry(w, w->n - 1) : NULL;
	if (newest != NULL && t < newest->time) {
		holds = window_rejudge(w, r,
		    window_insert(w, r->span, t, weight), view);
		while (w->n > keep)
			window_drop(w);
		return holds;
	}
	if (newest != NULL && t == newest->time) {
		newest->weight += weight;
		w->sum += weight;
	} else {
		window_push(w, r->span, t, weight);
	}
	while (w->n > keep)
		window_drop(w);
	if (!bounds_hold(&r->bounds, w->sum))
		return false;
	view->count = w->sum;
	view->first = entry(w, w->n - w->in)->time;
	return true;
}
