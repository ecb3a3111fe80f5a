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
/* `none` as NULL. */
void row_bind_int(sqlite3_stmt *st, int i, int64_t v, int64_t none);
/* As text, or as bytes if it is not UTF-8 or has a NUL. */
void row_bind_foreign(sqlite3_stmt *st, int i, struct slice s);
/* Is it a UUID in lower case (or absent: no)?  Then its bytes. */
bool row_uuid(struct slice s, uint8_t out[ROW_UUID]);

/* A standing as the number that is kept; 0 as NULL. */
int64_t row_standing(const struct standing *s);

/* NULL as absent / as `none`. */
struct slice row_slice(sqlite3_stmt *st, int i);
int64_t	     row_int(sqlite3_stmt *st, int i, int64_t none);

/* Columns as in USE_COLUMNS; `text` holds the id if it is a UUID. */
void row_read_use(sqlite3_stmt *st, struct stored_use *u,
    char text[ROW_UUID_TEXT]);
/* Columns of STMT_TOKENS.  False: not a token's. */
bool row_read_token(sqlite3_stmt *st, struct token_row *t,
    struct lastused_row *u);
void row_read_account(sqlite3_stmt *st, struct account_row *a);
/* Columns as in SELECT_ALERTS; *key its key.  False: not an alert's. */
bool row_read_alert(sqlite3_stmt *st, struct alert_row *a, int64_t *key);

/* The keys of an alert's uses as a JSON array; returns its length. */
#define ROW_USES_TEXT (ALERT_USES_MAX * 21 + 2)
size_t row_format_uses(const struct alert_row *a, char out[ROW_USES_TEXT]);
#endif
