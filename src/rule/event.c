#include "rule/event.h"

#include "base/number.h"
#include "rule/instant.h"

#define DEPTH_MAX  64
#define FIELDS_MAX (1024 * 1024)

const struct json_limits event_limits = {.text = EVENT_LINE_MAX,
    .string = EVENT_LINE_MAX,
    .fields = FIELDS_MAX,
    .depth = DEPTH_MAX,
    .tree = true};

/* An object or a list that the walk is in. */
struct level {
	bool   list;
	bool   lost;  /* no name leads into it */
	bool   whole; /* as event_fn has it */
	size_t n;     /* bytes of its path; the top has 0 */
};

struct walk {
	struct event *e;
	struct level  level[DEPTH_MAX + 1];
	size_t	      depth; /* 0: at the top */
	event_fn      fn;
	void	     *arg;
};

void
event_init(struct event *e)
{
	e->part = NULL;
	e->n = 0;
	buf_init(&e->path);
}

void
event_clear(struct event *e)
{
	buf_clear(&e->path);
}

int
event_read(struct event *e, struct json_reader *r, struct slice line,
    struct error *err)
{
	return json_read_copy(r, line, &e->part, &e->n, err);
}

/* ---- the walk ---- */

/*
 * Where a part stands: a member of a list where the list does.  A key with a
 * dot is a name at the top only, and no segment of one: nothing in it has a
 * name.
 */
static struct level
place_of(struct walk *w, const struct json_field *part)
{
	const struct level *in = &w->level[w->depth];
	struct level	    at = *in;
	bool		    dotted;

	at.list = part->type == JSON_LIST;
	if (in->list)
		return at;
	dotted = slice_index(part->key, '.') != -1;
	at.whole = dotted && w->depth == 0;
	at.lost = in->lost || in->whole || (dotted && w->depth > 0);
	if (at.lost)
		return at;
	w->e->path.n = in->n;
	if (w->depth > 0)
		buf_addc(&w->e->path, '.');
	buf_addslice(&w->e->path, part->key);
	at.n = w->e->path.n;
	return at;
}

static struct use_value
value_of(const struct json_field *part)
{
	static const uint8_t types[] = {[JSON_STRING] = USE_STRING,
	    [JSON_NUMBER] = USE_NUMBER,
	    [JSON_TRUE] = USE_BOOL,
	    [JSON_FALSE] = USE_BOOL,
	    [JSON_NULL] = USE_NULL,
	    [JSON_OBJECT] = USE_ABSENT};

	return (struct use_value){.p = part->value.p,
	    .n = (uint32_t)part->value.n,
	    .type = types[part->type]};
}

static void
walk_part(struct walk *w, const struct json_field *part)
{
	struct slice	 path = {NULL, 0};
	struct use_value v;
	struct level	 at;

	if (part->type == JSON_END) {
		w->depth--;
		return;
	}
	at = place_of(w, part);
	if (!at.lost)
		path = (struct slice){w->e->path.p, at.n};
	if (part->type == JSON_LIST) {
		w->fn(path, at.whole, NULL, w->arg);
	} else {
		v = value_of(part);
		w->fn(path, at.whole, &v, w->arg);
	}
	if (part->type == JSON_LIST || part->type == JSON_OBJECT)
		w->level[++w->depth] = at;
}

void
event_walk(struct event *e, event_fn fn, void *arg)
{
	struct walk w;
	size_t	    i;

	w.e = e;
	w.fn = fn;
	w.arg = arg;
	w.depth = 0;
	w.level[0] = (struct level){.n = 0};
	/* A path may be empty, but is not absent. */
	buf_reserve(&e->path, 1);
	for (i = 0; i < e->n; i++)
		walk_part(&w, &e->part[i]);
}

/* ---- time ---- */

struct time_search {
	struct slice field;
	usec_t	     t;
	bool	     found, whole;
};

/* The whole name goes before the segments, wherever it stands. */
static void
look_for_time(struct slice path, bool whole, const struct use_value *v,
    void *arg)
{
	struct time_search *s = arg;
	struct slice	    text;

	if (v == NULL || path.p == NULL || !slice_eq(path, s->field) ||
	    (s->found && s->whole >= whole) ||
	    (v->type != USE_STRING && v->type != USE_NUMBER))
		return;
	text = (struct slice){v->p, v->n};
	if (instant_parse(text, v->type == USE_NUMBER, &s->t) == 0) {
		s->found = true;
		s->whole = whole;
	}
}

bool
event_time(struct event *e, const char *field, usec_t *t)
{
	static const char *const usual[] = {"time", "timestamp", "@timestamp"};
	struct time_search	 s;
	size_t			 i;

	for (i = 0; i < (field != NULL ? 1 : 3); i++) {
		s = (struct time_search){
		    .field = slice_of(field != NULL ? field : usual[i])};
		event_walk(e, look_for_time, &s);
		if (s.found) {
			*t = s.t;
			return true;
		}
	}
	return false;
}
