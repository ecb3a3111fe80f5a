/*
 * db - one open connection to the database and what went wrong with it.
 *
 * Private to src/store.  Functions here return SQLite's result codes unless
 * they say otherwise; db_fail turns one into a STORE_E_* and a sentence, at
 * the edge to the callers of store.h.
 */
#ifndef PATROL_STORE_DB_H
#define PATROL_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/feed.h"
#include "store/stmt.h"

struct chain_writer;
struct names;

/* Embedded: zeroed, then db_open / db_close. */
struct db {
	sqlite3	     *sql;	    /* owned */
	char	     *path;	    /* owned */
	sqlite3_stmt *stmt[STMT_N]; /* owned; NULL: not for this side */
	/* Of the writer. */
	struct feed	     feed;
	struct chain_writer *chain;	  /* owned */
	int		     log_pages;	  /* after the last commit */
	struct error	     log_trouble; /* text empty: none */
};

struct store {
	struct db db;
	int	  lock; /* fd of PATH-lock, -1: none */
};

struct store_reader {
	struct db     db;
	int64_t	      next;  /* `before` of the page after */
	struct names *names; /* owned; NULL: none was asked for */
};

/* Called for each row of a walk: 0 to go on, else what the walk returns. */
typedef int (*db_row_fn)(sqlite3_stmt *st, void *arg);

/* Opens with SQLITE_OPEN_* flags; nothing is read yet.  0 or STORE_E_*. */
int db_open(struct db *db, const char *path, int flags,
    struct error *err) MUSTCHECK;
/* Also what was only half opened.  The statements go with it. */
void db_close(struct db *db);

/* The STORE_E_* of a result code; *err says what was being done and why it
 * failed.  `doing`: "writing", "reading the tokens". */
int db_fail(struct db *db, int rc, struct error *err, const char *doing);
/* STORE_E_DAMAGED for what no patrol has written. */
int db_damaged(struct db *db, struct error *err, const char *what);

int db_exec(struct db *db, const char *sql) MUSTCHECK;
/* The first column of the only row of a query, e.g. of a pragma. */
int db_get_int(struct db *db, const char *sql, int64_t *v) MUSTCHECK;
/* Ends a transaction that did not come to its end, if there is one.  After
 * db_fail: it overwrites what SQLite has to say. */
void db_rollback(struct db *db);

/* Runs a bound statement that yields no rows, and resets it. */
int db_run(struct db *db, enum stmt_id id) MUSTCHECK;
/*
 * Runs a bound statement and gives each row to `fn`.  0, STORE_E_*, or what
 * `fn` stopped with.
 */
int db_walk(struct db *db, enum stmt_id id, db_row_fn fn, void *arg,
    struct error *err, const char *doing) MUSTCHECK;
#endif
