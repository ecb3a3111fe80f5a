/*
 * patrold - the process: what it owns, in the order it is built.
 */
#ifndef PATROL_DAEMON_PATROLD_H
#define PATROL_DAEMON_PATROLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "token/lifecycle.h"
#include "token/secret.h"
#include "use/decode.h"

struct event_base;
struct committer;
struct control;
struct http;
struct ingest;
struct jwt_key;
struct leaks;
struct reader;
struct signins;
struct sinks;
struct tally;
struct verifier;

struct patrold {
	const char	  *conf_path; /* borrowed */
	bool		   foreground;
	struct conf	  *conf;      /* in force */
	struct conf	  *boot_conf; /* at start: sockets, store; may be the
					   same */
	struct event_base *base;
	struct engine	  *engine;
	struct committer  *committer;
	struct reader	  *reader;
	struct reader	  *slow;   /* for what takes long */
	struct reader	  *signer; /* NULL once it stops */
	struct sinks	  *sinks;
	struct jwt_key	  *key;	    /* held; signs now */
	struct jwt_key	  *old_key; /* held; signed before, or NULL */
	struct signins	  *signins;
	struct verifier	  *verifier;
	uint8_t		   print_key[SECRET_HASH]; /* for secret_print */
	struct leaks	  *leaks;
	struct ingest	  *ingest;
	struct http	  *http;
	struct control	  *control;
	usec_t		   started;
	usec_t		   clock_lead; /* see watch_clock */
	bool		   stopping;
	uint64_t	   refusals[USE_REFUSALS]; /* lines, by reason */
	struct tally	  *senders; /* the same, by who sent them */
	LIST_HEAD(, watch) watches; /* see watch.h */
	bool	backing_up, rotating;
	usec_t	chain_next; /* when its head is told again */
	int64_t chain_told; /* the link that was told last */
};

/* The wall clock; callbacks read it once, at their start. */
usec_t patrold_now(void);
/*
 * A decoded use down the road: USE_OK, or a refusal with *err set.  What has
 * a secret where the token's id belongs is refused, and its line must not be
 * kept: see patrold_refuse.
 */
int patrold_take(struct patrold *p, struct use *u, struct error *err) MUSTCHECK;
/* The first half of that, for who has the engine take it later. */
int patrold_admit(const struct use *u, struct error *err) MUSTCHECK;
/*
 * Keeps a refused line (absent: not to be kept) with who sent it, and counts
 * its reason, also under `who`: the sender without what changes from one
 * connection to the next.
 */
void patrold_refuse(struct patrold *p, usec_t now, const char *who,
    const char *sender, int refusal, const char *error, struct slice line);
/* Runs until SIGTERM; the exit code. */
int patrold_run(struct patrold *p);
#endif
