/*
 * control-conn - what the files of the control socket share.
 *
 * Private to them.  control.c has the socket and its connections,
 * control-request.c takes a line to its command, control-answer.c writes what
 * goes back, and control-await.c knows who comes back to a request when.
 */
#ifndef PATROL_DAEMON_CONTROL_CONN_H
#define PATROL_DAEMON_CONTROL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "daemon/control.h"

#define CONTROL_OUT_HIGH (256 * 1024) /* a list pauses above this */
#define CONTROL_OUT_LOW	 (64 * 1024)  /* and goes on below this */

struct bufferevent;

struct control_conn {
	TAILQ_ENTRY(control_conn) entry;
	struct control	       *control;
	struct bufferevent     *bev; /* owned */
	struct control_peer	peer;
	struct control_request *busy; /* the one being answered, or NULL */
	bool			eof;  /* close when all is answered */
};

TAILQ_HEAD(control_conns, control_conn);

struct control {
	struct patrold	    *p;
	struct listener	    *listener;
	struct control_conns conns;
	struct control_conns dead; /* freed after the callback */
	struct event	    *reap;
	uint64_t	     nconns;
	usec_t		     denied_told;   /* in the log */
	uint64_t	     denied_untold; /* since then */
	int		     fd;
	char		    *where;
};

/* Answers a line, now or later; it becomes the connection's busy one.
 * Secrets in the line are masked. */
void control_request_start(struct control_conn *c, char *line, size_t n);
/* With all that it waits for; nobody may come back to it any more. */
void control_request_free(struct control_request *r);
/* Queues what the answer has so far, if there is still a peer. */
void control_send(struct control_request *r);
/* Sends the rest and frees it; the connection goes on with the next line. */
void control_end(struct control_request *r);

/* Its peer goes: so does it, unless a thread still has it. */
void control_peer_gone(struct control_request *r);
/* Its peer has read nearly all, and will ask nothing more. */
void control_peer_has_read(struct control_request *r);
void control_peer_is_last(struct control_request *r);
#endif
