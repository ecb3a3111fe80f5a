/*
 * engine - the road of a use, from decoded to ready for the commit.
 *
 *     de-duplicate -> resolve token -> enrich -> judge -> respond -> batch
 *
 * Pure: `now` and uses in, a batch of rows out.  Everything that changes a
 * token, an account or an alert goes through here, so that its row and its
 * audit entry lie in the same batch.  Loop thread only.
 */
#ifndef PATROL_ENGINE_ENGINE_H
#define PATROL_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/alert.h"
#include "alert/batch.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/dedup.h"
#include "rule/ruleset.h"
#include "token/notice.h"
#include "token/policy.h"
#include "token/rotation.h"
#include "token/table.h"
#include "use/use.h"

struct engine_opts {
	usec_t lateness; /* how late a use may come */
	/* How many are held: ids to tell duplicates by, words of each kind,
	 * tokens of other issuers, alerts to count on in. */
	size_t		    dedup_max, strings_max, foreign_max, alerts_max;
	const char	   *token_prefix; /* borrowed while set */
	unsigned	    auto_per_account;
	usec_t		    max_overlap; /* of two secrets of a token */
	struct token_policy policy;
	struct notice_steps notices[NOTICE_KINDS];
	usec_t	       grant_lifetime; /* of what a sign-in is answered with */
	enum rule_mode ceiling;	       /* above no rule's mode */
	unsigned       brake_changes;
	usec_t	       brake_per;
	double	       brake_share;
	/* What a token becomes whose secret has leaked; active: no change. */
	enum token_state leak_to;
};

/* Who does it: "uid:0(root)", "rule:UUID", "patrold"; -1: not a person. */
struct engine_actor {
	const char *name;
	int64_t	    uid, pid;
};

struct engine_counts {
	uint64_t uses; /* weighted lines, stored or to be */
	uint64_t duplicates;
	uint64_t empty; /* of a count of 0 */
	uint64_t refused;
	uint64_t alerts;    /* raised */
	uint64_t simulated; /* of them: on trial */
	uint64_t responses; /* automatic changes made, leaks among them */
	usec_t	 last_use;  /* arrival */
	uint64_t notices[NOTICE_KINDS]; /* told to a sink */
};

/* What gave way in memory, each at a bound of its own. */
struct engine_evicted {
	uint64_t ids, strings, foreign, alerts, registries;
};

enum engine_result { ENGINE_NEW, ENGINE_DUPLICATE, ENGINE_EMPTY };

/* What the admin operations answer, beside 0. */
enum {
	ENGINE_OK = 0,
	ENGINE_E_NOT_FOUND,
	ENGINE_E_INVALID,  /* an argument; *err names it */
	ENGINE_E_CONFLICT, /* the state does not allow it */
	ENGINE_E_LIMIT,	   /* a maximum is reached */
	ENGINE_E_DENIED	   /* others may, who asks may not */
};

struct engine;
struct tally;

/* Takes ownership of the rules. */
struct engine *engine_new(const struct engine_opts *o, struct ruleset *rs);
void	       engine_free(struct engine **e);
/* A reload: new limits; new rules, with the windows of unchanged ones. */
void engine_set_opts(struct engine *e, const struct engine_opts *o);
void engine_set_rules(struct engine *e, struct ruleset *rs,
    struct ruleset_change *change);

/*
 * What the road will look up for a use, hashed ahead.  With many tokens the
 * road mostly waits for memory: the token, the id, the address, the repository
 * and the groups of the rules each lie in a table larger than the cache.  Who
 * has several uses at hand warms each, in steps from 0 to ENGINE_WARM - 1,
 * while the ones before it are on the road, and then it does not wait.  The
 * first step also adds what a use tells by itself (its network, the family of
 * its client).  Nothing but uses may come between.
 */
#define ENGINE_WARM 3
struct engine_ahead {
	uint64_t	     hash[USE_FIELDS]; /* of the texts; 0: none */
	struct dedup_key     id;
	struct ruleset_ahead rules;
};
void engine_warm(struct engine *e, struct use *u, struct engine_ahead *a,
    unsigned step);
/* engine_use for a use that was warmed. */
enum engine_result engine_use_ahead(struct engine *e, struct use *u,
    const struct engine_ahead *a);
/*
 * The one road.  What has a count of 0 tells that nothing happened: it is
 * counted and leaves no trace, and its id may still come with a use.
 */
enum engine_result engine_use(struct engine *e, struct use *u);
/* The fields that patrol adds, before the rules see a use.  `t` may be NULL,
 * and then `s`, how it stands, does not matter. */
void engine_enrich(struct use *u, const struct token *t,
    const struct standing *s);
