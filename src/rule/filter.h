/*
 * filter - Sigma filters: what a site leaves out of rules it did not write.
 *
 * A detection that a filter names holds where it and the filter's condition,
 * as written, both hold.
 */
#ifndef PATROL_RULE_FILTER_H
#define PATROL_RULE_FILTER_H

#include <stdbool.h>

#include "rule/detect.h"
#include "rule/node.h"
#include "rule/source.h"

struct ruleset;

struct sigma_filter {
	const char		*file;
	const struct yaml_node	*root;	/* the document; kept whole */
	const struct yaml_node	*body;	/* under `filter` */
	const struct yaml_node	*rules; /* ids and names; or */
	bool			 any;	/* all of its logsource */
	struct node		*condition;
	const struct identifier *ids;
	uint64_t		 expanded; /* hash of its placeholders */
	struct sigma_filter	*next;	   /* of the ruleset */
};

/* A filter on a rule. */
struct filter_use {
	const struct sigma_filter *filter;
	struct filter_use	  *next;
};

/* Reads `filter`; NULL with all faults told.  The arena keeps it. */
struct sigma_filter *filter_parse(const struct source *src,
    const struct yaml_node *root, const struct yaml_node *body,
    struct detect_kit *kit);
/*
 * Rewrites the rules that the filters of a set name, once all names are
 * known and before anything is bound.
 */
void filter_apply(struct ruleset *rs, struct complaints *c);
#endif
