/*
 * http - the web doors: each listener serves the routes its entry names.
 */
#ifndef PATROL_DAEMON_HTTP_H
#define PATROL_DAEMON_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/error.h"
#include "conf/conf.h"
#include "daemon/committer.h"

struct evhttp_request;
struct http;
struct patrold;

#define HTTP_BODY_MAX	 (4 * 1024 * 1024)
#define HTTP_FORM_MAX	 (64 * 1024) /* where senders have no door */
#define HTTP_HEADERS_MAX (64 * 1024)
#define HTTP_TIMEOUT	 30 /* seconds for a request, and idle */

/* A listener, as the routes see it. */
struct http_door {
	struct http	*http;
	struct patrold	*p;
	struct conf_http conf;	 /* borrowed from the configuration
					   that was in force at start */
	char		*secret; /* owned; NULL: none is asked for */
};

struct http_counts {
	uint64_t requests, refused, grants, notifications;
};

/* Makes the sockets, reads the secrets; 0, or -1 with *err set. */
int  http_open(struct patrold *p, struct http **out,
     struct error *err) MUSTCHECK;
void http_start(struct http *h);
/* Once a second: accepts again where file descriptors had run out. */
void http_tick(struct http *h);
/* Once a turn of the loop: does what was put off. */
void		    http_turn(struct http *h);
void		    http_stop(struct http *h);
void		    http_free(struct http **h);
struct http_counts *http_counts(struct http *h);

/* --- for the routes -------------------------------------------------- */

/* http-token.c: the Distribution token protocol. */
void http_token_route(struct http_door *d, struct evhttp_request *req);
/* http-notify.c: the webhook of Distribution registries. */
void http_notify_route(struct http_door *d, struct evhttp_request *req);
/* http-verify.c: may this request pass?  For a proxy that asks of each. */
void http_verify_route(struct http_door *d, struct evhttp_request *req);
/* http-uses.c: uses as NDJSON. */
void http_uses_route(struct http_door *d, struct evhttp_request *req);
/* http-leak.c: reports of leaked secrets, signed and not. */
void http_leak_partner_route(struct http_door *d, struct evhttp_request *req);
void http_leak_public_route(struct http_door *d, struct evhttp_request *req);
/* http-metrics.c: counters for Prometheus. */
void http_metrics_route(struct http_door *d, struct evhttp_request *req);

/* A header of the request; absent if it has none. */
struct slice http_header(struct evhttp_request *req, const char *name);
/* Another header for the answer, before that is sent. */
void http_add_header(struct evhttp_request *req, const char *name,
    const char *text);
/* Sends an answer; to HEAD, only what is before the body. */
void http_reply(struct evhttp_request *req, int status, const char *type,
    struct slice body);
/* Sends JSON with a status; `json` without newline. */
void http_reply_json(struct evhttp_request *req, int status, struct slice json);
/* {"errors":[{"code":...,"message":...}]} as registries do. */
void http_reply_error(struct evhttp_request *req, int status, const char *code,
    const char *message);
/*
 * An answer that waits for the commit.  `reply` is called with the request
 * when all that is in the batch now is durable; not at all (but arg is freed
 * by `drop`) when the client has gone.  At once with 503 when the store is in
 * trouble.
 *
 * `work`, if not NULL, is for what the answer takes that is long: it is called
 * on another thread meanwhile, and is done before `reply`; or, as patrold
 * stops, not at all.  Until then nobody else may touch `arg`.
 */
void http_reply_durably(struct http_door *d, struct evhttp_request *req,
    void (*work)(void *arg), void (*reply)(struct evhttp_request *, void *arg),
    void (*drop)(void *arg), void *arg);
/*
 * Calls `fn` once, after the answer that was just queued has had its turn to
 * leave, and before anything that its reader does next is looked at: so what
 * `fn` takes shows in no answer's time.  As patrold stops, at once.
 */
void http_later(struct http_door *d, void (*fn)(void *arg), void *arg);
/*
 * Work for a request on a thread of its own (`r`), then `then` on the loop's:
 * with the request, or NULL when the client has gone; always, so that `arg` is
 * freed there.  `work` is not called when patrold stops before its turn.
 */
struct reader;
void http_work(struct http_door *d, struct evhttp_request *req,
    struct reader *r, void (*work)(void *arg),
    void (*then)(struct evhttp_request *, void *arg), void *arg);
/* The client's address: the peer, or what a trusted proxy says it is. */
void http_client_addr(const struct http_door *d, struct evhttp_request *req,
    struct addr *out);
/* "webhook 192.0.2.7": the door's name, and the client's address if it has
 * one; for refused lines. */
#define HTTP_SENDER_MAX 80
void http_format_sender(const struct http_door *d, struct evhttp_request *req,
    const char *door, char out[HTTP_SENDER_MAX]);
/* Is whoever asks a proxy whose word counts? */
bool http_is_from_proxy(const struct http_door *d, struct evhttp_request *req);
/* The request's body, contiguous, with JSON_PADDING readable bytes behind. */
struct slice http_body(struct evhttp_request *req);
/* The same without the secrets of tokens: see secret_mask. */
struct slice http_masked_body(struct evhttp_request *req);
/* Does the request carry the door's secret as a bearer?  Constant time. */
bool http_has_secret(const struct http_door *d, struct evhttp_request *req);
#endif
