/*
 * Which tokens: the arguments that token.list and token.bulk have in common.
 */
#include <string.h>

#include "daemon/cmd.h"
#include "daemon/patrold.h"

/* What its peer may not see never matches, and whose it is costs no look at
 * all the others. */
static void
set_account(struct control_request *r, bool change, struct slice name,
    struct token_filter *f)
{
	unsigned     all = change ? ROLE_ADMIN : ROLE_VIEWER;
	struct slice own = slice_of(r->peer.user);

	f->honey = r->peer.roles & ROLE_VIEWER;
	if (!(r->peer.roles & all)) {
		f->none = name.p != NULL && !slice_eq(name, own);
		name = own;
	}
	if (name.p == NULL)
		return;
	f->account = token_table_account(engine_tokens(r->p->engine), name);
	if (f->account == NULL)
		f->none = true;
}

/* A bit for the word; false, and answered, if there is no such one. */
static bool
set_word(struct control_request *r, const char *name,
    int (*parse)(struct slice), const char *words, unsigned *out)
{
	struct slice s = control_arg(r, name);
	int	     v = s.p != NULL ? parse(s) : -1;

	if (v != -1)
		*out = 1U << v;
	else if (s.p != NULL)
		control_fail(r, MSG_BAD_REQUEST, "%s: %s", name, words);
	return s.p == NULL || v != -1;
}

/* A span before `now` (or, with `ahead`, behind it), or a point in time. */
static bool
set_time(struct control_request *r, const char *name, bool ahead, usec_t *out)
{
	struct slice s = control_arg(r, name);
	struct error err;
	usec_t	     span;

	if (s.p == NULL || time_parse(s, out) == 0)
		return true;
	if (span_parse(s, &span, &err) == 0 && span <= r->now) {
		*out = ahead ? r->now + span : r->now - span;
		return true;
	}
	control_fail(r, MSG_BAD_REQUEST,
	    "%s: a span such as 90d, or a time such as "
	    "2027-01-31T00:00:00Z",
	    name);
	return false;
}

static bool
set_times(struct control_request *r, struct token_filter *f)
{
	return set_time(r, "created_after", false, &f->created.after) &&
	    set_time(r, "created_before", false, &f->created.before) &&
	    set_time(r, "expires_after", true, &f->expires.after) &&
	    set_time(r, "expires_before", true, &f->expires.before) &&
	    set_time(r, "used_after", false, &f->used.after) &&
	    set_time(r, "used_before", false, &f->used.before) &&
	    set_time(r, "unused_since", false, &f->unused_since);
}

static bool
set_flag(struct control_request *r, const char *name, bool *out)
{
	int v;

	if (!control_arg_bool(r, name, &v))
		return false;
	*out = v == 1;
	return true;
}

static bool
set_scope(struct control_request *r, struct token_filter *f)
{
	struct slice s = control_arg(r, "scope");
	struct error err;

	if (s.p == NULL || scope_level_parse(s, &f->scope, &err) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "scope: %s", err.text);
	return false;
}

static bool
set_from(struct control_request *r, struct token_filter *f)
{
	struct slice s = control_arg(r, "from");
	struct error err;

	if (s.p == NULL || cidr_parse(s, &f->from, &err) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "from: %s", err.text);
	return false;
}

static bool
set_text(struct control_request *r, struct token_filter *f)
{
	struct slice s = control_arg(r, "text");

	if (s.p == NULL)
		return true;
	if (s.n == 0 || s.n > TOKEN_TEXT_MAX ||
	    memchr(s.p, '\0', s.n) != NULL) {
		control_fail(r, MSG_BAD_REQUEST,
		    "text: 1 to %d bytes to be found", TOKEN_TEXT_MAX);
		return false;
	}
	token_filter_set_text(f, s);
	return true;
}

/*
 * Does any narrow?  An empty one, of a script whose variable is empty say, must
 * not find all there are: false, and answered.
 */
static bool
check_given(struct control_request *r, bool *given)
{
	static const char *const names[] = {CMD_FILTER_ARGS, NULL};
	struct slice		 s;
	unsigned		 i;

	*given = false;
	for (i = 0; names[i] != NULL; i++) {
		s = control_arg(r, names[i]);
		if (s.p != NULL && slice_trim(s).n == 0) {
			control_fail(r, MSG_BAD_REQUEST, "%s: is empty",
			    names[i]);
			return false;
		}
		*given |= s.p != NULL &&
		    !(slice_starts(slice_of(names[i]), SLICE("never_")) &&
			slice_is(s, "false"));
	}
	return true;
}

bool
cmd_filter(struct control_request *r, bool change, struct token_filter *f,
    bool *given)
{
	*f = (struct token_filter){.none = false};
	if (!check_given(r, given))
		return false;
	set_account(r, change, control_arg(r, "account"), f);
	f->labels = control_arg(r, "label");
	f->registry = control_arg(r, "registry");
	return set_word(r, "state", token_state_parse,
		   "active, inactive, expired or deleted", &f->states) &&
	    set_word(r, "kind", token_kind_parse,
		"manual, auto, honey or foreign", &f->kinds) &&
	    set_scope(r, f) && set_times(r, f) &&
	    set_flag(r, "never_used", &f->never_used) &&
	    set_flag(r, "never_expires", &f->never_expires) && set_from(r, f) &&
	    set_text(r, f);
}
