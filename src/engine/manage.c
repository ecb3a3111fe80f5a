/*
 * What people do to accounts, tokens and alerts.  Each operation checks,
 * changes, and puts the new row and its audit entry into the same batch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "alert/format.h"
#include "engine/priv.h"

void
engine_set_text(char **field, struct slice text)
{
	free(*field);
	*field = slice_dup(text);
}

static struct audit_row *
add_audit(struct engine *e, usec_t now, const struct engine_actor *by,
    const char *action, const char *object)
{
	struct audit_row *r = batch_add_audit(e->batch);

	r->time = now;
	r->actor = batch_text(e->batch, slice_of(by->name));
	r->uid = by->uid;
	r->pid = by->pid;
	r->action = batch_text(e->batch, slice_of(action));
	r->object = batch_text(e->batch, slice_of(object));
	return r;
}

void
engine_audit(struct engine *e, usec_t now, const struct engine_actor *by,
    const char *action, const char *object, struct slice before,
    struct slice after)
{
	struct audit_row *r = add_audit(e, now, by, action, object);

	r->before = batch_text(e->batch, before);
	r->after = batch_text(e->batch, after);
}

static void
limit_facts(struct jsonw *w, const struct token_limits *l)
{
	char	   idle[TIME_TEXT_MAX];
	struct buf allow;

	if (l->idle_expires != 0)
		jsonw_field_str(w, "idle_expires",
		    (struct slice){idle, span_format(l->idle_expires, idle)});
	if (l->max_uses != 0)
		jsonw_field_int(w, "max_uses", l->max_uses);
	buf_init(&allow);
	limits_format_allow(l, &allow);
	jsonw_field_opt(w, "allow_from", buf_slice(&allow));
	buf_clear(&allow);
}

struct slice
engine_token_facts(struct engine *e, const struct token *t)
{
	struct jsonw w;
	struct buf   scope;

	buf_init(&scope);
	scope_format(&t->scope, &scope);
	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	jsonw_field_str(&w, "state", slice_of(token_state_name(t->state)));
	jsonw_field_str(&w, "description", slice_of(t->description));
	jsonw_field_str(&w, "scope", buf_slice(&scope));
	jsonw_field_opt(&w, "labels", slice_of(t->labels));
	jsonw_field_time(&w, "expires", t->expires);
	if (token_until(t) != 0)
		jsonw_field_time(&w, "until", token_until(t));
	if (t->limits != NULL)
		limit_facts(&w, t->limits);
	jsonw_field_opt(&w, "cause", sym_text(t->cause));
	jsonw_end(&w);
	buf_clear(&scope);
	return batch_text(e->batch, buf_slice(&e->text));
}

void
engine_token_changed(struct engine *e, struct token *t, const char *action,
    struct slice before, usec_t now, const struct engine_actor *by)
{
	struct audit_row *r = add_audit(e, now, by, action, t->id);

	r->before = before;
	r->after = engine_token_facts(e, t);
	batch_add_token(e->batch, t);
}

int
engine_change_state(struct engine *e, struct token *t, enum token_state to,
    enum lifecycle_how how, const char *cause, usec_t now,
    const struct engine_actor *by, struct error *err)
{
	static const char *const actions[] = {[TOKEN_ACTIVE] = "token.activate",
	    [TOKEN_INACTIVE] = "token.deactivate",
	    [TOKEN_EXPIRED] = "token.expire",
	    [TOKEN_DELETED] = "token.delete"};
	struct slice		 before = engine_token_facts(e, t);

	if (lifecycle_change(e->tokens, t, to, how, now, cause, by->name,
		err) != LIFECYCLE_OK)
		return ENGINE_E_CONFLICT;
	engine_token_changed(e, t, actions[to], before, now, by);
	return ENGINE_OK;
}

int
engine_token_pause(struct engine *e, struct token *t, usec_t until,
    const char *reason, usec_t now, const struct engine_actor *by,
    struct error *err)
{
	struct slice before = engine_token_facts(e, t);

	if (until <= now) {
		error_set(err, "for: must end later than now");
		return ENGINE_E_INVALID;
	}
	if (lifecycle_pause(e->tokens, t, until, now,
		reason != NULL ? reason : "on request", by->name,
		err) != LIFECYCLE_OK)
		return ENGINE_E_CONFLICT;
	engine_token_changed(e, t, "token.deactivate", before, now, by);
	return ENGINE_OK;
}

int
engine_token_change(struct engine *e, struct token *t, enum token_state to,
    const char *reason, usec_t now, const struct engine_actor *by,
    struct error *err)
{
	if (to == TOKEN_EXPIRED && t->kind == TOKEN_HONEY) {
		error_set(err, "token %s is a trap and never expires", t->id);
		return ENGINE_E_CONFLICT;
	}
	if (to == TOKEN_ACTIVE && t->expires != 0 && t->expires <= now) {
		error_set(err, "token %s has passed its end; create another",
		    t->id);
		return ENGINE_E_CONFLICT;
	}
	return engine_change_state(e, t, to, LIFECYCLE_CHANGE,
	    reason != NULL ? reason : "on request", now, by, err);
}

static struct slice
account_facts(struct engine *e, const struct account *a)
{
	struct jsonw w;

	e->text.n = 0;
	jsonw_init(&w, &e->text);
	jsonw_object(&w);
	jsonw_field_bool(&w, "two_factor", a->two_factor);
	jsonw_field_bool(&w, "disabled", a->disabled);
	jsonw_end(&w);
	return batch_text(e->batch, buf_slice(&e->text));
}

int
engine_account_add(struct engine *e, struct slice name, bool two_factor,
    usec_t now, const struct engine_actor *by, struct account **out,
    struct error *err)
{
	struct account	 *a;
	struct audit_row *r;

	if (!account_name_is_valid(name)) {
		error_set(err,
		    "account name: 1 to %d of a-z 0-9 . _ -, "
		    "beginning with a letter or digit",
		    ACCOUNT_NAME_MAX);
		return ENGINE_E_INVALID;
	}
	if (token_table_account(e->tokens, name) != NULL) {
		error_set(err, "account %.*s exists already", SLICE_ARG(name));
		return ENGINE_E_CONFLICT;
	}
	a = token_table_add_account(e->tokens, name, 0);
	a->two_factor = two_factor;
	a->created = now;
	batch_add_account(e->batch, a);
	r = add_audit(e, now, by, "account.add", a->name);
	r->after = account_facts(e, a);
	*out = a;
	return ENGINE_OK;
}

int
engine_account_set(struct engine *e, struct account *a, int disabled,
    int two_factor, usec_t now, const struct engine_actor *by)
{
	struct slice	  before = account_facts(e, a);
	struct audit_row *r;

	if (disabled != -1)
		a->disabled = disabled;
	if (two_factor != -1)
		a->two_factor = two_factor;
	batch_add_account(e->batch, a);
	r = add_audit(e, now, by, "account.set", a->name);
	r->before = before;
	r->after = account_facts(e, a);
	return ENGINE_OK;
}

int
engine_check_description(struct slice text, struct error *err)
{
	if (text.n > TOKEN_DESCRIPTION_MAX) {
		error_set(err, "description: %zu bytes, at most %d", text.n,
		    TOKEN_DESCRIPTION_MAX);
		return ENGINE_E_INVALID;
	}
	return ENGINE_OK;
}

int
engine_check_labels(struct slice labels, struct error *err)
{
	struct slice rest = labels, label;
	unsigned     n = 0;

	while (slice_cut(&rest, ' ', &label)) {
		if (label.n == 0 || label.n > TOKEN_LABEL_MAX) {
			error_set(err,
			    "labels: blank-separated words of 1 to "
			    "%d bytes",
			    TOKEN_LABEL_MAX);
			return ENGINE_E_INVALID;
		}
		if (++n > TOKEN_LABELS_MAX) {
			error_set(err, "labels: at most %d", TOKEN_LABELS_MAX);
			return ENGINE_E_INVALID;
		}
	}
	return ENGINE_OK;
}

static int
check_limits(struct engine *e, struct account *a,
    const struct engine_new_token *want, usec_t now, struct error *err)
{
	if (a->disabled) {
		error_set(err, "account %s is disabled", a->name);
		return ENGINE_E_CONFLICT;
	}
	if (want->expires != 0 && want->expires <= now) {
		error_set(err, "expires: must lie ahead");
		return ENGINE_E_INVALID;
	}
	if (want->kind == TOKEN_HONEY && want->expires != 0) {
		error_set(err, "expires: a honey token never does");
		return ENGINE_E_INVALID;
	}
	if (want->kind == TOKEN_MANUAL &&
	    a->ntokens >= e->opts.policy.max_per_account) {
		error_set(err,
		    "account %s has %u tokens, the most that "
		    "tokens.max-per-account allows; delete one first",
		    a->name, a->ntokens);
		return ENGINE_E_LIMIT;
	}
	return ENGINE_OK;
}

/* The sixth auto token takes the place of the one used longest ago; more than
 * one goes where fewer are allowed now. */
