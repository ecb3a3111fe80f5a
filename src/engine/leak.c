/*
 * A secret in the open: the token is taken out of service and its owner named
 * in an alert.
 *
 * Whoever reports a secret has it, so a report is no suspicion but a proof.
 * That is why the brake neither holds nor counts it: it is against rules that
 * run away, and while it held, the whole world could go on with the tokens.
 * A token labelled `protected` is another matter: of that one the operator has
 * said beforehand that nothing automatic changes it, and so its alert is
 * critical.  A trap stays a trap.
 *
 * Reports repeat, and anybody can repeat one that is true: within the silence
 * of its alert, and for ever once its token went out of service by it, a
 * further one leaves no trace but a count, so that nothing grows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/priv.h"

#define ACTOR	"rule:" ENGINE_LEAK_RULE /* as undo wants it */
#define TITLE	"The secret of an access token has leaked"
#define REALERT USEC_DAY

static const char *const result_names[] = {
    [ENGINE_LEAK_CHANGED] = "changed",
    [ENGINE_LEAK_ALERTED] = "alerted",
    [ENGINE_LEAK_REPEATED] = "repeated",
};

const char *
engine_leaked_name(enum engine_leaked r)
{
	return result_names[r];
}

/* NULL: it is to be changed; else why it is not, for the alert. */
static const char *
why_unchanged(const struct engine *e, const struct engine_leak *l)
{
	const struct token	*t = l->token;
	static const char *const dead[] = {
	    [TOKEN_INACTIVE] = "nothing: the token is inactive",
	    [TOKEN_EXPIRED] = "nothing: the token has expired",
	    [TOKEN_DELETED] = "nothing: the token was deleted",
	};

	if (t->kind == TOKEN_HONEY)
		return "nothing: it is a honey token";
	if (l->superseded)
		return "nothing: that secret was replaced";
	if (t->state != TOKEN_ACTIVE)
		return dead[t->state];
	if (e->opts.leak_to == TOKEN_ACTIVE)
		return "nothing: leaks.respond is alert";
	if (engine_is_protected(t))
		return "nothing: the token is labelled protected";
	return NULL;
}

/* An inactive one may be activated again, and its secret would be known. */
static uint8_t
level_of(const struct engine_leak *l, bool is_changed)
{
	const struct token *t = l->token;

	if (l->superseded)
		return RULE_LOW;
	if (t->kind == TOKEN_HONEY || is_changed)
		return RULE_HIGH;
	if (t->state == TOKEN_ACTIVE)
		return RULE_CRITICAL;
	return t->state == TOKEN_INACTIVE ? RULE_MEDIUM : RULE_LOW;
}

/* --- what is kept of it ---------------------------------------------- */

/* As a use, so that rules see it and it is stored like all they see; its
 * number. */
static int64_t
record(struct engine *e, const struct engine_leak *l, usec_t now)
{
	struct use *u = xcalloc(1, sizeof *u);
	int64_t	    seq = e->next_seq;

	use_init(u, now);
	use_set(u, USE_ACTION, SLICE("token.leak"));
	if (l->token->account != NULL)
		use_set(u, USE_ACCOUNT, slice_of(l->token->account->name));
	use_add_text(u, "leak.token", slice_of(l->token->id));
	use_add_text(u, "leak.by", slice_of(l->by));
	use_add_text(u, "leak.type", l->type);
	use_add_text(u, "leak.source", l->source);
	use_add_text(u, "leak.url", l->url);
	(void)engine_use(e, u);
	free(u);
	return seq;
}

static void
summarise(struct engine *e, const struct engine_leak *l, struct alert *a)
{
	struct jsonw w;

	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	jsonw_field_str(&w, "leak.by", slice_of(l->by));
	jsonw_field_opt(&w, "leak.type", l->type);
	jsonw_field_opt(&w, "leak.source", l->source);
	jsonw_field_opt(&w, "leak.url", l->url);
	jsonw_end(&w);
	alert_set_text(&a->row.summary, buf_slice(&e->text));
}

/* --- what comes of it ------------------------------------------------ */

