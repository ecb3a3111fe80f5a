/*
 * http-token-grant - the answer to who may: a signed token, once its use is
 * durable.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/jwt.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "daemon/http-token.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

/*
 * A grant on its way: signed on another thread while the commit goes on, so
 * that what it says is all here, copied.
 */
struct grant_answer {
	struct jwt_key *key;			     /* held */
	char	       *issuer, *audience, *subject; /* owned */
	usec_t		now, lifetime;
	struct buf	access;
	struct buf	jwt;		     /* once signed */
	char		offline[SECRET_MAX]; /* "": none */
	struct error	err;		     /* why it is not */
};

static void
drop_answer(void *arg)
{
	struct grant_answer *g = arg;

	jwt_key_unref(&g->key);
	free(g->issuer);
	free(g->audience);
	free(g->subject);
	buf_clear(&g->access);
	buf_clear(&g->jwt);
	secret_wipe(g->offline, sizeof g->offline);
	free(g);
}

/* On any thread. */
static void
sign(void *arg)
{
	struct grant_answer *g = arg;
	struct jwt_claims    claims = {.issuer = slice_of(g->issuer),
	       .audience = slice_of(g->audience),
	       .subject = slice_of(g->subject),
	       .now = g->now,
	       .lifetime = g->lifetime,
	       .access = buf_slice(&g->access)};

	if (jwt_sign(g->key, &claims, &g->jwt, &g->err) != 0)
		g->jwt.n = 0;
}

static void
format_answer(struct grant_answer *g, struct buf *out)
{
	const char  *jwt = buf_str(&g->jwt);
	struct jsonw w;

	/* Growing would leave a copy of a secret behind. */
	buf_reserve(out, 2 * g->jwt.n + SECRET_MAX + 256);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "token", slice_of(jwt));
	jsonw_field_str(&w, "access_token", slice_of(jwt));
	if (g->offline[0] != '\0')
		jsonw_field_str(&w, "refresh_token", slice_of(g->offline));
	jsonw_field_int(&w, "expires_in", g->lifetime / USEC_SEC);
	jsonw_field_time(&w, "issued_at", g->now / USEC_SEC * USEC_SEC);
	jsonw_end(&w);
}

static void
send_grant(struct evhttp_request *req, void *arg)
{
	struct grant_answer *g = arg;
	struct buf	     body;

	/* Nobody signs any more when patrold stops. */
	if (g->jwt.n == 0 && g->err.text[0] == '\0')
		sign(g);
	if (g->jwt.n == 0) {
		log_warnx("token endpoint: cannot sign: %s", g->err.text);
		http_reply_error(req, 500, "UNKNOWN", "cannot sign");
		return;
	}
	buf_init(&body);
	format_answer(g, &body);
	http_reply_json(req, 200, buf_slice(&body));
	secret_wipe(body.p, body.n);
	buf_clear(&body);
}

void
exchange_grant(struct exchange *x)
{
	struct grant_answer *g = xcalloc(1, sizeof *g);
	struct http_door    *d = x->who.door;
	const struct conf   *c = d->p->conf;

	g->key = jwt_key_ref(d->p->key);
	g->issuer = xstrdup(c->auth_issuer);
	g->audience = xstrdup(c->auth_service);
	g->subject = x->who.token == NULL ?
	    xstrdup(x->who.account != NULL ? x->who.account : "") :
	    xasprintf("%s+%s", x->who.account, x->who.token->id);
	g->now = x->who.now;
	g->lifetime = c->auth_lifetime;
	buf_init(&g->access);
	buf_init(&g->jwt);
	memcpy(g->offline, x->offline, sizeof g->offline);
	grant_format(&x->granted, &g->access);
	http_counts(d->http)->grants++;
	http_reply_durably(d, x->req, sign, send_grant, drop_answer, g);
}
