#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/reload.h"

#define RELOAD_NAMED 100

typedef bool (*rule_fn)(const struct engine *, const struct rule *);

static bool
is_anew(const struct engine *e, const struct rule *r)
{
	(void)e;
	return r->anew;
}

/* Rules by id and title, as far as there is room. */
static void
format_rules(struct jsonw *w, const char *key, struct engine *e,
    rule_fn is_wanted)
{
	const struct ruleset *rs = engine_rules(e);
	const struct rule    *rule;
	size_t		      i, n = 0;

	jsonw_key(w, key);
	jsonw_object(w);
	for (i = 0; i < ruleset_count(rs) && n < RELOAD_NAMED; i++) {
		rule = ruleset_rule(rs, i);
		if (!is_wanted(e, rule))
			continue;
		n++;
		jsonw_field_str(w, rule->id, slice_of(rule->title));
	}
	jsonw_end(w);
}

/* Rules that forgot what they had counted are named; `reset` has their number.
 * So are those that have the mode of their file, and were given another. */
static void
format_reload(struct engine *e, const struct reload_result *res,
    struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "rules", (int64_t)res->rules);
	jsonw_field_int(&w, "added", (int64_t)res->change.added);
	jsonw_field_int(&w, "gone", (int64_t)res->change.gone);
	jsonw_field_int(&w, "carried", (int64_t)res->change.carried);
	jsonw_field_int(&w, "reset", (int64_t)res->change.reset);
	format_rules(&w, "reset_rules", e, is_anew);
	format_rules(&w, "void_modes", e, engine_rule_lost_mode);
	jsonw_end(&w);
}

static void
cmd_reload(struct control_request *r)
{
	struct engine_actor  by = cmd_actor(r);
	struct reload_result res;
	struct buf	     b;

	buf_init(&b);
	if (reload_run(r->p, &res, &b) != 0) {
		control_fail(r, MSG_BAD_REQUEST, "nothing was changed:\n%s",
		    buf_str(&b));
	} else {
		reload_audit(r->p, &by, &res);
		b.n = 0;
		format_reload(r->p->engine, &res, &b);
		control_done_durably(r, buf_slice(&b));
	}
	buf_clear(&b);
}

static void
cmd_brake_release(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct error	    err;
	int		    code;

	code = engine_brake_release(r->p->engine, r->now, &by, &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		control_done_durably(r, SLICE("{}"));
}

static void
cmd_whoami(struct control_request *r)
{
	struct jsonw w;
	struct buf   b, roles;

	buf_init(&b);
	buf_init(&roles);
	cmd_roles_format(r->peer.roles, &roles);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "uid", r->peer.uid);
	jsonw_field_str(&w, "user", slice_of(r->peer.user));
	jsonw_field_str(&w, "role",
	    roles.n > 0 ? buf_slice(&roles) : SLICE("none"));
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&roles);
	buf_clear(&b);
}

/* clang-format off */
const struct cmd_entry cmd_daemon_entries[] = {
	{"reload", ROLE_ADMIN, cmd_reload, {NULL}},
	{"brake.release", ROLE_ADMIN, cmd_brake_release, {NULL}},
	{"whoami", ROLE_ANY, cmd_whoami, {NULL}},
	{.name = NULL},
};
/* clang-format on */
