/*
 * Pages of lists, newest first, for whoever asks while the writer writes.
 *
 * A reader sees one committed state of the file and holds nobody up.  Every
 * page reads one row more than it gives, to know whether there are more.
 */
#include "store/store.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/row.h"
#include "store/schema.h"

/* Rows that a page may look at to find those of one account. */
#define READ_SCAN_MAX 1000000

/* A page while it is read. */
struct page {
	struct store_reader	 *r;
	const struct store_query *q;
	struct error		 *err;
	void			 *arg;
	union {
		store_use_fn	    use;
		store_alert_page_fn alert;
		store_audit_fn	    audit;
		store_refused_fn    refused;
	} fn;
	uint64_t left; /* rows it may still give */
	int64_t	 last; /* key of the last it gave */
	bool	 full; /* a row came that had no room */
};

int
store_reader_open(const char *path, struct store_reader **out,
    struct error *err)
{
	struct store_reader *r = xcalloc(1, sizeof *r);
	int		     rc, code;

	code = db_open(&r->db, path, SQLITE_OPEN_READONLY, err);
	if (code == 0)
		code = schema_check(&r->db, err);
	if (code == 0) {
		/* The writer locks readers out only while it opens or
		 * closes the file. */
		rc = db_exec(&r->db,
		    "PRAGMA query_only = ON;"
		    "PRAGMA busy_timeout = 1000;"
		    "PRAGMA mmap_size = 268435456;"
		    "PRAGMA temp_store = MEMORY;");
		if (rc == SQLITE_OK)
			rc = stmt_prepare(&r->db, STMT_READER);
		if (rc != SQLITE_OK)
			code = db_fail(&r->db, rc, err, "opening to read");
	}
	if (code != 0)
		store_reader_close(&r);
	else
		*out = r;
	return code;
}

void
store_reader_close(struct store_reader **r)
{
	if (*r == NULL)
		return;
	db_close(&(*r)->db);
	free(*r);
	*r = NULL;
}

int64_t
store_reader_next(const struct store_reader *r)
{
	return r->next;
}

static void
page_begin(struct page *p, struct store_reader *r, const struct store_query *q,
    struct error *err, void *arg)
{
	*p = (struct page){.r = r, .q = q, .err = err, .arg = arg};
	p->left = q->limit > 0 ? q->limit : UINT_MAX;
	r->next = 0;
}

/* Binds what all pages have: keys below ?1, ?2 rows and one more. */
static sqlite3_stmt *
page_bind(const struct page *p, enum stmt_id id)
{
	sqlite3_stmt *st = p->r->db.stmt[id];

	sqlite3_bind_int64(st, 1, p->q->before > 0 ? p->q->before : INT64_MAX);
	sqlite3_bind_int64(st, 2, (int64_t)p->left + 1);
	return st;
}

/* Has the page room for the row of this key?  If not, it is the next's. */
static bool
page_take(struct page *p, int64_t key)
{
	if (p->left == 0) {
		p->full = true;
		p->r->next = p->last;
		return false;
	}
	p->left--;
	p->last = key;
	return true;
}

static int
page_use(sqlite3_stmt *st, void *arg)
{
	struct page	 *p = arg;
	struct stored_use use;
	char		  uuid[ROW_UUID_TEXT];

	row_read_use(st, &use, uuid);
	return page_take(p, use.seq) ? p->fn.use(&use, p->arg) : 0;
}

static int
page_int(sqlite3_stmt *st, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(st, 0);
	return 0;
}

/* --- uses of one token: along the chain ------------------------------ */

struct link {
	int64_t token, prev;
	bool	found;
};

static int
page_link(sqlite3_stmt *st, void *arg)
{
	struct link *l = arg;

	l->token = row_int(st, 0, 0);
	l->prev = row_int(st, 1, 0);
	l->found = true;
	return 0;
}

static int
chain_link(struct page *p, int64_t seq, struct link *l)
{
	struct db *db = &p->r->db;

	*l = (struct link){0};
	sqlite3_bind_int64(db->stmt[STMT_USE_LINK], 1, seq);
	return db_walk(db, STMT_USE_LINK, page_link, l, p->err,
	    "reading a use");
}

static int
chain_give(struct page *p, int64_t seq)
{
	struct db *db = &p->r->db;

	sqlite3_bind_int64(db->stmt[STMT_USE], 1, seq);
	return db_walk(db, STMT_USE, page_use, p, p->err, "reading a use");
}

/*
 * Gives the uses of the chain that begins at `seq`.  It ends where the use
 * before was deleted by age; one that does not lead backwards is damage, and
 * would lead round for ever.
 */
