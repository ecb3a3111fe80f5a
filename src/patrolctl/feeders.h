/*
 * feeders - the stored uses that a correlation counted up to one of them.
 *
 * Windows keep times and values, not which uses they are of: uses that are
 * judged again in their order are noted as they come, and those of the last
 * one's groups are looked out at the end.
 */
#ifndef PATROL_PATROLCTL_FEEDERS_H
#define PATROL_PATROLCTL_FEEDERS_H

#include "base/buf.h"
#include "rule/ruleset.h"
#include "use/use.h"

/* Embedded: zeroed it is empty; feeders_clear. */
struct feeders {
	struct feeder *list; /* owned; a ring */
	size_t	       n, head;
};

void feeders_clear(struct feeders *f);
/* Right after ruleset_judge: which groups of the rule, or of those that it
 * refers to, has it fed?  A detection has none. */
void feeders_note(struct feeders *f, struct ruleset *rs, const struct rule *r,
    int64_t seq, const struct use *u);
/*
 * The numbers of those that lie in the windows of the use `seq`, the last one
 * noted, with itself, as a JSON list in order; the newest, if they are many.
 * Nothing if it fed none.
 */
void feeders_format(const struct feeders *f, const struct rule *r, int64_t seq,
    struct buf *out);
#endif
