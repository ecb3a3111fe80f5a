#include "daemon/control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/descriptor.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/presented.h"
#include "daemon/request.h"

#define CONTROL_OUT_HIGH (256 * 1024) /* a list pauses above this */
#define CONTROL_OUT_LOW	 (64 * 1024)  /* and goes on below this */
#define CONTROL_IDLE	 600	      /* seconds without a request */
#define CONTROL_LEND	 10	      /* seconds to lend a descriptor */
#define CONTROL_GROUPS	 256	      /* supplementary groups looked at */

struct control_conn {
	TAILQ_ENTRY(control_conn) entry;
	struct control	       *control;
	struct bufferevent     *bev;
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

/* --- who asks -------------------------------------------------------- */

/* Is the peer a "@group" or a user of the list? */
static bool
is_listed(const struct conf_list *list, const struct control_peer *peer,
    const gid_t *gids, int ngids)
{
	const char   *name;
	struct group *gr;
	unsigned      i;
	int	      g;

	for (i = 0; i < list->n; i++) {
		name = list->item[i];
		if (name[0] != '@') {
			if (peer->user[0] != '\0' &&
			    strcmp(name, peer->user) == 0)
				return true;
			continue;
		}
		if ((gr = getgrnam(name + 1)) == NULL)
			continue;
		for (g = 0; g < ngids; g++)
			if (gids[g] == gr->gr_gid)
				return true;
	}
	return false;
}

/*
 * Roles by user name and groups.  patrold's own uid is an admin whatever the
 * lists say: it could write the store with its own hands.
 */
static void
find_roles(const struct conf *conf, struct control_peer *peer)
{
	gid_t gids[CONTROL_GROUPS];
	int   n = CONTROL_GROUPS;

	if (peer->user[0] == '\0' ||
	    getgrouplist(peer->user, peer->gid, gids, &n) == -1) {
		gids[0] = peer->gid;
		n = 1;
	}
	peer->roles = ROLE_ANY;
	if (peer->uid == geteuid() ||
	    is_listed(&conf->role_admin, peer, gids, n))
		peer->roles |= ROLE_ADMIN | ROLE_ANALYST | ROLE_VIEWER;
	if (is_listed(&conf->role_analyst, peer, gids, n))
		peer->roles |= ROLE_ANALYST | ROLE_VIEWER;
	if (is_listed(&conf->role_viewer, peer, gids, n))
		peer->roles |= ROLE_VIEWER;
}

static bool
find_peer(const struct conf *conf, int fd, struct control_peer *peer)
{
	struct ucred   cred;
	struct passwd *pw;
	socklen_t      len = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	memset(peer, 0, sizeof *peer);
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->pid = cred.pid;
	if ((pw = getpwuid(cred.uid)) != NULL)
		snprintf(peer->user, sizeof peer->user, "%s", pw->pw_name);
	snprintf(peer->actor, sizeof peer->actor, "uid:%u(%s)",
	    (unsigned)cred.uid, peer->user);
	find_roles(conf, peer);
	return true;
}

/* --- answers --------------------------------------------------------- */

static void
request_free(struct control_request *r)
{
	if (r->p->committer != NULL)
		committer_forget(r->p->committer, &r->settle);
	if (r->lent != NULL)
		event_free(r->lent);
	if (r->turn != NULL)
		event_free(r->turn);
	if (r->drop != NULL)
		r->drop(r);
	secret_wipe(r->answer.p, r->answer.n);
	buf_clear(&r->answer);
	json_reader_free(&r->reader);
	free(r);
}

static void
conn_close(struct control_conn *c)
{
	struct timeval now = {0, 0};

	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
	if (c->busy != NULL)
		c->busy->conn = NULL;
	/* A list, also one that waits for a commit, or who waits for a
	 * descriptor, has nobody to come back to; others wait for a thread. */
	if (c->busy != NULL &&
	    ((c->busy->more != NULL &&
		 (!c->busy->waiting || c->busy->idle ||
		     c->busy->settle.state != SETTLE_NONE)) ||
		c->busy->lent != NULL))
		request_free(c->busy);
	c->busy = NULL;
	TAILQ_REMOVE(&c->control->conns, c, entry);
	TAILQ_INSERT_TAIL(&c->control->dead, c, entry);
	c->control->nconns--;
	event_add(c->control->reap, &now);
}

static void
send_answer(struct control_request *r)
{
	if (r->conn != NULL)
		bufferevent_write(r->conn->bev, r->answer.p, r->answer.n);
	secret_wipe(r->answer.p, r->answer.n);
	r->answer.n = 0;
}

static void
request_end(struct control_request *r)
{
	struct control_conn *c = r->conn;

	send_answer(r);
	request_free(r);
	if (c != NULL) {
		c->busy = NULL;
		/* Further requests may be in the buffer already. */
		bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
	}
}

void
control_item(struct control_request *r, struct slice json)
{
	msg_item(&r->answer, r->id, json);
	r->told++;
}

void
control_done(struct control_request *r, struct slice json)
{
	msg_ok(&r->answer, r->id, json);
	request_end(r);
}

void
control_fail(struct control_request *r, enum msg_code code, const char *fmt,
    ...)
{
	va_list ap;
	char   *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	msg_error(&r->answer, r->id, code, text != NULL ? text : "no memory");
	free(text);
	request_end(r);
}

static void
durable_cb(struct settle *s, void *arg)
{
	(void)s;
	request_end(arg);
}

void
control_done_durably(struct control_request *r, struct slice json)
{
	const char *trouble = committer_trouble(r->p->committer);

	if (trouble != NULL) {
		control_fail(r, MSG_UNAVAILABLE,
		    "in force, but not stored "
		    "yet (%s): lost if patrold stops before it is",
		    trouble);
		return;
	}
	msg_ok(&r->answer, r->id, json);
	r->more = NULL; /* of a list this is the end */
	r->settle.fn = durable_cb;
	r->settle.arg = r;
	committer_wait(r->p->committer, &r->settle);
}

static void
then_cb(struct settle *s, void *arg)
{
	struct control_request *r = arg;

	(void)s;
	r->then(r);
}

void
control_when_durable(struct control_request *r,
    void (*then)(struct control_request *))
{
	r->then = then;
	r->settle.fn = then_cb;
	r->settle.arg = r;
	committer_wait(r->p->committer, &r->settle);
}

bool
control_tell(struct control_request *r, struct slice json)
{
	struct evbuffer *out;

	if (r->conn == NULL)
		return false;
	out = bufferevent_get_output(r->conn->bev);
	if (evbuffer_get_length(out) < CONTROL_OUT_HIGH) {
		control_item(r, json);
		send_answer(r);
	}
	return true;
}

static void
lent_cb(evutil_socket_t fd, short what, void *arg)
{
	struct control_request *r = arg;
	int			got = -1;

	if (what & EV_READ)
		got = descriptor_receive(fd);
	event_free(r->lent);
	r->lent = NULL;
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

	r->take = take;
	bufferevent_disable(r->conn->bev, EV_READ);
	r->lent = event_new(r->p->base, bufferevent_getfd(r->conn->bev),
	    EV_READ, lent_cb, r);
	event_add(r->lent, &patience);
	(void)control_tell(r, SLICE("{\"lend\":\"descriptor\"}"));
}

/* Runs a list until the peer has enough to read for now. */
static void
pump(struct control_request *r)
{
	struct evbuffer *out;

	while (!r->waiting && r->turn == NULL) {
		if (r->conn == NULL) {
			request_free(r);
			return;
		}
		out = bufferevent_get_output(r->conn->bev);
		if (evbuffer_get_length(out) >= CONTROL_OUT_HIGH)
			return;
		if (r->more(r))
			return;
		send_answer(r);
	}
}

void
control_stream(struct control_request *r,
    bool (*more)(struct control_request *))
{
	r->more = more;
	pump(r);
}

static void
turn_cb(evutil_socket_t fd, short what, void *arg)
{
	struct control_request *r = arg;

	(void)fd, (void)what;
	event_free(r->turn);
	r->turn = NULL;
	pump(r);
}

/* A timer that is due at once comes after what the sockets have now. */
void
control_yield(struct control_request *r)
{
	struct timeval now = {0, 0};

	r->turn = evtimer_new(r->p->base, turn_cb, r);
	event_add(r->turn, &now);
}

void
control_wait(struct control_request *r)
{
	r->waiting = true;
}

void
control_idle(struct control_request *r)
{
	r->waiting = r->idle = true;
}

bool
control_is_last(const struct control_request *r)
{
	return r->conn == NULL || r->conn->eof;
}

void
control_resume(struct control_request *r)
{
	r->waiting = r->idle = false;
	pump(r);
}

struct slice
control_arg(const struct control_request *r, const char *name)
{
	return request_arg(r->field, r->nfield, name);
}

bool
control_arg_bool(struct control_request *r, const char *name, int *out)
{
	struct slice s = control_arg(r, name);

	*out = slice_is(s, "true") ? 1 : slice_is(s, "false") ? 0 : -1;
	if (s.p == NULL || *out != -1)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "%s: true or false", name);
	return false;
}

