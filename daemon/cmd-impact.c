/*
 * token.impact: what a token touched since a point in time, beside what it
 * touched before.  Its history is walked on the slow reader's thread, a page
 * at a time, so that the store's log need not grow meanwhile.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/work.h"
#include "token/impact.h"

#define PAGE_USES     5000
#define VALUES_KEPT   10000 /* of each kind */
#define SHOWN_MAX     1000  /* likewise */
#define SHOWN_DEFAULT 20

struct impact_work {
	struct work    work; /* first: work's part */
	char	      *id;   /* owned */
	struct impact *impact;
	usec_t	       since, until;
	int64_t	       limit;  /* values shown of a kind */
	struct buf     digest; /* scratch */
	int64_t	       newest; /* of its uses; 0: none came yet */
};

/* --- on the thread ---------------------------------------------------- */

/* "alice/app@sha256:...": what exactly it was. */
static struct slice
digest_of(struct impact_work *w, const struct stored_use *s)
{
	if (s->digest.n == 0)
		return (struct slice){NULL, 0};
	w->digest.n = 0;
	buf_addslice(&w->digest, s->repository);
	buf_addc(&w->digest, '@');
	buf_addslice(&w->digest, s->digest);
	return buf_slice(&w->digest);
}

static struct slice
network_of(struct slice ip, char text[ADDR_TEXT_MAX])
{
	struct addr a;
	struct cidr net;

	if (ip.n == 0 || addr_parse(ip, &a) != 0)
		return (struct slice){NULL, 0};
	net = addr_net(&a);
	return (struct slice){text, cidr_format(&net, text)};
}

static int
add_use(const struct stored_use *s, void *arg)
{
	struct impact_work *w = arg;
	struct impact_use   u = {.time = s->time,
	      .count = s->count,
	      .bytes = s->bytes,
	      .refused = slice_is(s->outcome, "denied") ||
		  slice_is(s->outcome, "failure")};
	char		    net[ADDR_TEXT_MAX];

	if (w->newest == 0)
		w->newest = s->seq;
	u.value[IMPACT_REPOSITORY] = s->repository;
	u.value[IMPACT_DIGEST] = digest_of(w, s);
	u.value[IMPACT_ACTION] = s->action;
	u.value[IMPACT_REGISTRY] = s->registry;
	u.value[IMPACT_NETWORK] = network_of(s->ip, net);
	u.value[IMPACT_ADDRESS] = s->ip;
	u.value[IMPACT_CLIENT] = s->user_agent;
	impact_add(w->impact, &u);
	return 0;
}

static int
run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct impact_work *w = (struct impact_work *)job;
	struct store_query  q = {.token = slice_of(w->id), .limit = PAGE_USES};
	int		    code;

	do {
		code = store_read_uses(sr, &q, add_use, w, err);
		if (code != 0)
			return code;
		q.before = store_reader_next(sr);
		atomic_store(&w->work.total, (uint64_t)w->newest);
		atomic_store(&w->work.done, (uint64_t)(w->newest - q.before));
	} while (q.before != 0 && !atomic_load(&job->cancelled));
	impact_sort(w->impact);
	return 0;
}

/* --- the answer -------------------------------------------------------- */

static void
add_sum(struct jsonw *w, const char *key, const struct impact_sum *s)
{
	jsonw_key(w, key);
	jsonw_object(w);
	jsonw_field_int(w, "uses", (int64_t)s->uses);
	jsonw_field_int(w, "refused", (int64_t)s->refused);
	jsonw_field_int(w, "bytes", (int64_t)s->bytes);
	jsonw_field_time(w, "first", s->first);
	jsonw_field_time(w, "last", s->last);
	jsonw_end(w);
}

static void
add_item(struct control_request *r, const char *kind, struct slice value,
    const struct impact_sum *before, const struct impact_sum *after)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "kind", slice_of(kind));
	jsonw_field_str(&w, "value", value);
	jsonw_field_bool(&w, "new", before->uses == 0);
	add_sum(&w, "before", before);
	add_sum(&w, "after", after);
	jsonw_end(&w);
	control_item(r, buf_slice(&b));
	buf_clear(&b);
}

/* How many values each kind has beyond those shown, and how many uses had one
 * that was not even kept. */
static void
add_more(const struct impact_work *iw, struct jsonw *w, const char *key,
    bool unkept)
{
	unsigned k;
	size_t	 n;

	jsonw_key(w, key);
	jsonw_object(w);
	for (k = 0; k < IMPACT_KINDS; k++) {
		(void)impact_list(iw->impact, (enum impact_kind)k, &n);
		n = n > (size_t)iw->limit ? n - (size_t)iw->limit : 0;
		jsonw_field_int(w, impact_kind_name((enum impact_kind)k),
		    unkept ? (int64_t)impact_unkept(iw->impact,
				 (enum impact_kind)k) :
			     (int64_t)n);
	}
	jsonw_end(w);
}

static void
answer(const struct impact_work *iw)
{
	struct control_request		*r = iw->work.r;
	const struct impact_item *const *list;
	struct jsonw			 w;
	struct buf			 b;
	unsigned			 k;
	size_t				 i, n;

	add_item(r, "all", slice_of(iw->id), impact_before(iw->impact),
	    impact_after(iw->impact));
	for (k = 0; k < IMPACT_KINDS; k++) {
		list = impact_list(iw->impact, (enum impact_kind)k, &n);
		for (i = 0; i < n && i < (size_t)iw->limit; i++)
			add_item(r, impact_kind_name(list[i]->kind),
			    list[i]->value, &list[i]->before, &list[i]->after);
	}
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "token", slice_of(iw->id));
	jsonw_field_time(&w, "since", iw->since);
	jsonw_field_time(&w, "until", iw->until);
	add_more(iw, &w, "more", false);
	add_more(iw, &w, "unkept_uses", true);
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
end(struct work *work)
{
	struct impact_work *w = (struct impact_work *)work;

	if (work->job.result != STORE_OK)
		control_fail(work->r, MSG_INTERNAL, "%s", work->job.error.text);
	else if (work->r->p->stopping)
		control_fail(work->r, MSG_UNAVAILABLE, "patrold is stopping");
	else
		answer(w);
	impact_free(&w->impact);
	buf_clear(&w->digest);
	free(w->id);
	free(w);
}

static void
cmd_token_impact(struct control_request *r)
{
	const struct token *t = cmd_token_arg(r, false);
	struct impact_work *w;
	usec_t		    since, until;
	int64_t		    limit;

	if (t == NULL || !cmd_span_args(r, &since, &until) ||
	    !control_arg_int(r, "limit", 1, SHOWN_MAX, SHOWN_DEFAULT, &limit))
		return;
	if (since == 0) {
		control_fail(r, MSG_BAD_REQUEST, "since: when did it begin?");
		return;
	}
	w = xcalloc(1, sizeof *w);
	w->id = xstrdup(t->id);
	w->impact = impact_new(since, until, VALUES_KEPT);
	w->since = since;
	w->until = until;
	w->limit = limit;
	buf_init(&w->digest);
	work_start(&w->work, r, run, end);
}

/* clang-format off */
const struct cmd_entry cmd_impact_entries[] = {
	{"token.impact", ROLE_VIEWER | ROLE_OWNER, cmd_token_impact,
	    {"id", "since", "until", "limit"}},
	{.name = NULL},
};
/* clang-format on */