static int
chain_walk(struct page *p, int64_t seq)
{
	struct link l;
	int	    r;

	while (seq > 0 && !p->full) {
		r = chain_link(p, seq, &l);
		if (r != 0 || !l.found)
			return r;
		if (p->q->before <= 0 || seq < p->q->before) {
			r = chain_give(p, seq);
			if (r != 0)
				return r;
		}
		if (l.prev >= seq)
			return db_damaged(&p->r->db, p->err,
			    "holds a use whose predecessor is not before it");
		seq = l.prev;
	}
	return 0;
}

/*
 * The newest use of a token: last_used.seq knows it as of the checkpoint;
 * what came after is looked through for a newer one.
 */
static int
chain_head(struct page *p, int64_t tid, int64_t checkpoint, int64_t *seq)
{
	struct db *db = &p->r->db;

	sqlite3_bind_int64(db->stmt[STMT_TOKEN_NEWEST], 1, checkpoint);
	sqlite3_bind_int64(db->stmt[STMT_TOKEN_NEWEST], 2, tid);
	return db_walk(db, STMT_TOKEN_NEWEST, page_int, seq, p->err,
	    "reading the uses");
}

struct chains {
	struct page *p;
	struct link  at; /* the use that `before` names */
	int64_t	     checkpoint;
};

/* One tid of the public id; columns of STMT_TOKEN_OF. */
static int
chains_token(sqlite3_stmt *st, void *arg)
{
	struct chains *c = arg;
	struct slice   want = c->p->q->account, owner = row_slice(st, 2);
	int64_t	       tid = sqlite3_column_int64(st, 0);
	int64_t	       seq = row_int(st, 1, 0);
	int	       r;

	if (c->p->full || (want.n > 0 && !slice_eq(owner, want)))
		return 0;
	if (c->at.token == tid)
		seq = c->at.prev;
	else {
		r = chain_head(c->p, tid, c->checkpoint, &seq);
		if (r != 0)
			return r;
	}
	return chain_walk(c->p, seq);
}

static int
chains_marks(sqlite3_stmt *st, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(st, 1);
	return 0;
}

/*
 * Where the page goes on from: `before` usually names a use of this same
 * token, the last of the page before, and the chain can be taken up there.
 * If it does not, c->at.token is made 0.
 */
static int
chains_resume(struct chains *c)
{
	struct page  *p = c->p;
	sqlite3_stmt *st = p->r->db.stmt[STMT_TOKEN_IS];
	int64_t	      same = 0;
	int	      r;

	if (p->q->before <= 0)
		return 0;
	r = chain_link(p, p->q->before, &c->at);
	if (r != 0 || c->at.token == 0)
		return r;
	sqlite3_bind_int64(st, 1, c->at.token);
	row_bind_text(st, 2, p->q->token);
	r = db_walk(&p->r->db, STMT_TOKEN_IS, page_int, &same, p->err,
	    "reading the tokens");
	if (same == 0)
		c->at.token = 0;
	return r;
}

/*
 * A public id may have had several tids, one after the other: the chain of a
 * newer one lies wholly behind that of an older.
 */
static int
chains_walk(struct page *p)
{
	struct db    *db = &p->r->db;
	struct chains c = {.p = p};
	sqlite3_stmt *st = db->stmt[STMT_TOKEN_OF];
	int	      r;

	r = db_walk(db, STMT_MARKS, chains_marks, &c.checkpoint, p->err,
	    "reading the marks");
	if (r == 0)
		r = chains_resume(&c);
	if (r != 0)
		return r;
	row_bind_text(st, 1, p->q->token);
	sqlite3_bind_int64(st, 2, c.at.token != 0 ? c.at.token : INT64_MAX);
	return db_walk(db, STMT_TOKEN_OF, chains_token, &c, p->err,
	    "reading the tokens");
}

/* All of a page's statements must see the same state of the file. */
static int
read_token_uses(struct page *p)
{
	struct db *db = &p->r->db;
	int	   rc, r;

	rc = db_run(db, STMT_SNAPSHOT);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, p->err, "reading");
	r = chains_walk(p);
	if (db_run(db, STMT_COMMIT) != SQLITE_OK)
		db_rollback(db);
	return r;
}

/* --- the other pages ------------------------------------------------- */

/*
 * Looks at a bounded number of rows.  If that ended the search and not the
 * limit, the next page goes on below.
 */
