/*
 * What the rules that hold at a use lead to: an alert, raised or counted on,
 * and at its raising perhaps a change of the token, if mode, ceiling, label
 * and brake allow it.
 */
#include <stdio.h>

#include "alert/format.h"
#include "base/jsonw.h"
#include "engine/priv.h"
#include "rule/explain.h"

static const struct engine_actor patrold = {"patrold", -1, -1};

/* Of an explanation that is kept with an alert, about. */
#define WHY_BYTES 4096

#define WOULD_HAVE "nothing: simulated; would have"

static const char *const outcomes[] = {
    [TOKEN_INACTIVE] = "deactivated",
    [TOKEN_EXPIRED] = "expired",
};

enum rule_mode
engine_rule_mode(const struct engine *e, const struct rule *r)
{
	return r->mode < e->opts.ceiling ? r->mode : e->opts.ceiling;
}

/* The alert's key as JSON, in the scratch text. */
static struct slice
key_json(struct engine *e, const struct verdict *v)
{
	struct jsonw w;
	unsigned     i;

	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	for (i = 0; i < v->nkey; i++)
		jsonw_field_str(&w, v->key_name[i], v->key[i]);
	jsonw_end(&w);
	return buf_slice(&e->text);
}

static void
summarise(struct engine *e, const struct use *u, struct alert *a)
{
	static const enum use_field told[] = {USE_SOURCE_IP, USE_USER_AGENT,
	    USE_ACTION, USE_OUTCOME, USE_REASON, USE_REPOSITORY, USE_REGISTRY};
	struct jsonw		    w;
	size_t			    i;

	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	for (i = 0; i < sizeof told / sizeof told[0]; i++)
		jsonw_field_opt(&w, use_field_names[told[i]],
		    use_text(u, told[i]));
	jsonw_end(&w);
	alert_set_text(&a->row.summary, buf_slice(&e->text));
}

/* How the rule stands at the use that raises it, for later: rules change. */
static void
keep_why(struct engine *e, const struct verdict *v, struct alert *a)
{
	e->text.n = 0;
	ruleset_explain(e->rules, v->rule, WHY_BYTES, &e->text);
	alert_set_text(&a->row.why, buf_slice(&e->text));
}

void
engine_announce(struct engine *e, const struct alert *a)
{
	struct outbox_row *r;

	e->text.n = 0;
	alert_format_json(&a->row, &e->text);
	r = batch_add_outbox(e->batch);
	r->seq = e->next_outbox++;
	r->alert = batch_text(e->batch, buf_slice(&e->text));
}

static void
set_done(struct alert *a, const char *text)
{
	alert_set_text(&a->row.done, slice_of(text));
}

/* The brake has just come on: that is an alert of its own. */
static void
announce_brake(struct engine *e, usec_t now)
{
	struct alert_hit h = {.rule = SLICE("patrol.brake"),
	    .title = SLICE("The brake is on: patrol only alerts until "
			   "'patrolctl brake release'"),
	    .key = SLICE("{}"),
	    .level = RULE_CRITICAL,
	    .mode = RULE_ALERT,
	    .realert = USEC_HOUR,
	    .first = now,
	    .time = now,
	    .count = 1,
	    .window = 1};
	struct alert	*a;
	bool		 is_new;

	a = alert_table_hit(e->alerts, &h, &is_new);
	if (is_new) {
		e->counts.alerts++;
		engine_announce(e, a);
	}
	engine_audit(e, now, &patrold, "brake.set", "brake",
	    SLICE("{\"on\":false}"), SLICE("{\"on\":true}"));
	e->batch->brake_changed = true;
	e->batch->brake_since = e->brake.since;
}

static bool
brake_lets(struct engine *e, struct alert *a, usec_t now)
{
	bool was_on = e->brake.on;

	if (brake_allow(&e->brake, now,
		token_table_counts(e->tokens)->by_state[TOKEN_ACTIVE]))
		return true;
	set_done(a, "nothing: the brake is on");
	if (!was_on)
		announce_brake(e, now);
	return false;
}

static void
change_token(struct engine *e, const struct verdict *v, struct alert *a,
    struct token *t, enum token_state to, usec_t now)
{
	char		    who[80], text[ERROR_TEXT_MAX];
	struct engine_actor by = {who, -1, -1};
	enum token_state    was = t->state;

