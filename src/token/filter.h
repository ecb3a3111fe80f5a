/*
 * filter - which tokens somebody asks for.
 *
 * Pure.  The texts are borrowed and live as long as the filter is used; all
 * zero matches every token that is not deleted.
 */
#ifndef PATROL_TOKEN_FILTER_H
#define PATROL_TOKEN_FILTER_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/slice.h"
#include "token/token.h"

#define TOKEN_TEXT_MAX 256 /* bytes */

/* A stretch of time, `after` in it and `before` not; 0: no bound.  With a
 * bound, what never was is not in it. */
struct token_span {
	usec_t after, before;
};

struct token_filter {
	bool		      none;    /* nothing matches, whatever follows */
	bool		      honey;   /* traps match too */
	const struct account *account; /* borrowed; NULL: any */
	unsigned	 states; /* 1 << enum token_state; 0: any but deleted */
	unsigned	 kinds;	 /* 1 << enum token_kind; 0: any */
	enum scope_level scope;	 /* its level; SCOPE_NONE: any */
	struct slice	 labels; /* all of these words */
	struct slice	 registry; /* of the last use */
	struct token_span created, expires, used;
	usec_t		  unused_since; /* by last use, else by creation */
	bool		  never_used, never_expires;
	struct cidr	  from; /* the last address; family 0: any */
	char		  text[TOKEN_TEXT_MAX + 1]; /* "": any */
};

/*
 * Does it match at `now`?  `text` is looked for in id, description, labels,
 * account, cause, and in repository, client and address of the last use,
 * ASCII letters in any case.
 */
bool token_filter_match(const struct token_filter *f, const struct token *t,
    usec_t now);
/* At most TOKEN_TEXT_MAX bytes, none of them NUL. */
void token_filter_set_text(struct token_filter *f, struct slice text);
/* Asks the cache for what lies outside the token and will be looked at. */
void token_filter_warm(const struct token_filter *f, const struct token *t);
#endif
