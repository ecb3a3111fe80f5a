/*
 * row - between the columns of a statement and the rows of a batch.
 *
 * Private to src/store.  Slices that come out lie in the statement, and live
 * until it is stepped or reset.  Text that goes in must live until the
 * statement was run.
 */
#ifndef PATROL_STORE_ROW_H
#define PATROL_STORE_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "alert/batch.h"
#include "base/slice.h"
#include "store/store.h"

#define ROW_UUID      16 /* bytes of a UUID */
#define ROW_UUID_TEXT 36 /* and of its text */

/* Absent as NULL. */
void row_bind_text(sqlite3_stmt *st, int i, struct slice s);
/* Bytes; absent as NULL. */
void row_bind_blob(sqlite3_stmt *st, int i, struct slice s);
/* `none` as NULL. */
void row_bind_int(sqlite3_stmt *st, int i, int64_t v, int64_t none);
/* As text, or as bytes if it is not UTF-8 or has a NUL. */
void row_bind_foreign(sqlite3_stmt *st, int i, struct slice s);
/* The columns of the table `uses`, in their order. */
enum row_use_column {
	ROW_USE_SEQ,
	ROW_USE_PREV,
	ROW_USE_TIME,
	ROW_USE_LATE,
	ROW_USE_TOKEN,
	ROW_USE_ACCOUNT,
	ROW_USE_REGISTRY,
	ROW_USE_ACTION,
	ROW_USE_OUTCOME,
	ROW_USE_REASON,
	ROW_USE_REPOSITORY,
	ROW_USE_TAG,
	ROW_USE_DIGEST,
	ROW_USE_MEDIA_TYPE,
	ROW_USE_IP,
	ROW_USE_USER_AGENT,
	ROW_USE_BYTES,
	ROW_USE_COUNT,
	ROW_USE_ID,
	ROW_USE_OTHER,
	ROW_USE_STANDING,
	ROW_USE_COLUMNS
};

#define ROW_BIT(column) (UINT32_C(1) << (column))

/* A row of that table, as it is stored. */
struct row_use {
	uint32_t     present; /* ROW_BIT of those that are not NULL */
	int64_t	     number[ROW_USE_COLUMNS]; /* of those that are one */
	struct slice id, other;		      /* borrowed */
	bool	     id_is_blob;
	uint8_t	     uuid[ROW_UUID]; /* what `id` is, if it came as a text */
};

/* As a use of a batch will be stored; its texts are borrowed. */
void row_use_make(const struct use_row *r, struct row_use *out);
/* Columns of the table `uses`; `text` holds the id if it is a UUID. */
void row_read_stored(sqlite3_stmt *st, struct use_row *u,
    char text[ROW_UUID_TEXT]);
/* As STMT_CHAIN_USES read it; its texts lie in the statement. */
void row_use_read(sqlite3_stmt *st, struct row_use *out);

/* NULL as absent / as `none`. */
struct slice row_slice(sqlite3_stmt *st, int i);
int64_t	     row_int(sqlite3_stmt *st, int i, int64_t none);

/* The id of a use; `text` holds it if it is a UUID. */
struct slice row_use_id(sqlite3_stmt *st, int i, char text[ROW_UUID_TEXT]);
/* Columns as in USE_COLUMNS; `text` holds the id if it is a UUID. */
void row_read_use(sqlite3_stmt *st, struct stored_use *u,
    char text[ROW_UUID_TEXT]);
/* Columns of STMT_TOKENS.  False: not a token's. */
bool row_read_token(sqlite3_stmt *st, struct token_row *t,
    struct lastused_row *u);
/* Columns of STMT_SECRETS, of STMT_SUPERSEDED.  False: no such row. */
bool row_read_secret(sqlite3_stmt *st, struct secret_row *r);
bool row_read_superseded(sqlite3_stmt *st, struct secret_seen_row *r);
void row_read_account(sqlite3_stmt *st, struct account_row *a);
/* Columns of the table `audit`; returns its seq. */
int64_t row_read_audit(sqlite3_stmt *st, struct audit_row *r);
/* Columns as in STMT_OUTBOX.  False: not a line's. */
bool row_read_outbox(sqlite3_stmt *st, struct outbox_row *r);
/* Columns as in SELECT_ALERTS; *key its key.  False: not an alert's. */
bool row_read_alert(sqlite3_stmt *st, struct alert_row *a, int64_t *key);

/* The keys of an alert's uses as a JSON array; returns its length. */
#define ROW_USES_TEXT (ALERT_USES_MAX * 21 + 2)
size_t row_format_uses(const struct alert_row *a, char out[ROW_USES_TEXT]);
#endif
