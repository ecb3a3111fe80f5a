#include "rule/correlate.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "rule/value.h"
#include "stream/distinct.h"
#include "stream/window.h"

/* ---- state ---- */

static size_t
measure_size(const struct measure *m)
{
	return series_size(&m->values) + m->now.cap * sizeof(double);
}

static size_t
state_clear_window(void *state)
{
	struct window *w = state;
	size_t	       size = series_size(&w->uses);

	window_clear(w);
	return size;
}

static size_t
state_clear_distinct(void *state)
{
	size_t size = distinct_size(state);

	distinct_clear(state);
	return size;
}

static size_t
state_clear_presence(void *state)
{
	struct presence *p = state;
	size_t		 size = series_size(&p->log);

	presence_clear(p);
	return size;
}

static size_t
state_clear_measure(void *state)
{
	size_t size = measure_size(state);

	measure_clear(state);
	return size;
}

/* Zeroed memory is an empty state of any kind. */
static size_t
state_size(const struct correlation *c, keyed_clear_fn *clear)
{
	if (c->type == CORRELATION_EVENT_COUNT) {
		*clear = state_clear_window;
		return sizeof(struct window);
	}
	if (c->type == CORRELATION_VALUE_COUNT) {
		*clear = state_clear_distinct;
		return sizeof(struct distinct);
	}
	if (correlation_is_temporal(c)) {
		*clear = state_clear_presence;
		return presence_size(&c->presence);
	}
	*clear = state_clear_measure;
	return sizeof(struct measure);
}

static struct keyed *
state_new(const struct correlation *c, size_t keys_max)
{
	keyed_clear_fn clear;
	size_t	       size = state_size(c, &clear);
	struct keyed  *k = keyed_new(keys_max, size, clear);

	keyed_set_room(k, CORRELATION_ROOM_MAX);
	keyed_join(k, c->pool);
	return k;
}

size_t
correlate_least(const struct correlation *c)
{
	/* Of uses a window may count many in one entry. */
	return c->type == CORRELATION_VALUE_COUNT ?
	    distinct_least(c->window.bounds.lo) :
	    0;
}

static unsigned
row_width(const struct correlation *c)
{
	return c->ngroup + c->nfields;
}

static void
bind_slots(struct correlation *c, struct fields *f, struct arena *a)
{
	unsigned    width = row_width(c), i;
	size_t	    n = (c->aliased ? c->nrefs : 1) * width, j;
	const char *name;

	c->slots = arena_alloc(a, (n + 1) * sizeof(*c->slots));
	for (j = 0; j < n; j++) {
		i = (unsigned)(j % width);
		name = c->aliased ? c->names[j] :
		    i < c->ngroup ? c->group[i] :
				    c->field[i - c->ngroup];
		c->slots[j] = fields_slot(f, slice_of(name));
	}
}

static enum figure
figure_of(enum correlation_type t)
{
	if (t == CORRELATION_VALUE_SUM)
		return FIGURE_SUM;
	return t == CORRELATION_VALUE_AVG ? FIGURE_AVG : FIGURE_PERCENTILE;
}

size_t
correlate_verdicts(const struct correlation *c)
{
	return c->aliased ? c->nrefs : 1;
}

void
correlate_bind(struct correlation *c, struct fields *f, struct arena *a,
    const struct ruleset_limits *lim, struct keyed_pool *pool)
{
	bind_slots(c, f, a);
	c->known = c->ngroup == 1 && !c->aliased ?
	    use_field_find(slice_of(c->group[0])) :
	    -1;
	c->measure.what = figure_of(c->type);
	/* Another may have been ahead of its time before this one is late. */
	c->window.late = lim->in_order ? 0 : lim->lateness + USE_AHEAD_MAX;
	buf_init(&c->key);
	buf_init(&c->value);
	c->pool = pool;
	c->state = state_new(c, lim->keys_per_rule);
}

void
correlate_clear(struct correlation *c)
{
	keyed_free(&c->state);
	buf_clear(&c->key);
	buf_clear(&c->value);
}

void
correlate_reset(struct correlation *c, size_t keys_max)
{
	keyed_free(&c->state);
	c->state = state_new(c, keys_max);
}

/* ---- running ---- */

/* Lengths in front, so that no two lists of values read the same. */
static struct slice
join(const struct slice *s, unsigned n, struct buf *room)
{
	uint32_t len;
	unsigned i;

	if (n == 1)
		return s[0];
	room->n = 0;
	buf_reserve(room, 1);
	for (i = 0; i < n; i++) {
		len = (uint32_t)s[i].n;
		buf_add(room, &len, sizeof(len));
		buf_addslice(room, s[i]);
	}
	return (struct slice){room->p, room->n};
}

static usec_t
earliest_wanted(const struct correlation *c)
{
	usec_t newest = keyed_newest(c->state);

	if (newest < INT64_MIN + c->window.span + c->window.late)
		return INT64_MIN;
	return newest - c->window.span - c->window.late;
}

