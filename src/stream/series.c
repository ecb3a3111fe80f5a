#include "stream/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define OFFSET_MAX (((int64_t)1 << 47) - 1)

/* ---- room ---- */

static size_t
room_size(bool wide, size_t cap)
{
	if (wide)
		return sizeof(struct series_wide) +
		    cap * sizeof(struct series_entry);
	return cap == 0 ?
	    0 :
	    sizeof(struct series_narrow) + cap * sizeof(struct series_offset);
}

size_t
series_size(const struct series *s)
{
	return room_size(s->is_wide, s->cap);
}

void
series_clear(struct series *s)
{
	if (s->cap > 0)
		free(s->wide);
	*s = (struct series){.n = 0};
}

void
series_copy(struct series *to, const struct series *from)
{
	*to = *from;
	if (from->cap == 0)
		return;
	to->wide = xmalloc(series_size(from));
	memcpy(to->wide, from->wide, series_size(from));
}

/*
 * A quarter more, but for what is small, for there are many of those: no more
 * than the next size that malloc(3) has.  Those are odd numbers of 8 bytes.
 */
static uint32_t
larger(bool wide, uint32_t cap)
{
	size_t each =
	    wide ? sizeof(struct series_entry) : sizeof(struct series_offset);
	size_t size =
	    room_size(wide, cap + (wide ? 3 : 1) + (cap < 64 ? 0 : cap / 4));

	size = (size + 7) / 16 * 16 + 8 - sizeof(struct series_narrow);
	return size / each > SERIES_MAX ? SERIES_MAX : (uint32_t)(size / each);
}

/* ---- entries ---- */

/* May the entry go where only times within reach of the base do? */
static bool
is_plain(const struct series *s, struct series_entry e)
{
	int64_t offset;

	if (e.u != 1)
		return false;
	if (s->cap == 0)
		return true;
	offset = e.time - s->narrow->base;
	return offset <= OFFSET_MAX && offset >= -OFFSET_MAX;
}

static void
put(struct series *s, uint32_t i, struct series_entry e)
{
	uint64_t offset;

	if (s->is_wide) {
		s->wide->at[i] = e;
	} else if (s->cap == 0) {
		s->one = e.time;
	} else {
		offset = (uint64_t)(e.time - s->narrow->base);
		s->narrow->at[i] = (struct series_offset){{(uint16_t)offset,
		    (uint16_t)(offset >> 16), (uint16_t)(offset >> 32)}};
	}
}

/* Without the oldest `from`, in new room. */
static void
rebuild(struct series *s, uint32_t from, uint32_t cap, bool wide)
{
	struct series to = *s;
	uint32_t      i;

	/* Those in front of the newest lie as far back as the oldest. */
	if (!wide && s->n > from &&
	    series_newest(s) - series_time(s, from) > OFFSET_MAX)
		wide = true;
	to.cap = cap & SERIES_MAX;
	to.is_wide = wide;
	to.wide = xmalloc(room_size(wide, cap));
	if (wide)
		to.wide->sum = series_sum(s);
	else
		to.narrow->base = s->n > 0 ? series_newest(s) : 0;
	for (i = from; i < s->n; i++)
		put(&to, i - from, series_at(s, i));
	to.n = s->n - from;
	if (s->cap > 0)
		free(s->wide);
	*s = to;
}

/* To the sum of the window, where that is not their number. */
static void
add_sum(struct series *s, uint64_t u)
{
	if (s->is_wide)
		s->wide->sum += u;
}

static void
admit(struct series *s, struct series_entry e)
{
	if (!s->is_wide && !is_plain(s, e))
		rebuild(s, 0, s->cap > 0 ? s->cap : larger(true, 0), true);
}

