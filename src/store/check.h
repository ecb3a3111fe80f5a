/*
 * check - what the parts of the check share.
 *
 * Private to src/store.  A part returns 0 or a STORE_E_*; what is wrong with
 * the store is no error of the check but a finding.
 */
#ifndef PATROL_STORE_CHECK_H
#define PATROL_STORE_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "store/db.h"
#include "store/store.h"

/* What can be wrong; each has one piece of advice. */
enum check_kind {
	CHECK_FILE,
	CHECK_CHAIN,
	CHECK_LASTUSED,
	CHECK_REFERENCE,
	CHECK_KINDS
};

struct check {
	struct db			db; /* owned; in a transaction */
	const struct store_check_hooks *hooks;
	struct store_checked	       *out;
	struct error		       *err;
	uint64_t			told[CHECK_KINDS];
	uint64_t			pages; /* to be read, about */
	bool				stopped;
};

/* A finding: "use 17", and what is wrong with it. */
void check_tell(struct check *c, enum check_kind kind, const char *place,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Is it still wanted?  Tells how far it is, too. */
bool check_goes_on(struct check *c);
/* The part's end, for a part that could not read something: damage is a
 * finding, and the next part goes on. */
int check_unreadable(struct check *c, int code, const char *place);

/* recount.c: uses against their tokens, texts, and last-used. */
int check_recount(struct check *c) MUSTCHECK;
#endif
