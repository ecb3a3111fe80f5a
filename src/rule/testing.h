/*
 * testing - runs the tests that rules carry under patrol.tests.
 */
#ifndef PATROL_RULE_TESTING_H
#define PATROL_RULE_TESTING_H

#include <stdbool.h>
#include <stddef.h>

#include "rule/ruleset.h"

/*
 * One test of a rule has been run; `line` is its place in rule->file.  `why`
 * says what was raised and not expected, or not raised; NULL if it passed.
 */
typedef void (*rule_test_fn)(const struct rule *rule, const char *test,
    unsigned line, const char *why, void *arg);

/* Has the rule tests, or needs none: it does not alert by itself, or is off? */
bool ruleset_is_tested(const struct ruleset *rs, size_t i);
/*
 * Runs all tests of all rules: each begins with empty windows, whatever the
 * rule's mode, and counts the alerts of its own rule, `realert` observed.
 * Windows and stats of the set are lost: not for a set that is in service.
 * Returns how many failed; `run` (may be NULL) how many there were.
 */
size_t ruleset_test_run(struct ruleset *rs, rule_test_fn fn, void *arg,
    size_t *run);
#endif
