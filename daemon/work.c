#include "daemon/work.h"

#include <event2/event.h>

#include "base/jsonw.h"
#include "daemon/control.h"
#include "daemon/patrold.h"

/* Also when nothing moves: the peer is to know that it is being worked on. */
static const struct timeval tell_every = {0, 200000};

static void
tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct work *w = arg;
	struct jsonw j;
	struct buf   b;

	(void)fd, (void)what;
	buf_init(&b);
	jsonw_init(&j, &b);
	jsonw_object(&j);
	jsonw_field_int(&j, "done", (int64_t)atomic_load(&w->done));
	jsonw_field_int(&j, "total", (int64_t)atomic_load(&w->total));
	jsonw_end(&j);
	if (!control_tell(w->r, buf_slice(&b)))
		atomic_store(&w->job.cancelled, true);
	buf_clear(&b);
}

static void
work_done(struct reader_job *job)
{
	struct work *w = (struct work *)job;

	event_free(w->tick);
	w->tick = NULL;
	w->end(w);
}

void
work_start(struct work *w, struct control_request *r,
    int (*run)(struct reader_job *, struct store_reader *, struct error *),
    void (*end)(struct work *))
{
	w->r = r;
	w->end = end;
	w->job.run = run;
	w->job.done = work_done;
	w->tick = event_new(r->p->base, -1, EV_PERSIST, tick_cb, w);
	event_add(w->tick, &tell_every);
	reader_submit(r->p->slow, &w->job);
}
