/*
 * One batch, one transaction.
 *
 * Text of the batch is bound where it lies (SQLITE_STATIC): it stays until
 * the batch is reset, long after the statements ran.  The statements keep
 * dead pointers afterwards, and bind everything anew before they run again.
 */
#include "store/store.h"

#include "store/chain-writer.h"
#include "store/db.h"
#include "store/row.h"

static int
commit_strings(struct db *db, const struct batch *b)
{
	sqlite3_stmt *st = db->stmt[STMT_ADD_STRING];
	size_t	      i;
	int	      rc = SQLITE_OK;

	for (i = 0; i < b->nstrings && rc == SQLITE_OK; i++) {
		sqlite3_bind_int64(st, 1, b->strings[i].id);
		row_bind_text(st, 2, b->strings[i].text);
		rc = db_run(db, STMT_ADD_STRING);
		chain_add_string(chain_writer_digest(db->chain, CHAIN_STRINGS),
		    b->strings[i].id, b->strings[i].text);
		chain_writer_count(db->chain, CHAIN_STRINGS, b->strings[i].id,
		    0);
	}
	return rc;
}

static int
commit_accounts(struct db *db, const struct batch *b)
{
	sqlite3_stmt		 *st = db->stmt[STMT_PUT_ACCOUNT];
	const struct account_row *r;
	size_t			  i;
	int			  rc = SQLITE_OK;

	for (i = 0; i < b->naccounts && rc == SQLITE_OK; i++) {
		r = &b->accounts[i];
		sqlite3_bind_int64(st, 1, r->aid);
		row_bind_text(st, 2, r->name);
		sqlite3_bind_int(st, 3, r->two_factor);
		sqlite3_bind_int(st, 4, r->disabled);
		sqlite3_bind_int64(st, 5, r->created);
		rc = db_run(db, STMT_PUT_ACCOUNT);
	}
	return rc;
}

/* A foreign token has no secret, and no hash of one. */
static void
bind_hash(sqlite3_stmt *st, int i, const uint8_t hash[SECRET_HASH])
{
	static const uint8_t none[SECRET_HASH];

	if (memcmp(hash, none, SECRET_HASH) == 0)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_blob(st, i, hash, SECRET_HASH, SQLITE_STATIC);
}

/* NULL what is not there, as it mostly is. */
static void
bind_limits(sqlite3_stmt *st, int i, const struct token_row *r)
{
	row_bind_int(st, i, r->idle_expires, 0);
	row_bind_int(st, i + 1, r->max_uses, 0);
	row_bind_int(st, i + 2, r->used, 0);
	row_bind_text(st, i + 3, r->allow_from);
	row_bind_int(st, i + 4, r->told[NOTICE_EXPIRY], 0);
	row_bind_int(st, i + 5, r->told[NOTICE_IDLE], 0);
}

static int
commit_tokens(struct db *db, const struct batch *b)
{
	sqlite3_stmt	       *st = db->stmt[STMT_PUT_TOKEN];
	const struct token_row *r;
	size_t			i;
	int			rc = SQLITE_OK;

	for (i = 0; i < b->ntokens && rc == SQLITE_OK; i++) {
		r = &b->tokens[i];
		sqlite3_bind_int64(st, 1, r->tid);
		row_bind_text(st, 2, r->id);
		bind_hash(st, 3, r->hash);
		sqlite3_bind_int(st, 4, r->state);
		sqlite3_bind_int(st, 5, r->kind);
		row_bind_int(st, 6, r->aid, 0);
		row_bind_text(st, 7, r->description);
		row_bind_text(st, 8, r->labels);
		row_bind_text(st, 9, r->scope);
		row_bind_text(st, 10, r->cause);
		row_bind_text(st, 11, r->actor);
		sqlite3_bind_int64(st, 12, r->created);
		sqlite3_bind_int64(st, 13, r->expires);
		sqlite3_bind_int64(st, 14, r->changed);
		bind_limits(st, 15, r);
		row_bind_int(st, 21, r->until, 0);
		rc = db_run(db, STMT_PUT_TOKEN);
	}
	return rc;
}

