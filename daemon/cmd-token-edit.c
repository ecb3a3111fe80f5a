/*
 * token.edit: what of a token is to be another.
 */
#include "base/slice.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "token/limits.h"

/* A 0 takes a limit away; false and answered if one makes no sense. */
static bool
limit_args(struct control_request *r, struct engine_edit *want)
{
	if (!control_arg_int(r, "max_uses", 0, LIMITS_USES_MAX, -1,
		&want->max_uses))
		return false;
	want->has_uses = want->max_uses != -1;
	want->has_idle = control_arg(r, "idle_expires").p != NULL;
	return slice_is(control_arg(r, "idle_expires"), "0") ||
	    cmd_idle_arg(r, &want->idle_expires);
}

static void
cmd_token_edit(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	bool		    admin = r->peer.roles & ROLE_ADMIN;
	struct engine_edit want = {.description = control_arg(r, "description"),
	    .labels = control_arg(r, "labels"),
	    .add_labels = control_arg(r, "add_labels"),
	    .drop_labels = control_arg(r, "drop_labels"),
	    .scope = control_arg(r, "scope"),
	    .allow_from = control_arg(r, "allow_from"),
	    .may_widen = admin,
	    .may_protect = admin};
	struct token	  *t;
	struct error	   err;
	int		   code;

	if (!limit_args(r, &want) || (t = cmd_token_arg(r, true)) == NULL)
		return;
	code = engine_token_edit(r->p->engine, t, &want, r->now, &by, &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		cmd_answer_token(r, t);
}

/* clang-format off */
const struct cmd_entry cmd_token_edit_entries[] = {
	{"token.edit", ROLE_ADMIN | ROLE_OWNER, cmd_token_edit,
	    {"id", "description", "labels", "add_labels", "drop_labels",
	    "scope", "allow_from", "idle_expires", "max_uses"}},
	{.name = NULL},
};
/* clang-format on */
