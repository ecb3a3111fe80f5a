#include "store/stmt.h"

#include <sqlite3.h>

#include "store/db.h"

/* Tables laid out by hand. */
/* clang-format off */

/* row.c reads the columns in this order. */
#define USE_COLUMNS							\
	"SELECT u.seq, u.prev, u.time, u.late, u.token, t.id, u.id,"	\
	" a.text, r.text, ac.text, o.text, re.text, rp.text, tg.text,"	\
	" d.text, m.text, ip.text, ua.text, u.bytes, u.count, u.other,"	\
	" u.standing"							\
	" FROM uses u"
/* LEFT JOIN: a string or a token that is missing costs its text only. */
#define USE_JOINS							\
	" LEFT JOIN tokens t ON t.tid = u.token"			\
	" LEFT JOIN strings a ON a.id = u.account"			\
	" LEFT JOIN strings r ON r.id = u.registry"			\
	" LEFT JOIN strings ac ON ac.id = u.action"			\
	" LEFT JOIN strings o ON o.id = u.outcome"			\
	" LEFT JOIN strings re ON re.id = u.reason"			\
	" LEFT JOIN strings rp ON rp.id = u.repository"			\
	" LEFT JOIN strings tg ON tg.id = u.tag"			\
	" LEFT JOIN strings d ON d.id = u.digest"			\
	" LEFT JOIN strings m ON m.id = u.media_type"			\
	" LEFT JOIN strings ip ON ip.id = u.ip"				\
	" LEFT JOIN strings ua ON ua.id = u.user_agent"
#define SELECT_USES USE_COLUMNS USE_JOINS

/* match.c reads the columns in this order, then SCAN_MORE. */
#define SCAN_COLUMNS							\
	"SELECT seq, time, token, account, registry, action, outcome,"	\
	" reason, repository, ip, user_agent"
#define SCAN_MORE ", tag, digest, media_type, id, other"

/* Ids of the tokens of the account ?8 that its owner knows of. */
#define OWN_TOKENS							\
	"(SELECT t.id FROM tokens t JOIN accounts a ON a.aid = t.aid"	\
	" WHERE a.name = ?8 AND t.kind <> 2)"

#define SELECT_ALERTS							\
	"SELECT key, id, rule, title, group_key, token, account, done,"	\
	" summary, level, mode, state, verdict, undone, first, last,"	\
	" raised, quiet_until, count, uses, tid, was_state, why FROM alerts"

/* All strings that rows of last uses name. */
#define NAMED_STRINGS							\
	"SELECT ip FROM last_used UNION"				\
	" SELECT client FROM last_used UNION"				\
	" SELECT action FROM last_used UNION"				\
	" SELECT repository FROM last_used UNION"			\
	" SELECT registry FROM last_used UNION"				\
	" SELECT ip FROM secrets UNION SELECT client FROM secrets UNION"	\
	" SELECT ip FROM superseded UNION SELECT client FROM superseded"

