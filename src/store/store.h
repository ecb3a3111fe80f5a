/*
 * store - patrol's SQLite file: one writer, any number of readers.
 *
 * WAL, synchronous=FULL.  `struct store` belongs to one thread at a time (the
 * main thread at start, then the committer); a `struct store_reader` to the
 * thread that opened it.  The schema is described in schema.c.
 */
#ifndef PATROL_STORE_STORE_H
#define PATROL_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/batch.h"
#include "base/addr.h"
#include "base/error.h"
#include "base/slice.h"

struct store;

#define STORE_HASH 32 /* bytes of a SHA-256 */

enum {
	STORE_OK = 0,
	STORE_E_FULL,	 /* no room: try again later */
	STORE_E_IO,	 /* the disk or the file system failed */
	STORE_E_BUSY,	 /* another process holds it */
	STORE_E_NEWER,	 /* written by a newer patrol */
	STORE_E_DAMAGED, /* not a database, or not ours, or malformed */
	STORE_E_OTHER
};

/*
 * Opens (makes, upgrades) the file, and holds PATH-lock until it is closed.
 * 0 or STORE_E_*, *err naming the path and what to do.  ":memory:" for tests.
 */
int  store_open(const char *path, struct store **out,
     struct error *err) MUSTCHECK;
void store_close(struct store **s);
/*
 * Writes the whole batch in one durable transaction, or nothing.  After
 * STORE_E_FULL and STORE_E_IO the same batch may be tried again.
 */
int store_commit(struct store *s, const struct batch *b,
    struct error *err) MUSTCHECK;
/*
 * What it holds makes no sense to whoever read it, as *err says: completes
 * that with the path and what to do.  STORE_E_DAMAGED.
 */
int store_damaged(struct store *s, struct error *err);
/*
 * Moves the write-ahead log into the database, if it is long: to be called
 * after each commit and trim, when nobody waits for those any more.  Why it
 * could not, this time or at the last, or "".  What was committed is durable in
 * the log, which grows then.
 */
const char *store_empty_log(struct store *s);
/* The bytes of its files; 0 of one that is not there. */
struct store_size {
	uint64_t database, log;
};
void store_size(const char *path, struct store_size *out);

/* What is kept; a point in time of 0 keeps everything. */
struct store_keep {
	int64_t refused_max; /* refused lines, by number */
	usec_t	uses_since, alerts_since, refused_since;
	usec_t	now;  /* what arrived later has no time; 0: all have */
	int	step; /* rows of one table in one call */
};

struct store_trimmed {
	uint64_t rows;
	bool	 more; /* call again, there is more of it */
};

/*
 * One step of deleting from the oldest end what is not to be kept, and outbox
 * rows that every cursor has passed (none, while there is no cursor), in one
 * transaction.
 */
int store_trim(struct store *s, const struct store_keep *keep,
    struct store_trimmed *out, struct error *err) MUSTCHECK;

/*
 * Reading everything back at start.  Callbacks get rows whose text lives
 * until they return; a callback that returns non-zero stops the walk and
 * that value is returned.  Order: ascending key.
 */
typedef int (*store_string_fn)(uint32_t id, struct slice text, void *arg);
typedef int (*store_account_fn)(const struct account_row *r, void *arg);
typedef int (*store_token_fn)(const struct token_row *t,
    const struct lastused_row *u, void *arg);
typedef int (*store_secret_fn)(const struct secret_row *r, void *arg);
typedef int (*store_seen_fn)(const struct secret_seen_row *r, void *arg);
typedef int (*store_alert_fn)(const struct alert_row *r, void *arg);
typedef int (*store_mode_fn)(const struct mode_row *r, void *arg);
typedef int (*store_outbox_fn)(const struct outbox_row *r, void *arg);

/* A stored use with its text in place of ids. */
struct stored_use {
	int64_t	     seq, prev;
	usec_t	     time, arrival;
	uint32_t     token;    /* tid */
	struct slice token_id; /* public id; absent: none */
	struct slice id, account, registry, action, outcome, reason, repository,
	    tag, digest, media_type, ip, user_agent, other;
	int64_t		bytes, count;
	struct standing standing;
};
typedef int (*store_use_fn)(const struct stored_use *u, void *arg);
/* The same as it is stored, with numbers for names. */
typedef int (*store_row_fn)(const struct use_row *u, void *arg);

struct store_marks {
	int64_t	 last_seq;    /* newest use */
	int64_t	 checkpoint;  /* last-used is right up to this */
	uint32_t last_string; /* highest string id */
	int64_t	 last_outbox;
	usec_t	 brake_since; /* the brake is on since; 0: off */
};

int store_marks(struct store *s, struct store_marks *m,
    struct error *err) MUSTCHECK;
/* The newest `max` strings and all that rows of last uses name, ascending. */
int store_load_strings(struct store *s, size_t max, store_string_fn fn,
    void *arg, struct error *err) MUSTCHECK;
int store_load_accounts(struct store *s, store_account_fn fn, void *arg,
    struct error *err) MUSTCHECK;
