#include "rule/correlate.h"

#include "rule/value.h"
#include "stream/distinct.h"
#include "stream/window.h"

static const char *const type_names[] = {"event_count", "value_count", NULL};

static const char *const types_not_yet[] = {"temporal", "temporal_ordered",
	"value_sum", "value_avg", "value_percentile", "value_median", NULL};

static const char *const correlation_keys[] = {"type", "rules", "group-by",
	"timespan", "condition", "aliases", "generate", NULL};

static const char *const condition_keys[] = {"gt", "gte", "lt", "lte", "eq",
	"neq", "field", NULL};

const char *
correlation_type_name(enum correlation_type t)
{
	return type_names[t];
}

/* ---- reading ---- */

static bool
parse_type(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "type");
	size_t i;

	if (n == NULL || n->type != YAML_SCALAR) {
		SOURCE_ERROR(src, n != NULL ? n : map,
		    "a correlation needs a 'type': event_count or value_count");
		return false;
	}
	for (i = 0; type_names[i] != NULL; i++) {
		if (slice_is(n->text, type_names[i])) {
			c->type = (enum correlation_type)i;
			return true;
		}
	}
	for (i = 0; types_not_yet[i] != NULL; i++) {
		if (slice_is(n->text, types_not_yet[i])) {
			SOURCE_ERROR(src, n, "correlation type '%s' is not "
			    "supported yet", types_not_yet[i]);
			return false;
		}
	}
	SOURCE_ERROR(src, n, "unknown correlation type '%.*s'%s",
	    SLICE_ARG(n->text), source_hint(src, n->text, type_names));
	return false;
}

static bool
parse_ref(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	if (n->type != YAML_SCALAR || n->text.n == 0) {
		SOURCE_ERROR(src, n, "a rule is named by its id or its name");
		return false;
	}
	c->refs[c->nrefs++].node = n;
	return true;
}

static bool
parse_refs(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "rules"), *r;
	bool ok = true;

	if (n == NULL || n->type == YAML_MAP ||
	    (n->type == YAML_LIST && n->child == NULL)) {
		SOURCE_ERROR(src, n != NULL ? n : map, "a correlation needs "
		    "'rules': the ids or names of the rules that feed it");
		return false;
	}
	c->refs = arena_zalloc(src->arena,
	    (n->nchild + 1) * sizeof(struct correlation_ref));
	if (n->type == YAML_SCALAR)
		return parse_ref(src, n, c);
	for (r = n->child; r != NULL; r = r->next)
		ok = parse_ref(src, r, c) && ok;
	return ok;
}

static bool
parse_group(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	if (n->type != YAML_SCALAR || n->text.n == 0) {
		SOURCE_ERROR(src, n, "'group-by' needs names of fields");
		return false;
	}
	if (c->ngroup == RULE_KEY_MAX) {
		SOURCE_ERROR(src, n, "'group-by' has more than %d fields",
		    RULE_KEY_MAX);
		return false;
	}
	c->group[c->ngroup++] = n->text.p;
	return true;
}

static bool
parse_groups(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "group-by"), *g;

	if (n == NULL || yaml_is_null(n))
		return true;
	if (n->type != YAML_LIST)
		return parse_group(src, n, c);
	for (g = n->child; g != NULL; g = g->next)
		if (!parse_group(src, g, c))
			return false;
	return true;
}

static bool
is_timespan(struct slice s)
{
	size_t i;

	for (i = 0; i + 1 < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 1 && strchr("smhdwMy", s.p[s.n - 1]) != NULL;
}

static bool
parse_timespan(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "timespan");
	struct error err;
	usec_t span;

	if (n == NULL || n->type != YAML_SCALAR || !is_timespan(n->text)) {
		SOURCE_ERROR(src, n != NULL ? n : map, "a correlation needs a "
		    "'timespan': a number and one of s m h d w M y, as in "
		    "'10m'");
		return false;
	}
	if (span_parse(n->text, &span, &err) != 0) {
		SOURCE_ERROR(src, n, "'timespan': %s", err.text);
		return false;
	}
	if (span < USEC_SEC || span > CORRELATION_SPAN_MAX) {
		SOURCE_ERROR(src, n, "'timespan' must be from 1s to 10y");
		return false;
	}
	c->window.span = span;
	return true;
}

