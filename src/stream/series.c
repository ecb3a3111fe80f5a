#include "stream/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RING_MIN 4

void
series_clear(struct series *s)
{
	free(s->ring);
	*s = (struct series){0};
}

void
series_copy(struct series *to, const struct series *from)
{
	*to = *from;
	if (from->ring == NULL)
		return;
	to->ring =
	    xreallocarray(NULL, (size_t)from->mask + 1, sizeof(*to->ring));
	memcpy(to->ring, from->ring, series_size(from));
}

size_t
series_size(const struct series *s)
{
	return s->ring != NULL ?
	    ((size_t)s->mask + 1) * sizeof(struct series_entry) :
	    0;
}

static void
series_grow(struct series *s)
{
	uint32_t size = s->ring != NULL ? (s->mask + 1) * 2 : RING_MIN, i;
	struct series_entry *ring;

	ring = xreallocarray(NULL, size, sizeof(*ring));
	for (i = 0; i < s->n; i++)
		ring[i] = *series_at(s, i);
	free(s->ring);
	s->ring = ring;
	s->mask = size - 1;
	s->head = 0;
}

/* Takes the oldest out; was it in the window? */
static bool
series_drop(struct series *s)
{
	bool was_in = s->in == s->n;

	s->in -= was_in;
	s->head = (s->head + 1) & s->mask;
	s->n--;
	return was_in;
}

bool
series_make_room(struct series *s, const struct window_rule *r, uint64_t cap)
{
	bool   changed = false;
	usec_t from;

	if (s->n > 0) {
		from = series_at(s, s->n - 1)->time - r->span - r->late;
		while (series_at(s, 0)->time < from)
			changed |= series_drop(s);
	}
	if (s->n >= cap) {
		/* Several at once, so that it is not done at each use. */
		while (s->n > 0 && s->n >= cap - cap / 4) {
			changed |= series_drop(s);
			s->shed++;
		}
	}
	/* A quarter stays free, or the next use would be back here. */
	if (s->ring == NULL ||
	    (s->n > s->mask - s->mask / 4 && s->mask + 1 < cap))
		series_grow(s);
	return changed;
}

void
series_push(struct series *s, struct series_entry e)
{
	*series_at(s, s->n) = e;
	s->n++;
	s->in++;
}

uint32_t
series_insert(struct series *s, usec_t span, struct series_entry e)
{
	usec_t	 from = series_at(s, s->n - 1)->time - span;
	uint32_t i;

	for (i = s->n; i > 0 && series_at(s, i - 1)->time > e.time; i--)
		*series_at(s, i) = *series_at(s, i - 1);
	*series_at(s, i) = e;
	s->n++;
	if (e.time >= from)
		s->in++;
	return i;
}

bool
series_leave(struct series *s, usec_t span, struct series_entry *out)
{
	const struct series_entry *e = series_at(s, s->n - s->in);

	if (e->time >= series_at(s, s->n - 1)->time - span)
		return false;
	*out = *e;
	s->in--;
	return true;
}

uint32_t
series_find(const struct series *s, usec_t t)
{
	uint32_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (series_at(s, mid)->time < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
series_recount(struct series *s, usec_t span)
{
	s->in = s->n == 0 ?
	    0 :
	    s->n - series_find(s, series_at(s, s->n - 1)->time - span);
}

void
series_thin_dense(struct series *s, usec_t span, uint64_t enough)
{
	uint32_t i, k = 0;

	for (i = 0; i < s->n; i++) {
		if (k >= enough && s->n - i > enough &&
		    series_at(s, i + (uint32_t)enough)->time -
			    series_at(s, k - (uint32_t)enough)->time <=
			span)
			continue;
		*series_at(s, k++) = *series_at(s, i);
	}
	s->n = k;
	series_recount(s, span);
}

/* ---- equal ones ---- */

/* Where each `u` was met last: open addressing, 0 is nowhere. */
struct met {
	uint64_t *u;
	uint32_t *at; /* index + 1 */
	uint32_t  mask;
};

static uint32_t *
met_find(struct met *m, uint64_t u)
{
	uint64_t i = u * 0x9E3779B97F4A7C15ULL >> 32;

	for (;; i++) {
		i &= m->mask;
		if (m->at[i] == 0 || m->u[i] == u) {
			m->u[i] = u;
			return &m->at[i];
		}
	}
}

/* The index of the next with the same `u`, n for none, of each. */
static uint32_t *
find_next_equal(const struct series *s, struct met *m)
{
	uint32_t *next = xreallocarray(NULL, s->n, sizeof(*next));
	uint32_t *at, i;

	for (i = s->n; i-- > 0;) {
		at = met_find(m, series_at(s, i)->u);
		next[i] = *at == 0 ? s->n : *at - 1;
		*at = i + 1;
	}
	return next;
}

static void
thin_equal(struct series *s, usec_t span, struct met *m, const uint32_t *next)
{
	struct series_entry e;
	uint32_t	    i, k = 0, *at;

	/* Times of what stays come in front; those behind i are untouched. */
	for (i = 0; i < s->n; i++) {
		e = *series_at(s, i);
		at = met_find(m, e.u);
		if (*at != 0 && next[i] < s->n &&
		    series_at(s, next[i])->time - series_at(s, *at - 1)->time <=
			span)
			continue;
		*series_at(s, k) = e;
		*at = ++k;
	}
	s->n = k;
}

void
series_thin_equal(struct series *s, usec_t span)
{
	uint32_t   size = RING_MIN, *next;
	struct met m;

	if (s->n < 3)
		return;
	while (size < 2 * s->n)
		size *= 2;
	m.mask = size - 1;
	m.u = xreallocarray(NULL, size, sizeof(*m.u));
	m.at = xcalloc(size, sizeof(*m.at));
	next = find_next_equal(s, &m);
	memset(m.at, 0, size * sizeof(*m.at));
	thin_equal(s, span, &m, next);
	free(next);
	free(m.at);
	free(m.u);
	series_recount(s, span);
}
