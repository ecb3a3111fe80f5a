/*
 * control - the socket itself: who may connect, lines in, one request at a
 * time.
 */
#include "daemon/control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/control-conn.h"
#include "daemon/listener.h"
#include "daemon/patrold.h"

#define CONTROL_IDLE 600 /* seconds without a request */

/* --- connections ----------------------------------------------------- */

static void
conn_close(struct control_conn *c)
{
	struct timeval now = {0, 0};

	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
	if (c->busy != NULL)
		control_peer_gone(c->busy);
	c->busy = NULL;
	TAILQ_REMOVE(&c->control->conns, c, entry);
	TAILQ_INSERT_TAIL(&c->control->dead, c, entry);
	c->control->nconns--;
	event_add(c->control->reap, &now);
}

/* Its end cannot be found: it is told so, and the connection ends. */
static void
refuse_long(struct control_conn *c)
{
	struct buf b;
	char	   text[80];

	snprintf(text, sizeof text, "request: longer, at most %d bytes",
	    MSG_CONTROL_MAX);
	buf_init(&b);
	msg_error(&b, 0, MSG_BAD_REQUEST, text);
	bufferevent_write(c->bev, b.p, b.n);
	buf_clear(&b);
	bufferevent_disable(c->bev, EV_READ);
	c->eof = true;
}

/* The next line; half-closed, also the last one without a newline. */
static char *
take_line(struct control_conn *c, size_t *n)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	char		*line = evbuffer_readln(in, n, EVBUFFER_EOL_LF);

	if (line != NULL || !c->eof)
		return line;
	*n = evbuffer_get_length(in);
	if (*n == 0 || *n > MSG_CONTROL_MAX)
		return NULL;
	line = xcalloc(1, *n + 1);
	(void)evbuffer_remove(in, line, *n);
	return line;
}

static void
conn_next(struct control_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	char		*line;
	size_t		 n;

	if (c->busy != NULL)
		return;
	line = take_line(c, &n);
	if (line != NULL) {
		control_request_start(c, line, n);
		secret_wipe(line, n);
		free(line);
		return;
	}
	if (evbuffer_get_length(in) > MSG_CONTROL_MAX && !c->eof) {
		refuse_long(c);
	} else if (c->eof &&
	    evbuffer_get_length(bufferevent_get_output(c->bev)) == 0) {
		conn_close(c);
	}
}

static void
read_cb(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_next(arg);
}

static void
write_cb(struct bufferevent *bev, void *arg)
{
	struct control_conn *c = arg;

	(void)bev;
	if (c->busy != NULL)
		control_peer_has_read(c->busy);
	else
		conn_next(c);
}

static void
event_cb(struct bufferevent *bev, short what, void *arg)
{
	struct control_conn *c = arg;

	(void)bev;
	/* Half-closed: what it asked is still answered. */
	if (what & BEV_EVENT_EOF) {
		c->eof = true;
		if (c->busy != NULL)
			control_peer_is_last(c->busy);
		else
			conn_next(c);
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) && c->busy != NULL) {
		bufferevent_enable(c->bev, EV_READ);
		return;
	}
	conn_close(c);
}

/*
 * A stranger's connections must not keep the admins out: who is no admin has
 * a quarter of them at most, and all of those together three.
 */
static bool
has_room(const struct control *ctl, const struct control_peer *peer)
{
	uint64_t		   limit, same = 0, others = 0;
	const struct control_conn *c;

	limit = (uint64_t)ctl->p->conf->control_connections;
	if (ctl->nconns >= limit || (peer->roles & ROLE_ADMIN))
		return ctl->nconns < limit;
	TAILQ_FOREACH (c, &ctl->conns, entry) {
		same += c->peer.uid == peer->uid;
		others += (c->peer.roles & ROLE_ADMIN) == 0;
	}
	return same < (limit + 3) / 4 && others < (limit * 3 + 3) / 4;
}

