/*
 * reports - leaked secrets on their way to the daemon, some at a time.
 *
 * A secret is hashed here: nothing else of it leaves patrolctl, nor stays in
 * it.
 */
#ifndef PATROL_PATROLCTL_REPORTS_H
#define PATROL_PATROLCTL_REPORTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "patrolctl/ctl.h"

#define REPORTS_MAX 200 /* of one request, as the daemon takes them */

/* Embedded: reports_init / reports_clear. */
struct reports {
	struct buf words; /* "sha256:HEX pat_..." */
	size_t	   n;
};

void reports_init(struct reports *r);
void reports_clear(struct reports *r);
/* One more; at REPORTS_MAX, reports_ask first. */
void reports_add_secret(struct reports *r, struct slice secret);
void reports_add_id(struct reports *r, struct slice id);
/* Has it the form of a public id (pat_...)? */
bool reports_is_id(struct slice text);
/*
 * Asks `cmd` about all of them, and forgets them: an item of the answer for
 * each, in their order.  source and url may be NULL.  0, or an exit code
 * after saying on stderr why.
 */
int reports_ask(struct reports *r, struct ctl *ctl, const char *cmd,
    const char *source, const char *url, client_item_fn fn,
    void *arg) MUSTCHECK;
#endif
