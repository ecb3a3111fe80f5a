#include <math.h>
#include <stdio.h>

#include "rule/explaining.h"
#include "stream/distinct.h"
#include "stream/window.h"

struct group_walk {
	struct explaining *e;
	struct sigma_rule *r;
	size_t		   n, left;
};

/* ---- what was measured ---- */

static void
add_double(struct explaining *e, double x)
{
	char text[40];
	int  n = snprintf(text, sizeof(text), "%.15g", x);

	if (isfinite(x))
		jsonw_raw(&e->w, (struct slice){text, (size_t)n});
	else
		jsonw_null(&e->w);
}

/* How many rules lie in the window that ends at `t`, or how far a chain is. */
static uint64_t
count_seen(const struct correlation *c, const struct presence *p, usec_t t)
{
	uint64_t n = 0;
	unsigned k;

	if (!p->begun)
		return 0;
	for (k = 0; k < c->presence.nkinds; k++)
		n +=
		    p->time[k] != INT64_MIN && p->time[k] >= t - c->window.span;
	return n;
}

static usec_t
presence_newest(const struct presence *p)
{
	return p->log.n > 0 ? series_newest(&p->log) : 0;
}

static void
add_measured(struct explaining *e, const char *key, const struct correlation *c,
    const void *state)
{
	const struct window   *w = state;
	const struct distinct *d = state;
	const struct presence *p = state;
	const struct measure  *m = state;

	jsonw_key(&e->w, key);
	if (state == NULL)
		jsonw_int(&e->w, 0);
	else if (c->type == CORRELATION_EVENT_COUNT)
		jsonw_int(&e->w, (int64_t)series_sum(&w->uses));
	else if (c->type == CORRELATION_VALUE_COUNT)
		jsonw_int(&e->w, d->in);
	else if (correlation_is_temporal(c))
		jsonw_int(&e->w, (int64_t)count_seen(c, p, presence_newest(p)));
	else if (m->values.in == 0)
		jsonw_null(&e->w);
	else
		add_double(e,
		    figures_value(&m->now, c->measure.what, c->measure.rank));
}

/* ---- the window's content ---- */

/* The newest entries, oldest of them first. */
static size_t
add_series(struct explaining *e, const struct correlation *c,
    const struct series *s)
{
	uint32_t in = s->in, i;
	uint32_t first = in > EXPLAIN_ENTRIES ? in - EXPLAIN_ENTRIES : 0;
	struct series_entry entry;
	size_t		    n = 0;

	for (i = s->n - in + first; i < s->n; i++) {
		if (!explaining_has_room(e, n))
			break;
		n++;
		entry = series_at(s, i);
		jsonw_object(&e->w);
		jsonw_field_time(&e->w, "time", entry.time);
		if (correlation_is_measure(c)) {
			jsonw_key(&e->w, "value");
			add_double(e, entry.d);
		} else if (entry.u != 1) {
			jsonw_field_int(&e->w, "count", (int64_t)entry.u);
		}
		jsonw_end(&e->w);
	}
	return in - n;
}

struct value_walk {
	struct explaining	 *e;
	const struct correlation *c;
	size_t			  n, left;
};

/* Several fields are joined, each with its length in front. */
static void
add_value(struct explaining *e, const struct correlation *c, struct slice s)
{
	uint32_t len;

	if (c->nfields == 1) {
		explaining_text(e, s);
		return;
	}
	jsonw_array(&e->w);
	while (s.n >= sizeof(len)) {
		memcpy(&len, s.p, sizeof(len));
		s.p += sizeof(len);
		s.n -= sizeof(len);
		if (len > s.n)
			break;
		explaining_text(e, (struct slice){s.p, len});
		s.p += len;
		s.n -= len;
	}
	jsonw_end(&e->w);
}

static void
add_distinct(struct slice value, usec_t last, void *arg)
{
	struct value_walk *vw = arg;
	struct explaining *e = vw->e;

	if (!explaining_has_room(e, vw->n)) {
		vw->left++;
		return;
	}
	vw->n++;
	jsonw_object(&e->w);
	jsonw_key(&e->w, "value");
	add_value(e, vw->c, value);
	jsonw_field_time(&e->w, "last", last);
	jsonw_end(&e->w);
}

/* Each rule: when it was last seen; or where a chain up to it begins. */
static size_t
add_presence(struct explaining *e, const struct correlation *c,
    const struct presence *p)
{
	const char *what = c->presence.ordered ? "start" : "last";
	usec_t	    t, from = presence_newest(p) - c->window.span;
	unsigned    k, n = c->presence.nkinds;

	for (k = 0; k < n && explaining_has_room(e, k); k++) {
		t = p->begun && p->time[k] >= from ? p->time[k] : 0;
		jsonw_object(&e->w);
		explaining_field(e, "rule", c->refs[k].node->text);
		jsonw_field_time(&e->w, what, t);
		jsonw_end(&e->w);
	}
	return n - k;
}

