/*
 * set - the inside of a ruleset, for the files that make, run and test it.
 */
#ifndef PATROL_RULE_SET_H
#define PATROL_RULE_SET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "rule/bits.h"
#include "rule/fields.h"
#include "rule/index.h"
#include "rule/memo.h"
#include "rule/predicate.h"
#include "rule/ruleset.h"
#include "rule/sigma.h"

/* A document with faults: what it refers to is looked at all the same. */
struct lost_doc {
	const struct yaml_node *root;
	const char	       *file;
	struct lost_doc	       *next;
};

/* A name or an id, as uuid_key has it. */
struct rule_name {
	struct slice	       key;
	struct sigma_rule     *rule; /* NULL: of a document that had faults, */
	const struct lost_doc *lost; /* the first one */
};

struct ruleset {
	struct arena	    arena; /* YAML trees, rules, predicates */
	struct regex_list   regexes;
	struct sigma_rule **rules; /* in order of loading */
	size_t		    n, cap;
	struct sigma_rule **order; /* detections; then correlations, each
					   behind those it needs */
	size_t		    norder;
	struct index	   *index;	/* of the order; NULL: ask all */
	struct memo	   *memo;	/* of detections; or NULL */
	uint64_t	   *detections; /* places in the order */
	uint64_t	   *todo;	/* those to ask about this use */
	uint64_t	   *told;	/* rules that hold, by pub.index */
	struct sigma_rule **held;	/* those whose `held` is set */
	size_t		    nheld;
	/* Correlations that the last use fed, the first of them. */
	struct correlation   *fed[RULESET_AHEAD];
	unsigned	      nfed;
	uint64_t	      nuses;   /* judged, for sampling */
	struct map	      by_name; /* of struct rule_name */
	struct map	      lost;  /* the same of documents that had faults */
	size_t		      nlost; /* such documents */
	struct lost_doc	     *lost_docs;
	struct fields	     *fields;
	struct predicate_set *predicates;
	struct sigma_filter  *filters, **filters_end;
	struct ruleset_limits lim;
	struct keyed_pool    *pool;	/* owned: groups of all rules */
	uint64_t	      evicted;	/* by the pools of sets before */
	struct verdict	     *verdicts; /* room for all */
	struct rule_text     *texts;	/* if kept; text in the arena */
	size_t		      ntexts, cap_texts;
	bool		      testing; /* all rules give verdicts */
};

/*
 * resolve.c: names to rules, references to what they name, the order, what
 * each rule means; then binds fields and predicates.  All faults told, and
 * their rules marked; nothing to run if there are more than `errors`.
 */
void ruleset_resolve(struct ruleset *rs, size_t errors, struct complaints *c);
/* resolve.c: by its id or name, as it is or as it was before it had faults. */
/* Of struct rule_name, for maps. */
struct slice rule_name_key(const void *value);
/* Adds a name that is not there to one of the set's two maps. */
void ruleset_add_name(struct ruleset *rs, struct map *names, struct slice name,
    struct sigma_rule *r, const struct lost_doc *lost);
struct sigma_rule *ruleset_named(const struct ruleset *rs, struct slice name);
/* The first document that was called so and had faults, or NULL. */
const struct lost_doc *ruleset_lost(const struct ruleset *rs,
    struct slice					  name);
/* ruleset.c: sets a rule's `held`, or takes back all that are set. */
void ruleset_hold(struct ruleset *rs, struct sigma_rule *r);
void ruleset_forget(struct ruleset *rs);

/*
 * ruleset.c: which of its rules hold now, by their places; where no more than
 * 64 are told apart, all behind them count as the last.
 */
uint64_t ruleset_fed_by(const struct correlation *c);
#endif
