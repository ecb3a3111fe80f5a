/*
 * token.bulk: one change of all tokens that match.
 *
 * With `try` it only tells how many would be changed, and the first few.
 * Else it goes in slices: each is stored before the next begins, so that
 * neither the loop nor what waits to be written is held up by a million
 * changes, and each is an audit entry of its own.  Who asked and goes away
 * ends it; what was changed stays so.
 */
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "token/scan.h"

#define SLICE_TOKENS  8192 /* looked at in a turn */
#define SLICE_CHANGES 500  /* made in one */
#define SHOWN	      5	   /* of those that would be changed */

struct bulk {
	struct token_filter filter;
	struct scan	    scan;
	enum token_state    to;
	usec_t		    until;  /* 0: none */
	char		   *reason; /* owned, or NULL */
	bool		    try;
	uint64_t	    changed; /* or would be */
	uint64_t	    others;  /* that match, and cannot be */
	unsigned	    in_slice;
	struct buf	    scratch;
};

static void
bulk_drop(struct control_request *r)
{
	struct bulk *b = r->job;

	free(b->reason);
	buf_clear(&b->scratch);
	free(b);
	r->job = NULL;
}

/* What is off for good does not come back because others go off for a while. */
static bool
would_change(const struct control_request *r, const struct bulk *b,
    const struct token *t)
{
	bool back = b->to == TOKEN_ACTIVE ||
	    (b->to == TOKEN_INACTIVE && t->state == TOKEN_INACTIVE);

	return lifecycle_check(t, b->to, r->now) == LIFECYCLE_OK &&
	    (!back || cmd_may_activate(r, t));
}

static void
change(struct control_request *r, struct bulk *b, struct token *t)
{
	struct engine_actor by = cmd_actor(r);
	struct engine	   *e = r->p->engine;
	int		    code;

	code = b->until != 0 ?
	    engine_token_pause(e, t, b->until, b->reason, r->now, &by, NULL) :
	    engine_token_change(e, t, b->to, b->reason, r->now, &by, NULL);
	if (code == ENGINE_OK)
		b->changed++;
	else
		b->others++;
	b->in_slice++;
}

static void
show(struct control_request *r, struct bulk *b, const struct token *t)
{
	if (b->changed++ >= SHOWN)
		return;
	b->scratch.n = 0;
	cmd_format_token(t, r->now, &b->scratch);
	control_item(r, buf_slice(&b->scratch));
}

static bool
take(struct token *t, void *arg)
{
	struct control_request *r = arg;
	struct bulk	       *b = r->job;

	if (!would_change(r, b, t))
		b->others++;
	else if (b->try)
		show(r, b, t);
	else
		change(r, b, t);
	return b->in_slice < SLICE_CHANGES;
}

static void
end(struct control_request *r, const struct bulk *b)
{
	struct jsonw w;
	struct buf   out;

	buf_init(&out);
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_field_str(&w, "state", slice_of(token_state_name(b->to)));
	jsonw_field_bool(&w, "try", b->try);
	jsonw_field_int(&w, "tokens", (int64_t)b->changed);
	jsonw_field_int(&w, "others", (int64_t)b->others);
	jsonw_end(&w);
	if (b->changed == 0 || b->try)
		control_done(r, buf_slice(&out));
	else
		control_done_durably(r, buf_slice(&out));
	buf_clear(&out);
}

static bool
more(struct control_request *r)
{
	struct bulk *b = r->job;

	if (r->p->stopping && !b->try) {
		control_fail(r, MSG_UNAVAILABLE,
		    "patrold stops: %llu tokens were changed, and no more",
		    (unsigned long long)b->changed);
		return true;
	}
	b->in_slice = 0;
	if (scan_some(&b->scan, engine_tokens(r->p->engine), &b->filter, r->now,
		SLICE_TOKENS, take, r)) {
		end(r, b);
		return true;
	}
	control_await(r, b->in_slice == 0 ? AWAIT_TURN : AWAIT_COMMIT);
	return false;
}

/* Which change; false, and answered, if it is none. */
static bool
action_arg(struct control_request *r, enum token_state *to)
{
	static const struct {
		const char	*name;
		enum token_state to;
	} actions[] = {{"activate", TOKEN_ACTIVE},
	    {"deactivate", TOKEN_INACTIVE}, {"expire", TOKEN_EXPIRED},
	    {"delete", TOKEN_DELETED}};
	struct slice s = control_arg(r, "action");
	size_t	     i;

	for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (slice_is(s, actions[i].name)) {
			*to = actions[i].to;
			return true;
		}
	control_fail(r, MSG_BAD_REQUEST,
	    "action: activate, deactivate, expire or delete");
	return false;
}

/* Everything is what nobody asks for by leaving something out. */
static bool
is_narrow(struct control_request *r, bool given)
{
	if (given)
		return true;
	control_fail(r, MSG_BAD_REQUEST,
	    "which tokens? give their state, account or the like");
	return false;
}

static void
cmd_token_bulk(struct control_request *r)
{
	struct bulk	   *b;
	struct token_filter f;
	enum token_state    to;
	usec_t		    until;
	int		    try;
	bool		    given;

	if (!action_arg(r, &to) || !cmd_filter(r, true, &f, &given) ||
	    !is_narrow(r, given) || !cmd_arg_for(r, &until) ||
	    !control_arg_bool(r, "try", &try))
		return;
	if (until != 0 && to != TOKEN_INACTIVE) {
		control_fail(r, MSG_BAD_REQUEST,
		    "for: only what is deactivated has an end to that");
		return;
	}
	b = xcalloc(1, sizeof *b);
	b->filter = f;
	b->to = to;
	b->until = until;
	b->reason = slice_dup(control_arg(r, "reason"));
	b->try = try == 1;
	buf_init(&b->scratch);
	r->job = b;
	r->drop = bulk_drop;
	control_stream(r, more);
}

/* clang-format off */
const struct cmd_entry cmd_token_bulk_entries[] = {
	{"token.bulk", ROLE_ADMIN | ROLE_OWNER, cmd_token_bulk,
	    {CMD_FILTER_ARGS, "action", "reason", "for", "try"}},
	{.name = NULL},
};
/* clang-format on */
