/*
 * scan - all tokens that match a filter, some at a time.
 *
 * Where the filter names an account only that one's tokens are looked at, the
 * newest first; else all, in the order in which they were made.  Between two
 * calls tokens may come, change and go: each that is there all the while is
 * looked at once.  Embedded: begins all zero.
 */
#ifndef PATROL_TOKEN_SCAN_H
#define PATROL_TOKEN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "token/filter.h"
#include "token/table.h"

struct scan {
	uint32_t      at;    /* tid looked at last */
	struct token *next;  /* borrowed; of the account */
	bool	      begun; /* then `next` is set */
};

/* Takes one that matches; false: enough for this call. */
typedef bool (*scan_fn)(struct token *t, void *arg);

/* Looks at `n` tokens at the most; true once it has looked at all. */
bool scan_some(struct scan *s, struct token_table *tt,
    const struct token_filter *f, usec_t now, size_t n, scan_fn fn, void *arg);
#endif
