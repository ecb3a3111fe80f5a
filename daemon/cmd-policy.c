/*
 * policy.try: whom a policy would touch that is not in force.
 *
 * All tokens are looked at on the loop, a slice a turn, and counted; of those
 * that are touched one page is told, and the reader that is there for what
 * takes long counts how often each of these was used lately.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/settings.h"
#include "daemon/reader.h"

#define SLICE_TOKENS 5000 /* looked at in one turn of the loop */
#define PAGE_DEFAULT 50
#define PAGE_MAX     1000
#define LATELY	     (30 * USEC_DAY)
#define COUNT_MAX    1000 /* uses of a token that are counted */

/* A token of the page. */
struct touched {
	uint32_t tid;
	unsigned parts;
	char	*id; /* owned: for the thread */
	int64_t	 uses;
	bool	 many; /* there are more than these */
};

struct trial {
	struct reader_job	job;
	struct control_request *r;
	struct token_policy	inforce, next;
	usec_t			since;
	int64_t			limit, after;
	int			used_only;
	uint32_t		at; /* tid, then aid, of the last one seen */
	bool			scanned, counted, ended;
	uint64_t		tokens; /* touched, */
	uint64_t		by_part[POLICY_PARTS], used[POLICY_PARTS];
	uint64_t		accounts; /* that have more than they may */
	struct touched	       *page;	  /* owned */
	size_t			npage, cap;
	bool			more;
};

static const char *const effects[POLICY_PARTS] = {"clamped", "expired",
    "refused", "refused"};

/* "idle-expires": the name without what all have in front. */
static const char *
short_name(unsigned i)
{
	return policy_name(1U << i) + strlen("tokens.policy.");
}

/* --- on the loop: who is touched ------------------------------------- */

static void
look_at(struct trial *t, const struct token *token)
{
	unsigned parts, i;
	bool	 used = token->last.time >= t->since;

	parts = policy_touches(&t->inforce, &t->next, token, t->r->now);
	if (parts == 0)
		return;
	t->tokens++;
	for (i = 0; i < POLICY_PARTS; i++) {
		t->by_part[i] += (parts & 1U << i) != 0;
		t->used[i] += (parts & 1U << i) != 0 && used;
	}
	if (token->tid <= (uint64_t)t->after || (t->used_only == 1 && !used))
		return;
	if (t->npage == (size_t)t->limit) {
		t->more = true;
		return;
	}
	t->page = xgrow(t->page, t->npage, &t->cap, sizeof *t->page);
	t->page[t->npage++] = (struct touched){.tid = token->tid,
	    .parts = parts,
	    .id = xstrdup(token->id)};
}

/* False: there are more. */
static bool
scan_tokens(struct trial *t)
{
	struct token *token;
	unsigned      n;

	for (n = 0; n < SLICE_TOKENS; n++) {
		token = token_table_next(engine_tokens(t->r->p->engine), t->at);
		if (token == NULL) {
			t->at = 0;
			return true;
		}
		t->at = token->tid;
		look_at(t, token);
	}
	return false;
}

static bool
scan_accounts(struct trial *t)
{
	unsigned	      most = t->next.max_per_account, n;
	const struct account *a;

	if (most >= t->inforce.max_per_account)
		return true;
	for (n = 0; n < SLICE_TOKENS; n++) {
		a = token_table_next_account(engine_tokens(t->r->p->engine),
		    t->at);
		if (a == NULL)
			return true;
		t->at = a->aid;
		t->accounts += a->ntokens > most;
	}
	return false;
}

/* --- on the thread: how often they were used -------------------------- */

struct tally_of {
	const struct trial *t;
	struct touched	   *token;
	unsigned	    rows;
};

enum { TALLY_ENOUGH = -1000 }; /* a walk that is stopped so is well */

static int
add_use(const struct stored_use *u, void *arg)
{
	struct tally_of *c = arg;

	if (u->arrival < c->t->since || atomic_load(&c->t->job.cancelled))
		return TALLY_ENOUGH;
	if (c->rows++ == COUNT_MAX) {
		c->token->many = true;
		return TALLY_ENOUGH;
	}
	if (u->time >= c->t->since)
		c->token->uses += u->count;
	return 0;
}

static int
count_run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct trial	  *t = (struct trial *)job;
	struct store_query q = {.limit = COUNT_MAX + 1, .state = -1};
	struct tally_of	   c;
	size_t		   i;
	int		   r;

	for (i = 0; i < t->npage && !atomic_load(&job->cancelled); i++) {
		c = (struct tally_of){t, &t->page[i], 0};
		q.token = slice_of(t->page[i].id);
		r = store_read_uses(sr, &q, add_use, &c, err);
		if (r != STORE_OK && r != TALLY_ENOUGH)
			return r;
	}
	return STORE_OK;
}

static void
count_done(struct reader_job *job)
{
	control_resume(((struct trial *)job)->r);
}

/* --- the answer ------------------------------------------------------ */

static void
format_touched(const struct touched *p, const struct token *token,
    struct buf *out)
{
	struct jsonw w;
	struct buf   scope;
	unsigned     i;

	buf_init(&scope);
	scope_format(&token->scope, &scope);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "id", slice_of(token->id));
	jsonw_field_str(&w, "account",
	    token->account != NULL ? slice_of(token->account->name) :
				     (struct slice){NULL, 0});
	jsonw_field_str(&w, "description", slice_of(token->description));
	jsonw_field_str(&w, "scope", buf_slice(&scope));
	jsonw_field_time(&w, "created", token->created);
	jsonw_field_time(&w, "expires", token->expires);
	jsonw_key(&w, "touched");
	jsonw_object(&w);
	for (i = 0; i < POLICY_PARTS; i++)
		if (p->parts & 1U << i)
			jsonw_field_str(&w, short_name(i),
			    slice_of(effects[i]));
	jsonw_end(&w);
	jsonw_field_int(&w, "uses_lately", p->uses);
	jsonw_field_bool(&w, "uses_are_more", p->many);
	jsonw_field_time(&w, "last_used", token->last.time);
	jsonw_end(&w);
	buf_clear(&scope);
}

