#include "rule/detect.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rule/literal.h"
#include "rule/modifier.h"
#include "rule/regex.h"

struct detect {
	const struct source *src;
	struct detect_kit   *kit;
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
value_cidr(const struct detect *d, const struct yaml_node *n, struct value *v)
{
	struct error err;

	v->type = VALUE_CIDR;
	if (cidr_parse(n->text, &v->cidr, &err) == 0)
		return true;
	SOURCE_ERROR(d->src, n, "'cidr': %s", err.text);
	return false;
}

/* False for what is no number, plain or in quotes, or too long a one. */
static bool
read_number(const struct detect *d, const struct yaml_node *n, struct value *v)
{
	struct slice s = n->text;
	char	     text[DECIMAL_TEXT_MAX];
	size_t	     len;

	if (literal_of(n) == LITERAL_NUMBER)
		s = literal_number(d->src->arena, n);
	if (decimal_parse(s, &v->number) != 0 ||
	    (len = decimal_format(&v->number, text)) == 0)
		return false;
	v->type = VALUE_NUMBER;
	v->text = arena_slice(d->src->arena, (struct slice){text, len});
	return true;
}

/* lt lte gt gte: a number, plain or in quotes. */
static bool
value_compare(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	if (read_number(d, n, v))
		return true;
	SOURCE_ERROR(d->src, n, "'%s' needs a number, not '%.*s'", m->word,
	    SLICE_ARG(n->text));
	return false;
}

/* Can no time be so?  Then the value is told to match nothing. */
static bool
is_never_part(const struct modifiers *m, int64_t x)
{
	int64_t lo, hi;

	timepart_range(m->part, &lo, &hi);
	switch (m->op) {
	case ITEM_LT:
		return x <= lo;
	case ITEM_LTE:
		return x < lo;
	case ITEM_GT:
		return x >= hi;
	case ITEM_GTE:
		return x > hi;
	case ITEM_MATCH:
	case ITEM_EXISTS:
		break;
	}
	return x < lo || x > hi;
}

/* minute to year, with or without a comparison: a whole number. */
static bool
value_part(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	int64_t lo, hi;

	if (!read_number(d, n, v) ||
	    slice_int(v->text, INT32_MIN, INT32_MAX, &v->part) != 0) {
		SOURCE_ERROR(d->src, n,
		    "'%s' of a time needs a whole number, "
		    "not '%.*s'",
		    m->word, SLICE_ARG(n->text));
		return false;
	}
	v->type = VALUE_NUMBER;
	if (is_never_part(m, v->part)) {
		v->type = VALUE_NEVER;
		timepart_range(m->part, &lo, &hi);
		SOURCE_WARNING(d->src, n,
		    "this can never match: that part of "
		    "a time is from %d to %d",
		    (int)lo, (int)hi);
	}
	return true;
}

/* fieldref: the name of another field. */
static bool
value_field(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	if (n->text.n == 0 || literal_of(n) != LITERAL_TEXT) {
		SOURCE_ERROR(d->src, n, "'fieldref' needs the name of a field");
		return false;
	}
	if (pattern_is_wild(pattern_mark(d->src->arena, n->text))) {
		SOURCE_ERROR(d->src, n,
		    "'fieldref' needs the name of one field, which has no "
		    "wildcards");
		return false;
	}
	v->type = VALUE_FIELD;
	v->pattern.kind = m->lead && m->trail ? PATTERN_CONTAINS :
	    m->lead			      ? PATTERN_SUFFIX :
	    m->trail			      ? PATTERN_PREFIX :
						PATTERN_EXACT;
	return true;
}

static struct pattern
value_pattern(const struct detect *d, const struct modifiers *m,
    struct slice marked)
{
	bool keyword = m->field.n == 0;

