/*
 * explain - why a rule holds or does not, as JSON.
 *
 *     {"rule":ID,"title":T,"type":"detection","held":true,
 *      "condition":{"text":"selection and not 1 of filter_*","held":true,
 *                   "parts":[{"text":"1 of filter_*","held":false},..]},
 *      "identifiers":[{"name":"selection","held":true,"search":SEARCH},..],
 *      "filters":[{"title":T,"condition":..,"identifiers":..},..]}
 *
 * SEARCH is an item, {"field":"action","modifiers":"contains","line":7,
 * "held":true,"values":["pull"],"members":[{"value":"pull","by":"pull"}]},
 * where a member of the use's field without a `by` satisfies no value; or
 * {"op":"and","held":true,"of":[SEARCH,..]}.  A correlation has instead
 *
 *      "rules":[{"rule":ID,"title":T,"held":true},..],
 *      "condition":{"text":"gte 10"},"timespan_seconds":60,
 *      "groups":[{"key":{"token":"pat_a"},"held":true,"measured":10,
 *                 "before":9,"window":[..]}],
 *      "based_on":[explanations of the rules that it refers to]
 *
 * What was too much is left out, and counted in a "left_out" beside it.
 * Loop thread only, as the ruleset itself.
 */
#ifndef PATROL_RULE_EXPLAIN_H
#define PATROL_RULE_EXPLAIN_H

#include "base/buf.h"
#include "rule/ruleset.h"

/* Bytes that explain a rule well enough for a person. */
#define EXPLAIN_BYTES (32 * 1024)
/* What the last entry may take beyond the bytes that were asked for. */
#define EXPLAIN_OVER (8 * 1024)

/*
 * Right after ruleset_judge or ruleset_match, before the use or event goes:
 * appends one JSON object about that rule at it, of about `max` bytes at the
 * most (see EXPLAIN_OVER).
 */
void ruleset_explain(struct ruleset *rs, const struct rule *r, size_t max,
    struct buf *out);
/*
 * Right after ruleset_judge: each group that the use has fed, by its key, of
 * that correlation and of those that it refers to.
 */
typedef void (*ruleset_fed_fn)(const struct verdict *key, void *arg);
void ruleset_fed(struct ruleset *rs, const struct rule *r, ruleset_fed_fn fn,
    void *arg);
/*
 * What the rule would make of a use that was not judged: nothing moves.  A
 * correlation's windows are shown with the use in them, and "before" is what
 * was measured without it.
 */
void ruleset_explain_use(struct ruleset *rs, const struct rule *r,
    const struct use *u, size_t max, struct buf *out);
#endif
