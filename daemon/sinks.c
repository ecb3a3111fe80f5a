#include "daemon/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "alert/format.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

struct sink_line {
	STAILQ_ENTRY(sink_line) entry;
	int64_t		 seq;
	uint32_t	 tid; /* 0: an alert; else a notice of this token */
	enum notice_kind notice;
	usec_t		 step;
	size_t		 n;
	char		 json[];
};

STAILQ_HEAD(line_list, sink_line);

struct sink {
	const char *name;
	char	   *where; /* owned; NULL: off */
	/* 0, or -1 with errno: not now. */
	int (*deliver)(struct sinks *, struct sink *, const struct sink_line *);
	int		 fd;
	struct line_list queue;
	int64_t		 cursor; /* delivered up to this */
	int64_t		 stored; /* cursor as the store has it */
	uint64_t	 waiting, delivered, failures, dropped;
	unsigned	 pause;	  /* ticks until the next try */
	unsigned	 backoff; /* ticks, doubles to 60 */
	char		*trouble; /* owned */
};

struct sinks {
	struct patrold	   *p;
	struct sink	    sink[SINK_MAX];
	struct json_reader *reader;
	struct buf	    text;
};

static const struct json_limits limits = {.text = 1024 * 1024,
    .string = 64 * 1024,
    .fields = 256,
    .depth = 8,
    .index_lists = true};

/* --- syslog ---------------------------------------------------------- */

/* RFC 3164 section 4.1, as syslog(3) writes it to a local socket. */
static void
syslog_head(struct sinks *s, int severity, struct buf *out)
{
	const struct conf *c = s->p->conf;
	struct tm	   tm;
	time_t		   now = time(NULL);
	char		   stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &tm);
	buf_addf(out, "<%d>%s %s[%d]: ", c->syslog_facility | severity, stamp,
	    c->syslog_tag, (int)getpid());
}

static int
syslog_connect(struct sink *k)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	if (strlen(k->where) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(sun.sun_path, k->where);
	k->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd == -1)
		return -1;
	return connect(k->fd, (struct sockaddr *)&sun, sizeof sun);
}

