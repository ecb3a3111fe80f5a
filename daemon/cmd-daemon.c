#include <unistd.h>

#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/http.h"
#include "daemon/ingest.h"
#include "daemon/patrold.h"
#include "daemon/sinks.h"
#include "engine/brake.h"

#define RELOAD_NAMED 100

static void
status_uses(struct jsonw *w, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	const struct ingest_counts *in = ingest_counts(p->ingest);
	unsigned		    i;

	jsonw_key(w, "uses");
	jsonw_object(w);
	jsonw_field_int(w, "taken", (int64_t)c->uses);
	jsonw_field_int(w, "duplicates", (int64_t)c->duplicates);
	jsonw_field_int(w, "empty", (int64_t)c->empty);
	jsonw_field_int(w, "refused", (int64_t)c->refused);
	jsonw_field_time(w, "last", c->last_use);
	jsonw_end(w);
	jsonw_key(w, "refused");
	jsonw_object(w);
	for (i = USE_OK + 1; i < USE_REFUSALS; i++)
		jsonw_field_int(w, use_refusal_name((int)i),
		    (int64_t)p->refusals[i]);
	jsonw_end(w);
	jsonw_key(w, "ingest");
	jsonw_object(w);
	jsonw_field_int(w, "connections", (int64_t)in->connections);
	jsonw_field_int(w, "accepted", (int64_t)in->accepted);
	jsonw_field_int(w, "kept_waiting", (int64_t)in->kept_waiting);
	jsonw_field_int(w, "lines", (int64_t)in->lines);
	jsonw_field_int(w, "throttled", (int64_t)in->throttled);
	jsonw_end(w);
}

static void
status_store(struct jsonw *w, const struct patrold *p)
{
	const struct committer_counts *c = committer_counts(p->committer);

	jsonw_key(w, "store");
	jsonw_object(w);
	jsonw_field_str(w, "path", slice_of(p->conf->store_path));
	jsonw_field_str(w, "trouble",
	    slice_of(committer_trouble(p->committer)));
	jsonw_field_int(w, "commits", (int64_t)c->commits);
	jsonw_field_int(w, "stored_uses", (int64_t)c->uses);
	jsonw_field_int(w, "failures", (int64_t)c->failures);
	jsonw_field_int(w, "last_commit_usec", c->last_usec);
	jsonw_end(w);
}

static void
status_tokens(struct jsonw *w, const struct patrold *p)
{
	const struct token_counts *c;

	c = token_table_counts(engine_tokens(p->engine));
	jsonw_key(w, "tokens");
	jsonw_object(w);
	jsonw_field_int(w, "active", (int64_t)c->by_state[TOKEN_ACTIVE]);
	jsonw_field_int(w, "inactive", (int64_t)c->by_state[TOKEN_INACTIVE]);
	jsonw_field_int(w, "expired", (int64_t)c->by_state[TOKEN_EXPIRED]);
	jsonw_field_int(w, "deleted", (int64_t)c->by_state[TOKEN_DELETED]);
	jsonw_field_int(w, "foreign", (int64_t)c->foreign);
	jsonw_field_int(w, "foreign_evicted", (int64_t)c->foreign_evicted);
	jsonw_field_int(w, "accounts", (int64_t)c->accounts);
	jsonw_end(w);
}

static void
status_alerts(struct jsonw *w, const struct patrold *p)
{
	const struct engine_counts *c = engine_counts(p->engine);
	const struct brake	   *b = engine_brake(p->engine);
	struct alert_table	   *at = engine_alerts(p->engine);

	jsonw_key(w, "alerts");
	jsonw_object(w);
	jsonw_field_int(w, "raised", (int64_t)c->alerts);
	jsonw_field_int(w, "held", (int64_t)alert_table_count(at));
	jsonw_field_int(w, "evicted", (int64_t)alert_table_evicted(at));
	jsonw_field_int(w, "responses", (int64_t)c->responses);
	jsonw_end(w);
	jsonw_key(w, "brake");
	jsonw_object(w);
	jsonw_field_bool(w, "on", b->on);
	jsonw_field_time(w, "since", b->since);
	jsonw_field_int(w, "prevented", (int64_t)b->held);
	jsonw_end(w);
}

