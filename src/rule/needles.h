/*
 * needles - many substrings, searched for in one pass.
 *
 * An Aho-Corasick automaton ("Efficient string matching: an aid to
 * bibliographic search", CACM 18(6), 1975) over all needles of all rules,
 * whatever field they are for, with its moves written out: one table look-up
 * a byte of text.  Bytes that no needle has are one class, so that a row of
 * the table is short.
 */
#ifndef PATROL_RULE_NEEDLES_H
#define PATROL_RULE_NEEDLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct needles;

struct needles *needles_new(void);
void		needles_free(struct needles **nd);
/*
 * Before needles_build: `number` is found where the text (not empty, copied)
 * is part of a text of that slot, or of any if the slot is NEEDLES_ANY.
 */
#define NEEDLES_ANY UINT32_MAX
void   needles_add(struct needles *nd, struct slice text, uint32_t slot,
      uint32_t number);
void   needles_build(struct needles *nd);
size_t needles_count(const struct needles *nd);
/* Sets the bits of all numbers found in a text of that slot; NEEDLES_ANY: of
 * none. */
void needles_scan(const struct needles *nd, struct slice text, uint32_t slot,
    uint64_t *set);
#endif
