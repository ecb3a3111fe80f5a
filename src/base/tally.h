/*
 * tally - counts by a name that strangers choose, in so many rows at most.
 *
 * When all rows are taken, the name counted longest ago gives way: what it
 * had counted goes to the row of the others, so that the sum of all rows
 * never goes down.  Adding neither allocates nor fails.  Pure.
 */
#ifndef PATROL_BASE_TALLY_H
#define PATROL_BASE_TALLY_H

#include <stdint.h>

#include "base/slice.h"

#define TALLY_ROWS    64  /* names, beside the others */
#define TALLY_NAME    128 /* bytes of one; longer ones are of the others */
#define TALLY_COLUMNS 16
#define TALLY_OTHERS  "(others)"

struct tally;

/* `columns` is 1..TALLY_COLUMNS. */
struct tally *tally_new(unsigned columns);
void	      tally_free(struct tally **t); /* NULL is fine */
/*
 * Counts `n` in that column of that name.  The absent name is a name of its
 * own, ""; one that is no UTF-8, or is TALLY_OTHERS, is one of the others: no
 * two rows are shown alike.
 */
void tally_add(struct tally *t, struct slice name, unsigned column, uint64_t n);

/* Rows, the others first: their name is TALLY_OTHERS. */
unsigned     tally_rows(const struct tally *t);
struct slice tally_name(const struct tally *t, unsigned row);
uint64_t     tally_get(const struct tally *t, unsigned row, unsigned column);
/* How many names gave way. */
uint64_t tally_evicted(const struct tally *t);
#endif
