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

/* clang-format off */
const struct cmd_entry cmd_rule_entries[] = {
	{"rule.list", ROLE_ANALYST | ROLE_VIEWER, cmd_rule_list, {NULL}},
	{.name = NULL},
};
/* clang-format on */
