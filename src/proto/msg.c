#include "proto/msg.h"

#include "base/jsonw.h"

const char *
msg_code_name(enum msg_code code)
{
	switch (code) {
	case MSG_BAD_REQUEST:
		return "bad_request";
	case MSG_DENIED:
		return "denied";
	case MSG_NOT_FOUND:
		return "not_found";
	case MSG_CONFLICT:
		return "conflict";
	case MSG_LIMIT:
		return "limit";
	case MSG_UNAVAILABLE:
		return "unavailable";
	case MSG_INTERNAL:
	case MSG_CODES:
		break;
	}
	return "internal";
}

static void
end_line(struct jsonw *w)
{
	jsonw_end(w);
	buf_addc(w->out, '\n');
}

/* {"id":N */
static void
begin_answer(struct jsonw *w, struct buf *out, int64_t id)
{
	jsonw_init(w, out);
	jsonw_object(w);
	jsonw_field_int(w, "id", id);
}

void
msg_ack(struct buf *out, uint64_t n)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "ack", (int64_t)n);
	end_line(&w);
}

void
msg_reject(struct buf *out, uint64_t n, const char *error)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "reject", (int64_t)n);
	jsonw_field_str(&w, "error", slice_of(error));
	end_line(&w);
}

void
msg_greeting(struct buf *out, const char *version)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "patrol", MSG_PROTOCOL);
	jsonw_field_str(&w, "version", slice_of(version));
	end_line(&w);
}

void
msg_item(struct buf *out, int64_t id, struct slice json)
{
	struct jsonw w;

	begin_answer(&w, out, id);
	jsonw_key(&w, "item");
	jsonw_raw(&w, json);
	end_line(&w);
}

void
msg_ok(struct buf *out, int64_t id, struct slice json)
{
	struct jsonw w;

	begin_answer(&w, out, id);
	jsonw_field_bool(&w, "ok", true);
	jsonw_key(&w, "result");
	jsonw_raw(&w, json);
	end_line(&w);
}

void
msg_error(struct buf *out, int64_t id, enum msg_code code, const char *message)
{
	struct jsonw w;

	begin_answer(&w, out, id);
	jsonw_field_bool(&w, "ok", false);
	jsonw_key(&w, "error");
	jsonw_object(&w);
	jsonw_field_str(&w, "code", slice_of(msg_code_name(code)));
	jsonw_field_str(&w, "message", slice_of(message));
	jsonw_end(&w);
	end_line(&w);
}
