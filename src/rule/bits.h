/*
 * bits - sets of small numbers, as words of 64.
 */
#ifndef PATROL_RULE_BITS_H
#define PATROL_RULE_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Words for the numbers 0 .. n - 1. */
#define BITS_WORDS(n) (((n) + 63) / 64)

static inline void
bits_set(uint64_t *set, size_t i)
{
	set[i / 64] |= (uint64_t)1 << (i % 64);
}
#endif