/* Narrows the bounds by one comparison; counts are whole numbers. */
static void
bounds_add(struct bounds *b, struct slice op, long double x)
{
	uint64_t down = (uint64_t)x, up = down + ((long double)down < x);
	uint64_t lo = 0, hi = BOUNDS_ANY;

	if (slice_is(op, "gte"))
		lo = up;
	else if (slice_is(op, "gt"))
		lo = down + 1;
	else if (slice_is(op, "lte"))
		hi = down;
	else if (slice_is(op, "lt"))
		hi = up > 0 ? up - 1 : 0; /* no group has a count of 0 */
	else if (slice_is(op, "neq") && down == up)
		b->except = down;
	if (slice_is(op, "eq")) {
		lo = up;
		hi = down;
	}
	b->lo = lo > b->lo ? lo : b->lo;
	b->hi = hi < b->hi ? hi : b->hi;
}

static bool
parse_count(const struct source *src, const struct yaml_node *n,
    struct bounds *b)
{
	long double x;

	if (n->type != YAML_SCALAR || number_parse(n->text, &x) != 0 ||
	    x < 0 || x > CORRELATION_COUNT_MAX) {
		SOURCE_ERROR(src, n, "'%.*s' needs a number from 0 to %d",
		    SLICE_ARG(n->key->text), CORRELATION_COUNT_MAX);
		return false;
	}
	bounds_add(b, n->key->text, x);
	return true;
}

static bool
parse_field(const struct source *src, const struct yaml_node *cond,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(cond, "field");

	if (c->type == CORRELATION_EVENT_COUNT) {
		if (n == NULL)
			return true;
		SOURCE_ERROR(src, n->key, "'field' is for value_count; "
		    "event_count counts uses");
		return false;
	}
	if (n == NULL || n->type != YAML_SCALAR || n->text.n == 0) {
		SOURCE_ERROR(src, n != NULL ? n : cond, "value_count needs a "
		    "'field' in its condition: whose values to count");
		return false;
	}
	c->field = n->text.p;
	return true;
}

static bool
parse_condition(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *cond = yaml_get(map, "condition"), *n;
	struct bounds *b = &c->window.bounds;
	size_t errors = src->c->errors, ops = 0;

	*b = (struct bounds){0, BOUNDS_ANY, BOUNDS_ANY};
	if (cond == NULL || cond->type != YAML_MAP) {
		SOURCE_ERROR(src, cond != NULL ? cond : map, "a correlation "
		    "needs a 'condition' map, as in {gte: 10}");
		return false;
	}
	source_check_keys(src, cond, condition_keys, "'condition'");
	parse_field(src, cond, c);
	for (n = cond->child; n != NULL && src->c->errors == errors;
	     n = n->next) {
		if (slice_is(n->key->text, "field"))
			continue;
		parse_count(src, n, b);
		ops++;
	}
	if (src->c->errors != errors)
		return false;
	if (ops == 0)
		SOURCE_ERROR(src, cond, "the condition compares with nothing: "
		    "add gt, gte, lt, lte, eq or neq");
	else if (b->lo > b->hi || b->hi == 0 ||
	    (b->lo == b->hi && b->except == b->lo))
		SOURCE_ERROR(src, cond, "no count can satisfy the condition");
	return src->c->errors == errors;
}

static bool
parse_generate(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "generate");

	if (n == NULL)
		return true;
	if (n->type != YAML_SCALAR || yaml_bool(n) == -1) {
		SOURCE_ERROR(src, n, "'generate' must be true or false");
		return false;
	}
	c->generate = yaml_bool(n) == 1;
	return true;
}

