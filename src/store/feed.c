#include "store/feed.h"

#include <stdlib.h>

#include "store/row.h"

/* Columns in the order of the table `uses`. */
enum column {
	COLUMN_SEQ,
	COLUMN_PREV,
	COLUMN_TIME,
	COLUMN_LATE,
	COLUMN_TOKEN,
	COLUMN_ACCOUNT,
	COLUMN_REGISTRY,
	COLUMN_ACTION,
	COLUMN_OUTCOME,
	COLUMN_REASON,
	COLUMN_REPOSITORY,
	COLUMN_TAG,
	COLUMN_DIGEST,
	COLUMN_MEDIA_TYPE,
	COLUMN_IP,
	COLUMN_USER_AGENT,
	COLUMN_BYTES,
	COLUMN_COUNT,
	COLUMN_ID,
	COLUMN_OTHER,
	COLUMN_STANDING
};

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
	const struct use_row *row, *end;
	uint8_t		      uuid[ROW_UUID];
};

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
	const struct batch *b = ((struct feed_table *)base->pVtab)->feed->batch;

	(void)plan;
	(void)plan_text;
	(void)argc;
	(void)argv;
	c->row = b != NULL ? b->uses : NULL;
	c->end = b != NULL ? b->uses + b->nuses : NULL;
	return SQLITE_OK;
}

static int
feed_next(sqlite3_vtab_cursor *base)
{
	((struct feed_cursor *)base)->row++;
	return SQLITE_OK;
}

static int
feed_eof(sqlite3_vtab_cursor *base)
{
	const struct feed_cursor *c = (struct feed_cursor *)base;

	return c->row == c->end;
}

static int
feed_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = ((struct feed_cursor *)base)->row->seq;
	return SQLITE_OK;
}

/* A column that is not set is NULL. */
static void
result_int(sqlite3_context *ctx, int64_t v, int64_t none)
{
	if (v != none)
		sqlite3_result_int64(ctx, v);
}

static void
result_text(sqlite3_context *ctx, struct slice s)
{
	if (s.p != NULL)
		sqlite3_result_text(ctx, s.p, (int)s.n, SQLITE_STATIC);
}

static void
result_id(sqlite3_context *ctx, struct feed_cursor *c)
{
	if (row_uuid(c->row->id, c->uuid))
		sqlite3_result_blob(ctx, c->uuid, ROW_UUID, SQLITE_STATIC);
	else
		result_text(ctx, c->row->id);
}

static int
feed_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int i)
{
	struct feed_cursor   *c = (struct feed_cursor *)base;
	const struct use_row *r = c->row;

	switch ((enum column)i) {
	case COLUMN_SEQ:
		sqlite3_result_int64(ctx, r->seq);
		break;
	case COLUMN_PREV:
		result_int(ctx, r->prev, 0);
		break;
	case COLUMN_TIME:
		sqlite3_result_int64(ctx, r->time);
		break;
	case COLUMN_LATE:
		result_int(ctx, r->arrival - r->time, 0);
		break;
	case COLUMN_TOKEN:
		result_int(ctx, r->token, 0);
		break;
	case COLUMN_ACCOUNT:
		result_int(ctx, r->account, 0);
		break;
	case COLUMN_REGISTRY:
		result_int(ctx, r->registry, 0);
		break;
	case COLUMN_ACTION:
		result_int(ctx, r->action, 0);
		break;
	case COLUMN_OUTCOME:
		result_int(ctx, r->outcome, 0);
		break;
	case COLUMN_REASON:
		result_int(ctx, r->reason, 0);
		break;
	case COLUMN_REPOSITORY:
		result_int(ctx, r->repository, 0);
		break;
	case COLUMN_TAG:
		result_int(ctx, r->tag, 0);
		break;
	case COLUMN_DIGEST:
		result_int(ctx, r->digest, 0);
		break;
	case COLUMN_MEDIA_TYPE:
		result_int(ctx, r->media_type, 0);
		break;
	case COLUMN_IP:
		result_int(ctx, r->ip, 0);
		break;
	case COLUMN_USER_AGENT:
		result_int(ctx, r->user_agent, 0);
		break;
	case COLUMN_BYTES:
		result_int(ctx, r->bytes, -1);
		break;
	case COLUMN_COUNT:
		result_int(ctx, r->count, 1);
		break;
	case COLUMN_ID:
		result_id(ctx, c);
		break;
	case COLUMN_OTHER:
		result_text(ctx, r->other);
		break;
	case COLUMN_STANDING:
		result_int(ctx, row_standing(&r->standing), 0);
		break;
	}
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
