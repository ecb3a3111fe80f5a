/*
 * policy - what the configuration wants of tokens (tokens.policy).
 *
 * A policy bounds what is made from then on; only the idle limit ends tokens
 * that are there already.  Traps and the tokens of other issuers are exempt:
 * the ones must not look any different, the others are not ours to bound.
 */
#ifndef PATROL_TOKEN_POLICY_H
#define PATROL_TOKEN_POLICY_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"
#include "token/token.h"

struct token_policy {
	usec_t	 max_lifetime;	   /* 0: any */
	usec_t	 default_lifetime; /* of one made without an end; 0: none */
	usec_t	 idle_expires;	   /* 0: never */
	unsigned forbidden_scopes; /* bits of POLICY_SCOPE */
	bool	 description_required;
	unsigned max_per_account;
};

#define POLICY_SCOPE(level) (1U << (level))

/* What of a policy a token runs into; bits. */
enum policy_part {
	POLICY_MAX_LIFETIME = 1,
	POLICY_IDLE = 2,
	POLICY_SCOPES = 4,
	POLICY_DESCRIPTION = 8
};
#define POLICY_PARTS 4 /* bits that there are */

/* "tokens.policy.max-lifetime"; of one bit. */
const char *policy_name(unsigned part);

/*
 * May a token like this be made?  -1 with *err naming the policy.  Its text
 * may still be refused elsewhere; its end is policy_end's matter.
 */
int policy_check(const struct token_policy *p, enum token_kind kind,
    struct slice description, const struct scope *scope,
    struct error *err) MUSTCHECK;
/*
 * Bounds the end of a token made `now`, or gives it one (*expires 0: none).
 * A sentence that tells what was done and why, or NULL: nothing was.
 */
const char *policy_end(const struct token_policy *p, enum token_kind kind,
    usec_t now, usec_t *expires);
/* How long a token may lie unused, by its own limit and the policy's: the
 * stricter one.  0: for ever. */
usec_t policy_idle(const struct token_policy *p, const struct token *t);
/* A sentence for who gave it a longer limit than the policy's, or NULL. */
const char *policy_cuts_idle(const struct token_policy *p,
    const struct token *t);
/* Since when it lies unused: a use, or that somebody made it active. */
usec_t policy_idle_since(const struct token *t);
/*
 * The parts of `next` in which it differs from the policy in force and that
 * an active token as it is now would run into: it would be expired at once
 * (POLICY_IDLE), or could not be made so again.
 */
unsigned policy_touches(const struct token_policy *inforce,
    const struct token_policy *next, const struct token *t, usec_t now);
#endif