/* What one use brings into one group. */
struct intake {
	usec_t	     time;
	uint64_t     weight;
	uint64_t     held;  /* rules, by their place */
	struct slice value; /* of `field` */
	double	     number;
};

static inline bool
scalars(const struct fields *f, const unsigned *slots, unsigned n,
    struct slice *out)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (!fields_scalar(f, slots[i], &out[i]))
			return false;
	return true;
}

/* By the row of a rule; false if the use has no such group. */
static inline bool
read_key(const struct correlation *c, const struct fields *f,
    const unsigned *slots, struct verdict *v)
{
	unsigned i;

	v->nkey = c->ngroup;
	for (i = 0; i < c->ngroup; i++)
		v->key_name[i] = c->group[i];
	return scalars(f, slots, c->ngroup, v->key);
}

/* The same, with what it brings; false if the use does not feed. */
static inline bool
read_intake(struct correlation *c, const struct fields *f,
    const unsigned *slots, struct verdict *v, struct intake *in)
{
	struct slice value[RULE_KEY_MAX];
	long double  x;

	if (!read_key(c, f, slots, v))
		return false;
	if (c->nfields == 0)
		return true;
	if (!scalars(f, slots + c->ngroup, c->nfields, value))
		return false;
	in->value = join(value, c->nfields, &c->value);
	if (!correlation_is_measure(c))
		return true;
	if (number_parse(in->value, &x) != 0 ||
	    fabsl(x) > (long double)FIGURE_MAX)
		return false;
	in->number = (double)x;
	return true;
}

const struct series *
correlation_series(const struct correlation *c, const void *state)
{
	const struct presence *p = state;
	const struct measure  *m = state;
	const struct window   *w = state;

	if (c->type == CORRELATION_EVENT_COUNT)
		return &w->uses;
	if (c->type == CORRELATION_VALUE_COUNT)
		return NULL;
	return correlation_is_temporal(c) ? &p->log : &m->values;
}

/* Bytes that it holds beside itself. */
static size_t
state_bytes(const struct correlation *c, const void *state)
{
	const struct series *s = correlation_series(c, state);

	if (s == NULL)
		return distinct_size(state);
	return correlation_is_measure(c) ? measure_size(state) : series_size(s);
}

static inline bool
state_feed(const struct correlation *c, void *state, const struct intake *in,
    struct window_view *view)
{
	if (c->type == CORRELATION_EVENT_COUNT)
		return window_feed(state, &c->window, in->time, in->weight,
		    view);
	if (c->type == CORRELATION_VALUE_COUNT)
		return distinct_feed(state, &c->window, in->time, in->value,
		    view);
	if (correlation_is_temporal(c))
		return presence_feed(state, &c->window, &c->presence, in->time,
		    in->held, view);
	return measure_feed(state, &c->window, &c->measure, in->time,
	    in->number, view);
}

/* ---- trying, for who explains ---- */

struct trial {
	bool		     fed; /* the use is in the windows already */
	correlation_group_fn fn;
	void		    *arg;
};

static void
state_copy(const struct correlation *c, void *to, const void *from)
{
	if (from == NULL)
		return;
	if (c->type == CORRELATION_EVENT_COUNT)
		window_copy(to, from);
	else if (c->type == CORRELATION_VALUE_COUNT)
		distinct_copy(to, from);
	else if (correlation_is_temporal(c))
		presence_copy(to, from, &c->presence);
	else
		measure_copy(to, from);
}

/* What entries gave way in a copy is nothing to count. */
static bool
feed_copy(const struct correlation *c, void *copy, const struct intake *in,
    struct verdict *v)
{
	struct window_view view = {0};
	bool		   holds = state_feed(c, copy, in, &view);

	if (holds) {
		v->count = view.count;
		v->first = view.first;
	}
	return holds;
}

/* False: no verdict comes of it, so that the next is tried in its place. */
static bool
try_group(struct correlation *c, const struct intake *in, struct verdict *v,
    const struct trial *t)
{
	struct correlation_group g = {.feeds = in->held};
	keyed_clear_fn		 clear;
	size_t			 size = state_size(c, &clear);
	void			*copy;

	g.state = keyed_find(c->state, join(v->key, v->nkey, &c->key));
	if (t->fed) {
		g.v = *v;
		t->fn(&g, t->arg);
		return false;
	}
	g.before = g.state;
	copy = xcalloc(1, size);
	state_copy(c, copy, g.before);
	g.holds = feed_copy(c, copy, in, v);
	g.state = copy;
	g.v = *v;
	t->fn(&g, t->arg);
	clear(copy);
	free(copy);
	return false;
}

/* ---- ahead of feeding ---- */

struct slice
correlate_ahead(const struct correlation *c, const struct use *u)
{
	if (c->known < 0)
		return (struct slice){NULL, 0};
	return use_text(u, (enum use_field)c->known);
}

