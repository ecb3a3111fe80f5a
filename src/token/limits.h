/*
 * limits - what bounds a token beside its end: how long it may lie unused, how
 * often it may be used, and from where.
 *
 * Few tokens have any of it, so it lies behind one pointer of struct token,
 * which owns it, and is made at the first need.  Which notices of a token's
 * end were told is kept here too (see notice.h), and the end of a pause.
 */
#ifndef PATROL_TOKEN_LIMITS_H
#define PATROL_TOKEN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"

#define LIMITS_NETWORKS_MAX 64
#define LIMITS_USES_MAX	    1000000000
#define LIMITS_IDLE_MAX	    (100 * USEC_YEAR)

/* What a notice is about; the numbers are in the store. */
enum notice_kind { NOTICE_EXPIRY = 0, NOTICE_IDLE, NOTICE_KINDS };

struct token_limits {
	usec_t	     idle_expires; /* unused so long and it expires; 0: never */
	int64_t	     max_uses;	   /* 0: any number */
	int64_t	     used;	   /* of them */
	struct cidr *allow;	   /* owned; NULL: from anywhere */
	unsigned     nallow;
	/* The step that was told last, and one that waits at the sinks, as
	 * points in time; 0: none. */
	usec_t told[NOTICE_KINDS], queued[NOTICE_KINDS];
	/* Inactive until then, and active again; 0: not for a time. */
	usec_t until;
	size_t pause_at; /* pause.h: where it is in the heap */
};

/* All zero: nothing is bounded. */
struct token_limits *limits_new(void);
/* NULL is fine; *l becomes NULL. */
void limits_free(struct token_limits **l);

/*
 * Networks, parted by blanks or commas, in place of those that are there: at
 * most LIMITS_NETWORKS_MAX, as cidr_parse takes them.  What lies within
 * another is left out, and an IPv4 network written as IPv6 (::ffff:0:0/96)
 * becomes one of IPv4.  An empty text stands for no networks: from anywhere.
 * 0, or -1 with *err set and *l as it was.
 */
int limits_parse_allow(struct slice text, struct token_limits *l,
    struct error *err) MUSTCHECK;
struct buf;
/* Parted by blanks: what limits_parse_allow reads. */
void limits_format_allow(const struct token_limits *l, struct buf *out);

/* May it be used from there?  An address that is not known (family 0) is
 * nowhere, and so outside of any list.  NULL limits: from anywhere. */
bool limits_allow(const struct token_limits *l, const struct addr *from);
/* Does `inner` let nothing be that `outer` does not?  NULL bounds nothing. */
bool limits_are_within(const struct token_limits *inner,
    const struct token_limits			 *outer);
/* Is there no use left?  NULL limits: there is. */
bool limits_used_up(const struct token_limits *l);
/* Takes so many uses, or those that are left. */
void limits_use(struct token_limits *l, int64_t count);
#endif