	return pattern_of_marked(d->src->arena, marked, m->lead || keyword,
	    m->trail || keyword, !m->cased);
}

/* "\\%name%" may be meant for a backslash and a placeholder. */
static void
warn_kept(const struct detect *d, const struct yaml_node *n,
    const struct text *t)
{
	struct slice kept = encode_kept(t);

	if (kept.p != NULL)
		SOURCE_WARNING(d->src, n,
		    "'%.*s' is not expanded: behind a backslash '%%' is a "
		    "percent sign",
		    SLICE_ARG(kept));
}

/* What the steps of the chain make of a value. */
static bool
take_steps(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct text_list *texts)
{
	struct error err;
	size_t	     i;

	for (i = 0; i < m->nsteps; i++) {
		if (m->steps[i] == ENCODE_EXPAND)
			warn_kept(d, n, &texts->list[0]);
		if (encode_step(d->src->arena, m->steps[i],
			&d->kit->placeholders, texts, &err) != 0) {
			SOURCE_ERROR(d->src, n, "%s", err.text);
			return false;
		}
	}
	return true;
}

static bool
add_strings(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct item *it)
{
	struct text_list texts = encode_begin(d->src->arena, n->text);
	struct value	 v = {.source = n->text};
	bool		 never = false;
	size_t		 i;

	if (literal_is_power(n))
		SOURCE_WARNING(d->src, n,
		    "this is text, as YAML 1.1 reads it: write it like "
		    "1.0e+3 if a number is meant, else in quotes");
	if (!take_steps(d, m, n, &texts))
		return false;
	for (i = 0; i < texts.n; i++) {
		v.type = VALUE_STRING;
		if (encode_is_text(&texts.list[i]))
			v.pattern = value_pattern(d, m, texts.list[i].s);
		else
			v.type = VALUE_NEVER;
		never = never || v.type == VALUE_NEVER;
		item_add(d->src->arena, it, &v);
	}
	if (never)
		SOURCE_WARNING(d->src, n,
		    "this can never match: what '%s' "
		    "makes of it is not UTF-8, as all values of fields are",
		    m->word);
	return true;
}

/* One, or one for each way to fill its placeholders. */
static bool
add_regexes(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct item *it)
{
	struct text_list   texts = encode_begin_regex(d->src->arena, n->text);
	struct regex_list *l = d->kit->regexes;
	struct value	   v = {.type = VALUE_REGEX};
	char		   why[200];
	size_t		   i;

	if (literal_of(n) != LITERAL_TEXT) {
		SOURCE_ERROR(d->src, n, "'re' needs text: put it in quotes");
		return false;
	}
	if (!take_steps(d, m, n, &texts))
		return false;
	for (i = 0; i < texts.n; i++) {
		v.source = texts.list[i].s;
		v.regex = regex_new(v.source.p, v.source.n, m->reflags, why,
		    sizeof(why));
		if (v.regex == NULL) {
			SOURCE_ERROR(d->src, n,
			    "the regex does not compile: %s", why);
			return false;
		}
		l->list = xgrow(l->list, l->n, &l->cap, sizeof(struct regex *));
		l->list[l->n++] = v.regex;
		item_add(d->src->arena, it, &v);
	}
	return true;
}

/* Null, a boolean or a number, where that is none of the modifiers' values. */
static bool
refuse_typed(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n)
{
	static const char *const what[] = {
	    [LITERAL_NULL] = "null",
	    [LITERAL_BOOL] = "a boolean",
	    [LITERAL_NUMBER] = "a number",
	};

	SOURCE_ERROR(d->src, n,
	    "'%s' needs text, not %s: put it in quotes "
	    "if text is meant",
	    m->word != NULL ? m->word : "cased", what[literal_of(n)]);
	return false;
}

/* Plain scalars that YAML takes for more than text. */
static bool
value_typed(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct value *v)
{
	if (m->word != NULL || m->cased)
		return refuse_typed(d, m, n);
	if (yaml_is_null(n)) {
		v->type = VALUE_NULL;
	} else if (yaml_bool(n) != -1) {
		v->type = VALUE_BOOL;
		v->text = yaml_bool(n) ? SLICE("true") : SLICE("false");
	} else if (!read_number(d, n, v)) {
		SOURCE_ERROR(d->src, n, "the number is too long");
		return false;
	} else if (literal_is_hex(n)) {
		SOURCE_WARNING(d->src, n,
		    "this is the number %.*s: put it in quotes if text is "
		    "meant",
		    SLICE_ARG(v->text));
	}
	if (m->field.n > 0)
		return true;
	/* Keywords are looked for in text, so this is that of the value. */
	v->type = VALUE_STRING;
	v->pattern = value_pattern(d, m, v->text);
	return true;
}

/* The values that one scalar stands for become the item's. */
static bool
add_value(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n, struct item *it)
{
	struct value v = {.source = n->text};
	bool	     ok;

	if (n->type != YAML_SCALAR) {
		SOURCE_ERROR(d->src, n, "a value must be a scalar, not a %s",
		    n->type == YAML_MAP ? "map" : "list");
		return false;
	}
	if (m->field.n == 0 && yaml_is_null(n)) {
		SOURCE_ERROR(d->src, n, "a keyword must not be null");
		return false;
	}
	if (m->regex)
		return add_regexes(d, m, n, it);
	if (m->cidr)
		ok = value_cidr(d, n, &v);
	else if (m->fieldref)
		ok = value_field(d, m, n, &v);
	else if (m->part != TIMEPART_NONE)
		ok = value_part(d, m, n, &v);
	else if (m->op != ITEM_MATCH)
		ok = value_compare(d, m, n, &v);
	else if (literal_of(n) != LITERAL_TEXT)
		ok = value_typed(d, m, n, &v);
	else
		return add_strings(d, m, n, it);
	if (ok)
		item_add(d->src->arena, it, &v);
	return ok;
}

/* ---- items ---- */

static bool
item_exists(const struct detect *d, const struct yaml_node *n, struct item *it)
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
	bool			ok = true;