static void
status_sinks(struct jsonw *w, const struct patrold *p)
{
	struct sink_status s[SINK_MAX];
	unsigned	   i, n = sinks_status(p->sinks, s);

	jsonw_key(w, "sinks");
	jsonw_object(w);
	for (i = 0; i < n; i++) {
		jsonw_key(w, s[i].name);
		jsonw_object(w);
		jsonw_field_str(w, "where", slice_of(s[i].where));
		jsonw_field_int(w, "delivered", (int64_t)s[i].delivered);
		jsonw_field_int(w, "waiting", (int64_t)s[i].waiting);
		jsonw_field_int(w, "failures", (int64_t)s[i].failures);
		jsonw_field_int(w, "dropped", (int64_t)s[i].dropped);
		jsonw_field_str(w, "trouble", slice_of(s[i].trouble));
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
status_http(struct jsonw *w, const struct patrold *p)
{
	const struct http_counts *c = http_counts(p->http);

	jsonw_key(w, "http");
	jsonw_object(w);
	jsonw_field_int(w, "requests", (int64_t)c->requests);
	jsonw_field_int(w, "refused", (int64_t)c->refused);
	jsonw_field_int(w, "grants", (int64_t)c->grants);
	jsonw_field_int(w, "notifications", (int64_t)c->notifications);
	jsonw_end(w);
}

static void
status_memory(struct jsonw *w, const struct patrold *p)
{
	struct ruleset_held held;

	ruleset_held(engine_rules(p->engine), &held);
	jsonw_key(w, "memory");
	jsonw_object(w);
	jsonw_field_int(w, "ids", (int64_t)engine_dedup_count(p->engine));
	jsonw_field_int(w, "ids_max", p->conf->dedup_max);
	jsonw_field_int(w, "strings", (int64_t)engine_strings(p->engine));
	jsonw_field_int(w, "strings_max", p->conf->strings_max);
	jsonw_field_int(w, "foreign_max", p->conf->foreign_max);
	jsonw_field_int(w, "keys", (int64_t)held.keys);
	jsonw_field_int(w, "keys_max", p->conf->rule_keys_in_all);
	jsonw_field_int(w, "keys_bytes", (int64_t)held.bytes);
	jsonw_field_int(w, "keys_bytes_max", p->conf->rule_memory);
	jsonw_field_int(w, "keys_evicted", (int64_t)held.evicted);
	jsonw_end(w);
}

static void
cmd_status(struct control_request *r)
{
	const struct patrold *p = r->p;
	struct jsonw	      w;
	struct buf	      b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "version", SLICE(PATROL_VERSION));
	jsonw_field_int(&w, "pid", (int64_t)getpid());
	jsonw_field_time(&w, "started", p->started);
	status_uses(&w, p);
	status_store(&w, p);
	status_tokens(&w, p);
	jsonw_field_int(&w, "rules",
	    (int64_t)ruleset_count(engine_rules(p->engine)));
	status_alerts(&w, p);
	status_sinks(&w, p);
	status_http(&w, p);
	status_memory(&w, p);
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_status_config(struct control_request *r)
{
	struct jsonw w;
	struct buf   b, yaml;

	buf_init(&b);
	buf_init(&yaml);
	conf_format(r->p->conf, &yaml);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "yaml", buf_slice(&yaml));
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&yaml);
	buf_clear(&b);
}

/* Rules that forgot what they had counted are named, id and title, as
 * far as there is room; `reset` has their number. */
static void
format_reload(const struct ruleset *rs, const struct reload_result *res,
    struct buf *out)
{
	const struct rule *rule;
	struct jsonw	   w;
	size_t		   i, n = 0;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_int(&w, "rules", (int64_t)res->rules);
	jsonw_field_int(&w, "added", (int64_t)res->change.added);
	jsonw_field_int(&w, "gone", (int64_t)res->change.gone);
	jsonw_field_int(&w, "carried", (int64_t)res->change.carried);
	jsonw_field_int(&w, "reset", (int64_t)res->change.reset);
	jsonw_key(&w, "reset_rules");
	jsonw_object(&w);
	for (i = 0; i < ruleset_count(rs) && n < RELOAD_NAMED; i++) {
		rule = ruleset_rule(rs, i);
		if (!rule->anew)
			continue;
		n++;
		jsonw_field_str(&w, rule->id, slice_of(rule->title));
	}
	jsonw_end(&w);
	jsonw_end(&w);
}

static void
cmd_reload(struct control_request *r)
{
	struct engine_actor  by = cmd_actor(r);
	struct reload_result res;
	struct buf	     b;

	buf_init(&b);
	if (patrold_reload(r->p, &res, &b) != 0) {
		control_fail(r, MSG_BAD_REQUEST, "nothing was changed:\n%s",
		    buf_str(&b));
	} else {
		engine_audit(r->p->engine, r->now, &by, "reload",
		    r->p->conf_path);
		b.n = 0;
		format_reload(engine_rules(r->p->engine), &res, &b);
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
	{"status", ROLE_VIEWER, cmd_status, {NULL}},
	{"status.config", ROLE_ADMIN, cmd_status_config, {NULL}},
	{"reload", ROLE_ADMIN, cmd_reload, {NULL}},
	{"brake.release", ROLE_ADMIN, cmd_brake_release, {NULL}},
	{"whoami", ROLE_ANY, cmd_whoami, {NULL}},
	{.name = NULL},
};
/* clang-format on */
