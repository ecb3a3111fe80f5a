#include "rule/source.h"

#include <stdio.h>

#include "base/text.h"

#define HINT_MAX 256

unsigned
source_col(const struct yaml_node *n, size_t off)
{
	if (n->type != YAML_SCALAR || off > n->text.n ||
	    slice_index(n->text, '\n') != -1)
		return n->col;
	return n->col + (unsigned)off + (n->plain ? 0 : 1);
}

/* `open`: a key that is near to none of the names is somebody else's. */
static void
check_keys(const struct source *src, const struct yaml_node *map,
    const char *const *names, const char *where, bool open)
{
	const struct yaml_node *n;
	const char	       *hint;

	for (n = map->child; n != NULL; n = n->next) {
		if (name_index(n->key->text, names) != -1)
			continue;
		hint = source_hint(src, n->key->text, names);
		if (open && hint[0] == '\0')
			SOURCE_WARNING(src, n->key, "unknown key '%.*s' in %s",
			    SLICE_ARG(n->key->text), where);
		else
			SOURCE_ERROR(src, n->key, "unknown key '%.*s' in %s%s",
			    SLICE_ARG(n->key->text), where, hint);
	}
}

void
source_check_keys(const struct source *src, const struct yaml_node *map,
    const char *const *names, const char *where)
{
	check_keys(src, map, names, where, false);
}

void
source_check_open_keys(const struct source *src, const struct yaml_node *map,
    const char *const *names, const char *where)
{
	check_keys(src, map, names, where, true);
}

const char *
source_string(const struct source *src, const struct yaml_node *map,
    const char *key)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n == NULL || yaml_is_null(n))
		return NULL;
	if (n->type != YAML_SCALAR) {
		SOURCE_ERROR(src, n, "'%s' must be text", key);
		return NULL;
	}
	if (slice_index(n->text, '\0') != -1) {
		SOURCE_ERROR(src, n, "'%s' has a NUL character", key);
		return NULL;
	}
	return arena_slice(src->arena, n->text).p;
}

bool
source_is_name(const struct yaml_node *n)
{
	return n->type == YAML_SCALAR && n->text.n > 0 && !yaml_is_null(n);
}

const char *
source_hint(const struct source *src, struct slice word,
    const char *const *names)
{
	const char *near = nearest_name(word, names);
	char	    text[HINT_MAX];

	if (near == NULL)
		return "";
	snprintf(text, sizeof(text), ", did you mean '%s'?", near);
	return arena_str(src->arena, text);
}
