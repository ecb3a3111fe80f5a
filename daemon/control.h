/*
 * control - the socket for people: requests in, answers out, in order.
 *
 * Who asks is known from peer.h.  The protocol is described in proto/msg.h, the
 * commands in cmd.h.
 */
#ifndef PATROL_DAEMON_CONTROL_H
#define PATROL_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "daemon/committer.h"
#include "daemon/peer.h"
#include "proto/msg.h"
#include "use/json.h"

struct control;
struct event;
struct cmd_entry;
struct patrold;

/*
 * What a request waits for while nobody works on it.  If the peer goes, so
 * does the request, but for one that a thread has: it is freed when the thread
 * is done with it.
 */
enum control_await {
	AWAIT_THREAD, /* one that has it; also before there is an answer */
	AWAIT_PEER,   /* the peer, who is to read what was sent */
	AWAIT_TURN,   /* the loop, with others first */
	AWAIT_COMMIT, /* all changes so far to be durable */
	AWAIT_NEWS,   /* something that happens, or the end of the questions */
	AWAIT_LOAN    /* a descriptor: see control_borrow */
};

/*
 * One request being answered.  It lives until its last line is queued; one
 * at a time for each connection, the next request waits.
 */
struct control_request {
	struct control		*control;
	struct patrold		*p;
	struct control_conn	*conn; /* NULL: the peer has gone */
	const struct cmd_entry	*entry;
	struct control_peer	 peer;
	int64_t			 id;
	usec_t			 now;
	struct json_reader	*reader; /* owns the text of the args */
	const struct json_field *field;
	size_t			 nfield;
	struct buf		 answer; /* lines, wiped when sent */
	/* Who comes back to it; see control_await. */
	enum control_await await;
	struct settle	   settle; /* for AWAIT_COMMIT */
	struct event	  *event;  /* for AWAIT_TURN and _LOAN; owned */
	/* Called when that has come; true: the request has ended, is gone. */
	bool (*more)(struct control_request *);
	void (*take)(struct control_request *, int fd); /* for AWAIT_LOAN */
	void *job; /* for `more`, and freed by `drop` */
	void (*drop)(struct control_request *);
	uint32_t cursor; /* for `more` */
	uint64_t told;	 /* items */
};

/* Makes the socket; 0, or -1 with *err set. */
int	 control_open(struct patrold *p, struct control **out,
	 struct error *err) MUSTCHECK;
void	 control_start(struct control *ctl);
void	 control_stop(struct control *ctl);
void	 control_free(struct control **ctl);
uint64_t control_connections(const struct control *ctl);

/* An argument's text; absent if it was not given (or null). */
struct slice control_arg(const struct control_request *r, const char *name);
/* A boolean argument: 0, 1, or -1 if absent; false (and answered) if it is
 * something else. */
bool control_arg_bool(struct control_request *r, const char *name, int *out);
/* An integer in lo..hi, `absent` if it was not given; false (and answered)
 * if it is something else. */
bool control_arg_int(struct control_request *r, const char *name, int64_t lo,
    int64_t hi, int64_t absent, int64_t *out);

/* Adds an item line; call control_done or _fail after the last. */
void control_item(struct control_request *r, struct slice json);
/* The last line; the request is gone afterwards. */
void control_done(struct control_request *r, struct slice json);
void control_fail(struct control_request *r, enum msg_code code,
    const char *fmt, ...) PRINTFLIKE(3, 4);
/* As control_done, but told only when all changes so far are durable. */
void control_done_durably(struct control_request *r, struct slice json);
/* Sends an item at once, but not to a peer who does not read.  False: the
 * peer is gone, and nobody waits for the answer. */
bool control_tell(struct control_request *r, struct slice json);

/*
 * The answer goes on by `more` as the peer reads, item by item, until it says
 * that it has ended the request, by control_done or the like, or waits for
 * something.
 */
void control_stream(struct control_request *r,
    bool (*more)(struct control_request *));
/*
 * From within `more`, before it returns false: it is called again when that
 * has come.  Of a thread and of news whoever brings it says so by
 * control_resume.  News also comes when the peer says that it will ask nothing
 * more: `more` should end then (control_is_last), for there would be nobody to
 * tell that it has gone.
 */
void control_await(struct control_request *r, enum control_await what);
/* On the loop thread: the request may be gone afterwards. */
void control_resume(struct control_request *r);
bool control_is_last(const struct control_request *r);
/*
 * Asks the peer to lend a descriptor and calls `take` with it, to be closed,
 * or with -1 if none comes in time; that answers, or streams.
 */
void control_borrow(struct control_request *r,
    void (*take)(struct control_request *, int fd));
#endif
