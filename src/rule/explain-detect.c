#include "rule/explaining.h"

/* Lists within lists: JSON that others nest must stay readable. */
#define DEPTH_MAX 2

static bool
holds(const struct explaining *e, const struct node *n)
{
	return predicate_holds(e->rs->predicates, n);
}

/* ---- items ---- */

/* One value in a rule may have become several, by windash and others. */
static bool
is_repeated(const struct item *it, size_t i)
{
	return i > 0 && it->values[i].source.p == it->values[i - 1].source.p;
}

static void
add_values(struct explaining *e, const struct item *it)
{
	size_t i, n = 0, left = 0;

	jsonw_key(&e->w, "values");
	jsonw_array(&e->w);
	for (i = 0; i < it->n; i++) {
		if (is_repeated(it, i))
			continue;
		if (!explaining_has_room(e, n)) {
			left++;
			continue;
		}
		n++;
		explaining_text(e, it->values[i].source);
	}
	jsonw_end(&e->w);
	if (left > 0)
		jsonw_field_int(&e->w, "values_left_out", (int64_t)left);
}

/* The value of the item that the member satisfies, or NULL. */
static const struct value *
satisfied_by(const struct explaining *e, const struct node *item, int member)
{
	const struct item *it = item->item;
	size_t		   i;

	for (i = 0; i < it->n; i++)
		if (predicate_member(e->rs->predicates, item, &it->values[i],
			member))
			return &it->values[i];
	return NULL;
}

/* A member of the field; of keywords only those that matter are told. */
static bool
add_member(struct explaining *e, const struct node *item, int member,
    bool matched, size_t *n)
{
	const struct use_value *m = fields_value(e->rs->fields, member);
	const struct value     *by = NULL;

	if (m->type == USE_ABSENT)
		return true;
	if (item->item->op != ITEM_EXISTS)
		by = satisfied_by(e, item, member);
	if ((by != NULL) != matched)
		return true;
	if (!explaining_has_room(e, *n))
		return false;
	(*n)++;
	jsonw_object(&e->w);
	explaining_field(e, "value", fields_text(e->rs->fields, member));
	if (by != NULL)
		explaining_field(e, "by", by->source);
	jsonw_end(&e->w);
	return true;
}

/* Those that match, or those that do not: how many were left out. */
static size_t
add_members_of(struct explaining *e, const struct node *item, bool matched,
    size_t *n)
{
	struct fields *f = e->rs->fields;
	int	       slot = predicate_slot(item), m;
	size_t	       left = 0;

	if (slot == -1) {
		for (m = 0; m < fields_members(f); m++)
			left += !add_member(e, item, m, matched, n);
		return left;
	}
	for (m = fields_first(f, (unsigned)slot); m != FIELDS_END;
	     m = fields_next(f, (unsigned)slot, m))
		left += !add_member(e, item, m, matched, n);
	return left;
}

static void
add_members(struct explaining *e, const struct node *item)
{
	size_t n = 0, left;

	jsonw_key(&e->w, "members");
	jsonw_array(&e->w);
	left = add_members_of(e, item, true, &n);
	left += add_members_of(e, item, false, &n);
	jsonw_end(&e->w);
	explaining_left_out(e, left);
}

static void
add_item(struct explaining *e, const struct node *n)
{
	const struct item *it = n->item;
	struct slice	   rest = SLICE(""), field;

	jsonw_field_bool(&e->w, "held", holds(e, n));
	if (it->key != NULL) {
		rest = it->key->text;
		slice_cut(&rest, '|', &field);
		jsonw_field_int(&e->w, "line", it->key->line);
	}
	explaining_field(e, "field", it->field);
	if (rest.n > 0)
		explaining_field(e, "modifiers", rest);
	if (it->op == ITEM_EXISTS)
		jsonw_field_bool(&e->w, "exists", it->exists);
	else
		add_values(e, it);
	add_members(e, n);
}

/* ---- identifiers ---- */

static const char *
op_name(enum node_type t)
{
	return t == NODE_NOT ? "not" : t == NODE_OR ? "or" : "and";
}