bool
control_arg_int(struct control_request *r, const char *name, int64_t lo,
    int64_t hi, int64_t absent, int64_t *out)
{
	struct slice s = control_arg(r, name);

	*out = absent;
	if (s.p == NULL || slice_int(s, lo, hi, out) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "%s: a number from %lld to %lld", name,
	    (long long)lo, (long long)hi);
	return false;
}

/* --- requests -------------------------------------------------------- */

/* A line a second at most: who asks may well ask on for ever. */
static void
log_denied(const struct control_request *r, const char *what)
{
	struct control *ctl = r->control;

	if (r->now - ctl->denied_told < USEC_SEC &&
	    r->now >= ctl->denied_told) {
		ctl->denied_untold++;
		return;
	}
	log_info("control %s pid %d: %s denied, %llu more since the last",
	    r->peer.actor, (int)r->peer.pid, what,
	    (unsigned long long)ctl->denied_untold);
	ctl->denied_told = r->now;
	ctl->denied_untold = 0;
}

static void
dispatch(struct control_request *r, struct slice cmd)
{
	const char  *nearest;
	struct buf   roles, shown;
	struct error err;

	r->entry = cmd_find(cmd, &nearest);
	if (r->entry == NULL) {
		buf_init(&shown);
		buf_addescaped(&shown, cmd, 64);
		control_fail(r, MSG_BAD_REQUEST,
		    nearest != NULL ?
			"unknown command '%s', did you mean '%s'?" :
			"unknown command '%s'",
		    buf_str(&shown), nearest);
		buf_clear(&shown);
		return;
	}
	if ((r->peer.roles & r->entry->roles) == 0) {
		buf_init(&roles);
		cmd_roles_format(r->entry->roles, &roles);
		log_denied(r, r->entry->name);
		control_fail(r, MSG_DENIED, "%s needs the role %s",
		    r->entry->name, buf_str(&roles));
		buf_clear(&roles);
		return;
	}
	if (request_check_args(r->field, r->nfield, r->entry->name,
		r->entry->args, &err) != 0)
		control_fail(r, MSG_BAD_REQUEST, "%s", err.text);
	else
		r->entry->exec(r);
}

