/*
 * alert.watch: alerts as they are raised and changed, for as long as the peer
 * reads.
 *
 * Each has a queue of WATCH_LINES; who does not read loses the oldest, and is
 * told how many, {"dropped":N}: the alerts themselves are in the store.
 */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "alert/batch.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/watch.h"
#include "use/json.h"
#include "use/level.h"

#define WATCH_LINES 1000
#define WATCH_ALIVE 30 /* seconds between two words, if only that it lives */

struct watch_line {
	STAILQ_ENTRY(watch_line) entry;
	size_t n;
	char   json[];
};

struct watch {
	LIST_ENTRY(watch) entry;
	struct control_request *r;
	STAILQ_HEAD(, watch_line) lines; /* owned */
	unsigned      nlines;
	uint64_t      dropped;
	int	      level;	       /* this or above */
	char	     *token, *account; /* owned; NULL: all */
	struct event *alive;	       /* owned */
};

/* --- which ------------------------------------------------------------- */

static const struct json_limits limits = {.text = 1024 * 1024,
    .string = 64 * 1024,
    .fields = 256,
    .depth = 8,
    .index_lists = true};

static bool
is_text(const struct json_field *f, size_t n, const char *key, const char *want)
{
	const struct json_field *j = json_find(f, n, key);

	return want == NULL ||
	    (j != NULL && j->type == JSON_STRING && slice_is(j->value, want));
}

static bool
is_wanted(const struct watch *w, const struct json_field *f, size_t n)
{
	const struct json_field *j = json_find(f, n, "level");

	return j != NULL && rule_level_parse(j->value) >= w->level &&
	    is_text(f, n, "token", w->token) &&
	    is_text(f, n, "account", w->account);
}

/* --- the queue --------------------------------------------------------- */

static void
drop_first(struct watch *w)
{
	struct watch_line *l = STAILQ_FIRST(&w->lines);

	STAILQ_REMOVE_HEAD(&w->lines, entry);
	w->nlines--;
	free(l);
}

static void
add_line(struct watch *w, struct slice json)
{
	struct watch_line *l;

	if (w->nlines == WATCH_LINES) {
		drop_first(w);
		w->dropped++;
	}
	l = xmalloc(sizeof *l + json.n);
	l->n = json.n;
	memcpy(l->json, json.p, json.n);
	STAILQ_INSERT_TAIL(&w->lines, l, entry);
	w->nlines++;
}

static void
add_lines(struct patrold *p, const struct batch *b)
{
	struct json_reader	*reader = json_reader_new(&limits);
	const struct json_field *f;
	struct watch		*w;
	size_t			 i, n;

	for (i = 0; i < b->noutbox; i++) {
		if (json_read_copy(reader, b->outbox[i].alert, &f, &n, NULL) !=
		    JSON_OK)
			continue;
		LIST_FOREACH (w, &p->watches, entry)
			if (is_wanted(w, f, n))
				add_line(w, b->outbox[i].alert);
	}
	json_reader_free(&reader);
}

void
watch_committed(struct patrold *p, const struct batch *b)
{
	struct watch *w, *next;

	if (b->noutbox == 0 || LIST_EMPTY(&p->watches))
		return;
	add_lines(p, b);
	/* Going on may end it, and that one only. */
	for (w = LIST_FIRST(&p->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		if (w->nlines > 0 && w->r->await == AWAIT_NEWS)
			control_resume(w->r);
	}
}

/* --- the request -------------------------------------------------------- */

static void
tell_alive(struct watch *w)
{
	(void)control_tell(w->r, SLICE("{\"done\":0,\"total\":0}"));
}

static void
alive_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	tell_alive(arg);
}

static void
give(struct watch *w)
{
	struct watch_line *l = STAILQ_FIRST(&w->lines);
	struct buf	   b;

	if (w->dropped > 0) {
		buf_init(&b);
		buf_addf(&b, "{\"dropped\":%llu}",
		    (unsigned long long)w->dropped);
		control_item(w->r, buf_slice(&b));
		buf_clear(&b);
		w->dropped = 0;
	}
	control_item(w->r, (struct slice){l->json, l->n});
	drop_first(w);
}

static bool
more(struct control_request *r)
{
	struct watch *w = r->job;

	if (r->p->stopping || control_is_last(r)) {
		control_done(r, SLICE("{}"));
		return true;
	}
	if (w->nlines > 0)
		give(w);
	else
		control_await(r, AWAIT_NEWS);
	return false;
}

static void
drop(struct control_request *r)
{
	struct watch *w = r->job;

	LIST_REMOVE(w, entry);
	while (w->nlines > 0)
		drop_first(w);
	event_free(w->alive);
	free(w->token);
	free(w->account);
	free(w);
}

static void
cmd_alert_watch(struct control_request *r)
{
	static const struct timeval every = {WATCH_ALIVE, 0};
	struct slice		    level = control_arg(r, "level");
	struct watch		   *w;
	int			    lowest = RULE_INFORMATIONAL;

	if (level.p != NULL && (lowest = rule_level_parse(level)) == -1) {
		control_fail(r, MSG_BAD_REQUEST,
		    "level: informational, low, medium, high or critical");
		return;
	}
	w = xcalloc(1, sizeof *w);
	w->r = r;
	w->level = lowest;
	w->token = slice_dup(control_arg(r, "token"));
	w->account = slice_dup(control_arg(r, "account"));
	STAILQ_INIT(&w->lines);
	LIST_INSERT_HEAD(&r->p->watches, w, entry);
	w->alive = event_new(r->p->base, -1, EV_PERSIST, alive_cb, w);
	event_add(w->alive, &every);
	r->job = w;
	r->drop = drop;
	tell_alive(w); /* that it has begun */
	control_stream(r, more);
}

/* clang-format off */
const struct cmd_entry cmd_watch_entries[] = {
	{"alert.watch", ROLE_ANALYST | ROLE_VIEWER, cmd_alert_watch,
	    {"level", "token", "account"}},
	{.name = NULL},
};
/* clang-format on */
