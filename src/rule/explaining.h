/*
 * explaining - the inside of explain.h: what its files share.
 */
#ifndef PATROL_RULE_EXPLAINING_H
#define PATROL_RULE_EXPLAINING_H

#include "base/jsonw.h"
#include "rule/set.h"

#define EXPLAIN_ENTRIES 20  /* of one list */
#define EXPLAIN_TEXT	200 /* bytes of one text */

struct explaining {
	struct ruleset *rs;
	struct jsonw	w;
	size_t		end; /* lists stop growing there */
	bool		fed; /* the use was judged; else it is tried */
};

/* May a list take one more, which has `n` already? */
bool explaining_has_room(const struct explaining *e, size_t n);
/* Text of any length, cut; absent is null. */
void explaining_text(struct explaining *e, struct slice s);
void explaining_field(struct explaining *e, const char *key, struct slice s);
/* "left_out", unless nothing is. */
void explaining_left_out(struct explaining *e, uint64_t n);

/* explain-detect.c: condition, identifiers and filters of a detection. */
void explaining_detection(struct explaining *e, const struct sigma_rule *r);
/* explain-window.c: the groups that the use is in. */
void explaining_groups(struct explaining *e, struct sigma_rule *r);
#endif
