#include "daemon/list.h"

#include <assert.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/patrold.h"

#define PAGE_MAX     1000
#define PAGE_DEFAULT 50

void
list_add(struct list *l, struct slice json)
{
	msg_item(&l->out, l->r->id, json);
	l->given++;
}

void
list_free(struct list *l)
{
	unsigned i;

	for (i = 0; i < l->ntext; i++)
		free(l->text[i]);
	buf_clear(&l->out);
	free(l);
}

static int
list_run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct list *l = (struct list *)job;
	int	     r = l->read(l, sr, err);

	l->next = store_reader_next(sr);
	return r;
}

static void
list_end(struct list *l)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_bool(&w, "more", l->next != 0);
	jsonw_key(&w, "next");
	if (l->next != 0)
		jsonw_int(&w, l->next);
	else
		jsonw_null(&w);
	jsonw_end(&w);
	control_done(l->r, buf_slice(&b));
	buf_clear(&b);
	list_free(l);
}

/* What was found leaves with it. */
static void
list_go_on(struct list *l)
{
	struct buf b;

	if (l->looked == 0)
		l->looked = l->next;
	buf_init(&b);
	buf_addf(&b, "{\"done\":%lld,\"total\":0}",
	    (long long)(l->looked - l->next));
	(void)control_tell(l->r, buf_slice(&b));
	buf_clear(&b);
	l->q.before = l->next;
	l->q.limit = l->limit - l->given;
	reader_submit(l->r->p->reader, &l->job);
}

static void
list_done(struct reader_job *job)
{
	struct list *l = (struct list *)job;

	if (job->result != STORE_OK || l->r->p->stopping) {
		control_fail(l->r,
		    job->result != STORE_OK ? MSG_INTERNAL : MSG_UNAVAILABLE,
		    "%s",
		    job->result != STORE_OK ? job->error.text :
					      "patrold is stopping");
		list_free(l);
		return;
	}
	buf_addslice(&l->r->answer, buf_slice(&l->out));
	l->out.n = 0;
	if (l->next != 0 && l->given < l->limit && l->r->conn != NULL)
		list_go_on(l);
	else
		list_end(l);
}

struct list *
list_new(struct control_request *r,
    int (*read)(struct list *, struct store_reader *, struct error *))
{
	struct list *l = xcalloc(1, sizeof *l);

	l->r = r;
	l->job.run = list_run;
	l->job.done = list_done;
	l->read = read;
	l->q.state = -1;
	l->q.limit = l->limit = 1;
	/* The peer lives as long as the request. */
	if (!(r->peer.roles & ROLE_VIEWER))
		l->q.owner = slice_of(r->peer.user);
	buf_init(&l->out);
	return l;
}

void
list_keep(struct list *l, struct slice *part, const char *arg)
{
	struct slice s = control_arg(l->r, arg);

	if (s.p == NULL)
		return;
	if (s.n == 0)
		l->empty = arg;
	assert(l->ntext < LIST_TEXTS);
	l->text[l->ntext] = slice_dup(s);
	*part = (struct slice){l->text[l->ntext++], s.n};
}

bool
list_narrows(struct list *l)
{
	if (l->empty != NULL)
		control_fail(l->r, MSG_BAD_REQUEST, "%s: is empty", l->empty);
	return l->empty == NULL;
}

bool
list_start(struct list *l)
{
	int64_t limit, before;

	if (!list_narrows(l) ||
	    !control_arg_int(l->r, "limit", 1, PAGE_MAX, PAGE_DEFAULT,
		&limit) ||
	    !control_arg_int(l->r, "before", 1, INT64_MAX, 0, &before)) {
		list_free(l);
		return false;
	}
	l->q.limit = l->limit = (unsigned)limit;
	l->q.before = before;
	reader_submit(l->r->p->reader, &l->job);
	return true;
}

struct slice
list_owner(const struct list *l)
{
	return l->q.owner;
}