static const char *
replace_auto(struct engine *e, struct account *a, usec_t now,
    const struct engine_actor *by)
{
	struct token *old;
	const char   *replaced = NULL;

	while ((old = token_table_auto_victim(a, e->opts.auto_per_account)) !=
	    NULL) {
		if (engine_change_state(e, old, TOKEN_DELETED, LIFECYCLE_CHANGE,
			"gave way to a newer auto-generated token", now, by,
			NULL) != ENGINE_OK)
			abort(); /* what is not deleted may always be */
		replaced = old->id;
	}
	return replaced;
}

/* What a desktop client's user may do without being asked again. */
static struct slice
scope_of(const struct engine_new_token *want)
{
	if (want->scope.n > 0)
		return want->scope;
	return want->kind == TOKEN_AUTO ? SLICE("delete") : SLICE("read");
}

static int
make_token(struct engine *e, const struct engine_new_token *want,
    struct engine_made *out, struct error *err)
{
	struct token *t;
	char	      id[TOKEN_ID_MAX];

	do {
		if (token_id_new(id) != 0 ||
		    secret_new(e->opts.token_prefix, out->secret) != 0) {
			error_set(err, "no random numbers to be had");
			return ENGINE_E_LIMIT;
		}
	} while (token_table_find(e->tokens, slice_of(id)) != NULL);
	t = token_new(slice_of(id));
	if (scope_parse(scope_of(want), &t->scope, err) != 0 ||
	    scope_check(&t->scope, err) != 0 ||
	    policy_check(&e->opts.policy, want->kind, want->description,
		&t->scope, err) != 0 ||
	    engine_limits_make(want, t, err) != 0) {
		token_free(&t);
		secret_wipe(out->secret, sizeof out->secret);
		return ENGINE_E_INVALID;
	}
	secret_hash(slice_of(out->secret), t->hash);
	out->token = t;
	return ENGINE_OK;
}

