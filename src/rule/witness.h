/*
 * witness - what an event must show before a rule can hold.
 *
 * A set of witnesses is necessary: a rule holds only where at least one of
 * them shows.  It says too much rather than too little: a witness may show
 * where the rule does not hold, never the other way round.
 */
#ifndef PATROL_RULE_WITNESS_H
#define PATROL_RULE_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/slice.h"
#include "rule/fields.h"
#include "rule/node.h"

enum witness_kind {
	WITNESS_EXACT,	/* a member's folded text, or canonical number */
	WITNESS_NEEDLE, /* somewhere in a member's folded text */
	WITNESS_NET,	/* a member is an address inside */
	WITNESS_PRESENT /* the field has a member */
};

#define WITNESS_ANYWHERE UINT32_MAX /* slot: any member of the event */

struct witness {
	enum witness_kind  kind;
	uint32_t	   slot;
	struct slice	   text; /* exact, needle: folded, not empty */
	const struct cidr *net;
	struct witness	  *next;
};

struct witness_set {
	bool		always; /* nothing is necessary; no list */
	unsigned	cost;	/* how much of what comes shows one: for
				   comparing sets, no unit */
	struct witness *list;	/* none and not always: it never holds */
};

/*
 * How often each witness is named by all rules.  What many rules name (a
 * shell, a login that failed) is what many events show: a rule is better
 * found by what it alone looks for.
 */
struct witness_census;

struct witness_census *witness_census_new(void);
void		       witness_census_free(struct witness_census **c);
/* Counts what a rule's tree names, also what it wants to be absent. */
void witness_census_add(struct witness_census *c, struct fields *f,
    const struct node *n);

/*
 * The best set of a rule's tree, after the census of all.  It lies in the
 * arena; texts may lie in the tree.  Slots are taken from (and made in) the
 * fields.
 */
struct witness_set witness_of(struct arena *a, struct fields *f,
    const struct witness_census *c, const struct node *n);
#endif
