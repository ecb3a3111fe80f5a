/*
 * activity.tail: uses as they are stored, for as long as the peer reads.
 *
 * The store is the queue: what a peer has not read yet is read from there
 * when there is room for it.  Who is more than TAIL_LAG keys behind goes on
 * at that distance and is told how many were left out, {"dropped":N}.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/committer.h"
#include "daemon/list.h"
#include "daemon/patrold.h"
#include "daemon/stored.h"

#define TAIL_LAG   20000 /* keys behind the newest */
#define TAIL_USES  100	 /* of one job */
#define TAIL_EVERY 100	 /* milliseconds between two looks at the end */
#define HEARTBEAT  300	 /* such looks without a word */

struct tail {
	struct reader_job	job; /* first: the reader's part */
	struct control_request *r;
	struct list	       *filter;	 /* owned: the query alone */
	int64_t			next;	 /* key to go on with; 0: not begun */
	uint64_t		dropped; /* and not told yet */
	struct buf		out;	 /* items */
	bool			ended;	 /* at the newest, when last read */
	uint64_t		commits; /* before it was last read */
	unsigned		silent;	 /* looks since the last word */
	struct event	       *timer;	 /* owned */
};

/* --- on the thread ---------------------------------------------------- */

static int
add_use(const struct stored_use *u, void *arg)
{
	struct tail *t = arg;
	struct buf   b;

	buf_init(&b);
	stored_json(u, list_owner(t->filter), &b);
	msg_item(&t->out, t->r->id, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

/* Keys that nobody waits for any more. */
static void
catch_up(struct tail *t, int64_t newest)
{
	int64_t from = newest - TAIL_LAG + 1;

	if (t->next >= from)
		return;
	t->dropped += (uint64_t)(from - t->next);
	t->next = from;
}

static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct tail *t = (struct tail *)job;
	int64_t	     first, newest, to;
	int	     code;

	code = store_read_ends(sr, 0, INT64_MAX, &first, &newest, err);
	if (code != 0)
		return code;
	if (t->next == 0)
		t->next = newest + 1;
	catch_up(t, newest);
	to = newest;
	if (t->next <= newest)
		code = store_follow_uses(sr, &t->filter->q, t->next, &to,
		    add_use, t, err);
	t->next = to + 1;
	t->ended = to == newest;
	return code;
}

/* --- the loop's side -------------------------------------------------- */

static void
done(struct reader_job *job)
{
	control_resume(((struct tail *)job)->r);
}

/* How far it is: also that it has begun, and that it is still there. */
static void
tell_alive(struct tail *t)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "{\"done\":%lld,\"total\":0}", (long long)t->next - 1);
	(void)control_tell(t->r, buf_slice(&b));
	buf_clear(&b);
	t->silent = 0;
}

static uint64_t
commits(const struct tail *t)
{
	return committer_counts(t->r->p->committer)->commits;
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval every = {0, TAIL_EVERY * 1000};
	struct tail		   *t = arg;

	(void)fd, (void)what;
	if (++t->silent >= HEARTBEAT)
		tell_alive(t);
	if (commits(t) != t->commits)
		control_resume(t->r);
	else
		event_add(t->timer, &every);
}

static void
look_later(struct tail *t)
{
	static const struct timeval every = {0, TAIL_EVERY * 1000};

	control_await(t->r, AWAIT_NEWS);
	event_add(t->timer, &every);
}

/* What was read goes out; false: nothing was. */
static bool
give(struct tail *t)
{
	struct buf b;

	if (t->out.n == 0 && t->dropped == 0)
		return false;
	buf_init(&b);
	if (t->dropped > 0) {
		buf_addf(&b, "{\"dropped\":%llu}",
		    (unsigned long long)t->dropped);
		control_item(t->r, buf_slice(&b));
	}
	buf_addslice(&t->r->answer, buf_slice(&t->out));
	t->out.n = 0;
	t->dropped = 0;
	t->silent = 0;
	buf_clear(&b);
	return true;
}

static bool
more(struct control_request *r)
{
	struct tail *t = r->job;

	if (t->job.result != STORE_OK) {
		control_fail(r, MSG_INTERNAL, "%s", t->job.error.text);
		return true;
	}
	if (r->p->stopping || control_is_last(r)) {
		control_done(r, SLICE("{}"));
		return true;
	}
	if (give(t))
		return false;
	if (t->next != 0 && t->silent >= HEARTBEAT)
		tell_alive(t);
	if (t->ended && commits(t) == t->commits) {
		look_later(t);
		return false;
	}
	t->commits = commits(t);
	control_await(r, AWAIT_THREAD);
	reader_submit(r->p->reader, &t->job);
	return false;
}

static void
drop(struct control_request *r)
{
	struct tail *t = r->job;

	event_free(t->timer);
	list_free(t->filter);
	buf_clear(&t->out);
	free(t);
}

static void
cmd_activity_tail(struct control_request *r)
{
	struct list *l = list_new(r, NULL);
	struct tail *t;

	if (!cmd_use_filters(l)) {
		list_free(l);
		return;
	}
	l->q.limit = TAIL_USES;
	t = xcalloc(1, sizeof *t);
	t->job.run = run;
	t->job.done = done;
	t->r = r;
	t->filter = l;
	t->silent = HEARTBEAT; /* it is told when it has begun */
	t->timer = evtimer_new(r->p->base, timer_cb, t);
	buf_init(&t->out);
	r->job = t;
	r->drop = drop;
	control_stream(r, more);
}

/* clang-format off */
const struct cmd_entry cmd_tail_entries[] = {
	{"activity.tail", ROLE_VIEWER | ROLE_OWNER, cmd_activity_tail,
	    {"token", "account", "registry", "action", "outcome", "reason",
	    "repository", "ip", "client", "text"}},
	{.name = NULL},
};
/* clang-format on */
