/*
 * The signing key: what there is, and the stages of another taking its place
 * (keys.h).  Files are read and written on the slow reader's thread, not on
 * the loop's, where the new key then comes into force.
 */
#include <stdlib.h>

#include "auth/jwt.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/keys.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"

static const char *const stage_names[] = {[KEYS_BEGIN] = "begin",
    [KEYS_USE] = "use",
    [KEYS_FINISH] = "finish",
    [KEYS_CANCEL] = "cancel"};

#define NSTAGES (int)(sizeof stage_names / sizeof stage_names[0])

struct auth_job {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	struct keys_paths	paths;
	int			stage; /* enum keys_stage; -1: only look */
	int			result;
	struct jwt_key	       *now_signs; /* held, or NULL */
	struct keys_shown	shown;
};

static const char *
role_of(const struct auth_job *j, const struct bundle_certificate *c)
{
	return strcmp(c->kid, j->shown.signs) == 0 ? "signs" :
	    strcmp(c->kid, j->shown.next) == 0	   ? "next" :
						     "old";
}

static void
format_keys(const struct auth_job *j, struct buf *out)
{
	const struct bundle *b = &j->shown.bundle;
	struct jsonw	     w;
	unsigned	     i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_opt(&w, "stage",
	    slice_of(j->stage != -1 ? stage_names[j->stage] : NULL));
	jsonw_field_str(&w, "bundle", slice_of(j->paths.bundle));
	jsonw_field_int(&w, "certificates", b->n);
	for (i = 0; i < b->n; i++) {
		jsonw_key(&w, role_of(j, &b->list[i]));
		jsonw_object(&w);
		jsonw_field_str(&w, "kid", slice_of(b->list[i].kid));
		jsonw_field_time(&w, "expires", b->list[i].expires);
		jsonw_end(&w);
	}
	jsonw_end(&w);
}

/* On the thread. */
static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct auth_job *j = (struct auth_job *)job;

	(void)sr;
	if (j->stage != -1)
		j->result = keys_rotate(&j->paths, (enum keys_stage)j->stage,
		    j->r->now, &j->now_signs, err);
	if (j->result == 0)
		j->result = keys_show(&j->paths, &j->shown, err);
	return STORE_OK;
}

/* `role` of another beside it, if there is one. */
static struct slice
facts(const char *kid, const char *role, const char *other, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "signs", slice_of(kid));
	if (other != NULL && other[0] != '\0')
		jsonw_field_str(&w, role, slice_of(other));
	jsonw_end(&w);
	return buf_slice(out);
}

/* What came into force, even if nobody waits for the answer any more.  What
 * left the bundle verifies nothing here either. */
static void
put_in_force(struct auth_job *j)
{
	bool		    ends = j->stage == KEYS_FINISH;
	struct patrold	   *p = j->r->p;
	struct engine_actor by = cmd_actor(j->r);
	struct buf	    before, after;
	char		   *action;

	buf_init(&before);
	buf_init(&after);
	(void)facts(jwt_key_id(p->key), "old",
	    ends && p->old_key != NULL ? jwt_key_id(p->old_key) : NULL,
	    &before);
	if (j->now_signs != NULL) {
		jwt_key_unref(&p->old_key);
		p->old_key = p->key;
		p->key = j->now_signs;
	}
	if (ends)
		jwt_key_unref(&p->old_key);
	action = xasprintf("auth.rotate-key.%s", stage_names[j->stage]);
	log_info("%s, by %s: signs with %s", action, by.name,
	    jwt_key_id(p->key));
	engine_audit(p->engine, j->r->now, &by, action, j->paths.bundle,
	    buf_slice(&before),
	    facts(jwt_key_id(p->key), "next", j->shown.next, &after));
	free(action);
	buf_clear(&before);
	buf_clear(&after);
}

static void
done(struct reader_job *job)
{
	struct auth_job	       *j = (struct auth_job *)job;
	struct control_request *r = j->r;
	struct buf		b;

	buf_init(&b);
	if (j->stage != -1) {
		r->p->rotating = false;
		if (job->result == STORE_OK &&
		    (j->result == 0 || j->now_signs != NULL))
			put_in_force(j);
	}
	if (job->result != STORE_OK || j->result != 0) {
		control_fail(r, j->result == 1 ? MSG_CONFLICT : MSG_INTERNAL,
		    "%s", job->error.text);
	} else {
		format_keys(j, &b);
		control_done_durably(r, buf_slice(&b));
	}
	keys_paths_clear(&j->paths);
	keys_shown_clear(&j->shown);
	buf_clear(&b);
	free(j);
}

static void
submit(struct control_request *r, int stage)
{
	struct auth_job *j = xcalloc(1, sizeof *j);

	j->r = r;
	j->stage = stage;
	j->job.run = run;
	j->job.done = done;
	keys_paths(r->p, &j->paths);
	reader_submit(r->p->slow, &j->job);
}

static void
cmd_auth_show(struct control_request *r)
{
	submit(r, -1);
}

static void
cmd_auth_rotate_key(struct control_request *r)
{
	struct slice stage = control_arg(r, "stage");
	int	     i;

	for (i = 0; i < NSTAGES; i++)
		if (slice_is(stage, stage_names[i]))
			break;
	if (i == NSTAGES) {
		control_fail(r, MSG_BAD_REQUEST,
		    "stage: begin, use, finish or cancel");
	} else if (r->p->rotating) {
		control_fail(r, MSG_CONFLICT,
		    "somebody else is at it this moment");
	} else {
		r->p->rotating = true;
		submit(r, i);
	}
}

/* clang-format off */
const struct cmd_entry cmd_auth_entries[] = {
	{"auth.show", ROLE_ADMIN | ROLE_VIEWER, cmd_auth_show, {NULL}},
	{"auth.rotate-key", ROLE_ADMIN, cmd_auth_rotate_key, {"stage"}},
	{.name = NULL},
};
/* clang-format on */
