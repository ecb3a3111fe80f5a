/*
 * http-uses - POST /v1/uses: uses as NDJSON, for senders without a socket.
 *
 * The answer comes after the commit and counts as ingest's acks and rejects
 * do: {"ack":N,"rejects":[{"line":3,"error":"..."}]}.  200 also with rejects:
 * all N lines are settled, none is to be sent again.
 */
#include <event2/http.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/http.h"
#include "daemon/patrold.h"
#include "proto/line.h"

#define REJECTS_TOLD 100   /* the others are counted, and kept in the store */
#define LINES_MAX    65536 /* in a body: they are taken in one turn */

struct upload {
	struct http_door *door;
	usec_t		  now;
	struct decoder	 *decoder;
	struct use	 *use;
	char		  sender[HTTP_SENDER_MAX];
	uint64_t	  lines, refused;
	struct buf	  rejects; /* inside of a JSON list */
};

static void
reject(struct upload *up, int refusal, const char *error, struct slice line)
{
	struct jsonw w;

	patrold_refuse(up->door->p, up->now, up->sender, up->sender, refusal,
	    error, line);
	if (++up->refused > REJECTS_TOLD)
		return;
	if (up->refused > 1)
		buf_addc(&up->rejects, ',');
	jsonw_init(&w, &up->rejects);
	jsonw_object(&w);
	jsonw_field_int(&w, "line", (int64_t)up->lines);
	jsonw_field_str(&w, "error", slice_of(error));
	jsonw_end(&w);
}

static void
take_line(struct upload *up, struct slice line)
{
	struct error err;
	int	     r;

	up->lines++;
	r = decode_use(up->decoder, line, slice_of(up->door->conf.registry),
	    up->now, up->use, &err);
	if (r != USE_OK)
		reject(up, r, err.text, line);
	else if ((r = patrold_take(up->door->p, up->use, &err)) != USE_OK)
		reject(up, r, err.text, (struct slice){NULL, 0});
}

static void
take_body(struct upload *up, struct slice body)
{
	struct line_cutter lc;
	struct slice	   line;
	enum line_result   r;
	size_t		   used;

	line_init(&lc, USE_LINE_MAX);
	do {
		r = line_next(&lc, body, &line, &used);
		body.p += used;
		body.n -= used;
		if (r == LINE_OK) {
			take_line(up, line);
		} else if (r == LINE_TOO_LONG) {
			up->lines++;
			reject(up, USE_E_LIMIT,
			    "line: longer than 65536 "
			    "bytes",
			    line);
		}
	} while (r != LINE_MORE || (used > 0 && body.n > 0));
	if (line_last(&lc, body, &line))
		take_line(up, line);
}

static void
send_ack(struct evhttp_request *req, void *arg)
{
	struct buf *answer = arg;

	http_reply_json(req, 200, buf_slice(answer));
}

static void
drop_ack(void *arg)
{
	buf_clear(arg);
	free(arg);
}

static bool
has_too_many_lines(struct slice body)
{
	struct slice line;
	unsigned     n;

	for (n = 0; n < LINES_MAX; n++)
		if (!slice_cut(&body, '\n', &line))
			return false;
	return body.n > 0;
}

void
http_uses_route(struct http_door *d, struct evhttp_request *req)
{
	struct decode_opts o = {.lateness = d->p->conf->lateness};
	struct upload	   up = {.door = d, .now = patrold_now()};
	struct buf	  *answer;
	struct slice	   body;

	if (!http_has_secret(d, req)) {
		http_counts(d->http)->refused++;
		http_reply_error(req, 401, "UNAUTHORIZED",
		    "the bearer secret is missing or wrong");
		return;
	}
	body = http_masked_body(req);
	if (has_too_many_lines(body)) {
		http_reply_error(req, 413, "SIZE_INVALID",
		    "more than 65536 lines in one body");
		return;
	}
	http_format_sender(d, req, "http", up.sender);
	buf_init(&up.rejects);
	up.decoder = decoder_new(&o);
	up.use = xcalloc(1, sizeof *up.use);
	take_body(&up, body);
	answer = xcalloc(1, sizeof *answer);
	buf_addf(answer, "{\"ack\":%llu,\"rejected\":%llu,\"rejects\":[",
	    (unsigned long long)up.lines, (unsigned long long)up.refused);
	buf_addslice(answer, buf_slice(&up.rejects));
	buf_adds(answer, "]}");
	buf_clear(&up.rejects);
	free(up.use);
	decoder_free(&up.decoder);
	http_reply_durably(d, req, NULL, send_ack, drop_ack, answer);
}
