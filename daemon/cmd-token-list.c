/*
 * token.list: the tokens that match, as a stream or a page of them, in the
 * order in which they were made or sorted.
 *
 * A million tokens are looked at in slices, a turn of the loop each, so that
 * uses are taken and refused beside.  In the order in which they were made
 * tokens are told as they are found; sorted, all are looked at for each page
 * (order.h), and what changes between two pages may be told twice or not at
 * all.  How many match is counted on the way, unless the list goes on where
 * another ended.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "token/order.h"
#include "token/scan.h"

#define SLICE_TOKENS 8192 /* looked at in a turn */
#define TELL_TOKENS  256  /* told before the output is looked at */
#define LIMIT_MAX    INT64_C(1000000000)

struct list {
	struct token_filter filter;
	struct order	    order;
	struct scan	    scan;
	int64_t		    left;     /* tokens that may still be told */
	bool		    counted;  /* the matches, in by_state, */
	bool		    counting; /* at this look at all of them */
	uint64_t	    by_state[4];
	bool		    direct;  /* told as they are found */
	bool		    telling; /* the page, from `at` on */
	size_t		    at;
	struct order_page   page; /* of one that is sorted */
	struct order_key    last; /* the one told last */
	bool		    more; /* than the limit lets be told */
	struct buf	    scratch;
};

static void
list_drop(struct control_request *r)
{
	struct list *l = r->job;

	order_page_clear(&l->page);
	buf_clear(&l->scratch);
	free(l);
	r->job = NULL;
}

static void
tell(struct control_request *r, struct list *l, const struct token *t)
{
	l->scratch.n = 0;
	cmd_format_token(t, r->now, &l->scratch);
	control_item(r, buf_slice(&l->scratch));
	order_key(&l->order, t, &l->last);
	l->left--;
}

/* --- the answer's end ------------------------------------------------ */

static void
add_counts(struct jsonw *w, const struct list *l)
{
	const uint64_t *n = l->by_state;

	if (!l->counted)
		return;
	jsonw_field_int(w, "matched",
	    (int64_t)(n[TOKEN_ACTIVE] + n[TOKEN_INACTIVE] + n[TOKEN_EXPIRED] +
		n[TOKEN_DELETED]));
	jsonw_field_int(w, "active", (int64_t)n[TOKEN_ACTIVE]);
	jsonw_field_int(w, "inactive", (int64_t)n[TOKEN_INACTIVE]);
	jsonw_field_int(w, "expired", (int64_t)n[TOKEN_EXPIRED]);
	jsonw_field_int(w, "deleted", (int64_t)n[TOKEN_DELETED]);
}

static void
end(struct control_request *r, const struct list *l)
{
	struct buf   next, b;
	struct jsonw w;

	buf_init(&next);
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "tokens", (int64_t)r->told);
	add_counts(&w, l);
	jsonw_field_bool(&w, "more", l->more);
	jsonw_key(&w, "next");
	if (l->more) {
		order_format(&l->order, &l->last, &next);
		jsonw_str(&w, buf_slice(&next));
	} else
		jsonw_null(&w);
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
	buf_clear(&next);
}

/* --- looking at all of them ------------------------------------------ */

struct found {
	struct control_request *r;
	struct list	       *l;
	unsigned		told;
};

static bool
tell_found(struct found *f, const struct token *t)
{
	struct list *l = f->l;

	if (l->left == 0) {
		l->more = true;
		return l->counting;
	}
	tell(f->r, l, t);
	return ++f->told < TELL_TOKENS;
}

static bool
take(struct token *t, void *arg)
{
	struct found *f = arg;
	struct list  *l = f->l;

	if (l->counting)
		l->by_state[lifecycle_state(t, f->r->now)]++;
	if (l->direct)
		return tell_found(f, t);
	order_page_offer(&l->page, t);
	return true;
}

/* A slice; true when there is no more to look at. */
static bool
look(struct control_request *r, struct list *l)
{
	struct found f = {r, l, 0};

	if (scan_some(&l->scan, engine_tokens(r->p->engine), &l->filter, r->now,
		SLICE_TOKENS, take, &f))
		return true;
	return l->direct && l->more && !l->counting;
}

