#include "alert/format.h"
#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"

static void
answer_alert(struct control_request *r, const struct alert *a)
{
	struct buf b;

	buf_init(&b);
	alert_format_json(&a->row, &b);
	control_done_durably(r, buf_slice(&b));
	buf_clear(&b);
}

static void
show(struct control_request *r, const struct alert_row *row)
{
	struct buf b;

	buf_init(&b);
	alert_format_full(row, &b);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_alert_show(struct control_request *r)
{
	cmd_with_alert_row(r, show);
}

static void
acknowledge(struct control_request *r, struct alert *a)
{
	struct engine_actor by = cmd_actor(r);
	struct error	    err;
	int		    code;

	code = engine_alert_ack(r->p->engine, a, r->now, &by, &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		answer_alert(r, a);
}

static void
cmd_alert_ack(struct control_request *r)
{
	cmd_with_alert(r, acknowledge);
}

static void
close_alert(struct control_request *r, struct alert *a)
{
	struct engine_actor by = cmd_actor(r);
	struct slice	    verdict = control_arg(r, "verdict");
	struct error	    err;
	int		    code;

	code = engine_alert_close(r->p->engine, a, verdict.p[0], r->now, &by,
	    &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		answer_alert(r, a);
}

static void
cmd_alert_close(struct control_request *r)
{
	struct slice v = control_arg(r, "verdict");

	if (slice_is(v, "true") || slice_is(v, "false") ||
	    slice_is(v, "expected"))
		cmd_with_alert(r, close_alert);
	else
		control_fail(r, MSG_BAD_REQUEST,
		    "verdict: true, false or "
		    "expected");
}

static void
undo(struct control_request *r, struct alert *a)
{
	struct engine_actor by = cmd_actor(r);
	struct token	   *t;
	struct error	    err;
	struct jsonw	    w;
	struct buf	    b, part;
	int		    code;

	code = engine_undo(r->p->engine, a, r->now, &by, &t, &err);
	if (code != ENGINE_OK) {
		cmd_fail_engine(r, code, &err);
		return;
	}
	buf_init(&b);
	buf_init(&part);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_key(&w, "alert");
	alert_format_json(&a->row, &part);
	jsonw_raw(&w, buf_slice(&part));
	part.n = 0;
	jsonw_key(&w, "token");
	cmd_format_token(t, r->now, &part);
	jsonw_raw(&w, buf_slice(&part));
	jsonw_end(&w);
	control_done_durably(r, buf_slice(&b));
	buf_clear(&part);
	buf_clear(&b);
}

static void
cmd_undo(struct control_request *r)
{
	cmd_with_alert(r, undo);
}

/* clang-format off */
const struct cmd_entry cmd_alert_entries[] = {
	{"alert.show", ROLE_ANALYST | ROLE_VIEWER | ROLE_OWNER, cmd_alert_show,
	    {"id"}},
	{"alert.ack", ROLE_ANALYST, cmd_alert_ack, {"id"}},
	{"alert.close", ROLE_ANALYST, cmd_alert_close, {"id", "verdict"}},
	{"undo", ROLE_ADMIN, cmd_undo, {"id", "alert"}},
	{.name = NULL},
};
/* clang-format on */