static void
fill_token(struct engine *e, struct token *t, struct account *a,
    const struct engine_new_token *want, usec_t now,
    const struct engine_actor *by, struct engine_made *out)
{
	t->kind = want->kind;
	t->account = a;
	engine_set_text(&t->description,
	    want->description.p != NULL ? want->description : SLICE(""));
	if (want->labels.n > 0)
		engine_set_text(&t->labels, want->labels);
	sym_set(&t->cause, token_table_word(e->tokens, SLICE("created")));
	sym_set(&t->actor, token_table_word(e->tokens, slice_of(by->name)));
	t->created = t->changed = now;
	t->expires = want->expires;
	out->clamped = policy_end(&e->opts.policy, t->kind, now, &t->expires);
	out->idle_cut = policy_cuts_idle(&e->opts.policy, t);
}

/*
 * That a token was made is for the rules as well, and stored like all they
 * see.  It is no use of the token: so that one is not the use's `token`, and
 * was not used by it.  Of a trap the account's activity says nothing.
 */
static void
use_made(struct engine *e, const struct token *t, usec_t now,
    const struct engine_actor *by)
{
	struct use *u = xcalloc(1, sizeof *u);

	use_init(u, now);
	use_set(u, USE_ACTION, SLICE("token.create"));
	use_set(u, USE_OUTCOME, SLICE("success"));
	use_set(u, USE_ACCOUNT, slice_of(t->account->name));
	use_add_text(u, "made.token", slice_of(t->id));
	use_add_text(u, "made.kind", slice_of(token_kind_name(t->kind)));
	use_add_text(u, "made.scope",
	    slice_of(scope_level_name(t->scope.level)));
	use_add_text(u, "made.by", slice_of(by->name));
	(void)engine_use(e, u);
	free(u);
}

int
engine_token_create(struct engine *e, const struct engine_new_token *want,
    usec_t now, const struct engine_actor *by, struct engine_made *out,
    struct error *err)
{
	struct engine_made made = {.token = NULL};
	struct account	  *a;
	struct audit_row  *r;
	int		   res;