/* How many of the oldest no late use can reach, or are too many. */
static uint32_t
too_many(const struct series *s, const struct window_rule *r, uint64_t cap,
    uint64_t *shed)
{
	uint32_t k = 0, keep = (uint32_t)(cap - cap / 4);

	if (s->n > 0)
		k = series_find(s, series_newest(s) - r->span - r->late);
	/* Several at once, so that it is not done at each use. */
	if (s->n - k >= cap) {
		*shed += s->n - k - keep + 1;
		k = s->n - keep + 1;
	}
	return k;
}

/* The oldest `k` will go; was one of them in the window? */
static bool
leave_window(struct series *s, uint32_t k)
{
	uint32_t i;

	if (s->in <= s->n - k)
		return false;
	for (i = s->n - s->in; i < k; i++)
		add_sum(s, 0 - series_at(s, i).u);
	s->in = s->n - k;
	return true;
}

bool
series_make_room(struct series *s, const struct window_rule *r, uint64_t cap,
    uint64_t *shed)
{
	uint32_t k, room = s->cap;
	bool	 changed;

	if (cap > SERIES_MAX)
		cap = SERIES_MAX;
	k = too_many(s, r, cap, shed);
	changed = leave_window(s, k);
	/* A quarter stays free, or the next use would be back here. */
	if (s->n - k + room / 4 + 1 > room && room < cap)
		room = larger(s->is_wide, room);
	if (s->cap == 0 && s->n == k)
		s->n = 0;
	else
		rebuild(s, k, room, s->is_wide);
	return changed;
}

void
series_push(struct series *s, struct series_entry e)
{
	admit(s, e);
	put(s, s->n, e);
	s->n++;
	s->in++;
	add_sum(s, e.u);
}

uint32_t
series_insert(struct series *s, usec_t span, struct series_entry e)
{
	usec_t	 from = series_newest(s) - span;
	uint32_t i;

	admit(s, e);
	for (i = s->n; i > 0 && series_time(s, i - 1) > e.time; i--)
		put(s, i, series_at(s, i - 1));
	put(s, i, e);
	s->n++;
	if (e.time >= from) {
		s->in++;
		add_sum(s, e.u);
	}
	return i;
}

bool
series_leave(struct series *s, usec_t span, struct series_entry *out)
{
	struct series_entry e = series_at(s, s->n - s->in);

	if (e.time >= series_newest(s) - span)
		return false;
	*out = e;
	s->in--;
	add_sum(s, 0 - e.u);
	return true;
}

void
series_add(struct series *s, uint32_t i, uint64_t u)
{
	s->wide->at[i].u += u;
	if (series_is_in(s, i))
		add_sum(s, u);
}

void
series_extend(struct series *s, usec_t t)
{
	struct series_entry e = series_at(s, s->n - 1);

	e.time = t;
	admit(s, e);
	put(s, s->n - 1, e);
}

uint32_t
series_find(const struct series *s, usec_t t)
{
	uint32_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (series_time(s, mid) < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- thinning ---- */

/* Follows the window anew. */
static void
series_recount(struct series *s, usec_t span)
{
	uint32_t i = 0;

	if (s->n > 0)
		i = series_find(s, series_newest(s) - span);
	s->in = s->n - i;
	if (!s->is_wide)
		return;
	s->wide->sum = 0;
	for (; i < s->n; i++)
		s->wide->sum += series_at(s, i).u;
}

void
series_thin_dense(struct series *s, usec_t span, uint64_t enough)
{
	uint32_t i, k = 0, near = (uint32_t)enough;

	for (i = 0; i < s->n; i++) {
		if (k >= enough && s->n - i > enough &&
		    series_time(s, i + near) - series_time(s, k - near) <= span)
			continue;
		put(s, k++, series_at(s, i));
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
		at = met_find(m, series_at(s, i).u);
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
		e = series_at(s, i);
		at = met_find(m, e.u);
		if (*at != 0 && next[i] < s->n &&
		    series_time(s, next[i]) - series_time(s, *at - 1) <= span)
			continue;
		put(s, k, e);
		*at = ++k;
	}
	s->n = k;
}

void
series_thin_equal(struct series *s, usec_t span)
{
	uint32_t   size = 4, *next;
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
