#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"

static void
format_labels(struct jsonw *w, const struct token *t)
{
	struct slice rest = slice_of(t->labels), label;

	jsonw_key(w, "labels");
	jsonw_array(w);
	while (slice_cut(&rest, ' ', &label))
		jsonw_str(w, label);
	jsonw_end(w);
}

static void
format_last_used(struct jsonw *w, const struct token *t)
{
	static const char *const outcomes[] = {NULL, "success", "denied",
	    "failure"};
	const struct last_used	*l = &t->last;

	jsonw_key(w, "last_used");
	if (l->time == 0) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	jsonw_field_time(w, "time", l->time);
	jsonw_field_str(w, "ip", sym_text(l->ip));
	jsonw_field_str(w, "client", sym_text(l->client));
	jsonw_field_str(w, "action", sym_text(l->action));
	jsonw_field_str(w, "repository", sym_text(l->repository));
	jsonw_field_str(w, "registry", sym_text(l->registry));
	jsonw_field_str(w, "outcome", slice_of(outcomes[t->outcome & 3]));
	jsonw_end(w);
}

static void
format_seen(struct jsonw *w, const struct token *t, enum seen_kind kind)
{
	struct seen_view v[SEEN_MAX];
	char		 text[ADDR_TEXT_MAX];
	unsigned	 i, n = seen_list(t->seen, kind, v);

	jsonw_array(w);
	for (i = 0; i < n; i++) {
		if (kind == SEEN_NETWORK)
			v[i].client = (struct slice){text,
			    cidr_format(&v[i].network, text)};
		jsonw_object(w);
		jsonw_field_str(w, "what", v[i].client);
		jsonw_field_int(w, "uses", (int64_t)v[i].count);
		jsonw_field_time(w, "first", v[i].first);
		jsonw_field_time(w, "last", v[i].last);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
format_networks(struct jsonw *w, const struct token_limits *l)
{
	char	 text[ADDR_TEXT_MAX];
	unsigned i;

	jsonw_key(w, "allow_from");
	jsonw_array(w);
	for (i = 0; l != NULL && i < l->nallow; i++)
		jsonw_str(w,
		    (struct slice){text, cidr_format(&l->allow[i], text)});
	jsonw_end(w);
}

/* `used` of max_uses: fewer than all uses, see engine/limits.c. */
static void
format_limits(struct jsonw *w, const struct token_limits *l)
{
	if (l != NULL && l->idle_expires != 0)
		jsonw_field_int(w, "idle_expires_seconds",
		    l->idle_expires / USEC_SEC);
	if (l != NULL && l->max_uses != 0) {
		jsonw_field_int(w, "max_uses", l->max_uses);
		jsonw_field_int(w, "used", l->used);
	}
	format_networks(w, l);
}

/* All but where it was used from lately, which only who asks for this one
 * token is told. */
static void
format_fields(struct jsonw *w, const struct token *t, usec_t now)
{
	struct buf scope;

	buf_init(&scope);
	scope_format(&t->scope, &scope);
	jsonw_field_str(w, "id", slice_of(t->id));
	jsonw_field_str(w, "account",
	    t->account != NULL ? slice_of(t->account->name) :
				 (struct slice){NULL, 0});
	jsonw_field_str(w, "kind", slice_of(token_kind_name(t->kind)));
	jsonw_field_str(w, "description", slice_of(t->description));
	jsonw_field_str(w, "state",
	    slice_of(token_state_name(lifecycle_state(t, now))));
	jsonw_field_str(w, "scope", buf_slice(&scope));
	format_labels(w, t);
	jsonw_field_time(w, "created", t->created);
	jsonw_field_time(w, "expires", t->expires);
	format_limits(w, t->limits);
	if (token_until(t) != 0)
		jsonw_field_time(w, "until", token_until(t));
	jsonw_field_time(w, "changed", t->changed);
	jsonw_field_str(w, "cause", sym_text(t->cause));
	jsonw_field_str(w, "actor", sym_text(t->actor));
	jsonw_field_int(w, "uses", (int64_t)t->uses);
	jsonw_field_int(w, "refused", (int64_t)t->refused);
	jsonw_field_time(w, "first_used", t->first_used);
	format_last_used(w, t);
	if (t->tried)
		jsonw_field_bool(w, "superseded_tried", true);
	buf_clear(&scope);
}

void
cmd_format_token(const struct token *t, usec_t now, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	format_fields(&w, t, now);
	jsonw_end(&w);
}

/* "90d" from now, or a point in time; false and answered if neither. */
static bool
expires_arg(struct control_request *r, usec_t *out)
{
	struct slice s = control_arg(r, "expires");
	struct error err;
	usec_t	     span;

	*out = 0;
	if (s.p == NULL || time_parse(s, out) == 0)
		return true;
	if (span_parse(s, &span, &err) == 0 && span > 0) {
		*out = r->now + span;
		return true;
	}
	control_fail(r, MSG_BAD_REQUEST,
	    "expires: a span such as 90d, or a "
	    "time such as 2027-01-31T00:00:00Z");
	return false;
}

bool
cmd_idle_arg(struct control_request *r, usec_t *out)
{
	struct slice idle = control_arg(r, "idle_expires");
	struct error err;

	if (idle.p == NULL ||
	    (span_parse(idle, out, &err) == 0 && *out >= USEC_SEC &&
		*out <= LIMITS_IDLE_MAX))
		return true;
	control_fail(r, MSG_BAD_REQUEST,
	    "idle_expires: a span such as 30d, from 1 s to 100 years");
	return false;
}

/* What bounds it beside its end; false and answered if it makes no sense. */
static bool
limit_args(struct control_request *r, struct engine_new_token *want)
{
	want->allow_from = control_arg(r, "allow_from");
	return control_arg_int(r, "max_uses", 1, LIMITS_USES_MAX, 0,
		   &want->max_uses) &&
	    cmd_idle_arg(r, &want->idle_expires);
}

static bool
kind_arg(struct control_request *r, enum token_kind *out)
{
	struct slice s = control_arg(r, "kind");
	int	     kind = s.p == NULL ? TOKEN_MANUAL : token_kind_parse(s);

	if (kind == -1 || kind == TOKEN_FOREIGN) {
		control_fail(r, MSG_BAD_REQUEST,
		    "kind: manual, auto or "
		    "honey");
		return false;
	}
	if (kind == TOKEN_HONEY && !(r->peer.roles & ROLE_ADMIN)) {
		control_fail(r, MSG_DENIED,
		    "a honey token needs the role "
		    "admin");
		return false;
	}
	*out = (enum token_kind)kind;
	return true;
}

/* Who could put their own tokens out of every rule's reach would. */
static bool
may_label(struct control_request *r, struct slice labels)
{
	struct slice word;

	while (slice_cut(&labels, ' ', &word)) {
		if (!slice_is(word, "protected") ||
		    (r->peer.roles & ROLE_ADMIN))
			continue;
		control_fail(r, MSG_DENIED,
		    "the label protected needs the role admin");
		return false;
	}
	return true;
}

/* What policies made of what was asked for. */
static void
add_clamps(struct jsonw *w, const struct engine_made *made)
{
	struct buf b;

	if (made->clamped == NULL && made->idle_cut == NULL)
		return;
	buf_init(&b);
	buf_adds(&b, made->clamped != NULL ? made->clamped : "");
	buf_adds(&b, made->clamped != NULL && made->idle_cut != NULL ? "; " : "");
	buf_adds(&b, made->idle_cut != NULL ? made->idle_cut : "");
	jsonw_field_str(w, "clamped", buf_slice(&b));
	buf_clear(&b);
}

void
cmd_answer_secret(struct control_request *r, struct engine_made *made)
{
	struct jsonw w;
	struct buf   token, b;

	buf_init(&token);
	buf_init(&b);
	cmd_format_token(made->token, r->now, &token);
	/* Room first: growing would leave copies of the secret behind. */
	buf_reserve(&b, token.n + SECRET_MAX + 512);
	buf_reserve(&r->answer, token.n + SECRET_MAX + 1024);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_key(&w, "token");
	jsonw_raw(&w, buf_slice(&token));
	jsonw_field_str(&w, "secret", slice_of(made->secret));
	add_clamps(&w, made);
	jsonw_field_opt(&w, "replaced", slice_of(made->replaced));
	if (made->until != 0)
		jsonw_field_time(&w, "previous_until", made->until);
	jsonw_end(&w);
	control_done_durably(r, buf_slice(&b));
	secret_wipe(made->secret, sizeof made->secret);
	secret_wipe(b.p, b.n);
	buf_clear(&b);
	buf_clear(&token);
}

static void
cmd_token_create(struct control_request *r)
{
	struct engine_actor	by = cmd_actor(r);
	struct engine_new_token want = {.account = control_arg(r, "account"),
	    .description = control_arg(r, "description"),
	    .scope = control_arg(r, "scope"),
	    .labels = control_arg(r, "labels")};
	struct engine_made	made;
	struct error		err;
	int			code;

	if (!(r->peer.roles & ROLE_ADMIN) &&
	    !slice_is(want.account, r->peer.user)) {
		control_fail(r, MSG_DENIED,
		    "an owner makes tokens for their "
		    "own account '%s'",
		    r->peer.user);
		return;
	}
	if (!kind_arg(r, &want.kind) || !expires_arg(r, &want.expires) ||
	    !limit_args(r, &want) || !may_label(r, want.labels))
		return;
	code =
	    engine_token_create(r->p->engine, &want, r->now, &by, &made, &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		cmd_answer_secret(r, &made);
}

/* --- one token ------------------------------------------------------- */

void
cmd_answer_token(struct control_request *r, const struct token *t)
{
	struct buf b;

	buf_init(&b);
	cmd_format_token(t, r->now, &b);
	control_done_durably(r, buf_slice(&b));
	buf_clear(&b);
}

void
cmd_format_token_whole(struct jsonw *w, const struct control_request *r,
    const struct token *t)
{
	format_fields(w, t, r->now);
	jsonw_field_time(w, "idle_ends", engine_idle_end(r->p->engine, t));
	jsonw_key(w, "networks");
	format_seen(w, t, SEEN_NETWORK);
	jsonw_key(w, "clients");
	format_seen(w, t, SEEN_CLIENT);
	cmd_rotate_format(r, t, w);
}

static void
cmd_token_rename(struct control_request *r)
{
	struct engine_actor by = cmd_actor(r);
	struct slice	    text = control_arg(r, "description");
	struct token	   *t = cmd_token_arg(r, true);
	struct error	    err;
	int		    code;

	if (t == NULL)
		return;
	if (text.p == NULL) {
		control_fail(r, MSG_BAD_REQUEST,
		    "description: what is it to "
		    "be called?");
		return;
	}
	code = engine_token_rename(r->p->engine, t, text, r->now, &by, &err);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		cmd_answer_token(r, t);
}

bool
cmd_may_activate(const struct control_request *r, const struct token *t)
{
	return (r->peer.roles & ROLE_ADMIN) ||
	    slice_is(sym_text(t->actor), r->peer.actor);
}

bool
cmd_arg_for(struct control_request *r, usec_t *until)
{
	struct slice s = control_arg(r, "for");
	struct error err;
	usec_t	     span;

	*until = 0;
	if (s.p == NULL)
		return true;
	if (span_parse(s, &span, &err) == 0 && span > 0 &&
	    span <= 100 * USEC_YEAR) {
		*until = r->now + span;
		return true;
	}
	control_fail(r, MSG_BAD_REQUEST, "for: a span such as 2h");
	return false;
}

/* What makes an inactive token active, now or later, is for who may. */
static bool
may_change(struct control_request *r, const struct token *t,
    enum token_state to)
{
	if (to != TOKEN_ACTIVE &&
	    (to != TOKEN_INACTIVE || t->state != TOKEN_INACTIVE))
		return true;
	if (cmd_may_activate(r, t))
		return true;
	control_fail(r, MSG_DENIED,
	    "token %s was switched off by %s; an "
	    "admin can activate it",
	    t->id, t->actor != NULL ? t->actor->text : "nobody");
	return false;
}

static void
change(struct control_request *r, enum token_state to)
{
	struct engine_actor by = cmd_actor(r);
	struct token	   *t = cmd_token_arg(r, true);
	char		   *reason;
	struct error	    err;
	usec_t		    until;
	int		    code;

	if (t == NULL || !may_change(r, t, to) || !cmd_arg_for(r, &until))
		return;
	reason = slice_dup(control_arg(r, "reason"));
	if (until != 0)
		code = engine_token_pause(r->p->engine, t, until, reason,
		    r->now, &by, &err);
	else
		code = engine_token_change(r->p->engine, t, to, reason, r->now,
		    &by, &err);
	free(reason);
	if (code != ENGINE_OK)
		cmd_fail_engine(r, code, &err);
	else
		cmd_answer_token(r, t);
}

static void
cmd_token_activate(struct control_request *r)
{
	change(r, TOKEN_ACTIVE);
}

static void
cmd_token_deactivate(struct control_request *r)
{
	change(r, TOKEN_INACTIVE);
}

static void
cmd_token_expire(struct control_request *r)
{
	change(r, TOKEN_EXPIRED);
}

static void
cmd_token_delete(struct control_request *r)
{
	change(r, TOKEN_DELETED);
}

/* clang-format off */
const struct cmd_entry cmd_token_entries[] = {
	{"token.create", ROLE_ADMIN | ROLE_OWNER, cmd_token_create,
	    {"account", "description", "scope", "labels", "kind", "expires",
		"idle_expires", "max_uses", "allow_from"}},
	{"token.rename", ROLE_ADMIN | ROLE_OWNER, cmd_token_rename,
	    {"id", "description"}},
	{"token.activate", ROLE_ADMIN | ROLE_OWNER, cmd_token_activate,
	    {"id", "reason"}},
	{"token.deactivate", ROLE_ADMIN | ROLE_OWNER, cmd_token_deactivate,
	    {"id", "reason", "for"}},
	{"token.expire", ROLE_ADMIN | ROLE_OWNER, cmd_token_expire,
	    {"id", "reason"}},
	{"token.delete", ROLE_ADMIN | ROLE_OWNER, cmd_token_delete,
	    {"id", "reason"}},
	{.name = NULL},
};
/* clang-format on */