/* In the order in which they were made: of several with one public id (foreign
 * ones that were forgotten and came again) the newest, which counts, last. */
int store_load_tokens(struct store *s, store_token_fn fn, void *arg,
    struct error *err) MUSTCHECK;
/* Secrets of tokens that were rotated, by token and number; then what was
 * tried of superseded ones. */
int store_load_secrets(struct store *s, store_secret_fn fn, store_seen_fn seen,
    void *arg, struct error *err) MUSTCHECK;
/* Alerts that are still counting: last or quiet_until at or after `since`. */
int store_load_alerts(struct store *s, usec_t since, store_alert_fn fn,
    void *arg, struct error *err) MUSTCHECK;
/* Modes that people gave to rules. */
int store_load_modes(struct store *s, store_mode_fn fn, void *arg,
    struct error *err) MUSTCHECK;
/* Lines a sink has not had yet, at most `max`. */
int store_load_outbox(struct store *s, const char *sink, size_t max,
    store_outbox_fn fn, void *arg, struct error *err) MUSTCHECK;
/* The lowest seq whose arrival is at or after `since`, less one: where a
 * replay begins that needs all uses since then.  Takes arrivals to ascend
 * with seq; where the clock was set back, some may be missed. */
int store_seq_before(struct store *s, usec_t since, int64_t *seq,
    struct error *err) MUSTCHECK;

/* --- reading beside the writer, off the loop ------------------------- */

struct store_reader;

int  store_reader_open(const char *path, struct store_reader **out,
     struct error *err) MUSTCHECK;
void store_reader_close(struct store_reader **r);
/*
 * After a page was read: the `before` of the one that follows, 0 if there
 * are no more rows.  A page of uses or of the audit that is narrowed may end
 * short, even empty, and still have a next: it looks at 250,000 keys at the
 * most, at 100,000 uses of one token, at 50,000 entries of the audit.
 */
int64_t store_reader_next(const struct store_reader *r);

/* What a page of a list is to hold; absent or 0 fields do not narrow. */
struct store_query {
	int64_t	     before; /* keys below this; 0: from the newest */
	unsigned     limit;  /* rows of the page; 0: all */
	struct slice token;  /* public id */
	struct slice account;
	/*
	 * Only what the owner of this account may see: nothing of others, and
	 * nothing of its traps.
	 */
	struct slice owner;
	struct slice id;     /* of an alert: this one alone; of
					   audit: its object */
	struct slice action; /* of uses: this; of audit, with `*`:
					   "token.*" */
	int	     state;  /* of alerts: enum alert_state, -1 all */
	unsigned     level;  /* of alerts: this level or above */
	/* Of uses and audit: when it happened; before `until`. */
	usec_t	     since, until;
	struct slice text; /* in any text of it, whatever its case */
	/* Of uses. */
	struct slice registry, outcome;
	struct slice repository;     /* with `*` and `?` */
	struct slice reason, client; /* in it, whatever its case */
	struct cidr  net;	     /* of its address; family 0: any */
	usec_t	     lateness;	     /* none came later; 0: who knows */
	/* Of audit. */
	struct slice actor; /* in the name of who did it */
	bool	     by_uid;
	int64_t	     uid; /* if by_uid */
};

/* The functions given to a reader must not use that same reader. */
typedef int (
    *store_audit_fn)(int64_t seq, const struct audit_row *r, void *arg);
typedef int (
    *store_refused_fn)(int64_t seq, const struct refused_row *r, void *arg);
typedef int (
    *store_alert_page_fn)(int64_t key, const struct alert_row *r, void *arg);

/*
 * Newest first.  With query.token set: a walk along `prev`, no scan.  With
 * `since`: takes arrivals to ascend with seq, as store_seq_before does.
 */
int store_read_uses(struct store_reader *r, const struct store_query *q,
    store_use_fn fn, void *arg, struct error *err) MUSTCHECK;
/*
 * The same in the order of their arrival, of the keys `from` to *to: q->limit
 * of them at the most, and then *to becomes the last one's.
 */
int store_follow_uses(struct store_reader *r, const struct store_query *q,
    int64_t from, int64_t *to, store_use_fn fn, void *arg,
    struct error *err) MUSTCHECK;
/* One use by its key: fn is called once, or not at all. */
int store_read_use(struct store_reader *r, int64_t seq, store_use_fn fn,
    void *arg, struct error *err) MUSTCHECK;
/*
 * Uses with `from` <= seq <= `to`, ascending, at the most `limit` of them.
 * Long ones are read in stretches: each sees the file as it is then.
 */
int store_read_range(struct store_reader *r, int64_t from, int64_t to,
    unsigned limit, store_use_fn fn, void *arg, struct error *err) MUSTCHECK;
/* Uses with seq > `after`, in order, as they are stored; in the state of this
 * moment, however long it takes. */
int store_read_rows(struct store_reader *r, int64_t after, store_row_fn fn,
    void *arg, struct error *err) MUSTCHECK;
/*
 * What a number in such a row stands for, absent if it is of nothing; the
 * function given to store_read_rows may ask.  Those asked for lately are
 * remembered, up to a bound, as long as the reader is open.  The text lives
 * until the next call.
 */
