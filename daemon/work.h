/*
 * work - what takes long for one request: on the slow reader's thread, while
 * the peer is told how far it is.
 *
 * Ends early when the peer goes or patrold stops.
 */
#ifndef PATROL_DAEMON_WORK_H
#define PATROL_DAEMON_WORK_H

#include <stdatomic.h>
#include <stdint.h>

#include "daemon/reader.h"

struct control_request;
struct event;

/* At the head of a job of one's own. */
struct work {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	struct event	       *tick; /* owned, while it runs */
	/* Written by the thread, as it likes. */
	_Atomic uint64_t done, total; /* total 0: nobody knows */
	/* On the loop thread: answers r, and frees the job. */
	void (*end)(struct work *);
};

/*
 * `run` is called on the thread, then `end` on the loop's; the job is zeroed
 * but for what is the caller's own.
 */
void work_start(struct work *w, struct control_request *r,
    int (*run)(struct reader_job *, struct store_reader *, struct error *),
    void (*end)(struct work *));
#endif
