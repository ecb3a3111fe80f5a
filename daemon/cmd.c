#include "daemon/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/patrold.h"

static const struct cmd_entry *const groups[] = {cmd_account_entries,
    cmd_token_entries, cmd_token_edit_entries, cmd_token_list_entries,
    cmd_token_bulk_entries, cmd_rotate_entries, cmd_policy_entries,
    cmd_alert_entries, cmd_rule_entries, cmd_list_entries, cmd_activity_entries,
    cmd_show_entries, cmd_impact_entries, cmd_tail_entries, cmd_watch_entries,
    cmd_explain_entries, cmd_leak_entries, cmd_daemon_entries,
    cmd_status_entries, cmd_chain_entries, cmd_backup_entries,
    cmd_check_entries, cmd_auth_entries};

#define NGROUPS	     (sizeof groups / sizeof groups[0])
#define COMMANDS_MAX 64

static const char *
find_nearest(struct slice name)
{
	const char	       *names[COMMANDS_MAX + 1];
	const struct cmd_entry *c;
	size_t			g, n = 0;

	for (g = 0; g < NGROUPS; g++)
		for (c = groups[g]; c->name != NULL && n < COMMANDS_MAX; c++)
			names[n++] = c->name;
	names[n] = NULL;
	return nearest_name(name, names);
}

const struct cmd_entry *
cmd_find(struct slice name, const char **nearest)
{
	const struct cmd_entry *c;
	size_t			g;

	for (g = 0; g < NGROUPS; g++)
		for (c = groups[g]; c->name != NULL; c++)
			if (slice_is(name, c->name))
				return c;
	*nearest = name.n <= 64 ? find_nearest(name) : NULL;
	return NULL;
}

void
cmd_roles_format(unsigned roles, struct buf *out)
{
	static const char *const names[] = {"admin", "analyst", "viewer",
	    "owner"};
	unsigned		 i;
	const char		*sep = "";

	for (i = 0; i < 4; i++)
		if (roles & 1U << i) {
			buf_adds(out, sep);
			buf_adds(out, names[i]);
			sep = " or ";
		}
}

bool
cmd_may(const struct control_request *r, const struct account *a, bool change)
{
	unsigned all = change ? ROLE_ADMIN : ROLE_VIEWER;

	if (r->peer.roles & all)
		return true;
	return (r->peer.roles & ROLE_OWNER) && a != NULL &&
	    strcmp(a->name, r->peer.user) == 0;
}

struct engine_actor
cmd_actor(const struct control_request *r)
{
	return (struct engine_actor){r->peer.actor, r->peer.uid, r->peer.pid};
}

void
cmd_fail_engine(struct control_request *r, int code, const struct error *err)
{
	static const enum msg_code codes[] = {[ENGINE_OK] = MSG_INTERNAL,
	    [ENGINE_E_NOT_FOUND] = MSG_NOT_FOUND,
	    [ENGINE_E_INVALID] = MSG_BAD_REQUEST,
	    [ENGINE_E_CONFLICT] = MSG_CONFLICT,
	    [ENGINE_E_LIMIT] = MSG_LIMIT,
	    [ENGINE_E_DENIED] = MSG_DENIED};

	control_fail(r, codes[code], "%s", err->text);
}

/* What a peer may not see does not exist for it: the same answer. */
struct token *
cmd_token_arg(struct control_request *r, bool change)
{
	struct slice  id = control_arg(r, "id");
	struct token *t = NULL;
	struct buf    shown;

	if (id.n == 0) {
		control_fail(r, MSG_BAD_REQUEST, "id: which token?");
		return NULL;
	}
	t = token_table_find(engine_tokens(r->p->engine), id);
	if (t != NULL && cmd_may(r, t->account, change) &&
	    (t->kind != TOKEN_HONEY || (r->peer.roles & ROLE_VIEWER)))
		return t;
	buf_init(&shown);
	buf_addescaped(&shown, id, 64);
	control_fail(r, MSG_NOT_FOUND, "no token '%s'", buf_str(&shown));
	buf_clear(&shown);
	return NULL;
}

bool
cmd_time_arg(struct control_request *r, const char *name, usec_t *out)
{
	struct slice s = control_arg(r, name);
	struct error err;
	usec_t	     t;

	*out = 0;
	if (s.p == NULL)
		return true;
	if (time_parse(s, &t) != 0) {
		if (span_parse(s, &t, &err) != 0 || t > r->now) {
			control_fail(r, MSG_BAD_REQUEST,
			    "%s: a span before now such as 7d, or a time such "
			    "as 2027-01-31T00:00:00Z",
			    name);
			return false;
		}
		t = r->now - t;
	}
	/* 0 is no time: to ask for it narrows nothing. */
	*out = t > 0 ? t : 0;
	return true;
}

bool
cmd_span_args(struct control_request *r, usec_t *since, usec_t *until)
{
	if (!cmd_time_arg(r, "since", since) ||
	    !cmd_time_arg(r, "until", until))
		return false;
	if (*until != 0 && *until <= *since) {
		control_fail(r, MSG_BAD_REQUEST, "until: must be after since");
		return false;
	}
	return true;
}
