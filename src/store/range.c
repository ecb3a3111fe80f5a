/*
 * Stored uses again, in the order in which they arrived: all of them at start,
 * as they are stored; later in stretches, so that others have their turn.
 */
#include "store/store.h"

#include "store/db.h"
#include "store/row.h"

struct range {
	store_use_fn fn;
	void	    *arg;
};

static int
range_use(sqlite3_stmt *st, void *arg)
{
	struct range	 *g = arg;
	struct stored_use use;
	char		  uuid[ROW_UUID_TEXT];

	row_read_use(st, &use, uuid);
	return g->fn(&use, g->arg);
}

int
store_read_range(struct store_reader *r, int64_t from, int64_t to,
    unsigned limit, store_use_fn fn, void *arg, struct error *err)
{
	struct range  g = {fn, arg};
	sqlite3_stmt *st = r->db.stmt[STMT_RANGE];

	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, to);
	sqlite3_bind_int64(st, 3, limit);
	return db_walk(&r->db, STMT_RANGE, range_use, &g, err,
	    "reading the uses");
}

/* --- as they are stored --------------------------------------------------- */

struct rows {
	store_row_fn fn;
	void	    *arg;
};

static int
range_row(sqlite3_stmt *st, void *arg)
{
	struct rows   *g = arg;
	struct use_row use;
	char	       uuid[ROW_UUID_TEXT];

	row_read_stored(st, &use, uuid);
	return g->fn(&use, g->arg);
}

int
store_read_rows(struct store_reader *r, int64_t after, store_row_fn fn,
    void *arg, struct error *err)
{
	struct rows g = {fn, arg};

	sqlite3_bind_int64(r->db.stmt[STMT_ROWS], 1, after);
	return db_walk(&r->db, STMT_ROWS, range_row, &g, err,
	    "reading the uses");
}

/* --- a token as the rules see it -------------------------------------- */

struct one_token {
	store_issued_fn fn;
	void	       *arg;
	struct error   *err;
	struct db      *db;
};

static int
range_token(sqlite3_stmt *st, void *arg)
{
	struct one_token   *o = arg;
	struct stored_token t;
	int64_t		    kind = sqlite3_column_int64(st, 0);

	if (kind < 0 || kind > TOKEN_FOREIGN)
		return db_damaged(o->db, o->err,
		    "holds a token that no patrol has written");
	t.kind = (enum token_kind)kind;
	t.created = sqlite3_column_int64(st, 1);
	t.labels = row_slice(st, 2);
	t.scope = row_slice(st, 3);
	t.account = row_slice(st, 4);
	return o->fn(&t, o->arg);
}

int
store_read_token(struct store_reader *r, uint32_t tid, store_issued_fn fn,
    void *arg, struct error *err)
{
	struct one_token o = {fn, arg, err, &r->db};

	sqlite3_bind_int64(r->db.stmt[STMT_TOKEN_SEEN], 1, tid);
	return db_walk(&r->db, STMT_TOKEN_SEEN, range_token, &o, err,
	    "reading the tokens");
}

/* --- from when ---------------------------------------------------------- */

struct use_at {
	int64_t seq;
	usec_t	arrival;
};

static int
load_at(sqlite3_stmt *st, void *arg)
{
	struct use_at *at = arg;

	at->seq = sqlite3_column_int64(st, 0);
	at->arrival = sqlite3_column_int64(st, 1);
	return 0;
}

static int
load_ends(sqlite3_stmt *st, void *arg)
{
	int64_t *ends = arg;

	ends[0] = row_int(st, 0, 1);
	ends[1] = row_int(st, 1, 0);
	return 0;
}

/*
 * Halves the range lo..hi + 1 in which the first use since then lies; keys
 * may be missing, so the use found at or after the middle decides.
 */
static int
seq_before(struct db *db, usec_t since, int64_t *seq, struct error *err)
{
	int64_t	      ends[2] = {1, 0}, lo, hi, mid;
	struct use_at at = {0, 0};
	int	      r;

	r = db_walk(db, STMT_SEQ_ENDS, load_ends, ends, err,
	    "reading the uses");
	lo = ends[0];
	hi = ends[1];
	while (r == 0 && lo <= hi) {
		mid = lo + (hi - lo) / 2;
		sqlite3_bind_int64(db->stmt[STMT_SEQ_AT], 1, mid);
		r = db_walk(db, STMT_SEQ_AT, load_at, &at, err,
		    "reading the uses");
		if (at.arrival >= since)
			hi = mid - 1;
		else
			lo = at.seq + 1;
	}
	if (r == 0)
		*seq = lo - 1;
	return r;
}

int
store_seq_before(struct store *s, usec_t since, int64_t *seq, struct error *err)
{
	return seq_before(&s->db, since, seq, err);
}

int
store_read_ends(struct store_reader *r, usec_t since, usec_t until,
    int64_t *from, int64_t *to, struct error *err)
{
	int64_t before, last;
	int	code;

	code = seq_before(&r->db, since, &before, err);
	if (code == 0)
		code = seq_before(&r->db, until, &last, err);
	if (code == 0) {
		*from = before + 1;
		*to = last;
	}
	return code;
}
