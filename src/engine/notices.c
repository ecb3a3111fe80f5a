/*
 * Tells the owners of tokens, by way of the sinks, that an end is near.
 *
 * A notice lies in the outbox as an alert does, so that it survives what an
 * alert survives.  It is told once a sink had it, and only then is the token
 * marked: killed in between, patrold tells it again.  While one waits the
 * token has no other of its kind, and only so many wait at all: they must not
 * push alerts out of a sink that is blocked.
 */
#include <stdio.h>

#include "base/jsonw.h"
#include "engine/priv.h"

#define WAITING_MAX 1000     /* notices at the sinks */
#define PAUSE	    USEC_MIN /* after one was dropped there */

static const char *const names[NOTICE_KINDS] = {
    [NOTICE_EXPIRY] = "expiry",
    [NOTICE_IDLE] = "idle",
};

/* "Access token expires in 6 d ..." */
static const char *const provisos[NOTICE_KINDS] = {
    [NOTICE_EXPIRY] = "",
    [NOTICE_IDLE] = " unless it is used",
};

/* What is to be told, and of which end. */
struct notice {
	enum notice_kind kind;
	usec_t		 end, step;
};

/* "7d", as it is configured, not "1w". */
static void
add_before(struct jsonw *w, usec_t before)
{
	char text[TIME_TEXT_MAX];

	if (before % USEC_DAY == 0)
		snprintf(text, sizeof text, "%lldd",
		    (long long)(before / USEC_DAY));
	else
		span_format(before, text);
	jsonw_field_str(w, "before", slice_of(text));
}

static void
format_notice(const struct notice *n, const struct token *t, usec_t now,
    struct buf *out)
{
	char	     left[TIME_TEXT_MAX];
	struct jsonw w;
	struct buf   title;

	span_words(n->end - now, left);
	buf_init(&title);
	buf_addf(&title, "Access token expires in %s%s", left,
	    provisos[n->kind]);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "notice", slice_of(names[n->kind]));
	jsonw_field_str(&w, "level", SLICE("informational"));
	jsonw_field_str(&w, "title", buf_slice(&title));
	jsonw_field_str(&w, "token", slice_of(t->id));
	jsonw_field_str(&w, "account",
	    t->account != NULL ? slice_of(t->account->name) :
				 (struct slice){NULL, 0});
	jsonw_field_str(&w, "description", slice_of(t->description));
	jsonw_field_time(&w, "ends", n->end);
	add_before(&w, n->end - n->step);
	jsonw_field_time(&w, "last_used", t->last.time);
	jsonw_field_time(&w, "time", now);
	jsonw_end(&w);
	buf_clear(&title);
}

static void
queue(struct engine *e, struct token *t, const struct notice *n, usec_t now)
{
	struct outbox_row *r = batch_add_outbox(e->batch);

	e->text.n = 0;
	format_notice(n, t, now, &e->text);
	r->seq = e->next_outbox++;
	r->alert = batch_text(e->batch, buf_slice(&e->text));
	r->tid = t->tid;
	r->notice = n->kind;
	r->step = n->step;
	engine_notice_queued(e, r);
}

static void
consider(struct engine *e, struct token *t, enum notice_kind kind, usec_t end,
    usec_t from, usec_t now)
{
	const struct token_limits *l = t->limits;
	struct notice		   n = {.kind = kind, .end = end};

	if (l != NULL && l->queued[kind] != 0)
		return;
	n.step = notice_due(&e->opts.notices[kind], end, from,
	    l != NULL ? l->told[kind] : 0, now);
	if (n.step != 0)
		queue(e, t, &n, now);
}

/* A clock that was set back does not make the pause longer. */
static bool
is_paused(const struct engine *e, usec_t now)
{
	return now < e->notices_again && e->notices_again - now <= PAUSE;
}

void
engine_notify(struct engine *e, struct token *t, usec_t now)
{
	if (!e->notices_wanted || e->notices_waiting >= WAITING_MAX ||
	    is_paused(e, now))
		return;
	if (t->state != TOKEN_ACTIVE || t->kind == TOKEN_HONEY ||
	    t->kind == TOKEN_FOREIGN)
		return;
	consider(e, t, NOTICE_EXPIRY, t->expires, t->created, now);
	consider(e, t, NOTICE_IDLE, engine_idle_end(e, t), policy_idle_since(t),
	    now);
}

void
engine_notices_wanted(struct engine *e, bool wanted)
{
	e->notices_wanted = wanted;
}

void
engine_notice_queued(struct engine *e, const struct outbox_row *r)
{
	struct token *t = token_table_by_tid(e->tokens, r->tid);

	if (t == NULL)
		return;
	if (token_limits(t)->queued[r->notice] == 0)
		e->notices_waiting++;
	t->limits->queued[r->notice] = r->step;
}

/* None of this kind waits any more; did one? */
static bool
take_queued(struct engine *e, const struct token *t, enum notice_kind kind)
{
	if (t == NULL || t->limits == NULL || t->limits->queued[kind] == 0)
		return false;
	t->limits->queued[kind] = 0;
	e->notices_waiting--;
	return true;
}

void
engine_notice_told(struct engine *e, uint32_t tid, enum notice_kind kind,
    usec_t step)
{
	struct token *t = token_table_by_tid(e->tokens, tid);

	(void)take_queued(e, t, kind);
	if (t == NULL || step <= token_limits(t)->told[kind])
		return;
	t->limits->told[kind] = step;
	e->counts.notices[kind]++;
	batch_add_token(e->batch, t);
}

void
engine_notice_dropped(struct engine *e, uint32_t tid, enum notice_kind kind,
    usec_t now)
{
	struct token *t = token_table_by_tid(e->tokens, tid);

	if (take_queued(e, t, kind))
		e->notices_again = now + PAUSE;
}

uint64_t
engine_notices_waiting(const struct engine *e)
{
	return e->notices_waiting;
}