/* A use that is only looked at: gets these fields as it would on the road. */
void engine_look(struct engine *e, struct use *u);
/*
 * A line that was refused: kept, its first USE_LINE_MAX bytes, and counted.
 * Secrets in it are masked before: cut in two they are not seen any more.
 */
void engine_refuse(struct engine *e, usec_t now, const char *sender,
    const char *reason, const char *error, struct slice line);
/* Expires the token if its end has come or it was idle for too long, and
 * activates it if it was deactivated for a time that is over. */
void engine_expire(struct engine *e, struct token *t, usec_t now);
/* When it ends for lying unused, by its own limit or the policy's, if it is
 * not used until then; 0: never. */
usec_t engine_idle_end(const struct engine *e, const struct token *t);
/* Timed changes (expiry, the end of a pause, notices), a bounded number of
 * tokens a call; call every second. */
void engine_tick(struct engine *e, usec_t now);

/* --- notices (notices.c) --------------------------------------------- */

/* Is there a sink to take them?  Before, and while there is none, none are
 * made. */
void engine_notices_wanted(struct engine *e, bool wanted);
/* A line that the store kept is on its way to a sink. */
void engine_notice_queued(struct engine *e, const struct outbox_row *r);
/* A sink had it: the token's owner was told of that step. */
void engine_notice_told(struct engine *e, uint32_t tid, enum notice_kind kind,
    usec_t step);
/* A sink will not have it: it is made anew, after a while. */
void engine_notice_dropped(struct engine *e, uint32_t tid,
    enum notice_kind kind, usec_t now);
/* That wait for a sink. */
uint64_t engine_notices_waiting(const struct engine *e);

/*
 * The batch that fills.  engine_take finishes it (changed alerts, and up to
 * `rows` of the checkpoint) and hands it out; `next`, empty, takes its place.
 */
struct batch *engine_batch(struct engine *e);
struct batch *engine_take(struct engine *e, struct batch *next, size_t rows);
/*
 * A checkpoint brings the last-used of all tokens that were used since the one
 * before into the store, in the order of their tids, a part with each batch.
 * A row may be newer than the rest of it, then it says so by its last_seq.  The
 * batch with the last row says up to which use all are right: the newest one
 * when the checkpoint began.
 */
/* Has any use come since the last one began? */
bool engine_needs_checkpoint(const struct engine *e);
/* Begins one, the last having been written; how many rows it has. */
size_t engine_begin_checkpoint(struct engine *e);
/* Is one begun and not in batches whole? */
bool engine_has_checkpoint(const struct engine *e);
/* engine_take with all that is left of one, and a new one whole. */
struct batch *engine_take_all(struct engine *e, struct batch *next);

/* Borrowed. */
struct token_table	   *engine_tokens(struct engine *e);
struct ruleset		   *engine_rules(struct engine *e);
struct alert_table	   *engine_alerts(struct engine *e);
const struct engine_counts *engine_counts(const struct engine *e);
/* Uses by registry, a column for each enum use_outcome_id. */
const struct tally *engine_registries(const struct engine *e);
const struct brake *engine_brake(const struct engine *e);
size_t		    engine_dedup_count(const struct engine *e);
size_t		    engine_strings(const struct engine *e);
void engine_evicted(const struct engine *e, struct engine_evicted *out);
/* The mode that holds for a rule under the ceiling. */
enum rule_mode engine_rule_mode(const struct engine *e, const struct rule *r);

/* --- loading back at start (load.c) ---------------------------------- */

/* Strings first, in ascending order of their ids; then accounts; tokens, the
 * last of which are there after engine_load_marks; the rest. */
void engine_load_string(struct engine *e, uint32_t id, struct slice text);
void engine_load_account(struct engine *e, const struct account_row *r);
/* 0, or -1 with *err set for a row that makes no sense. */
int engine_load_token(struct engine *e, const struct token_row *t,
    const struct lastused_row *u, struct error *err) MUSTCHECK;
/* 0, or -1 with *err set for a row that makes no sense. */
int  engine_load_secret(struct engine *e, const struct secret_row *r,
     struct error *err) MUSTCHECK;
int  engine_load_superseded(struct engine *e, const struct secret_seen_row *r,
     struct error *err) MUSTCHECK;
void engine_load_alert(struct engine *e, const struct alert_row *r);
/* Modes of rules; engine_load_done puts them in force. */
void engine_load_mode(struct engine *e, const struct mode_row *r);
/* The keys of the newest stored use and outbox line. */
void engine_load_marks(struct engine *e, int64_t last_seq, int64_t last_outbox);
/* The brake was on since then; 0: it was off. */
void engine_load_brake(struct engine *e, usec_t since);
/*
 * Then the stored uses again.  What a string that was loaded stands for, and
 * the public id of a token; absent if the engine does not know it (any more).
 */
