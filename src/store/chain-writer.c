#include "store/chain-writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

/* What will be the next link, as far as it is known. */
struct pending {
	struct chain_digest *digest[CHAIN_KINDS]; /* owned */
	/* seq: of the link before; time: of its own rows, so that a clock that
	 * was ahead for a moment does not date all links after it. */
	struct chain_link    link;
	usec_t		     before;		  /* time of the link before */
	uint64_t	     rows;
};

struct chain_writer {
	struct pending pending[2];
	unsigned       at; /* the one that is committed; the other is tried */
};

static struct pending *
trying(struct chain_writer *w)
{
	return &w->pending[!w->at];
}

/* ---- taking up the end ---- */

static int
open_link(sqlite3_stmt *st, void *arg)
{
	chain_link_read(st, arg);
	return 0;
}

static int
open_use(sqlite3_stmt *st, void *arg)
{
	struct chain_writer *w = arg;
	struct row_use	     u;
	usec_t		     arrival;

	row_use_read(st, &u);
	chain_add_use(chain_writer_digest(w, CHAIN_USES), &u);
	arrival = u.number[ROW_USE_TIME];
	if (u.present & ROW_BIT(ROW_USE_LATE))
		arrival += u.number[ROW_USE_LATE];
	chain_writer_count(w, CHAIN_USES, u.number[ROW_USE_SEQ], arrival);
	return 0;
}

static int
open_string(sqlite3_stmt *st, void *arg)
{
	struct chain_writer *w = arg;
	int64_t		     id = sqlite3_column_int64(st, 0);

	chain_add_string(chain_writer_digest(w, CHAIN_STRINGS), (uint32_t)id,
	    row_slice(st, 1));
	chain_writer_count(w, CHAIN_STRINGS, id, 0);
	return 0;
}

static int
open_audit(sqlite3_stmt *st, void *arg)
{
	struct chain_writer *w = arg;
	struct audit_row     r;
	int64_t		     seq = row_read_audit(st, &r);

	chain_add_audit(chain_writer_digest(w, CHAIN_AUDIT), seq, &r);
	chain_writer_count(w, CHAIN_AUDIT, seq, r.time);
	return 0;
}

/* The rows that no link stands for yet. */
static int
open_rows(struct chain_writer *w, struct db *db, struct error *err)
{
	static const struct {
		enum stmt_id id;
		db_row_fn    fn;
	} kinds[CHAIN_KINDS] = {{STMT_CHAIN_USES, open_use},
	    {STMT_CHAIN_STRINGS, open_string}, {STMT_CHAIN_AUDIT, open_audit}};
	sqlite3_stmt *st;
	unsigned      k;
	int	      r = 0;

	chain_writer_begin(w);
	for (k = 0; k < CHAIN_KINDS && r == 0; k++) {
		st = db->stmt[kinds[k].id];
		sqlite3_bind_int64(st, 1, w->pending[w->at].link.last[k]);
		sqlite3_bind_int64(st, 2, INT64_MAX);
		r = db_walk(db, kinds[k].id, kinds[k].fn, w, err,
		    "reading the end of the chain");
	}
	chain_writer_done(w);
	return r;
}

int
chain_writer_open(struct db *db, struct chain_writer **out, struct error *err)
{
	struct chain_writer *w = xcalloc(1, sizeof *w);
	struct chain_link   *last = &w->pending[0].link;
	unsigned	     k;
	int		     r;

	for (k = 0; k < CHAIN_KINDS; k++) {
		w->pending[0].digest[k] = chain_digest_new();
		w->pending[1].digest[k] = chain_digest_new();
	}
	last->seq = -1;
	sqlite3_bind_int64(db->stmt[STMT_CHAIN_LINK], 1, INT64_MAX);
	r = db_walk(db, STMT_CHAIN_LINK, open_link, last, err,
	    "reading the chain");
	if (r == 0 && last->seq == -1)
		r = db_damaged(db, err, "has lost its hash chain");
	w->pending[0].before = last->time;
	last->time = 0;
	memset(last->has, 0, sizeof last->has);
	if (r == 0)
		r = open_rows(w, db, err);
	if (r != 0)
		chain_writer_free(&w);
	else
		*out = w;
	return r;
}

