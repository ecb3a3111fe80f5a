/*
 * placeholders - what stands for %name% in rules, from a file.
 *
 * A YAML (or JSON) map of names to values, as under `rules: placeholders` of
 * patrold.yaml.
 */
#ifndef PATROL_PATROLCTL_PLACEHOLDERS_H
#define PATROL_PATROLCTL_PLACEHOLDERS_H

#include "base/arena.h"
#include "base/complain.h"
#include "rule/ruleset.h"

/* Into *lim, kept in the arena: 0, or -1 with all faults told. */
int placeholders_read(struct arena *a, const char *path,
    struct ruleset_limits *lim, struct complaints *c) MUSTCHECK;
#endif
