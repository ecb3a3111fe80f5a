/*
 * Pages of lists, newest first, for whoever asks while the writer writes.
 *
 * A reader sees one committed state of the file and holds nobody up.
 */
#include "store/store.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/page.h"
#include "store/db.h"
#include "store/names.h"
#include "store/row.h"
#include "store/schema.h"
#include "use/use.h"

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
	names_free(&(*r)->names);
	free(*r);
	*r = NULL;
}

int64_t
store_reader_next(const struct store_reader *r)
{
	return r->next;
}

void
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

bool
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

int
page_use(sqlite3_stmt *st, void *arg)
{
	struct page	 *p = arg;
	struct stored_use use;
	char		  uuid[ROW_UUID_TEXT];

	row_read_use(st, &use, uuid);
	return page_take(p, use.seq) ? p->fn.use(&use, p->arg) : 0;
}

int
page_give_use(struct page *p, int64_t seq)
{
	struct db *db = &p->r->db;

	sqlite3_bind_int64(db->stmt[STMT_USE], 1, seq);
	return db_walk(db, STMT_USE, page_use, p, p->err, "reading a use");
}

/* --- pages of uses --------------------------------------------------- */

/*
 * Keys that uses of the times wanted can have, by their arrival: none came
 * before it happened, but for clocks that are ahead, nor later than so.
 */
static int
page_reach(struct page *p)
{
	const struct store_query *q = p->q;
	usec_t			  since = 0, until = INT64_MAX;
	int64_t			  to;
	int			  r;

	if (q->since > USE_AHEAD_MAX)
		since = q->since - USE_AHEAD_MAX;
	if (q->until != 0 && q->lateness != 0 &&
	    q->until < INT64_MAX - q->lateness)
		until = q->until + q->lateness;
	r = store_read_ends(p->r, since, until, &p->low, &to, p->err);
	p->top = q->before > 0 && q->before <= to ? q->before : to + 1;
	return r;
}

/* All of a page's statements must see the same state of the file. */
static int
page_in_one_state(struct page *p, int (*read)(struct page *))
{
	struct db *db = &p->r->db;
	int	   rc, r;

	rc = db_run(db, STMT_SNAPSHOT);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, p->err, "reading");
	r = page_reach(p);
	if (r == 0)
		r = read(p);
	if (db_run(db, STMT_COMMIT) != SQLITE_OK)
		db_rollback(db);
	return r;
}

int
store_read_uses(struct store_reader *r, const struct store_query *q,
    store_use_fn fn, void *arg, struct error *err)
{
	struct page p;
	int	    code;

	page_begin(&p, r, q, err, arg);
	p.fn.use = fn;
	p.match = match_new(&r->db, q, false);
	if (q->token.n > 0)
		code = page_in_one_state(&p, page_token_uses);
	else if (p.match != NULL)
		code = page_in_one_state(&p, page_scan_uses);
	else {
		(void)page_bind(&p, STMT_USES);
		code = db_walk(&r->db, STMT_USES, page_use, &p, err,
		    "reading the uses");
	}
	match_free(&p.match);
	return code;
}

int
store_read_use(struct store_reader *r, int64_t seq, store_use_fn fn, void *arg,
    struct error *err)
{
	struct store_query q = {.limit = 1};
	struct page	   p;

	page_begin(&p, r, &q, err, arg);
	p.fn.use = fn;
	return page_give_use(&p, seq);
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
	bind_filter(st, 8, q->owner);
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

/* Entries that a page may look at to find those it wants. */
#define AUDIT_KEYS_MAX 50000

/* The lowest key that a page of the audit looks at. */
static int
audit_low(struct page *p, int64_t *low)
{
	const struct store_query *q = p->q;
	int64_t			  top = 0;
	int			  rc;

	*low = 0;
	if (q->action.n == 0 && q->id.n == 0 && q->actor.n == 0 &&
	    q->text.n == 0 && q->owner.n == 0 && !q->by_uid && q->since == 0 &&
	    q->until == 0)
		return 0;
	rc = db_get_int(&p->r->db, "SELECT max(seq) + 1 FROM audit", &top);
	if (rc != SQLITE_OK)
		return db_fail(&p->r->db, rc, p->err, "reading the audit");
	if (q->before > 0 && q->before < top)
		top = q->before;
	if (top > AUDIT_KEYS_MAX)
		*low = top - AUDIT_KEYS_MAX;
	return 0;
}

int
store_read_audit(struct store_reader *r, const struct store_query *q,
    store_audit_fn fn, void *arg, struct error *err)
{
	struct page   p;
	sqlite3_stmt *st;
	int64_t	      low;
	int	      code;

	page_begin(&p, r, q, err, arg);
	p.fn.audit = fn;
	if ((code = audit_low(&p, &low)) != 0)
		return code;
	st = page_bind(&p, STMT_AUDIT);
	bind_filter(st, 3, q->action);
	bind_filter(st, 4, q->id);
	bind_filter(st, 5, q->actor);
	row_bind_int(st, 6, q->by_uid ? q->uid : -1, -1);
	sqlite3_bind_int64(st, 7, q->since);
	bind_filter(st, 8, q->owner);
	sqlite3_bind_int64(st, 9, q->until);
	bind_filter(st, 10, q->text);
	sqlite3_bind_int64(st, 11, low);
	code = db_walk(&r->db, STMT_AUDIT, page_audit, &p, err,
	    "reading the audit");
	if (code == 0 && !p.full && low > 1)
		r->next = low;
	return code;
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
