/*
 * priv - what the files of the engine share; nobody else includes it.
 */
#ifndef PATROL_ENGINE_PRIV_H
#define PATROL_ENGINE_PRIV_H

#include "alert/alert.h"
#include "base/intern.h"
#include "base/map.h"
#include "base/tally.h"
#include "engine/brake.h"
#include "engine/engine.h"
#include "token/lifecycle.h"

struct loading_string {
	uint32_t    id;
	struct sym *sym; /* held */
};

/* Tokens on their way into the table, where their places are fetched. */
#define LOAD_AHEAD 4

struct engine {
	struct engine_opts     opts;
	struct ruleset	      *rules;		   /* owned */
	struct token_table    *tokens;		   /* owned */
	struct rotations      *rotations;	   /* owned */
	struct alert_table    *alerts;		   /* owned */
	struct intern	      *strings;		   /* owned */
	struct sym	      *recent[USE_FIELDS]; /* held, by field */
	const uint64_t	      *hash; /* of this use's texts; NULL: not made */
	struct intern	      *clients; /* owned; for seen.h */
	struct sym	      *product; /* held: the latest */
	struct dedup	      *dedup;	/* owned */
	struct brake	       brake;
	struct map	       overrides, would; /* owned; see modes.c */
	struct batch	      *batch;		 /* borrowed from its owner */
	struct engine_counts   counts;
	struct tally	      *registries; /* owned */
	int64_t		       next_seq;
	int64_t		       next_outbox;
	int64_t		       checkpoint; /* next_seq as one last began */
	bool		       writing;	   /* not all of it is in batches */
	uint32_t	       sweep;	   /* tid the expiry sweep is at */
	bool		       notices_wanted;
	unsigned	       notices_waiting; /* at the sinks */
	usec_t		       notices_again;	/* none before that */
	struct buf	       text;		/* scratch: keys, summaries */
	struct loading_string *loading;		/* owned; only while loading */
	size_t		       nloading, cap_loading;
	struct token	      *arriving[LOAD_AHEAD]; /* owned; a ring */
	unsigned	       narrived;
};

/* enrich.c: how a token stands at a use that is not folded in yet. */
void engine_standing(const struct use *u, const struct token *t,
    struct standing *out);
/* respond.c: what the rules that hold at this use lead to. */
void engine_respond(struct engine *e, const struct use *u, struct token *t,
    int64_t seq, const struct verdict *v, size_t n);
/* modes.c */
void engine_modes_init(struct engine *e);
void engine_apply_modes(struct engine *e);
void engine_modes_clear(struct engine *e);
void engine_would_alert(struct engine *e, const struct rule *r);
void engine_would_change(struct engine *e, const struct rule *r,
    const char *token);

/* respond.c: the line for the sinks. */
void engine_announce(struct engine *e, const struct alert *a);

/* respond.c: is it labelled so that nothing automatic changes it? */
bool engine_is_protected(const struct token *t);

/* manage.c: an owned text becomes a copy of another; absent gives NULL. */
void engine_set_text(char **field, struct slice text);

/* manage.c: what an audit entry tells of a token, in the batch that fills. */
struct slice engine_token_facts(struct engine *e, const struct token *t);
/* manage.c: the row and the audit entry of a token that was changed. */
void engine_token_changed(struct engine *e, struct token *t, const char *action,
    struct slice before, usec_t now, const struct engine_actor *by);
/* manage.c: ENGINE_OK, or ENGINE_E_INVALID with *err set. */
int engine_check_description(struct slice text, struct error *err) MUSTCHECK;
int engine_check_labels(struct slice labels, struct error *err) MUSTCHECK;

/* manage.c: state change, row and audit entry in one. */
int engine_change_state(struct engine *e, struct token *t, enum token_state to,
    enum lifecycle_how how, const char *cause, usec_t now,
    const struct engine_actor *by, struct error *err) MUSTCHECK;

/*
 * limits.c: what the limits of the token make of a use, before it is judged
 * (`out` is how the token stands) and, where it counts, after.
 */
void engine_limits_before(struct engine *e, struct use *u,
    const struct token *t, struct standing *out);
void engine_limits_after(struct engine *e, const struct use *u,
    struct token *t);
/* limits.c: gives a token what was asked for; -1 with *err set. */
int engine_limits_make(const struct engine_new_token *want, struct token *t,
    struct error *err) MUSTCHECK;

/* notices.c: tells of an end that is near, if it is time. */
void engine_notify(struct engine *e, struct token *t, usec_t now);

/* rotate.c: the same for the secret that the use says was shown. */
void engine_fold_secret(struct engine *e, const struct use *u,
    const struct token *t, struct sym *ip, struct sym *client);
/* enrich.c: the two parts of engine_enrich, by what a use tells itself and by
 * its token, if it has one. */
void engine_enrich_alone(struct use *u);
void engine_enrich_token(struct use *u, const struct token *t,
    const struct standing *s);

/* road.c: folds a use into the last-used of its token. */
void engine_fold(struct engine *e, const struct use *u, struct token *t,
    int64_t seq, struct use_row *r);
#endif
