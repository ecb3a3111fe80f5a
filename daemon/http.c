#include "daemon/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "auth/leakbody.h"
#include "base/mem.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "token/secret.h"
#include "use/json.h"

#define SECRET_FILE_MIN 16 /* characters */

struct http_listener {
	struct http_door	    door;
	struct evhttp		   *evhttp;
	struct evhttp_bound_socket *bound;
	SSL_CTX			   *tls;
	int			    fd; /* until it is bound */
};

/* Something put off: see http_later. */
struct http_delayed {
	STAILQ_ENTRY(http_delayed) entry;
	void (*fn)(void *);
	void *arg;
};

STAILQ_HEAD(http_delayed_list, http_delayed);

struct http {
	struct patrold		*p;
	struct http_listener	 listener[CONF_LISTENERS_MAX];
	unsigned		 n;
	struct http_delayed_list young, ripe; /* for the next turn, for this */
	struct http_counts	 counts;
};

/* --- later ----------------------------------------------------------- */

/*
 * An answer is written as it is made, but over TLS by libevent in the turn
 * after that (see http-reply.c).
 */
void
http_later(struct http_door *d, void (*fn)(void *), void *arg)
{
	struct http_delayed *l = xcalloc(1, sizeof *l);

	l->fn = fn;
	l->arg = arg;
	if (d->conf.tls_certificate != NULL)
		STAILQ_INSERT_TAIL(&d->http->young, l, entry);
	else
		STAILQ_INSERT_TAIL(&d->http->ripe, l, entry);
}

void
http_turn(struct http *h)
{
	struct http_delayed *l;

	while ((l = STAILQ_FIRST(&h->ripe)) != NULL) {
		STAILQ_REMOVE_HEAD(&h->ripe, entry);
		l->fn(l->arg);
		free(l);
	}
	STAILQ_CONCAT(&h->ripe, &h->young);
}

/* --- requests -------------------------------------------------------- */

static bool
is_trusted(const struct http_door *d, const struct addr *a)
{
	unsigned i;

	for (i = 0; i < d->conf.trusted_proxies.n; i++)
		if (cidr_has(&d->conf.trusted_proxies.item[i], a))
			return true;
	return false;
}

/*
 * One line of X-Forwarded-For, from its end; *out is the last address that a
 * trusted proxy named.  Is that one a trusted proxy too?
 */
static bool
forwarded_for(const struct http_door *d, struct slice list, struct addr *out)
{
	struct slice one;
	struct addr  a;
	ptrdiff_t    comma;

	do {
		comma = slice_rindex(list, ',');
		one = slice_trim((struct slice){list.p + comma + 1,
		    list.n - (size_t)(comma + 1)});
		if (addr_parse_peer(one, &a) != 0)
			return false;
		*out = a;
		if (!is_trusted(d, &a))
			return false;
		list.n = comma == -1 ? 0 : (size_t)comma;
	} while (comma != -1);
	return true;
}

/* The peer of a connection; false: it has no address. */
static bool
peer_addr(struct evhttp_request *req, struct addr *out)
{
	char	   *peer = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(req), &peer,
	    &port);
	return peer != NULL && addr_parse(slice_of(peer), out) == 0;
}

bool
http_is_from_proxy(const struct http_door *d, struct evhttp_request *req)
{
	struct addr a;

	return d->conf.listen[0] == '/' ||
	    (peer_addr(req, &a) && is_trusted(d, &a));
}

/*
 * X-Forwarded-For is read from its end: each trusted proxy vouches for the
 * entry before its own, and what stands before an untrusted one is a claim.
 * Some proxies add a line of their own after the client's: the lines are one
 * list.  A proxy on a Unix socket is trusted by the socket's mode.
 */
void
http_client_addr(const struct http_door *d, struct evhttp_request *req,
    struct addr *out)
{
	struct evkeyvalq *head;
	struct evkeyval	 *kv;

	memset(out, 0, sizeof *out);
	if (d->conf.listen[0] != '/' &&
	    (!peer_addr(req, out) || !is_trusted(d, out)))
		return;
	head = evhttp_request_get_input_headers(req);
	TAILQ_FOREACH_REVERSE(kv, head, evkeyvalq, next)
	if (strcasecmp(kv->key, "X-Forwarded-For") == 0 &&
	    !forwarded_for(d, slice_of(kv->value), out))
		return;
}

void
http_format_sender(const struct http_door *d, struct evhttp_request *req,
    const char *door, char out[HTTP_SENDER_MAX])
{
	char	    text[ADDR_TEXT_MAX];
	struct addr a;

	http_client_addr(d, req, &a);
	if (a.family == 0)
		text[0] = '\0';
	else
		(void)addr_format(&a, text);
	snprintf(out, HTTP_SENDER_MAX, "%s%s%s", door,
	    text[0] != '\0' ? " " : "", text);
}

