/*
 * Opening and closing.
 *
 * One process writes a store: it holds flock(2) on PATH-lock for as long as
 * the store is open.  The lock is a file of its own because closing any
 * descriptor of the database itself would drop the locks that SQLite has on
 * it (POSIX locks belong to the process), and it stays when the store is
 * closed because removing it would let two processes lock two files of one
 * name.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/chain-writer.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/wal.h"

/* Hashes of secrets and who was where: for the owner and its group alone. */
#define STORE_MODE 0640

/*
 * Store_empty_log moves the log into the database when it is long,
 * and not SQLite by itself, which would tell nobody when it cannot.  A reader
 * with an old view keeps the log from starting over; what it grew to
 * meanwhile is cut back to journal_size_limit.
 */
static const char tuning[] = "PRAGMA synchronous = FULL;"
			     "PRAGMA wal_autocheckpoint = 0;"
			     "PRAGMA journal_size_limit = 67108864;"
			     "PRAGMA cache_size = -16384;"
			     "PRAGMA temp_store = MEMORY;"
			     "PRAGMA foreign_keys = OFF;";

static bool
path_is_memory(const char *path)
{
	return strcmp(path, ":memory:") == 0;
}

static int
fail_errno(struct error *err, const char *name)
{
	int saved = errno;

	error_set(err, "%s: %s", name, strerror(saved));
	return saved == ENOSPC || saved == EDQUOT ? STORE_E_FULL : STORE_E_IO;
}

/* Takes PATH-lock. */
static int
store_lock(struct store *s, const char *path, struct error *err)
{
	char *name = xasprintf("%s-lock", path);
	int   code = 0;

	s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock == -1) {
		code = fail_errno(err, name);
	} else if (flock(s->lock, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK) {
			error_set(err, "%s: in use by another patrold", path);
			code = STORE_E_BUSY;
		} else {
			error_set(err, "%s: lock: %s", name, strerror(errno));
			code = STORE_E_IO;
		}
	}
	free(name);
	return code;
}

/* A name that is new is durable when its directory was synced. */
static int
sync_directory(const char *path, struct error *err)
{
	char *copy = xstrdup(path), *dir = dirname(copy);
	int   fd, code = 0;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		code = fail_errno(err, dir);
	if (fd != -1)
		close(fd);
	free(copy);
	return code;
}

/*
 * With our mode: SQLite would leave it to the umask.  Its log and shared
 * memory files take the mode of the database.
 */
static int
create_file(const char *name, struct error *err)
{
	int fd;

	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, STORE_MODE);
	if (fd == -1)
		return fail_errno(err, name);
	close(fd);
	return 0;
}

/* Nobody else has it, and half of it is thrown away: no journal on disk. */
static int
fill_file(const char *name, struct error *err)
{
	struct db db = {.sql = NULL};
	int	  rc, code;

	code = db_open(&db, name, SQLITE_OPEN_READWRITE, err);
	if (code == 0) {
		rc = db_exec(&db,
		    "PRAGMA page_size = 8192;"
		    "PRAGMA journal_mode = MEMORY;"
		    "PRAGMA synchronous = FULL");
		code = rc != SQLITE_OK ? db_fail(&db, rc, err, "making it") :
					 schema_upgrade(&db, err);
	}
	db_close(&db);
	return code;
}

/* The log of a database that is gone holds what was acknowledged. */
static int
check_no_log(const char *path, struct error *err)
{
	char	   *name = xasprintf("%s-wal", path);
	struct stat st;
	int	    code = 0;

	if (stat(name, &st) == 0 && st.st_size > 0) {
		error_set(err,
		    "%s is gone, but its log %s is there; it is left as it "
		    "is: bring the file back, or move the log away",
		    path, name);
		code = STORE_E_DAMAGED;
	}
	free(name);
	return code;
}

/* SQLite takes a file of a byte at most for a new one, and removes its log. */
static int
check_size(const char *path, const struct stat *st, struct error *err)
{
	if (st->st_size > 1)
		return 0;
	error_set(err,
	    "%s: is empty, as no store ever is; it is left as it is: restore "
	    "a backup, or remove it",
	    path);
	return STORE_E_DAMAGED;
}

