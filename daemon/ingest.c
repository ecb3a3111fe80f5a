#include "daemon/ingest.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/committer.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "token/secret.h"
#include "proto/line.h"
#include "proto/msg.h"
#include "use/json.h"

/*
 * A connection reads in large pieces into a buffer of its own and cuts the
 * lines in place; the padding lets the decoder read past the last one.  An
 * idle connection has no buffer.
 */
#define INGEST_BUF     (128 * 1024)
#define INGEST_OUT_MAX (64 * 1024)
/* Lines decoded before the first of them takes the road: see engine_warm. */
#define INGEST_AHEAD (ENGINE_WARM + 1)

struct ingest_conn {
	TAILQ_ENTRY(ingest_conn) entry;
	struct ingest	  *in;
	struct slice	   registry; /* of its listener, or absent */
	struct event	  *rd, *wr;
	int		   fd;
	char		   who[32];  /* "ingest uid 0" */
	char		   name[64]; /* for refused lines: who and pid */
	char		  *buf;	     /* owned; INGEST_BUF + padding */
	size_t		   n;	     /* bytes in it */
	struct line_cutter cutter;
	uint64_t	   lines; /* read */
	uint64_t	   acked; /* settled */
	uint64_t	   ack_sent;
	/* One settle may be with the batch in flight, one with the next. */
	struct settle settle[2];
	uint64_t      covers[2]; /* lines that each settles */
	struct buf    out;
	size_t	      out_done;
	bool	      eof;
	bool	      throttled;
	bool	      writing; /* wr is armed */
};

TAILQ_HEAD(conn_list, ingest_conn);

/* A decoded line on its way; its text lies in the buffer and the decoder. */
struct ingest_ahead {
	struct decoder	   *decoder; /* owned */
	struct use	    use;
	struct engine_ahead ahead;
};

struct ingest_door {
	struct ingest	*in;
	struct listener *listener;
	int		 fd; /* until it has a listener */
	const char	*where, *registry;
};

struct ingest {
	struct patrold	    *p;
	struct ingest_door   door[CONF_LISTENERS_MAX];
	unsigned	     ndoor;
	struct conn_list     conns;
	struct ingest_ahead  ahead[INGEST_AHEAD]; /* a ring */
	unsigned	     first, nahead;
	char		    *spare; /* owned: a buffer at hand */
	struct ingest_counts counts;
	bool		     stopped;
	bool		     full; /* accepts no more for now */
};

/*
 * At the limit new connections wait in the backlog.  To take and close them
 * would lose what a sender wrote that reads no answers.
 */
static void
accept_more(struct ingest *in, bool more)
{
	unsigned i;

	if (in->full != more || in->stopped)
		return;
	in->full = !more;
	for (i = 0; i < in->ndoor; i++) {
		if (more)
			listener_resume(in->door[i].listener);
		else
			listener_pause(in->door[i].listener);
	}
}

static void
conn_free(struct ingest_conn *c)
{
	struct ingest *in = c->in;

	committer_forget(in->p->committer, &c->settle[0]);
	committer_forget(in->p->committer, &c->settle[1]);
	event_free(c->rd);
	event_free(c->wr);
	close(c->fd);
	TAILQ_REMOVE(&in->conns, c, entry);
	in->counts.connections--;
	accept_more(in, true);
	buf_clear(&c->out);
	free(c->buf);
	free(c);
}

/* A buffer is larger than what malloc keeps: so the last one is kept here. */
static void
take_buffer(struct ingest_conn *c)
{
	c->buf = c->in->spare != NULL ? c->in->spare :
					xmalloc(INGEST_BUF + JSON_PADDING);
	c->in->spare = NULL;
}

static void
drop_buffer(struct ingest_conn *c)
{
	if (c->in->spare == NULL)
		c->in->spare = c->buf;
	else
		free(c->buf);
	c->buf = NULL;
}

/* --- out: rejects and acks ------------------------------------------- */