static void
add_window(struct explaining *e, const struct correlation *c, const void *state)
{
	const struct window  *w = state;
	const struct measure *m = state;
	struct value_walk     vw = {.e = e, .c = c};
	size_t		      left;

	if (state == NULL)
		return;
	jsonw_key(&e->w, "window");
	jsonw_array(&e->w);
	if (c->type == CORRELATION_EVENT_COUNT) {
		left = add_series(e, c, &w->uses);
	} else if (c->type == CORRELATION_VALUE_COUNT) {
		distinct_walk(state, add_distinct, &vw);
		left = vw.left;
	} else if (correlation_is_temporal(c)) {
		left = add_presence(e, c, state);
	} else {
		left = add_series(e, c, &m->values);
	}
	jsonw_end(&e->w);
	explaining_left_out(e, left);
}

/* The newest use that the window has seen; 0: not known. */
static usec_t
state_newest(const struct correlation *c, const void *state)
{
	const struct series *s;

	if (state == NULL)
		return 0;
	s = correlation_series(c, state);
	return s != NULL && s->n > 0 ? series_newest(s) : 0;
}

/* ---- groups ---- */

static void
add_key(struct explaining *e, const struct verdict *v)
{
	unsigned i;

	jsonw_key(&e->w, "key");
	jsonw_object(&e->w);
	for (i = 0; i < v->nkey; i++)
		explaining_field(e, v->key_name[i], v->key[i]);
	jsonw_end(&e->w);
}

/* The verdict of a use that was judged. */
static bool
was_held(const struct sigma_rule *r, const struct verdict *v)
{
	size_t i;

	for (i = 0; r->held && i < r->nverdicts; i++)
		if (verdict_has_key(&r->verdicts[i], v))
			return true;
	return false;
}

static void
add_group(const struct correlation_group *g, void *arg)
{
	struct group_walk	 *gw = arg;
	struct explaining	 *e = gw->e;
	const struct correlation *c = gw->r->correlation;
	usec_t			  now = fields_use(e->rs->fields)->time;

	if (!explaining_has_room(e, gw->n)) {
		gw->left++;
		return;
	}
	gw->n++;
	jsonw_object(&e->w);
	add_key(e, &g->v);
	jsonw_field_bool(&e->w, "fed", g->feeds != 0);
	jsonw_field_bool(&e->w, "held",
	    e->fed ? was_held(gw->r, &g->v) : g->holds);
	add_measured(e, "measured", c, g->state);
	if (!e->fed && g->feeds != 0)
		add_measured(e, "before", c, g->before);
	/* Then its own window ends before the one that is shown. */
	if (state_newest(c, g->state) > now)
		jsonw_field_bool(&e->w, "late", true);
	add_window(e, c, g->state);
	jsonw_end(&e->w);
}

/*
 * Groups that the use does not feed are told as they are: what is there for
 * its key.
 */
static void
add_unfed(struct group_walk *gw)
{
	const struct correlation *c = gw->r->correlation;
	struct correlation_group  g;
	size_t			  i, n = c->aliased ? c->nrefs : 1;

	for (i = 0; i < n && gw->n == 0; i++)
		if (correlate_find(gw->r->correlation, gw->e->rs->fields, i,
			&g))
			add_group(&g, gw);
}

/* Why a use that its rules match feeds nothing all the same. */
static void
add_lacks(struct explaining *e, const struct correlation *c, uint64_t fed_by)
{
	const char *lacks;
	size_t	    i;

	for (i = 0; i < c->nrefs && i < 64; i++) {
		if ((fed_by >> i & 1) == 0)
			continue;
		lacks = correlate_lacks(c, e->rs->fields, i);
		if (lacks == NULL)
			continue;
		explaining_field(e, "lacks", slice_of(lacks));
		return;
	}
}

void
explaining_groups(struct explaining *e, struct sigma_rule *r)
{
	struct group_walk gw = {.e = e, .r = r};
	uint64_t	  fed_by = ruleset_fed_by(r->correlation);

	if (fed_by != 0)
		add_lacks(e, r->correlation, fed_by);
	jsonw_key(&e->w, "groups");
	jsonw_array(&e->w);
	if (fed_by != 0)
		correlate_look(r->correlation, e->rs->fields, fed_by, e->fed,
		    add_group, &gw);
	if (gw.n == 0)
		add_unfed(&gw);
	jsonw_end(&e->w);
	if (gw.left > 0)
		jsonw_field_int(&e->w, "groups_left_out", (int64_t)gw.left);
}
