/*
 * What a node of a file is, to those who read it.
 */
#include "conf/yaml.h"

#include "base/number.h"

struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	struct yaml_node *n;

	if (map == NULL || map->type != YAML_MAP)
		return NULL;
	for (n = map->child; n != NULL; n = n->next) {
		if (slice_is(n->key->text, key))
			return n;
	}
	return NULL;
}

static bool
is_plain(const struct yaml_node *n)
{
	return n != NULL && n->type == YAML_SCALAR && n->plain;
}

bool
yaml_is_null(const struct yaml_node *n)
{
	return is_plain(n) &&
	    (n->text.n == 0 || slice_is(n->text, "~") ||
		slice_is(n->text, "null") || slice_is(n->text, "Null") ||
		slice_is(n->text, "NULL"));
}

int
yaml_bool(const struct yaml_node *n)
{
	if (!is_plain(n))
		return -1;
	if (slice_is(n->text, "true") || slice_is(n->text, "True") ||
	    slice_is(n->text, "TRUE"))
		return 1;
	if (slice_is(n->text, "false") || slice_is(n->text, "False") ||
	    slice_is(n->text, "FALSE"))
		return 0;
	return -1;
}

bool
yaml_is_number(const struct yaml_node *n)
{
	return is_plain(n) && number_is_json(n->text);
}
