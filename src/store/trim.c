/*
 * Deleting what has served, a step at a time: a commit that waits does so for
 * one step at the most.  How many rows that may be the caller finds out: a
 * refused line can be a thousand times as long as a use.  Freed pages are
 * used again; the file does not shrink.
 */
#include "store/store.h"

#include "store/db.h"

struct trim {
	struct db		*db;
	const struct store_keep *keep;
	struct store_trimmed	*out;
};

/* Runs a DELETE whose ?1 is a bound, ?2 the step and ?3 the time that it is. */
static int
trim_table(struct trim *t, enum stmt_id id, int64_t bound)
{
	sqlite3_stmt *st = t->db->stmt[id];
	int	      rc, n;

	sqlite3_bind_int64(st, 1, bound);
	sqlite3_bind_int(st, 2, t->keep->step);
	if (sqlite3_bind_parameter_count(st) > 2)
		sqlite3_bind_int64(st, 3,
		    t->keep->now != 0 ? t->keep->now : INT64_MAX);
	rc = db_run(t->db, id);
	if (rc != SQLITE_OK)
		return rc;
	n = sqlite3_changes(t->db->sql);
	t->out->rows += (uint64_t)n;
	t->out->more = t->out->more || n == t->keep->step;
	return rc;
}

static int
trim_old(struct trim *t, enum stmt_id id, usec_t since)
{
	return since == 0 ? SQLITE_OK : trim_table(t, id, since);
}

static int
trim_tables(struct trim *t)
{
	const struct store_keep *k = t->keep;
	int			 rc;

	if ((rc = trim_table(t, STMT_TRIM_REFUSED, k->refused_max)) !=
		SQLITE_OK ||
	    (rc = trim_table(t, STMT_TRIM_OUTBOX, 0)) != SQLITE_OK ||
	    (rc = trim_old(t, STMT_TRIM_USES_BEFORE, k->uses_since)) !=
		SQLITE_OK ||
	    (rc = trim_old(t, STMT_TRIM_ALERTS_BEFORE, k->alerts_since)) !=
		SQLITE_OK)
		return rc;
	return trim_old(t, STMT_TRIM_REFUSED_BEFORE, k->refused_since);
}

int
store_trim(struct store *s, const struct store_keep *keep,
    struct store_trimmed *out, struct error *err)
{
	struct db  *db = &s->db;
	struct trim t = {db, keep, out};
	int	    rc;

	*out = (struct store_trimmed){0};
	rc = db_run(db, STMT_BEGIN);
	if (rc == SQLITE_OK)
		rc = trim_tables(&t);
	if (rc == SQLITE_OK)
		rc = db_run(db, STMT_COMMIT);
	if (rc == SQLITE_OK)
		return STORE_OK;
	*out = (struct store_trimmed){0};
	rc = db_fail(db, rc, err, "trimming");
	db_rollback(db);
	return rc;
}