static int
commit_uses(struct db *db, const struct batch *b)
{
	size_t i;
	int    rc;

	if (b->nuses == 0)
		return SQLITE_OK;
	db->feed.batch = b;
	db->feed.digest = chain_writer_digest(db->chain, CHAIN_USES);
	rc = db_run(db, STMT_ADD_USES);
	for (i = 0; i < b->nuses; i++)
		chain_writer_count(db->chain, CHAIN_USES, b->uses[i].seq,
		    b->uses[i].arrival);
	return rc;
}

static int
commit_lastused(struct db *db, const struct batch *b)
{
	sqlite3_stmt		  *st = db->stmt[STMT_PUT_LASTUSED];
	const struct lastused_row *r;
	size_t			   i;
	int			   rc = SQLITE_OK;

	for (i = 0; i < b->nlastused && rc == SQLITE_OK; i++) {
		r = &b->lastused[i];
		sqlite3_bind_int64(st, 1, r->tid);
		row_bind_int(st, 2, r->time, 0);
		row_bind_int(st, 3, r->first, 0);
		row_bind_int(st, 4, r->ip, 0);
		row_bind_int(st, 5, r->client, 0);
		row_bind_int(st, 6, r->action, 0);
		row_bind_int(st, 7, r->repository, 0);
		row_bind_int(st, 8, r->registry, 0);
		row_bind_int(st, 9, r->outcome, 0);
		sqlite3_bind_int64(st, 10, (int64_t)r->uses);
		sqlite3_bind_int64(st, 11, (int64_t)r->refused);
		row_bind_int(st, 12, r->last_seq, 0);
		row_bind_blob(st, 13, r->seen);
		rc = db_run(db, STMT_PUT_LASTUSED);
	}
	return rc;
}

/* Time, ip, client and count, from column `i` on. */
static void
bind_sighting(sqlite3_stmt *st, int i, const struct sighting_row *s)
{
	row_bind_int(st, i, s->time, 0);
	row_bind_int(st, i + 1, s->ip, 0);
	row_bind_int(st, i + 2, s->client, 0);
	sqlite3_bind_int64(st, i + 3, (int64_t)s->count);
}

static int
commit_secrets(struct db *db, const struct batch *b)
{
	const struct secret_row *r;
	sqlite3_stmt		*st;
	enum stmt_id		 id;
	size_t			 i;
	int			 rc = SQLITE_OK;

	for (i = 0; i < b->nsecrets && rc == SQLITE_OK; i++) {
		r = &b->secrets[i];
		id = r->forgotten ? STMT_DROP_SECRET : STMT_PUT_SECRET;
		st = db->stmt[id];
		sqlite3_bind_int64(st, 1, r->tid);
		sqlite3_bind_int64(st, 2, r->number);
		if (!r->forgotten) {
			bind_hash(st, 3, r->hash);
			sqlite3_bind_int64(st, 4, r->made);
			row_bind_int(st, 5, r->until, 0);
			bind_sighting(st, 6, &r->used);
		}
		rc = db_run(db, id);
	}
	return rc;
}

static int
commit_secrets_seen(struct db *db, const struct batch *b)
{
	const struct secret_seen_row *r;
	sqlite3_stmt		     *st;
	enum stmt_id		      id;
	size_t			      i;
	int			      rc = SQLITE_OK;

	for (i = 0; i < b->nsecrets_seen && rc == SQLITE_OK; i++) {
		r = &b->secrets_seen[i];
		id = r->superseded ? STMT_PUT_SUPERSEDED : STMT_SECRET_USED;
		st = db->stmt[id];
		sqlite3_bind_int64(st, 1, r->tid);
		sqlite3_bind_int64(st, 2, r->number);
		bind_sighting(st, 3, &r->seen);
		rc = db_run(db, id);
	}
	return rc;
}

