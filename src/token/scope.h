/*
 * scope - what a token may do, and where.
 */
#ifndef PATROL_TOKEN_SCOPE_H
#define PATROL_TOKEN_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

/* Each level contains the ones before. */
enum scope_level {
	SCOPE_NONE = 0,
	SCOPE_PUBLIC_READ,
	SCOPE_READ,
	SCOPE_WRITE,
	SCOPE_DELETE
};

/* "public-read" ...; "none" for SCOPE_NONE. */
const char *scope_level_name(enum scope_level l);
/* The level of a name; `admin` and unknown words fail by name: -1. */
int scope_level_parse(struct slice s, enum scope_level *l,
    struct error *err) MUSTCHECK;
/*
 * The level that an action of the Distribution token protocol needs: pull,
 * push, delete; `*` needs SCOPE_DELETE; -1 for anything else.
 */
int scope_action_level(struct slice action, enum scope_level *l) MUSTCHECK;

#define SCOPE_PATTERNS_MAX 50
#define SCOPE_PATTERN_MAX  256 /* bytes of one pattern */

/*
 * Text form: a level alone ("write"), or with patterns
 * "read alice/app=write team-?/x=read" (blank-separated PATTERN=LEVEL): where
 * patterns are given only what matches one is allowed, by the highest level
 * that matches; the level in front is then the upper bound of all.
 * In a pattern `*` is any run of bytes, `/` too.
 */
struct scope_pattern {
	char		*glob; /* owned */
	enum scope_level level;
};

struct scope {
	struct scope_pattern *patterns; /* owned; NULL: everywhere */
	enum scope_level      level : 8;
	unsigned	      npatterns : 8;
};

void scope_init(struct scope *s);
void scope_clear(struct scope *s);
int  scope_parse(struct slice text, struct scope *s,
     struct error *err) MUSTCHECK;
/* A level of a pattern above the one in front would be cut to that, and
 * mislead: -1 with *err naming the pattern. */
int scope_check(const struct scope *s, struct error *err) MUSTCHECK;
struct buf;
void scope_format(const struct scope *s, struct buf *out);
/*
 * Does `inner` allow nothing that `outer` does not?  False also where it
 * cannot be seen from the patterns one by one.
 */
bool scope_is_within(const struct scope *inner, const struct scope *outer);
/* The level that holds for a repository. */
enum scope_level scope_level_for(const struct scope *s,
    struct slice				     repository);
#endif