static char *
pull_body(struct evhttp_request *req, size_t *n)
{
	static const char padding[JSON_PADDING];
	struct evbuffer	 *in = evhttp_request_get_input_buffer(req);

	*n = evbuffer_get_length(in);
	evbuffer_add(in, padding, sizeof padding);
	return (char *)evbuffer_pullup(in, -1);
}

struct slice
http_header(struct evhttp_request *req, const char *name)
{
	return slice_of(
	    evhttp_find_header(evhttp_request_get_input_headers(req), name));
}

struct slice
http_body(struct evhttp_request *req)
{
	struct slice body;

	body.p = pull_body(req, &body.n);
	return body;
}

struct slice
http_masked_body(struct evhttp_request *req)
{
	size_t n;
	char  *p = pull_body(req, &n);

	secret_mask_json(p, n);
	return (struct slice){p, n};
}

bool
http_has_secret(const struct http_door *d, struct evhttp_request *req)
{
	struct slice header;
	uint8_t	     want[SECRET_HASH], got[SECRET_HASH];

	if (d->secret == NULL)
		return true;
	header = http_header(req, "Authorization");
	if (header.n < 7 ||
	    !slice_caseeq((struct slice){header.p, 7}, SLICE("Bearer ")))
		return false;
	header = slice_trim((struct slice){header.p + 7, header.n - 7});
	/* Hashes have one length: the time tells nothing of the secret's. */
	secret_hash(header, got);
	secret_hash(slice_of(d->secret), want);
	return secret_hash_eq(want, got);
}

static void
health_route(struct http_door *d, struct evhttp_request *req)
{
	const char *trouble = committer_trouble(d->p->committer);

	if (trouble == NULL)
		http_reply_json(req, 200, SLICE("{\"status\":\"ok\"}"));
	else
		http_reply_error(req, 503, "UNAVAILABLE",
		    "the store cannot be written");
}

struct route {
	const char *path;
	unsigned    serve;
	int	    methods;
	void (*fn)(struct http_door *, struct evhttp_request *);
};

static const struct route routes[] = {
    {"/token", SERVE_TOKEN, EVHTTP_REQ_GET | EVHTTP_REQ_POST, http_token_route},
    {"/verify", SERVE_VERIFY, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD,
	http_verify_route},
    {"/notifications", SERVE_NOTIFICATIONS, EVHTTP_REQ_POST, http_notify_route},
    {"/v1/uses", SERVE_USES, EVHTTP_REQ_POST, http_uses_route},
    {"/leaks/partner", SERVE_LEAKS, EVHTTP_REQ_POST, http_leak_partner_route},
    {"/leaks/public", SERVE_PUBLIC_LEAKS, EVHTTP_REQ_POST,
	http_leak_public_route},
    {"/metrics", SERVE_METRICS, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD,
	http_metrics_route},
    {"/healthz", SERVE_HEALTH, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, health_route},
};

/* What these routes take is stored; with no end in sight it is not taken. */
#define SERVE_STORES                                                     \
	(SERVE_TOKEN | SERVE_VERIFY | SERVE_NOTIFICATIONS | SERVE_USES | \
	    SERVE_LEAKS | SERVE_PUBLIC_LEAKS)

static void
take_request(struct http_door *d, const struct route *r,
    struct evhttp_request *req)
{
	if (((int)evhttp_request_get_command(req) & r->methods) == 0)
		http_reply_error(req, 405, "UNSUPPORTED", "method not allowed");
	else if ((r->serve & SERVE_STORES) &&
	    committer_is_stuck(d->p->committer))
		http_reply_error(req, 503, "UNAVAILABLE",
		    "the store cannot be written; try again later");
	else
		r->fn(d, req);
}

static void
request_cb(struct evhttp_request *req, void *arg)
{
	struct http_door *d = arg;
	const char	 *path;
	size_t		  i;

	d->http->counts.requests++;
	path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	for (i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (path == NULL || strcmp(path, routes[i].path) != 0 ||
		    (d->conf.serve & routes[i].serve) == 0)
			continue;
		take_request(d, &routes[i], req);
		return;
	}
	d->http->counts.refused++;
	http_reply_error(req, 404, "NOT_FOUND", "no such page here");
}

/* --- life ------------------------------------------------------------ */

