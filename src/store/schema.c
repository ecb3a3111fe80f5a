/*
 * The schema of patrol's database, and why it is as it is.
 *
 * Times are microseconds since 1970 in UTC, 0 and NULL both "never"; states
 * and kinds are the numbers of the enums in token/token.h and
 * alert/batch.h.  The views use_view and token_view show the same with texts
 * and ISO times, for an investigator with the sqlite3 shell.  All tables are
 * STRICT: a fault of ours fails at once and is not stored.
 *
 * uses       Everything that was learned, append-only, `seq` counting up
 *            from 1.  A row is some 75 bytes, because nearly all of it are
 *            numbers: texts that come back are interned (`strings`), `late`
 *            is arrival minus time, and what is absent or usual (count 1) is
 *            NULL, one byte.  `token` is tokens.tid.  `id` is the sender's
 *            id; one that is a UUID in its usual writing is kept as its 16
 *            bytes, any other as text.  `other` is a JSON object of the
 *            fields that have no column: a use can be judged again.
 *            `standing` is how its token stood then, as rules saw it: 4 x
 *            token.idle_days + the token's state; NULL is 0.  Columns are
 *            in the order of USE_COLUMNS in stmt.c.
 *
 *            No index but the key.  An index on token would turn each
 *            insert into a write to a random page, and cost seven eighths
 *            of the speed.  Instead each row holds `prev`, the key of the
 *            same token's use before, and last_used.seq the newest: a
 *            token's history is a walk backwards along one chain.  The
 *            columns most often there come first, as a row's header is
 *            read up to the column wanted.
 *
 * strings    The interned texts of `uses`: repositories, addresses, user
 *            agents, words.  An id means one text for ever; a text may have
 *            several ids, as the cache before the store forgets (see
 *            base/intern.h).  So texts are looked for with IN, never =, and
 *            there is no unique index to pay for.
 *
 * tokens     One row a token: its lifecycle, written with each change.  `id`
 *            is public; `hash` the SHA-256 of the secret, NULL for a token
 *            of another issuer.  Such a token may be forgotten and come
 *            again, then with a new tid under the same id: the highest tid
 *            is the one that counts, and the older keep their part of the
 *            history.  `until` is when an inactive one becomes active again
 *            by itself, NULL where it does not.  Of its limits `idle_expires`
 *            is a span, `used` counts up to `max_uses`, and `allow_from` is a
 *            list of networks.  `told_expiry` and `told_idle` are the times of
 *            the steps (see token/notice.h) that its owner has been told of.
 *
 * last_used  One row a token that was used: when, from where, how often;
 *            `seq` is its newest use.  Written at checkpoints only and right
 *            up to the use marks.checkpoint, or up to `seq` where that is
 *            newer: a checkpoint takes many batches.  A table of its own
 *            because a checkpoint changes rows all over it: with a million
 *            tokens it has a sixth of the pages that it would dirty among the
 *            wide rows of `tokens`.
 *
 * secrets    All of a token that was rotated, by number: `hash` of those that
 *            were replaced, which work until `until`; of the current one the
 *            hash is in `tokens`, and both are NULL here.  `time`, `ip`,
 *            `client`, `uses`: its own last use, as in last_used.
 *
 * superseded One row for a token of which a superseded secret was tried:
 *            which, and the last try; of the checkpoint, too.
 *
 * accounts   Owners; tokens.aid points here.
 *
 * alerts     One row an alert as it now is; `id` is the hash of rule, key
 *            and first use, so that judging again after a crash finds the
 *            same row.  `key` counts up as they are raised and pages lists.
 *            `group_key` and `summary` are JSON objects, `uses` a JSON array
 *            of the keys of its first uses.  `why`, a JSON object too (see
 *            rule/explain.h), is how the rule stood at the first: written
 *            once, for rules change.
 *
 * audit      Who changed what: `before` and `after` are JSON objects.
 *            Triggers refuse to change or delete a row, against accidents;
 *            against somebody who writes to the file, `chain`.
 *
 * chain      A link is a hash over what came since the link before: uses,
 *            strings and audit entries up to the keys that it names, a
 *            digest of each kind (NULL: none came) and the hash over those
 *            and the link before.  See chain.c.
 *
 * refused    Lines that were not taken, as they came (bytes where they are
 *            not UTF-8); the oldest go when there are too many.
 *
 * outbox     Alerts, each as the JSON object that sinks send, until all of
 *            them had it.  Notices too: those have the token that they are
 *            about, what of it ends (0 its life, 1 its idle limit), and the
 *            time of the step.
 * cursors    How far in the outbox each sink is.
 *
 * rule_modes Modes that people gave to rules, over what the files say, as
 *            long as `meaning`, a hash of what the rule means, is the same.
 *
 * marks      Numbers with a name.  checkpoint: last-used is right up to this
 *            use, what came later and is not in it is folded in again at
 *            start.  brake: since
 *            when it is on, 0 when it is off.
 *
 * A step once released is never edited: files in the field have taken it.
 * A new one goes at the end.
 */
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/db.h"
#include "store/store.h"

