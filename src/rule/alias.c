#include "rule/alias.h"

#include "rule/set.h"

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

/* One rule's name for it; `n` is the field's name under the rule's. */
static void
parse_field(const struct source *src, const struct yaml_node *alias,
    const struct yaml_node *n, struct correlation *c, const struct ruleset *rs)
{
	struct slice		name = n->key->text;
	size_t			ref = correlate_ref(c, rs, name, 0);
	const struct yaml_node *m;

	if (!source_is_name(n)) {
		SOURCE_ERROR(src, n, "an alias needs the name of a field");
		return;
	}
	if (ref == c->nrefs) {
		if (ruleset_named(rs, name) == NULL)
			SOURCE_ERROR(src, n->key,
			    "no rule has the id or name '%.*s'",
			    SLICE_ARG(name));
		else
			SOURCE_WARNING(src, n->key,
			    "'%.*s' is not one of the 'rules'",
			    SLICE_ARG(name));
		return;
	}
	for (m = alias->child; m != n; m = m->next)
		if (correlate_ref(c, rs, m->key->text, 0) == ref)
			SOURCE_ERROR(src, n->key,
			    "'%.*s' is the rule '%.*s', which has a field "
			    "already",
			    SLICE_ARG(name), SLICE_ARG(m->key->text));
	/* A rule may be named more than once. */
	for (; ref < c->nrefs; ref = correlate_ref(c, rs, name, ref + 1))
		(void)set_alias(c, alias->key->text, ref, n->text.p);
}

static void
parse_alias(const struct source *src, const struct yaml_node *alias,
    struct correlation *c, const struct ruleset *rs)
{
	const struct yaml_node *n;

	if (alias->type != YAML_MAP) {
		SOURCE_ERROR(src, alias,
		    "an alias is a map of rules to their fields");
		return;
	}
	if (!set_alias(c, alias->key->text, c->nrefs, NULL))
		SOURCE_WARNING(src, alias->key, "the alias '%.*s' is not used",
		    SLICE_ARG(alias->key->text));
	for (n = alias->child; n != NULL; n = n->next)
		parse_field(src, alias, n, c, rs);
}

void
alias_parse(const struct source *src, const struct yaml_node *map,
    struct correlation *c, const struct ruleset *rs)
{
	const struct yaml_node *n = yaml_get(map, "aliases"), *alias;
	unsigned		width = c->ngroup + c->nfields, i;
	size_t			ref;

	if (n == NULL || yaml_is_null(n))
		return;
	if (n->type != YAML_MAP) {
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
		parse_alias(src, alias, c, rs);
}