static void
turn_away(int fd)
{
	struct buf b;

	buf_init(&b);
	msg_error(&b, 0, MSG_LIMIT,
	    "too many connections "
	    "(limits.control-connections)");
	(void)send(fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_clear(&b);
}

static void
accept_conn(int fd, void *arg)
{
	struct control	    *ctl = arg;
	struct control_conn *c;
	struct timeval	     idle = {CONTROL_IDLE, 0};
	struct buf	     hello;

	c = xcalloc(1, sizeof *c);
	if (!peer_find(ctl->p->conf, fd, &c->peer) ||
	    !has_room(ctl, &c->peer)) {
		turn_away(fd);
		close(fd);
		free(c);
		return;
	}
	c->control = ctl;
	c->bev =
	    bufferevent_socket_new(ctl->p->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(c->bev, read_cb, write_cb, event_cb, c);
	/* The high mark holds a whole request and one byte too many. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, MSG_CONTROL_MAX + 2);
	bufferevent_setwatermark(c->bev, EV_WRITE, CONTROL_OUT_LOW, 0);
	bufferevent_set_timeouts(c->bev, &idle, NULL);
	TAILQ_INSERT_TAIL(&ctl->conns, c, entry);
	ctl->nconns++;
	buf_init(&hello);
	msg_greeting(&hello, PATROL_VERSION);
	bufferevent_write(c->bev, hello.p, hello.n);
	buf_clear(&hello);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* --- life ------------------------------------------------------------ */

static void
reap_cb(evutil_socket_t fd, short what, void *arg)
{
	struct control	    *ctl = arg;
	struct control_conn *c;

	(void)fd, (void)what;
	while ((c = TAILQ_FIRST(&ctl->dead)) != NULL) {
		TAILQ_REMOVE(&ctl->dead, c, entry);
		bufferevent_free(c->bev);
		free(c);
	}
}

int
control_open(struct patrold *p, struct control **out, struct error *err)
{
	struct control *ctl = xcalloc(1, sizeof *ctl);

	ctl->p = p;
	TAILQ_INIT(&ctl->conns);
	TAILQ_INIT(&ctl->dead);
	ctl->where = xstrdup(p->conf->control_socket);
	ctl->fd = listener_socket(ctl->where, p->conf->control_mode,
	    p->conf->control_group, err);
	if (ctl->fd == -1) {
		control_free(&ctl);
		return -1;
	}
	*out = ctl;
	return 0;
}

void
control_start(struct control *ctl)
{
	ctl->listener =
	    listener_new(ctl->p->base, ctl->fd, ctl->where, accept_conn, ctl);
	ctl->fd = -1;
	ctl->reap = evtimer_new(ctl->p->base, reap_cb, ctl);
}

void
control_stop(struct control *ctl)
{
	struct control_conn *c;

	listener_free(&ctl->listener);
	TAILQ_FOREACH (c, &ctl->conns, entry)
		bufferevent_disable(c->bev, EV_READ);
}

void
control_free(struct control **ctlp)
{
	struct control	       *ctl = *ctlp;
	struct control_conn    *c;
	struct control_request *r;
	bool			held;

	if (ctl == NULL)
		return;
	while ((c = TAILQ_FIRST(&ctl->conns)) != NULL) {
		r = c->busy;
		held = r != NULL && r->await == AWAIT_THREAD;
		conn_close(c);
		/* The threads are gone: nobody else comes back to it. */
		if (held)
			control_request_free(r);
	}
	if (ctl->reap != NULL) {
		reap_cb(-1, 0, ctl);
		event_free(ctl->reap);
	}
	listener_free(&ctl->listener);
	if (ctl->fd != -1)
		close(ctl->fd);
	free(ctl->where);
	free(ctl);
	*ctlp = NULL;
}

uint64_t
control_connections(const struct control *ctl)
{
	return ctl->nconns;
}