/* Tables laid out by hand. */
/* clang-format off */

/* One time column as "2026-11-23T16:24:05.956361Z". */
#define ISO(t)								\
	"strftime('%Y-%m-%dT%H:%M:%S', " t " / 1000000, 'unixepoch')"	\
	" || printf('.%06dZ', " t " % 1000000)"
#define ISO_OPT(t) "CASE WHEN " t " > 0 THEN " ISO(t) " END"
#define TEXT_OF(id) "(SELECT text FROM strings WHERE id = " id ")"
/* `id` of a use in the form it came in. */
#define UUID_PART(from, n) "lower(substr(hex(u.id), " #from ", " #n "))"
#define ID_TEXT								\
	"CASE typeof(u.id) WHEN 'blob' THEN " UUID_PART(1, 8) " || '-' || " \
	UUID_PART(9, 4) " || '-' || " UUID_PART(13, 4) " || '-' || "	\
	UUID_PART(17, 4) " || '-' || " UUID_PART(21, 12) " ELSE u.id END"

/* What use_view always showed. */
#define USE_VIEW							\
	"SELECT u.seq, u.prev,"						\
	" " ISO("u.time") " AS time,"					\
	" " ISO("(u.time + coalesce(u.late, 0))") " AS arrival,"	\
	" (SELECT id FROM tokens WHERE tid = u.token) AS token,"	\
	" " TEXT_OF("u.account") " AS account,"				\
	" " TEXT_OF("u.registry") " AS registry,"			\
	" " TEXT_OF("u.action") " AS action,"				\
	" " TEXT_OF("u.outcome") " AS outcome,"				\
	" " TEXT_OF("u.reason") " AS reason,"				\
	" " TEXT_OF("u.repository") " AS repository,"			\
	" " TEXT_OF("u.tag") " AS tag, " TEXT_OF("u.digest") " AS digest,"\
	" " TEXT_OF("u.media_type") " AS media_type,"			\
	" " TEXT_OF("u.ip") " AS ip,"					\
	" " TEXT_OF("u.user_agent") " AS user_agent,"			\
	" u.bytes, coalesce(u.count, 1) AS count, " ID_TEXT " AS id, u.other"

/* What token_view always showed. */
#define TOKEN_VIEW							\
	"SELECT t.tid, t.id,"						\
	" (SELECT name FROM accounts WHERE aid = t.aid) AS account,"	\
	" CASE t.kind WHEN 0 THEN 'manual' WHEN 1 THEN 'auto'"		\
	" WHEN 2 THEN 'honey' ELSE 'foreign' END AS kind,"		\
	" CASE t.state WHEN 0 THEN 'active' WHEN 1 THEN 'inactive'"	\
	" WHEN 2 THEN 'expired' ELSE 'deleted' END AS state,"		\
	" t.cause, t.actor, t.description, t.labels, t.scope,"		\
	" " ISO_OPT("t.created") " AS created,"				\
	" " ISO_OPT("t.expires") " AS expires,"				\
	" " ISO_OPT("t.changed") " AS changed,"				\
	" " ISO_OPT("l.time") " AS last_used,"				\
	" " TEXT_OF("l.ip") " AS last_ip,"				\
	" " TEXT_OF("l.client") " AS last_client,"			\
	" " TEXT_OF("l.action") " AS last_action,"			\
	" CASE l.outcome WHEN 1 THEN 'success' WHEN 2 THEN 'denied'"	\
	" WHEN 3 THEN 'failure' END AS last_outcome,"			\
	" " TEXT_OF("l.repository") " AS last_repository,"		\
	" " TEXT_OF("l.registry") " AS last_registry,"			\
	" " ISO_OPT("l.first") " AS first_used,"			\
	" coalesce(l.uses, 0) AS uses, coalesce(l.refused, 0) AS refused,"	\
	" l.seq AS last_seq"
#define TOKEN_VIEW_FROM							\
	" FROM tokens t LEFT JOIN last_used l ON l.tid = t.tid;"

