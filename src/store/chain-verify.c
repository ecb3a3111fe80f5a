/*
 * Follows the hash chain and compares it with what is stored, a part at a
 * time: other questions to the store come between.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/chain.h"
#include "store/db.h"

struct verify {
	struct db		  *db;
	const struct store_verify *want;
	struct store_verified	  *out;
	store_fault_fn		   fn;
	void			  *arg;
	struct error		  *err;
	struct chain_link	   before; /* the link that was looked at */
	struct chain_digest	  *digest; /* owned; of the rows of one */
	int64_t			   oldest; /* use that is there, or more */
	uint64_t		   rows;   /* of this call */
};

static const char *const kind_names[CHAIN_KINDS] = {"uses", "strings",
    "audit entries"};

static void PRINTFLIKE(3, 4)
    fault(struct verify *v, int64_t link, const char *fmt, ...)
{
	char	text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	v->out->faults++;
	v->fn(link, text, v->arg);
}

/* ---- rows ---- */

static int
verify_use(sqlite3_stmt *st, void *arg)
{
	struct verify *v = arg;
	struct row_use u;

	row_use_read(st, &u);
	chain_add_use(v->digest, &u);
	v->rows++;
	return 0;
}

static int
verify_string(sqlite3_stmt *st, void *arg)
{
	struct verify *v = arg;

	chain_add_string(v->digest, (uint32_t)sqlite3_column_int64(st, 0),
	    row_slice(st, 1));
	v->rows++;
	return 0;
}

static int
verify_audit(sqlite3_stmt *st, void *arg)
{
	struct verify	*v = arg;
	struct audit_row r;
	int64_t		 seq = row_read_audit(st, &r);

	chain_add_audit(v->digest, seq, &r);
	v->rows++;
	return 0;
}

static int
walk_rows(struct verify *v, enum chain_kind k, int64_t after, int64_t last)
{
	static const struct {
		enum stmt_id id;
		db_row_fn    fn;
	} kinds[CHAIN_KINDS] = {{STMT_CHAIN_USES, verify_use},
	    {STMT_CHAIN_STRINGS, verify_string},
	    {STMT_CHAIN_AUDIT, verify_audit}};
	sqlite3_stmt *st = v->db->stmt[kinds[k].id];

	sqlite3_bind_int64(st, 1, after);
	sqlite3_bind_int64(st, 2, last);
	return db_walk(v->db, kinds[k].id, kinds[k].fn, v, v->err,
	    "reading what the chain stands for");
}

/* ---- a link ---- */

/*
 * Have its uses been deleted by age, all or the oldest of them?  Then there
 * is nothing to compare; but they must have been old enough.
 */
static bool
is_trimmed(struct verify *v, const struct chain_link *l)
{
	int64_t first = v->before.last[CHAIN_USES] + 1;

	if (l->last[CHAIN_USES] < first || first >= v->oldest)
		return false;
	v->out->gone = l->last[CHAIN_USES] < v->oldest ? l->last[CHAIN_USES] :
							 v->oldest - 1;
	v->out->gone_time = l->time;
	if (v->before.time >= v->want->kept_since &&
	    (v->want->now == 0 || v->before.time <= v->want->now))
		fault(v, l->seq,
		    "uses %" PRId64 " to %" PRId64 " are missing, and not old "
		    "enough to have been deleted",
		    first, v->out->gone);
	return true;
}

static int
verify_kind(struct verify *v, const struct chain_link *l, enum chain_kind k)
{
	uint8_t digest[STORE_HASH];
	int	r;

	if (k == CHAIN_USES && is_trimmed(v, l))
		return 0;
	chain_digest_reset(v->digest);
	r = walk_rows(v, k, v->before.last[k], l->last[k]);
	if (r != 0)
		return r;
	chain_digest_read(v->digest, digest);
	if (l->has[k] ? memcmp(digest, l->digest[k], STORE_HASH) != 0 :
			l->last[k] != v->before.last[k])
		fault(v, l->seq,
		    "%s %" PRId64 " to %" PRId64
		    " are not what was written: changed, added or removed",
		    kind_names[k], v->before.last[k] + 1, l->last[k]);
	return 0;
}

static void
verify_hash(struct verify *v, const struct chain_link *l)
{
	struct chain_link again = *l;

	if (l->seq != v->before.seq + 1)
		fault(v, l->seq, "link %" PRId64 " is missing before it",
		    l->seq - 1);
	chain_link_hash(&again, v->before.hash);
	if (memcmp(again.hash, l->hash, STORE_HASH) != 0)
		fault(v, l->seq,
		    "the link itself or the one before it was changed");
}

