/*
 * The uses of one token, newest first: a walk along `prev`.
 */
#include "store/page.h"
#include "store/row.h"

/* Links that a page may follow to find those that match. */
#define LINKS_MAX 100000

static int
page_int(sqlite3_stmt *st, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(st, 0);
	return 0;
}

struct link {
	int64_t token, prev;
	bool	found;
};

static int
page_link(sqlite3_stmt *st, void *arg)
{
	struct link *l = arg;

	l->token = row_int(st, 0, 0);
	l->prev = row_int(st, 1, 0);
	l->found = true;
	return 0;
}

static int
chain_link(struct page *p, int64_t seq, struct link *l)
{
	struct db *db = &p->r->db;

	*l = (struct link){0};
	sqlite3_bind_int64(db->stmt[STMT_USE_LINK], 1, seq);
	return db_walk(db, STMT_USE_LINK, page_link, l, p->err,
	    "reading a use");
}

struct asked {
	struct page *p;
	bool	     yes;
};

static int
chain_match(sqlite3_stmt *st, void *arg)
{
	struct asked *a = arg;

	return match_use(a->p->match, st, &a->yes, a->p->err);
}

/* Gives a use of the chain, if it is one that is wanted. */
static int
chain_give(struct page *p, int64_t seq)
{
	struct asked a = {p, p->match == NULL};
	enum stmt_id id;
	int	     r = 0;

	if (seq >= p->top)
		return 0;
	if (p->match != NULL) {
		id = match_scan(p->match);
		sqlite3_bind_int64(p->r->db.stmt[id], 1, seq + 1);
		sqlite3_bind_int64(p->r->db.stmt[id], 2, seq);
		r = db_walk(&p->r->db, id, chain_match, &a, p->err,
		    "reading the uses");
	}
	return r == 0 && a.yes ? page_give_use(p, seq) : r;
}

/* The page has looked at enough: the next goes on behind this use. */
static void
chain_pause(struct page *p, int64_t seq)
{
	p->full = true;
	p->r->next = seq;
}

/*
 * Gives the uses of the chain that begins at `seq`.  It ends where the use
 * before was deleted by age; one that does not lead backwards is damage, and
 * would lead round for ever.
 */
static int
chain_walk(struct page *p, int64_t seq)
{
	struct link l;
	unsigned    n = 0;
	int	    r;

	while (seq >= p->low && seq > 0 && !p->full) {
		r = chain_link(p, seq, &l);
		if (r != 0 || !l.found)
			return r;
		r = chain_give(p, seq);
		if (r != 0)
			return r;
		if (l.prev >= seq)
			return db_damaged(&p->r->db, p->err,
			    "holds a use whose predecessor is not before it");
		if (++n == LINKS_MAX && !p->full && l.prev > 0)
			chain_pause(p, seq);
		seq = l.prev;
	}
	return 0;
}

/*
 * The newest use of a token: last_used.seq knows it as of the checkpoint;
 * what came after is looked through for a newer one.
 */
static int
chain_head(struct page *p, int64_t tid, int64_t checkpoint, int64_t *seq)
{
	struct db *db = &p->r->db;

	sqlite3_bind_int64(db->stmt[STMT_TOKEN_NEWEST], 1, checkpoint);
	sqlite3_bind_int64(db->stmt[STMT_TOKEN_NEWEST], 2, tid);
	return db_walk(db, STMT_TOKEN_NEWEST, page_int, seq, p->err,
	    "reading the uses");
}

struct chains {
	struct page *p;
	struct link  at; /* the use that `before` names */
	int64_t	     checkpoint;
};

/* One tid of the public id; columns of STMT_TOKEN_OF. */
static int
chains_token(sqlite3_stmt *st, void *arg)
{
	struct chains *c = arg;
	int64_t	       tid = sqlite3_column_int64(st, 0);
	int64_t	       seq = row_int(st, 1, 0);
	int	       r;

	if (c->p->full)
		return 0;
	if (c->at.token == tid)
		seq = c->at.prev;
	else {
		r = chain_head(c->p, tid, c->checkpoint, &seq);
		if (r != 0)
			return r;
	}
	return chain_walk(c->p, seq);
}

static int
chains_marks(sqlite3_stmt *st, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(st, 1);
	return 0;
}

/*
 * Where the page goes on from: `before` usually names a use of this same
 * token, the last of the page before, and the chain can be taken up there.
 * If it does not, c->at.token is made 0.
 */
static int
chains_resume(struct chains *c)
{
	struct page  *p = c->p;
	sqlite3_stmt *st = p->r->db.stmt[STMT_TOKEN_IS];
	int64_t	      same = 0;
	int	      r;

	if (p->q->before <= 0)
		return 0;
	r = chain_link(p, p->q->before, &c->at);
	if (r != 0 || c->at.token == 0)
		return r;
	sqlite3_bind_int64(st, 1, c->at.token);
	row_bind_text(st, 2, p->q->token);
	r = db_walk(&p->r->db, STMT_TOKEN_IS, page_int, &same, p->err,
	    "reading the tokens");
	if (same == 0)
		c->at.token = 0;
	return r;
}

/*
 * A public id may have had several tids, one after the other: the chain of a
 * newer one lies wholly behind that of an older.
 */
int
page_token_uses(struct page *p)
{
	struct db    *db = &p->r->db;
	struct chains c = {.p = p};
	sqlite3_stmt *st = db->stmt[STMT_TOKEN_OF];
	int	      r;

	r = db_walk(db, STMT_MARKS, chains_marks, &c.checkpoint, p->err,
	    "reading the marks");
	if (r == 0)
		r = chains_resume(&c);
	if (r != 0)
		return r;
	row_bind_text(st, 1, p->q->token);
	sqlite3_bind_int64(st, 2, c.at.token != 0 ? c.at.token : INT64_MAX);
	return db_walk(db, STMT_TOKEN_OF, chains_token, &c, p->err,
	    "reading the tokens");
}