/* --- a page ---------------------------------------------------------- */

/* Tells some of it; true when all of it is told. */
static bool
tell_page(struct control_request *r, struct list *l)
{
	struct token_table *tt = engine_tokens(r->p->engine);
	const struct token *t;
	unsigned	    n;

	for (n = 0; n < TELL_TOKENS && l->at < l->page.n; n++) {
		t = token_table_by_tid(tt, l->page.key[l->at].tid);
		if (t != NULL)
			tell(r, l, t);
		/* What was sorted counts, not what it has become. */
		l->last = l->page.key[l->at++];
	}
	return l->at == l->page.n;
}

static void
begin_page(struct list *l)
{
	order_page_turn(&l->page);
	if (l->left < (int64_t)l->page.max)
		l->page.max = (size_t)l->left;
	l->scan = (struct scan){0};
	l->telling = false;
	l->at = 0;
	l->counting = false;
}

static bool
more_sorted(struct control_request *r, struct list *l)
{
	if (!l->telling) {
		l->telling = look(r, l);
		if (l->telling)
			order_page_sort(&l->page);
		control_await(r, AWAIT_TURN);
		return false;
	}
	if (!tell_page(r, l))
		return false;
	if (!l->page.more || l->left == 0) {
		l->more = l->page.more;
		end(r, l);
		return true;
	}
	begin_page(l);
	return false;
}

static bool
more(struct control_request *r)
{
	struct list *l = r->job;

	if (!l->direct)
		return more_sorted(r, l);
	if (look(r, l)) {
		end(r, l);
		return true;
	}
	control_await(r, AWAIT_TURN);
	return false;
}

/* --- the request ----------------------------------------------------- */

static bool
order_args(struct control_request *r, struct order *out)
{
	struct slice s = control_arg(r, "sort");
	int	     by = s.p == NULL ? ORDER_MADE : order_parse(s), reverse;

	if (by == -1) {
		control_fail(r, MSG_BAD_REQUEST,
		    "sort: made, id, account, created, expires, last-used or "
		    "uses");
		return false;
	}
	if (!control_arg_bool(r, "reverse", &reverse))
		return false;
	*out = (struct order){(enum order_by)by, reverse == 1};
	return true;
}

static bool
after_arg(struct control_request *r, const struct order *o,
    struct order_key *out, bool *given)
{
	struct slice s = control_arg(r, "after");

	*given = s.p != NULL;
	if (s.p == NULL || order_parse_key(o, s, out) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST,
	    "after: no place in a list sorted like this one");
	return false;
}

static void
start(struct control_request *r, struct list *l, const struct order_key *after)
{
	size_t max =
	    l->left < ORDER_PAGE_MAX ? (size_t)l->left : ORDER_PAGE_MAX;

	l->counted = l->counting = after == NULL;
	l->direct = l->order.by == ORDER_MADE && !l->order.reverse &&
	    l->filter.account == NULL;
	if (l->direct && after != NULL)
		l->scan.at = after->tid;
	order_page_init(&l->page, &l->order, max, after);
	buf_init(&l->scratch);
	r->job = l;
	r->drop = list_drop;
	control_stream(r, more);
}

static void
cmd_token_list(struct control_request *r)
{
	struct list	   *l;
	struct token_filter f;
	struct order	    o;
	struct order_key    after;
	int64_t		    limit;
	bool		    narrow, is_after;

	if (!cmd_filter(r, false, &f, &narrow) || !order_args(r, &o) ||
	    !after_arg(r, &o, &after, &is_after) ||
	    !control_arg_int(r, "limit", 1, LIMIT_MAX, LIMIT_MAX, &limit))
		return;
	l = xcalloc(1, sizeof *l);
	l->filter = f;
	l->order = o;
	l->left = limit;
	start(r, l, is_after ? &after : NULL);
}

/* clang-format off */
const struct cmd_entry cmd_token_list_entries[] = {
	{"token.list", ROLE_VIEWER | ROLE_OWNER, cmd_token_list,
	    {CMD_FILTER_ARGS, "sort", "reverse", "limit", "after"}},
	{.name = NULL},
};
/* clang-format on */