static void
add_search(struct explaining *e, const struct node *n, unsigned depth)
{
	size_t i, told = 0;

	jsonw_object(&e->w);
	if (n->type == NODE_ITEM) {
		add_item(e, n);
		jsonw_end(&e->w);
		return;
	}
	jsonw_field_str(&e->w, "op", slice_of(op_name(n->type)));
	jsonw_field_bool(&e->w, "held", holds(e, n));
	if (depth < DEPTH_MAX) {
		jsonw_key(&e->w, "of");
		jsonw_array(&e->w);
		for (i = 0; i < n->n && explaining_has_room(e, told); i++) {
			add_search(e, n->child[i], depth + 1);
			told++;
		}
		jsonw_end(&e->w);
	}
	explaining_left_out(e, n->n - told);
	jsonw_end(&e->w);
}

static void
add_identifiers(struct explaining *e, const struct identifier *ids)
{
	size_t n = 0, left = 0;

	jsonw_key(&e->w, "identifiers");
	jsonw_array(&e->w);
	for (; ids != NULL; ids = ids->next) {
		if (!ids->used)
			continue;
		if (!explaining_has_room(e, n)) {
			left++;
			continue;
		}
		n++;
		jsonw_object(&e->w);
		explaining_field(e, "name", ids->name);
		jsonw_field_bool(&e->w, "held", holds(e, ids->node));
		jsonw_key(&e->w, "search");
		add_search(e, ids->node, 0);
		jsonw_end(&e->w);
	}
	jsonw_end(&e->w);
	explaining_left_out(e, left);
}

/* ---- conditions ---- */

static bool
is_identifier(const struct identifier *ids, const struct node *n)
{
	for (; ids != NULL; ids = ids->next)
		if (ids->node == n)
			return true;
	return false;
}

/* Inner ones first; false once there is no room. */
static bool
add_parts(struct explaining *e, const struct identifier *ids,
    const struct node *n, size_t *told)
{
	size_t i;

	if (is_identifier(ids, n))
		return true;
	for (i = 0; i < n->n; i++)
		if (!add_parts(e, ids, n->child[i], told))
			return false;
	if (n->text.n == 0)
		return true;
	if (!explaining_has_room(e, *told))
		return false;
	(*told)++;
	jsonw_object(&e->w);
	explaining_field(e, "text", n->text);
	jsonw_field_bool(&e->w, "held", holds(e, n));
	jsonw_end(&e->w);
	return true;
}

/* A list of conditions, of which one must hold, as one text. */
static void
add_text(struct explaining *e, const struct yaml_node *n)
{
	const struct yaml_node *c;
	struct buf		b;

	buf_init(&b);
	if (n->type == YAML_SCALAR)
		buf_addslice(&b, n->text);
	for (c = n->child; c != NULL; c = c->next)
		buf_addf(&b, "%s(%.*s)", b.n > 0 ? " or " : "",
		    SLICE_ARG(c->text));
	explaining_field(e, "text", buf_slice(&b));
	buf_clear(&b);
}

/* `body` is the map that has the condition and its identifiers. */
static void
add_condition(struct explaining *e, const struct yaml_node *body,
    const struct node *n, const struct identifier *ids)
{
	size_t told = 0;

	jsonw_key(&e->w, "condition");
	jsonw_object(&e->w);
	add_text(e, yaml_get(body, "condition"));
	jsonw_field_bool(&e->w, "held", holds(e, n));
	jsonw_key(&e->w, "parts");
	jsonw_array(&e->w);
	(void)add_parts(e, ids, n, &told);
	jsonw_end(&e->w);
	jsonw_end(&e->w);
	add_identifiers(e, ids);
}

static void
add_filters(struct explaining *e, const struct filter_use *use)
{
	const struct yaml_node *title;
	size_t			n = 0, left = 0;

	jsonw_key(&e->w, "filters");
	jsonw_array(&e->w);
	for (; use != NULL; use = use->next) {
		if (!explaining_has_room(e, n)) {
			left++;
			continue;
		}
		n++;
		title = yaml_get(use->filter->root, "title");
		jsonw_object(&e->w);
		explaining_field(e, "title",
		    title != NULL ? title->text : SLICE(""));
		explaining_field(e, "file", slice_of(use->filter->file));
		add_condition(e, use->filter->body, use->filter->condition,
		    use->filter->ids);
		jsonw_end(&e->w);
	}
	jsonw_end(&e->w);
	explaining_left_out(e, left);
}

/* What filters left of a rule has the rule itself in front. */
void
explaining_detection(struct explaining *e, const struct sigma_rule *r)
{
	const struct node *own =
	    r->filters != NULL ? r->condition->child[0] : r->condition;

	add_condition(e, yaml_get(r->root, "detection"), own, r->ids);
	if (r->filters != NULL)
		add_filters(e, r->filters);
}
