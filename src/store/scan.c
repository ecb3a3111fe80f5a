/*
 * Uses that match, newest first, among all of them: each row is read as
 * numbers, and only what matches is read again with its texts.
 */
#include "store/page.h"

/* Keys that a page may look at. */
#define SCAN_KEYS_MAX 1000000

/* What a walk returns that has found all it may give. */
enum { STOP = -1000 };

static int
scan_row(sqlite3_stmt *st, void *arg)
{
	struct page *p = arg;
	bool	     yes;
	int	     r = match_use(p->match, st, &yes, p->err);

	if (r != 0 || !yes)
		return r;
	r = page_give_use(p, sqlite3_column_int64(st, 0));
	return r == 0 && p->full ? STOP : r;
}

/*
 * If the bound ended the search and not the limit, the next page goes on
 * below.
 */
int
page_scan_uses(struct page *p)
{
	struct db   *db = &p->r->db;
	enum stmt_id id = match_statement(p->match);
	int64_t	     low = p->low;
	int	     r;

	if (p->top - low > SCAN_KEYS_MAX)
		low = p->top - SCAN_KEYS_MAX;
	sqlite3_bind_int64(db->stmt[id], 1, p->top);
	sqlite3_bind_int64(db->stmt[id], 2, low);
	r = db_walk(db, id, scan_row, p, p->err, "reading the uses");
	if (r == STOP)
		return 0;
	if (r == 0 && low > p->low)
		p->r->next = low;
	return r;
}
