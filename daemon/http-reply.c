/*
 * http-reply - answers, at once or when what they promise holds.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/http.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"
#include "token/secret.h"

/*
 * A request whose answer waits for the commit, and for work on the signer's
 * thread if there is any.  When the client goes before that is done, the wait
 * stays until it is, without a request.
 */
struct http_wait {
	struct reader_job      job; /* first: the reader's part */
	struct patrold	      *p;
	struct evhttp_request *req; /* NULL: the client has gone */
	struct settle	       settle;
	unsigned	       pending; /* of the two */
	void (*work)(void *);
	void (*reply)(struct evhttp_request *, void *);
	void (*drop)(void *); /* NULL: reply, also without a request */
	void *arg;
};

/*
 * Writes an answer at once, where libevent would wait for the socket to say
 * that it can be written, which it nearly always can: two system calls and a
 * turn of the loop less.  What does not fit is left to libevent.  TLS has a
 * buffer of its own below.
 */
static void
write_now(struct bufferevent *bev)
{
	struct evbuffer *out = bufferevent_get_output(bev);
	evutil_socket_t	 fd = bufferevent_getfd(bev);

	if (fd == -1 || bufferevent_openssl_get_ssl(bev) != NULL)
		return;
	evbuffer_unfreeze(out, 1);
	(void)evbuffer_write(out, fd);
	evbuffer_freeze(out, 1);
	if (evbuffer_get_length(out) > 0)
		return;
	/* As if the loop had written it, but not from within its callback. */
	bufferevent_disable(bev, EV_WRITE);
	bufferevent_trigger(bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

void
http_add_header(struct evhttp_request *req, const char *name, const char *text)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), name, text);
}

/* To HEAD libevent would send the body too, and the next answer after it. */
void
http_reply(struct evhttp_request *req, int status, const char *type,
    struct slice body)
{
	struct evhttp_connection *evcon;
	struct evkeyvalq	 *head = evhttp_request_get_output_headers(req);
	struct evbuffer		 *b = evbuffer_new();
	char			  length[24];

	snprintf(length, sizeof length, "%zu", body.n);
	evhttp_add_header(head, "Content-Type", type);
	evhttp_add_header(head, "Cache-Control", "no-store");
	evhttp_add_header(head, "Content-Length", length);
	if (evhttp_request_get_command(req) != EVHTTP_REQ_HEAD)
		evbuffer_add(b, body.p, body.n);
	evcon = evhttp_request_get_connection(req);
	evhttp_send_reply(req, status, NULL, b);
	evbuffer_free(b);
	if (evcon != NULL)
		write_now(evhttp_connection_get_bufferevent(evcon));
}

void
http_reply_json(struct evhttp_request *req, int status, struct slice json)
{
	struct buf b;

	buf_init(&b);
	buf_addslice(&b, json);
	buf_addc(&b, '\n');
	http_reply(req, status, "application/json", buf_slice(&b));
	secret_wipe(b.p, b.n);
	buf_clear(&b);
}

void
http_reply_error(struct evhttp_request *req, int status, const char *code,
    const char *message)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_key(&w, "errors");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_field_str(&w, "code", slice_of(code));
	jsonw_field_str(&w, "message", slice_of(message));
	jsonw_end(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	http_reply_json(req, status, buf_slice(&b));
	buf_clear(&b);
}

static void
wait_end(struct http_wait *w)
{
	struct evhttp_connection *evcon;

	evcon = evhttp_request_get_connection(w->req);
	if (evcon != NULL)
		evhttp_connection_set_closecb(evcon, NULL, NULL);
}

static void
wait_step(struct http_wait *w)
{
	if (--w->pending > 0)
		return;
	if (w->req != NULL)
		wait_end(w);
	if (w->req != NULL || w->drop == NULL)
		w->reply(w->req, w->arg);
	if (w->drop != NULL)
		w->drop(w->arg);
	free(w);
}

static void
durable_cb(struct settle *s, void *arg)
{
	(void)s;
	wait_step(arg);
}

static int
work_run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct http_wait *w = (struct http_wait *)job;

	(void)sr, (void)err;
	w->work(w->arg);
	return STORE_OK;
}

static void
work_done(struct reader_job *job)
{
	wait_step((struct http_wait *)job);
}

/* The client has gone before its answer: the request goes with it. */
static void
closed_cb(struct evhttp_connection *evcon, void *arg)
{
	struct http_wait *w = arg;

	(void)evcon;
	w->req = NULL;
	if (w->settle.state == SETTLE_NONE)
		return; /* the work is yet to end */
	committer_forget(w->p->committer, &w->settle);
	wait_step(w);
}

static struct http_wait *
wait_begin(struct http_door *d, struct evhttp_request *req,
    void (*work)(void *), void (*reply)(struct evhttp_request *, void *),
    void (*drop)(void *), void *arg)
{
	struct http_wait *w = xcalloc(1, sizeof *w);

	w->p = d->p;
	w->req = req;
	w->work = work;
	w->reply = reply;
	w->drop = drop;
	w->arg = arg;
	w->pending = 1;
	w->settle.fn = durable_cb;
	w->settle.arg = w;
	evhttp_connection_set_closecb(evhttp_request_get_connection(req),
	    closed_cb, w);
	return w;
}

static void
submit_work(struct http_wait *w, struct reader *r)
{
	w->job.run = work_run;
	w->job.done = work_done;
	reader_submit(r, &w->job);
}

void
http_reply_durably(struct http_door *d, struct evhttp_request *req,
    void (*work)(void *), void (*reply)(struct evhttp_request *, void *),
    void (*drop)(void *), void *arg)
{
	struct http_wait *w;

	if (committer_trouble(d->p->committer) != NULL) {
		http_reply_error(req, 503, "UNAVAILABLE",
		    "the token service cannot write its store; try again "
		    "later");
		drop(arg);
		return;
	}
	w = wait_begin(d, req, work, reply, drop, arg);
	committer_wait(d->p->committer, &w->settle);
	if (work == NULL || d->p->signer == NULL)
		return;
	w->pending = 2;
	submit_work(w, d->p->signer);
}

void
http_work(struct http_door *d, struct evhttp_request *req, struct reader *r,
    void (*work)(void *), void (*then)(struct evhttp_request *, void *),
    void *arg)
{
	submit_work(wait_begin(d, req, work, then, NULL, arg), r);
}
