/*
 * index - which of many rules could hold for an event?
 *
 * The witnesses (witness.h) of all rules, turned round: for each field a hash
 * of exact values, the networks it may lie in and who wants it present; one
 * automaton for all substrings.  An event's members are looked up once, and
 * what is not found need not be asked.
 */
#ifndef PATROL_RULE_INDEX_H
#define PATROL_RULE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "rule/fields.h"
#include "rule/node.h"

struct index;

/*
 * Rules are numbered 0 .. n - 1; one whose tree is NULL is never found.  Slots
 * are made in the fields.
 */
struct index *index_new(struct fields *f, const struct node *const *trees,
    size_t n);
void	      index_free(struct index **ix);
/*
 * Sets exactly the bits of those rules that may hold for the event that the
 * fields are of; `set` has BITS_WORDS(n) words.
 */
void index_find(struct index *ix, struct fields *f, uint64_t *set);
#endif
