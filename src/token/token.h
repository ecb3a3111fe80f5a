/*
 * token - a personal access token as patrol knows it, without its secret.
 *
 * Owned by the table (table.h); changed only on the loop thread; its state
 * only by lifecycle.c.
 */
#ifndef PATROL_TOKEN_TOKEN_H
#define PATROL_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/intern.h"
#include "token/scope.h"
#include "token/secret.h"
#include "token/seen.h"

struct token_limits;

#define TOKEN_DESCRIPTION_MAX 256 /* bytes */
#define TOKEN_LABELS_MAX      16
#define TOKEN_LABEL_MAX	      64 /* bytes of one label */
#define ACCOUNT_NAME_MAX      64

enum token_state {
	TOKEN_ACTIVE = 0,
	TOKEN_INACTIVE,
	TOKEN_EXPIRED,
	TOKEN_DELETED
};

enum token_kind { TOKEN_MANUAL = 0, TOKEN_AUTO, TOKEN_HONEY, TOKEN_FOREIGN };

enum use_outcome_id {
	OUTCOME_NONE,
	OUTCOME_SUCCESS,
	OUTCOME_DENIED,
	OUTCOME_FAILURE
};

/* Names for texts and the store, and back (-1: no such word). */
const char *token_state_name(enum token_state s);
const char *token_kind_name(enum token_kind k);
struct slice token_state_text(enum token_state s);
struct slice token_kind_text(enum token_kind k);
const char *use_outcome_name(int outcome); /* enum use_outcome_id */
int	    token_state_parse(struct slice s);
int	    token_kind_parse(struct slice s);

/*
 * Names: 1..ACCOUNT_NAME_MAX of a-z 0-9 . _ -, first a letter or digit (what
 * a repository's first component may be, less uppercase).  `+` is excluded:
 * it parts account and token in a JWT's sub.
 */
bool account_name_is_valid(struct slice name);

struct account {
	uint32_t aid;  /* key in the store, > 0 */
	char	*name; /* owned; the map's key */
	bool	 two_factor;
	bool	 disabled;
	usec_t	 created;
	/* Bookkeeping of the table. */
	struct token *tokens;  /* borrowed list, newest first */
	unsigned      ntokens; /* not deleted; without traps, */
	unsigned      nactive; /* of which its owner is told nothing */
};

/* When, where, with what and on what a token was last used. */
struct last_used {
	usec_t	    time;	/* 0: never */
	struct sym *ip;		/* held */
	struct sym *client;	/* held; user agent */
	struct sym *action;	/* held */
	struct sym *repository; /* held */
	struct sym *registry;	/* held */
};

/*
 * There may be millions: fields lie so that none is lost to alignment, and one
 * with a public id of ours takes 248 bytes, which is what malloc gives at the
 * cost of 256.
 */
struct token {
	struct account	    *account;	  /* borrowed; NULL: foreign, unknown */
	char		    *description; /* owned, may be ""; NULL: none */
	char		    *labels;	  /* owned, blank-separated, or NULL */
	struct token_limits *limits;	  /* owned, or NULL: see limits.h */
	struct scope	     scope;
	usec_t		     created;
	usec_t		     expires; /* 0: never */
	usec_t		     changed; /* of the state */
	struct sym	    *cause;   /* held: why it is in that state */
	struct sym	    *actor;   /* held: "admin:root", "rule:UUID" */
	/* Use. */
	struct last_used last;
	struct seen	*seen;	     /* owned, or NULL */
	usec_t		 first_used; /* 0: never */
	uint64_t	 uses;	     /* weighted by `count` */
	uint64_t	 refused;    /* of them: denied or failure */
	int64_t		 last_seq;   /* key of its newest stored use; 0 */
	/* Bookkeeping of the table. */
	union {
		struct token *next_of_account; /* of an issued one */
		struct {
			struct token *older, *newer; /* of a foreign one */
		};
	};
	uint32_t	 tid;		    /* key in the store, > 0 */
	uint8_t		 hash[SECRET_HASH]; /* all zero: foreign */
	enum token_state state : 4; /* written by lifecycle_change only */
	enum token_kind	 kind : 4;
	/* Parts what another thread may read while tokens are loaded from the
	 * bits that this one writes then. */
	uint8_t outcome;       /* enum use_outcome_id, of the last use */
	bool	dirty : 1;     /* table: last-used newer than the store's */
	bool	evictable : 1; /* table: is in the list of evict.h */
	bool	rotated : 1;   /* rotation.h knows more secrets of it, */
	bool	tried : 1;     /* and a superseded one was tried */
	char	id[];	       /* public, the map's key */
};

/* All zero but the id (copied): an active manual token whose texts (all
 * NULL) the maker sets. */
struct token *token_new(struct slice id);
/* Lets go of the symbols too: the intern table must still be there. */
void token_free(struct token **t);
/* Has it this label? */
bool token_has_label(const struct token *t, struct slice label);
/* When it becomes active again by itself; 0: it does not. */
usec_t token_until(const struct token *t);
/* A foreign token is one that patrol did not issue. */
bool token_is_foreign(const struct token *t);
/* Its limits, made if it has none yet. */
struct token_limits *token_limits(struct token *t);
/* Why a use is refused, or ought to have been, that came from elsewhere than
 * its token's allow-from names: rules know it by this. */
#define TOKEN_BAD_ADDRESS "address not allowed"
/* The cause of the state of a token whose last use was taken. */
#define TOKEN_USED_UP "used up"
/* What token_refusal says, and to who has the right password. */
#define TOKEN_ACCOUNT_DISABLED "account is disabled"
/*
 * Does it work at `now`, from this address (NULL or family 0: not known)?
 * NULL, or why not as a sentence for its holder: "access token is inactive" /
 * "... has expired" / "... is used up" / "... was deleted" / "account is
 * disabled" / TOKEN_BAD_ADDRESS.  A honey token never works, and its sentence
 * (that of a deleted one) does not give the trap away; callers answer both
 * kinds as they answer an unknown secret.
 */
const char *token_refusal(const struct token *t, const struct addr *from,
    usec_t now);
/*
 * The same for a token that this let pass, after its use took the road, which
 * may just have switched it off.  That the use was its last one is no reason.
 */
const char *token_refusal_after(const struct token *t, const struct addr *from,
    usec_t now);
#endif