/* False when the peer is gone. */
static bool
flush_out(struct ingest_conn *c)
{
	ssize_t n;

	while (c->out_done < c->out.n) {
		n = send(c->fd, c->out.p + c->out_done, c->out.n - c->out_done,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN;
		c->out_done += (size_t)n;
	}
	c->out.n = c->out_done = 0;
	return true;
}

/*
 * Sends what there is, the newest ack last; a peer that does not read finds
 * one ack for all when it does.  The connection is gone when this is false.
 */
static bool
conn_send(struct ingest_conn *c)
{
	bool alive = flush_out(c);

	if (alive && c->out.n == 0 && c->acked > c->ack_sent) {
		msg_ack(&c->out, c->acked);
		c->in->counts.acks++;
		c->ack_sent = c->acked;
		alive = flush_out(c);
	}
	if (!alive || (c->eof && c->out.n == 0 && c->acked == c->lines)) {
		conn_free(c);
		return false;
	}
	if ((c->out.n > 0) != c->writing) {
		c->writing = !c->writing;
		if (c->writing)
			event_add(c->wr, NULL);
		else
			event_del(c->wr);
	}
	return true;
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	(void)conn_send(arg);
}

static void
settled_cb(struct settle *s, void *arg)
{
	struct ingest_conn *c = arg;
	uint64_t	    covered = c->covers[s == &c->settle[1]];

	c->in->counts.settled += covered - c->acked;
	c->acked = covered;
	(void)conn_send(c);
}

/* All lines read so far are settled with the batch that fills now. */
static void
wait_for_commit(struct ingest_conn *c)
{
	uint64_t covered = c->acked;
	unsigned i, idle = 0;

	for (i = 0; i < 2; i++) {
		if (c->settle[i].state == SETTLE_WAITING) {
			c->covers[i] = c->lines;
			return;
		}
		if (c->settle[i].state == SETTLE_INFLIGHT)
			covered = c->covers[i];
		else
			idle = i;
	}
	if (covered == c->lines)
		return;
	c->covers[idle] = c->lines;
	committer_wait(c->in->p->committer, &c->settle[idle]);
}

/* --- in: lines ------------------------------------------------------- */

static void
reject(struct ingest_conn *c, usec_t now, int refusal, const char *error,
    struct slice line)
{
	if (c->out.n < INGEST_OUT_MAX)
		msg_reject(&c->out, c->lines, error);
	patrold_refuse(c->in->p, now, c->who, c->name, refusal, error, line);
}

static struct ingest_ahead *
ahead_at(struct ingest *in, unsigned i)
{
	return &in->ahead[(in->first + i) % INGEST_AHEAD];
}

static void
take_first(struct ingest *in)
{
	struct ingest_ahead *first = ahead_at(in, 0);

	(void)engine_use_ahead(in->p->engine, &first->use, &first->ahead);
	in->first = (in->first + 1) % INGEST_AHEAD;
	in->nahead--;
}

/* Each of those on their way a step further. */
static void
warm_all(struct ingest *in)
{
	struct ingest_ahead *a;
	unsigned	     step;

	for (step = 0; step < ENGINE_WARM && step < in->nahead; step++) {
		a = ahead_at(in, in->nahead - 1 - step);
		engine_warm(in->p->engine, &a->use, &a->ahead, step);
	}
}

static void
take_line(struct ingest_conn *c, struct slice line, usec_t now)
{
	struct ingest	    *in = c->in;
	struct ingest_ahead *a = ahead_at(in, in->nahead);
	struct error	     err;
	int		     r;

	c->lines++;
	in->counts.lines++;
	secret_mask_json(c->buf + (line.p - c->buf), line.n);
	r = decode_use(a->decoder, line, c->registry, now, &a->use, &err);
	if (r != USE_OK) {
		reject(c, now, r, err.text, line);
	} else if ((r = patrold_admit(&a->use, &err)) != USE_OK) {
		reject(c, now, r, err.text, (struct slice){NULL, 0});
	} else {
		in->nahead++;
		warm_all(in);
	}
	if (in->nahead == INGEST_AHEAD)
		take_first(in);
}

static void
take_long_line(struct ingest_conn *c, struct slice beginning, usec_t now)
{
	char text[80];

	c->lines++;
	c->in->counts.lines++;
	secret_mask_json(c->buf + (beginning.p - c->buf), beginning.n);
	/* One that is cut in two may be told from its first part. */
	beginning.n -= SECRET_JSON_MAX;
	snprintf(text, sizeof text, "line: longer than %d bytes", USE_LINE_MAX);
	reject(c, now, USE_E_LIMIT, text, beginning);
}

/* Takes whole lines until there are none or the committer is behind. */
static void
take_lines(struct ingest_conn *c, usec_t now)
{
	struct slice	 line, in = {c->buf, c->n};
	enum line_result r;
	size_t		 used;

	while (!committer_is_full(c->in->p->committer)) {
		r = line_next(&c->cutter, in, &line, &used);
		in.p += used;
		in.n -= used;
		if (r == LINE_OK)
			take_line(c, line, now);
		else if (r == LINE_TOO_LONG)
			take_long_line(c, line, now);
		else if (used == 0 || in.n == 0)
			break;
	}
	if (c->eof && !committer_is_full(c->in->p->committer) &&
	    line_last(&c->cutter, in, &line)) {
		take_line(c, line, now);
		in.n = 0;
	}
	while (c->in->nahead > 0)
		take_first(c->in);
	if (in.n > 0 && in.p != c->buf)
		memmove(c->buf, in.p, in.n);
	c->n = in.n;
}

static void
throttle(struct ingest_conn *c)
{
	if (c->throttled)
		return;
	c->throttled = true;
	c->in->counts.throttled++;
	event_del(c->rd);
}

/* After bytes have come, or there is room again. */
static void
conn_work(struct ingest_conn *c, usec_t now)
{
	if (c->buf != NULL)
		take_lines(c, now);
	if (c->buf != NULL && c->n == 0)
		drop_buffer(c);
	wait_for_commit(c);
	if (committer_is_full(c->in->p->committer))
		throttle(c);
	/* Half-closed: the rest of the work is the settling. */
	if (c->eof && c->n == 0)
		event_del(c->rd);
	(void)conn_send(c);
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ingest_conn *c = arg;
	ssize_t		    n;

	(void)what;
	if (c->buf == NULL)
		take_buffer(c);
	n = read(fd, c->buf + c->n, INGEST_BUF - c->n);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		/* Reset by the peer: what came is settled, nobody is told. */
		conn_free(c);
		return;
	}
	c->n += (size_t)n;
	if (n == 0)
		c->eof = true;
	conn_work(c, patrold_now());
}

