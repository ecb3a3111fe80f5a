/*
 * committer - the thread that writes, and what waits for it.
 *
 * The loop thread fills one batch (the engine's) while the thread writes the
 * other; they are swapped at the end of a turn when the thread is idle.  So
 * whatever arrives during a commit shares the next one (group commit), and a
 * lone use is written at once.
 *
 * Who must not answer before the commit puts a `struct settle` in line.  It
 * is called back on the loop thread, in order, when everything that was in
 * the batch at that moment is durable.
 *
 * When the store has no room or fails, the thread tries the same batch again
 * every second: nothing is acknowledged meanwhile, nothing is lost, and
 * ingest stops reading when the other batch is full.
 */
#ifndef PATROL_DAEMON_COMMITTER_H
#define PATROL_DAEMON_COMMITTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "alert/batch.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "daemon/retention.h"
#include "engine/engine.h"
#include "store/store.h"

struct event_base;

#define COMMITTER_USES_MAX  10000	      /* of one batch */
#define COMMITTER_BYTES_MAX (8 * 1024 * 1024) /* of its texts */

enum settle_state {
	SETTLE_NONE = 0,
	SETTLE_WAITING, /* for the batch that fills */
	SETTLE_INFLIGHT /* for the one being written */
};

struct settle {
	TAILQ_ENTRY(settle) entry;
	enum settle_state state;
	void (*fn)(struct settle *, void *arg);
	void *arg;
};

struct committer;

struct committer_hooks {
	/* The batch is durable: its alerts may go to the sinks. */
	void (*committed)(const struct batch *b, void *arg);
	/* There is room again: ingest may read on. */
	void (*room)(void *arg);
	void *arg;
};

struct committer_counts {
	uint64_t	 commits, uses;
	uint64_t	 failures;  /* attempts that failed */
	usec_t		 last_usec; /* how long the last commit took */
	struct histogram took;	    /* usec that commits took */
	struct histogram size;	    /* uses in each */
	struct histogram trims;	    /* usec that steps of deleting took */
	uint64_t	 trimmed;   /* rows that they deleted */
};

/* What is taken and not durable yet. */
struct committer_queue {
	uint64_t uses, refused; /* lines */
	uint64_t bytes;		/* of their texts */
	usec_t	 oldest;	/* arrival of the first of them; 0: none */
};

/* Takes ownership of the store; starts the thread. */
struct committer *committer_new(struct event_base *base, struct store *st,
    struct engine *e, const struct committer_keep *keep,
    const struct committer_hooks *hooks);
/* After a reload. */
void committer_configure(struct committer *c,
    const struct committer_keep		  *keep);
/*
 * Writes what is there and ends the thread.  False if the store failed and
 * some of it could not be written (it was never acknowledged).
 */
bool committer_stop(struct committer *c);
void committer_free(struct committer **c);
/* In line for the batch that fills now; once at a time. */
void committer_wait(struct committer *c, struct settle *s);
/* Out of line, as if it had never been in it. */
void committer_forget(struct committer *c, struct settle *s);
/* Is the batch that fills full?  Then stop feeding it until `room`. */
bool committer_is_full(struct committer *c);
/*
 * Far more than full: nothing has been written for long.  Then the doors that
 * cannot just stop reading (HTTP) must turn away what would grow it further.
 */
bool committer_is_stuck(const struct committer *c);
/* NULL while all is well, else what the store says. */
const char *committer_trouble(const struct committer *c);
/* NULL, or why its log grows; what is acknowledged is safe there. */
const char *committer_log_trouble(const struct committer *c);
/* The end of a turn: hands over if there is something and it is idle. */
void			       committer_turn(struct committer *c);
const struct committer_counts *committer_counts(const struct committer *c);
void committer_queue(const struct committer *c, struct committer_queue *out);
#endif
