/*
 * stmt - every statement that the store runs, by name.
 *
 * Private to src/store.  All are prepared when the file is opened, so a
 * statement that does not fit the schema shows at start and not at the first
 * alert.
 */
#ifndef PATROL_STORE_STMT_H
#define PATROL_STORE_STMT_H

struct db;

enum stmt_id {
	/* Transactions. */
	STMT_BEGIN,    /* of the writer: takes the lock */
	STMT_SNAPSHOT, /* of a reader: one view of all tables */
	STMT_COMMIT,
	/* What a batch carries. */
	STMT_ADD_STRING,
	STMT_ADD_USES,
	STMT_PUT_TOKEN,
	STMT_PUT_LASTUSED,
	STMT_PUT_SECRET,
	STMT_DROP_SECRET,
	STMT_SECRET_USED,
	STMT_PUT_SUPERSEDED,
	STMT_PUT_ACCOUNT,
	STMT_PUT_ALERT,
	STMT_ADD_AUDIT,
	STMT_ADD_REFUSED,
	STMT_ADD_OUTBOX,
	STMT_PUT_CURSOR,
	STMT_PUT_MARK,
	STMT_PUT_MODE,
	STMT_DROP_MODE,
	STMT_ADD_LINK,
	/* Reading back at start. */
	STMT_MARKS,
	STMT_STRINGS_FROM, /* id below which strings are left out */
	STMT_STRINGS_NAMED,
	STMT_STRINGS_NEWEST,
	STMT_ACCOUNTS,
	STMT_TOKENS,
	STMT_SECRETS,
	STMT_SUPERSEDED,
	STMT_ALERTS_SINCE,
	STMT_OUTBOX,
	STMT_MODES,
	STMT_SEQ_ENDS,
	STMT_SEQ_AT,
	/* The hash chain. */
	STMT_CHAIN_LINK, /* the newest link up to a seq */
	STMT_CHAIN_USES, /* what lies between two links: > ?1, <= ?2 */
	STMT_CHAIN_STRINGS,
	STMT_CHAIN_AUDIT,
	STMT_CHAIN_NEXT, /* links behind a seq */
	/* Stretches of uses, for a reader. */
	STMT_RANGE,
	STMT_ROWS,
	STMT_STRING,   /* by its id */
	STMT_TOKEN_ID, /* public id by tid */
	STMT_TOKEN_SEEN,
	/* The check. */
	STMT_CHECK_TOKENS,
	STMT_CHECK_SAME, /* have these two ids one text? */
	/* Pages. */
	STMT_USE,
	STMT_USE_LINK,	   /* token and prev of a use */
	STMT_TOKEN_OF,	   /* tids that have a public id */
	STMT_TOKEN_IS,	   /* has this tid that public id? */
	STMT_TOKEN_NEWEST, /* newest use beyond the checkpoint */
	STMT_USES,
	STMT_SCAN,	/* uses as numbers, for match.c */
	STMT_SCAN_WIDE, /* the same with texts of their own */
	STMT_FOLLOW,	/* both, in the order of arrival */
	STMT_FOLLOW_WIDE,
	STMT_TOKEN_FACTS,
	STMT_ALERTS,
	STMT_AUDIT,
	STMT_REFUSED,
	/* Trimming. */
	STMT_TRIM_REFUSED,
	STMT_TRIM_USES_BEFORE,
	STMT_TRIM_ALERTS_BEFORE,
	STMT_TRIM_REFUSED_BEFORE,
	STMT_TRIM_OUTBOX,
	STMT_N
};

/* Who needs a statement. */
enum { STMT_WRITER = 1, STMT_READER = 2 };

/*
 * Prepares the statements of one side into db->stmt.  SQLite's result code;
 * db_close frees them.
 */
int stmt_prepare(struct db *db, unsigned who);
#endif
