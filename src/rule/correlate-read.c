#include <math.h>

#include "rule/alias.h"
#include "rule/correlate.h"
#include "rule/expression.h"
#include "rule/set.h"
#include "rule/value.h"

/* In the order of enum correlation_type. */
static const char *const type_names[] = {"event_count", "value_count",
    "temporal", "temporal_ordered", "value_sum", "value_avg",
    "value_percentile", "value_median", NULL};

static const char *const correlation_keys[] = {"type", "rules", "group-by",
    "timespan", "condition", "aliases", "generate", NULL};

static const char *const condition_keys[] = {"gt", "gte", "lt", "lte", "eq",
    "neq", "field", "percentile", NULL};

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
	size_t			i;

	if (n == NULL || n->type != YAML_SCALAR) {
		SOURCE_ERROR(src, n != NULL ? n : map,
		    "a correlation needs a 'type', as in event_count");
		return false;
	}
	for (i = 0; type_names[i] != NULL; i++) {
		if (slice_is(n->text, type_names[i])) {
			c->type = (enum correlation_type)i;
			return true;
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
says_temporal(const struct yaml_node *type)
{
	return type != NULL && type->type == YAML_SCALAR &&
	    (slice_is(type->text, type_names[CORRELATION_TEMPORAL]) ||
		slice_is(type->text, type_names[CORRELATION_TEMPORAL_ORDERED]));
}

/* The expression that names the rules, where no list of them does. */
static const struct yaml_node *
naming_expression(const struct yaml_node *map)
{
	const struct yaml_node *cond = yaml_get(map, "condition");

	if (!says_temporal(yaml_get(map, "type")) || cond == NULL ||
	    cond->type != YAML_SCALAR || yaml_is_null(cond))
		return NULL;
	return cond;
}

static bool
parse_refs(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "rules"), *r;
	const struct yaml_node *expression = naming_expression(map);
	bool			ok = true;
	bool			none = n == NULL || yaml_is_null(n) ||
	    (n->type == YAML_LIST && n->child == NULL);

	if (none && expression != NULL)
		expression_refs(src, expression, c);
	if (c->nrefs > 0)
		return true;
	if (none || n->type == YAML_MAP) {
		SOURCE_ERROR(src, n != NULL ? n : map,
		    "a correlation needs "
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
	if (!source_is_name(n)) {
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
	struct error		err;
	usec_t			span;

	if (n == NULL || n->type != YAML_SCALAR || !is_timespan(n->text)) {
		SOURCE_ERROR(src, n != NULL ? n : map,
		    "a correlation needs a "
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

/* A comparison that all counts pass or none does, as they begin at 0. */
static void
bounds_add_below(struct bounds *b, struct slice op)
{
	if (slice_is(op, "gt") || slice_is(op, "gte") || slice_is(op, "neq"))
		return;
	b->lo = 1;
	b->hi = 0;
}

/* Narrows the bounds by one comparison; counts are whole numbers. */
static void
bounds_add(struct bounds *b, struct slice op, long double x)
{
	uint64_t down, up, lo = 0, hi = BOUNDS_ANY;

	if (x < 0 || (x == 0 && slice_is(op, "lt"))) {
		bounds_add_below(b, op);
		return;
	}
	down = (uint64_t)x;
	up = down + ((long double)down < x);
	if (slice_is(op, "gte"))
		lo = up;
	else if (slice_is(op, "gt"))
		lo = down + 1;
	else if (slice_is(op, "lte"))
		hi = down;
	else if (slice_is(op, "lt"))
		hi = up - 1;
	else if (slice_is(op, "neq") && down == up)
		b->except = down;
	if (slice_is(op, "eq")) {
		lo = up;
		hi = down;
	}
	b->lo = lo > b->lo ? lo : b->lo;
	b->hi = hi < b->hi ? hi : b->hi;
}

/* The same for numbers. */
static void
figure_bounds_add(struct figure_bounds *b, struct slice op, double x)
{
	bool eq = slice_is(op, "eq"), gt = slice_is(op, "gt");
	bool lt = slice_is(op, "lt");

	if (slice_is(op, "neq"))
		b->except = x;
	if ((eq || gt || slice_is(op, "gte")) &&
	    (x > b->lo || (x == b->lo && gt))) {
		b->lo = x;
		b->lo_open = gt;
	}
	if ((eq || lt || slice_is(op, "lte")) &&
	    (x < b->hi || (x == b->hi && lt))) {
		b->hi = x;
		b->hi_open = lt;
	}
}

static bool
parse_count(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	long double x;

	if (n->type != YAML_SCALAR || number_parse(n->text, &x) != 0 ||
	    x > CORRELATION_COUNT_MAX) {
		SOURCE_ERROR(src, n, "'%.*s' needs a number up to %d",
		    SLICE_ARG(n->key->text), CORRELATION_COUNT_MAX);
		return false;
	}
	bounds_add(&c->window.bounds, n->key->text, x);
	return true;
}

static bool
parse_figure(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	long double x;

	if (n->type != YAML_SCALAR || number_parse(n->text, &x) != 0 ||
	    fabsl(x) > (long double)FIGURE_MAX) {
		SOURCE_ERROR(src, n, "'%.*s' needs a number",
		    SLICE_ARG(n->key->text));
		return false;
	}
	figure_bounds_add(&c->measure.bounds, n->key->text, (double)x);
	return true;
}

/* ---- the condition: field and percentile ---- */

static bool
add_field(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	if (!source_is_name(n)) {
		SOURCE_ERROR(src, n, "'field' needs the name of a field");
		return false;
	}
	if (c->nfields == RULE_KEY_MAX) {
		SOURCE_ERROR(src, n, "'field' has more than %d fields",
		    RULE_KEY_MAX);
		return false;
	}
	c->field[c->nfields++] = n->text.p;
	return true;
}

static void
parse_field(const struct source *src, const struct yaml_node *cond,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(cond, "field"), *m;
	const char	       *type = type_names[c->type];

	if (c->type == CORRELATION_EVENT_COUNT || correlation_is_temporal(c)) {
		if (n != NULL)
			SOURCE_ERROR(src, n->key,
			    "'field' is for value_*; "
			    "%s counts %s",
			    type,
			    correlation_is_temporal(c) ? "rules" : "uses");
		return;
	}
	if (n == NULL || (n->type == YAML_SCALAR && !source_is_name(n)) ||
	    (n->type != YAML_SCALAR && n->child == NULL)) {
		SOURCE_ERROR(src, n != NULL ? n : cond,
		    "%s needs a 'field' "
		    "in its condition: whose values to take",
		    type);
		return;
	}
	if (n->type == YAML_SCALAR) {
		(void)add_field(src, n, c);
		return;
	}
	if (n->type != YAML_LIST || c->type != CORRELATION_VALUE_COUNT) {
		SOURCE_ERROR(src, n,
		    c->type == CORRELATION_VALUE_COUNT ?
			"'field' is a field, or a list of them" :
			"%s takes one 'field'",
		    type);
		return;
	}
	for (m = n->child; m != NULL && add_field(src, m, c); m = m->next)
		continue;
}

static void
parse_percentile(const struct source *src, const struct yaml_node *cond,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(cond, "percentile");
	long double		x;

	c->measure.rank = 50;
	if (c->type != CORRELATION_VALUE_PERCENTILE) {
		if (n != NULL)
			SOURCE_ERROR(src, n->key,
			    "'percentile' is for value_percentile");
		return;
	}
	if (n == NULL) {
		SOURCE_WARNING(src, cond,
		    "without a 'percentile' it is 50, "
		    "the median");
		return;
	}
	if (n->type != YAML_SCALAR || number_parse(n->text, &x) != 0 || x < 0 ||
	    x > 100) {
		SOURCE_ERROR(src, n,
		    "'percentile' needs a number from 0 to "
		    "100");
		return;
	}
	c->measure.rank = (double)x;
}

/* ---- the condition ---- */

/* Of uses, values or rules there is at least one; of a chain there may be no
 * link. */
static uint64_t
count_least(const struct correlation *c)
{
	return c->presence.ordered ? 0 : 1;
}

static bool
is_hopeless(const struct correlation *c)
{
	const struct figure_bounds *f = &c->measure.bounds;
	const struct bounds	   *b = &c->window.bounds;

	if (correlation_is_measure(c))
		return f->lo > f->hi ||
		    (f->lo == f->hi &&
			(f->lo_open || f->hi_open || f->lo == f->except));
	return b->lo > b->hi || b->hi < count_least(c) ||
	    (b->lo == b->hi && b->except == b->lo) ||
	    (correlation_is_temporal(c) && b->lo > c->nrefs);
}

/*
 * Of counts: who says {gte: 1} knows, and wants each use of any of the rules;
 * but not who says {gte: 0}.
 */
static bool
is_always(const struct correlation *c)
{
	const struct bounds *b = &c->window.bounds;
	uint64_t	     most = BOUNDS_ANY;

	if (correlation_is_measure(c))
		return false;
	if (correlation_is_temporal(c))
		most = c->nrefs;
	return b->lo == 0 && b->hi >= most &&
	    (b->except == BOUNDS_ANY || b->except < count_least(c) ||
		b->except > most);
}

/* Kept as written, like a detection that can never match. */
static void
warn_of_bounds(const struct source *src, const struct yaml_node *cond,
    const struct correlation *c)
{
	const char *what = correlation_is_measure(c) ? "number" : "count";

	if (is_hopeless(c))
		SOURCE_WARNING(src, cond,
		    "no %s can satisfy the condition: it never holds", what);
	else if (is_always(c))
		SOURCE_WARNING(src, cond,
		    "any %s satisfies the condition: it holds at every use "
		    "that feeds it",
		    what);
}

static void
parse_comparisons(const struct source *src, const struct yaml_node *cond,
    struct correlation *c)
{
	size_t			errors = src->c->errors, ops = 0;
	const struct yaml_node *n;

	for (n = cond->child; n != NULL && src->c->errors == errors;
	     n = n->next) {
		if (slice_is(n->key->text, "field") ||
		    slice_is(n->key->text, "percentile"))
			continue;
		if (correlation_is_measure(c))
			parse_figure(src, n, c);
		else
			parse_count(src, n, c);
		ops++;
	}
	if (src->c->errors != errors)
		return;
	if (ops == 0)
		SOURCE_ERROR(src, cond,
		    "the condition compares with nothing: "
		    "add gt, gte, lt, lte, eq or neq");
	else
		warn_of_bounds(src, cond, c);
}

/* All rules, a number of them, or an expression over their names. */
static bool
parse_condition_temporal(const struct yaml_node *cond, struct correlation *c)
{
	c->presence.nkinds = (unsigned)c->nrefs;
	c->presence.ordered = c->type == CORRELATION_TEMPORAL_ORDERED;
	c->presence.only_grow = true;
	if (cond != NULL && !yaml_is_null(cond)) {
		if (cond->type != YAML_SCALAR)
			return false;
		c->expression = cond;
	}
	c->window.bounds.lo = c->nrefs;
	return true;
}

static void
parse_condition(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *cond = yaml_get(map, "condition");
	size_t			errors = src->c->errors;

	c->window.bounds = (struct bounds){0, BOUNDS_ANY, BOUNDS_ANY};
	c->measure.bounds =
	    (struct figure_bounds){-INFINITY, INFINITY, NAN, false, false};
	if (correlation_is_temporal(c) && parse_condition_temporal(cond, c))
		return;
	if (cond == NULL || cond->type != YAML_MAP) {
		SOURCE_ERROR(src, cond != NULL ? cond : map,
		    "a correlation "
		    "needs a 'condition' map, as in {gte: 10}");
		return;
	}
	source_check_keys(src, cond, condition_keys, "'condition'");
	parse_field(src, cond, c);
	parse_percentile(src, cond, c);
	if (src->c->errors == errors)
		parse_comparisons(src, cond, c);
	c->presence.only_grow = bounds_only_grow(&c->window.bounds);
}

static bool
parse_generate(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "generate");

	if (n == NULL || yaml_is_null(n))
		return true;
	if (n->type != YAML_SCALAR || yaml_bool(n) == -1) {
		SOURCE_ERROR(src, n, "'generate' must be true or false");
		return false;
	}
	c->generate = yaml_bool(n) == 1;
	return true;
}

/* ---- all of it ---- */

struct correlation *
correlate_parse(const struct source *src, const struct yaml_node *map)
{
	struct correlation *c = arena_zalloc(src->arena, sizeof(*c));
	size_t		    errors = src->c->errors;

	if (map->type != YAML_MAP) {
		SOURCE_ERROR(src, map, "'correlation' must be a map");
		return NULL;
	}
	source_check_open_keys(src, map, correlation_keys, "'correlation'");
	parse_refs(src, map, c);
	parse_groups(src, map, c);
	parse_timespan(src, map, c);
	parse_generate(src, map, c);
	if (parse_type(src, map, c))
		parse_condition(src, map, c);
	return src->c->errors == errors ? c : NULL;
}

/* ---- what names its rules ---- */

size_t
correlate_ref(const struct correlation *c, const struct ruleset *rs,
    struct slice name, size_t from)
{
	const struct sigma_rule *r = ruleset_named(rs, name);
	size_t			 i;

	for (i = from; i < c->nrefs; i++)
		if (r != NULL ? c->refs[i].rule == r :
				slice_eq(c->refs[i].node->text, name))
			break;
	return i;
}

/* In an order a rule may come again. */
static void
check_twice(const struct source *src, const struct correlation *c,
    const struct ruleset *rs)
{
	struct slice name, first;
	size_t	     i, j;

	for (i = 1; i < c->nrefs && !c->presence.ordered; i++) {
		name = c->refs[i].node->text;
		j = correlate_ref(c, rs, name, 0);
		if (j >= i)
			continue;
		first = c->refs[j].node->text;
		if (slice_eq(first, name))
			SOURCE_ERROR(src, c->refs[i].node,
			    "'%.*s' is named twice", SLICE_ARG(name));
		else
			SOURCE_ERROR(src, c->refs[i].node,
			    "'%.*s' is the rule '%.*s', which is named "
			    "already",
			    SLICE_ARG(name), SLICE_ARG(first));
		return;
	}
}

bool
correlate_link(const struct source *src, const struct yaml_node *map,
    struct correlation *c, const struct ruleset *rs)
{
	const struct yaml_node *rules = yaml_get(map, "rules");
	size_t			errors = src->c->errors;

	if (c->expression != NULL)
		expression_parse(src, c->expression, c, rs);
	alias_parse(src, map, c, rs);
	check_twice(src, c, rs);
	/* Each has a bit. */
	if (c->nrefs > PRESENCE_KINDS_MAX &&
	    (correlation_is_temporal(c) || c->aliased))
		SOURCE_ERROR(src, rules != NULL ? rules : c->expression,
		    "more than %d rules, each of which counts by itself here",
		    PRESENCE_KINDS_MAX);
	return src->c->errors == errors;
}
