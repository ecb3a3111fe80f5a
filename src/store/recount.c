/*
 * Every use again: are its texts and its token there, is `prev` the use of
 * its token before, and is last-used what the uses add up to?
 *
 * What uses add up to needs room for each token, so tokens have their turn
 * WINDOW at a time, and the uses are walked once for each turn.
 *
 * Uses that retention deleted are in last-used still.  Where the first use
 * that is here has a predecessor that is gone, the counts may only be higher
 * than those of what is here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/check.h"
#include "store/row.h"

#define WINDOW	 (1 << 20) /* tokens, of about 100 bytes each */
#define KEYS_MAX ((int64_t)UINT32_MAX + 1)

/* What a text is, beside being there. */
enum text_kind { TEXT_MISSING, TEXT_PLAIN, TEXT_SUCCESS, TEXT_DENIED };

/* What the uses of a token add up to. */
struct sum {
	int64_t	 newest; /* key of the newest; 0: none is here */
	int64_t	 upto;	 /* last-used is to have all up to this use */
	int64_t	 seq;	 /* of the newest of those */
	usec_t	 first, time;
	uint64_t uses, refused;
	uint32_t ip, client, action, repository, registry;
	uint8_t	 outcome;
	bool	 is_token; /* there is a token of that tid */
	bool	 whole;	   /* its first use is here */
};

struct recount {
	struct check *c;
	uint8_t	     *text; /* owned; enum text_kind by id */
	int64_t	      ntext;
	struct sum   *sum; /* owned; by tid - from */
	int64_t	      from, to;
	int64_t	      checkpoint, oldest;
	int64_t	      ntoken; /* highest tid and one */
};

/* --- texts ----------------------------------------------------------- */

static int
take_text(sqlite3_stmt *st, void *arg)
{
	struct recount *r = arg;
	int64_t		id = sqlite3_column_int64(st, 0);
	struct slice	text = row_slice(st, 1);

	if (id <= 0 || id >= r->ntext)
		return 0;
	r->text[id] = slice_is(text, "success") ? TEXT_SUCCESS :
	    slice_is(text, "denied")		? TEXT_DENIED :
						  TEXT_PLAIN;
	return 0;
}

static int
read_texts(struct recount *r)
{
	struct db    *db = &r->c->db;
	sqlite3_stmt *st = db->stmt[STMT_CHAIN_STRINGS];

	r->text = xcalloc((size_t)r->ntext, 1);
	sqlite3_bind_int64(st, 1, 0);
	sqlite3_bind_int64(st, 2, INT64_MAX);
	return db_walk(db, STMT_CHAIN_STRINGS, take_text, r, r->c->err,
	    "reading the strings");
}

static enum text_kind
text_of(const struct recount *r, int64_t id)
{
	return id > 0 && id < r->ntext ? r->text[id] : TEXT_MISSING;
}

static const struct {
	enum row_use_column column;
	const char	   *name;
} text_columns[] = {
    {ROW_USE_ACCOUNT, "account"},
    {ROW_USE_REGISTRY, "registry"},
    {ROW_USE_ACTION, "action"},
    {ROW_USE_OUTCOME, "outcome"},
    {ROW_USE_REASON, "reason"},
    {ROW_USE_REPOSITORY, "repository"},
    {ROW_USE_TAG, "tag"},
    {ROW_USE_DIGEST, "digest"},
    {ROW_USE_MEDIA_TYPE, "media type"},
    {ROW_USE_IP, "address"},
    {ROW_USE_USER_AGENT, "user agent"},
};

static int64_t
number(const struct row_use *u, enum row_use_column col, int64_t none)
{
	return u->present & ROW_BIT(col) ? u->number[col] : none;
}

static void
check_texts(struct recount *r, const struct row_use *u, const char *place)
{
	size_t	i;
	int64_t id;

	for (i = 0; i < sizeof text_columns / sizeof text_columns[0]; i++) {
		id = number(u, text_columns[i].column, 0);
		if (id != 0 && text_of(r, id) == TEXT_MISSING)
			check_tell(r->c, CHECK_REFERENCE, place,
			    "its %s, text %" PRId64 ", is not there",
			    text_columns[i].name, id);
	}
}

