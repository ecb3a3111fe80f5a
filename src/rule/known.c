#include "rule/known.h"

#include "base/text.h"
#include "use/use.h"

bool
known_is_patrol(const struct yaml_node *root)
{
	const struct yaml_node *n =
	    yaml_get(yaml_get(root, "logsource"), "product");

	return n != NULL && n->type == YAML_SCALAR &&
	    slice_is(n->text, "patrol");
}

/*
 * Behind the dot of `source.` or `token.` only what follows is compared: else
 * any short word there would be near to another.
 */
static const char *
nearest_field(struct slice field)
{
	struct slice group = {field.p, (size_t)(slice_index(field, '.') + 1)};
	struct slice rest = {field.p + group.n, field.n - group.n};
	const char  *tails[USE_FIELDS + 1], *near;
	size_t	     i, n = 0;

	for (i = 0; group.n > 0 && i < USE_FIELDS; i++)
		if (slice_starts(slice_of(use_field_names[i]), group))
			tails[n++] = use_field_names[i] + group.n;
	tails[n] = NULL;
	if (n == 0)
		return nearest_name(field, use_field_names);
	near = nearest_name(rest, tails);
	return near != NULL ? near - group.n : NULL;
}

static void
warn_field(const struct source *src, const struct yaml_node *at,
    struct slice field)
{
	const char *near;

	if (field.n == 0 || use_field_find(field) >= 0)
		return;
	near = nearest_field(field);
	if (near != NULL)
		SOURCE_WARNING(src, at,
		    "patrol knows no field '%.*s', did you mean '%s'?",
		    SLICE_ARG(field), near);
}

/* As deep as the YAML was: bounded. */
static void
warn_search(const struct source *src, const struct yaml_node *n)
{
	const struct yaml_node *m;
	struct slice		rest, field;

	if (n->type == YAML_SCALAR)
		return;
	for (m = n->child; m != NULL; m = m->next) {
		if (n->type == YAML_LIST) {
			warn_search(src, m);
			continue;
		}
		rest = m->key->text;
		(void)slice_cut(&rest, '|', &field);
		warn_field(src, m->key, field);
	}
}

/* From the YAML, so that those beside a fault are told with it. */
void
known_warn_detection(const struct source *src, const struct yaml_node *map)
{
	static const char *const others[] = {"condition", "timeframe", "rules",
	    NULL};
	const struct yaml_node	*n;

	for (n = map->type == YAML_MAP ? map->child : NULL; n != NULL;
	     n = n->next)
		if (name_index(n->key->text, others) == -1)
			warn_search(src, n);
}

/* A field or a list of them; NULL is none, and an alias is no field. */
static void
warn_fields(const struct source *src, const struct yaml_node *fields,
    const struct yaml_node *aliases)
{
	const struct yaml_node *n = fields;
	bool			is_list = n != NULL && n->type == YAML_LIST;

	for (n = is_list ? n->child : n; n != NULL;
	     n = is_list ? n->next : NULL) {
		if (n->type != YAML_SCALAR)
			continue;
		if (aliases == NULL || yaml_get(aliases, n->text.p) == NULL)
			warn_field(src, n, n->text);
	}
}

/* What each alias stands for in the uses of each rule. */
static void
warn_aliases(const struct source *src, const struct yaml_node *aliases)
{
	const struct yaml_node *alias, *n;

	for (alias = aliases->child; alias != NULL; alias = alias->next)
		for (n = alias->type == YAML_MAP ? alias->child : NULL;
		     n != NULL; n = n->next)
			warn_fields(src, n, NULL);
}

static const struct yaml_node *
submap(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n != NULL && n->type == YAML_MAP ? n : NULL;
}

void
known_warn_correlation(const struct source *src, const struct yaml_node *map)
{
	const struct yaml_node *aliases = submap(map, "aliases");
	const struct yaml_node *condition = submap(map, "condition");

	warn_fields(src, yaml_get(map, "group-by"), aliases);
	if (condition != NULL)
		warn_fields(src, yaml_get(condition, "field"), aliases);
	if (aliases != NULL)
		warn_aliases(src, aliases);
}

void
known_warn_use(const struct source *src, const struct yaml_node *key)
{
	static const char *const words[] = {"repeat", "every", NULL};
	const char		*near = nearest_name(key->text, words);

	if (use_field_find(key->text) >= 0)
		return;
	if (near != NULL)
		SOURCE_WARNING(src, key,
		    "'%.*s' is taken for a field, did you mean '%s'?",
		    SLICE_ARG(key->text), near);
	else
		warn_field(src, key, key->text);
}