struct slice engine_loaded_string(const struct engine *e, uint32_t id);
struct slice engine_loaded_token(const struct engine *e, uint32_t tid);
/* Fetches what these two will look up, as engine_warm does: `step` from 0 to
 * ENGINE_WARM_ROW - 1. */
#define ENGINE_WARM_ROW 3
void engine_warm_row(const struct engine *e, const struct use_row *r,
    unsigned step);
/*
 * Adds the fields that patrol adds, of its token as it stood then.  This and
 * the three above may be called by one other thread, while this one calls
 * nothing but the two below: those change none of what they look at.
 */
void engine_replay_enrich(const struct engine *e, struct use *u,
    const struct use_row *r);
/*
 * A stored use again, enriched: remembers its id; moves the windows (raising
 * nothing); folds it into last-used if `fold` (it is newer than the
 * checkpoint) and it is not in that of its token yet.  Before, perhaps while
 * others are on the road: all steps of engine_replay_ahead, from 0 to
 * ENGINE_WARM - 1, which fetches.
 */
void engine_replay_ahead(struct engine *e, const struct use *u,
    struct engine_ahead *a, unsigned step);
void engine_replay(struct engine *e, const struct use *u,
    const struct use_row *r, const struct engine_ahead *a, bool fold);
/* After the last of all: lets go of what only loading needs. */
void engine_load_done(struct engine *e);

/* --- what people do (manage.c) --------------------------------------- */

struct engine_new_token {
	struct slice	account;
	struct slice	description;
	struct slice	scope;	/* text; absent: "read", of auto "delete" */
	struct slice	labels; /* blank-separated, or absent */
	enum token_kind kind;
	usec_t		expires;      /* point in time; 0: never */
	usec_t		idle_expires; /* unused so long; 0: policy's alone */
	int64_t		max_uses;     /* 0: any number */
	struct slice	allow_from;   /* networks; or absent */
};

struct engine_made {
	struct token *token;
	char	      secret[SECRET_MAX]; /* the caller wipes it */
	const char   *clamped;	/* what a policy made of it, for people; NULL */
	const char   *idle_cut; /* and of its idle limit */
	usec_t	      until;	/* the secret before works until then; 0: no */
	const char   *replaced; /* id of the auto token that gave way last */
};

int engine_account_add(struct engine *e, struct slice name, bool two_factor,
    usec_t now, const struct engine_actor *by, struct account **out,
    struct error *err) MUSTCHECK;
/* -1 leaves a flag as it is. */
int engine_account_set(struct engine *e, struct account *a, int disabled,
    int two_factor, usec_t now, const struct engine_actor *by);
/* Its making is a use of its own, without a token: action `token.create`; that
 * of a trap is none. */
int engine_token_create(struct engine *e, const struct engine_new_token *want,
    usec_t now, const struct engine_actor *by, struct engine_made *out,
    struct error *err) MUSTCHECK;
int engine_token_rename(struct engine *e, struct token *t,
    struct slice description, usec_t now, const struct engine_actor *by,
    struct error *err) MUSTCHECK;
/*
 * A new secret; the old one works beside it for `overlap` (0: no longer), and
 * one from an overlap before no longer either.
 */
int engine_token_rotate(struct engine *e, struct token *t, usec_t overlap,
    usec_t now, const struct engine_actor *by, struct engine_made *out,
    struct error *err) MUSTCHECK;
/* The old secret works no longer. */
int engine_token_end_overlap(struct engine *e, struct token *t, usec_t now,
    const struct engine_actor *by, struct error *err) MUSTCHECK;
/* What is to be another; all that is absent stays. */
struct engine_edit {
	struct slice description;
	struct slice labels;		      /* all of them; may be empty */
	struct slice add_labels, drop_labels; /* blank-separated */
	struct slice scope;		      /* text */
	struct slice allow_from;	      /* text; empty: from anywhere */
	bool	     has_idle, has_uses;      /* are these two given? */
	usec_t	     idle_expires;	      /* 0: never */
	int64_t	     max_uses;		      /* 0: any number */
	bool	     may_widen;	  /* else what it may only narrows */
	bool	     may_protect; /* the label `protected` too */
};

int engine_token_edit(struct engine *e, struct token *t,
    const struct engine_edit *want, usec_t now, const struct engine_actor *by,
    struct error *err) MUSTCHECK;
/* activate, deactivate, expire, delete; `reason` may be NULL. */
int engine_token_change(struct engine *e, struct token *t, enum token_state to,
    const char *reason, usec_t now, const struct engine_actor *by,
    struct error *err) MUSTCHECK;
