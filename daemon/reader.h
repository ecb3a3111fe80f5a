/*
 * reader - a thread that answers questions from the store, off the loop.
 *
 * A job runs on the thread with a store_reader, then `done` on the loop
 * thread; between the two nobody else touches what it points to, but for
 * `cancelled`.  There are three of them: one for what somebody waits for, one
 * for what takes long (work.h), and one that signs and asks no store.
 */
#ifndef PATROL_DAEMON_READER_H
#define PATROL_DAEMON_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/error.h"
#include "store/store.h"

struct event_base;

struct reader_job {
	STAILQ_ENTRY(reader_job) entry;
	/* On the thread.  0 or a STORE_E_* with *err set. */
	int (*run)(struct reader_job *, struct store_reader *,
	    struct error *err);
	/* On the loop thread, with the outcome of run. */
	void (*done)(struct reader_job *);
	int	     result;
	struct error error;
	/* Set from any thread, for `run` to look at: it is not wanted any
	 * more.  What takes long ends then with STORE_E_OTHER. */
	atomic_bool cancelled;
};

struct reader;

/* `name` is the thread's, 15 characters at most.  Without a path jobs get no
 * store_reader. */
struct reader *reader_new(struct event_base *base, const char *path,
    const char *name);
/* Cancels the running job and waits for it; `done` of all others is called
 * with a result of STORE_E_OTHER. */
void reader_free(struct reader **r);
void reader_submit(struct reader *r, struct reader_job *job);
#endif