static const struct {
	unsigned	 who;
	const char	*sql;
} statements[STMT_N] = {
	[STMT_BEGIN] = {STMT_WRITER, "BEGIN IMMEDIATE"},
	[STMT_SNAPSHOT] = {STMT_READER, "BEGIN"},
	[STMT_COMMIT] = {STMT_WRITER | STMT_READER, "COMMIT"},

	[STMT_ADD_STRING] = {STMT_WRITER,
	    "INSERT INTO strings (id, text) VALUES (?1, ?2)"},
	/* OR ROLLBACK: a batch is written whole or not at all, so SQLite
	 * need not be able to take back this statement alone. */
	[STMT_ADD_USES] = {STMT_WRITER,
	    "INSERT OR ROLLBACK INTO uses SELECT * FROM batch_uses"},
	[STMT_PUT_TOKEN] = {STMT_WRITER,
	    "INSERT INTO tokens (tid, id, hash, state, kind, aid,"
	    " description, labels, scope, cause, actor, created, expires,"
	    " changed, idle_expires, max_uses, used, allow_from, told_expiry,"
	    " told_idle, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
	    " ON CONFLICT (tid) DO UPDATE SET id = excluded.id,"
	    " hash = excluded.hash, state = excluded.state,"
	    " kind = excluded.kind, aid = excluded.aid,"
	    " description = excluded.description,"
	    " labels = excluded.labels, scope = excluded.scope,"
	    " cause = excluded.cause, actor = excluded.actor,"
	    " created = excluded.created, expires = excluded.expires,"
	    " changed = excluded.changed,"
	    " idle_expires = excluded.idle_expires,"
	    " max_uses = excluded.max_uses, used = excluded.used,"
	    " allow_from = excluded.allow_from,"
	    " told_expiry = excluded.told_expiry,"
	    " told_idle = excluded.told_idle, until = excluded.until"},
	[STMT_PUT_LASTUSED] = {STMT_WRITER,
	    "INSERT OR REPLACE INTO last_used (tid, time, first, ip, client,"
	    " action, repository, registry, outcome, uses, refused, seq,"
	    " seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
	    " ?12, ?13)"},
	[STMT_PUT_SECRET] = {STMT_WRITER,
	    "INSERT INTO secrets (tid, number, hash, made, until, time, ip,"
	    " client, uses) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	    " ON CONFLICT (tid, number) DO UPDATE SET hash = excluded.hash,"
	    " until = excluded.until"},
	[STMT_DROP_SECRET] = {STMT_WRITER,
	    "DELETE FROM secrets WHERE tid = ?1 AND number = ?2"},
	[STMT_SECRET_USED] = {STMT_WRITER,
	    "UPDATE secrets SET time = ?3, ip = ?4, client = ?5, uses = ?6"
	    " WHERE tid = ?1 AND number = ?2"},
	[STMT_PUT_SUPERSEDED] = {STMT_WRITER,
	    "INSERT OR REPLACE INTO superseded (tid, number, time, ip,"
	    " client, uses) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
	[STMT_PUT_ACCOUNT] = {STMT_WRITER,
	    "INSERT INTO accounts (aid, name, two_factor, disabled, created)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)"
	    " ON CONFLICT (aid) DO UPDATE SET name = excluded.name,"
	    " two_factor = excluded.two_factor,"
	    " disabled = excluded.disabled, created = excluded.created"},
	[STMT_PUT_ALERT] = {STMT_WRITER,
	    "INSERT INTO alerts (id, rule, title, group_key, token, account,"
	    " done, summary, level, mode, state, verdict, undone, first,"
	    " last, raised, quiet_until, count, uses, tid, was_state, why)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
	    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"
	    " ON CONFLICT (id) DO UPDATE SET rule = excluded.rule,"
	    " title = excluded.title, group_key = excluded.group_key,"
	    " token = excluded.token, account = excluded.account,"
	    " done = excluded.done, summary = excluded.summary,"
	    " level = excluded.level, mode = excluded.mode,"
	    " state = excluded.state, verdict = excluded.verdict,"
	    " undone = excluded.undone, first = excluded.first,"
	    " last = excluded.last, raised = excluded.raised,"
	    " quiet_until = excluded.quiet_until, count = excluded.count,"
	    " uses = excluded.uses, tid = excluded.tid,"
	    " was_state = excluded.was_state,"
	    " why = coalesce(excluded.why, why)"},
	[STMT_ADD_AUDIT] = {STMT_WRITER,
	    "INSERT INTO audit (time, actor, uid, pid, action, object,"
	    " before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
	[STMT_ADD_REFUSED] = {STMT_WRITER,
	    "INSERT INTO refused (time, sender, reason, error, line)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)"},
	[STMT_ADD_OUTBOX] = {STMT_WRITER,
	    "INSERT INTO outbox (seq, alert, tid, notice, step)"
	    " VALUES (?1, ?2, ?3, ?4, ?5)"},
	[STMT_PUT_CURSOR] = {STMT_WRITER,
	    "INSERT INTO cursors (sink, seq) VALUES (?1, ?2)"
	    " ON CONFLICT (sink) DO UPDATE SET seq = excluded.seq"},
	[STMT_PUT_MARK] = {STMT_WRITER,
	    "INSERT INTO marks (name, value) VALUES (?1, ?2)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"},

	/* The newest use and the newest outbox row may have been trimmed:
	 * the checkpoint and the cursors remember how far they went. */
	[STMT_MARKS] = {STMT_WRITER | STMT_READER,
	    "WITH c (seq) AS (SELECT coalesce((SELECT value FROM marks"
	    " WHERE name = 'checkpoint'), 0))"
	    " SELECT max(coalesce((SELECT max(seq) FROM uses), 0), c.seq),"
	    " c.seq, coalesce((SELECT max(id) FROM strings), 0),"
	    " max(coalesce((SELECT max(seq) FROM outbox), 0),"
	    " coalesce((SELECT max(seq) FROM cursors), 0)),"
	    " (SELECT value FROM marks WHERE name = 'brake') FROM c"},
	[STMT_STRINGS_FROM] = {STMT_WRITER,
	    "SELECT id FROM strings ORDER BY id DESC LIMIT 1 OFFSET ?1"},
	[STMT_STRINGS_NAMED] = {STMT_WRITER,
	    "SELECT id, text FROM strings WHERE id <= ?1 AND id IN ("
	    NAMED_STRINGS ") ORDER BY id"},
	[STMT_STRINGS_NEWEST] = {STMT_WRITER,
	    "SELECT id, text FROM strings WHERE id > ?1 ORDER BY id"},
	[STMT_ACCOUNTS] = {STMT_WRITER,
	    "SELECT aid, name, two_factor, disabled, created FROM accounts"
	    " ORDER BY aid"},
	[STMT_TOKENS] = {STMT_WRITER,
	    "SELECT t.tid, t.id, t.hash, t.state, t.kind, t.aid,"
	    " t.description, t.labels, t.scope, t.cause, t.actor, t.created,"
	    " t.expires, t.changed, l.time, l.first, l.ip, l.client,"
	    " l.action, l.repository, l.registry, l.outcome, l.uses,"
	    " l.refused, l.seq, l.seen, t.idle_expires, t.max_uses, t.used,"
	    " t.allow_from, t.told_expiry, t.told_idle, t.until"
	    " FROM tokens t LEFT JOIN last_used l ON l.tid = t.tid"
	    " ORDER BY t.tid"},
	[STMT_SECRETS] = {STMT_WRITER,
	    "SELECT tid, number, hash, made, until, time, ip, client, uses"
	    " FROM secrets ORDER BY tid, number"},
	[STMT_SUPERSEDED] = {STMT_WRITER,
	    "SELECT tid, number, time, ip, client, uses FROM superseded"
	    " ORDER BY tid"},
	[STMT_ALERTS_SINCE] = {STMT_WRITER,
	    SELECT_ALERTS " WHERE last >= ?1 OR quiet_until >= ?1"
	    " ORDER BY key"},
	[STMT_OUTBOX] = {STMT_WRITER,
	    "SELECT seq, alert, tid, notice, step FROM outbox WHERE seq > coalesce("
	    "(SELECT seq FROM cursors WHERE sink = ?1), 0)"
	    " ORDER BY seq LIMIT ?2"},
	[STMT_SEQ_ENDS] = {STMT_WRITER | STMT_READER,
	    "SELECT (SELECT min(seq) FROM uses), (SELECT max(seq) FROM uses)"},
	[STMT_SEQ_AT] = {STMT_WRITER | STMT_READER,
	    "SELECT seq, time + coalesce(late, 0) FROM uses WHERE seq >= ?1"
	    " ORDER BY seq LIMIT 1"},

	[STMT_PUT_MODE] = {STMT_WRITER,
	    "INSERT OR REPLACE INTO rule_modes VALUES (?1, ?2, ?3)"},
	[STMT_DROP_MODE] = {STMT_WRITER,
	    "DELETE FROM rule_modes WHERE rule = ?1"},
	[STMT_MODES] = {STMT_WRITER,
	    "SELECT rule, mode, meaning FROM rule_modes ORDER BY rule"},
	[STMT_ADD_LINK] = {STMT_WRITER,
	    "INSERT INTO chain VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
	[STMT_CHAIN_LINK] = {STMT_WRITER | STMT_READER,
	    "SELECT * FROM chain WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1"},
	[STMT_CHAIN_NEXT] = {STMT_READER,
	    "SELECT * FROM chain WHERE seq > ?1 ORDER BY seq"},
	[STMT_CHAIN_USES] = {STMT_WRITER | STMT_READER,
	    "SELECT * FROM uses WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"},
	[STMT_CHAIN_STRINGS] = {STMT_WRITER | STMT_READER,
	    "SELECT * FROM strings WHERE id > ?1 AND id <= ?2 ORDER BY id"},
	[STMT_CHAIN_AUDIT] = {STMT_WRITER | STMT_READER,
	    "SELECT seq, time, actor, uid, pid, action, object, before, after"
	    " FROM audit WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"},

	[STMT_RANGE] = {STMT_READER,
	    SELECT_USES " WHERE u.seq BETWEEN ?1 AND ?2"
	    " ORDER BY u.seq LIMIT ?3"},
	[STMT_ROWS] = {STMT_READER,
	    "SELECT * FROM uses WHERE seq > ?1 ORDER BY seq"},
	[STMT_STRING] = {STMT_READER, "SELECT text FROM strings WHERE id = ?1"},
	[STMT_TOKEN_ID] = {STMT_READER, "SELECT id FROM tokens WHERE tid = ?1"},
	[STMT_TOKEN_SEEN] = {STMT_READER,
	    "SELECT t.kind, t.created, t.labels, t.scope, a.name"
	    " FROM tokens t LEFT JOIN accounts a ON a.aid = t.aid"
	    " WHERE t.tid = ?1"},
	[STMT_CHECK_TOKENS] = {STMT_READER,
	    "SELECT t.tid, t.id, l.tid, l.time, l.first, l.uses, l.refused,"
	    " l.seq, l.outcome, l.ip, l.client, l.action, l.repository,"
	    " l.registry FROM tokens t LEFT JOIN last_used l ON l.tid = t.tid"
	    " WHERE t.tid >= ?1 AND t.tid < ?2 ORDER BY t.tid"},
	[STMT_CHECK_SAME] = {STMT_READER,
	    "SELECT (SELECT text FROM strings WHERE id = ?1) IS"
	    " (SELECT text FROM strings WHERE id = ?2)"},
	[STMT_USE] = {STMT_READER, SELECT_USES " WHERE u.seq = ?1"},
	[STMT_USE_LINK] = {STMT_READER,
	    "SELECT token, prev FROM uses WHERE seq = ?1"},
	[STMT_TOKEN_OF] = {STMT_READER,
	    "SELECT t.tid, l.seq FROM tokens t"
	    " LEFT JOIN last_used l ON l.tid = t.tid"
	    " WHERE t.id = ?1 AND t.tid <= ?2 ORDER BY t.tid DESC"},
	[STMT_TOKEN_IS] = {STMT_READER,
	    "SELECT 1 FROM tokens WHERE tid = ?1 AND id = ?2"},
	[STMT_TOKEN_NEWEST] = {STMT_READER,
	    "SELECT seq FROM uses WHERE seq > ?1 AND token = ?2"
	    " ORDER BY seq DESC LIMIT 1"},
	[STMT_USES] = {STMT_READER,
	    SELECT_USES " WHERE u.seq < ?1 ORDER BY u.seq DESC LIMIT ?2"},
	[STMT_SCAN] = {STMT_READER,
	    SCAN_COLUMNS " FROM uses WHERE seq < ?1 AND seq >= ?2"
	    " ORDER BY seq DESC"},
	[STMT_SCAN_WIDE] = {STMT_READER,
	    SCAN_COLUMNS SCAN_MORE " FROM uses WHERE seq < ?1 AND seq >= ?2"
	    " ORDER BY seq DESC"},
	[STMT_FOLLOW] = {STMT_READER,
	    SCAN_COLUMNS " FROM uses WHERE seq BETWEEN ?1 AND ?2"
	    " ORDER BY seq"},
	[STMT_FOLLOW_WIDE] = {STMT_READER,
	    SCAN_COLUMNS SCAN_MORE " FROM uses WHERE seq BETWEEN ?1 AND ?2"
	    " ORDER BY seq"},
	[STMT_TOKEN_FACTS] = {STMT_READER,
	    "SELECT t.id, t.kind, a.name FROM tokens t"
	    " LEFT JOIN accounts a ON a.aid = t.aid WHERE t.tid = ?1"},
	/* An alert that is grouped by account may be about another's. */
	[STMT_ALERTS] = {STMT_READER,
	    SELECT_ALERTS " WHERE key < ?1 AND (?3 IS NULL OR token = ?3)"
	    " AND (?4 IS NULL OR account = ?4) AND (?5 IS NULL OR id = ?5)"
	    " AND (?6 < 0 OR state = ?6) AND level >= ?7"
	    " AND (?8 IS NULL OR (CASE WHEN token IS NULL THEN account = ?8"
	    " ELSE token IN " OWN_TOKENS " END"
	    " AND coalesce(json_extract(group_key, '$.account'), ?8) = ?8))"
	    " ORDER BY key DESC LIMIT ?2"},
	[STMT_AUDIT] = {STMT_READER,
	    "SELECT seq, time, actor, uid, pid, action, object, before,"
	    " after FROM audit WHERE seq < ?1 AND seq >= ?11"
	    " AND (?3 IS NULL OR action GLOB ?3)"
	    " AND (?4 IS NULL OR object = ?4)"
	    " AND (?5 IS NULL OR instr(actor, ?5) > 0)"
	    " AND (?6 IS NULL OR uid = ?6)"
	    " AND time >= ?7 AND (?9 = 0 OR time < ?9)"
	    " AND (?10 IS NULL OR instr(lower(actor || char(10) || action"
	    " || char(10) || object || char(10) || coalesce(before, '')"
	    " || char(10) || coalesce(after, '')), lower(?10)) > 0)"
	    " AND (?8 IS NULL OR (object = ?8 AND action GLOB 'account.*')"
	    " OR object IN " OWN_TOKENS ")"
	    " ORDER BY seq DESC LIMIT ?2"},
	[STMT_REFUSED] = {STMT_READER,
	    "SELECT seq, time, sender, reason, error, line FROM refused"
	    " WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2"},

	/* Rows go from the oldest end only, so the keys have no gaps and the
	 * newest key less the limit is the newest row too many. */
	[STMT_TRIM_REFUSED] = {STMT_WRITER,
	    "DELETE FROM refused WHERE seq IN (SELECT seq FROM refused"
	    " WHERE seq <= (SELECT max(seq) FROM refused) - ?1"
	    " ORDER BY seq LIMIT ?2)"},
	/* By age, from the oldest end only, so that no hole comes about: up to
	 * the last old use before the first one of the time that is kept.  What
	 * came before an old one is old, also if a clock that was ahead said
	 * otherwise.  The newest stays, for the next key is counted from it. */
	[STMT_TRIM_USES_BEFORE] = {STMT_WRITER,
	    "WITH step (over) AS (SELECT min((SELECT max(seq) FROM uses),"
	    " (SELECT min(seq) FROM uses) + ?2)),"
	    " kept (seq) AS (SELECT coalesce((SELECT min(seq) FROM uses"
	    " WHERE seq < (SELECT over FROM step)"
	    " AND time + coalesce(late, 0) BETWEEN ?1 AND ?3),"
	    " (SELECT over FROM step)))"
	    " DELETE FROM uses WHERE seq <= (SELECT max(seq) FROM uses"
	    " WHERE seq < (SELECT seq FROM kept)"
	    " AND time + coalesce(late, 0) < ?1)"},
	[STMT_TRIM_ALERTS_BEFORE] = {STMT_WRITER,
	    "DELETE FROM alerts WHERE key < (SELECT min(key) FROM alerts) + ?2"
	    " AND last < ?1"},
	[STMT_TRIM_REFUSED_BEFORE] = {STMT_WRITER,
	    "DELETE FROM refused WHERE seq < (SELECT min(seq) FROM refused)"
	    " + ?2 AND time < ?1"},
	/* Without a cursor nobody has had anything: min() is NULL. */
	[STMT_TRIM_OUTBOX] = {STMT_WRITER,
	    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox"
	    " WHERE seq <= (SELECT min(seq) FROM cursors)"
	    " ORDER BY seq LIMIT ?2)"},
};

int
stmt_prepare(struct db *db, unsigned who)
{
	unsigned	i;
	int		rc;

	for (i = 0; i < STMT_N; i++) {
		if ((statements[i].who & who) == 0)
			continue;
		rc = sqlite3_prepare_v3(db->sql, statements[i].sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &db->stmt[i], NULL);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}