/* The first line of the file, blanks at both ends taken off. */
static char *
read_secret(const char *path, struct error *err)
{
	char	     text[1024];
	ssize_t	     n;
	char	    *secret = NULL;
	int	     fd = open(path, O_RDONLY | O_CLOEXEC);
	struct slice line = {NULL, 0}, rest;

	n = fd == -1 ? -1 : read(fd, text, sizeof text);
	if (n == -1)
		error_set(err, "secret-file %s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	if (n == -1)
		return NULL;
	rest = (struct slice){text, (size_t)n};
	(void)slice_cut(&rest, '\n', &line);
	line = slice_trim(line);
	if (line.n < SECRET_FILE_MIN)
		error_set(err,
		    "secret-file %s: %zu characters, at least %d "
		    "are needed",
		    path, line.n, SECRET_FILE_MIN);
	else
		secret = slice_dup(line);
	secret_wipe(text, sizeof text);
	return secret;
}

static struct bufferevent *
tls_bev(struct event_base *base, void *arg)
{
	return bufferevent_openssl_socket_new(base, -1, SSL_new(arg),
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

static int
load_tls(struct http_listener *l, struct error *err)
{
	const struct conf_http *c = &l->door.conf;

	if (c->tls_certificate == NULL)
		return 0;
	l->tls = SSL_CTX_new(TLS_server_method());
	if (l->tls == NULL ||
	    SSL_CTX_set_min_proto_version(l->tls, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_use_certificate_chain_file(l->tls, c->tls_certificate) !=
		1 ||
	    SSL_CTX_use_PrivateKey_file(l->tls, c->tls_key, SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_check_private_key(l->tls) != 1) {
		error_set(err,
		    "tls: cannot use %s with %s: both must be PEM "
		    "files that belong together",
		    c->tls_certificate, c->tls_key);
		return -1;
	}
	/* Passwords come through its buffers (see wiping.h). */
	SSL_CTX_set_options(l->tls, SSL_OP_CLEANSE_PLAINTEXT);
	return 0;
}

static int
open_listener(struct http *h, const struct conf_http *c, struct error *err)
{
	struct http_listener *l = &h->listener[h->n++];

	l->door.http = h;
	l->door.p = h->p;
	l->door.conf = *c;
	l->fd = -1;
	if (c->secret_file != NULL &&
	    (l->door.secret = read_secret(c->secret_file, err)) == NULL)
		return -1;
	if (load_tls(l, err) != 0)
		return -1;
	l->fd = listener_socket(c->listen, c->mode, c->group, err);
	return l->fd == -1 ? -1 : 0;
}

int
http_open(struct patrold *p, struct http **out, struct error *err)
{
	struct http *h = xcalloc(1, sizeof *h);
	unsigned     i;

	h->p = p;
	STAILQ_INIT(&h->young);
	STAILQ_INIT(&h->ripe);
	for (i = 0; i < p->conf->nhttp; i++)
		if (open_listener(h, &p->conf->http[i], err) != 0) {
			error_prefix(err, "http");
			http_free(&h);
			return -1;
		}
	*out = h;
	return 0;
}

/* Out of file descriptors, most likely: http_tick tries again. */
static void
accept_error_cb(struct evconnlistener *evl, void *arg)
{
	(void)arg;
	log_warn("http: accept, trying again in a second");
	evconnlistener_disable(evl);
}

static ev_ssize_t
body_max(unsigned serve)
{
	if (serve & (SERVE_NOTIFICATIONS | SERVE_USES))
		return HTTP_BODY_MAX;
	return serve & SERVE_LEAKS ? LEAKBODY_MAX : HTTP_FORM_MAX;
}

static void
start_listener(struct http_listener *l)
{
	struct evhttp *e = evhttp_new(l->door.p->base);

	l->evhttp = e;
	if (l->tls != NULL)
		evhttp_set_bevcb(e, tls_bev, l->tls);
	evhttp_set_allowed_methods(e,
	    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD);
	evhttp_set_max_body_size(e, body_max(l->door.conf.serve));
	evhttp_set_max_headers_size(e, HTTP_HEADERS_MAX);
	evhttp_set_timeout(e, HTTP_TIMEOUT);
	evhttp_set_default_content_type(e, NULL);
	evhttp_set_gencb(e, request_cb, &l->door);
	l->bound = evhttp_accept_socket_with_handle(e, l->fd);
	l->fd = -1;
	evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(l->bound),
	    accept_error_cb);
}

void
http_start(struct http *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		start_listener(&h->listener[i]);
}

void
http_tick(struct http *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		if (h->listener[i].bound != NULL)
			evconnlistener_enable(evhttp_bound_socket_get_listener(
			    h->listener[i].bound));
}

void
http_stop(struct http *h)
{
	unsigned i;

	for (i = 0; i < h->n; i++)
		if (h->listener[i].bound != NULL) {
			evhttp_del_accept_socket(h->listener[i].evhttp,
			    h->listener[i].bound);
			h->listener[i].bound = NULL;
		}
	http_turn(h);
	http_turn(h);
}

void
http_free(struct http **hp)
{
	struct http	     *h = *hp;
	struct http_listener *l;
	unsigned	      i;

	if (h == NULL)
		return;
	http_turn(h);
	http_turn(h);
	for (i = 0; i < h->n; i++) {
		l = &h->listener[i];
		if (l->evhttp != NULL)
			evhttp_free(l->evhttp);
		if (l->fd != -1)
			close(l->fd);
		if (l->door.conf.listen[0] == '/')
			(void)unlink(l->door.conf.listen);
		SSL_CTX_free(l->tls);
		if (l->door.secret != NULL)
			secret_wipe(l->door.secret, strlen(l->door.secret));
		free(l->door.secret);
	}
	free(h);
	*hp = NULL;
}

struct http_counts *
http_counts(struct http *h)
{
	return &h->counts;
}