static const char step_1[] =
    "CREATE TABLE uses ("
    " seq INTEGER PRIMARY KEY, prev INTEGER, time INTEGER NOT NULL,"
    " late INTEGER, token INTEGER, account INTEGER, registry INTEGER,"
    " action INTEGER, outcome INTEGER, reason INTEGER,"
    " repository INTEGER, tag INTEGER, digest INTEGER,"
    " media_type INTEGER, ip INTEGER, user_agent INTEGER,"
    " bytes INTEGER, count INTEGER, id ANY, other TEXT) STRICT;"

    "CREATE TABLE strings ("
    " id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"

    "CREATE TABLE accounts ("
    " aid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " two_factor INTEGER NOT NULL, disabled INTEGER NOT NULL,"
    " created INTEGER NOT NULL) STRICT;"

    "CREATE TABLE tokens ("
    " tid INTEGER PRIMARY KEY, id TEXT NOT NULL, hash BLOB,"
    " state INTEGER NOT NULL, kind INTEGER NOT NULL, aid INTEGER,"
    " description TEXT, labels TEXT, scope TEXT, cause TEXT, actor TEXT,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " changed INTEGER NOT NULL) STRICT;"
    "CREATE INDEX tokens_by_id ON tokens (id);"
    "CREATE INDEX tokens_by_account ON tokens (aid) WHERE aid IS NOT NULL;"

    "CREATE TABLE last_used ("
    " tid INTEGER PRIMARY KEY, seq INTEGER, time INTEGER, first INTEGER,"
    " ip INTEGER, client INTEGER, action INTEGER, repository INTEGER,"
    " registry INTEGER, outcome INTEGER, uses INTEGER NOT NULL,"
    " refused INTEGER NOT NULL) STRICT;"

    "CREATE TABLE alerts ("
    " key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rule TEXT,"
    " title TEXT, group_key TEXT, token TEXT, account TEXT, done TEXT,"
    " summary TEXT, level INTEGER NOT NULL, mode INTEGER NOT NULL,"
    " state INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " undone INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, raised INTEGER NOT NULL,"
    " quiet_until INTEGER NOT NULL, count INTEGER NOT NULL, uses TEXT,"
    " tid INTEGER, was_state INTEGER NOT NULL) STRICT;"

    "CREATE TABLE audit ("
    " seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT,"
    " uid INTEGER, pid INTEGER, action TEXT, object TEXT,"
    " before TEXT, after TEXT) STRICT;"
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
    " BEGIN SELECT raise(ABORT, 'audit is append-only'); END;"
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
    " BEGIN SELECT raise(ABORT, 'audit is append-only'); END;"

    "CREATE TABLE refused ("
    " seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, sender TEXT,"
    " reason TEXT, error TEXT, line ANY) STRICT;"

    "CREATE TABLE outbox ("
    " seq INTEGER PRIMARY KEY, alert TEXT NOT NULL) STRICT;"
    "CREATE TABLE cursors ("
    " sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE marks ("
    " name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID;"

    "CREATE VIEW use_view AS " USE_VIEW
    " FROM uses u;"

    "CREATE VIEW token_view AS " TOKEN_VIEW TOKEN_VIEW_FROM;

/* How the token stood at the use. */
static const char step_2[] =
    "ALTER TABLE uses ADD COLUMN standing INTEGER;"
    "DROP VIEW use_view;"
    "CREATE VIEW use_view AS " USE_VIEW ","
    " CASE WHEN u.token IS NOT NULL THEN CASE coalesce(u.standing, 0) % 4"
    " WHEN 0 THEN 'active' WHEN 1 THEN 'inactive' WHEN 2 THEN 'expired'"
    " ELSE 'deleted' END END AS token_state,"
    " CASE WHEN u.prev IS NOT NULL THEN coalesce(u.standing, 0) / 4 END"
    " AS token_idle_days FROM uses u;";

/* Rows from before the chain are not in it: it begins behind them. */
static const char step_3[] =
    "CREATE TABLE chain ("
    " seq INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    " last_use INTEGER NOT NULL, last_string INTEGER NOT NULL,"
    " last_audit INTEGER NOT NULL, uses BLOB, strings BLOB, audit BLOB,"
    " hash BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER chain_no_update BEFORE UPDATE ON chain"
    " BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;"
    "CREATE TRIGGER chain_no_delete BEFORE DELETE ON chain"
    " BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;"
    "INSERT INTO chain VALUES (0, 0,"
    " (SELECT coalesce(max(seq), 0) FROM uses),"
    " (SELECT coalesce(max(id), 0) FROM strings),"
    " (SELECT coalesce(max(seq), 0) FROM audit),"
    " NULL, NULL, NULL, zeroblob(32));";

