/*
 * Reading everything back at start.
 *
 * The writer's own connection does it, before the first commit.
 */
#include "store/store.h"

#include "store/db.h"
#include "store/row.h"

/* A caller's function with its argument, and where to say a fault. */
struct load {
	struct db    *db;
	struct error *err;
	void	     *arg;
	union {
		store_string_fn	 string;
		store_account_fn account;
		store_token_fn	 token;
		store_secret_fn	 secret;
		store_seen_fn	 seen;
		store_alert_fn	 alert;
		store_outbox_fn	 outbox;
		store_mode_fn	 mode;
	} fn;
};

static int
load_marks(sqlite3_stmt *st, void *arg)
{
	struct store_marks *m = arg;

	m->last_seq = sqlite3_column_int64(st, 0);
	m->checkpoint = sqlite3_column_int64(st, 1);
	m->last_string = (uint32_t)sqlite3_column_int64(st, 2);
	m->last_outbox = sqlite3_column_int64(st, 3);
	m->brake_since = sqlite3_column_int64(st, 4);
	return 0;
}

int
store_marks(struct store *s, struct store_marks *m, struct error *err)
{
	return db_walk(&s->db, STMT_MARKS, load_marks, m, err,
	    "reading the marks");
}

static int
load_int(sqlite3_stmt *st, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(st, 0);
	return 0;
}

static int
load_string(sqlite3_stmt *st, void *arg)
{
	struct load *l = arg;

	return l->fn.string((uint32_t)sqlite3_column_int64(st, 0),
	    row_slice(st, 1), l->arg);
}

int
store_load_strings(struct store *s, size_t max, store_string_fn fn, void *arg,
    struct error *err)
{
	struct db  *db = &s->db;
	struct load l = {.db = db, .err = err, .arg = arg, .fn.string = fn};
	int64_t	    from = 0; /* the newest that is too old */
	int	    r;

	sqlite3_bind_int64(db->stmt[STMT_STRINGS_FROM], 1,
	    max < INT64_MAX ? (int64_t)max : INT64_MAX);
	r = db_walk(db, STMT_STRINGS_FROM, load_int, &from, err,
	    "reading the strings");
	if (r != 0)
		return r;
	if (from > 0) {
		sqlite3_bind_int64(db->stmt[STMT_STRINGS_NAMED], 1, from);
		r = db_walk(db, STMT_STRINGS_NAMED, load_string, &l, err,
		    "reading the strings");
		if (r != 0)
			return r;
	}
	sqlite3_bind_int64(db->stmt[STMT_STRINGS_NEWEST], 1, from);
	return db_walk(db, STMT_STRINGS_NEWEST, load_string, &l, err,
	    "reading the strings");
}

static int
load_account(sqlite3_stmt *st, void *arg)
{
	struct load	  *l = arg;
	struct account_row row;

	row_read_account(st, &row);
	return l->fn.account(&row, l->arg);
}

int
store_load_accounts(struct store *s, store_account_fn fn, void *arg,
    struct error *err)
{
	struct load l = {.db = &s->db,
	    .err = err,
	    .arg = arg,
	    .fn.account = fn};

	return db_walk(&s->db, STMT_ACCOUNTS, load_account, &l, err,
	    "reading the accounts");
}

static int
load_token(sqlite3_stmt *st, void *arg)
{
	struct load	   *l = arg;
	struct token_row    token;
	struct lastused_row last;

	if (!row_read_token(st, &token, &last))
		return db_damaged(l->db, l->err,
		    "holds a token that no "
		    "patrol has written");
	return l->fn.token(&token, &last, l->arg);
}

int
store_load_tokens(struct store *s, store_token_fn fn, void *arg,
    struct error *err)
{
	struct load l = {.db = &s->db, .err = err, .arg = arg, .fn.token = fn};

	return db_walk(&s->db, STMT_TOKENS, load_token, &l, err,
	    "reading the tokens");
}

static int
load_secret(sqlite3_stmt *st, void *arg)
{
	struct load	 *l = arg;
	struct secret_row row;

	if (!row_read_secret(st, &row))
		return db_damaged(l->db, l->err,
		    "holds a secret that no patrol has written");
	return l->fn.secret(&row, l->arg);
}

static int
load_seen(sqlite3_stmt *st, void *arg)
{
	struct load	      *l = arg;
	struct secret_seen_row row;

	if (!row_read_superseded(st, &row))
		return db_damaged(l->db, l->err,
		    "holds a superseded secret that no patrol has written");
	return l->fn.seen(&row, l->arg);
}

int
store_load_secrets(struct store *s, store_secret_fn fn, store_seen_fn seen,
    void *arg, struct error *err)
{
	struct load l = {.db = &s->db, .err = err, .arg = arg, .fn.secret = fn};
	int	    r;

	r = db_walk(&s->db, STMT_SECRETS, load_secret, &l, err,
	    "reading the secrets");
	if (r != 0)
		return r;
	l.fn.seen = seen;
	return db_walk(&s->db, STMT_SUPERSEDED, load_seen, &l, err,
	    "reading the superseded secrets");
}

static int
load_alert(sqlite3_stmt *st, void *arg)
{
	struct load	*l = arg;
	struct alert_row row;
	int64_t		 key;

	if (!row_read_alert(st, &row, &key))
		return db_damaged(l->db, l->err,
		    "holds an alert that no "
		    "patrol has written");
	return l->fn.alert(&row, l->arg);
}

int
store_load_alerts(struct store *s, usec_t since, store_alert_fn fn, void *arg,
    struct error *err)
{
	struct load l = {.db = &s->db, .err = err, .arg = arg, .fn.alert = fn};

	sqlite3_bind_int64(s->db.stmt[STMT_ALERTS_SINCE], 1, since);
	return db_walk(&s->db, STMT_ALERTS_SINCE, load_alert, &l, err,
	    "reading the alerts");
}

static int
load_mode(sqlite3_stmt *st, void *arg)
{
	struct load    *l = arg;
	struct mode_row row = {.rule = row_slice(st, 0),
	    .mode = (uint8_t)sqlite3_column_int(st, 1),
	    .meaning = (uint64_t)sqlite3_column_int64(st, 2)};

	return l->fn.mode(&row, l->arg);
}

int
store_load_modes(struct store *s, store_mode_fn fn, void *arg,
    struct error *err)
{
	struct load l = {.db = &s->db, .err = err, .arg = arg, .fn.mode = fn};

	return db_walk(&s->db, STMT_MODES, load_mode, &l, err,
	    "reading the modes of rules");
}

static int
load_outbox(sqlite3_stmt *st, void *arg)
{
	struct load	 *l = arg;
	struct outbox_row row;

	if (!row_read_outbox(st, &row))
		return db_damaged(l->db, l->err,
		    "holds a line for the sinks that no patrol has written");
	return l->fn.outbox(&row, l->arg);
}

int
store_load_outbox(struct store *s, const char *sink, size_t max,
    store_outbox_fn fn, void *arg, struct error *err)
{
	sqlite3_stmt *st = s->db.stmt[STMT_OUTBOX];
	struct load l = {.db = &s->db, .err = err, .arg = arg, .fn.outbox = fn};

	row_bind_text(st, 1, slice_of(sink));
	sqlite3_bind_int64(st, 2, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	return db_walk(&s->db, STMT_OUTBOX, load_outbox, &l, err,
	    "reading the outbox");
}