void
chain_writer_free(struct chain_writer **wp)
{
	struct chain_writer *w = *wp;
	unsigned	     k;

	if (w == NULL)
		return;
	for (k = 0; k < CHAIN_KINDS; k++) {
		chain_digest_free(&w->pending[0].digest[k]);
		chain_digest_free(&w->pending[1].digest[k]);
	}
	free(w);
	*wp = NULL;
}

/* ---- a transaction ---- */

void
chain_writer_begin(struct chain_writer *w)
{
	const struct pending *from = &w->pending[w->at];
	struct pending	     *to = trying(w);
	unsigned	      k;

	to->link = from->link;
	to->before = from->before;
	to->rows = from->rows;
	for (k = 0; k < CHAIN_KINDS; k++)
		chain_digest_copy(to->digest[k], from->digest[k]);
}

struct chain_digest *
chain_writer_digest(struct chain_writer *w, enum chain_kind k)
{
	return trying(w)->digest[k];
}

void
chain_writer_count(struct chain_writer *w, enum chain_kind k, int64_t key,
    usec_t time)
{
	struct pending *p = trying(w);

	p->link.last[k] = key;
	p->link.has[k] = true;
	if (time > p->link.time)
		p->link.time = time;
	p->rows++;
}

static int
write_link(struct db *db, const struct chain_link *l)
{
	sqlite3_stmt *st = db->stmt[STMT_ADD_LINK];
	unsigned      k;

	sqlite3_bind_int64(st, 1, l->seq);
	sqlite3_bind_int64(st, 2, l->time);
	for (k = 0; k < CHAIN_KINDS; k++) {
		sqlite3_bind_int64(st, (int)k + 3, l->last[k]);
		if (l->has[k])
			sqlite3_bind_blob(st, (int)k + 6, l->digest[k],
			    STORE_HASH, SQLITE_STATIC);
		else
			sqlite3_bind_null(st, (int)k + 6);
	}
	sqlite3_bind_blob(st, 9, l->hash, STORE_HASH, SQLITE_STATIC);
	return db_run(db, STMT_ADD_LINK);
}

int
chain_writer_end(struct chain_writer *w, struct db *db, bool now)
{
	struct pending	 *p = trying(w);
	struct chain_link l = p->link;
	unsigned	  k;
	int		  rc;

	if (l.time == 0)
		l.time = p->before; /* strings alone have none */
	if (p->rows == 0 ||
	    (!now && p->rows < CHAIN_ROWS && l.time - p->before < CHAIN_SPAN))
		return SQLITE_OK;
	l.seq++;
	for (k = 0; k < CHAIN_KINDS; k++)
		chain_digest_read(p->digest[k], l.digest[k]);
	chain_link_hash(&l, p->link.hash);
	rc = write_link(db, &l);
	if (rc != SQLITE_OK)
		return rc;
	for (k = 0; k < CHAIN_KINDS; k++) {
		chain_digest_reset(p->digest[k]);
		l.has[k] = false;
	}
	p->link = l;
	p->link.time = 0;
	p->before = l.time;
	p->rows = 0;
	return SQLITE_OK;
}

void
chain_writer_done(struct chain_writer *w)
{
	w->at = !w->at;
}

void
chain_writer_seal(struct chain_writer *w, struct db *db)
{
	int rc;

	if (w == NULL || w->pending[w->at].rows == 0)
		return;
	chain_writer_begin(w);
	rc = db_run(db, STMT_BEGIN);
	if (rc == SQLITE_OK)
		rc = chain_writer_end(w, db, true);
	if (rc == SQLITE_OK)
		rc = db_run(db, STMT_COMMIT);
	if (rc == SQLITE_OK)
		chain_writer_done(w);
	else
		db_rollback(db);
}