/* --- connections ----------------------------------------------------- */

static void
name_conn(struct ingest_conn *c)
{
	struct ucred cred = {.pid = -1, .uid = (uid_t)-1};
	socklen_t    len = sizeof cred;

	(void)getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	snprintf(c->who, sizeof c->who, "ingest uid %u", (unsigned)cred.uid);
	snprintf(c->name, sizeof c->name, "%s pid %d", c->who, (int)cred.pid);
}

static void
accept_conn(int fd, void *arg)
{
	struct ingest_door *door = arg;
	struct ingest	   *in = door->in;
	struct ingest_conn *c;

	c = xcalloc(1, sizeof *c);
	c->in = in;
	c->fd = fd;
	c->registry = slice_of(door->registry);
	name_conn(c);
	line_init(&c->cutter, USE_LINE_MAX);
	buf_init(&c->out);
	c->settle[0].fn = c->settle[1].fn = settled_cb;
	c->settle[0].arg = c->settle[1].arg = c;
	c->rd = event_new(in->p->base, fd, EV_READ | EV_PERSIST, read_cb, c);
	c->wr = event_new(in->p->base, fd, EV_WRITE | EV_PERSIST, write_cb, c);
	event_add(c->rd, NULL);
	TAILQ_INSERT_TAIL(&in->conns, c, entry);
	in->counts.connections++;
	in->counts.accepted++;
	if (in->counts.connections >=
	    (uint64_t)in->p->conf->ingest_connections) {
		accept_more(in, false);
		in->counts.kept_waiting++;
	}
}

void
ingest_configure(struct ingest *in)
{
	struct decode_opts o = {.lateness = in->p->conf->lateness};
	unsigned	   i;

	for (i = 0; i < INGEST_AHEAD; i++) {
		decoder_free(&in->ahead[i].decoder);
		in->ahead[i].decoder = decoder_new(&o);
	}
}

int
ingest_open(struct patrold *p, struct ingest **out, struct error *err)
{
	struct ingest	   *in = xcalloc(1, sizeof *in);
	struct conf_ingest *ci;
	struct ingest_door *door;
	unsigned	    i;

	in->p = p;
	TAILQ_INIT(&in->conns);
	ingest_configure(in);
	for (i = 0; i < p->conf->ningest; i++) {
		ci = &p->conf->ingest[i];
		door = &in->door[i];
		door->in = in;
		door->where = xstrdup(ci->socket);
		door->registry =
		    ci->registry != NULL ? xstrdup(ci->registry) : NULL;
		in->ndoor = i + 1;
		door->fd =
		    listener_socket(ci->socket, ci->mode, ci->group, err);
		if (door->fd == -1) {
			ingest_free(&in);
			return -1;
		}
	}
	*out = in;
	return 0;
}

void
ingest_start(struct ingest *in)
{
	struct ingest_door *door;
	unsigned	    i;

	for (i = 0; i < in->ndoor; i++) {
		door = &in->door[i];
		door->listener = listener_new(in->p->base, door->fd,
		    door->where, accept_conn, door);
		door->fd = -1;
	}
}

void
ingest_stop(struct ingest *in)
{
	struct ingest_conn *c;
	unsigned	    i;

	in->stopped = true;
	for (i = 0; i < in->ndoor; i++)
		listener_free(&in->door[i].listener);
	TAILQ_FOREACH (c, &in->conns, entry)
		event_del(c->rd);
}

void
ingest_free(struct ingest **inp)
{
	struct ingest *in = *inp;
	unsigned       i;

	if (in == NULL)
		return;
	while (!TAILQ_EMPTY(&in->conns))
		conn_free(TAILQ_FIRST(&in->conns));
	for (i = 0; i < in->ndoor; i++) {
		listener_free(&in->door[i].listener);
		if (in->door[i].fd > 0)
			close(in->door[i].fd);
		free((char *)in->door[i].where);
		free((char *)in->door[i].registry);
	}
	for (i = 0; i < INGEST_AHEAD; i++)
		decoder_free(&in->ahead[i].decoder);
	free(in->spare);
	free(in);
	*inp = NULL;
}

void
ingest_room(struct ingest *in)
{
	struct ingest_conn *c, *next;
	usec_t		    now = patrold_now();

	if (in->stopped)
		return;
	for (c = TAILQ_FIRST(&in->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (!c->throttled)
			continue;
		if (committer_is_full(in->p->committer))
			return;
		c->throttled = false;
		event_add(c->rd, NULL);
		conn_work(c, now);
	}
}

const struct ingest_counts *
ingest_counts(const struct ingest *in)
{
	return &in->counts;
}
