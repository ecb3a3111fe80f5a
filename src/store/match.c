#include "store/match.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/row.h"

/* Columns of STMT_SCAN and STMT_FOLLOW; the last five are those of their WIDE
 * forms alone. */
enum column {
	SCAN_SEQ,
	SCAN_TIME,
	SCAN_TOKEN,
	SCAN_ACCOUNT,
	SCAN_REGISTRY,
	SCAN_ACTION,
	SCAN_OUTCOME,
	SCAN_REASON,
	SCAN_REPOSITORY,
	SCAN_IP,
	SCAN_USER_AGENT,
	SCAN_TAG,
	SCAN_DIGEST,
	SCAN_MEDIA_TYPE,
	SCAN_ID,
	SCAN_OTHER
};

enum how { TEST_IS, TEST_HAS, TEST_GLOB, TEST_NET };

/*
 * What was found of ids: bits, never 0, at the place that the id's last bits
 * name; a later id of that place takes it.  Ids that are in use at one time
 * mostly came about at one time, and so do not fight for places.
 */
#define MEMO_PLACES ((size_t)1 << 16)
#define MEMO_BITS   8

struct memo {
	uint64_t place[MEMO_PLACES]; /* id << MEMO_BITS | bits */
};

/* Of a text. */
enum { NO = 1, YES = 2 };
/* Of a token. */
enum {
	TOKEN_SEEN = 1,
	OF_ACCOUNT = 2,
	OF_OWNER = 4,
	TOKEN_HAS_TEXT = 8,
	IS_TOKEN = 16
};

/* A text that is wanted of a column. */
struct test {
	enum column  column;
	enum how     how;
	struct slice want;
	struct memo *memo; /* owned; NULL: nothing is wanted */
};

#define TESTS_MAX 7

struct match {
	struct db		 *db; /* borrowed */
	const struct store_query *q;  /* borrowed */
	struct test		  test[TESTS_MAX];
	unsigned		  ntest;
	bool by_token; /* the query's token is looked for, too */
	/* Of the token as well as of the use itself. */
	struct test  account, owner, text;
	struct memo *tokens; /* owned */
};

/* 0: not known. */
static uint8_t
memo_get(const struct memo *m, int64_t id)
{
	uint64_t v = m->place[(size_t)id % MEMO_PLACES];

	return v >> MEMO_BITS == (uint64_t)id ? (uint8_t)v : 0;
}

static void
memo_put(struct memo *m, int64_t id, uint8_t bits)
{
	m->place[(size_t)id % MEMO_PLACES] = (uint64_t)id << MEMO_BITS | bits;
}

/* One that patrol may have given; 0 is no id, and NULL reads as 0. */
static bool
is_id(int64_t id)
{
	return id > 0 && id <= UINT32_MAX;
}

static bool
in_net(const struct cidr *net, struct slice text)
{
	struct addr a;

	return addr_parse(text, &a) == 0 && cidr_has(net, &a);
}

static bool
text_holds(const struct match *m, const struct test *t, struct slice text)
{
	switch (t->how) {
	case TEST_IS:
		return slice_eq(text, t->want);
	case TEST_HAS:
		return slice_casehas(text, t->want);
	case TEST_GLOB:
		return glob_match(t->want, text);
	case TEST_NET:
		return in_net(&m->q->net, text);
	}
	return false;
}

/* --- texts by their ids ----------------------------------------------- */

struct seek {
	const struct match *m;
	const struct test  *t;
	bool		    holds;
};

static int
seek_string(sqlite3_stmt *st, void *arg)
{
	struct seek *s = arg;

	s->holds = text_holds(s->m, s->t, row_slice(st, 0));
	return 0;
}

/* An id that names nothing holds nothing. */
static int
id_holds(struct match *m, const struct test *t, int64_t id, bool *yes,
    struct error *err)
{
	struct seek s = {m, t, false};
	uint8_t	    known;
	int	    r = 0;

	*yes = false;
	if (!is_id(id))
		return 0;
	known = memo_get(t->memo, id);
	if (known == 0) {
		sqlite3_bind_int64(m->db->stmt[STMT_STRING], 1, id);
		r = db_walk(m->db, STMT_STRING, seek_string, &s, err,
		    "reading the texts");
		known = s.holds ? YES : NO;
		if (r == 0)
			memo_put(t->memo, id, known);
	}
	*yes = known == YES;
	return r;
}

