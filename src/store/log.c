/*
 * The write-ahead log is moved into the database when it has so many pages:
 * 16 MiB, some milliseconds to some tens of them, every 20 full batches or so.
 * When that fails what was committed is there all the same; the log grows, and
 * the next one tries again.
 */
#include "store/store.h"

#include "store/db.h"

#define LOG_PAGES 2000 /* of 8 KiB */

const char *
store_empty_log(struct store *s)
{
	struct db *db = &s->db;
	int	   rc;

	if (db->log_pages < LOG_PAGES)
		return db->log_trouble.text;
	rc = sqlite3_wal_checkpoint_v2(db->sql, "main",
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY)
		db->log_trouble.text[0] = '\0';
	else
		(void)db_fail(db, rc, &db->log_trouble,
		    "moving the log into it");
	return db->log_trouble.text;
}
