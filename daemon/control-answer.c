/*
 * control-answer - what goes back to the peer, and how a request ends.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/control-conn.h"
#include "daemon/patrold.h"
#include "token/secret.h"

void
control_request_free(struct control_request *r)
{
	if (r->p->committer != NULL)
		committer_forget(r->p->committer, &r->settle);
	if (r->event != NULL)
		event_free(r->event);
	if (r->drop != NULL)
		r->drop(r);
	secret_wipe(r->answer.p, r->answer.n);
	buf_clear(&r->answer);
	json_reader_free(&r->reader);
	free(r);
}

void
control_send(struct control_request *r)
{
	if (r->conn != NULL)
		bufferevent_write(r->conn->bev, r->answer.p, r->answer.n);
	secret_wipe(r->answer.p, r->answer.n);
	r->answer.n = 0;
}

void
control_end(struct control_request *r)
{
	struct control_conn *c = r->conn;

	control_send(r);
	control_request_free(r);
	if (c != NULL) {
		c->busy = NULL;
		/* Further requests may be in the buffer already. */
		bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
	}
}

void
control_item(struct control_request *r, struct slice json)
{
	msg_item(&r->answer, r->id, json);
	r->told++;
}

bool
control_tell(struct control_request *r, struct slice json)
{
	struct evbuffer *out;

	if (r->conn == NULL)
		return false;
	out = bufferevent_get_output(r->conn->bev);
	if (evbuffer_get_length(out) < CONTROL_OUT_HIGH) {
		control_item(r, json);
		control_send(r);
	}
	return true;
}

void
control_done(struct control_request *r, struct slice json)
{
	msg_ok(&r->answer, r->id, json);
	control_end(r);
}

void
control_fail(struct control_request *r, enum msg_code code, const char *fmt,
    ...)
{
	va_list ap;
	char   *text = NULL;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	msg_error(&r->answer, r->id, code, text != NULL ? text : "no memory");
	free(text);
	control_end(r);
}

/* Its last line is written, and what that tells of is durable now. */
static bool
end_durably(struct control_request *r)
{
	control_end(r);
	return true;
}

void
control_done_durably(struct control_request *r, struct slice json)
{
	const char *trouble = committer_trouble(r->p->committer);

	if (trouble != NULL) {
		control_fail(r, MSG_UNAVAILABLE,
		    "in force, but not stored "
		    "yet (%s): lost if patrold stops before it is",
		    trouble);
		return;
	}
	msg_ok(&r->answer, r->id, json);
	r->more = end_durably;
	control_await(r, AWAIT_COMMIT);
}