/* A user whose name is an account is its owner; looked up at each request,
 * for accounts come while connections stay. */
static void
add_owner_role(struct control_request *r)
{
	if (r->peer.user[0] != '\0' &&
	    token_table_account(engine_tokens(r->p->engine),
		slice_of(r->peer.user)) != NULL)
		r->peer.roles |= ROLE_OWNER;
}

/* The same answer whether anybody has such a token: who tries is told
 * nothing of it. */
static void
refuse_secret(struct control_request *r, const struct presented *pr)
{
	struct error what;

	presented_take(pr, r->p, &r->peer, r->now, &what);
	log_denied(r, what.text);
	control_fail(r, MSG_DENIED,
	    "an access token was sent: none is good for anything here, and "
	    "this try is recorded; replace it if it is in use");
}

/* May the peer tell of secrets by this command? */
static bool
tells_secrets(const struct control_request *r, struct slice cmd)
{
	const char	       *nearest;
	const struct cmd_entry *c = cmd_find(cmd, &nearest);

	return c != NULL && (c->roles & CMD_TELLS_SECRETS) != 0 &&
	    (c->roles & r->peer.roles) != 0;
}

static void
start_request(struct control_conn *c, char *line, size_t n)
{
	struct control_request *r = xcalloc(1, sizeof *r);
	struct request		asked = {0, {NULL, 0}};
	struct presented	secrets;
	struct error		err;
	bool			bad;

	r->control = c->control;
	r->p = c->control->p;
	r->conn = c;
	r->peer = c->peer;
	r->now = patrold_now();
	r->reader = json_reader_new(&request_limits);
	buf_init(&r->answer);
	c->busy = r;
	add_owner_role(r);
	presented_find(&secrets, line, n);
	bad = json_read_copy(r->reader, (struct slice){line, n}, &r->field,
		  &r->nfield, &err) != JSON_OK ||
	    request_parse(r->field, r->nfield, &asked, &err) != 0;
	r->id = asked.id;
	if (secrets.n > 0 && (bad || !tells_secrets(r, asked.cmd)))
		refuse_secret(r, &secrets);
	else if (bad)
		control_fail(r, MSG_BAD_REQUEST, "request: %s", err.text);
	else
		dispatch(r, asked.cmd);
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
		start_request(c, line, n);
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
	if (c->busy != NULL && c->busy->more != NULL)
		pump(c->busy);
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
		if (c->busy != NULL && c->busy->idle)
			control_resume(c->busy);
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
	if (!find_peer(ctl->p->conf, fd, &c->peer) ||
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

	if (ctl == NULL)
		return;
	while ((c = TAILQ_FIRST(&ctl->conns)) != NULL) {
		r = c->busy != NULL && c->busy->more == NULL &&
			c->busy->lent == NULL ?
		    c->busy :
		    NULL;
		conn_close(c);
		/* The threads are gone: nobody else comes back to it. */
		if (r != NULL)
			request_free(r);
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
