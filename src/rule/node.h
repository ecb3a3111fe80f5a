/*
 * node - a rule as a tree: and, or, not over items "field|modifiers: values".
 *
 * Made from YAML by detect.c and condition.c, then each item is bound to a
 * predicate that rules share.  Everything lies in the ruleset's arena; an
 * identifier that a condition names twice is one node with two parents.
 */
#ifndef PATROL_RULE_NODE_H
#define PATROL_RULE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "rule/timepart.h"
#include "rule/value.h"

struct predicate;
struct yaml_node;

enum item_op {
	ITEM_MATCH, /* one of (or all) the values, by their type */
	ITEM_EXISTS,
	ITEM_LT,
	ITEM_LTE,
	ITEM_GT,
	ITEM_GTE
};

struct item {
	const struct yaml_node *key;   /* "name|contains"; NULL: keywords */
	struct slice		field; /* absent: keywords */
	enum item_op		op;
	enum timepart		part; /* compare that of a time */
	bool			all;  /* every value, not any */
	bool			cased;
	bool			neq;
	bool			exists;	 /* ITEM_EXISTS: must it */
	unsigned		reflags; /* REGEX_*; part of what it means */
	struct value	       *values;
	size_t			n, cap;
};

enum node_type { NODE_AND, NODE_OR, NODE_NOT, NODE_ITEM };

struct node {
	enum node_type	  type;
	struct slice	  text;	     /* of a condition, as it was written */
	struct item	 *item;	     /* NODE_ITEM */
	struct predicate *predicate; /* of the item, once bound */
	struct node	**child;     /* and, or: n of them; not: one */
	size_t		  n;
};

struct arena;

struct node *node_new(struct arena *a, enum node_type type);
/* `child` becomes the last one; NULL is ignored. */
void node_add(struct arena *a, struct node *n, struct node *child);
/* Adds a value to an item's. */
void item_add(struct arena *a, struct item *it, const struct value *v);
/* An AND or OR with one child is that child. */
struct node *node_simplify(struct node *n);
#endif
