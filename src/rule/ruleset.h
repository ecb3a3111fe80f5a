/*
 * ruleset - compiled Sigma rules and the state of their correlations.
 *
 * Built aside, complete or not at all; then judging a use neither allocates
 * (but for new keys of correlations, which are capped) nor fails.  Loop
 * thread only.
 */
#ifndef PATROL_RULE_RULESET_H
#define PATROL_RULE_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/complain.h"
#include "base/slice.h"
#include "use/level.h"
#include "use/use.h"

#define RULE_KEY_MAX 8	  /* group-by fields */
#define RULE_SAMPLE  1024 /* of so many uses one is timed */

/* Bits of `respond`. */
enum {
	RESPOND_DEACTIVATE = 1,
	RESPOND_EXPIRE = 2,
	RESPOND_QUARANTINE = 4,
	RESPOND_DENY_SOURCE = 8,
	RESPOND_NOTIFY_OWNER = 16,
	RESPOND_EXEC = 32
};

/* What others may know of a rule; owned by the ruleset, read-only. */
struct rule {
	const char     *id;   /* the UUID; or its name or title */
	const char     *name; /* Sigma `name`, or NULL */
	const char     *title;
	const char     *description; /* or "" */
	const char     *file;
	unsigned	line; /* where it starts */
	const char     *type; /* "detection", "event_count", ... */
	enum rule_level level;
	enum rule_mode	mode;	   /* see ruleset_set_mode */
	enum rule_mode	file_mode; /* what its file says */
	unsigned	respond;   /* RESPOND_* */
	usec_t		realert;
	const char     *family;	  /* or "" */
	bool		alerts;	  /* false: only feeds a correlation */
	usec_t		timespan; /* 0: a detection */
	unsigned	index;	  /* 0 .. ruleset_count - 1 */
	uint64_t	meaning;  /* hash of what it means: same after a
					   reload if the rule did not change */
	bool		anew;	  /* it meant something else before the
					   reload: its windows began anew */
};

/* One rule that holds at the use just judged. */
struct verdict {
	const struct rule *rule;
	const char	  *key_name[RULE_KEY_MAX]; /* borrowed */
	struct slice	   key[RULE_KEY_MAX];	   /* their values, borrowed */
	unsigned	   nkey;
	uint64_t	   count; /* uses in the window; or distinct
					   values; or rules, of temporal */
	usec_t		   first; /* time of the window's first use */
};

/* Are two of one rule of the same group? */
bool verdict_has_key(const struct verdict *a, const struct verdict *b);

/* What `%name%` stands for under `expand`: any of the values. */
struct rule_placeholder {
	const char	  *name;   /* without the % signs */
	const char *const *values; /* as in a rule: `*`, `?` are wildcards */
	size_t		   n;
};

struct ruleset_limits {
	size_t keys_per_rule; /* groups; the one unused longest gives way */
	size_t keys_in_all;   /* the same of all rules; 0: no limit */
	size_t room_in_all;   /* and their bytes, with windows; 0: no limit */
	usec_t lateness;      /* how late a use may come */
	bool   in_order;      /* none is late or ahead of its time */
	bool   no_index;      /* ask all rules at each use: for tests */
	/* A clock in nanoseconds, for rule_stats.cost; NULL: none. */
	uint64_t (*clock)(void);
	/* Needed while rules are loaded only; a rule with one that is not
	 * here, or has no values, is refused. */
	const struct rule_placeholder *placeholders;
	size_t			       nplaceholders;
	bool			       keep_texts; /* for ruleset_text */
};

/* A file of rules, whole. */
struct rule_text {
	const char  *file;
	struct slice text;
};

struct rule_stats {
	uint64_t hits;	     /* uses it held at */
	usec_t	 last_hit;   /* time of the use, 0: never */
	uint64_t candidates; /* uses it was asked about */
	uint64_t cost;	     /* nanoseconds that took, of one use in
				   RULE_SAMPLE; comparable among rules */
	uint64_t keys;	     /* groups held now */
	uint64_t evicted;    /* groups that gave way */
	uint64_t shed;	     /* uses that gave way within groups */
};

/* What the correlations of all rules hold together. */
struct ruleset_held {
	uint64_t keys, bytes;
	uint64_t evicted; /* groups that gave way to the limits in all */
};

struct ruleset;