static void
change_token(struct engine *e, struct alert *a, struct token *t, usec_t now)
{
	static const struct engine_actor self = {ACTOR, -1, -1};
	char				 text[ERROR_TEXT_MAX];
	enum token_state		 to = e->opts.leak_to;

	snprintf(text, sizeof text, "its secret has leaked, alert %s",
	    a->row.id);
	/* An active token may always become both. */
	if (engine_change_state(e, t, to, LIFECYCLE_CHANGE, text, now, &self,
		NULL) != ENGINE_OK)
		abort();
	a->row.tid = t->tid;
	a->row.was_state = TOKEN_ACTIVE;
	snprintf(text, sizeof text, "%s %s",
	    to == TOKEN_EXPIRED ? "expired" : "deactivated", t->id);
	alert_set_text(&a->row.done, slice_of(text));
	e->counts.responses++;
}

static struct alert *
raise_alert(struct engine *e, const struct engine_leak *l, struct slice key,
    uint8_t mode, usec_t now)
{
	const struct token *t = l->token;
	struct alert_hit    h = {.rule = SLICE(ENGINE_LEAK_RULE),
	       .title = SLICE(TITLE),
	       .key = key,
	       .level = RULE_CRITICAL,
	       .mode = mode,
	       .realert = REALERT,
	       .first = now,
	       .time = now,
	       .seq = record(e, l, now),
	       .count = 1,
	       .window = 1,
	       .token = slice_of(t->id)};
	struct alert	   *a;
	bool		    is_new;

	if (t->account != NULL)
		h.account = slice_of(t->account->name);
	a = alert_table_hit(e->alerts, &h, &is_new);
	e->counts.alerts += is_new;
	return a;
}

/* Went it out of service by a leak, and was not let in again? */
static bool
is_done(const struct token *t)
{
	return t->state != TOKEN_ACTIVE && slice_is(sym_text(t->actor), ACTOR);
}

/* Would a report change nothing, under the alert that stands, if any? */
static bool
is_known(const struct engine_leak *l, const struct alert *a, const char *why)
{
	/* What was undone stays so while the alert lasts. */
	if (why == NULL)
		return a != NULL && a->row.tid != 0;
	return a != NULL ? a->row.level >= level_of(l, false) :
			   is_done(l->token);
}

static void
format_key(const struct token *t, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "token", slice_of(t->id));
	jsonw_end(&w);
}

static void
act(struct engine *e, const struct engine_leak *l, struct alert *a,
    const char *why, usec_t now)
{
	summarise(e, l, a);
	if (why == NULL)
		change_token(e, a, l->token, now);
	else
		alert_set_text(&a->row.done, slice_of(why));
	a->row.level = level_of(l, why == NULL);
	engine_announce(e, a);
}

enum engine_leaked
engine_leak(struct engine *e, const struct engine_leak *l, usec_t now,
    const struct engine_actor *by, char alert[ALERT_ID_MAX])
{
	struct token *t = l->token;
	uint8_t	      mode =
		  e->opts.leak_to != TOKEN_ACTIVE ? RULE_ENFORCE : RULE_ALERT;
	const char   *why;
	struct alert *a;
	struct buf    key;
	bool	      known;

	engine_expire(e, t, now);
	why = why_unchanged(e, l);
	buf_init(&key);
	format_key(t, &key);
	a = alert_table_silent(e->alerts, SLICE(ENGINE_LEAK_RULE),
	    buf_slice(&key), mode, now);
	known = is_known(l, a, why);
	if (!known) {
		a = raise_alert(e, l, buf_slice(&key), mode, now);
		act(e, l, a, why, now);
		engine_audit(e, now, by, "leak.report", t->id,
		    (struct slice){NULL, 0}, (struct slice){NULL, 0});
	}
	buf_clear(&key);
	snprintf(alert, ALERT_ID_MAX, "%s", a != NULL ? a->row.id : "");
	return known	? ENGINE_LEAK_REPEATED :
	    why == NULL ? ENGINE_LEAK_CHANGED :
			  ENGINE_LEAK_ALERTED;
}
