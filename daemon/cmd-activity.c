/*
 * Lists of uses: of all, and of one token.
 */
#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/list.h"
#include "daemon/patrold.h"
#include "daemon/stored.h"

static int
add_use(const struct stored_use *u, void *arg)
{
	struct list *l = arg;
	struct buf   b;

	buf_init(&b);
	stored_json(u, list_owner(l), &b);
	list_add(l, buf_slice(&b));
	buf_clear(&b);
	return 0;
}

static int
read_uses(struct list *l, struct store_reader *sr, struct error *err)
{
	return store_read_uses(sr, &l->q, add_use, l, err);
}

static bool
net_arg(struct control_request *r, struct cidr *net)
{
	struct slice s = control_arg(r, "ip");
	struct error err;

	if (s.p == NULL || cidr_parse(s, net, &err) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "ip: %s", err.text);
	return false;
}

static bool
times_args(struct control_request *r, struct store_query *q)
{
	q->lateness = r->p->conf->lateness;
	return cmd_span_args(r, &q->since, &q->until);
}

bool
cmd_use_filters(struct list *l)
{
	list_keep(l, &l->q.token, "token");
	list_keep(l, &l->q.account, "account");
	list_keep(l, &l->q.registry, "registry");
	list_keep(l, &l->q.action, "action");
	list_keep(l, &l->q.outcome, "outcome");
	list_keep(l, &l->q.reason, "reason");
	list_keep(l, &l->q.repository, "repository");
	list_keep(l, &l->q.client, "client");
	list_keep(l, &l->q.text, "text");
	return list_narrows(l) && net_arg(l->r, &l->q.net);
}

static void
cmd_activity_list(struct control_request *r)
{
	struct list *l = list_new(r, read_uses);

	if (!cmd_use_filters(l) || !times_args(r, &l->q))
		list_free(l);
	else
		(void)list_start(l);
}

static void
cmd_token_history(struct control_request *r)
{
	struct token *t = cmd_token_arg(r, false);
	struct list  *l;

	if (t == NULL)
		return;
	l = list_new(r, read_uses);
	list_keep(l, &l->q.token, "id");
	if (!times_args(r, &l->q))
		list_free(l);
	else
		(void)list_start(l);
}

/* clang-format off */
const struct cmd_entry cmd_activity_entries[] = {
	{"activity.list", ROLE_VIEWER | ROLE_OWNER, cmd_activity_list,
	    {"limit", "before", "token", "account", "registry", "action",
	    "outcome", "reason", "repository", "ip", "client", "since",
	    "until", "text"}},
	{"token.history", ROLE_VIEWER | ROLE_OWNER, cmd_token_history,
	    {"id", "limit", "before", "since", "until"}},
	{.name = NULL},
};
/* clang-format on */
