/*
 * check - is the store sound?  On the slow reader's thread, beside ingest.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/work.h"

struct check {
	struct work	     work; /* first: work's part */
	const char	    *path; /* borrowed */
	struct store_checked found;
	struct buf	     out; /* findings, as items */
};

static void
add_finding(const char *place, const char *text, const char *todo, void *arg)
{
	struct check *c = arg;
	struct jsonw  w;
	struct buf    b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "place", slice_of(place));
	jsonw_field_str(&w, "finding", slice_of(text));
	jsonw_field_str(&w, "todo", slice_of(todo));
	jsonw_end(&w);
	msg_item(&c->out, c->work.r->id, buf_slice(&b));
	buf_clear(&b);
}

static bool
progress(uint64_t done, uint64_t total, void *arg)
{
	struct check *c = arg;

	atomic_store(&c->work.done, done);
	atomic_store(&c->work.total, total);
	return !atomic_load(&c->work.job.cancelled);
}

static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct check		*c = (struct check *)job;
	struct store_check_hooks h = {add_finding, progress, c};

	(void)sr;
	return store_check(c->path, &h, &c->found, err);
}

static void
answer(struct check *c)
{
	struct control_request *r = c->work.r;
	struct jsonw		w;
	struct buf		b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_bool(&w, "sound", c->found.findings == 0);
	jsonw_field_int(&w, "findings", (int64_t)c->found.findings);
	jsonw_field_int(&w, "pages", (int64_t)c->found.pages);
	jsonw_field_int(&w, "uses", (int64_t)c->found.uses);
	jsonw_field_int(&w, "tokens", (int64_t)c->found.tokens);
	jsonw_end(&w);
	buf_addslice(&r->answer, buf_slice(&c->out));
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
end(struct work *w)
{
	struct check *c = (struct check *)w;

	if (w->job.result != STORE_OK)
		control_fail(w->r, MSG_INTERNAL, "%s", w->job.error.text);
	else
		answer(c);
	buf_clear(&c->out);
	free(c);
}

static void
cmd_check(struct control_request *r)
{
	struct check *c = xcalloc(1, sizeof *c);

	c->path = r->p->boot_conf->store_path;
	buf_init(&c->out);
	work_start(&c->work, r, run, end);
}

/* clang-format off */
const struct cmd_entry cmd_check_entries[] = {
	{"check", ROLE_ADMIN, cmd_check, {NULL}},
	{.name = NULL},
};
/* clang-format on */