/*
 * Loads files and folders (walked, *.yml and *.yaml, in order of their
 * names).  All faults go to `c`; with any error the result is NULL and
 * nothing is left.
 */
struct ruleset *ruleset_load(const char *const *paths, size_t npaths,
    const struct ruleset_limits *lim, struct complaints *c);
/*
 * The same for who looks at rules and does not run them: with faults too the
 * result is what could be read, each rule good or not; then it must not judge.
 */
struct ruleset *ruleset_survey(const char *const *paths, size_t npaths,
    const struct ruleset_limits *lim, struct complaints *c);
bool		ruleset_is_good(const struct ruleset *rs, size_t i);
/* Documents that are no good rule or filter. */
size_t ruleset_faulty(const struct ruleset *rs);
/* The same two from text, one file's worth; for tests and tools. */
struct ruleset *ruleset_load_text(const char *file, struct slice text,
    const struct ruleset_limits *lim, struct complaints *c);
struct ruleset *ruleset_survey_text(const char *file, struct slice text,
    const struct ruleset_limits *lim, struct complaints *c);
/* From the texts of several files. */
struct ruleset *ruleset_load_texts(const struct rule_text *t, size_t n,
    const struct ruleset_limits *lim, struct complaints *c);
/* The i-th file, as it was when it was loaded; NULL behind the last, and if
 * texts are not kept. */
const struct rule_text *ruleset_text(const struct ruleset *rs, size_t i);
void			ruleset_free(struct ruleset **rs);
size_t			ruleset_count(const struct ruleset *rs);
const struct rule      *ruleset_rule(const struct ruleset *rs, size_t i);
/* By id or name; NULL. */
const struct rule *ruleset_find(const struct ruleset *rs, struct slice id);
/* "did you mean": a name near to one that no rule has, or NULL. */
const char *ruleset_nearest(const struct ruleset *rs, struct slice id);
/* Gives a rule of this set another mode; it means the same. */
void ruleset_set_mode(struct ruleset *rs, const struct rule *r,
    enum rule_mode mode);
void ruleset_stats(const struct ruleset *rs, size_t i, struct rule_stats *out);
void ruleset_held(const struct ruleset *rs, struct ruleset_held *out);
/*
 * Judges one use and moves the windows.  Uses come in order of arrival;
 * windows run in event time (u->time).  Returns the number of verdicts, which
 * stand in *out until the next call, in the order of rule->index: for rules
 * that alert and are not off, each whose condition holds at this use, or at
 * one after it which this one, being late, completes.  A correlation whose
 * aliases lead a use into several groups may have one for each.
 *
 * The key of a detection is the first of token, account, source.ip that the
 * use has (nkey is 0 without any); of a correlation its group-by fields.
 */
size_t ruleset_judge(struct ruleset *rs, const struct use *u,
    const struct verdict **out);
/*
 * Ahead of ruleset_judge for a use that was only decoded: guesses that it will
 * feed the correlations that the last one fed, and fetches their groups into
 * the cache, without waiting.  Three steps, from 0, with a little time between
 * them; `a` is filled by the first.
 */
#define RULESET_AHEAD 4
struct correlation;
struct ruleset_ahead {
	const struct correlation *correlation[RULESET_AHEAD]; /* borrowed */
	uint64_t		  hash[RULESET_AHEAD];
	unsigned		  n;
};
void ruleset_warm(const struct ruleset *rs, const struct use *u,
    struct ruleset_ahead *a, unsigned step);
/*
 * ruleset_judge for any event that happened at `time`: events come in the
 * order of their times.  The verdicts are of all rules that hold, also of those
 * that only feed a correlation and those that are off; a detection has no key.
 */
struct event;
size_t ruleset_match(struct ruleset *rs, struct event *e, usec_t time,
    const struct verdict **out);
/* What a reload did: correlations whose windows were carried and those that
 * began anew, which are marked; rules that were not there, and that went. */
struct ruleset_change {
	size_t carried, reset, added, gone;
};
/* Takes over the windows of rules whose meaning did not change. */
void ruleset_carry(struct ruleset *to, struct ruleset *from,
    struct ruleset_change *out);
/* The longest timespan of any correlation, 0 if there is none. */
usec_t ruleset_reach(const struct ruleset *rs);
/* Names of the bits, comma-separated, "" for none. */
struct buf;
void rule_respond_format(unsigned respond, struct buf *out);
#endif
