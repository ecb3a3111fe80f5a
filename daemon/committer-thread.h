/*
 * committer-thread - what the two sides of the committer share.
 *
 * Private to committer.c, which is the loop's side, and committer-thread.c.
 */
#ifndef PATROL_DAEMON_COMMITTER_THREAD_H
#define PATROL_DAEMON_COMMITTER_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/committer.h"

TAILQ_HEAD(settle_list, settle);

enum writer_state { WRITER_IDLE, WRITER_BUSY, WRITER_DONE };

struct committer {
	struct engine	       *engine; /* borrowed */
	struct committer_hooks	hooks;
	struct batch	       *next;	  /* owned: empty, fills next */
	struct settle_list	waiting;  /* for the batch that fills */
	struct settle_list	inflight; /* for the one being written */
	struct event	       *wake;
	usec_t			next_checkpoint; /* not before; monotonic */
	bool			was_full;
	char		       *trouble;     /* loop thread's copy, owned */
	char		       *log_trouble; /* and of the other */
	struct committer_counts counts;
	struct committer_queue	writing; /* what the thread has */
	int			efd;
	pthread_t		thread;
	/* Shared with the thread, under the lock. */
	pthread_mutex_t	      lock;
	pthread_cond_t	      cond;
	enum writer_state     state;
	struct batch	     *work; /* owned; BUSY: being written */
	bool		      stop;
	struct error	      failure;	   /* text empty: none */
	struct error	      log_failure; /* of the log: likewise */
	uint64_t	      failures;
	usec_t		      took;
	struct committer_keep keep;
	struct histogram      trims; /* usec that steps took */
	uint64_t	      trimmed;
	/* The thread's alone. */
	struct store	*store; /* owned */
	struct retention retention;
};

/* The thread; its argument is the committer. */
void *committer_thread(void *arg);
/* A clock that nobody sets. */
usec_t committer_clock(void);
#endif