/* --- tokens by their tids --------------------------------------------- */

struct facts {
	const struct match *m;
	uint8_t		    bits;
};

/* Columns of STMT_TOKEN_FACTS.  A trap is its owner's to know nothing of. */
static int
seek_token(sqlite3_stmt *st, void *arg)
{
	struct facts		 *f = arg;
	const struct store_query *q = f->m->q;
	struct slice		  account = row_slice(st, 2);

	if (q->account.n > 0 && slice_eq(account, q->account))
		f->bits |= OF_ACCOUNT;
	if (q->owner.n > 0 && slice_eq(account, q->owner) &&
	    sqlite3_column_int(st, 1) != TOKEN_HONEY)
		f->bits |= OF_OWNER;
	if (q->text.n > 0 && slice_casehas(row_slice(st, 0), q->text))
		f->bits |= TOKEN_HAS_TEXT;
	if (f->m->by_token && slice_eq(row_slice(st, 0), q->token))
		f->bits |= IS_TOKEN;
	return 0;
}

static int
token_facts(struct match *m, int64_t tid, uint8_t *bits, struct error *err)
{
	struct facts f = {m, TOKEN_SEEN};
	int	     r;

	*bits = is_id(tid) ? memo_get(m->tokens, tid) : TOKEN_SEEN;
	if (*bits != 0)
		return 0;
	sqlite3_bind_int64(m->db->stmt[STMT_TOKEN_FACTS], 1, tid);
	r = db_walk(m->db, STMT_TOKEN_FACTS, seek_token, &f, err,
	    "reading the tokens");
	if (r == 0)
		memo_put(m->tokens, tid, f.bits);
	*bits = f.bits;
	return r;
}

/* --- a row ------------------------------------------------------------- */

static int
token_holds(struct match *m, sqlite3_stmt *st, bool *yes, struct error *err)
{
	uint8_t bits;
	int	r;

	*yes = true;
	if (!m->by_token)
		return 0;
	r = token_facts(m, sqlite3_column_int64(st, SCAN_TOKEN), &bits, err);
	*yes = (bits & IS_TOKEN) != 0;
	return r;
}

/* Of the account: it says so itself, or its token is. */
static int
account_holds(struct match *m, sqlite3_stmt *st, bool *yes, struct error *err)
{
	uint8_t bits;
	int	r;

	*yes = true;
	if (m->account.memo == NULL)
		return 0;
	r = token_facts(m, sqlite3_column_int64(st, SCAN_TOKEN), &bits, err);
	if (r != 0 || (bits & OF_ACCOUNT))
		return r;
	return id_holds(m, &m->account, sqlite3_column_int64(st, SCAN_ACCOUNT),
	    yes, err);
}

/*
 * What an owner may see: uses of the account's tokens, and those without one
 * that name the account; no traps, nor that one was made (see use_made of the
 * engine, whose text this is).
 */
static int
owner_holds(struct match *m, sqlite3_stmt *st, bool *yes, struct error *err)
{
	int64_t tid = sqlite3_column_int64(st, SCAN_TOKEN);
	uint8_t bits;
	int	r;

	*yes = true;
	if (m->owner.memo == NULL)
		return 0;
	if (tid != 0) {
		r = token_facts(m, tid, &bits, err);
		*yes = (bits & OF_OWNER) != 0;
		return r;
	}
	if (slice_casehas(row_slice(st, SCAN_OTHER),
		SLICE("\"made.kind\":\"honey\""))) {
		*yes = false;
		return 0;
	}
	return id_holds(m, &m->owner, sqlite3_column_int64(st, SCAN_ACCOUNT),
	    yes, err);
}

static bool
id_has_text(const struct match *m, sqlite3_stmt *st)
{
	char text[ROW_UUID_TEXT];

	return slice_casehas(row_use_id(st, SCAN_ID, text), m->text.want) ||
	    slice_casehas(row_slice(st, SCAN_OTHER), m->text.want);
}

