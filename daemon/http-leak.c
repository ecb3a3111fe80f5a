/*
 * http-leak - reports of leaked secrets over HTTP.
 *
 * POST /leaks/partner is what GitHub's secret scanning asks of its partners:
 * a signed list of secrets that were found, answered with which of them were
 * real.  The signature is over the body byte for byte, so nothing of it is
 * looked at before.  One key's owner reports many, and is answered after the
 * commit.
 * https://docs.github.com/code-security/secret-scanning/secret-scanning-partnership-program
 *
 * POST /leaks/public is for anybody who found some.  It is answered alike
 * whatever they are: the answer is on its way before any of them is looked
 * up.  How many one address may report does not depend on what they are
 * either.
 *
 * Bodies are full of secrets, and wiped as soon as they are read.
 */
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/leakbody.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "daemon/http.h"
#include "daemon/leaks.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

#define KEY_HEADER	 "Github-Public-Key-Identifier"
#define SIGNATURE_HEADER "Github-Public-Key-Signature"
#define KEY_SHOWN	 12 /* characters of a key's name */

/* --- partners -------------------------------------------------------- */

struct hearing {
	struct patrold *p;
	usec_t		now;
	char		by[sizeof "partner " + KEY_SHOWN];
	struct jsonw	w; /* of the answer */
};

static void
add_label(struct jsonw *w, const struct leak_record *r, bool known)
{
	struct buf hash;

	buf_init(&hash);
	base64_encode(&hash, r->hash, sizeof r->hash);
	jsonw_object(w);
	jsonw_field_str(w, "token_hash", buf_slice(&hash));
	jsonw_field_str(w, "token_type",
	    r->type.p != NULL ? r->type : SLICE(""));
	jsonw_field_str(w, "label",
	    known ? SLICE("true_positive") : SLICE("false_positive"));
	jsonw_end(w);
	buf_clear(&hash);
}

/* Each for itself; one without a token cannot be answered. */
static void
hear(const struct leak_record *r, void *arg)
{
	struct hearing	   *h = arg;
	struct engine_actor actor = {h->by, -1, -1};
	char		    alert[ALERT_ID_MAX];
	struct token	   *t;

	if (!r->ok) {
		leaks_count(h->p->leaks, LEAK_PARTNER, LEAK_MALFORMED, 1);
		return;
	}
	(void)leaks_take(h->p->leaks, LEAK_PARTNER, r, h->by, &actor, h->now,
	    &t, alert);
	add_label(&h->w, r, t != NULL);
}

static void
send_labels(struct evhttp_request *req, void *arg)
{
	http_reply_json(req, 200, buf_slice(arg));
}

static void
drop_labels(void *arg)
{
	buf_clear(arg);
	free(arg);
}

static void
hear_all(struct http_door *d, struct evhttp_request *req, struct slice body)
{
	struct hearing h = {.p = d->p, .now = patrold_now()};
	struct buf    *answer = xcalloc(1, sizeof *answer);
	struct error   err;
	int	       r;

	snprintf(h.by, sizeof h.by, "partner %.*s", KEY_SHOWN,
	    http_header(req, KEY_HEADER).p);
	jsonw_init(&h.w, answer);
	jsonw_array(&h.w);
	r = leakbody_records(body, hear, &h, &err);
	jsonw_end(&h.w);
	if (r == LEAKBODY_OK) {
		http_reply_durably(d, req, NULL, send_labels, drop_labels,
		    answer);
		return;
	}
	leaks_count(d->p->leaks, LEAK_PARTNER, LEAK_MALFORMED, 1);
	log_warnx("leaks: %s: a signed body that cannot be read", h.by);
	http_reply_error(req, r == LEAKBODY_E_LIMIT ? 413 : 400,
	    r == LEAKBODY_E_LIMIT ? "SIZE_INVALID" : "UNSUPPORTED",
	    r == LEAKBODY_E_LIMIT ? "too long, or too many reports" :
				    "not a JSON list of reports");
	drop_labels(answer);
}

static void
refuse_unsigned(struct http_door *d, struct evhttp_request *req)
{
	http_counts(d->http)->refused++;
	http_reply_error(req, 401, "UNAUTHORIZED",
	    "not signed with a key that is known here");
}

static void
refuse_rate(struct http_door *d, struct evhttp_request *req)
{
	http_counts(d->http)->refused++;
	http_add_header(req, "Retry-After", "60");
	http_reply_error(req, 429, "TOOMANYREQUESTS",
	    "too many from this address; try again in a minute");
}

/* Checking a signature costs 0.1 ms: who only sends wrong ones is turned
 * away unheard after some. */
void
http_leak_partner_route(struct http_door *d, struct evhttp_request *req)
{
	struct slice body = http_body(req);
	struct addr  from;

	http_client_addr(d, req, &from);
	if (!leaks_may(d->p->leaks, LEAK_PARTNER, &from, 1))
		refuse_rate(d, req);
	else if (body.n > LEAKBODY_MAX)
		http_reply_error(req, 413, "SIZE_INVALID", "longer than 1 MiB");
	else if (leaks_verify(d->p->leaks, http_header(req, KEY_HEADER),
		     http_header(req, SIGNATURE_HEADER), body) == PUBKEYS_OK)
		hear_all(d, req, body);
	else {
		(void)leaks_allow(d->p->leaks, LEAK_PARTNER, &from, 1);
		refuse_unsigned(d, req);
	}
	secret_wipe((char *)body.p, body.n);
}

/* --- anybody --------------------------------------------------------- */

struct finds {
	struct leak_record *list; /* hashes only */
	size_t		    n;
	uint64_t	    malformed;
};

static void
keep(const struct leak_record *r, void *arg)
{
	struct finds *f = arg;

	if (r->ok)
		f->list[f->n++] = *r;
	else
		f->malformed++;
}

/* What has not the form of a secret takes the same way. */
static void
take_finds(struct http_door *d, const struct finds *f, const struct addr *from)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		(void)leaks_take_later(d->p->leaks, &f->list[i], from);
	leaks_count(d->p->leaks, LEAK_PUBLIC, LEAK_MALFORMED, f->malformed);
}

void
http_leak_public_route(struct http_door *d, struct evhttp_request *req)
{
	struct slice body = http_body(req);
	struct finds f = {.n = 0};
	struct error err;
	struct addr  from;

	http_client_addr(d, req, &from);
	f.list = xcalloc(LEAKBODY_CREDENTIALS, sizeof *f.list);
	if (body.n > HTTP_FORM_MAX ||
	    leakbody_credentials(body, keep, &f, &err) != LEAKBODY_OK)
		f.malformed++;
	secret_wipe((char *)body.p, body.n);
	if (!leaks_allow(d->p->leaks, LEAK_PUBLIC, &from, f.n + f.malformed)) {
		leaks_count(d->p->leaks, LEAK_PUBLIC, LEAK_LIMITED,
		    f.n + f.malformed);
		refuse_rate(d, req);
	} else {
		http_reply_json(req, 202, SLICE("{}"));
		take_finds(d, &f, &from);
	}
	free(f.list);
}