	if (n->type != YAML_LIST)
		return add_value(d, m, n, it);
	if (n->child == NULL) {
		SOURCE_ERROR(d->src, n, "an empty list can never match");
		return false;
	}
	for (v = n->child; v != NULL; v = v->next)
		if (!add_value(d, m, v, it))
			ok = false;
	return ok;
}

static struct node *
item_node_one(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n)
{
	struct node *node = node_new(d->src->arena, NODE_ITEM);
	struct item *it = arena_zalloc(d->src->arena, sizeof(*it));
	bool	     ok;

	if (m->field.n > 0)
		it->field = arena_slice(d->src->arena, m->field);
	it->key = m->key;
	it->op = m->op;
	it->part = m->part;
	it->all = m->all;
	it->cased = m->cased;
	it->neq = m->neq;
	it->reflags = m->reflags;
	ok = it->op == ITEM_EXISTS ? item_exists(d, n, it) :
				     item_values(d, m, n, it);
	node->item = it;
	return ok ? node : NULL;
}

/*
 * `all` where each value listed may stand for several, one of which must
 * match: an item for each.  `neq` is about all of them together.
 */
static struct node *
item_node_each(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *list)
{
	struct node	*all = node_new(d->src->arena, NODE_AND), *not, *one;
	struct modifiers each = *m;
	const struct yaml_node *n;
	bool			ok = true;

	each.all = false;
	each.neq = false;
	for (n = list->child; n != NULL; n = n->next) {
		one = item_node_one(d, &each, n);
		ok = ok && one != NULL;
		node_add(d->src->arena, all, one);
	}
	if (!ok)
		return NULL;
	if (!m->neq)
		return node_simplify(all);
	not = node_new(d->src->arena, NODE_NOT);
	node_add(d->src->arena, not, node_simplify(all));
	return not ;
}

static struct node *
item_node(const struct detect *d, const struct modifiers *m,
    const struct yaml_node *n)
{
	struct modifiers one = *m;

	if (!m->all || m->nsteps == 0)
		return item_node_one(d, m, n);
	if (n->type == YAML_LIST && n->child != NULL)
		return item_node_each(d, m, n);
	one.all = false; /* of a single value is that value */
	return item_node_one(d, &one, n);
}

/* "field|modifiers: values", or "'|all': keywords". */
static struct node *
item_parse(const struct detect *d, const struct yaml_node *n)
{
	struct modifiers m;

	if (!modifier_parse(d->src, n->key, &m))
		return NULL;
	if (m.field.n == 0 &&
	    (m.cidr || m.fieldref || m.op != ITEM_MATCH ||
		m.part != TIMEPART_NONE)) {
		SOURCE_ERROR(d->src, n->key,
		    "'%s' needs a field in front of "
		    "it",
		    m.word);
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
	struct node	       *all = node_new(d->src->arena, NODE_AND), *one;
	const struct yaml_node *n;
	bool			ok = true;

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
	struct node	       *any = node_new(d->src->arena, NODE_OR), *one;
	const struct yaml_node *n;
	bool			ok = true;

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
		SOURCE_ERROR(d->src, n,
		    "an empty search says nothing: give it "
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
	return true;
}

struct identifier *
detect_parse(const struct source *src, const struct yaml_node *detection,
    const char *but, struct detect_kit *kit)
{
	struct detect		d = {src, kit};
	struct identifier      *first = NULL, **at = &first, *id;
	const struct yaml_node *n;

	for (n = detection->child; n != NULL; n = n->next) {
		if (slice_is(n->key->text, "condition") ||
		    (but != NULL && slice_is(n->key->text, but)))
			continue;
		if (slice_is(n->key->text, "timeframe")) {
			SOURCE_ERROR(src, n->key,
			    "'timeframe' belonged to the "
			    "old aggregations: write a correlation with a "
			    "timespan");
			continue;
		}
		if (n->key->text.n == 0) {
			SOURCE_ERROR(src, n->key, "a search needs a name");
			continue;
		}
		if (!is_identifier(n->key->text))
			SOURCE_WARNING(src, n->key,
			    "only a pattern can select "
			    "'%.*s': names in a condition are of letters, "
			    "digits, '_' and '-'",
			    SLICE_ARG(n->key->text));
		id = arena_zalloc(src->arena, sizeof(*id));
		id->name = n->key->text;
		id->key = n->key;
		id->node = search_parse(&d, n);
		*at = id;
		at = &id->next;
	}
	return first;
}

void
detect_warn_unused(const struct source *src, const struct identifier *ids)
{
	for (; ids != NULL; ids = ids->next)
		if (!ids->used && ids->name.p[0] != '_')
			SOURCE_WARNING(src, ids->key,
			    "'%.*s' is not used by "
			    "the condition",
			    SLICE_ARG(ids->name));
}