	a = token_table_account(e->tokens, want->account);
	if (a == NULL) {
		error_set(err,
		    "no account '%.*s'; 'patrolctl account add' "
		    "makes one",
		    SLICE_ARG(want->account));
		return ENGINE_E_NOT_FOUND;
	}
	if ((res = engine_check_description(want->description, err)) !=
		ENGINE_OK ||
	    (res = engine_check_labels(want->labels, err)) != ENGINE_OK ||
	    (res = check_limits(e, a, want, now, err)) != ENGINE_OK ||
	    (res = make_token(e, want, &made, err)) != ENGINE_OK)
		return res;
	if (want->kind == TOKEN_AUTO)
		made.replaced = replace_auto(e, a, now, by);
	fill_token(e, made.token, a, want, now, by, &made);
	token_table_add(e->tokens, made.token);
	batch_add_token(e->batch, made.token);
	r = add_audit(e, now, by, "token.create", made.token->id);
	r->after = engine_token_facts(e, made.token);
	if (want->kind != TOKEN_HONEY)
		use_made(e, made.token, now, by);
	*out = made;
	secret_wipe(made.secret, sizeof made.secret);
	return ENGINE_OK;
}

static void
alert_changed(struct engine *e, struct alert *a, usec_t now,
    const struct engine_actor *by, const char *action, int was)
{
	struct audit_row *r;

	alert_table_mark(e->alerts, a);
	r = add_audit(e, now, by, action, a->row.id);
	e->text.n = 0;
	buf_addf(&e->text, "{\"state\":\"%s\"}", alert_state_name(was));
	r->before = batch_text(e->batch, buf_slice(&e->text));
	e->text.n = 0;
	buf_addf(&e->text, "{\"state\":\"%s\"%s",
	    alert_state_name(a->row.state),
	    a->row.undone ? ",\"undone\":true" : "");
	if (a->row.state == ALERT_CLOSED)
		buf_addf(&e->text, ",\"verdict\":\"%s\"",
		    alert_verdict_name(a->row.verdict));
	buf_addc(&e->text, '}');
	r->after = batch_text(e->batch, buf_slice(&e->text));
}

int
engine_alert_ack(struct engine *e, struct alert *a, usec_t now,
    const struct engine_actor *by, struct error *err)
{
	int was = a->row.state;

	if (was != ALERT_OPEN) {
		error_set(err, "alert %s is %s already", a->row.id,
		    alert_state_name(was));
		return ENGINE_E_CONFLICT;
	}
	a->row.state = ALERT_ACKNOWLEDGED;
	alert_changed(e, a, now, by, "alert.ack", was);
	return ENGINE_OK;
}

int
engine_alert_close(struct engine *e, struct alert *a, char verdict, usec_t now,
    const struct engine_actor *by, struct error *err)
{
	int was = a->row.state;

	if (was == ALERT_CLOSED) {
		error_set(err, "alert %s is closed already", a->row.id);
		return ENGINE_E_CONFLICT;
	}
	a->row.state = ALERT_CLOSED;
	a->row.verdict = (uint8_t)verdict;
	alert_changed(e, a, now, by, "alert.close", was);
	return ENGINE_OK;
}

/* Only what still stands as the rule left it is taken back. */
int
engine_undo(struct engine *e, struct alert *a, usec_t now,
    const struct engine_actor *by, struct token **out, struct error *err)
{
	struct token *t = token_table_by_tid(e->tokens, a->row.tid);
	char	      cause[80], actor[80];

	if (a->row.tid == 0 || t == NULL) {
		error_set(err, "alert %s changed no token", a->row.id);
		return ENGINE_E_CONFLICT;
	}
	snprintf(actor, sizeof actor, "rule:%.*s", SLICE_ARG(a->row.rule));
	if (a->row.undone || !slice_is(sym_text(t->actor), actor)) {
		error_set(err,
		    a->row.undone ?
			"alert %s is undone already" :
			"the token of alert %s was changed again since",
		    a->row.id);
		return ENGINE_E_CONFLICT;
	}
	snprintf(cause, sizeof cause, "undo of alert %s", a->row.id);
	if (engine_change_state(e, t, (enum token_state)a->row.was_state,
		LIFECYCLE_UNDO, cause, now, by, err) != ENGINE_OK)
		return ENGINE_E_CONFLICT;
	a->row.undone = true;
	alert_changed(e, a, now, by, "undo", a->row.state);
	*out = t;
	return ENGINE_OK;
}

int
engine_brake_release(struct engine *e, usec_t now,
    const struct engine_actor *by, struct error *err)
{
	if (!e->brake.on) {
		error_set(err, "the brake is not on");
		return ENGINE_E_CONFLICT;
	}
	brake_release(&e->brake);
	e->batch->brake_changed = true;
	e->batch->brake_since = 0;
	engine_audit(e, now, by, "brake.release", "brake",
	    SLICE("{\"on\":true}"), SLICE("{\"on\":false}"));
	return ENGINE_OK;
}