static void
tell_page(struct trial *t)
{
	const struct token *token;
	struct buf	    b;
	size_t		    i;

	buf_init(&b);
	for (i = 0; i < t->npage; i++) {
		token = token_table_by_tid(engine_tokens(t->r->p->engine),
		    t->page[i].tid);
		if (token == NULL)
			continue;
		b.n = 0;
		format_touched(&t->page[i], token, &b);
		control_item(t->r, buf_slice(&b));
	}
	buf_clear(&b);
}

static void
tell_counts(struct trial *t)
{
	struct jsonw w;
	struct buf   b;
	unsigned     i;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "tokens", (int64_t)t->tokens);
	jsonw_key(&w, "policies");
	jsonw_object(&w);
	for (i = 0; i < POLICY_PARTS; i++) {
		jsonw_key(&w, short_name(i));
		jsonw_object(&w);
		jsonw_field_str(&w, "effect", slice_of(effects[i]));
		jsonw_field_int(&w, "tokens", (int64_t)t->by_part[i]);
		jsonw_field_int(&w, "used_lately", (int64_t)t->used[i]);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_field_int(&w, "accounts_over", (int64_t)t->accounts);
	jsonw_field_bool(&w, "more", t->more);
	jsonw_field_int(&w, "next",
	    t->more ? (int64_t)t->page[t->npage - 1].tid : 0);
	jsonw_end(&w);
	control_done(t->r, buf_slice(&b));
	buf_clear(&b);
}

/* One step; its answer may take the request, and with it the trial, away. */
static bool
try_more(struct control_request *r)
{
	struct trial *t = r->job;

	if (t->job.result != STORE_OK || r->p->stopping) {
		control_fail(r, MSG_INTERNAL, "%s",
		    r->p->stopping ? "patrold is stopping" : t->job.error.text);
		return true;
	}
	if (!t->scanned) {
		t->scanned = scan_tokens(t);
		control_await(r, AWAIT_TURN);
	} else if (!t->counted && !scan_accounts(t)) {
		control_await(r, AWAIT_TURN);
	} else if (!t->counted) {
		t->counted = true;
		control_await(r, AWAIT_THREAD);
		reader_submit(r->p->slow, &t->job);
	} else {
		tell_page(t);
		tell_counts(t);
		return true;
	}
	return false;
}

static void
try_drop(struct control_request *r)
{
	struct trial *t = r->job;
	size_t	      i;

	for (i = 0; i < t->npage; i++)
		free(t->page[i].id);
	free(t->page);
	free(t);
}

/* --- the question ---------------------------------------------------- */

/* What is absent is as it is in force. */
static bool
span_arg(struct control_request *r, const char *name, usec_t *out)
{
	struct slice s = control_arg(r, name);
	struct error err;

	if (s.p == NULL || span_parse(s, out, &err) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "%s: a span such as 90d, or 0", name);
	return false;
}

/* Blank-separated levels. */
static bool
scopes_arg(struct control_request *r, unsigned *out)
{
	struct slice	 rest = control_arg(r, "forbidden_scopes"), word;
	enum scope_level l;
	struct error	 err;

	if (rest.p == NULL)
		return true;
	*out = 0;
	while (slice_cut(&rest, ' ', &word)) {
		if (word.n == 0)
			continue;
		if (scope_level_parse(word, &l, &err) != 0) {
			control_fail(r, MSG_BAD_REQUEST, "forbidden_scopes: %s",
			    err.text);
			return false;
		}
		*out |= POLICY_SCOPE(l);
	}
	return true;
}

static bool
policy_args(struct control_request *r, struct token_policy *p)
{
	int64_t most;
	int	required;

	if (!span_arg(r, "max_lifetime", &p->max_lifetime) ||
	    !span_arg(r, "idle_expires", &p->idle_expires) ||
	    !scopes_arg(r, &p->forbidden_scopes) ||
	    !control_arg_bool(r, "description_required", &required) ||
	    !control_arg_int(r, "max_per_account", 1, 1000000,
		p->max_per_account, &most))
		return false;
	if (required != -1)
		p->description_required = required == 1;
	p->max_per_account = (unsigned)most;
	return true;
}

static void
cmd_policy_try(struct control_request *r)
{
	struct token_policy inforce, next;
	struct trial	   *t;
	int64_t		    limit, after;
	int		    used_only;

	settings_policy(r->p->conf, &inforce);
	next = inforce;
	if (!policy_args(r, &next) ||
	    !control_arg_int(r, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit) ||
	    !control_arg_int(r, "after", 0, UINT32_MAX, 0, &after) ||
	    !control_arg_bool(r, "used", &used_only))
		return;
	t = xcalloc(1, sizeof *t);
	t->r = r;
	t->inforce = inforce;
	t->next = next;
	t->since = r->now - LATELY;
	t->limit = limit;
	t->after = after;
	t->used_only = used_only;
	t->job.run = count_run;
	t->job.done = count_done;
	r->job = t;
	r->drop = try_drop;
	control_stream(r, try_more);
}

/* clang-format off */
const struct cmd_entry cmd_policy_entries[] = {
	{"policy.try", ROLE_VIEWER, cmd_policy_try,
	    {"max_lifetime", "idle_expires", "forbidden_scopes",
		"description_required", "max_per_account", "limit", "after",
		"used"}},
	{.name = NULL},
};
/* clang-format on */
