#include "patrolctl/send.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "proto/line.h"
#include "use/json.h"

#define OUT_ROOM   (128 * 1024)
#define REPLY_MAX  (16 * 1024) /* bytes of one reply line */
#define REPLY_ROOM (4 * REPLY_MAX)

struct sender {
	int		    in, sock;
	char		   *out;     /* owned; OUT_ROOM */
	size_t		    at, end; /* what is unsent in it */
	bool		    in_end;  /* all was read */
	bool		    half;    /* half a line was read last */
	bool		    shut;    /* nothing more will be sent */
	char		   *reply;   /* owned; REPLY_ROOM + JSON_PADDING */
	size_t		    nreply;
	bool		    closed; /* the daemon has closed */
	struct line_cutter  cutter;
	struct json_reader *reader;
	send_reject_fn	    fn;
	void		   *arg;
	struct send_result *res;
	struct error	   *err;
};

static int
fail(struct sender *s, const char *what)
{
	error_set(s->err, "%s: %s", what, strerror(errno));
	return -1;
}

/* --- out ------------------------------------------------------------- */

static void
count_lines(struct sender *s, struct slice part)
{
	size_t i;

	for (i = 0; i < part.n; i++)
		s->res->lines += part.p[i] == '\n';
	s->half = part.p[part.n - 1] != '\n';
}

static int
read_in(struct sender *s)
{
	ssize_t n;

	n = read(s->in, s->out, OUT_ROOM);
	if (n == -1)
		return errno == EINTR || errno == EAGAIN ? 0 :
							   fail(s, "reading");
	if (n == 0) {
		s->in_end = true;
		s->res->lines += s->half;
		return 0;
	}
	count_lines(s, (struct slice){s->out, (size_t)n});
	s->at = 0;
	s->end = (size_t)n;
	return 0;
}

/*
 * A daemon that is gone may have left replies: they are still read, and the
 * missing ones tell how far it came.
 */
static int
write_out(struct sender *s)
{
	ssize_t n;

	n = send(s->sock, s->out + s->at, s->end - s->at,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != -1) {
		s->at += (size_t)n;
		return 0;
	}
	if (errno == EINTR || errno == EAGAIN)
		return 0;
	if (errno != EPIPE && errno != ECONNRESET)
		return fail(s, "sending");
	s->at = s->end;
	s->in_end = s->shut = true;
	return 0;
}

static void
shut_when_done(struct sender *s)
{
	if (s->shut || !s->in_end || s->at < s->end)
		return;
	(void)shutdown(s->sock, SHUT_WR);
	s->shut = true;
}

/* --- in: acks and rejects -------------------------------------------- */

static int
take_reply(struct sender *s, struct slice line)
{
	const struct json_field *f, *ack, *reject, *error;
	size_t			 n;
	int64_t			 v;

	if (json_read(s->reader, line, &f, &n, s->err) != JSON_OK) {
		error_prefix(s->err, "not a reply of patrold");
		return -1;
	}
	ack = json_find(f, n, "ack");
	reject = json_find(f, n, "reject");
	error = json_find(f, n, "error");
	if (ack != NULL && slice_int(ack->value, 0, INT64_MAX, &v) == 0) {
		s->res->settled = (uint64_t)v;
	} else if (reject != NULL && error != NULL &&
	    slice_int(reject->value, 0, INT64_MAX, &v) == 0) {
		s->res->refused++;
		s->fn((uint64_t)v, error->value, s->arg);
	}
	return 0;
}

static int
take_replies(struct sender *s)
{
	struct slice	 line;
	size_t		 used, at = 0;
	enum line_result r;

	while ((r = line_next(&s->cutter,
		    (struct slice){s->reply + at, s->nreply - at}, &line,
		    &used)) == LINE_OK) {
		at += used;
		if (take_reply(s, line) == -1)
			return -1;
	}
	if (r == LINE_TOO_LONG) {
		error_set(s->err,
		    "not a reply of patrold: a line of more "
		    "than %d bytes",
		    REPLY_MAX);
		return -1;
	}
	at += used;
	memmove(s->reply, s->reply + at, s->nreply - at);
	s->nreply -= at;
	return 0;
}

static int
read_replies(struct sender *s)
{
	ssize_t n;

	n = recv(s->sock, s->reply + s->nreply, REPLY_ROOM - s->nreply,
	    MSG_DONTWAIT);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n == -1 && errno != ECONNRESET)
		return fail(s, "receiving");
	if (n <= 0) {
		s->closed = true;
		return 0;
	}
	s->nreply += (size_t)n;
	return take_replies(s);
}

/* --- both ------------------------------------------------------------ */

/* One round: waits until either side is ready, and serves it. */
static int
turn(struct sender *s)
{
	bool	      full = s->at < s->end;
	struct pollfd p[2];

	p[0] = (struct pollfd){.fd = s->sock, .events = POLLIN};
	if (full)
		p[0].events |= POLLOUT;
	/* A negative descriptor is passed over. */
	p[1] = (struct pollfd){.fd = full || s->in_end ? -1 : s->in,
	    .events = POLLIN};
	if (poll(p, 2, -1) == -1)
		return errno == EINTR ? 0 : fail(s, "poll");
	if ((p[0].revents & (POLLIN | POLLHUP | POLLERR)) &&
	    read_replies(s) == -1)
		return -1;
	if ((p[0].revents & POLLOUT) && write_out(s) == -1)
		return -1;
	if (p[1].revents != 0 && read_in(s) == -1)
		return -1;
	shut_when_done(s);
	return 0;
}

static int
run(struct sender *s)
{
	while (!s->closed)
		if (turn(s) == -1)
			return -1;
	if (s->in_end && s->at == s->end && s->res->settled == s->res->lines)
		return 0;
	error_set(s->err,
	    "patrold closed the connection before it had "
	    "settled everything");
	return -1;
}

int
send_lines(int in, int sock, send_reject_fn fn, void *arg,
    struct send_result *res, struct error *err)
{
	static const struct json_limits limits = {.text = REPLY_MAX,
	    .string = REPLY_MAX,
	    .fields = 16,
	    .depth = 4};
	struct sender			s = {.in = in,
			      .sock = sock,
			      .fn = fn,
			      .arg = arg,
			      .res = res,
			      .err = err};
	int				r;

	*res = (struct send_result){0, 0, 0};
	s.out = xmalloc(OUT_ROOM);
	s.reply = xmalloc(REPLY_ROOM + JSON_PADDING);
	s.reader = json_reader_new(&limits);
	line_init(&s.cutter, REPLY_MAX);
	r = run(&s);
	json_reader_free(&s.reader);
	free(s.reply);
	free(s.out);
	return r;
}
