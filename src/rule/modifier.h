/*
 * modifier - the chain behind a field: "name|contains|all".
 */
#ifndef PATROL_RULE_MODIFIER_H
#define PATROL_RULE_MODIFIER_H

#include <stdbool.h>

#include "base/slice.h"
#include "rule/encode.h"
#include "rule/node.h"
#include "rule/source.h"

#define MODIFIER_STEPS_MAX 8

struct modifiers {
	const struct yaml_node *key;   /* that was read; NULL: none */
	struct slice		field; /* before the first `|`; may be empty */
	bool			lead, trail; /* wildcards around a string */
	bool			all, cased, neq;
	bool			regex, cidr, fieldref;
	unsigned		reflags; /* REGEX_* */
	enum item_op		op;
	enum timepart		part;
	enum encode_step steps[MODIFIER_STEPS_MAX]; /* from left to right */
	unsigned	 nsteps;
	const char	*word; /* the last that limits the values, for
					   faults: "contains", "gte"; or NULL */
};

/*
 * Reads the text of a key.  False, with every fault told, when the chain
 * makes no sense or is not supported.
 */
bool modifier_parse(const struct source *src, const struct yaml_node *key,
    struct modifiers *m);
#endif
