/*
 * control - the socket for people: requests in, answers out, in order.
 *
 * Who asks is the kernel's word (SO_PEERCRED).  The protocol is described in
 * proto/msg.h, the commands in cmd.h.
 */
#ifndef PATROL_DAEMON_CONTROL_H
#define PATROL_DAEMON_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "daemon/committer.h"
#include "proto/msg.h"
#include "use/json.h"

struct control;
struct event;
struct cmd_entry;
struct patrold;

/* Bits of a peer's roles. */
enum {
	ROLE_ADMIN = 1,
	ROLE_ANALYST = 2,
	ROLE_VIEWER = 4,
	ROLE_OWNER = 8, /* of the account of its user name */
	ROLE_ANY = 16	/* everybody who may connect */
};

/* Who asks. */
struct control_peer {
	uid_t	 uid;
	gid_t	 gid;
	pid_t	 pid;
	char	 user[65];  /* "" when the uid has no name */
	char	 actor[96]; /* "uid:1000(alice)" */
	unsigned roles;
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
	struct settle		 settle;
	/* A list that streams: called whenever there is room for more. */
	bool (*more)(struct control_request *);
	uint32_t cursor; /* for `more` */
	void	*job;	 /* for `more`, and freed by `drop` */
	void (*drop)(struct control_request *);
	bool	      waiting; /* see control_wait */
	bool	      idle;    /* see control_idle */
	struct event *turn;    /* owned; see control_yield */
	struct event *lent;    /* owned; see control_borrow */
	void (*then)(struct control_request *);
	void (*take)(struct control_request *, int fd);
	uint64_t told; /* items */
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
/* Calls `then` when all changes so far are durable; the peer may be gone. */
void control_when_durable(struct control_request *r,
    void (*then)(struct control_request *));
/* Sends an item at once, but not to a peer who does not read.  False: the
 * peer is gone, and nobody waits for the answer. */
bool control_tell(struct control_request *r, struct slice json);
/*
 * Asks the peer to lend a descriptor and calls `take` with it, to be closed,
 * or with -1 if none comes in time.  If the peer goes, so does the request.
 */
void control_borrow(struct control_request *r,
    void (*take)(struct control_request *, int fd));
/* The list goes on by `more` as the peer reads. */
void control_stream(struct control_request *r,
    bool (*more)(struct control_request *));
/* From within `more`: enough for this turn of the loop, others first. */
void control_yield(struct control_request *r);
/*
 * From within `more`: a thread works for the next items.  `more` is not
 * called, nor the request freed, until control_resume.
 */
void control_wait(struct control_request *r);
/*
 * The same where no thread works: until something happens.  If the peer goes,
 * so does the request; if it says that it will ask nothing more, `more` is
 * called, and should end: there would be nobody to tell that it has gone.
 */
void control_idle(struct control_request *r);
bool control_is_last(const struct control_request *r);
/* On the loop thread: the request may be gone afterwards. */
void control_resume(struct control_request *r);
#endif
