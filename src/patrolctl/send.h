/*
 * send - pours lines into the ingest socket and hears what became of them.
 *
 * Reads and writes as each side is ready, so that neither a daemon that
 * waits for its disk nor one with much to say can block the other direction.
 */
#ifndef PATROL_PATROLCTL_SEND_H
#define PATROL_PATROLCTL_SEND_H

#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct send_result {
	uint64_t lines;	  /* sent */
	uint64_t settled; /* of them, acknowledged */
	uint64_t refused; /* of the settled */
};

/* Line number `line` was refused; foreign text. */
typedef void (*send_reject_fn)(uint64_t line, struct slice error, void *arg);

/*
 * Sends all of `in` over the connected stream socket `sock`, half-closes it
 * and reads on until the daemon closes.  0, or -1 with *err set; *res counts
 * in both cases.  Neither descriptor is closed.
 */
int send_lines(int in, int sock, send_reject_fn fn, void *arg,
    struct send_result *res, struct error *err) MUSTCHECK;
#endif
