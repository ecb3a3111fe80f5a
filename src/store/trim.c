/*
 * Deleting what has served, in small transactions: a commit that waits does
 * so for one of them at the most.  Freed pages are used again; the file does
 * not shrink.
 */
#include "store/store.h"

#include "store/db.h"

#define TRIM_STEP 1000 /* rows of one transaction */

/* Repeats a bound DELETE until it finds nothing more. */
static int
trim_all(struct db *db, enum stmt_id id, struct error *err, const char *doing)
{
	int	rc;

	sqlite3_bind_int(db->stmt[id], 2, TRIM_STEP);
	do {
		rc = db_run(db, id);
		if (rc != SQLITE_OK)
			return db_fail(db, rc, err, doing);
	} while (sqlite3_changes(db->sql) == TRIM_STEP);
	return 0;
}

int
store_trim(struct store *s, int64_t refused_max, struct error *err)
{
	int	code;

	sqlite3_bind_int64(s->db.stmt[STMT_TRIM_REFUSED], 1, refused_max);
	code = trim_all(&s->db, STMT_TRIM_REFUSED, err,
	    "trimming refused lines");
	if (code != 0)
		return code;
	return trim_all(&s->db, STMT_TRIM_OUTBOX, err, "trimming the outbox");
}
