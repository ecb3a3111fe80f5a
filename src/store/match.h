/*
 * match - is a stored use one that a query wants?
 *
 * Private to src/store.  Rows are compared as they lie there, as numbers: a
 * text is looked up and compared the first time its id comes, and the answer
 * is kept by its id, which means one text for ever.  So most rows cost some
 * comparisons and no look-up, and the memory is bounded.
 */
#ifndef PATROL_STORE_MATCH_H
#define PATROL_STORE_MATCH_H

#include "store/db.h"
#include "store/store.h"

struct match;

/*
 * NULL for a query that narrows nothing; its token counts as such only where
 * it is to be looked for too (by_token), as who walks the token's chain need
 * not.  Borrows the query and its texts.
 */
struct match *match_new(struct db *db, const struct store_query *q,
    bool by_token);
void	      match_free(struct match **m);
/* The statements of whose rows match_use is asked: newest first, and in the
 * order of arrival. */
enum stmt_id match_scan(const struct match *m);
enum stmt_id match_follow(const struct match *m);
/* Whether the row that it is at is wanted.  0 or STORE_E_*. */
int match_use(struct match *m, sqlite3_stmt *st, bool *yes,
    struct error *err) MUSTCHECK;
#endif
