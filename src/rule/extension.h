/*
 * extension - the `patrol:` key of a rule: what Sigma leaves open.
 */
#ifndef PATROL_RULE_EXTENSION_H
#define PATROL_RULE_EXTENSION_H

#include "rule/ruleset.h"
#include "rule/source.h"
#include "rule/testcase.h"

/*
 * Reads `patrol:` (NULL: all defaults) into respond, mode, realert and family
 * of *r and its tests into *tests; all faults told.
 */
void extension_parse(const struct source *src, const struct yaml_node *patrol,
    struct rule *r, struct rule_test **tests);
#endif
