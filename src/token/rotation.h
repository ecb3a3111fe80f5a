/*
 * rotation - the secrets of tokens that were given a new one.
 *
 * A token has one secret, whose hash lies in it; of most that is all.  One
 * that is replaced is remembered here: until its overlap ends it works beside
 * the new one, and afterwards it is still known for what it was.  Each secret
 * has a last use of its own, so that one sees who has not moved yet; but only
 * a sign-in shows a secret, a registry's webhook names the token alone.
 *
 * Bounded: at most ROTATION_OLD_MAX old secrets a token, the oldest is
 * forgotten, counted.  Owns its records, borrows the tokens, which must live
 * longer; symbols are held, so it goes before their table does.  Pure; loop
 * thread only.
 */
#ifndef PATROL_TOKEN_ROTATION_H
#define PATROL_TOKEN_ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/intern.h"
#include "token/secret.h"
#include "token/token.h"

#define ROTATION_OLD_MAX 8

/* When and where it was shown last, and how often. */
struct sighting {
	usec_t	    time;	 /* 0: never */
	struct sym *ip, *client; /* held, or NULL */
	uint64_t    count;
	bool	    dirty; /* newer than the store's */
};

struct token_secret {
	struct rotation	    *of;
	struct token_secret *older;  /* owned; NULL: the oldest known */
	uint32_t	     number; /* 1: the first that the token had */
	usec_t		     made;
	usec_t		     until; /* works before this; 0: the current one */
	struct sighting	     used;  /* while it worked */
	uint8_t		     hash[SECRET_HASH]; /* all zero: the current one */
};

/* The secrets of one token. */
struct rotation {
	struct token	    *token;	   /* borrowed */
	struct token_secret *newest;	   /* owned: the current one */
	unsigned	     nold;	   /* behind it */
	struct sighting	     tried;	   /* of secrets that were superseded */
	uint32_t	     tried_number; /* the one tried last */
};

struct rotations;

struct rotation_counts {
	uint64_t tokens;    /* that were ever rotated */
	uint64_t old;	    /* secrets remembered */
	uint64_t forgotten; /* old ones that gave way, since the start */
};

struct rotations	     *rotations_new(void);
void			      rotations_free(struct rotations **rs);
const struct rotation_counts *rotations_counts(const struct rotations *rs);

/* NULL: it has had one secret only. */
struct rotation *rotation_of(const struct rotations *rs, const struct token *t);
/* An old secret by the hash of what was presented; compares in constant
 * time.  NULL: none (the current ones are the token table's to find). */
struct token_secret *rotations_find(const struct rotations *rs,
    const uint8_t					    hash[SECRET_HASH]);
/* Of any number; NULL: unknown, or forgotten. */
struct token_secret *rotation_secret(const struct rotation *r, uint32_t number);
bool		     secret_works(const struct token_secret *s, usec_t now);

/*
 * The token's secret, whose hash is still t->hash, gives way to the next
 * number: it works until `until` (`now` or before: no longer), and one before
 * it that still did works no longer either.  The caller gives t the new hash.
 * *forgotten: the number of the secret that is known no more, 0: none.
 */
struct rotation *rotation_begin(struct rotations *rs, struct token *t,
    usec_t now, usec_t until, uint32_t *forgotten);
/* The old secret that still works; NULL: none. */
struct token_secret *rotation_overlap(const struct rotation *r, usec_t now);

/*
 * Counts that a secret was shown: the one of this number, while it worked, or
 * (superseded) what was tried of the whole family.
 */
void rotation_saw(struct rotation *r, uint32_t number, bool superseded,
    usec_t time, struct sym *ip, struct sym *client, uint64_t count);

/*
 * Puts a stored secret back, those of a token by ascending number.  False, and
 * nothing is done, for one that makes no sense: a number twice or out of
 * order, an old one without a hash or that another has already, a current one
 * that is not the last.
 */
bool rotation_load(struct rotations *rs, struct token *t,
    const struct token_secret *s) MUSTCHECK;
/* What was tried of those that were superseded; false: it was never rotated. */
bool rotation_load_tried(struct rotations *rs, struct token *t, uint32_t number,
    const struct sighting *tried) MUSTCHECK;
#endif
