#include "patrolctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "proto/line.h"
#include "proto/msg.h"

#define LINE_MAX_BYTES	 (MSG_ANSWER_MAX + 1024) /* with the envelope */
#define ROOM		 (LINE_MAX_BYTES + 64 * 1024)
#define GREETING_SECONDS 10
#define ANSWER_SECONDS	 120 /* of silence; a reload takes its time */

struct client {
	int		    fd;
	const char	   *path; /* borrowed */
	struct json_reader *reader;
	struct line_cutter  cutter;
	char		   *buf;     /* owned; ROOM + JSON_PADDING */
	size_t		    at, end; /* what is unread in it */
	int64_t		    id;	     /* of the last request */
};

int
client_connect(const char *path, struct error *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int		   fd = -1, code = ENAMETOOLONG;

	if (strlen(path) < sizeof sun.sun_path) {
		memcpy(sun.sun_path, path, strlen(path));
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd != -1 &&
		    connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
			return fd;
		code = errno;
	}
	if (fd != -1)
		close(fd);
	error_set(err,
	    "no patrold at %s: %s (is it running? -s SOCKET names "
	    "another)",
	    path, strerror(code));
	return -1;
}

/* Waits for bytes and takes them in; -1 with *err set when none come. */
static int
fill(struct client *c, int seconds, struct error *err)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ssize_t	      n;
	int	      ready;

	memmove(c->buf, c->buf + c->at, c->end - c->at);
	c->end -= c->at;
	c->at = 0;
	while ((ready = poll(&p, 1, seconds * 1000)) == -1 && errno == EINTR)
		;
	if (ready == 0) {
		error_set(err, "patrold at %s has not answered for %d s",
		    c->path, seconds);
		return -1;
	}
	while ((n = read(c->fd, c->buf + c->end, ROOM - c->end)) == -1 &&
	    errno == EINTR)
		;
	if (n > 0) {
		c->end += (size_t)n;
		return 0;
	}
	error_set(err, "patrold at %s closed the connection%s%s", c->path,
	    n == -1 ? ": " : " without an answer",
	    n == -1 ? strerror(errno) : "");
	return -1;
}

/* Who takes items as they come; NULL: they are taken apart. */
struct raw {
	client_raw_fn fn;
	void	     *arg;
};

/* An item as msg_item writes it: what lies between is one object. */
static bool
raw_item(const struct client *c, struct slice line, struct slice *item)
{
	char   head[64];
	size_t n;

	n = (size_t)snprintf(head, sizeof head,
	    "{\"id\":%lld,\"item\":", (long long)c->id);
	if (!slice_starts(line, (struct slice){head, n}) ||
	    !slice_ends(line, SLICE("}")) || line.n < n + 1)
		return false;
	*item = (struct slice){line.p + n, line.n - n - 1};
	return true;
}

static int
read_answer(struct client *c, int seconds, const struct raw *raw,
    struct answer *a, struct error *err)
{
	struct slice line, item;
	size_t	     used;

	for (;;) {
		switch (line_next(&c->cutter,
		    (struct slice){c->buf + c->at, c->end - c->at}, &line,
		    &used)) {
		case LINE_MORE:
			c->at += used;
			if (fill(c, seconds, err) == -1)
				return -1;
			break;
		case LINE_TOO_LONG:
			error_set(err,
			    "patrold at %s: an answer of more than "
			    "%d bytes",
			    c->path, LINE_MAX_BYTES);
			return -1;
		case LINE_OK:
			c->at += used;
			if (raw != NULL && raw_item(c, line, &item)) {
				if (raw->fn(item, raw->arg, err) != 0)
					return -1;
				break;
			}
			if (answer_parse(c->reader, line, a, err) == 0)
				return 0;
			error_prefix(err, "patrold at %s: not an answer",
			    c->path);
			return -1;
		}
	}
}

static int
read_greeting(struct client *c, struct error *err)
{
	struct answer a;
	int64_t	      version;

	if (read_answer(c, GREETING_SECONDS, NULL, &a, err) == -1)
		return -1;
	version = answer_int(&a.body, "patrol");
	if (a.kind == ANSWER_OTHER && version == MSG_PROTOCOL)
		return 0;
	if (a.kind == ANSWER_OTHER && version > 0)
		error_set(err,
		    "patrold at %s speaks protocol %lld, this "
		    "patrolctl %d",
		    c->path, (long long)version, MSG_PROTOCOL);
	else
		error_set(err, "%s is no control socket of patrold", c->path);
	return -1;
}

