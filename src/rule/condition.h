/*
 * condition - the `condition` of a detection over its identifiers.
 *
 *     or < and < not < 1 of / any of / all of (pattern or `them`) < ( )
 */
#ifndef PATROL_RULE_CONDITION_H
#define PATROL_RULE_CONDITION_H

#include "rule/detect.h"
#include "rule/node.h"
#include "rule/source.h"

#define CONDITION_DEPTH_MAX 64 /* of parentheses and nots */
/*
 * Identifiers that the conditions of a rule name, or that patterns in them
 * select, each time counted: a line of "1 of *" is else a tree of gigabytes.
 */
#define CONDITION_NAMES_MAX 2000

/*
 * Reads a condition, or a list of them, of which one must hold.  Marks the
 * identifiers it names.  Each node made for a part of the condition keeps its
 * text.  NULL with a fault told; also when an identifier that
 * it names is faulty itself.
 */
struct node *condition_parse(const struct source *src,
    const struct yaml_node *n, struct identifier *ids);
#endif