static void
warm_state(const struct correlation *c, const void *state)
{
	const struct series *s = correlation_series(c, state);

	if (s == NULL)
		distinct_warm(state);
	else
		series_warm(s);
}

void
correlate_warm(const struct correlation *c, uint64_t hash, unsigned step)
{
	const void *state = keyed_warm(c->state, hash, step);

	if (step == 2 && state != NULL)
		warm_state(c, state);
}

/* ---- feeding ---- */

static inline bool
feed_group(struct correlation *c, const struct intake *in, struct verdict *v,
    struct trial *trial)
{
	struct window_view view = {0};
	size_t		   before;
	void		  *state;
	bool		   holds;

	if (trial != NULL)
		return try_group(c, in, v, trial);
	keyed_expire(c->state, earliest_wanted(c));
	state = keyed_get(c->state, join(v->key, v->nkey, &c->key), in->time);
	before = state_bytes(c, state);
	holds = state_feed(c, state, in, &view);
	keyed_charge(c->state, state, before, state_bytes(c, state));
	/* Where none comes late, the others keep what they need. */
	if (c->window.late > 0 || correlation_is_measure(c))
		c->shed += view.shed;
	if (holds) {
		v->count = view.count;
		v->first = view.first;
	}
	return holds;
}

bool
verdict_has_key(const struct verdict *a, const struct verdict *b)
{
	unsigned i;

	for (i = 0; i < a->nkey; i++)
		if (!slice_eq(a->key[i], b->key[i]))
			return false;
	return true;
}

/*
 * Each rule has its own names of fields: those that lead to the same group
 * feed it once, by the first of them.
 */
static size_t
feed_aliased(struct correlation *c, const struct fields *f, struct intake *in,
    uint64_t held, struct verdict *v, struct trial *trial)
{
	struct intake  other = *in;
	struct verdict key;
	size_t	       i, j, n = 0;

	for (i = 0; i < c->nrefs; i++) {
		if ((held >> i & 1) == 0 ||
		    !read_intake(c, f, c->slots + i * row_width(c), &v[n], in))
			continue;
		in->held = (uint64_t)1 << i;
		for (j = i + 1; j < c->nrefs; j++) {
			if ((held >> j & 1) == 0 ||
			    !read_intake(c, f, c->slots + j * row_width(c),
				&key, &other) ||
			    !verdict_has_key(&v[n], &key))
				continue;
			in->held |= (uint64_t)1 << j;
			held &= ~((uint64_t)1 << j);
		}
		/* Values of several fields are joined in one place, and the
		 * look at the others wrote over it. */
		if (c->nfields > 1)
			(void)read_intake(c, f, c->slots + i * row_width(c),
			    &v[n], in);
		n += feed_group(c, in, &v[n], trial);
	}
	return n;
}

static inline size_t
feed(struct correlation *c, const struct fields *f, uint64_t held,
    struct verdict *v, struct trial *trial)
{
	const struct use *u = fields_use(f);
	struct intake	  in = {.time = u->time,
		.weight = (uint64_t)u->count,
		.held = held};

	if (c->aliased)
		return feed_aliased(c, f, &in, held, v, trial);
	return read_intake(c, f, c->slots, v, &in) &&
		feed_group(c, &in, v, trial) ?
	    1 :
	    0;
}

size_t
correlate_feed(struct correlation *c, const struct fields *f, uint64_t held,
    struct verdict *v)
{
	return feed(c, f, held, v, NULL);
}

void
correlate_look(struct correlation *c, const struct fields *f, uint64_t held,
    bool fed, correlation_group_fn fn, void *arg)
{
	struct trial   t = {fed, fn, arg};
	struct verdict v;

	(void)feed(c, f, held, &v, &t);
}

static const unsigned *
row_of(const struct correlation *c, size_t ref)
{
	return c->aliased ? c->slots + ref * row_width(c) : c->slots;
}

bool
correlate_find(struct correlation *c, const struct fields *f, size_t ref,
    struct correlation_group *g)
{
	*g = (struct correlation_group){.state = NULL};
	if (!read_key(c, f, row_of(c, ref), &g->v))
		return false;
	g->state = keyed_find(c->state, join(g->v.key, g->v.nkey, &c->key));
	return true;
}

const char *
correlate_lacks(const struct correlation *c, const struct fields *f, size_t ref)
{
	const unsigned *slots = row_of(c, ref);
	struct slice	s;
	long double	x;
	unsigned	i;

	for (i = 0; i < row_width(c); i++) {
		if (fields_scalar(f, slots[i], &s) &&
		    (i < c->ngroup || !correlation_is_measure(c) ||
			number_parse(s, &x) == 0))
			continue;
		if (c->aliased)
			return c->names[ref * row_width(c) + i];
		return i < c->ngroup ? c->group[i] : c->field[i - c->ngroup];
	}
	return NULL;
}