struct client *
client_open(const char *path, struct error *err)
{
	struct client *c;
	int	       fd;

	if ((fd = client_connect(path, err)) == -1)
		return NULL;
	c = xcalloc(1, sizeof *c);
	c->fd = fd;
	c->path = path;
	c->reader = answer_reader_new();
	c->buf = xmalloc(ROOM + JSON_PADDING);
	line_init(&c->cutter, LINE_MAX_BYTES);
	if (read_greeting(c, err) == -1)
		client_close(&c);
	return c;
}

void
client_close(struct client **cp)
{
	struct client *c = *cp;

	if (c == NULL)
		return;
	close(c->fd);
	json_reader_free(&c->reader);
	explicit_bzero(c->buf, ROOM);
	free(c->buf);
	free(c);
	*cp = NULL;
}

static int
send_all(struct client *c, struct slice s, struct error *err)
{
	ssize_t n;

	while (s.n > 0) {
		n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			error_set(err, "patrold at %s: %s", c->path,
			    strerror(errno));
			return -1;
		}
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

static int
send_request(struct client *c, const char *cmd, struct slice args,
    struct error *err)
{
	struct jsonw w;
	struct buf   b;
	int	     r = -1;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "id", ++c->id);
	jsonw_field_str(&w, "cmd", slice_of(cmd));
	jsonw_key(&w, "args");
	jsonw_raw(&w, args);
	jsonw_end(&w);
	if (b.n > MSG_CONTROL_MAX)
		error_set(err,
		    "%s: longer than the %d bytes that a request "
		    "may have",
		    cmd, MSG_CONTROL_MAX);
	else {
		buf_addc(&b, '\n');
		r = send_all(c, buf_slice(&b), err);
	}
	buf_clear(&b);
	return r;
}

static int
ask(struct client *c, const char *cmd, struct slice args, client_item_fn fn,
    void *arg, const struct raw *raw, struct answer *a, struct error *err)
{
	if (send_request(c, cmd, args, err) == -1)
		return CLIENT_E_GONE;
	for (;;) {
		if (read_answer(c, ANSWER_SECONDS, raw, a, err) == -1)
			return CLIENT_E_GONE;
		if (a->kind == ANSWER_OTHER || a->id != c->id) {
			error_set(err,
			    "patrold at %s: an answer to nothing "
			    "that was asked",
			    c->path);
			return CLIENT_E_GONE;
		}
		if (a->kind == ANSWER_OK)
			return CLIENT_OK;
		if (a->kind == ANSWER_ERROR)
			return CLIENT_E_REFUSED;
		fn(&a->body, arg);
	}
}

static void
ignore_item(const struct fields *item, void *arg)
{
	(void)item;
	(void)arg;
}

int
client_ask(struct client *c, const char *cmd, struct slice args,
    client_item_fn fn, void *arg, struct answer *a, struct error *err)
{
	return ask(c, cmd, args, fn != NULL ? fn : ignore_item, arg, NULL, a,
	    err);
}

int
client_ask_raw(struct client *c, const char *cmd, struct slice args,
    client_raw_fn fn, void *arg, struct answer *a, struct error *err)
{
	struct raw raw = {fn, arg};

	return ask(c, cmd, args, ignore_item, NULL, &raw, a, err);
}

/* With one byte, which is what it comes beside; see unix(7). */
int
client_lend(struct client *c, int fd, struct error *err)
{
	char	     byte = '\n';
	struct iovec iov = {&byte, 1};
	union {
		struct cmsghdr align;
		char	       space[CMSG_SPACE(sizeof(int))];
	} control = {.space = {0}};
	struct msghdr	m = {.msg_iov = &iov,
	      .msg_iovlen = 1,
	      .msg_control = &control,
	      .msg_controllen = sizeof control.space};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	ssize_t		n;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	do
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		return 0;
	error_set(err, "patrold at %s: %s", c->path, strerror(errno));
	return -1;
}
