/*
 * Is the store sound?  The file as SQLite sees it, then what patrol knows of
 * its own tables; all of it in one state of the store, while it is written
 * to.  How far it is can be told by the pages that were read: the file twice
 * for SQLite's part (trees, then rows), the uses once more.
 */
#include "store/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/row.h"
#include "store/schema.h"

#define TOLD_MAX    20 /* findings of a kind; the others are counted */
#define FILE_FAULTS "100"
#define LOOK_EVERY  20000 /* steps of SQLite's machine */

static const char *const advice[CHECK_KINDS] = {
    [CHECK_FILE] = "the file is damaged: stop patrold, keep the file and go "
		   "back to a backup; sqlite3's .recover saves what can still "
		   "be read",
    [CHECK_CHAIN] = "the history of that token is broken there; `audit "
		    "verify` tells whether a row was changed, a backup has "
		    "it as it was",
    [CHECK_LASTUSED] = "last-used can be made again from the stored uses: "
		       "see REPAIR in patrolctl(1)",
    [CHECK_REFERENCE] = "what names it is shown without it; a backup has it "
			"as it was",
};

void
check_tell(struct check *c, enum check_kind kind, const char *place,
    const char *fmt, ...)
{
	char	text[512];
	va_list ap;

	c->out->findings++;
	if (c->told[kind]++ >= TOLD_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	c->hooks->finding(place, text, advice[kind], c->hooks->arg);
}

bool
check_goes_on(struct check *c)
{
	int read = 0, high;

	(void)sqlite3_db_status(c->db.sql, SQLITE_DBSTATUS_CACHE_MISS, &read,
	    &high, 0);
	if (!c->hooks->progress((uint64_t)read, c->pages, c->hooks->arg))
		c->stopped = true;
	return !c->stopped;
}

static int
look_cb(void *arg)
{
	return check_goes_on(arg) ? 0 : 1; /* 1: SQLITE_INTERRUPT */
}

int
check_unreadable(struct check *c, int code, const char *place)
{
	if (code != STORE_E_DAMAGED)
		return code;
	check_tell(c, CHECK_FILE, place, "cannot be read: %s", c->err->text);
	return 0;
}

/* --- the file -------------------------------------------------------- */

/* One row may have several lines. */
static int
file_fault(void *arg, int n, char **value, char **name)
{
	struct check *c = arg;
	struct slice  rest, line;

	(void)name;
	if (n < 1 || value[0] == NULL || strcmp(value[0], "ok") == 0)
		return 0;
	rest = slice_of(value[0]);
	while (slice_cut(&rest, '\n', &line))
		if (line.n > 0 && !slice_starts(line, SLICE("***")))
			check_tell(c, CHECK_FILE, "file", "%.*s",
			    SLICE_ARG(line));
	return 0;
}

static int
check_file(struct check *c)
{
	int rc = sqlite3_exec(c->db.sql,
	    "PRAGMA integrity_check(" FILE_FAULTS ")", file_fault, c, NULL);

	if (rc == SQLITE_OK || c->stopped)
		return 0;
	return check_unreadable(c, db_fail(&c->db, rc, c->err, "checking"),
	    "file");
}

/* --- what tables say of one another ---------------------------------- */

struct rule {
	enum check_kind kind;
	/* Rows of a place and what is wrong with it. */
	const char *sql;
};

static const struct rule rules[] = {
    {CHECK_REFERENCE,
	"SELECT 'last-used of token ' || tid, 'there is no such token'"
	" FROM last_used WHERE tid NOT IN (SELECT tid FROM tokens)"},
    {CHECK_REFERENCE,
	"SELECT DISTINCT 'secrets of token ' || tid, 'there is no such token'"
	" FROM secrets WHERE tid NOT IN (SELECT tid FROM tokens)"},
    {CHECK_REFERENCE,
	"SELECT 'token ' || id, 'its account ' || aid || ' is not there'"
	" FROM tokens WHERE aid IS NOT NULL"
	" AND aid NOT IN (SELECT aid FROM accounts)"},
    {CHECK_REFERENCE,
	"SELECT 'alert ' || id, 'its token ' || tid || ' is not there'"
	" FROM alerts WHERE tid IS NOT NULL"
	" AND tid NOT IN (SELECT tid FROM tokens)"},
    {CHECK_REFERENCE,
	"SELECT 'alert ' || a.id, 'its use ' || u.value || ' is not there'"
	" FROM alerts a, json_each(CASE WHEN json_valid(a.uses) THEN a.uses"
	" ELSE '[]' END) u WHERE u.value >= (SELECT min(seq) FROM uses)"
	" AND u.value NOT IN (SELECT seq FROM uses)"},
    {CHECK_REFERENCE,
	"SELECT 'token ' || id, 'several issued tokens have this id'"
	" FROM tokens WHERE hash IS NOT NULL GROUP BY id"
	" HAVING count(*) > 1"},
    {CHECK_LASTUSED,
	"SELECT 'checkpoint', 'is at use ' || value || ', which has not come'"
	" FROM marks WHERE name = 'checkpoint'"
	" AND value > (SELECT coalesce(max(seq), 0) FROM uses)"},
};

static int
rule_row(void *arg, int n, char **value, char **name)
{
	void		 **args = arg;
	struct check	  *c = args[0];
	const struct rule *r = args[1];

	(void)name;
	if (n == 2 && value[0] != NULL && value[1] != NULL)
		check_tell(c, r->kind, value[0], "%s", value[1]);
	return 0;
}

static int
check_rules(struct check *c)
{
	void  *args[2] = {c, NULL};
	size_t i;
	int    rc, code = 0;

	for (i = 0; i < sizeof rules / sizeof rules[0] && code == 0; i++) {
		args[1] = (void *)(uintptr_t)&rules[i];
		rc =
		    sqlite3_exec(c->db.sql, rules[i].sql, rule_row, args, NULL);
		if (c->stopped)
			return 0;
		if (rc != SQLITE_OK)
			code = check_unreadable(c,
			    db_fail(&c->db, rc, c->err, "checking"), "tables");
	}
	return code;
}

/* --- all ------------------------------------------------------------- */

static int
check_open(struct check *c, const char *path)
{
	int64_t pages = 0;
	int	rc, code;

	code = db_open(&c->db, path, SQLITE_OPEN_READONLY, c->err);
	if (code == 0)
		code = schema_check(&c->db, c->err);
	if (code != 0)
		return code;
	rc = db_exec(&c->db,
	    "PRAGMA query_only = ON; PRAGMA busy_timeout = 1000;"
	    "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; BEGIN;");
	if (rc == SQLITE_OK)
		rc = stmt_prepare(&c->db, STMT_READER);
	if (rc == SQLITE_OK)
		rc = db_get_int(&c->db, "PRAGMA page_count", &pages);
	if (rc != SQLITE_OK)
		return db_fail(&c->db, rc, c->err, "opening to check");
	c->out->pages = (uint64_t)pages;
	c->pages = 3 * (uint64_t)pages;
	sqlite3_progress_handler(c->db.sql, LOOK_EVERY, look_cb, c);
	return 0;
}

static int
check_parts(struct check *c)
{
	static int (*const parts[])(
	    struct check *) = {check_file, check_recount, check_rules};
	size_t i;
	int    code = 0;

	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (code == 0 && !c->stopped)
			code = parts[i](c);
	}
	if (code == 0 && c->stopped) {
		error_set(c->err, "the check was cancelled");
		code = STORE_E_OTHER;
	}
	return code;
}

int
store_check(const char *path, const struct store_check_hooks *hooks,
    struct store_checked *out, struct error *err)
{
	struct check c = {.hooks = hooks, .out = out, .err = err};
	int	     code;

	memset(out, 0, sizeof *out);
	code = check_open(&c, path);
	if (code == 0)
		code = check_parts(&c);
	if (c.db.sql != NULL)
		db_rollback(&c.db);
	db_close(&c.db);
	return code;
}
