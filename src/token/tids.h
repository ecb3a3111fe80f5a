/*
 * tids - a list of keys of tokens that can be put in order, quickly.
 *
 * Embedded: zeroed, then tids_clear.
 */
#ifndef PATROL_TOKEN_TIDS_H
#define PATROL_TOKEN_TIDS_H

#include <stddef.h>
#include <stdint.h>

struct tids {
	uint32_t *tid; /* owned */
	size_t	  n, cap;
};

void tids_clear(struct tids *l);
void tids_add(struct tids *l, uint32_t tid);
/* Ascending. */
void tids_sort(struct tids *l);
#endif
