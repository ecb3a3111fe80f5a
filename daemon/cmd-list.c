/*
 * Lists that come from the store: one page a request, read on the reader
 * thread straight into the request's answer, newest first.  The last line
 * says whether there is more and where the next page begins.
 */
#include <stdlib.h>

#include "alert/format.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"

#define PAGE_MAX     1000
#define PAGE_DEFAULT 50
#define LINE_SHOWN   1024 /* bytes of a refused line */

struct list_job {
	struct reader_job	job;
	struct control_request *r;
	struct store_query	q;
	char		       *token, *account, *id, *action; /* owned */
	int (*read)(struct list_job *, struct store_reader *, struct error *);
	struct buf	 out;	/* items */
	int64_t		 next;	/* where the next page begins */
	struct alert_row found; /* an alert; texts owned */
	bool		 has_found;
	void (*then)(struct control_request *, struct alert *);
	void (*then_row)(struct control_request *, const struct alert_row *);
};

static void
add_item(struct list_job *j, struct slice json)
{
	msg_item(&j->out, j->r->id, json);
}

/* --- what a row looks like ------------------------------------------- */

static int
add_use(const struct stored_use *u, void *arg)
{
	struct list_job *j = arg;
	struct jsonw	 w;
	struct buf	 b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "seq", u->seq);
	jsonw_field_time(&w, "time", u->time);
	jsonw_field_time(&w, "arrival", u->arrival);
	jsonw_field_opt(&w, "id", u->id);
	jsonw_field_opt(&w, "registry", u->registry);
	jsonw_field_opt(&w, "token", u->token_id);
	jsonw_field_opt(&w, "account", u->account);
	jsonw_field_opt(&w, "action", u->action);
	jsonw_field_opt(&w, "outcome", u->outcome);
	jsonw_field_opt(&w, "reason", u->reason);
	jsonw_field_opt(&w, "repository", u->repository);
	jsonw_field_opt(&w, "tag", u->tag);
	jsonw_field_opt(&w, "digest", u->digest);
	jsonw_field_opt(&w, "media_type", u->media_type);
	jsonw_field_opt(&w, "source.ip", u->ip);
	jsonw_field_opt(&w, "user_agent", u->user_agent);
	if (u->bytes >= 0)
		jsonw_field_int(&w, "bytes", u->bytes);
	if (u->count != 1)
		jsonw_field_int(&w, "count", u->count);
	if (u->other.n > 0) {
		jsonw_key(&w, "other");
		jsonw_stored(&w, u->other);
	}
	jsonw_end(&w);
	add_item(j, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

static int
add_alert(int64_t key, const struct alert_row *r, void *arg)
{
	struct buf b;

	(void)key;
	buf_init(&b);
	alert_format_json(r, &b);
	add_item(arg, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

static int
add_audit(int64_t seq, const struct audit_row *r, void *arg)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "seq", seq);
	jsonw_field_time(&w, "time", r->time);
	jsonw_field_str(&w, "actor", r->actor);
	if (r->uid >= 0)
		jsonw_field_int(&w, "uid", r->uid);
	if (r->pid >= 0)
		jsonw_field_int(&w, "pid", r->pid);
	jsonw_field_str(&w, "action", r->action);
	jsonw_field_str(&w, "object", r->object);
	jsonw_key(&w, "before");
	jsonw_stored(&w, r->before.n > 0 ? r->before : SLICE("null"));
	jsonw_key(&w, "after");
	jsonw_stored(&w, r->after.n > 0 ? r->after : SLICE("null"));
	jsonw_end(&w);
	add_item(arg, buf_slice(&b));
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
	add_item(arg, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

/* --- jobs ------------------------------------------------------------ */

static void
job_free(struct list_job *j)
{
	free(j->token);
	free(j->account);
	free(j->id);
	free(j->action);
	buf_clear(&j->out);
	if (j->has_found)
		alert_row_clear(&j->found);
	free(j);
}

static int
run_list(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct list_job *j = (struct list_job *)job;
	int		 r = j->read(j, sr, err);

	j->next = store_reader_next(sr);
	return r;
}

static void
list_done(struct reader_job *job)
{
	struct list_job *j = (struct list_job *)job;
	struct jsonw	 w;
	struct buf	 b;

	if (job->result != STORE_OK) {
		control_fail(j->r, MSG_INTERNAL, "%s", job->error.text);
		job_free(j);
		return;
	}
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_bool(&w, "more", j->next != 0);
	jsonw_key(&w, "next");
	if (j->next != 0)
		jsonw_int(&w, j->next);
	else
		jsonw_null(&w);
	jsonw_end(&w);
	buf_addslice(&j->r->answer, buf_slice(&j->out));
	control_done(j->r, buf_slice(&b));
	buf_clear(&b);
	job_free(j);
}

static struct list_job *
new_job(struct control_request *r)
{
	struct list_job *j = xcalloc(1, sizeof *j);

	j->r = r;
	j->job.run = run_list;
	j->job.done = list_done;
	j->q.state = -1;
	j->q.limit = 1;
	buf_init(&j->out);
	return j;
}

/* The arguments are copied: they outlive the request's own text. */
static struct slice
keep(char **copy, struct slice s)
{
	*copy = slice_dup(s);
	return slice_of(*copy);
}

static void
start_list(struct control_request *r, int state,
    int (*read)(struct list_job *, struct store_reader *, struct error *))
{
	struct list_job *j;
	int64_t		 limit, before;

	if (!control_arg_int(r, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit) ||
	    !control_arg_int(r, "before", 1, INT64_MAX, 0, &before))
		return;
	j = new_job(r);
	j->q.limit = (unsigned)limit;
	j->q.before = before;
	j->q.state = state;
	j->q.token = keep(&j->token, control_arg(r, "token"));
	j->q.account = keep(&j->account, control_arg(r, "account"));
	j->q.id = keep(&j->id, control_arg(r, "object"));
	j->q.action = keep(&j->action, control_arg(r, "action"));
	j->read = read;
	reader_submit(r->p->reader, &j->job);
}

static int
read_uses(struct list_job *j, struct store_reader *sr, struct error *err)
{
	return store_read_uses(sr, &j->q, add_use, j, err);
}

static int
read_alerts(struct list_job *j, struct store_reader *sr, struct error *err)
{
	return store_read_alerts(sr, &j->q, add_alert, j, err);
}

static int
read_audit(struct list_job *j, struct store_reader *sr, struct error *err)
{
	return store_read_audit(sr, &j->q, add_audit, j, err);
}

static int
read_refused(struct list_job *j, struct store_reader *sr, struct error *err)
{
	return store_read_refused(sr, &j->q, add_refused, j, err);
}

static void
cmd_activity_list(struct control_request *r)
{
	start_list(r, -1, read_uses);
}

static void
cmd_activity_refused(struct control_request *r)
{
	start_list(r, -1, read_refused);
}

static void
cmd_audit_list(struct control_request *r)
{
	start_list(r, -1, read_audit);
}

static void
cmd_alert_list(struct control_request *r)
{
	struct slice s = control_arg(r, "state");
	int	     state =
	     s.p == NULL || slice_is(s, "all") ? -1 : alert_state_parse(s);

	if (state == -1 && s.p != NULL && !slice_is(s, "all"))
		control_fail(r, MSG_BAD_REQUEST,
		    "state: open, acknowledged, "
		    "closed or all");
	else
		start_list(r, state, read_alerts);
}

static void
cmd_token_history(struct control_request *r)
{
	struct token	*t = cmd_token_arg(r, false);
	struct list_job *j;
	int64_t		 limit, before;

	if (t == NULL ||
	    !control_arg_int(r, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit) ||
	    !control_arg_int(r, "before", 1, INT64_MAX, 0, &before))
		return;
	j = new_job(r);
	j->q.limit = (unsigned)limit;
	j->q.before = before;
	j->q.token = keep(&j->token, slice_of(t->id));
	j->read = read_uses;
	reader_submit(r->p->reader, &j->job);
}

/* --- one alert ------------------------------------------------------- */

static int
keep_alert(int64_t key, const struct alert_row *r, void *arg)
{
	struct list_job *j = arg;

	(void)key;
	if (j->has_found)
		return 0;
	alert_row_copy(&j->found, r);
	j->has_found = true;
	return 0;
}

static int
read_alert(struct list_job *j, struct store_reader *sr, struct error *err)
{
	return store_read_alerts(sr, &j->q, keep_alert, j, err);
}

static void
alert_done(struct reader_job *job)
{
	struct list_job *j = (struct list_job *)job;

	if (job->result != STORE_OK)
		control_fail(j->r, MSG_INTERNAL, "%s", job->error.text);
	else if (!j->has_found)
		control_fail(j->r, MSG_NOT_FOUND, "no such alert");
	else
		j->then(j->r,
		    alert_table_load(engine_alerts(j->r->p->engine),
			&j->found));
	job_free(j);
}

/* The alert as it now is, if it is held, and what only the store has of it. */
static void
alert_row_done(struct reader_job *job)
{
	struct list_job	   *j = (struct list_job *)job;
	const struct alert *a;
	struct alert_row    row = j->found;

	a = alert_table_find(engine_alerts(j->r->p->engine), j->q.id);
	if (a != NULL) {
		row = a->row;
		if (row.why.p == NULL && j->has_found)
			row.why = j->found.why;
	}
	if (a != NULL || j->has_found)
		j->then_row(j->r, &row);
	else if (job->result != STORE_OK)
		control_fail(j->r, MSG_INTERNAL, "%s", job->error.text);
	else
		control_fail(j->r, MSG_NOT_FOUND, "no such alert");
	job_free(j);
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

void
cmd_with_alert_row(struct control_request *r,
    void (*then)(struct control_request *, const struct alert_row *))
{
	struct slice	 id = alert_arg(r);
	struct list_job *j;

	if (id.n == 0)
		return;
	j = new_job(r);
	j->then_row = then;
	j->q.id = keep(&j->id, id);
	j->read = read_alert;
	j->job.done = alert_row_done;
	reader_submit(r->p->reader, &j->job);
}

void
cmd_with_alert(struct control_request *r,
    void (*then)(struct control_request *, struct alert *))
{
	struct slice	 id = alert_arg(r);
	struct alert	*a;
	struct list_job *j;

	if (id.n == 0)
		return;
	a = alert_table_find(engine_alerts(r->p->engine), id);
	if (a != NULL) {
		then(r, a);
		return;
	}
	j = new_job(r);
	j->then = then;
	j->q.id = keep(&j->id, id);
	j->read = read_alert;
	j->job.done = alert_done;
	reader_submit(r->p->reader, &j->job);
}

/* clang-format off */
const struct cmd_entry cmd_list_entries[] = {
	{"activity.list", ROLE_VIEWER, cmd_activity_list,
	    {"limit", "before", "token", "account"}},
	{"activity.refused", ROLE_ADMIN, cmd_activity_refused,
	    {"limit", "before"}},
	{"token.history", ROLE_VIEWER | ROLE_OWNER, cmd_token_history,
	    {"id", "limit", "before"}},
	{"alert.list", ROLE_ANALYST | ROLE_VIEWER, cmd_alert_list,
	    {"state", "limit", "before", "token", "account"}},
	{"audit.list", ROLE_ADMIN, cmd_audit_list,
	    {"limit", "before", "object", "action"}},
	{.name = NULL},
};
/* clang-format on */
