/*
 * Deleting what has served, a step at a time: a commit that waits does so for
 * one step at the most.  Freed pages are used again; the file does not
 * shrink.
 */
#include "store/store.h"

#include "store/db.h"

/* Runs a DELETE whose ?1 is a bound and whose ?2 is the step. */
static int
trim_table(struct db *db, enum stmt_id id, int64_t bound, bool *more)
{
	int rc;

	sqlite3_bind_int64(db->stmt[id], 1, bound);
	sqlite3_bind_int(db->stmt[id], 2, STORE_TRIM_STEP);
	rc = db_run(db, id);
	if (rc == SQLITE_OK && sqlite3_changes(db->sql) == STORE_TRIM_STEP)
		*more = true;
	return rc;
}

static int
trim_old(struct db *db, enum stmt_id id, usec_t since, bool *more)
{
	return since == 0 ? SQLITE_OK : trim_table(db, id, since, more);
}

static int
trim_tables(struct db *db, const struct store_keep *k, bool *more)
{
	int rc;

	if ((rc = trim_table(db, STMT_TRIM_REFUSED, k->refused_max, more)) !=
		SQLITE_OK ||
	    (rc = trim_table(db, STMT_TRIM_OUTBOX, 0, more)) != SQLITE_OK ||
	    (rc = trim_old(db, STMT_TRIM_USES_BEFORE, k->uses_since, more)) !=
		SQLITE_OK ||
	    (rc = trim_old(db, STMT_TRIM_ALERTS_BEFORE, k->alerts_since,
		 more)) != SQLITE_OK)
		return rc;
	return trim_old(db, STMT_TRIM_REFUSED_BEFORE, k->refused_since, more);
}

int
store_trim(struct store *s, const struct store_keep *keep, bool *more,
    struct error *err)
{
	struct db *db = &s->db;
	int	   rc;

	*more = false;
	rc = db_run(db, STMT_BEGIN);
	if (rc == SQLITE_OK)
		rc = trim_tables(db, keep, more);
	if (rc == SQLITE_OK)
		rc = db_run(db, STMT_COMMIT);
	if (rc == SQLITE_OK)
		return STORE_OK;
	*more = false;
	rc = db_fail(db, rc, err, "trimming");
	db_rollback(db);
	return rc;
}
