#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"

static void
format_rule(struct jsonw *w, const struct rule *r, enum rule_mode effective,
    const struct rule_stats *s, uint64_t cost)
{
	struct buf respond;

	buf_init(&respond);
	rule_respond_format(r->respond, &respond);
	jsonw_object(w);
	jsonw_field_str(w, "id", slice_of(r->id));
	jsonw_field_opt(w, "name", slice_of(r->name));
	jsonw_field_str(w, "title", slice_of(r->title));
	jsonw_field_str(w, "level", slice_of(rule_level_name(r->level)));
	jsonw_field_str(w, "mode", slice_of(rule_mode_name(r->mode)));
	jsonw_field_str(w, "file_mode", slice_of(rule_mode_name(r->file_mode)));
	jsonw_field_str(w, "effective_mode",
	    slice_of(rule_mode_name(effective)));
	jsonw_field_str(w, "type", slice_of(r->type));
	jsonw_field_bool(w, "alerts", r->alerts);
	jsonw_field_str(w, "respond", buf_slice(&respond));
	jsonw_field_int(w, "realert_seconds", r->realert / USEC_SEC);
	jsonw_field_int(w, "timespan_seconds", r->timespan / USEC_SEC);
	jsonw_field_opt(w, "family", slice_of(r->family));
	jsonw_field_str(w, "file", slice_of(r->file));
	jsonw_field_int(w, "line", r->line);
	jsonw_field_int(w, "hits", (int64_t)s->hits);
	jsonw_field_time(w, "last_hit", s->last_hit);
	jsonw_field_int(w, "keys", (int64_t)s->keys);
	jsonw_field_int(w, "evicted", (int64_t)s->evicted);
	jsonw_field_int(w, "shed", (int64_t)s->shed);
	jsonw_field_int(w, "candidates", (int64_t)s->candidates);
	if (cost > 0)
		jsonw_field_int(w, "cost_share",
		    (int64_t)((double)s->cost * 100 / (double)cost + 0.5));
	jsonw_end(w);
	buf_clear(&respond);
}

/* What all rules together took, of the uses that were timed. */
static uint64_t
all_costs(const struct ruleset *rs)
{
	struct rule_stats s;
	uint64_t	  cost = 0;
	size_t		  i;

	for (i = 0; i < ruleset_count(rs); i++) {
		ruleset_stats(rs, i, &s);
		cost += s.cost;
	}
	return cost;
}

static void
cmd_rule_list(struct control_request *r)
{
	struct ruleset	  *rs = engine_rules(r->p->engine);
	const struct rule *rule;
	struct rule_stats  stats;
	struct jsonw	   w;
	struct buf	   b;
	size_t		   i, n = ruleset_count(rs);
	uint64_t	   cost = all_costs(rs);

	buf_init(&b);
	for (i = 0; i < n; i++) {
		rule = ruleset_rule(rs, i);
		ruleset_stats(rs, i, &stats);
		b.n = 0;
		jsonw_init(&w, &b);
		format_rule(&w, rule, engine_rule_mode(r->p->engine, rule),
		    &stats, cost);
		control_item(r, buf_slice(&b));
	}
	b.n = 0;
	buf_addf(&b, "{\"rules\":%zu}", n);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

/* --- one rule --------------------------------------------------------- */

const struct rule *
cmd_rule_arg(struct control_request *r)
{
	struct ruleset	  *rs = engine_rules(r->p->engine);
	struct slice	   id = control_arg(r, "id");
	const struct rule *rule = ruleset_find(rs, id);
	const char	  *near;
	struct buf	   shown;

	if (rule != NULL)
		return rule;
	near = ruleset_nearest(rs, id);
	buf_init(&shown);
	buf_addescaped(&shown, id, 64);
	control_fail(r, MSG_NOT_FOUND,
	    near != NULL ?
		"no rule has the id or name '%s', did you mean '%s'?" :
		"no rule has the id or name '%s'",
	    buf_str(&shown), near);
	buf_clear(&shown);
	return NULL;
}

static void
format_would(struct jsonw *w, const struct engine_would *would)
{
	unsigned i;

	jsonw_key(w, "would_have");
	jsonw_object(w);
	jsonw_field_int(w, "alerts", (int64_t)would->alerts);
	jsonw_field_int(w, "changes", (int64_t)would->changes);
	jsonw_key(w, "tokens");
	jsonw_array(w);
	for (i = 0; i < would->ntokens; i++)
		jsonw_str(w, slice_of(would->token[i]));
	jsonw_end(w);
	jsonw_end(w);
}

/* The answer of all commands about one rule. */
static void
format_one(struct control_request *r, const struct rule *rule, struct buf *out)
{
	struct engine	   *e = r->p->engine;
	struct rule_stats   stats;
	struct engine_would would;
	struct jsonw	    w;

	ruleset_stats(engine_rules(e), rule->index, &stats);
	engine_rule_would(e, rule, &would);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "rule");
	format_rule(&w, rule, engine_rule_mode(e, rule), &stats,
	    all_costs(engine_rules(e)));
	jsonw_field_str(&w, "description", slice_of(rule->description));
	format_would(&w, &would);
	jsonw_end(&w);
}

