/*
 * never - conditions that nothing can satisfy, as far as a look at their
 * shape can tell.
 */
#ifndef PATROL_RULE_NEVER_H
#define PATROL_RULE_NEVER_H

#include <stdbool.h>

#include "rule/node.h"

/* True: no use matches.  False says nothing. */
bool node_is_never(const struct node *n);
#endif
