#include "store/feed.h"

#include <stdlib.h>

#include "store/chain.h"
#include "store/row.h"

static const char declaration[] =
    "CREATE TABLE batch_uses (seq, prev, time, late, token, account,"
    " registry, action, outcome, reason, repository, tag, digest,"
    " media_type, ip, user_agent, bytes, count, id, other, standing)";

struct feed_table {
	sqlite3_vtab	   base; /* first: SQLite's part */
	const struct feed *feed;
};

struct feed_cursor {
	sqlite3_vtab_cursor   base; /* first: SQLite's part */
	const struct feed    *feed;
	const struct use_row *at, *end;
	struct row_use	      row; /* what `at` will be stored as */
};

/* Turns to the row that the cursor is at. */
static void
cursor_row(struct feed_cursor *c)
{
	if (c->at == c->end)
		return;
	row_use_make(c->at, &c->row);
	chain_add_use(c->feed->digest, &c->row);
}

static int
feed_connect(sqlite3 *sql, void *feed, int argc, const char *const *argv,
    sqlite3_vtab **out, char **err)
{
	struct feed_table *t;
	int		   rc;

	(void)argc;
	(void)argv;
	(void)err;
	rc = sqlite3_declare_vtab(sql, declaration);
	if (rc != SQLITE_OK)
		return rc;
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return SQLITE_NOMEM;
	t->feed = feed;
	*out = &t->base;
	return SQLITE_OK;
}

static int
feed_disconnect(sqlite3_vtab *base)
{
	free(base);
	return SQLITE_OK;
}

/* There is one way to read it: from the first row to the last. */
static int
feed_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	(void)base;
	info->estimatedCost = 1;
	return SQLITE_OK;
}

static int
feed_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
	struct feed_cursor *c = calloc(1, sizeof *c);

	(void)base;
	if (c == NULL)
		return SQLITE_NOMEM;
	*out = &c->base;
	return SQLITE_OK;
}

static int
feed_close(sqlite3_vtab_cursor *base)
{
	free(base);
	return SQLITE_OK;
}

static int
feed_filter(sqlite3_vtab_cursor *base, int plan, const char *plan_text,
    int argc, sqlite3_value **argv)
{
	struct feed_cursor *c = (struct feed_cursor *)base;
	const struct feed  *f = ((struct feed_table *)base->pVtab)->feed;

	(void)plan;
	(void)plan_text;
	(void)argc;
	(void)argv;
	c->feed = f;
	c->at = f->batch->uses;
	c->end = c->at + f->batch->nuses;
	cursor_row(c);
	return SQLITE_OK;
}

static int
feed_next(sqlite3_vtab_cursor *base)
{
	struct feed_cursor *c = (struct feed_cursor *)base;

	c->at++;
	cursor_row(c);
	return SQLITE_OK;
}

static int
feed_eof(sqlite3_vtab_cursor *base)
{
	const struct feed_cursor *c = (struct feed_cursor *)base;

	return c->at == c->end;
}

static int
feed_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = ((struct feed_cursor *)base)->at->seq;
	return SQLITE_OK;
}

/* A column for which nothing is set is NULL. */
static int
feed_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int i)
{
	const struct row_use *u = &((struct feed_cursor *)base)->row;

	if ((u->present & ROW_BIT(i)) == 0)
		return SQLITE_OK;
	if (i == ROW_USE_OTHER)
		sqlite3_result_text(ctx, u->other.p, (int)u->other.n,
		    SQLITE_STATIC);
	else if (i != ROW_USE_ID)
		sqlite3_result_int64(ctx, u->number[i]);
	else if (u->id_is_blob)
		sqlite3_result_blob(ctx, u->id.p, (int)u->id.n, SQLITE_STATIC);
	else
		sqlite3_result_text(ctx, u->id.p, (int)u->id.n, SQLITE_STATIC);
	return SQLITE_OK;
}

/* xCreate is not there: the table is in every connection that knows it, and
 * in no schema. */
static const sqlite3_module module = {
    .xConnect = feed_connect,
    .xDisconnect = feed_disconnect,
    .xBestIndex = feed_best_index,
    .xOpen = feed_open,
    .xClose = feed_close,
    .xFilter = feed_filter,
    .xNext = feed_next,
    .xEof = feed_eof,
    .xColumn = feed_column,
    .xRowid = feed_rowid,
};

int
feed_register(sqlite3 *sql, struct feed *f)
{
	return sqlite3_create_module_v2(sql, "batch_uses", &module, f, NULL);
}