static const char step_4[] =
    "CREATE TABLE rule_modes ("
    " rule TEXT PRIMARY KEY, mode INTEGER NOT NULL,"
    " meaning INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static const char step_5[] =
    "ALTER TABLE alerts ADD COLUMN why TEXT;";

/* The networks and clients of a token, as token/seen.h packs them. */
static const char step_6[] =
    "ALTER TABLE last_used ADD COLUMN seen BLOB;";

static const char step_7[] =
    "ALTER TABLE tokens ADD COLUMN idle_expires INTEGER;"
    "ALTER TABLE tokens ADD COLUMN max_uses INTEGER;"
    "ALTER TABLE tokens ADD COLUMN used INTEGER;"
    "ALTER TABLE tokens ADD COLUMN allow_from TEXT;"
    "ALTER TABLE tokens ADD COLUMN told_expiry INTEGER;"
    "ALTER TABLE tokens ADD COLUMN told_idle INTEGER;"
    "ALTER TABLE tokens ADD COLUMN until INTEGER;"
    "CREATE INDEX audit_by_object ON audit (object);"
    "ALTER TABLE outbox ADD COLUMN tid INTEGER;"
    "ALTER TABLE outbox ADD COLUMN notice INTEGER;"
    "ALTER TABLE outbox ADD COLUMN step INTEGER;"
    "DROP VIEW token_view;"
    "CREATE VIEW token_view AS " TOKEN_VIEW ","
    " t.idle_expires / 1000000 AS idle_expires_seconds, t.max_uses, t.used,"
    " t.allow_from, " ISO_OPT("t.until") " AS inactive_until"
    TOKEN_VIEW_FROM
    "CREATE TABLE secrets ("
    " tid INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB,"
    " made INTEGER NOT NULL, until INTEGER, time INTEGER, ip INTEGER,"
    " client INTEGER, uses INTEGER NOT NULL,"
    " PRIMARY KEY (tid, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE superseded ("
    " tid INTEGER PRIMARY KEY, number INTEGER NOT NULL, time INTEGER,"
    " ip INTEGER, client INTEGER, uses INTEGER NOT NULL) STRICT;";

static const char *const steps[SCHEMA_VERSION] = {step_1, step_2,
    step_3, step_4, step_5, step_6, step_7};

/* Reads the marks in the header and whether anything is there at all. */
static int
schema_read(struct db *db, int64_t *application, int64_t *version,
    int64_t *objects)
{
	int	rc;

	rc = db_get_int(db, "PRAGMA application_id", application);
	if (rc == SQLITE_OK)
		rc = db_get_int(db, "PRAGMA user_version", version);
	if (rc == SQLITE_OK)
		rc = db_get_int(db, "SELECT count(*) FROM sqlite_master",
		    objects);
	return rc;
}

int
schema_check(struct db *db, struct error *err)
{
	int64_t	application, version, objects;
	int	rc;

	rc = schema_read(db, &application, &version, &objects);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, err, "reading");
	if (application == 0 && version == 0 && objects == 0) {
		if (sqlite3_db_filename(db->sql, "main")[0] == '\0')
			return 0;	/* new, in memory */
		return db_damaged(db, err, "is empty, as no store ever is");
	}
	if (application != SCHEMA_APPLICATION_ID)
		return db_damaged(db, err, "is another program's database");
	if (version > SCHEMA_VERSION) {
		error_set(err, "%s: was written by a newer patrol (schema %"
		    PRId64 ", this one knows up to %d); install that version "
		    "again, or restore a backup from before its upgrade",
		    db->path, version, SCHEMA_VERSION);
		return STORE_E_NEWER;
	}
	if (version < 1)
		return db_damaged(db, err, "has no valid schema version");
	return 0;
}

static int
schema_steps(struct db *db, int64_t from)
{
	char	sql[96];
	int64_t	i;
	int	rc;

	for (i = from; i < SCHEMA_VERSION; i++) {
		rc = db_exec(db, steps[i]);
		if (rc != SQLITE_OK)
			return rc;
	}
	snprintf(sql, sizeof sql,
	    "PRAGMA application_id = %d; PRAGMA user_version = %d;",
	    SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	return db_exec(db, sql);
}

int
schema_upgrade(struct db *db, struct error *err)
{
	int64_t	version;
	int	rc, code;

	rc = db_get_int(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version == SCHEMA_VERSION)
		return 0;
	if (rc == SQLITE_OK)
		rc = db_exec(db, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = schema_steps(db, version);
	if (rc == SQLITE_OK)
		rc = db_exec(db, "COMMIT");
	if (rc == SQLITE_OK)
		return 0;
	code = db_fail(db, rc, err, "bringing the schema up to date");
	db_rollback(db);
	return code;
}
