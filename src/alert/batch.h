/*
 * batch - what one commit carries.
 *
 * The engine fills a batch on the loop thread; the committer writes it in one
 * transaction.  Rows are flat; their text lies in the batch's arena, so a
 * batch needs nothing of the loop thread's tables while it is written.
 * Never touched by two threads at once: it is handed over whole.
 */
#ifndef PATROL_ALERT_BATCH_H
#define PATROL_ALERT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/slice.h"
#include "token/limits.h"
#include "token/rotation.h"
#include "token/token.h"

struct string_row {
	uint32_t     id;
	struct slice text;
};

/* One stored use; the uint32_t fields are string ids, 0 for absent. */
/*
 * How a token stood when a use of it was judged: what the rules saw as
 * token.state and token.idle_days.
 */
struct standing {
	uint8_t state;	   /* enum token_state */
	int64_t idle_days; /* since the use before; -1: there was none */
};

struct use_row {
	int64_t	 seq;  /* its key, counting up from 1 */
	int64_t	 prev; /* same token's use before; 0: none */
	usec_t	 time, arrival;
	uint32_t token; /* tid; 0: names no token */
	uint32_t account, registry, action, outcome, reason, repository, tag,
	    digest, media_type, ip, user_agent;
	int64_t		bytes;	  /* -1: absent */
	int64_t		count;	  /* 1: the default */
	struct slice	id;	  /* or absent */
	struct slice	other;	  /* JSON object, or absent */
	struct standing standing; /* if it names a token */
};

/* A token's lifecycle: inserted or replaced. */
struct token_row {
	uint32_t     tid;
	struct slice id;
	uint8_t	     hash[SECRET_HASH];
	uint8_t	     state, kind;
	uint32_t     aid; /* account, 0: none */
	struct slice description, labels, cause, actor;
	struct slice scope; /* absent: a foreign one has none */
	usec_t	     created, expires, changed;
	usec_t	     until; /* inactive until then; 0: no time */
	/* Of struct token_limits; mostly all absent. */
	usec_t	     idle_expires;
	int64_t	     max_uses, used;
	struct slice allow_from;
	usec_t	     told[NOTICE_KINDS];
};

/* A token's last-used, all of its uses up to last_seq. */
struct lastused_row {
	uint32_t     tid;
	usec_t	     time, first;
	uint32_t     ip, client, action, repository, registry;
	uint8_t	     outcome;
	uint64_t     uses, refused;
	int64_t	     last_seq;
	struct slice seen; /* as seen_pack writes it, or absent */
};

/*
 * A secret of a token that was rotated: its `used` holds where the store does
 * not know the secret yet; later that is a sighting's to write.
 */
struct sighting_row {
	usec_t	 time;
	uint32_t ip, client; /* string ids; 0: absent */
	uint64_t count;
};

struct secret_row {
	uint32_t	    tid, number;
	bool		    forgotten; /* deleted; the rest is nothing */
	uint8_t		    hash[SECRET_HASH]; /* all zero: the current one */
	usec_t		    made, until;       /* 0: the current one */
	struct sighting_row used;
};

/* As of a checkpoint: the last use of a secret, or what was tried of those
 * that were superseded, the one of that number last. */
struct secret_seen_row {
	uint32_t	    tid, number;
	bool		    superseded;
	struct sighting_row seen;
};

struct account_row {
	uint32_t     aid;
	struct slice name;
	bool	     two_factor, disabled;
	usec_t	     created;
};

#define ALERT_ID_MAX   20 /* "alr_" + 15 base32 characters, NUL */
#define ALERT_USES_MAX 20 /* keys of uses kept with an alert */

enum alert_state { ALERT_OPEN, ALERT_ACKNOWLEDGED, ALERT_CLOSED };

/* An alert as it now is: inserted or replaced. */
struct alert_row {
	char	     id[ALERT_ID_MAX];
	struct slice rule, title;    /* the rule's id and title */
	struct slice key;	     /* JSON object: {"token":"pat_a"} */
	struct slice token, account; /* of the use, may be absent */
	struct slice done;	     /* what was done, for people; or absent */
	struct slice summary;	     /* what the use looked like: JSON object */
	struct slice why; /* how the rule stood then: JSON; absent: as stored */
	uint8_t	     level, mode, state;
	uint8_t	     verdict; /* of a closed one: 0, or 't' 'f' 'e' */
	bool	     undone;
	usec_t	     first, last, raised;
	usec_t	     quiet_until;	   /* realert: silent before this */
	uint64_t     count;		   /* uses that it covers */
	int64_t	     uses[ALERT_USES_MAX]; /* keys of the first ones */
	unsigned     nuses;
	uint32_t     tid;	/* token changed by it, 0: none */
	uint8_t	     was_state; /* its state before */
};

