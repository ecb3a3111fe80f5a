/*
 * http-notify - the webhook of Distribution registries.
 *
 * The registry sends one body after the other and repeats what is not
 * answered 2xx for ever, so rubbish is answered 2xx too and kept as a refused
 * line.  The answer waits for the commit: what the registry forgets is safe.
 */
#include <event2/http.h>
#include <string.h>

#include "daemon/http.h"
#include "daemon/patrold.h"
#include "use/envelope.h"

struct delivery {
	struct http_door *door;
	struct slice	  body; /* absent once it is kept */
	usec_t		  now;
	char		  sender[HTTP_SENDER_MAX];
};

/* The body is kept with the first fault told of it: one of a thousand bad
 * events must not be kept a thousand times. */
static void
refuse(struct delivery *d, int refusal, const char *error, struct slice line)
{
	patrold_refuse(d->door->p, d->now, d->sender, d->sender, refusal, error,
	    line);
	if (line.p != NULL)
		d->body = (struct slice){NULL, 0};
}

static void
take_use(struct use *u, unsigned index, int refusal, const struct error *err,
    void *arg)
{
	struct delivery *d = arg;
	struct slice	 line = d->body;
	struct error	 told, secret;

	if (refusal == USE_OK) {
		refusal = patrold_take(d->door->p, u, &secret);
		if (refusal == USE_OK)
			return;
		err = &secret;
		line = (struct slice){NULL, 0};
	}
	error_set(&told, "event %u: %s", index, err->text);
	refuse(d, refusal, told.text, line);
}

static void
send_ok(struct evhttp_request *req, void *arg)
{
	(void)arg;
	http_reply_json(req, 200, SLICE("{}"));
}

static void
drop_nothing(void *arg)
{
	(void)arg;
}

void
http_notify_route(struct http_door *d, struct evhttp_request *req)
{
	struct delivery		del = {.door = d, .now = patrold_now()};
	struct envelope_reader *r;
	struct error		err;
	int			refusal;

	if (!http_has_secret(d, req)) {
		http_counts(d->http)->refused++;
		http_reply_error(req, 401, "UNAUTHORIZED",
		    "the bearer secret is missing or wrong");
		return;
	}
	http_counts(d->http)->notifications++;
	http_format_sender(d, req, "webhook", del.sender);
	del.body = http_masked_body(req);
	r = envelope_reader_new(d->p->conf->lateness);
	refusal = envelope_read(r, del.body, slice_of(d->conf.registry),
	    del.now, take_use, &del, &err);
	if (refusal != USE_OK)
		refuse(&del, refusal, err.text, del.body);
	envelope_reader_free(&r);
	http_reply_durably(d, req, NULL, send_ok, drop_nothing, NULL);
}
