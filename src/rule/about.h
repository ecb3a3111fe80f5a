/*
 * about - what a rule of any kind says about itself: status, dates, tags.
 *
 * Nothing here is kept, for nothing depends on it; what the specification does
 * not allow is refused all the same, so that it is told where it was written
 * and not by the next tool that reads the rule.
 */
#ifndef PATROL_RULE_ABOUT_H
#define PATROL_RULE_ABOUT_H

#include "rule/source.h"

/* Tells all faults of a document, which is a map. */
void about_check(const struct source *src, const struct yaml_node *root);
#endif