struct audit_row {
	usec_t	     time;
	struct slice actor;	    /* "uid:0(root)", "rule:UUID", "patrold" */
	int64_t	     uid, pid;	    /* -1: not a person */
	struct slice action;	    /* "token.deactivate" */
	struct slice object;	    /* "pat_...", "alr_...", a name */
	struct slice before, after; /* JSON objects, or absent */
};

struct refused_row {
	usec_t	     time;
	struct slice sender; /* the door and peer, for people */
	struct slice reason; /* word */
	struct slice error;  /* sentence */
	struct slice line;   /* as it came, may be cut */
};

/*
 * An alert line for the sinks, kept until every sink has had it; or a notice
 * of a token's end, which is marked as told once a sink has had it.
 */
struct outbox_row {
	int64_t		 seq;	/* counting up from 1 */
	struct slice	 alert; /* JSON object */
	uint32_t	 tid;	/* of a notice: its token; 0: an alert */
	enum notice_kind notice;
	usec_t		 step; /* see notice.h */
};

/* How far a sink has delivered. */
struct cursor_row {
	struct slice sink;
	int64_t	     seq;
};

/* The mode that somebody gave a rule: inserted or replaced, or taken back. */
#define MODE_OF_FILE UINT8_MAX
struct mode_row {
	struct slice rule; /* its id */
	uint8_t	     mode; /* enum rule_mode, or MODE_OF_FILE */
	uint64_t     meaning;
};

#define BATCH_LIST(type, name) \
	struct type *name;     \
	size_t	     n##name, cap##name

struct batch {
	struct arena arena; /* owns all text of the rows */
	BATCH_LIST(string_row, strings);
	BATCH_LIST(use_row, uses);
	BATCH_LIST(token_row, tokens);
	BATCH_LIST(lastused_row, lastused);
	BATCH_LIST(secret_row, secrets);
	BATCH_LIST(secret_seen_row, secrets_seen);
	BATCH_LIST(account_row, accounts);
	BATCH_LIST(alert_row, alerts);
	BATCH_LIST(audit_row, audits);
	BATCH_LIST(refused_row, refused);
	BATCH_LIST(outbox_row, outbox);
	BATCH_LIST(cursor_row, cursors);
	BATCH_LIST(mode_row, modes);
	int64_t checkpoint;    /* all last-used of uses up to this seq
					   is in the store then; 0: no word */
	bool	brake_changed; /* then the next says how it is */
	usec_t	brake_since;   /* the brake is on since; 0: off */
};

/* Embedded: init / clear; batch_reset keeps the memory for the next. */
void batch_init(struct batch *b);
void batch_clear(struct batch *b);
void batch_reset(struct batch *b);
/* Nothing to write? */
bool batch_is_empty(const struct batch *b);

/* A new zeroed row at the end of its list, borrowed until the next add. */
struct use_row	   *batch_add_use(struct batch *b);
struct alert_row   *batch_add_alert(struct batch *b);
struct audit_row   *batch_add_audit(struct batch *b);
struct refused_row *batch_add_refused(struct batch *b);
struct outbox_row  *batch_add_outbox(struct batch *b);
struct cursor_row  *batch_add_cursor(struct batch *b);
struct mode_row	   *batch_add_mode(struct batch *b);
void		    batch_add_string(struct batch *b, const struct sym *s);
/* Copies of what the tables hold now. */
void batch_add_token(struct batch *b, const struct token *t);
void batch_add_lastused(struct batch *b, const struct token *t);
void batch_add_account(struct batch *b, const struct account *a);
/* The same of secrets: what they are, and at a checkpoint the sightings that
 * are new since the one before. */
void batch_add_secret(struct batch *b, const struct token_secret *s);
void batch_forget_secret(struct batch *b, const struct token *t,
    uint32_t number);
void batch_add_secrets_seen(struct batch *b, struct rotation *r);
/* A copy of text in the batch's arena. */
struct slice batch_text(struct batch *b, struct slice s);
#endif
