/*
 * alias - `aliases` of a correlation: a field has another name in each rule.
 */
#ifndef PATROL_RULE_ALIAS_H
#define PATROL_RULE_ALIAS_H

#include "rule/correlate.h"
#include "rule/source.h"

/*
 * Reads `aliases` of the correlation's map, if there are any, into c->names: a
 * table of what each field of `group-by` and `field` is called in the uses of
 * each rule, its own name where no alias says otherwise.  Rules, groups and
 * field have been read before, and the rules are known.  An alias that nothing
 * names is warned of; faults are told.
 */
void alias_parse(const struct source *src, const struct yaml_node *map,
    struct correlation *c, const struct ruleset *rs);
#endif