static int
syslog_deliver(struct sinks *s, struct sink *k, const struct sink_line *l)
{
	const struct json_field *f;
	size_t			 n;

	s->text.n = 0;
	syslog_head(s, l->tid != 0 ? LOG_INFO : LOG_WARNING, &s->text);
	if (!s->p->conf->syslog_json &&
	    json_read_copy(s->reader, (struct slice){l->json, l->n}, &f, &n,
		NULL) == JSON_OK)
		alert_format_kv(f, n, &s->text);
	else
		buf_add(&s->text, l->json,
		    l->n < ALERT_LINE_MAX ? l->n : ALERT_LINE_MAX);
	if (k->fd == -1 && syslog_connect(k) == -1)
		return -1;
	return send(k->fd, s->text.p, s->text.n, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

/* --- file ------------------------------------------------------------ */

/* Opened for each line, so that who rotates the file has nothing to do. */
static int
file_deliver(struct sinks *s, struct sink *k, const struct sink_line *l)
{
	ssize_t n;
	int	saved;

	k->fd = open(k->where,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0640);
	if (k->fd == -1)
		return -1;
	s->text.n = 0;
	buf_add(&s->text, l->json, l->n);
	buf_addc(&s->text, '\n');
	n = write(k->fd, s->text.p, s->text.n);
	saved = errno;
	close(k->fd);
	k->fd = -1;
	errno = n >= 0 ? ENOSPC : saved;
	return n == (ssize_t)s->text.n ? 0 : -1;
}

/* --- queues ---------------------------------------------------------- */

static void
drop_first(struct sink *k)
{
	struct sink_line *l = STAILQ_FIRST(&k->queue);

	STAILQ_REMOVE_HEAD(&k->queue, entry);
	k->waiting--;
	free(l);
}

static void
fail(struct sink *k)
{
	const char *why = strerror(errno);

	k->failures++;
	if (k->trouble == NULL)
		log_warnx("alerts to %s %s: %s, trying again", k->name,
		    k->where, why);
	free(k->trouble);
	k->trouble = xstrdup(why);
	if (k->fd != -1)
		close(k->fd);
	k->fd = -1;
	k->backoff = k->backoff == 0 ? 1 : k->backoff * 2;
	if (k->backoff > 60)
		k->backoff = 60;
	k->pause = k->backoff;
}

static void
succeed(struct sink *k, int64_t seq)
{
	if (k->trouble != NULL)
		log_info("alerts to %s %s again", k->name, k->where);
	free(k->trouble);
	k->trouble = NULL;
	k->backoff = 0;
	k->cursor = seq;
	k->delivered++;
}

/* A line that this sink will not have. */
static void
drop(struct sinks *s, struct sink *k)
{
	const struct sink_line *l = STAILQ_FIRST(&k->queue);

	k->dropped++;
	if (l->tid != 0)
		engine_notice_dropped(s->p->engine, l->tid, l->notice,
		    patrold_now());
	drop_first(k);
}

/* What is off has nothing to catch up with when it comes on. */
static void
pass_by(struct sinks *s, struct sink *k)
{
	struct sink_line *l;

	while ((l = STAILQ_FIRST(&k->queue)) != NULL) {
		k->cursor = l->seq;
		drop(s, k);
	}
}

static void
drain(struct sinks *s, struct sink *k)
{
	struct sink_line *l;

	if (k->where == NULL) {
		pass_by(s, k);
		return;
	}
	while (k->pause == 0 && (l = STAILQ_FIRST(&k->queue)) != NULL) {
		if (k->deliver(s, k, l) == -1) {
			fail(k);
			return;
		}
		succeed(k, l->seq);
		if (l->tid != 0)
			engine_notice_told(s->p->engine, l->tid, l->notice,
			    l->step);
		drop_first(k);
	}
}

/* At the cap the oldest gives way: the newest alerts matter most. */
static void
enqueue(struct sinks *s, struct sink *k, const struct outbox_row *r)
{
	struct sink_line *l;

	if (k->where == NULL) {
		k->cursor = r->seq;
		return;
	}
	if (r->seq <= k->cursor)
		return;
	/* No notice takes an alert's place: there will be another. */
	if (r->tid != 0 && k->waiting >= NOTICE_QUEUE_MAX) {
		k->dropped++;
		engine_notice_dropped(s->p->engine, r->tid, r->notice,
		    patrold_now());
		return;
	}
	if (k->waiting >= SINK_QUEUE_MAX)
		drop(s, k);
	l = xmalloc(sizeof *l + r->alert.n);
	l->seq = r->seq;
	l->tid = r->tid;
	l->notice = r->notice;
	l->step = r->step;
	l->n = r->alert.n;
	memcpy(l->json, r->alert.p, r->alert.n);
	STAILQ_INSERT_TAIL(&k->queue, l, entry);
	k->waiting++;
}

struct loading {
	struct sinks *s;
	struct sink  *k;
};

static int
load_line(const struct outbox_row *r, void *arg)
{
	struct loading *l = arg;

	if (r->tid != 0)
		engine_notice_queued(l->s->p->engine, r);
	enqueue(l->s, l->k, r);
	return 0;
}

/*
 * Each sink has a cursor in the store from its first tick on, so that lines
 * are kept until the slowest has had them, and no longer.  All of them are
 * read: enqueue knows which give way.
 */
int
sinks_load(struct sinks *s, struct store *st, struct error *err)
{
	struct store_marks m;
	struct sink	  *k;
	unsigned	   i;
	int		   r;

	if ((r = store_marks(st, &m, err)) != STORE_OK)
		return r;
	for (i = 0; i < SINK_MAX; i++) {
		k = &s->sink[i];
		if (k->where != NULL &&
		    (r = store_load_outbox(st, k->name, SIZE_MAX, load_line,
			 &(struct loading){s, k}, err)) != STORE_OK)
			return r;
		k->cursor = STAILQ_EMPTY(&k->queue) ?
		    m.last_outbox :
		    STAILQ_FIRST(&k->queue)->seq - 1;
		k->stored = -1;
	}
	return STORE_OK;
}

void
sinks_committed(struct sinks *s, const struct batch *b)
{
	unsigned i;
	size_t	 j;

	for (i = 0; i < SINK_MAX; i++) {
		for (j = 0; j < b->noutbox; j++)
			enqueue(s, &s->sink[i], &b->outbox[j]);
		drain(s, &s->sink[i]);
	}
}

static void
store_cursor(struct sinks *s, struct sink *k)
{
	struct batch	  *b = engine_batch(s->p->engine);
	struct cursor_row *r;

	if (k->cursor == k->stored)
		return;
	r = batch_add_cursor(b);
	r->sink = batch_text(b, slice_of(k->name));
	r->seq = k->cursor;
	k->stored = k->cursor;
}

void
sinks_tick(struct sinks *s)
{
	struct sink *k;
	unsigned     i;

	for (i = 0; i < SINK_MAX; i++) {
		k = &s->sink[i];
		if (k->pause > 0)
			k->pause--;
		drain(s, k);
		store_cursor(s, k);
	}
}

void
sinks_configure(struct sinks *s)
{
	const struct conf *c = s->p->conf;
	const char	  *where[SINK_MAX];
	struct sink	  *k;
	unsigned	   i;
	bool		   any = false;

	where[0] = c->syslog_facility == -1 ? NULL : c->syslog_socket;
	where[1] = c->alert_file;
	for (i = 0; i < SINK_MAX; i++) {
		k = &s->sink[i];
		if (k->fd != -1)
			close(k->fd);
		k->fd = -1;
		k->pause = k->backoff = 0;
		free(k->where);
		k->where = where[i] != NULL ? xstrdup(where[i]) : NULL;
		any |= k->where != NULL;
	}
	engine_notices_wanted(s->p->engine, any);
}

struct sinks *
sinks_new(struct patrold *p)
{
	struct sinks *s = xcalloc(1, sizeof *s);
	unsigned      i;

	s->p = p;
	s->sink[0].name = "syslog";
	s->sink[0].deliver = syslog_deliver;
	s->sink[1].name = "file";
	s->sink[1].deliver = file_deliver;
	for (i = 0; i < SINK_MAX; i++) {
		s->sink[i].fd = -1;
		STAILQ_INIT(&s->sink[i].queue);
	}
	s->reader = json_reader_new(&limits);
	buf_init(&s->text);
	sinks_configure(s);
	return s;
}

void
sinks_free(struct sinks **sp)
{
	struct sinks *s = *sp;
	unsigned      i;

	if (s == NULL)
		return;
	for (i = 0; i < SINK_MAX; i++) {
		while (!STAILQ_EMPTY(&s->sink[i].queue))
			drop_first(&s->sink[i]);
		if (s->sink[i].fd != -1)
			close(s->sink[i].fd);
		free(s->sink[i].where);
		free(s->sink[i].trouble);
	}
	json_reader_free(&s->reader);
	buf_clear(&s->text);
	free(s);
	*sp = NULL;
}

unsigned
sinks_status(const struct sinks *s, struct sink_status out[SINK_MAX])
{
	const struct sink *k;
	unsigned	   i, n = 0;

	for (i = 0; i < SINK_MAX; i++) {
		k = &s->sink[i];
		if (k->where == NULL)
			continue;
		out[n++] = (struct sink_status){k->name, k->where, k->delivered,
		    k->failures, k->waiting, k->dropped, k->trouble};
	}
	return n;
}