/* Deactivates until a time; then the engine activates it, or expires it if
 * its end has come.  See lifecycle_pause. */
int engine_token_pause(struct engine *e, struct token *t, usec_t until,
    const char *reason, usec_t now, const struct engine_actor *by,
    struct error *err) MUSTCHECK;
int engine_alert_ack(struct engine *e, struct alert *a, usec_t now,
    const struct engine_actor *by, struct error *err) MUSTCHECK;
/* `verdict`: 't' true, 'f' false, 'e' expected. */
int engine_alert_close(struct engine *e, struct alert *a, char verdict,
    usec_t now, const struct engine_actor *by, struct error *err) MUSTCHECK;
/* Takes back what the alert changed; *out is the token. */
int engine_undo(struct engine *e, struct alert *a, usec_t now,
    const struct engine_actor *by, struct token **out,
    struct error *err) MUSTCHECK;
/* Gives a rule a mode, -1: that of its file.  No mode above the ceiling is
 * refused here: it holds when the ceiling goes up. */
void engine_rule_set_mode(struct engine *e, const struct rule *r, int mode,
    usec_t now, const struct engine_actor *by);
/* Was it given a mode when it meant something else?  That is void, until the
 * rule means the same again or is given another. */
bool engine_rule_lost_mode(const struct engine *e, const struct rule *r);
/* What a rule in simulate would have done since it was loaded: alerts, and
 * changes of different tokens. */
#define ENGINE_WOULD_TOKENS 20
struct engine_would {
	uint64_t	   alerts, changes;
	const char *const *token; /* borrowed; the first ones */
	unsigned	   ntokens;
};
void engine_rule_would(const struct engine *e, const struct rule *r,
    struct engine_would *out);
int  engine_brake_release(struct engine *e, usec_t now,
     const struct engine_actor *by, struct error *err) MUSTCHECK;
/* An entry for what has no row of its own ("reload"); before and after are
 * JSON objects, or absent. */
void engine_audit(struct engine *e, usec_t now, const struct engine_actor *by,
    const char *action, const char *object, struct slice before,
    struct slice after);

/* --- leaks (leak.c) -------------------------------------------------- */

/* Somebody says that a token's secret is in the open. */
struct engine_leak {
	struct token *token;	  /* whose it is; for whoever only has a hash,
				     engine_present_hash */
	bool	      superseded; /* the secret was replaced since */
	const char   *by;	  /* who says so, for people: "partner KEY" */
	struct slice  type, source, url; /* of a stranger, or absent */
};

enum engine_leaked {
	ENGINE_LEAK_CHANGED,  /* alerted, and taken out of service */
	ENGINE_LEAK_ALERTED,  /* alerted, and left as it is */
	ENGINE_LEAK_REPEATED, /* that was known: nothing is changed or kept */
	ENGINE_LEAK_RESULTS
};
const char *engine_leaked_name(enum engine_leaked r);
#define ENGINE_LEAK_RULE "patrol.leak" /* the rule of such alerts */
/*
 * Does what opts.leak_to says and raises an alert, which can be undone as
 * that of a rule; `alert` gets its id, also of one that stood already ("" if
 * it is not held any more).  The use that records it names no token as its
 * own: its action is `token.leak`.
 */
enum engine_leaked engine_leak(struct engine *e, const struct engine_leak *l,
    usec_t now, const struct engine_actor *by, char alert[ALERT_ID_MAX]);

/* --- secrets (rotate.c) ----------------------------------------------- */

#define ENGINE_SUPERSEDED "superseded" /* secret.state, and the reason */

enum engine_secret { SECRET_CURRENT, SECRET_PREVIOUS, SECRET_SUPERSEDED };

/* What somebody who signs in has shown. */
struct engine_presented {
	struct token	  *token;  /* NULL: no secret that is known */
	enum engine_secret secret; /* SUPERSEDED is to be refused */
	uint32_t	   number; /* of the secret; 0: it never had another */
	char		   text[12];
};

/* After the same work for every secret; the absent one is unknown. */
void engine_present(struct engine *e, struct slice secret, usec_t now,
    struct engine_presented *out);
void engine_present_hash(struct engine *e, const uint8_t hash[SECRET_HASH],
    usec_t now, struct engine_presented *out);
/* Says in the use which secret it was; borrows from *p. */
void engine_present_fields(struct engine_presented *p, struct use *u);
/* The secrets of a token; NULL: it has had one only.  Borrowed. */
const struct rotation	     *engine_rotation(const struct engine *e,
	   const struct token					  *t);
const struct rotation_counts *engine_rotation_counts(const struct engine *e);
#endif
