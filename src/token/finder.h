/*
 * finder - finds secrets in a stream of bytes, text or not.
 *
 * What has a secret's form and checksum is one, with any prefix: see
 * secret.h.  Memory is fixed, whatever is fed; what was fed is wiped.  Pure.
 */
#ifndef PATROL_TOKEN_FINDER_H
#define PATROL_TOKEN_FINDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "token/secret.h"

#define FINDER_ROOM (64 * 1024)

struct found_secret {
	struct slice text;   /* borrowed, until the function returns */
	uint64_t     line;   /* from 1: newlines before it, and one */
	uint64_t     offset; /* from 0: bytes before it */
};

typedef void (*finder_fn)(const struct found_secret *f, void *arg);

/* Embedded: finder_init, finder_feed any number of times, finder_end. */
struct finder {
	finder_fn fn;
	void	 *arg;
	uint64_t  lines;  /* newlines before `seen` */
	uint64_t  offset; /* of buf[0] in the stream */
	size_t	  seen;	  /* bytes of buf that were looked at for newlines */
	size_t	  at;	  /* no secret's `_` is wanted before */
	size_t	  begin;  /* and nothing before, which is of another one */
	size_t	  n;
	char	  buf[FINDER_ROOM];
};

void finder_init(struct finder *f, finder_fn fn, void *arg);
void finder_feed(struct finder *f, struct slice bytes);
/* The end of the stream: tells what is left, and wipes.  A further stream
 * wants finder_init again. */
void finder_end(struct finder *f);
#endif
