/*
 * A copy of the store while it is written to, by SQLite's online backup
 * (https://www.sqlite.org/backup.html), a step at a time.
 *
 * What is copied is one committed state: the source holds a read transaction
 * from the first step to the last.  Without it each commit between two steps
 * would make the copy begin anew, and under a stream of uses it would never
 * end.  The price is that the log cannot start over meanwhile: it grows by
 * what is written during the copy, and is cut back afterwards.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/fdfile.h"
#include "store/schema.h"

struct store_backup {
	struct db	from; /* owned; in a transaction */
	struct db	to;   /* owned */
	sqlite3_backup *copy; /* owned */
	int		fd;
	int64_t		page_size;
};

/* A lent descriptor is checked: what it is a file of is not our word. */
static int
check_target(int fd, struct error *err)
{
	struct stat st;
	int	    flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fstat(fd, &st) == -1)
		error_set(err, "the backup's file: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		error_set(err, "the backup's file is no regular file");
	else if (st.st_size != 0)
		error_set(err, "the backup's file is not empty");
	else if ((flags & O_ACCMODE) != O_RDWR || (flags & O_APPEND) != 0)
		error_set(err,
		    "the backup's file is not open to read and write");
	else
		return 0;
	return STORE_E_OTHER;
}

/* The first read fixes the state that is copied. */
static int
open_source(struct store_backup *b, const char *path, struct error *err)
{
	int rc, code;

	code = db_open(&b->from, path, SQLITE_OPEN_READONLY, err);
	if (code == 0)
		code = schema_check(&b->from, err);
	if (code != 0)
		return code;
	rc = db_exec(&b->from,
	    "PRAGMA query_only = ON; PRAGMA busy_timeout = 1000; BEGIN;");
	if (rc == SQLITE_OK)
		rc = db_get_int(&b->from, "PRAGMA page_size", &b->page_size);
	if (rc == SQLITE_OK)
		rc = db_exec(&b->from, "SELECT 1 FROM chain LIMIT 1");
	return rc == SQLITE_OK ? 0 : db_fail(&b->from, rc, err, "backing up");
}

/* Not as db_open does it: a defensive connection keeps its journal. */
static int
open_target(struct store_backup *b, int fd, struct error *err)
{
	char name[FDFILE_NAME];
	int  rc;

	b->fd = fd;
	fdfile_name(fd, name);
	b->to.path = xstrdup("the backup");
	rc = fdfile_register();
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(name, &b->to.sql,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_EXRESCODE,
		    FDFILE_VFS);
	if (rc == SQLITE_OK)
		rc = db_exec(&b->to,
		    "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL;"
		    "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;");
	return rc == SQLITE_OK ? 0 : db_fail(&b->to, rc, err, "opening");
}

int
store_backup_open(const char *path, int fd, struct store_backup **out,
    struct error *err)
{
	struct store_backup *b = xcalloc(1, sizeof *b);
	int		     code = check_target(fd, err);

	if (code == 0)
		code = open_source(b, path, err);
	if (code == 0)
		code = open_target(b, fd, err);
	if (code == 0) {
		b->copy =
		    sqlite3_backup_init(b->to.sql, "main", b->from.sql, "main");
		if (b->copy == NULL)
			code = db_fail(&b->to, sqlite3_errcode(b->to.sql), err,
			    "opening");
	}
	if (code != 0)
		store_backup_close(&b);
	else
		*out = b;
	return code;
}

void
store_backup_close(struct store_backup **bp)
{
	struct store_backup *b = *bp;

	if (b == NULL)
		return;
	if (b->copy != NULL)
		(void)sqlite3_backup_finish(b->copy);
	db_close(&b->to);
	if (b->from.sql != NULL)
		db_rollback(&b->from);
	db_close(&b->from);
	free(b);
	*bp = NULL;
}

/* The fault is the target's, unless its own connection has nothing to say. */
static int
step_failed(struct store_backup *b, int rc, struct error *err)
{
	struct db *db = &b->to;

	if (sqlite3_errcode(b->to.sql) == SQLITE_OK &&
	    sqlite3_errcode(b->from.sql) != SQLITE_OK)
		db = &b->from;
	return db_fail(db, rc, err, "backing up");
}

/*
 * The header still says that there is a write-ahead log, as of the source
 * (bytes 18 and 19, https://www.sqlite.org/fileformat.html#file_format_version_numbers),
 * and such a file cannot be read where nothing may be written.  A patrold
 * that opens the copy turns the log on again.
 */
static int
make_plain(struct store_backup *b, struct error *err)
{
	static const char versions[2] = {1, 1};
	int		  rc = sqlite3_backup_finish(b->copy);

	b->copy = NULL;
	if (rc != SQLITE_OK)
		return step_failed(b, rc, err);
	if (pwrite(b->fd, versions, 2, 18) == 2 && fsync(b->fd) == 0)
		return 0;
	error_set(err, "the backup: %s", strerror(errno));
	return errno == ENOSPC || errno == EDQUOT ? STORE_E_FULL : STORE_E_IO;
}

int
store_backup_step(struct store_backup *b, int pages,
    struct store_backup_state *st, struct error *err)
{
	int	rc = sqlite3_backup_step(b->copy, pages);
	int64_t total = sqlite3_backup_pagecount(b->copy);

	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		return step_failed(b, rc, err);
	st->total = (uint64_t)(total * b->page_size);
	st->done = (uint64_t)((total - sqlite3_backup_remaining(b->copy)) *
	    b->page_size);
	st->more = rc == SQLITE_OK;
	return st->more ? 0 : make_plain(b, err);
}
