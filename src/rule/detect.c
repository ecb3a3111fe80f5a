#include "rule/detect.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rule/modifier.h"
#include "rule/regex.h"

struct detect {
	const struct source	*src;
	struct regex_list	*regexes;
};

void
regex_list_clear(struct regex_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		regex_free(&l->list[i]);
	free(l->list);
	*l = (struct regex_list){0};
}

/* ---- values ---- */

static bool
value_regex(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	char why[200];

	if (n->plain && (yaml_is_null(n) || yaml_is_number(n) ||
	    yaml_bool(n) != -1)) {
		SOURCE_ERROR(d->src, n, "'re' needs text: put it in quotes");
		return false;
	}
	v->type = VALUE_REGEX;
	v->regex = regex_new(n->text.p, n->text.n, m->reflags, why,
	    sizeof(why));
	if (v->regex == NULL) {
		SOURCE_ERROR(d->src, n, "the regex does not compile: %s", why);
		return false;
	}
	d->regexes->list = xgrow(d->regexes->list, d->regexes->n,
	    &d->regexes->cap, sizeof(struct regex *));
	d->regexes->list[d->regexes->n++] = v->regex;
	return true;
}

static bool
value_cidr(const struct detect *d, const struct yaml_node *n, struct value *v)
{
	struct error err;

	v->type = VALUE_CIDR;
	if (cidr_parse(n->text, &v->cidr, &err) == 0)
		return true;
	SOURCE_ERROR(d->src, n, "'cidr': %s", err.text);
	return false;
}

/* lt lte gt gte: a number, plain or in quotes. */
static bool
value_compare(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	v->type = VALUE_NUMBER;
	if (number_parse(n->text, &v->number) == 0) {
		v->text = number_text(d->src->arena, v->number);
		return true;
	}
	SOURCE_ERROR(d->src, n, "'%s' needs a number, not '%.*s'", m->word,
	    SLICE_ARG(n->text));
	return false;
}

static void
value_string(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	bool keyword = m->field.n == 0;

	v->type = VALUE_STRING;
	v->pattern = pattern_make(d->src->arena, n->text, m->lead || keyword,
	    m->trail || keyword, !m->cased);
}

/* Plain scalars that YAML or JSON take for more than text. */
static bool
value_typed(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	const char *what = NULL;

	if (yaml_is_null(n)) {
		v->type = VALUE_NULL;
		what = "null";
	} else if (yaml_bool(n) != -1) {
		v->type = VALUE_BOOL;
		v->text = yaml_bool(n) ? SLICE("true") : SLICE("false");
		what = "a boolean";
	} else if (number_parse(n->text, &v->number) == 0) {
		v->type = VALUE_NUMBER;
		v->text = number_text(d->src->arena, v->number);
		what = "a number";
	} else {
		SOURCE_ERROR(d->src, n, "the number is too long");
		return false;
	}
	if (m->word == NULL)
		return true;
	SOURCE_ERROR(d->src, n, "'%s' needs text, not %s: put it in quotes "
	    "if text is meant", m->word, what);
	return false;
}

static bool
value_parse(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	bool keyword = m->field.n == 0;

	if (n->type != YAML_SCALAR) {
		SOURCE_ERROR(d->src, n, "a value must be a scalar, not a %s",
		    n->type == YAML_MAP ? "map" : "list");
		return false;
	}
	*v = (struct value){.source = n->text};
	if (m->regex)
		return value_regex(d, m, n, v);
	if (m->cidr)
		return value_cidr(d, n, v);
	if (m->op != ITEM_MATCH)
		return value_compare(d, m, n, v);
	if (keyword && yaml_is_null(n)) {
		SOURCE_ERROR(d->src, n, "a keyword must not be null");
		return false;
	}
	if (!keyword && (yaml_is_null(n) || yaml_bool(n) != -1 ||
	    yaml_is_number(n)))
		return value_typed(d, m, n, v);
	value_string(d, m, n, v);
	return true;
}

/* ---- items ---- */

static bool
item_exists(const struct detect *d, const struct yaml_node *n,
    struct item *it)
{
	int b = n->type == YAML_SCALAR ? yaml_bool(n) : -1;

	if (b == -1) {
		SOURCE_ERROR(d->src, n, "'exists' needs true or false");
		return false;
	}
	it->exists = b == 1;
	return true;
}

