/*
 * expression - the condition of `temporal` as words: "a and (b or not c)".
 *
 *     or < and < not < ( ); names and ids of the correlation's rules
 */
#ifndef PATROL_RULE_EXPRESSION_H
#define PATROL_RULE_EXPRESSION_H

#include "rule/correlate.h"
#include "rule/source.h"

#define EXPRESSION_DEPTH_MAX 64 /* of parentheses and nots */

/*
 * Where the correlation has no `rules`, they are those that the expression
 * names: into c->refs, in its order, each once, and no more of them than it takes to
 * be too many.  Tells no faults.
 */
void expression_refs(const struct source *src, const struct yaml_node *n,
    struct correlation *c);
/*
 * Reads it into c->presence, by the places of c->refs.  A rule that is listed
 * must be named.  In temporal_ordered it can only say what holds without it,
 * that all were seen.  Faults are told.
 */
void expression_parse(const struct source *src, const struct yaml_node *n,
    struct correlation *c, const struct ruleset *rs);
#endif
