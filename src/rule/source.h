/*
 * source - the file that a rule is being read from, for faults with a place.
 */
#ifndef PATROL_RULE_SOURCE_H
#define PATROL_RULE_SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/complain.h"
#include "base/slice.h"
#include "conf/yaml.h"

struct source {
	struct arena	  *arena; /* borrowed; for what is kept */
	const char	  *file;  /* lives in the arena */
	struct complaints *c;	  /* borrowed */
};

/* A fault at a node; one `off` bytes into a scalar's text. */
#define SOURCE_ERROR(src, node, ...)                                     \
	complain_error((src)->c, (src)->file, (node)->line, (node)->col, \
	    __VA_ARGS__)
#define SOURCE_ERROR_AT(src, node, off, ...)                \
	complain_error((src)->c, (src)->file, (node)->line, \
	    source_col(node, off), __VA_ARGS__)
#define SOURCE_WARNING(src, node, ...)                                     \
	complain_warning((src)->c, (src)->file, (node)->line, (node)->col, \
	    __VA_ARGS__)

/*
 * The column of a byte of a scalar's text: right for text on one line, the
 * scalar's own beginning for any other.
 */
unsigned source_col(const struct yaml_node *n, size_t off);
/* Complains about each key of a map that is not in `names` (ends in NULL). */
void source_check_keys(const struct source *src, const struct yaml_node *map,
    const char *const *names, const char *where);
/*
 * The same where others may have keys of their own: a fault only of one that
 * is near to a name, and so was meant to be that; a warning of any other.
 */
void source_check_open_keys(const struct source *src,
    const struct yaml_node *map, const char *const *names, const char *where);
/*
 * The text of a scalar under a key, kept in the arena; NULL if it is not
 * there or (with a complaint) not a scalar.
 */
const char *source_string(const struct source *src, const struct yaml_node *map,
    const char *key);
/* Can it be a name: a scalar, neither empty nor null? */
bool source_is_name(const struct yaml_node *n);
/* ", did you mean 'X'?" for the nearest of `names`, "" if none is near. */
const char *source_hint(const struct source *src, struct slice word,
    const char *const *names);
#endif
