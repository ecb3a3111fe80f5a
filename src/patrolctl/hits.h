/*
 * hits - which events which rules match, kept small.
 *
 * The list of a rule is one or two bytes an event, as differences, so that
 * it may be long.
 */
#ifndef PATROL_PATROLCTL_HITS_H
#define PATROL_PATROLCTL_HITS_H

#include <stdint.h>

#include "base/buf.h"

/* Embedded; zeroed it is empty, buf_clear its `bytes`. */
struct hits {
	struct buf bytes;
	uint64_t   last;
	uint64_t   n;
};

/* Adds an event, in any order. */
void hits_add(struct hits *h, uint64_t index);
/* "[0,3,17]", in their order, each once. */
void hits_format(const struct hits *h, struct buf *out);
#endif