/* --- uses ------------------------------------------------------------ */

static void
check_prev(struct recount *r, struct sum *s, int64_t prev, const char *place)
{
	if (s->newest == 0) {
		s->whole = prev == 0;
		if (prev >= r->oldest)
			check_tell(r->c, CHECK_CHAIN, place,
			    "says that use %" PRId64 " of its token was "
			    "before, but none was",
			    prev);
	} else if (prev != s->newest) {
		check_tell(r->c, CHECK_CHAIN, place,
		    "says that use %" PRId64 " of its token was before, but "
		    "use %" PRId64 " was",
		    prev, s->newest);
	}
}

static void
add_count(uint64_t *total, uint64_t n)
{
	if (__builtin_add_overflow(*total, n, total))
		*total = UINT64_MAX;
}

/* As lastused_add does it. */
static void
add_up(struct recount *r, struct sum *s, const struct row_use *u)
{
	usec_t	 time = u->number[ROW_USE_TIME];
	uint64_t n = (uint64_t)number(u, ROW_USE_COUNT, 1);
	int64_t	 outcome = number(u, ROW_USE_OUTCOME, 0);
	uint8_t	 is = outcome == 0		 ? OUTCOME_NONE :
	     text_of(r, outcome) == TEXT_SUCCESS ? OUTCOME_SUCCESS :
	     text_of(r, outcome) == TEXT_DENIED	 ? OUTCOME_DENIED :
						   OUTCOME_FAILURE;

	add_count(&s->uses, n);
	if (is == OUTCOME_DENIED || is == OUTCOME_FAILURE)
		add_count(&s->refused, n);
	if (s->first == 0 || time < s->first)
		s->first = time;
	s->seq = u->number[ROW_USE_SEQ];
	if (time < s->time)
		return;
	s->time = time;
	s->outcome = is;
	s->ip = (uint32_t)number(u, ROW_USE_IP, 0);
	s->client = (uint32_t)number(u, ROW_USE_USER_AGENT, 0);
	s->action = (uint32_t)number(u, ROW_USE_ACTION, 0);
	s->repository = (uint32_t)number(u, ROW_USE_REPOSITORY, 0);
	s->registry = (uint32_t)number(u, ROW_USE_REGISTRY, 0);
}

static void
tell_no_token(struct recount *r, const char *place, int64_t tid)
{
	check_tell(r->c, CHECK_REFERENCE, place,
	    "its token %" PRId64 " is not there", tid);
}

static int
take_use(sqlite3_stmt *st, void *arg)
{
	struct recount *r = arg;
	struct row_use	u;
	struct sum     *s;
	char		place[40];
	int64_t		tid, seq;

	row_use_read(st, &u);
	seq = u.number[ROW_USE_SEQ];
	tid = number(&u, ROW_USE_TOKEN, 0);
	snprintf(place, sizeof place, "use %" PRId64, seq);
	if (r->from == 0) {
		r->c->out->uses++;
		check_texts(r, &u, place);
		if (tid < 0 || tid >= r->ntoken)
			tell_no_token(r, place, tid);
	}
	if (tid == 0 || tid < r->from || tid >= r->to)
		return 0;
	s = &r->sum[tid - r->from];
	if (!s->is_token)
		tell_no_token(r, place, tid);
	check_prev(r, s, number(&u, ROW_USE_PREV, 0), place);
	s->newest = seq;
	if (seq <= s->upto)
		add_up(r, s, &u);
	return 0;
}

static int
walk_uses(struct recount *r)
{
	struct db    *db = &r->c->db;
	sqlite3_stmt *st = db->stmt[STMT_CHAIN_USES];

	sqlite3_bind_int64(st, 1, 0);
	sqlite3_bind_int64(st, 2, INT64_MAX);
	return db_walk(db, STMT_CHAIN_USES, take_use, r, r->c->err,
	    "reading the uses");
}