/* One scalar or a list of them; `n` is not NULL. */
static bool
item_values(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct item *it)
{
	const struct yaml_node *v;
	bool ok = true;

	if (n->type != YAML_LIST) {
		it->values = arena_zalloc(d->src->arena, sizeof(struct value));
		it->n = 1;
		return value_parse(d, m, n, &it->values[0]);
	}
	if (n->child == NULL) {
		SOURCE_ERROR(d->src, n, "an empty list can never match");
		return false;
	}
	it->values = arena_zalloc(d->src->arena,
	    n->nchild * sizeof(struct value));
	for (v = n->child; v != NULL; v = v->next)
		if (!value_parse(d, m, v, &it->values[it->n++]))
			ok = false;
	return ok;
}

static struct node *
item_node(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n)
{
	struct node *node = node_new(d->src->arena, NODE_ITEM);
	struct item *it = arena_zalloc(d->src->arena, sizeof(*it));
	bool ok;

	if (m->field.n > 0)
		it->field = arena_slice(d->src->arena, m->field);
	it->op = m->op;
	it->all = m->all;
	it->cased = m->cased;
	it->neq = m->neq;
	it->reflags = m->reflags;
	ok = it->op == ITEM_EXISTS ? item_exists(d, n, it) :
	    item_values(d, m, n, it);
	node->item = it;
	return ok ? node : NULL;
}

/* "field|modifiers: values", or "'|all': keywords". */
static struct node *
item_parse(const struct detect *d, const struct yaml_node *n)
{
	struct modifiers m;

	if (!modifier_parse(d->src, n->key, &m))
		return NULL;
	if (m.field.n == 0 && (m.cidr || m.op != ITEM_MATCH || m.neq)) {
		SOURCE_ERROR(d->src, n->key, "'%s' needs a field in front of "
		    "it", m.neq ? "neq" : m.word);
		return NULL;
	}
	return item_node(d, &m, n);
}

/* ---- identifiers ---- */

static struct node *search_parse(const struct detect *,
    const struct yaml_node *);

static struct node *
map_parse(const struct detect *d, const struct yaml_node *map)
{
	struct node *all = node_new(d->src->arena, NODE_AND), *one;
	const struct yaml_node *n;
	bool ok = true;

	for (n = map->child; n != NULL; n = n->next) {
		one = item_parse(d, n);
		ok = ok && one != NULL;
		node_add(d->src->arena, all, one);
	}
	return ok ? node_simplify(all) : NULL;
}

/* Maps, lists and keywords, one of which must hold. */
static struct node *
list_parse(const struct detect *d, const struct yaml_node *list)
{
	struct node *any = node_new(d->src->arena, NODE_OR), *one;
	const struct yaml_node *n;
	bool ok = true;

	for (n = list->child; n != NULL; n = n->next) {
		one = search_parse(d, n);
		ok = ok && one != NULL;
		node_add(d->src->arena, any, one);
	}
	return ok ? node_simplify(any) : NULL;
}

static bool
is_scalar_list(const struct yaml_node *list)
{
	const struct yaml_node *n;

	for (n = list->child; n != NULL; n = n->next)
		if (n->type != YAML_SCALAR)
			return false;
	return true;
}

static struct node *
search_parse(const struct detect *d, const struct yaml_node *n)
{
	struct modifiers keywords = {.op = ITEM_MATCH};

	if (n->type != YAML_SCALAR && n->child == NULL) {
		SOURCE_ERROR(d->src, n, "an empty search says nothing: give it "
		    "a field or a keyword");
		return NULL;
	}
	if (n->type == YAML_MAP)
		return map_parse(d, n);
	/* A list of keywords is one item, so that it is one look a value. */
	if (n->type == YAML_SCALAR || is_scalar_list(n))
		return item_node(d, &keywords, n);
	return list_parse(d, n);
}

static bool
is_identifier(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_' ||
		    s.p[i] == '-'))
			return false;
	return s.n > 0;
}

struct identifier *
detect_parse(const struct source *src, const struct yaml_node *detection,
    struct regex_list *regexes)
{
	struct detect d = {src, regexes};
	struct identifier *first = NULL, **at = &first, *id;
	const struct yaml_node *n;

	for (n = detection->child; n != NULL; n = n->next) {
		if (slice_is(n->key->text, "condition"))
			continue;
		if (slice_is(n->key->text, "timeframe")) {
			SOURCE_ERROR(src, n->key, "'timeframe' belonged to the "
			    "old aggregations: write a correlation with a "
			    "timespan");
			continue;
		}
		if (!is_identifier(n->key->text)) {
			SOURCE_ERROR(src, n->key, "a name must be of letters, "
			    "digits, '_' and '-': '%.*s'",
			    SLICE_ARG(n->key->text));
			continue;
		}
		id = arena_zalloc(src->arena, sizeof(*id));
		id->name = n->key->text;
		id->key = n->key;
		id->node = search_parse(&d, n);
		*at = id;
		at = &id->next;
	}
	return first;
}