struct correlation *
correlate_parse(const struct source *src, const struct yaml_node *map)
{
	struct correlation *c = arena_zalloc(src->arena, sizeof(*c));
	size_t errors = src->c->errors;
	const struct yaml_node *n;

	if (map->type != YAML_MAP) {
		SOURCE_ERROR(src, map, "'correlation' must be a map");
		return NULL;
	}
	source_check_keys(src, map, correlation_keys, "'correlation'");
	if ((n = yaml_get(map, "aliases")) != NULL)
		SOURCE_ERROR(src, n->key,
		    "'aliases' of correlations are not supported yet");
	parse_refs(src, map, c);
	parse_groups(src, map, c);
	parse_timespan(src, map, c);
	parse_generate(src, map, c);
	if (parse_type(src, map, c))
		parse_condition(src, map, c);
	return src->c->errors == errors ? c : NULL;
}

/* ---- running ---- */

static void
state_clear_window(void *state)
{
	window_clear(state);
}

static void
state_clear_distinct(void *state)
{
	distinct_clear(state);
}

static struct keyed *
state_new(const struct correlation *c, size_t keys_max)
{
	/* Zeroed memory is an empty window, and an empty distinct. */
	if (c->type == CORRELATION_EVENT_COUNT)
		return keyed_new(keys_max, sizeof(struct window),
		    state_clear_window);
	return keyed_new(keys_max, sizeof(struct distinct),
	    state_clear_distinct);
}

void
correlate_bind(struct correlation *c, struct fields *f, size_t keys_max)
{
	unsigned i;

	for (i = 0; i < c->ngroup; i++)
		c->group_slot[i] = fields_slot(f, slice_of(c->group[i]));
	if (c->field != NULL)
		c->field_slot = fields_slot(f, slice_of(c->field));
	c->state = state_new(c, keys_max);
}

void
correlate_clear(struct correlation *c)
{
	keyed_free(&c->state);
}

void
correlate_reset(struct correlation *c, size_t keys_max)
{
	keyed_free(&c->state);
	c->state = state_new(c, keys_max);
}

/* Lengths in front, so that no two lists of values read the same. */
static struct slice
group_key(const struct verdict *v, struct buf *room)
{
	uint32_t len;
	unsigned i;

	if (v->nkey == 1)
		return v->key[0];
	room->n = 0;
	buf_reserve(room, 1);
	for (i = 0; i < v->nkey; i++) {
		len = (uint32_t)v->key[i].n;
		buf_add(room, &len, sizeof(len));
		buf_addslice(room, v->key[i]);
	}
	return (struct slice){room->p, room->n};
}

static usec_t
earliest_wanted(const struct correlation *c, usec_t lateness)
{
	usec_t newest = keyed_newest(c->state);

	if (newest < INT64_MIN + c->window.span + lateness)
		return INT64_MIN;
	return newest - c->window.span - lateness;
}

bool
correlate_feed(struct correlation *c, const struct fields *f,
    usec_t lateness, struct buf *room, struct verdict *v)
{
	const struct use *u = fields_use(f);
	struct slice value = {NULL, 0};
	struct window_view view;
	void *state;
	unsigned i;
	bool holds;

	v->nkey = c->ngroup;
	for (i = 0; i < c->ngroup; i++) {
		v->key_name[i] = c->group[i];
		if (!fields_scalar(f, c->group_slot[i], &v->key[i]))
			return false;
	}
	if (c->field != NULL && !fields_scalar(f, c->field_slot, &value))
		return false;
	keyed_expire(c->state, earliest_wanted(c, lateness));
	state = keyed_get(c->state, group_key(v, room), u->time);
	holds = c->type == CORRELATION_EVENT_COUNT ?
	    window_feed(state, &c->window, u->time, (uint64_t)u->count,
		&view) :
	    distinct_feed(state, &c->window, u->time, value, &view);
	if (holds) {
		v->count = view.count;
		v->first = view.first;
	}
	return holds;
}