/* --- tokens and their last-used -------------------------------------- */

/* Columns of STMT_CHECK_TOKENS. */
enum {
	COL_TID,
	COL_ID,
	COL_HAS,
	COL_TIME,
	COL_FIRST,
	COL_USES,
	COL_REFUSED,
	COL_SEQ,
	COL_OUTCOME,
	COL_IP, /* and the four other texts */
};

static int
walk_tokens(struct recount *r, db_row_fn fn)
{
	struct db    *db = &r->c->db;
	sqlite3_stmt *st = db->stmt[STMT_CHECK_TOKENS];

	sqlite3_bind_int64(st, 1, r->from);
	sqlite3_bind_int64(st, 2, r->to);
	return db_walk(db, STMT_CHECK_TOKENS, fn, r, r->c->err,
	    "reading the tokens");
}

static int
take_token(sqlite3_stmt *st, void *arg)
{
	struct recount *r = arg;
	struct sum *s = &r->sum[sqlite3_column_int64(st, COL_TID) - r->from];
	int64_t	    seq = row_int(st, COL_SEQ, 0);

	s->is_token = true;
	/* What a checkpoint that is not whole has written is newer. */
	s->upto = seq > r->checkpoint ? seq : r->checkpoint;
	r->c->out->tokens++;
	return 0;
}

static int
same_text_row(sqlite3_stmt *st, void *arg)
{
	*(bool *)arg = sqlite3_column_int(st, 0) != 0;
	return 0;
}

/* One text may have several ids. */
static bool
is_same_text(struct recount *r, uint32_t a, uint32_t b)
{
	struct db    *db = &r->c->db;
	sqlite3_stmt *st = db->stmt[STMT_CHECK_SAME];
	bool	      same = false;

	if (a == b)
		return true;
	sqlite3_bind_int64(st, 1, a);
	sqlite3_bind_int64(st, 2, b);
	return db_walk(db, STMT_CHECK_SAME, same_text_row, &same, r->c->err,
		   "reading the strings") == 0 &&
	    same;
}

static void
check_last_texts(struct recount *r, sqlite3_stmt *st, const struct sum *s,
    const char *place)
{
	static const char *const names[] = {"address", "client", "action",
	    "repository", "registry"};
	const uint32_t is[] = {s->ip, s->client, s->action, s->repository,
	    s->registry};
	unsigned       i;
	int64_t	       said;

	for (i = 0; i < 5; i++) {
		said = row_int(st, (int)(COL_IP + i), 0);
		if (!is_same_text(r, (uint32_t)said, is[i]))
			check_tell(r->c, CHECK_LASTUSED, place,
			    "its last %s is not that of its last use",
			    names[i]);
	}
	if (row_int(st, COL_OUTCOME, 0) != s->outcome)
		check_tell(r->c, CHECK_LASTUSED, place,
		    "its last outcome is not that of its last use");
}

/* Of a token whose uses are all here the counts must be the same, else those
 * of what is gone may be in them. */
static void
check_number(struct recount *r, bool whole, const char *place, const char *what,
    uint64_t said, uint64_t is)
{
	if (whole ? said != is : said < is)
		check_tell(r->c, CHECK_LASTUSED, place,
		    "has %s %" PRIu64 ", its stored uses give %" PRIu64, what,
		    said, is);
}

static void
check_sum(struct recount *r, sqlite3_stmt *st, const struct sum *s,
    const char *place)
{
	usec_t time = row_int(st, COL_TIME, 0);
	usec_t first = row_int(st, COL_FIRST, 0);

	check_number(r, s->whole, place, "uses",
	    (uint64_t)sqlite3_column_int64(st, COL_USES), s->uses);
	check_number(r, s->whole, place, "refused uses",
	    (uint64_t)sqlite3_column_int64(st, COL_REFUSED), s->refused);
	if (s->whole ? first != s->first : first > s->first)
		check_tell(r->c, CHECK_LASTUSED, place,
		    "was first used at another time than its uses say");
	if (s->whole ? time != s->time : time < s->time)
		check_tell(r->c, CHECK_LASTUSED, place,
		    "was last used at another time than its uses say");
	else if (time == s->time)
		check_last_texts(r, st, s, place);
}

