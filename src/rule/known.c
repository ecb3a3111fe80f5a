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

void
known_warn_correlation(const struct source *src, const struct yaml_node *map)
{
	const struct yaml_node *by = yaml_get(map, "group-by"), *n;
	const struct yaml_node *aliases = yaml_get(map, "aliases");

	if (by == NULL)
		return;
	for (n = by->type == YAML_LIST ? by->child : by; n != NULL;
	     n = by->type == YAML_LIST ? n->next : NULL) {
		if (n->type != YAML_SCALAR)
			continue;
		if (aliases == NULL || yaml_get(aliases, n->text.p) == NULL)
			warn_field(src, n, n->text);
	}
}
