/*
 * control-await - who comes back to a request that is not answered at once.
 *
 * A request that nobody works on waits for exactly one thing (`await`); when
 * that has come, its `more` is called, and says what it waits for next.  All
 * of them but a thread can be told not to come: so a request whose peer has
 * gone is freed at once, unless a thread has it, which finds out when it is
 * done.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "daemon/control-conn.h"
#include "daemon/descriptor.h"
#include "daemon/patrold.h"

#define CONTROL_LEND 10 /* seconds to lend a descriptor */

/* Works on it until it ends, waits, or its peer has enough to read for now. */
static void
pump(struct control_request *r)
{
	struct evbuffer *out;

	r->await = AWAIT_PEER;
	while (r->await == AWAIT_PEER) {
		if (r->conn == NULL) {
			control_request_free(r);
			return;
		}
		out = bufferevent_get_output(r->conn->bev);
		if (evbuffer_get_length(out) >= CONTROL_OUT_HIGH)
			return;
		if (r->more(r))
			return;
		control_send(r);
	}
}

void
control_stream(struct control_request *r,
    bool (*more)(struct control_request *))
{
	r->more = more;
	pump(r);
}

void
control_resume(struct control_request *r)
{
	pump(r);
}

static void
settled_cb(struct settle *s, void *arg)
{
	(void)s;
	pump(arg);
}

static void
turn_cb(evutil_socket_t fd, short what, void *arg)
{
	struct control_request *r = arg;

	(void)fd, (void)what;
	event_free(r->event);
	r->event = NULL;
	pump(r);
}

/* A timer that is due at once comes after what the sockets have now. */
static void
await_turn(struct control_request *r)
{
	struct timeval now = {0, 0};

	r->event = evtimer_new(r->p->base, turn_cb, r);
	event_add(r->event, &now);
}

void
control_await(struct control_request *r, enum control_await what)
{
	r->await = what;
	if (what == AWAIT_TURN)
		await_turn(r);
	if (what == AWAIT_COMMIT) {
		r->settle.fn = settled_cb;
		r->settle.arg = r;
		committer_wait(r->p->committer, &r->settle);
	}
}

static void
lent_cb(evutil_socket_t fd, short what, void *arg)
{
	struct control_request *r = arg;
	int			got = -1;

	if (what & EV_READ)
		got = descriptor_receive(fd);
	event_free(r->event);
	r->event = NULL;
	bufferevent_enable(r->conn->bev, EV_READ);
	r->take(r, got);
}

/*
 * A descriptor comes beside a byte, and who reads the byte without asking for
 * it loses it: so libevent reads nothing here until it has come.
 */
void
control_borrow(struct control_request *r,
    void (*take)(struct control_request *, int fd))
{
	struct timeval patience = {CONTROL_LEND, 0};

	r->await = AWAIT_LOAN;
	r->take = take;
	bufferevent_disable(r->conn->bev, EV_READ);
	r->event = event_new(r->p->base, bufferevent_getfd(r->conn->bev),
	    EV_READ, lent_cb, r);
	event_add(r->event, &patience);
	(void)control_tell(r, SLICE("{\"lend\":\"descriptor\"}"));
}

/* --- the peer's side ------------------------------------------------- */

bool
control_is_last(const struct control_request *r)
{
	return r->conn == NULL || r->conn->eof;
}

void
control_peer_gone(struct control_request *r)
{
	r->conn = NULL;
	if (r->await != AWAIT_THREAD)
		control_request_free(r);
}

void
control_peer_has_read(struct control_request *r)
{
	if (r->await == AWAIT_PEER)
		pump(r);
}

/* Who only waits for news could not be told that the peer goes. */
void
control_peer_is_last(struct control_request *r)
{
	if (r->await == AWAIT_NEWS)
		pump(r);
}