static int
read_account_uses(struct page *p)
{
	struct db    *db = &p->r->db;
	sqlite3_stmt *st = page_bind(p, STMT_USES_ACCOUNT);
	int64_t	      top = p->q->before, newest = 0, low;
	int	      rc, r;

	rc = db_get_int(db, "SELECT max(seq) FROM uses", &newest);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, p->err, "reading the uses");
	if (top <= 0 || top > newest)
		top = newest + 1;
	low = top > READ_SCAN_MAX ? top - READ_SCAN_MAX : 0;
	sqlite3_bind_int64(st, 3, low);
	row_bind_text(st, 4, p->q->account);
	r = db_walk(db, STMT_USES_ACCOUNT, page_use, p, p->err,
	    "reading the uses");
	if (r == 0 && !p->full && low > 1)
		p->r->next = low;
	return r;
}

int
store_read_uses(struct store_reader *r, const struct store_query *q,
    store_use_fn fn, void *arg, struct error *err)
{
	struct page p;

	page_begin(&p, r, q, err, arg);
	p.fn.use = fn;
	if (q->token.n > 0)
		return read_token_uses(&p);
	if (q->account.n > 0)
		return read_account_uses(&p);
	(void)page_bind(&p, STMT_USES);
	return db_walk(&r->db, STMT_USES, page_use, &p, err,
	    "reading the uses");
}

int
store_read_use(struct store_reader *r, int64_t seq, store_use_fn fn, void *arg,
    struct error *err)
{
	struct store_query q = {.limit = 1};
	struct page	   p;

	page_begin(&p, r, &q, err, arg);
	p.fn.use = fn;
	return chain_give(&p, seq);
}

static int
page_alert(sqlite3_stmt *st, void *arg)
{
	struct page	*p = arg;
	struct alert_row row;
	int64_t		 key;

	if (!row_read_alert(st, &row, &key))
		return db_damaged(&p->r->db, p->err,
		    "holds an alert that no "
		    "patrol has written");
	return page_take(p, key) ? p->fn.alert(key, &row, p->arg) : 0;
}

/* Empty narrows as little as absent. */
static void
bind_filter(sqlite3_stmt *st, int i, struct slice s)
{
	row_bind_text(st, i, s.n > 0 ? s : (struct slice){NULL, 0});
}

int
store_read_alerts(struct store_reader *r, const struct store_query *q,
    store_alert_page_fn fn, void *arg, struct error *err)
{
	struct page   p;
	sqlite3_stmt *st;

	page_begin(&p, r, q, err, arg);
	p.fn.alert = fn;
	st = page_bind(&p, STMT_ALERTS);
	bind_filter(st, 3, q->token);
	bind_filter(st, 4, q->account);
	bind_filter(st, 5, q->id);
	sqlite3_bind_int(st, 6, q->state);
	sqlite3_bind_int64(st, 7, q->level);
	return db_walk(&r->db, STMT_ALERTS, page_alert, &p, err,
	    "reading the alerts");
}

static int
page_audit(sqlite3_stmt *st, void *arg)
{
	struct page	*p = arg;
	struct audit_row row;
	int64_t		 seq = row_read_audit(st, &row);

	return page_take(p, seq) ? p->fn.audit(seq, &row, p->arg) : 0;
}

int
store_read_audit(struct store_reader *r, const struct store_query *q,
    store_audit_fn fn, void *arg, struct error *err)
{
	struct page   p;
	sqlite3_stmt *st;

	page_begin(&p, r, q, err, arg);
	p.fn.audit = fn;
	st = page_bind(&p, STMT_AUDIT);
	bind_filter(st, 3, q->action);
	bind_filter(st, 4, q->id);
	return db_walk(&r->db, STMT_AUDIT, page_audit, &p, err,
	    "reading the audit");
}

static int
page_refused(sqlite3_stmt *st, void *arg)
{
	struct page	  *p = arg;
	struct refused_row row;
	int64_t		   seq = sqlite3_column_int64(st, 0);

	row.time = sqlite3_column_int64(st, 1);
	row.sender = row_slice(st, 2);
	row.reason = row_slice(st, 3);
	row.error = row_slice(st, 4);
	row.line = row_slice(st, 5);
	return page_take(p, seq) ? p->fn.refused(seq, &row, p->arg) : 0;
}

int
store_read_refused(struct store_reader *r, const struct store_query *q,
    store_refused_fn fn, void *arg, struct error *err)
{
	struct page p;

	page_begin(&p, r, q, err, arg);
	p.fn.refused = fn;
	(void)page_bind(&p, STMT_REFUSED);
	return db_walk(&r->db, STMT_REFUSED, page_refused, &p, err,
	    "reading the refused lines");
}
