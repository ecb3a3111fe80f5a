#include "rule/alias.h"

static size_t
find_ref(const struct correlation *c, struct slice name)
{
	size_t i;

	for (i = 0; i < c->nrefs; i++)
		if (slice_eq(c->refs[i].node->text, name))
			return i;
	return c->nrefs;
}

/* The columns of the table of names: group-by, then field. */
static bool
set_alias(struct correlation *c, struct slice alias, size_t ref,
    const char *name)
{
	unsigned    n = c->ngroup + c->nfields, i;
	const char *own;
	bool	    found = false;

	for (i = 0; i < n; i++) {
		own = i < c->ngroup ? c->group[i] : c->field[i - c->ngroup];
		if (!slice_is(alias, own))
			continue;
		found = true;
		if (ref < c->nrefs)
			c->names[ref * n + i] = name;
	}
	return found;
}

static void
parse_alias(const struct source *src, const struct yaml_node *alias,
    struct correlation *c)
{
	const struct yaml_node *n;
	size_t			i, ref;

	if (alias->type != YAML_MAP || alias->child == NULL) {
		SOURCE_ERROR(src, alias,
		    "an alias is a map of rules to their "
		    "fields");
		return;
	}
	if (!set_alias(c, alias->key->text, c->nrefs, NULL))
		SOURCE_WARNING(src, alias->key, "the alias '%.*s' is not used",
		    SLICE_ARG(alias->key->text));
	for (n = alias->child; n != NULL; n = n->next) {
		ref = find_ref(c, n->key->text);
		if (ref == c->nrefs)
			SOURCE_ERROR(src, n->key,
			    "'%.*s' is not one of the "
			    "'rules'",
			    SLICE_ARG(n->key->text));
		else if (n->type != YAML_SCALAR || n->text.n == 0)
			SOURCE_ERROR(src, n,
			    "an alias needs the name of a "
			    "field");
		/* A rule may be named more than once. */
		for (i = ref; i < c->nrefs && n->type == YAML_SCALAR; i++)
			if (slice_eq(c->refs[i].node->text, n->key->text))
				(void)set_alias(c, alias->key->text, i,
				    n->text.p);
	}
}

void
alias_parse(const struct source *src, const struct yaml_node *map,
    struct correlation *c)
{
	const struct yaml_node *n = yaml_get(map, "aliases"), *alias;
	unsigned		width = c->ngroup + c->nfields, i;
	size_t			ref;

	if (n == NULL || yaml_is_null(n))
		return;
	if (n->type != YAML_MAP || n->child == NULL) {
		SOURCE_ERROR(src, n,
		    "'aliases' is a map of names, each with "
		    "a map of rules to their fields");
		return;
	}
	c->aliased = true;
	c->names =
	    arena_alloc(src->arena, (c->nrefs * width + 1) * sizeof(*c->names));
	for (ref = 0; ref < c->nrefs; ref++)
		for (i = 0; i < width; i++)
			c->names[ref * width + i] = i < c->ngroup ?
			    c->group[i] :
			    c->field[i - c->ngroup];
	for (alias = n->child; alias != NULL; alias = alias->next)
		parse_alias(src, alias, c);
}
