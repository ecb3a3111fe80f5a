/*
 * known - fields that are nearly one of a use's: slips of the pen, mostly.
 *
 * Only where a rule says that it is for patrol: a sender may add fields of any
 * name, so one that is near to none is its own affair, and the fields of other
 * products look like patrol's by chance only.
 */
#ifndef PATROL_RULE_KNOWN_H
#define PATROL_RULE_KNOWN_H

#include <stdbool.h>

#include "rule/source.h"

/* Is the rule's logsource of `product: patrol`? */
bool known_is_patrol(const struct yaml_node *root);
/* Warns about fields in the searches of a detection or filter. */
void known_warn_detection(const struct source *src,
    const struct yaml_node		      *map);
/* Warns about the fields that a `correlation` map groups by, counts, and has
 * aliases for. */
void known_warn_correlation(const struct source *src,
    const struct yaml_node			*map);
/* Warns about a key of a test's use that is nearly a field, or nearly says how
 * often or when it comes. */
void known_warn_use(const struct source *src, const struct yaml_node *key);
#endif