	snprintf(who, sizeof who, "rule:%s", v->rule->id);
	snprintf(text, sizeof text, "rule '%.200s', alert %s", v->rule->title,
	    a->row.id);
	if (engine_change_state(e, t, to, LIFECYCLE_CHANGE, text, now, &by,
		NULL) != ENGINE_OK)
		return;
	a->row.tid = t->tid;
	a->row.was_state = (uint8_t)was;
	snprintf(text, sizeof text, "%s %s", outcomes[to], t->id);
	set_done(a, text);
	e->counts.responses++;
}

bool
engine_is_protected(const struct token *t)
{
	return token_has_label(t, SLICE("protected"));
}

/* Once an alert: in earnest it would have changed one token and no more. */
static void
simulate(struct engine *e, const struct verdict *v, struct alert *a,
    const struct token *t, enum token_state to)
{
	char text[ERROR_TEXT_MAX];

	if (slice_starts(a->row.done, SLICE(WOULD_HAVE)))
		return;
	if (engine_is_protected(t)) {
		set_done(a,
		    "nothing: simulated; and the token is labelled protected");
		return;
	}
	engine_would_change(e, v->rule, t->id);
	snprintf(text, sizeof text, WOULD_HAVE " %s %s", outcomes[to], t->id);
	set_done(a, text);
}

/* At most once an alert: what an admin undid stays undone while it lasts. */
static void
respond(struct engine *e, const struct verdict *v, struct alert *a,
    struct token *t, usec_t now)
{
	unsigned	 r = v->rule->respond;
	enum token_state to;

	if ((r & (RESPOND_DEACTIVATE | RESPOND_EXPIRE)) == 0)
		return;
	/* A trap does not work anyway, and is to look like one that does. */
	if (t == NULL || a->row.tid != 0 || t->kind == TOKEN_HONEY ||
	    (t->state != TOKEN_ACTIVE && token_until(t) == 0))
		return;
	/* One that is off for a while must not come back by itself. */
	to = r & RESPOND_EXPIRE ? TOKEN_EXPIRED : TOKEN_INACTIVE;
	if (a->row.mode == RULE_SIMULATE)
		simulate(e, v, a, t, to);
	else if (a->row.mode != RULE_ENFORCE)
		return;
	else if (engine_is_protected(t))
		set_done(a, "nothing: the token is labelled protected");
	else if (brake_lets(e, a, now))
		change_token(e, v, a, t, to, now);
}

static void
hold(struct engine *e, const struct use *u, struct token *t, int64_t seq,
    const struct verdict *v, enum rule_mode mode)
{
	struct alert_hit h = {.rule = slice_of(v->rule->id),
	    .title = slice_of(v->rule->title),
	    .key = key_json(e, v),
	    .level = (uint8_t)v->rule->level,
	    .mode = (uint8_t)mode,
	    .realert = v->rule->realert,
	    .first = v->first,
	    .time = u->time,
	    .seq = seq,
	    .count = (uint64_t)u->count,
	    .window = v->count,
	    .token = use_text(u, USE_TOKEN),
	    .account = use_text(u, USE_ACCOUNT),
	    .registry = use_text(u, USE_REGISTRY),
	    .use_id = use_text(u, USE_ID)};
	struct alert	*a;
	bool		 is_new, had_done;

	a = alert_table_hit(e->alerts, &h, &is_new);
	had_done = a->row.tid != 0;
	if (is_new) {
		summarise(e, u, a);
		keep_why(e, v, a);
	}
	respond(e, v, a, t, u->arrival);
	if (is_new && mode == RULE_SIMULATE)
		engine_would_alert(e, v->rule);
	e->counts.alerts += is_new;
	e->counts.simulated += is_new && mode == RULE_SIMULATE;
	/* A change made later in the life of the alert is news as well. */
	if (is_new || (a->row.tid != 0 && !had_done))
		engine_announce(e, a);
}

void
engine_respond(struct engine *e, const struct use *u, struct token *t,
    int64_t seq, const struct verdict *v, size_t n)
{
	enum rule_mode mode;
	size_t	       i;

	for (i = 0; i < n; i++) {
		mode = engine_rule_mode(e, v[i].rule);
		if (mode != RULE_OFF)
			hold(e, u, t, seq, &v[i], mode);
	}
}
