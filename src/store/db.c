#include "store/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/chain-writer.h"
#include "store/store.h"

int
db_open(struct db *db, const char *path, int flags, struct error *err)
{
	int rc;

	db->path = xstrdup(path);
	rc = sqlite3_open_v2(path, &db->sql,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, err, "opening");
	/* A file that somebody prepared must not make SQL do more than read
	 * and write tables. */
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
	    NULL);
	return 0;
}

void
db_close(struct db *db)
{
	unsigned i;

	for (i = 0; i < STMT_N; i++) {
		sqlite3_finalize(db->stmt[i]);
		db->stmt[i] = NULL;
	}
	sqlite3_close(db->sql);
	db->sql = NULL;
	chain_writer_free(&db->chain);
	free(db->path);
	db->path = NULL;
}

/*
 * A full disk has three faces: SQLITE_FULL where write(2) said ENOSPC, an
 * I/O error where something else did (fsync, the shared memory file), and
 * an I/O error where a quota is used up.
 */
static int
code_of_ioerr(int saved)
{
	if (saved == ENOSPC || saved == EDQUOT)
		return STORE_E_FULL;
	return STORE_E_IO;
}

static int
code_of(int rc, int saved)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return STORE_E_FULL;
	case SQLITE_IOERR:
		return code_of_ioerr(saved);
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return STORE_E_IO;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return STORE_E_BUSY;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return STORE_E_DAMAGED;
	default:
		return STORE_E_OTHER;
	}
}

/* What a person can do about it, to stand behind the reason. */
static const char *
advice(int code)
{
	switch (code) {
	case STORE_E_FULL:
		return "; make room, it goes on by itself then";
	case STORE_E_BUSY:
		return "; is another program writing to it?";
	case STORE_E_DAMAGED:
		return "; it is left as it is: move it away, or restore a "
		       "backup";
	default:
		return "";
	}
}

/* What the write-ahead log's own file knows. */
static int
wal_errno(struct db *db)
{
	sqlite3_file *wal = NULL;
	int	      saved = 0;

	if (sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER,
		&wal) == SQLITE_OK &&
	    wal != NULL && wal->pMethods != NULL)
		(void)wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO,
		    &saved);
	return saved;
}

/*
 * What the system said.  SQLite passes it on from most statements, but not
 * from a COMMIT.
 */
static int
system_errno(struct db *db, int rc)
{
	int saved;

	if (db->sql == NULL)
		return 0;
	saved = sqlite3_system_errno(db->sql);
	if (saved != 0 || (rc & 0xff) != SQLITE_IOERR)
		return saved;
	/* The log's index, mapped memory, could not grow: it tells no errno,
	 * and there is but one likely. */
	if (rc == SQLITE_IOERR_SHMSIZE)
		return ENOSPC;
	return wal_errno(db);
}

int
db_fail(struct db *db, int rc, struct error *err, const char *doing)
{
	int  saved = system_errno(db, rc);
	int  code = code_of(rc, saved);
	bool told = db->sql != NULL && sqlite3_errcode(db->sql) != SQLITE_OK;

	error_set(err, "%s: %s: %s%s%s%s%s", db->path, doing,
	    told ? sqlite3_errmsg(db->sql) : sqlite3_errstr(rc),
	    code <= STORE_E_IO && saved != 0 ? " (" : "",
	    code <= STORE_E_IO && saved != 0 ? strerror(saved) : "",
	    code <= STORE_E_IO && saved != 0 ? ")" : "", advice(code));
	return code;
}

int
db_damaged(struct db *db, struct error *err, const char *what)
{
	error_set(err, "%s: %s%s", db->path, what, advice(STORE_E_DAMAGED));
	return STORE_E_DAMAGED;
}

int
db_exec(struct db *db, const char *sql)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
}

int
db_get_int(struct db *db, const char *sql, int64_t *v)
{
	sqlite3_stmt *st = NULL;
	int	      rc;

	rc = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*v = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE)
		rc = SQLITE_NOTFOUND;
	sqlite3_finalize(st);
	return rc;
}

void
db_rollback(struct db *db)
{
	/* SQLite may have rolled back by itself: it says so only here. */
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

int
db_run(struct db *db, enum stmt_id id)
{
	sqlite3_stmt *st = db->stmt[id];
	int	      rc;

	rc = sqlite3_step(st);
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	(void)sqlite3_reset(st); /* says the same again */
	return rc;
}

int
db_walk(struct db *db, enum stmt_id id, db_row_fn fn, void *arg,
    struct error *err, const char *doing)
{
	sqlite3_stmt *st = db->stmt[id];
	int	      rc = SQLITE_ROW, r = 0;

	while (r == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW)
		r = fn(st, arg);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		r = db_fail(db, rc, err, doing);
	(void)sqlite3_reset(st);
	return r;
}