/*
 * Makes a store that is not there: aside, and named when it is whole.  So a
 * file of that name that is empty was not always so, and is no new store.
 */
static int
store_create(const char *path, struct error *err)
{
	struct stat st;
	char	   *name;
	int	    code;

	if (stat(path, &st) == 0)
		return check_size(path, &st, err);
	if (errno != ENOENT)
		return fail_errno(err, path);
	code = check_no_log(path, err);
	if (code != 0)
		return code;
	name = xasprintf("%s.new", path);
	(void)unlink(name); /* of one that was cut short */
	code = create_file(name, err);
	if (code == 0)
		code = fill_file(name, err);
	if (code == 0 && rename(name, path) == -1)
		code = fail_errno(err, path);
	if (code == 0)
		code = sync_directory(path, err);
	free(name);
	return code;
}

int
store_damaged(struct store *s, struct error *err)
{
	struct error what = *err;

	return db_damaged(&s->db, err, what.text);
}

/* "PRAGMA journal_mode" says what it became and does not fail. */
static int
store_set_wal(struct db *db, struct error *err)
{
	sqlite3_stmt *st = NULL;
	const char   *mode;
	int	      rc, code = 0;

	rc = sqlite3_prepare_v2(db->sql, "PRAGMA journal_mode = WAL", -1, &st,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_ROW)
		code = db_fail(db, rc, err, "turning on the write-ahead log");
	else {
		mode = (const char *)sqlite3_column_text(st, 0);
		if (mode == NULL ||
		    (strcmp(mode, "wal") != 0 && !path_is_memory(db->path))) {
			error_set(err,
			    "%s: cannot have a write-ahead log "
			    "here; is it a network file system?",
			    db->path);
			code = STORE_E_OTHER;
		}
	}
	sqlite3_finalize(st);
	return code;
}

static int
note_log_pages(void *arg, sqlite3 *sql, const char *name, int pages)
{
	(void)sql, (void)name;
	((struct db *)arg)->log_pages = pages;
	return SQLITE_OK;
}

/* Nothing is written before schema_check has said that the file is ours. */
static int
store_set_up(struct db *db, struct error *err)
{
	int rc, code;

	code = schema_check(db, err);
	if (code != 0)
		return code;
	code = store_set_wal(db, err);
	if (code != 0)
		return code;
	rc = db_exec(db, tuning);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, err, "tuning");
	sqlite3_wal_hook(db->sql, note_log_pages, db);
	code = schema_upgrade(db, err);
	if (code != 0)
		return code;
	rc = feed_register(db->sql, &db->feed);
	if (rc == SQLITE_OK)
		rc = stmt_prepare(db, STMT_WRITER);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, err, "preparing");
	return chain_writer_open(db, &db->chain, err);
}

int
store_open(const char *path, struct store **out, struct error *err)
{
	struct store *s = xcalloc(1, sizeof *s);
	int	      code = 0;

	s->lock = -1;
	if (!path_is_memory(path)) {
		code = store_lock(s, path, err);
		if (code == 0)
			code = store_create(path, err);
		if (code == 0)
			code = wal_check(path, err);
	}
	if (code == 0)
		code = db_open(&s->db, path,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (code == 0)
		code = store_set_up(&s->db, err);
	if (code != 0)
		store_close(&s);
	else
		*out = s;
	return code;
}

void
store_close(struct store **s)
{
	if (*s == NULL)
		return;
	chain_writer_seal((*s)->db.chain, &(*s)->db);
	db_close(&(*s)->db);
	if ((*s)->lock != -1)
		close((*s)->lock);
	free(*s);
	*s = NULL;
}

static uint64_t
file_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? 0 : (uint64_t)st.st_size;
}

void
store_size(const char *path, struct store_size *out)
{
	char *name = xasprintf("%s-wal", path);

	out->database = file_size(path);
	out->log = file_size(name);
	free(name);
}
