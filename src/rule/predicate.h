/*
 * predicate - the items of all rules, each different one once.
 *
 * "outcome: denied" in ten rules is one predicate, evaluated at most once a
 * use and then remembered.  Equal strings go through one hash look-up
 * whatever their number.
 */
#ifndef PATROL_RULE_PREDICATE_H
#define PATROL_RULE_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "rule/fields.h"
#include "rule/node.h"

struct predicate;
struct predicate_set;

/* Both the arena (which keeps them) and the fields are borrowed. */
struct predicate_set *predicate_set_new(struct arena *a, struct fields *f);
void		      predicate_set_free(struct predicate_set **ps);
/*
 * The slots whose values some predicate compares, each once, into slots[],
 * which has room for all that the fields have; returns how many.  Those it
 * leaves out are only asked whether they are there.  False: some predicate
 * looks at all members, whatever their slot.
 */
bool predicate_set_reads(const struct predicate_set *ps, unsigned *slots,
    size_t *n);
/* Binds each item of a tree to its predicate. */
void predicate_bind(struct predicate_set *ps, struct node *n);
/* After fields_begin: forgets what held for the use before. */
void predicate_begin(struct predicate_set *ps);
/* Does the tree hold for the use that the fields are of? */
bool predicate_holds(struct predicate_set *ps, const struct node *n);
/*
 * Does a member (see fields.h) satisfy that value of an item that is bound?
 * Without regard to `neq`, and not for `exists`.  To explain what held.
 */
bool predicate_member(struct predicate_set *ps, const struct node *item,
    const struct value *v, int member);
/* The slot of the item's field; -1: it looks at all members. */
int predicate_slot(const struct node *item);
#endif