enum store_names { STORE_STRING, STORE_TOKEN_ID /* by tid */, STORE_NAMES };
int store_read_name(struct store_reader *r, enum store_names what,
    uint32_t number, struct slice *out, struct error *err) MUSTCHECK;
/*
 * The keys of the uses that arrived from `since` on and before `until`; *to
 * is less than *from where there are none.  As store_seq_before.
 */
int store_read_ends(struct store_reader *r, usec_t since, usec_t until,
    int64_t *from, int64_t *to, struct error *err) MUSTCHECK;

/* What the rules see of a token, beside how it stood. */
struct stored_token {
	enum token_kind kind;
	usec_t		created;
	struct slice	labels, scope; /* as in struct token_row */
	struct slice	account;       /* name; or absent */
};
typedef int (*store_issued_fn)(const struct stored_token *t, void *arg);
/* By its tid: fn is called once, or not at all.  A function given to
 * store_read_range may ask this. */
int store_read_token(struct store_reader *r, uint32_t tid, store_issued_fn fn,
    void *arg, struct error *err) MUSTCHECK;
int store_read_alerts(struct store_reader *r, const struct store_query *q,
    store_alert_page_fn fn, void *arg, struct error *err) MUSTCHECK;
int store_read_audit(struct store_reader *r, const struct store_query *q,
    store_audit_fn fn, void *arg, struct error *err) MUSTCHECK;
int store_read_refused(struct store_reader *r, const struct store_query *q,
    store_refused_fn fn, void *arg, struct error *err) MUSTCHECK;

/* --- a copy, beside the writer, off the loop -------------------------- */

struct store_backup;
struct store_backup_state {
	uint64_t done, total; /* bytes */
	bool	 more;
};

/*
 * Into the file behind `fd`, borrowed until the close: a regular one, empty,
 * open to read and write, in which nobody else writes.  What is copied is the
 * state of this moment, whatever is committed later.  0 or STORE_E_*.
 */
int  store_backup_open(const char *path, int fd, struct store_backup **out,
     struct error *err) MUSTCHECK;
void store_backup_close(struct store_backup **b);
/*
 * Copies so many pages.  When there are no more the copy is whole and synced;
 * before, and after a fault, the file is nothing.
 */
int store_backup_step(struct store_backup *b, int pages,
    struct store_backup_state *st, struct error *err) MUSTCHECK;

/* --- is it sound?, beside the writer, off the loop -------------------- */

struct store_check_hooks {
	/* Where ("use 17"), what is wrong there, and what to do about it;
	 * at most 20 for each of the latter. */
	void (*finding)(const char *place, const char *text, const char *todo,
	    void *arg);
	/* About how far it is; false: enough, ends with STORE_E_OTHER. */
	bool (*progress)(uint64_t done, uint64_t total, void *arg);
	void *arg;
};

struct store_checked {
	uint64_t findings; /* also those that were not told */
	uint64_t pages, uses, tokens;
};

/*
 * Looks at all of it, in the state of this moment: the file as SQLite sees
 * it, `prev` of all uses, last-used against a recount, references.  What is
 * wrong with it is a finding; 0, or STORE_E_* where it could not be checked.
 */
int store_check(const char *path, const struct store_check_hooks *hooks,
    struct store_checked *out, struct error *err) MUSTCHECK;

/* --- the hash chain (chain.h) ---------------------------------------- */

/* What a call is to verify. */
struct store_verify {
	int64_t	 after;	     /* links behind this one; 0: from the first */
	uint64_t rows;	     /* no further link when so many were read;
				0: only what the head is */
	usec_t	 kept_since; /* uses that came before this may be gone */
	usec_t	 now;	     /* of a later time nothing is known; 0: all is */
	int64_t	 head_seq;   /* a link known from elsewhere; 0: none */
	uint8_t	 head[STORE_HASH]; /* its hash */
};

/* What it found. */
struct store_verified {
	uint64_t links, rows, faults;
	bool	 more;	    /* call again, with after = at */
	int64_t	 at;	    /* the last link verified, */
	int64_t	 at_use;    /* and the newest use in it */
	int64_t	 gone;	    /* newest use that retention deleted; 0: none */
	usec_t	 gone_time; /* newest arrival in the link that had it */
	int64_t	 head_seq;  /* the newest link */
	int64_t	 head_use;
	usec_t	 head_time;
	uint8_t	 head[STORE_HASH];
	uint64_t waiting;    /* uses that are in no link yet */
	bool	 head_found; /* the link of want->head_seq came by */
};

/* `text` says what is wrong with the rows of a link. */
typedef void (*store_fault_fn)(int64_t link, const char *text, void *arg);

/*
 * Compares a part of the chain with what is stored; faults are told, and no
 * errors.  0 or STORE_E_*.
 */
int store_verify(struct store_reader *r, const struct store_verify *want,
    struct store_verified *out, store_fault_fn fn, void *arg,
    struct error *err) MUSTCHECK;
#endif