static void
cmd_rule_show(struct control_request *r)
{
	const struct rule *rule = cmd_rule_arg(r);
	struct buf	   b;

	if (rule == NULL)
		return;
	buf_init(&b);
	format_one(r, rule, &b);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
set_mode(struct control_request *r, const struct rule *rule, int mode)
{
	struct engine_actor by = cmd_actor(r);
	struct buf	    b;

	engine_rule_set_mode(r->p->engine, rule, mode, r->now, &by);
	buf_init(&b);
	format_one(r, rule, &b);
	control_done_durably(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_rule_mode(struct control_request *r)
{
	struct slice	   mode = control_arg(r, "mode");
	const struct rule *rule = cmd_rule_arg(r);
	int		   i;

	if (rule == NULL)
		return;
	for (i = RULE_OFF; i <= RULE_ENFORCE; i++)
		if (slice_is(mode, rule_mode_name((enum rule_mode)i))) {
			set_mode(r, rule, i);
			return;
		}
	if (slice_is(mode, "file"))
		set_mode(r, rule, -1);
	else
		control_fail(r, MSG_BAD_REQUEST,
		    "mode: off, simulate, alert, enforce, or file for what "
		    "its file says");
}

/* From simulate to enforce; with `try` only what that would mean. */
static void
cmd_rule_promote(struct control_request *r)
{
	const struct rule *rule = cmd_rule_arg(r);
	int		   try;

	if (rule == NULL || !control_arg_bool(r, "try", &try))
		return;
	if (rule->mode != RULE_SIMULATE)
		control_fail(r, MSG_CONFLICT,
		    "the rule is in mode %s, and only from simulate is one "
		    "promoted",
		    rule_mode_name(rule->mode));
	else if (rule->respond == 0)
		control_fail(r, MSG_CONFLICT,
		    "the rule has no 'respond': there is nothing to enforce; "
		    "'rule mode' can make it alert");
	else if (r->p->conf->rule_ceiling < RULE_ENFORCE)
		control_fail(r, MSG_CONFLICT,
		    "rules.ceiling is %s: raise it first",
		    rule_mode_name((enum rule_mode)r->p->conf->rule_ceiling));
	else if (try == 1)
		cmd_rule_show(r);
	else
		set_mode(r, rule, RULE_ENFORCE);
}

/* clang-format off */
const struct cmd_entry cmd_rule_entries[] = {
	{"rule.list", ROLE_ANALYST | ROLE_VIEWER, cmd_rule_list, {NULL}},
	{"rule.show", ROLE_ANALYST | ROLE_VIEWER, cmd_rule_show, {"id"}},
	{"rule.mode", ROLE_ADMIN, cmd_rule_mode, {"id", "mode"}},
	{"rule.promote", ROLE_ADMIN, cmd_rule_promote, {"id", "try"}},
	{.name = NULL},
};
/* clang-format on */
