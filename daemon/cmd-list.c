/*
 * Lists of alerts, the audit and refused lines, and one alert alone.
 */
#include <stdlib.h>

#include "alert/format.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/list.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"
#include "daemon/stored.h"

#define LINE_SHOWN 1024 /* bytes of a refused line */

/* --- what a row looks like ------------------------------------------- */

/* Who presented a token may have done so under another's name. */
static void
hide_others(struct alert_row *r, struct slice owner)
{
	if (owner.p != NULL && !slice_eq(r->account, owner))
		r->account = (struct slice){NULL, 0};
}

static int
add_alert(int64_t key, const struct alert_row *r, void *arg)
{
	struct alert_row shown = *r;
	struct buf	 b;

	(void)key;
	hide_others(&shown, list_owner(arg));
	buf_init(&b);
	alert_format_json(&shown, &b);
	list_add(arg, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

static int
add_audit(int64_t seq, const struct audit_row *r, void *arg)
{
	struct buf b;

	buf_init(&b);
	stored_audit_json(seq, r, &b);
	list_add(arg, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

static int
add_refused(int64_t seq, const struct refused_row *r, void *arg)
{
	struct slice line = r->line;
	struct jsonw w;
	struct buf   b;

	if (line.n > LINE_SHOWN)
		line.n = LINE_SHOWN;
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "seq", seq);
	jsonw_field_time(&w, "time", r->time);
	jsonw_field_str(&w, "sender", r->sender);
	jsonw_field_str(&w, "reason", r->reason);
	jsonw_field_str(&w, "error", r->error);
	jsonw_field_str(&w, "line", line);
	jsonw_end(&w);
	list_add(arg, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

/* --- lists ------------------------------------------------------------ */

static int
read_alerts(struct list *l, struct store_reader *sr, struct error *err)
{
	return store_read_alerts(sr, &l->q, add_alert, l, err);
}

static int
read_audit(struct list *l, struct store_reader *sr, struct error *err)
{
	return store_read_audit(sr, &l->q, add_audit, l, err);
}

static int
read_refused(struct list *l, struct store_reader *sr, struct error *err)
{
	return store_read_refused(sr, &l->q, add_refused, l, err);
}

static void
cmd_activity_refused(struct control_request *r)
{
	(void)list_start(list_new(r, read_refused));
}

static void
cmd_audit_list(struct control_request *r)
{
	struct list *l = list_new(r, read_audit);

	list_keep(l, &l->q.actor, "actor");
	list_keep(l, &l->q.action, "action");
	list_keep(l, &l->q.id, "object");
	list_keep(l, &l->q.text, "text");
	l->q.by_uid = control_arg(r, "uid").p != NULL;
	if (!cmd_span_args(r, &l->q.since, &l->q.until) ||
	    !control_arg_int(r, "uid", 0, UINT32_MAX, 0, &l->q.uid))
		list_free(l);
	else
		(void)list_start(l);
}

static void
cmd_alert_list(struct control_request *r)
{
	struct slice s = control_arg(r, "state");
	int	     state =
	     s.p == NULL || slice_is(s, "all") ? -1 : alert_state_parse(s);
	struct list *l;

	if (state == -1 && s.p != NULL && !slice_is(s, "all")) {
		control_fail(r, MSG_BAD_REQUEST,
		    "state: open, acknowledged, "
		    "closed or all");
		return;
	}
	l = list_new(r, read_alerts);
	l->q.state = state;
	list_keep(l, &l->q.token, "token");
	list_keep(l, &l->q.account, "account");
	(void)list_start(l);
}

/* --- one alert ------------------------------------------------------- */

struct one_alert {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	char		       *id;    /* owned */
	struct alert_row	found; /* texts owned */
	bool			has_found;
	void (*then)(struct control_request *, struct alert *);
	void (*then_row)(struct control_request *, const struct alert_row *);
};

static int
keep_alert(int64_t key, const struct alert_row *r, void *arg)
{
	struct one_alert *o = arg;

	(void)key;
	if (o->has_found)
		return 0;
	alert_row_copy(&o->found, r);
	o->has_found = true;
	return 0;
}

static int
read_alert(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct one_alert  *o = (struct one_alert *)job;
	struct store_query q = {.id = slice_of(o->id), .state = -1, .limit = 1};

	return store_read_alerts(sr, &q, keep_alert, o, err);
}

static void
one_free(struct one_alert *o)
{
	free(o->id);
	if (o->has_found)
		alert_row_clear(&o->found);
	free(o);
}

static void
fail_one(struct one_alert *o)
{
	if (o->job.result != STORE_OK)
		control_fail(o->r, MSG_INTERNAL, "%s", o->job.error.text);
	else
		control_fail(o->r, MSG_NOT_FOUND, "no such alert");
}

static void
alert_done(struct reader_job *job)
{
	struct one_alert *o = (struct one_alert *)job;

	if (job->result != STORE_OK || !o->has_found)
		fail_one(o);
	else
		o->then(o->r,
		    alert_table_load(engine_alerts(o->r->p->engine),
			&o->found));
	one_free(o);
}

/* As STMT_ALERTS has it for lists. */
static bool
may_see(const struct control_request *r, const struct alert_row *a)
{
	const struct token *t;
	struct buf	    own;
	bool		    others;

	if (r->peer.roles & ROLE_VIEWER)
		return true;
	if (a->token.p == NULL && !slice_is(a->account, r->peer.user))
		return false;
	t = token_table_find(engine_tokens(r->p->engine), a->token);
	if (a->token.p != NULL &&
	    (t == NULL || t->kind == TOKEN_HONEY ||
		!cmd_may(r, t->account, false)))
		return false;
	/* A key by account is another's, unless it names this one. */
	buf_init(&own);
	buf_addf(&own, "\"account\":\"%s\"", r->peer.user);
	others = slice_casehas(a->key, SLICE("\"account\":")) &&
	    !slice_casehas(a->key, buf_slice(&own));
	buf_clear(&own);
	return !others;
}

/* The alert as it now is, if it is held, and what only the store has of it;
 * for an owner without the latter, which may tell of others. */
static void
alert_row_done(struct reader_job *job)
{
	struct one_alert   *o = (struct one_alert *)job;
	const struct alert *a;
	struct alert_row    row = o->found;

	a = alert_table_find(engine_alerts(o->r->p->engine), slice_of(o->id));
	if (a != NULL) {
		row = a->row;
		if (row.why.p == NULL && o->has_found)
			row.why = o->found.why;
	}
	if ((a == NULL && !o->has_found) || !may_see(o->r, &row)) {
		fail_one(o);
	} else {
		if (!(o->r->peer.roles & ROLE_VIEWER)) {
			row.why = (struct slice){NULL, 0};
			hide_others(&row, slice_of(o->r->peer.user));
		}
		o->then_row(o->r, &row);
	}
	one_free(o);
}

/* The id that the request names; empty, and told, if it names none. */
static struct slice
alert_arg(struct control_request *r)
{
	struct slice id = control_arg(r, "id");

	if (id.p == NULL)
		id = control_arg(r, "alert");
	if (id.n == 0)
		control_fail(r, MSG_BAD_REQUEST, "id: which alert?");
	return id;
}

static struct one_alert *
one_new(struct control_request *r, struct slice id)
{
	struct one_alert *o = xcalloc(1, sizeof *o);

	o->r = r;
	o->id = slice_dup(id);
	o->job.run = read_alert;
	return o;
}

void
cmd_with_alert_row(struct control_request *r,
    void (*then)(struct control_request *, const struct alert_row *))
{
	struct slice	  id = alert_arg(r);
	struct one_alert *o;

	if (id.n == 0)
		return;
	o = one_new(r, id);
	o->then_row = then;
	o->job.done = alert_row_done;
	reader_submit(r->p->reader, &o->job);
}

void
cmd_with_alert(struct control_request *r,
    void (*then)(struct control_request *, struct alert *))
{
	struct slice	  id = alert_arg(r);
	struct alert	 *a;
	struct one_alert *o;

	if (id.n == 0)
		return;
	a = alert_table_find(engine_alerts(r->p->engine), id);
	if (a != NULL) {
		then(r, a);
		return;
	}
	o = one_new(r, id);
	o->then = then;
	o->job.done = alert_done;
	reader_submit(r->p->reader, &o->job);
}

/* clang-format off */
const struct cmd_entry cmd_list_entries[] = {
	{"activity.refused", ROLE_ADMIN, cmd_activity_refused,
	    {"limit", "before"}},
	{"alert.list", ROLE_ANALYST | ROLE_VIEWER | ROLE_OWNER, cmd_alert_list,
	    {"state", "limit", "before", "token", "account"}},
	{"audit.list", ROLE_ADMIN | ROLE_OWNER, cmd_audit_list,
	    {"limit", "before", "actor", "action", "object", "uid", "since",
	    "until", "text"}},
	{.name = NULL},
};
/* clang-format on */
