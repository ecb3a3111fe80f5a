/*
 * access - what an account may do in a repository, by the configuration.
 *
 * Its own namespace ("ACCOUNT/...") is an account's to do all in; in others
 * it may what the entries of auth.access say together; what is public
 * everybody may pull.  Nothing else.  Pure.
 */
#ifndef PATROL_AUTH_ACCESS_H
#define PATROL_AUTH_ACCESS_H

#include "base/slice.h"
#include "conf/conf.h"
#include "token/scope.h"

#define ACCESS_ALL (ACCESS_PULL | ACCESS_PUSH | ACCESS_DELETE)

/* May everybody pull it? */
bool access_is_public(const struct conf *c, struct slice repository);
/*
 * ACCESS_* bits of an account (absent: nobody in particular) under the scope
 * of its token: what both allow.
 */
unsigned access_bits(const struct conf *c, struct slice account,
    const struct scope *s, struct slice repository);
/* The bit of "pull", "push", "delete"; 0: it is none of them. */
unsigned access_bit(struct slice action);
#endif
