/*
 * Uses that match, newest first, among all of them: each row is read as
 * numbers, and only what matches is read again with its texts.
 */
#include "store/page.h"

/* Keys that a page may look at. */
#define SCAN_KEYS_MAX 250000

/* What a walk returns that has found all it may give. */
enum { STOP = -1000 };

/* Gives the row that it is at to the page, if it is wanted. */
static int
give_wanted(struct page *p, sqlite3_stmt *st)
{
	bool yes;
	int  r = match_use(p->match, st, &yes, p->err);

	return r != 0 || !yes ? r :
				page_give_use(p, sqlite3_column_int64(st, 0));
}

static int
scan_row(sqlite3_stmt *st, void *arg)
{
	struct page *p = arg;
	int	     r = give_wanted(p, st);

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
	enum stmt_id id = match_scan(p->match);
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

/* --- as they come ------------------------------------------------------ */

static int
follow_row(sqlite3_stmt *st, void *arg)
{
	struct page *p = arg;
	int	     r = give_wanted(p, st);

	return r == 0 && p->left == 0 ? STOP : r;
}

static int
follow_all(const struct stored_use *u, void *arg)
{
	struct page *p = arg;

	(void)page_take(p, u->seq);
	return p->fn.use(u, p->arg);
}

static int
follow(struct page *p, int64_t from, int64_t to)
{
	struct db   *db = &p->r->db;
	enum stmt_id id;

	if (p->match == NULL)
		return store_read_range(p->r, from, to, p->q->limit, follow_all,
		    p, p->err);
	id = match_follow(p->match);
	sqlite3_bind_int64(db->stmt[id], 1, from);
	sqlite3_bind_int64(db->stmt[id], 2, to);
	return db_walk(db, id, follow_row, p, p->err, "reading the uses");
}

int
store_follow_uses(struct store_reader *r, const struct store_query *q,
    int64_t from, int64_t *to, store_use_fn fn, void *arg, struct error *err)
{
	struct page p;
	int	    code;

	page_begin(&p, r, q, err, arg);
	p.fn.use = fn;
	p.match = match_new(&r->db, q, true);
	code = follow(&p, from, *to);
	match_free(&p.match);
	if (code == STOP)
		code = 0;
	if (code == 0 && p.left == 0)
		*to = p.last;
	return code;
}
