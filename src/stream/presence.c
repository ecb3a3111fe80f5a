#include "stream/presence.h"

#include <string.h>

#define NEVER INT64_MIN

size_t
presence_size(const struct presence_rule *pr)
{
	return sizeof(struct presence) + pr->nkinds * sizeof(usec_t);
}

void
presence_clear(struct presence *p)
{
	series_clear(&p->log);
	p->begun = false;
}

void
presence_copy(struct presence *to, const struct presence *from,
    const struct presence_rule *pr)
{
	memcpy(to, from, presence_size(pr));
	series_copy(&to->log, &from->log);
}

static bool
has_kind(uint64_t kinds, unsigned k)
{
	return (kinds >> k & 1) != 0;
}

/* ---- what was seen ---- */

static bool
ops_hold(const struct presence_rule *pr, uint64_t seen)
{
	bool	 stack[PRESENCE_OPS_MAX];
	unsigned i, n = 0;

	for (i = 0; i < pr->nops; i++) {
		switch (pr->ops[i]) {
		case PRESENCE_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case PRESENCE_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		case PRESENCE_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		default:
			stack[n++] = has_kind(seen, (unsigned)pr->ops[i]);
		}
	}
	return stack[0];
}

static bool
seen_hold(const struct window_rule *r, const struct presence_rule *pr,
    uint64_t seen)
{
	if (pr->ops != NULL)
		return ops_hold(pr, seen);
	return bounds_hold(&r->bounds, (uint64_t)__builtin_popcountll(seen));
}

/* By the time each kind was last seen. */
static bool
seen_judge(const usec_t *last, const struct window_rule *r,
    const struct presence_rule *pr, usec_t t, struct window_view *view)
{
	uint64_t seen = 0;
	unsigned k;

	view->count = 0;
	view->first = t;
	for (k = 0; k < pr->nkinds; k++) {
		if (last[k] == NEVER || last[k] < t - r->span)
			continue;
		seen |= (uint64_t)1 << k;
		view->count++;
		if (last[k] < view->first)
			view->first = last[k];
	}
	return seen_hold(r, pr, seen);
}

static void
seen_take(usec_t *last, const struct presence_rule *pr, usec_t t,
    uint64_t kinds)
{
	unsigned k;

	for (k = 0; k < pr->nkinds; k++)
		if (has_kind(kinds, k) && (last[k] == NEVER || t > last[k]))
			last[k] = t;
}

/* ---- what was seen in order ---- */

/* From the last place down, so that one use takes one place. */
static void
chain_take(usec_t *start, const struct presence_rule *pr, usec_t t,
    uint64_t kinds)
{
	unsigned k;

	for (k = pr->nkinds; k-- > 0;) {
		if (!has_kind(kinds, k))
			continue;
		if (k == 0)
			start[0] = t;
		else if (start[k - 1] > start[k])
			start[k] = start[k - 1];
	}
}

/* How many places, from the first on, lie in the window in their order. */
static bool
chain_judge(const usec_t *start, const struct window_rule *r,
    const struct presence_rule *pr, usec_t t, struct window_view *view)
{
	unsigned n = pr->nkinds;

	while (n > 0 && (start[n - 1] == NEVER || start[n - 1] < t - r->span))
		n--;
	/* What holds without any of them is the use alone. */
	view->count = n > 0 ? n : 1;
	view->first = n > 0 ? start[n - 1] : t;
	return bounds_hold(&r->bounds, n);
}

/* ---- both ---- */

static void
presence_take(usec_t *time, const struct presence_rule *pr, usec_t t,
    uint64_t kinds)
{
	if (pr->ordered)
		chain_take(time, pr, t, kinds);
	else
		seen_take(time, pr, t, kinds);
}

static bool
presence_judge(const usec_t *time, const struct window_rule *r,
    const struct presence_rule *pr, usec_t t, struct window_view *view)
{
	return pr->ordered ? chain_judge(time, r, pr, t, view) :
			     seen_judge(time, r, pr, t, view);
}

static void
forget(usec_t *time, const struct presence_rule *pr)
{
	unsigned k;

	for (k = 0; k < pr->nkinds; k++)
		time[k] = NEVER;
}

/*
 * The windows that end at entry `at` or later and contain it: what happened a
 * span before it and a span after it, from the beginning.
 */
static bool
presence_rejudge(const struct presence *p, const struct window_rule *r,
    const struct presence_rule *pr, uint32_t at, struct window_view *view)
{
	const struct series *s = &p->log;
	usec_t		     time[PRESENCE_KINDS_MAX], t = series_time(s, at);
	struct series_entry  e;
	uint32_t	     i;

	forget(time, pr);
	for (i = series_find(s, t - r->span); i < s->n; i++) {
		e = series_at(s, i);
		if (e.time > t + r->span)
			break;
		presence_take(time, pr, e.time, e.u);
		if (i >= at && presence_judge(time, r, pr, e.time, view))
			return true;
	}
	return false;
}

/* A late use may be a link of chains that go on behind it. */
static void
chain_relink(struct presence *p, const struct window_rule *r,
    const struct presence_rule *pr)
{
	const struct series *s = &p->log;
	usec_t		     start[PRESENCE_KINDS_MAX];
	uint32_t	     i;
	unsigned	     k;

	forget(start, pr);
	i = series_find(s, series_newest(s) - r->span);
	for (; i < s->n; i++)
		chain_take(start, pr, series_time(s, i), series_at(s, i).u);
	for (k = 0; k < pr->nkinds; k++)
		if (start[k] > p->time[k])
			p->time[k] = start[k];
}

static bool
presence_feed_late(struct presence *p, const struct window_rule *r,
    const struct presence_rule *pr, struct series_entry e,
    struct window_view *view)
{
	uint32_t at = series_insert(&p->log, r->span, e);

	if (pr->ordered)
		chain_relink(p, r, pr);
	else
		seen_take(p->time, pr, e.time, e.u);
	return presence_rejudge(p, r, pr, at, view);
}

/* Between two equal ones within a span: see series_thin_equal. */
static bool
log_extend(struct series *s, const struct window_rule *r, struct series_entry e)
{
	if (s->n < 2 || series_at(s, s->n - 1).u != e.u ||
	    series_at(s, s->n - 2).u != e.u ||
	    e.time - series_time(s, s->n - 2) > r->span)
		return false;
	series_extend(s, e.time);
	return true;
}

static void
log_make_room(struct series *s, const struct window_rule *r, bool thins,
    uint64_t *shed)
{
	uint64_t cap = window_rule_keep(r);

	if (!series_is_full(s, cap))
		return;
	if (thins)
		series_thin_equal(s, r->span);
	(void)series_make_room(s, r, cap, shed);
}

bool
presence_feed(struct presence *p, const struct window_rule *r,
    const struct presence_rule *pr, usec_t t, uint64_t kinds,
    struct window_view *view)
{
	struct series_entry e = {.time = t, .u = kinds};
	bool		    thins = pr->only_grow && !pr->ordered;

	if (!p->begun) {
		forget(p->time, pr);
		p->begun = true;
	}
	log_make_room(&p->log, r, thins, &view->shed);
	if (series_is_late(&p->log, t))
		return presence_feed_late(p, r, pr, e, view);
	if (!thins || !log_extend(&p->log, r, e))
		series_push(&p->log, e);
	presence_take(p->time, pr, t, kinds);
	return presence_judge(p->time, r, pr, t, view);
}