static int
anything_holds(struct match *m, sqlite3_stmt *st, bool *yes, struct error *err)
{
	uint8_t bits;
	int	i, r;

	*yes = true;
	if (m->text.memo == NULL)
		return 0;
	r = token_facts(m, sqlite3_column_int64(st, SCAN_TOKEN), &bits, err);
	if (r != 0 || (bits & TOKEN_HAS_TEXT))
		return r;
	for (i = SCAN_ACCOUNT; i <= SCAN_MEDIA_TYPE; i++) {
		r = id_holds(m, &m->text, sqlite3_column_int64(st, i), yes,
		    err);
		if (r != 0 || *yes)
			return r;
	}
	*yes = id_has_text(m, st);
	return 0;
}

static bool
time_holds(const struct match *m, usec_t t)
{
	return t >= m->q->since && (m->q->until == 0 || t < m->q->until);
}

int
match_use(struct match *m, sqlite3_stmt *st, bool *yes, struct error *err)
{
	const struct test *t;
	int		   r = 0;

	*yes = time_holds(m, sqlite3_column_int64(st, SCAN_TIME));
	for (t = m->test; *yes && r == 0 && t < m->test + m->ntest; t++)
		r = id_holds(m, t, sqlite3_column_int64(st, t->column), yes,
		    err);
	if (*yes && r == 0)
		r = token_holds(m, st, yes, err);
	if (*yes && r == 0)
		r = account_holds(m, st, yes, err);
	if (*yes && r == 0)
		r = owner_holds(m, st, yes, err);
	if (*yes && r == 0)
		r = anything_holds(m, st, yes, err);
	return r;
}

/* --- life ------------------------------------------------------------- */

static void
test_init(struct test *t, enum column column, enum how how, struct slice want)
{
	*t = (struct test){column, how, want, xcalloc(1, sizeof *t->memo)};
}

static void
add_test(struct match *m, enum column column, enum how how, struct slice want)
{
	if (want.n > 0)
		test_init(&m->test[m->ntest++], column, how, want);
}

static bool
narrows(const struct store_query *q)
{
	return q->since != 0 || q->until != 0 || q->account.n > 0 ||
	    q->owner.n > 0 || q->registry.n > 0 || q->action.n > 0 ||
	    q->outcome.n > 0 || q->reason.n > 0 || q->repository.n > 0 ||
	    q->client.n > 0 || q->text.n > 0 || q->net.net.family != 0;
}

struct match *
match_new(struct db *db, const struct store_query *q, bool by_token)
{
	struct match *m;

	by_token = by_token && q->token.n > 0;
	if (!by_token && !narrows(q))
		return NULL;
	m = xcalloc(1, sizeof *m);
	m->db = db;
	m->q = q;
	m->by_token = by_token;
	m->tokens = xcalloc(1, sizeof *m->tokens);
	add_test(m, SCAN_REGISTRY, TEST_IS, q->registry);
	add_test(m, SCAN_ACTION, TEST_IS, q->action);
	add_test(m, SCAN_OUTCOME, TEST_IS, q->outcome);
	add_test(m, SCAN_REASON, TEST_HAS, q->reason);
	add_test(m, SCAN_REPOSITORY, TEST_GLOB, q->repository);
	add_test(m, SCAN_USER_AGENT, TEST_HAS, q->client);
	if (q->net.net.family != 0)
		add_test(m, SCAN_IP, TEST_NET, SLICE("a network"));
	if (q->account.n > 0)
		test_init(&m->account, SCAN_ACCOUNT, TEST_IS, q->account);
	if (q->owner.n > 0)
		test_init(&m->owner, SCAN_ACCOUNT, TEST_IS, q->owner);
	if (q->text.n > 0)
		test_init(&m->text, SCAN_OTHER, TEST_HAS, q->text);
	return m;
}

void
match_free(struct match **mp)
{
	struct match *m = *mp;
	unsigned      i;

	if (m == NULL)
		return;
	for (i = 0; i < m->ntest; i++)
		free(m->test[i].memo);
	free(m->account.memo);
	free(m->owner.memo);
	free(m->text.memo);
	free(m->tokens);
	free(m);
	*mp = NULL;
}

/* Texts of a row that are no ids make it longer to read. */
static bool
is_wide(const struct match *m)
{
	return m->text.memo != NULL || m->owner.memo != NULL;
}

enum stmt_id
match_scan(const struct match *m)
{
	return is_wide(m) ? STMT_SCAN_WIDE : STMT_SCAN;
}

enum stmt_id
match_follow(const struct match *m)
{
	return is_wide(m) ? STMT_FOLLOW_WIDE : STMT_FOLLOW;
}
