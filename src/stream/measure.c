#include "stream/measure.h"

void
measure_clear(struct measure *m)
{
	series_clear(&m->values);
	figures_clear(&m->now);
	m->gone = 0;
}

void
measure_copy(struct measure *to, const struct measure *from)
{
	*to = *from;
	series_copy(&to->values, &from->values);
	figures_copy(&to->now, &from->now);
}

static void
measure_recount(struct measure *m, const struct measure_rule *mr)
{
	uint32_t i;

	figures_reset(&m->now);
	m->gone = 0;
	for (i = m->values.n - m->values.in; i < m->values.n; i++)
		figures_add(&m->now, mr->what, series_at(&m->values, i).d);
}

static bool
measure_holds(const struct figures *f, const struct measure_rule *mr)
{
	return figures_hold(&mr->bounds, figures_value(f, mr->what, mr->rank));
}

static void
measure_push(struct measure *m, const struct window_rule *r,
    const struct measure_rule *mr, struct series_entry e)
{
	struct series_entry left;

	series_push(&m->values, e);
	figures_add(&m->now, mr->what, e.d);
	while (series_leave(&m->values, r->span, &left)) {
		figures_remove(&m->now, mr->what, left.d);
		m->gone++;
	}
	if (mr->what != FIGURE_PERCENTILE && m->gone > m->values.in)
		measure_recount(m, mr);
}

/* The windows that end at entry `at` or later and contain it. */
static bool
measure_rejudge(const struct measure *m, const struct window_rule *r,
    const struct measure_rule *mr, uint32_t at, struct window_view *view)
{
	const struct series *s = &m->values;
	usec_t		     t = series_time(s, at);
	uint32_t	     from = series_find(s, t - r->span), i;
	struct figures	     f = {0};
	bool		     holds = false;

	for (i = from; i < s->n && !holds && series_time(s, i) <= t + r->span;
	     i++) {
		figures_add(&f, mr->what, series_at(s, i).d);
		for (; series_time(s, from) < series_time(s, i) - r->span;
		     from++)
			figures_remove(&f, mr->what, series_at(s, from).d);
		if (i < at || !measure_holds(&f, mr))
			continue;
		view->count = f.n;
		view->first = series_time(s, from);
		holds = true;
	}
	figures_clear(&f);
	return holds;
}

static bool
measure_feed_late(struct measure *m, const struct window_rule *r,
    const struct measure_rule *mr, struct series_entry e,
    struct window_view *view)
{
	uint32_t at = series_insert(&m->values, r->span, e);

	if (series_is_in(&m->values, at))
		figures_add(&m->now, mr->what, e.d);
	return measure_rejudge(m, r, mr, at, view);
}

static uint64_t
values_max(const struct window_rule *r, const struct measure_rule *mr)
{
	if (r->late == 0)
		return SERIES_MAX;
	return mr->what == FIGURE_PERCENTILE ? MEASURE_SORT_MAX :
					       MEASURE_KEEP_MAX;
}

bool
measure_feed(struct measure *m, const struct window_rule *r,
    const struct measure_rule *mr, usec_t t, double x, struct window_view *view)
{
	struct series	   *s = &m->values;
	struct series_entry e = {.time = t, .d = x};
	uint64_t	    cap = values_max(r, mr);

	if (series_is_full(s, cap) && series_make_room(s, r, cap, &view->shed))
		measure_recount(m, mr);
	if (series_is_late(s, t))
		return measure_feed_late(m, r, mr, e, view);
	measure_push(m, r, mr, e);
	view->count = s->in;
	view->first = series_time(s, s->n - s->in);
	return measure_holds(&m->now, mr);
}