static void
bind_alert(sqlite3_stmt *st, const struct alert_row *r, struct slice uses)
{
	row_bind_text(st, 1, slice_of(r->id));
	row_bind_text(st, 2, r->rule);
	row_bind_text(st, 3, r->title);
	row_bind_text(st, 4, r->key);
	row_bind_text(st, 5, r->token);
	row_bind_text(st, 6, r->account);
	row_bind_text(st, 7, r->done);
	row_bind_text(st, 8, r->summary);
	sqlite3_bind_int(st, 9, r->level);
	sqlite3_bind_int(st, 10, r->mode);
	sqlite3_bind_int(st, 11, r->state);
	sqlite3_bind_int(st, 12, r->verdict);
	sqlite3_bind_int(st, 13, r->undone);
	sqlite3_bind_int64(st, 14, r->first);
	sqlite3_bind_int64(st, 15, r->last);
	sqlite3_bind_int64(st, 16, r->raised);
	sqlite3_bind_int64(st, 17, r->quiet_until);
	sqlite3_bind_int64(st, 18, (int64_t)r->count);
	row_bind_text(st, 19, uses);
	row_bind_int(st, 20, r->tid, 0);
	sqlite3_bind_int(st, 21, r->was_state);
	row_bind_text(st, 22, r->why);
}

static int
commit_alerts(struct db *db, const struct batch *b)
{
	char	     uses[ROW_USES_TEXT];
	struct slice text = {uses, 0};
	size_t	     i;
	int	     rc = SQLITE_OK;

	for (i = 0; i < b->nalerts && rc == SQLITE_OK; i++) {
		text.n = row_format_uses(&b->alerts[i], uses);
		bind_alert(db->stmt[STMT_PUT_ALERT], &b->alerts[i], text);
		rc = db_run(db, STMT_PUT_ALERT);
	}
	return rc;
}

static int
commit_audits(struct db *db, const struct batch *b)
{
	sqlite3_stmt	       *st = db->stmt[STMT_ADD_AUDIT];
	const struct audit_row *r;
	int64_t			seq;
	size_t			i;
	int			rc = SQLITE_OK;

	for (i = 0; i < b->naudits && rc == SQLITE_OK; i++) {
		r = &b->audits[i];
		sqlite3_bind_int64(st, 1, r->time);
		row_bind_text(st, 2, r->actor);
		row_bind_int(st, 3, r->uid, -1);
		row_bind_int(st, 4, r->pid, -1);
		row_bind_text(st, 5, r->action);
		row_bind_text(st, 6, r->object);
		row_bind_text(st, 7, r->before);
		row_bind_text(st, 8, r->after);
		rc = db_run(db, STMT_ADD_AUDIT);
		seq = sqlite3_last_insert_rowid(db->sql);
		chain_add_audit(chain_writer_digest(db->chain, CHAIN_AUDIT),
		    seq, r);
		chain_writer_count(db->chain, CHAIN_AUDIT, seq, r->time);
	}
	return rc;
}

static int
commit_refused(struct db *db, const struct batch *b)
{
	sqlite3_stmt		 *st = db->stmt[STMT_ADD_REFUSED];
	const struct refused_row *r;
	size_t			  i;
	int			  rc = SQLITE_OK;

	for (i = 0; i < b->nrefused && rc == SQLITE_OK; i++) {
		r = &b->refused[i];
		sqlite3_bind_int64(st, 1, r->time);
		row_bind_text(st, 2, r->sender);
		row_bind_text(st, 3, r->reason);
		row_bind_text(st, 4, r->error);
		row_bind_foreign(st, 5, r->line);
		rc = db_run(db, STMT_ADD_REFUSED);
	}
	return rc;
}

