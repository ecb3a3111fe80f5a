/*
 * detect - the `detection` of a rule: named search identifiers.
 */
#ifndef PATROL_RULE_DETECT_H
#define PATROL_RULE_DETECT_H

#include <stdbool.h>

#include "base/slice.h"
#include "rule/encode.h"
#include "rule/node.h"
#include "rule/source.h"

/* Regexes are not in the arena: the ruleset keeps them in such a list. */
struct regex_list {
	struct regex **list; /* owned, with what it points to */
	size_t	       n, cap;
};

/* What detections need beside their text. */
struct detect_kit {
	struct regex_list  *regexes; /* takes those that are made */
	struct placeholders placeholders;
};

struct identifier {
	struct slice		name;
	const struct yaml_node *key;  /* its place */
	struct node	       *node; /* NULL: faulty, and told */
	bool			used; /* by the condition */
	struct identifier      *next;
};

/*
 * Reads all identifiers of a `detection` map, in their order: what is neither
 * `condition` nor `but` (NULL: nothing else).  NULL if there are none.
 */
struct identifier *detect_parse(const struct source *src,
    const struct yaml_node *detection, const char *but, struct detect_kit *kit);
/* Warns about identifiers that no condition used, but for _names. */
void detect_warn_unused(const struct source *src, const struct identifier *ids);
void regex_list_clear(struct regex_list *l);
#endif
