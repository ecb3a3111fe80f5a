/*
 * token.show: all there is about one token, from memory and from the store.
 *
 * The store is asked first, on the reader's thread; the token is then looked
 * up again, for it may have changed or be gone.
 */
#include <stdlib.h>
#include <string.h>

#include "alert/format.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"
#include "daemon/stored.h"

#define SHOWN 20 /* alerts, and changes */

struct show {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	char		       *id;    /* owned */
	struct slice		owner; /* who asks, if no viewer */
	/* JSON: an object or nothing; members of a list. */
	struct buf use, made, alerts, changes;
	unsigned   nchanges;
};

static int
add_use(const struct stored_use *u, void *arg)
{
	struct show *s = arg;

	stored_json(u, s->owner, &s->use);
	return 0;
}

/* The newest ones; its making is the oldest there is. */
static int
add_change(int64_t seq, const struct audit_row *r, void *arg)
{
	struct show *s = arg;

	if (slice_is(r->action, "token.create")) {
		s->made.n = 0;
		stored_audit_json(seq, r, &s->made);
	}
	if (s->nchanges++ >= SHOWN)
		return 0;
	if (s->changes.n > 0)
		buf_addc(&s->changes, ',');
	stored_audit_json(seq, r, &s->changes);
	return 0;
}

static int
add_alert(int64_t key, const struct alert_row *r, void *arg)
{
	struct show *s = arg;
	struct jsonw w;

	(void)key;
	if (s->alerts.n > 0)
		buf_addc(&s->alerts, ',');
	jsonw_init(&w, &s->alerts);
	jsonw_object(&w);
	alert_format_short(&w, r);
	jsonw_end(&w);
	return 0;
}

static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct show	  *s = (struct show *)job;
	struct store_query q = {.token = slice_of(s->id),
	    .owner = s->owner,
	    .state = -1,
	    .limit = 1};
	int		   code;

	code = store_read_uses(sr, &q, add_use, s, err);
	if (code != 0)
		return code;
	q.limit = SHOWN;
	code = store_read_alerts(sr, &q, add_alert, s, err);
	if (code != 0)
		return code;
	q = (struct store_query){.id = slice_of(s->id)};
	do {
		code = store_read_audit(sr, &q, add_change, s, err);
		q.before = store_reader_next(sr);
	} while (code == 0 && q.before != 0 && !atomic_load(&job->cancelled));
	return code;
}

static void
add_object(struct jsonw *w, const char *key, const struct buf *json)
{
	jsonw_key(w, key);
	if (json->n > 0)
		jsonw_raw(w, buf_slice(json));
	else
		jsonw_null(w);
}

static void
add_list(struct jsonw *w, const char *key, const struct buf *members)
{
	jsonw_key(w, key);
	jsonw_array(w);
	if (members->n > 0)
		jsonw_raw(w, buf_slice(members));
	jsonw_end(w);
}

static void
answer(struct show *s, const struct token *t)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	cmd_format_token_whole(&w, s->r, t);
	add_object(&w, "last_use", &s->use);
	add_object(&w, "made", &s->made);
	add_list(&w, "alerts", &s->alerts);
	add_list(&w, "changes", &s->changes);
	jsonw_end(&w);
	control_done(s->r, buf_slice(&b));
	buf_clear(&b);
}

static void
done(struct reader_job *job)
{
	struct show	   *s = (struct show *)job;
	const struct token *t;

	if (job->result != STORE_OK)
		control_fail(s->r, MSG_INTERNAL, "%s", job->error.text);
	else if ((t = cmd_token_arg(s->r, false)) != NULL)
		answer(s, t);
	buf_clear(&s->use);
	buf_clear(&s->made);
	buf_clear(&s->alerts);
	buf_clear(&s->changes);
	free(s->id);
	free(s);
}

static void
cmd_token_show(struct control_request *r)
{
	const struct token *t = cmd_token_arg(r, false);
	struct show	   *s;

	if (t == NULL)
		return;
	s = xcalloc(1, sizeof *s);
	s->job.run = run;
	s->job.done = done;
	s->r = r;
	s->id = xstrdup(t->id);
	if (!(r->peer.roles & ROLE_VIEWER))
		s->owner = slice_of(r->peer.user);
	buf_init(&s->use);
	buf_init(&s->made);
	buf_init(&s->alerts);
	buf_init(&s->changes);
	reader_submit(r->p->reader, &s->job);
}

/* clang-format off */
const struct cmd_entry cmd_show_entries[] = {
	{"token.show", ROLE_VIEWER | ROLE_OWNER, cmd_token_show, {"id"}},
	{.name = NULL},
};
/* clang-format on */