/* The head that somebody wrote down must be in the chain. */
static void
verify_head(struct verify *v, const struct chain_link *l)
{
	if (v->want->head_seq == 0 || l->seq != v->want->head_seq)
		return;
	v->out->head_found = true;
	if (memcmp(l->hash, v->want->head, STORE_HASH) != 0)
		fault(v, l->seq, "its hash is not the one that was told");
}

#define VERIFY_STOP 1 /* enough for one call */

static int
verify_link(sqlite3_stmt *st, void *arg)
{
	struct verify	 *v = arg;
	struct chain_link l;
	unsigned	  k;
	int		  r = 0;

	if (v->rows >= v->want->rows)
		return VERIFY_STOP;
	chain_link_read(st, &l);
	verify_hash(v, &l);
	verify_head(v, &l);
	for (k = 0; k < CHAIN_KINDS && r == 0; k++)
		r = verify_kind(v, &l, k);
	v->before = l;
	v->out->links++;
	return r;
}

/* ---- all ---- */

static int
read_link(sqlite3_stmt *st, void *arg)
{
	chain_link_read(st, arg);
	return 0;
}

static int
link_at(struct verify *v, int64_t seq, struct chain_link *l)
{
	l->seq = -1;
	sqlite3_bind_int64(v->db->stmt[STMT_CHAIN_LINK], 1, seq);
	return db_walk(v->db, STMT_CHAIN_LINK, read_link, l, v->err,
	    "reading the chain");
}

/* The head, and how far the rows go: what lies behind it has no link yet. */
static int
verify_ends(struct verify *v)
{
	struct chain_link head;
	int64_t		  newest = 0;
	int		  r, rc;

	r = link_at(v, INT64_MAX, &head);
	if (r != 0)
		return r;
	v->out->head_seq = head.seq;
	v->out->head_time = head.time;
	v->out->head_use = head.last[CHAIN_USES];
	memcpy(v->out->head, head.hash, STORE_HASH);
	rc = db_get_int(v->db, "SELECT coalesce(max(seq), 0) FROM uses",
	    &newest);
	if (rc == SQLITE_OK)
		rc = db_get_int(v->db, "SELECT coalesce(min(seq), 0) FROM uses",
		    &v->oldest);
	if (rc != SQLITE_OK)
		return db_fail(v->db, rc, v->err, "reading the uses");
	if (v->oldest == 0)
		v->oldest = head.last[CHAIN_USES] + 1;
	v->out->waiting = newest > v->out->head_use ?
	    (uint64_t)(newest - v->out->head_use) :
	    0;
	return 0;
}

static int
verify_part(struct verify *v)
{
	int r;

	r = verify_ends(v);
	if (r != 0 || v->want->rows == 0)
		return r;
	r = link_at(v, v->want->after, &v->before);
	if (r != 0)
		return r;
	if (v->before.seq != v->want->after)
		fault(v, v->want->after, "the chain does not begin there");
	sqlite3_bind_int64(v->db->stmt[STMT_CHAIN_NEXT], 1, v->before.seq);
	r = db_walk(v->db, STMT_CHAIN_NEXT, verify_link, v, v->err,
	    "reading the chain");
	v->out->rows = v->rows;
	v->out->at = v->before.seq;
	v->out->at_use = v->before.last[CHAIN_USES];
	v->out->more = r == VERIFY_STOP;
	return r == VERIFY_STOP ? 0 : r;
}

/* All of its statements must see the same state of the file. */
int
store_verify(struct store_reader *r, const struct store_verify *want,
    struct store_verified *out, store_fault_fn fn, void *arg, struct error *err)
{
	struct verify v = {.db = &r->db,
	    .want = want,
	    .out = out,
	    .fn = fn,
	    .arg = arg,
	    .err = err};
	int	      rc, code;

	memset(out, 0, sizeof *out);
	rc = db_run(v.db, STMT_SNAPSHOT);
	if (rc != SQLITE_OK)
		return db_fail(v.db, rc, err, "reading");
	v.digest = chain_digest_new();
	code = verify_part(&v);
	chain_digest_free(&v.digest);
	if (db_run(v.db, STMT_COMMIT) != SQLITE_OK)
		db_rollback(v.db);
	return code;
}