static int
commit_outbox(struct db *db, const struct batch *b)
{
	sqlite3_stmt		*st = db->stmt[STMT_ADD_OUTBOX];
	const struct outbox_row *r;
	size_t			 i;
	int			 rc = SQLITE_OK;

	for (i = 0; i < b->noutbox && rc == SQLITE_OK; i++) {
		r = &b->outbox[i];
		sqlite3_bind_int64(st, 1, r->seq);
		row_bind_text(st, 2, r->alert);
		row_bind_int(st, 3, r->tid, 0);
		row_bind_int(st, 4, r->tid != 0 ? (int64_t)r->notice : -1, -1);
		row_bind_int(st, 5, r->step, 0);
		rc = db_run(db, STMT_ADD_OUTBOX);
	}
	return rc;
}

static int
commit_cursors(struct db *db, const struct batch *b)
{
	sqlite3_stmt *st = db->stmt[STMT_PUT_CURSOR];
	size_t	      i;
	int	      rc = SQLITE_OK;

	for (i = 0; i < b->ncursors && rc == SQLITE_OK; i++) {
		row_bind_text(st, 1, b->cursors[i].sink);
		sqlite3_bind_int64(st, 2, b->cursors[i].seq);
		rc = db_run(db, STMT_PUT_CURSOR);
	}
	return rc;
}

static int
commit_modes(struct db *db, const struct batch *b)
{
	const struct mode_row *r;
	sqlite3_stmt	      *st;
	enum stmt_id	       id;
	size_t		       i;
	int		       rc = SQLITE_OK;

	for (i = 0; i < b->nmodes && rc == SQLITE_OK; i++) {
		r = &b->modes[i];
		id = r->mode == MODE_OF_FILE ? STMT_DROP_MODE : STMT_PUT_MODE;
		st = db->stmt[id];
		row_bind_text(st, 1, r->rule);
		if (id == STMT_PUT_MODE) {
			sqlite3_bind_int(st, 2, r->mode);
			sqlite3_bind_int64(st, 3, (int64_t)r->meaning);
		}
		rc = db_run(db, id);
	}
	return rc;
}

static int
put_mark(struct db *db, const char *name, int64_t value)
{
	sqlite3_stmt *st = db->stmt[STMT_PUT_MARK];

	row_bind_text(st, 1, slice_of(name));
	sqlite3_bind_int64(st, 2, value);
	return db_run(db, STMT_PUT_MARK);
}

static int
commit_marks(struct db *db, const struct batch *b)
{
	int rc = SQLITE_OK;

	if (b->checkpoint != 0)
		rc = put_mark(db, "checkpoint", b->checkpoint);
	if (rc == SQLITE_OK && b->brake_changed)
		rc = put_mark(db, "brake", b->brake_since);
	return rc;
}

static int (*const parts[])(struct db *, const struct batch *) = {
    commit_strings,
    commit_accounts,
    commit_tokens,
    commit_uses,
    commit_lastused,
    commit_secrets,
    commit_secrets_seen,
    commit_alerts,
    commit_audits,
    commit_refused,
    commit_outbox,
    commit_cursors,
    commit_modes,
    commit_marks,
};

int
store_commit(struct store *s, const struct batch *b, struct error *err)
{
	struct db *db = &s->db;
	size_t	   i;
	int	   rc, code;

	chain_writer_begin(db->chain);
	rc = db_run(db, STMT_BEGIN);
	for (i = 0; i < sizeof parts / sizeof parts[0] && rc == SQLITE_OK; i++)
		rc = parts[i](db, b);
	/* With a checkpoint goes what has waited: then come no more. */
	if (rc == SQLITE_OK)
		rc = chain_writer_end(db->chain, db, b->checkpoint != 0);
	if (rc == SQLITE_OK)
		rc = db_run(db, STMT_COMMIT);
	if (rc == SQLITE_OK) {
		chain_writer_done(db->chain);
		return 0;
	}
	code = db_fail(db, rc, err, "writing");
	db_rollback(db);
	return code;
}
