/*
 * sigma - one YAML document into a rule.
 */
#ifndef PATROL_RULE_SIGMA_H
#define PATROL_RULE_SIGMA_H

#include "rule/correlate.h"
#include "rule/detect.h"
#include "rule/filter.h"
#include "rule/node.h"
#include "rule/ruleset.h"
#include "rule/source.h"
#include "rule/testcase.h"

/* How far the walk over references has come, see resolve.c. */
enum resolve_state { RESOLVE_NEW, RESOLVE_OPEN, RESOLVE_DONE };

struct sigma_rule {
	struct rule		 pub;
	const struct yaml_node	*root;	      /* the document; kept whole */
	struct node		*condition;   /* of a detection; or */
	const struct identifier *ids;	      /* of the detection */
	struct correlation	*correlation; /* its state is owned */
	struct sigma_filter	*filter;      /* it is one, and no rule */
	struct filter_use	*filters;     /* on a detection */
	uint64_t		 expanded;    /* hash of its placeholders */
	struct rule_test	*tests;
	enum resolve_state	 state;
	bool			 referenced; /* by a correlation */
	bool			 generated;  /* by one with `generate` */
	bool			 faulty;     /* told; found after it was read */

	unsigned	  place; /* in the order */
	unsigned	 *feeds; /* correlations, by their place in the order */
	size_t		  nfeeds, cap_feeds;
	struct rule_stats stats;    /* what it counts itself */
	bool		  held;	    /* at the use just judged */
	struct verdict	 *verdicts; /* then: how, once a group */
	size_t		  nverdicts;
};

/*
 * Reads one document into *out: a rule, or a filter.  false when it had
 * faults, all told; a regex that was made is in the list all the same.
 */
bool sigma_parse(const struct source *src, const struct yaml_node *root,
    struct detect_kit *kit, struct sigma_rule *out);
#endif
