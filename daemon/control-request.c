/*
 * control-request - from a line to the command that answers it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/control-conn.h"
#include "daemon/log.h"
#include "daemon/patrold.h"
#include "daemon/presented.h"
#include "daemon/request.h"

/* --- what is asked ---------------------------------------------------- */

struct slice
control_arg(const struct control_request *r, const char *name)
{
	return request_arg(r->field, r->nfield, name);
}

bool
control_arg_bool(struct control_request *r, const char *name, int *out)
{
	struct slice s = control_arg(r, name);

	*out = slice_is(s, "true") ? 1 : slice_is(s, "false") ? 0 : -1;
	if (s.p == NULL || *out != -1)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "%s: true or false", name);
	return false;
}

bool
control_arg_int(struct control_request *r, const char *name, int64_t lo,
    int64_t hi, int64_t absent, int64_t *out)
{
	struct slice s = control_arg(r, name);

	*out = absent;
	if (s.p == NULL || slice_int(s, lo, hi, out) == 0)
		return true;
	control_fail(r, MSG_BAD_REQUEST, "%s: a number from %lld to %lld", name,
	    (long long)lo, (long long)hi);
	return false;
}

/* --- may it, and which command ---------------------------------------- */

/* A line a second at most: who asks may well ask on for ever. */
static void
log_denied(const struct control_request *r, const char *what)
{
	struct control *ctl = r->control;

	if (r->now - ctl->denied_told < USEC_SEC &&
	    r->now >= ctl->denied_told) {
		ctl->denied_untold++;
		return;
	}
	log_info("control %s pid %d: %s denied, %llu more since the last",
	    r->peer.actor, (int)r->peer.pid, what,
	    (unsigned long long)ctl->denied_untold);
	ctl->denied_told = r->now;
	ctl->denied_untold = 0;
}

static void
dispatch(struct control_request *r, struct slice cmd)
{
	const char  *nearest;
	struct buf   roles, shown;
	struct error err;

	r->entry = cmd_find(cmd, &nearest);
	if (r->entry == NULL) {
		buf_init(&shown);
		buf_addescaped(&shown, cmd, 64);
		control_fail(r, MSG_BAD_REQUEST,
		    nearest != NULL ?
			"unknown command '%s', did you mean '%s'?" :
			"unknown command '%s'",
		    buf_str(&shown), nearest);
		buf_clear(&shown);
		return;
	}
	if ((r->peer.roles & r->entry->roles) == 0) {
		buf_init(&roles);
		cmd_roles_format(r->entry->roles, &roles);
		log_denied(r, r->entry->name);
		control_fail(r, MSG_DENIED, "%s needs the role %s",
		    r->entry->name, buf_str(&roles));
		buf_clear(&roles);
		return;
	}
	if (request_check_args(r->field, r->nfield, r->entry->name,
		r->entry->args, &err) != 0)
		control_fail(r, MSG_BAD_REQUEST, "%s", err.text);
	else
		r->entry->exec(r);
}

/* A user whose name is an account is its owner; looked up at each request,
 * for accounts come while connections stay. */
static void
add_owner_role(struct control_request *r)
{
	if (r->peer.user[0] != '\0' &&
	    token_table_account(engine_tokens(r->p->engine),
		slice_of(r->peer.user)) != NULL)
		r->peer.roles |= ROLE_OWNER;
}

/* The same answer whether anybody has such a token: who tries is told
 * nothing of it. */
static void
refuse_secret(struct control_request *r, const struct presented *pr)
{
	struct error what;

	presented_take(pr, r->p, &r->peer, r->now, &what);
	log_denied(r, what.text);
	control_fail(r, MSG_DENIED,
	    "an access token was sent: none is good for anything here, and "
	    "this try is recorded; replace it if it is in use");
}

/* May the peer tell of secrets by this command? */
static bool
tells_secrets(const struct control_request *r, struct slice cmd)
{
	const char	       *nearest;
	const struct cmd_entry *c = cmd_find(cmd, &nearest);

	return c != NULL && (c->roles & CMD_TELLS_SECRETS) != 0 &&
	    (c->roles & r->peer.roles) != 0;
}

void
control_request_start(struct control_conn *c, char *line, size_t n)
{
	struct control_request *r = xcalloc(1, sizeof *r);
	struct request		asked = {0, {NULL, 0}};
	struct presented	secrets;
	struct error		err;
	bool			bad;

	r->control = c->control;
	r->p = c->control->p;
	r->conn = c;
	r->peer = c->peer;
	r->now = patrold_now();
	r->reader = json_reader_new(&request_limits);
	buf_init(&r->answer);
	c->busy = r;
	add_owner_role(r);
	presented_find(&secrets, line, n);
	bad = json_read_copy(r->reader, (struct slice){line, n}, &r->field,
		  &r->nfield, &err) != JSON_OK ||
	    request_parse(r->field, r->nfield, &asked, &err) != 0;
	r->id = asked.id;
	if (secrets.n > 0 && (bad || !tells_secrets(r, asked.cmd)))
		refuse_secret(r, &secrets);
	else if (bad)
		control_fail(r, MSG_BAD_REQUEST, "request: %s", err.text);
	else
		dispatch(r, asked.cmd);
}
