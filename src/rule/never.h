/*
 * never - conditions that nothing can satisfy, as far as a look at their
 * shape and at the values they name can tell.
 */
#ifndef PATROL_RULE_NEVER_H
#define PATROL_RULE_NEVER_H

#include <stdbool.h>

#include "rule/node.h"

/*
 * True: nothing matches.  False says nothing.  `uses_only`: it is asked about
 * uses and not about any events, so that a field that patrol knows has one
 * value.
 */
bool node_is_never(const struct node *n, bool uses_only);
#endif