static int
compare_token(sqlite3_stmt *st, void *arg)
{
	struct recount	 *r = arg;
	const struct sum *s =
	    &r->sum[sqlite3_column_int64(st, COL_TID) - r->from];
	struct slice id = row_slice(st, COL_ID);
	int64_t	     seq = row_int(st, COL_SEQ, 0);
	char	     place[160];

	snprintf(place, sizeof place, "token %.*s", SLICE_ARG(id));
	if (s->seq == 0) {
		if (seq >= r->oldest)
			check_tell(r->c, CHECK_LASTUSED, place,
			    "its last use %" PRId64 " is none of its", seq);
	} else if (row_int(st, COL_HAS, 0) == 0) {
		check_tell(r->c, CHECK_LASTUSED, place,
		    "has no last-used, but %" PRIu64 " uses", s->uses);
	} else {
		if (seq != s->seq)
			check_tell(r->c, CHECK_LASTUSED, place,
			    "its last use is %" PRId64 ", not %" PRId64, s->seq,
			    seq);
		check_sum(r, st, s, place);
	}
	return 0;
}

/* --- all ------------------------------------------------------------- */

static int
one_window(struct recount *r)
{
	int code;

	memset(r->sum, 0, (size_t)(r->to - r->from) * sizeof *r->sum);
	code = walk_tokens(r, take_token);
	if (code == 0)
		code = walk_uses(r);
	if (code == 0)
		code = walk_tokens(r, compare_token);
	return code;
}

static int
read_ends(struct recount *r)
{
	static const struct {
		const char *sql;
		size_t	    at;
	} ends[] = {
	    {"SELECT coalesce((SELECT value FROM marks"
	     " WHERE name = 'checkpoint'), 0)",
		offsetof(struct recount, checkpoint)},
	    {"SELECT coalesce(min(seq), 1) FROM uses",
		offsetof(struct recount, oldest)},
	    {"SELECT 1 + coalesce(max(id), 0) FROM strings",
		offsetof(struct recount, ntext)},
	    {"SELECT 1 + max((SELECT coalesce(max(tid), 0) FROM tokens),"
	     " (SELECT coalesce(max(tid), 0) FROM last_used))",
		offsetof(struct recount, ntoken)},
	};
	struct db *db = &r->c->db;
	size_t	   i;
	int	   rc = SQLITE_OK;

	for (i = 0; i < sizeof ends / sizeof ends[0] && rc == SQLITE_OK; i++)
		rc = db_get_int(db, ends[i].sql,
		    (int64_t *)((char *)r + ends[i].at));
	return rc == SQLITE_OK ? 0 : db_fail(db, rc, r->c->err, "checking");
}

int
check_recount(struct check *c)
{
	struct recount r = {.c = c};
	int	       code = read_ends(&r);

	if (code == 0 &&
	    (r.ntext > KEYS_MAX || r.ntoken < 1 || r.ntoken > KEYS_MAX))
		code = db_damaged(&c->db, c->err,
		    "numbers its texts or tokens too high");
	if (code == 0)
		code = read_texts(&r);
	if (code == 0)
		r.sum = xcalloc((size_t)(r.ntoken < WINDOW ? r.ntoken : WINDOW),
		    sizeof *r.sum);
	/* The uses are walked once more for each further window. */
	c->pages += c->out->pages * (uint64_t)(r.ntoken / WINDOW);
	while (code == 0 && r.from < r.ntoken && !c->stopped) {
		r.to = r.from + WINDOW < r.ntoken ? r.from + WINDOW : r.ntoken;
		code = one_window(&r);
		r.from = r.to;
	}
	free(r.sum);
	free(r.text);
	/* What stopped it is an error of the statement, too. */
	return c->stopped ? 0 : check_unreadable(c, code, "uses");
}
