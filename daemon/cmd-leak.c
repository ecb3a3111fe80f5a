/*
 * Leaked secrets, from people.  A secret comes as its hash: patrolctl makes
 * that, so that the secret itself crosses no socket.
 *
 * Who has a secret has proved the leak, whoever's the token is; who names an
 * id must be allowed to change it.  But what a peer may not see does not exist
 * for it: the report counts, and the answer is that to a secret of nobody's.
 */
#include "base/jsonw.h"
#include "base/text.h"
#include "daemon/cmd.h"
#include "daemon/leaks.h"
#include "daemon/patrold.h"

#define REPORTS_MAX 200 /* words of one request: a text in it has 16 KiB */
#define TEXT_MAX    LEAKBODY_URL

/* A word of a request: "sha256:HEX", or a token's public id. */
struct word {
	uint8_t	      hash[SECRET_HASH];
	bool	      is_hash;
	bool	      superseded; /* a secret that was replaced */
	struct token *token;	  /* NULL: nobody's */
};

static int
parse_word(struct control_request *r, struct slice text, struct word *w)
{
	struct token_table     *tt = engine_tokens(r->p->engine);
	const struct slice	scheme = SLICE("sha256:");
	struct engine_presented shown;

	w->superseded = false;
	w->is_hash = slice_starts(text, scheme);
	if (!w->is_hash) {
		w->token = token_table_find(tt, text);
		return 0;
	}
	text.p += scheme.n;
	text.n -= scheme.n;
	if (text.n != 2 * (size_t)SECRET_HASH ||
	    hex_decode(text, w->hash, SECRET_HASH) != 0)
		return -1;
	engine_present_hash(r->p->engine, w->hash, r->now, &shown);
	w->token = shown.token;
	w->superseded = shown.secret == SECRET_SUPERSEDED;
	return 0;
}

static bool
may_see(const struct control_request *r, const struct token *t)
{
	return t != NULL && cmd_may(r, t->account, false) &&
	    (t->kind != TOKEN_HONEY || (r->peer.roles & ROLE_VIEWER));
}

static enum token_state
state_now(const struct token *t, usec_t now)
{
	return lifecycle_is_due(t, now) ? TOKEN_EXPIRED : t->state;
}

/* One line of the answer; `result` NULL: nothing was done. */
static void
answer_word(struct control_request *r, unsigned n, const struct word *wd,
    const char *result, const char *alert)
{
	const struct token *t = wd != NULL ? wd->token : NULL;
	struct jsonw	    w;
	struct buf	    b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "n", n);
	jsonw_field_opt(&w, "result", slice_of(result));
	jsonw_field_opt(&w, "token", slice_of(t != NULL ? t->id : NULL));
	if (t != NULL) {
		jsonw_field_opt(&w, "account",
		    slice_of(t->account != NULL ? t->account->name : NULL));
		jsonw_field_str(&w, "kind", slice_of(token_kind_name(t->kind)));
		jsonw_field_str(&w, "state",
		    slice_of(wd->superseded ?
			    ENGINE_SUPERSEDED :
			    token_state_name(state_now(t, r->now))));
		jsonw_field_opt(&w, "alert", slice_of(alert));
	}
	jsonw_end(&w);
	control_item(r, buf_slice(&b));
	buf_clear(&b);
}

/* --- reports --------------------------------------------------------- */

static unsigned
take(struct control_request *r, const struct word *w, char alert[ALERT_ID_MAX])
{
	struct engine_actor by = cmd_actor(r);
	struct engine_leak  l = {.token = w->token,
	     .superseded = w->superseded,
	     .by = by.name,
	     .source = control_arg(r, "source"),
	     .url = control_arg(r, "url")};
	unsigned	    result = LEAK_UNKNOWN;

	alert[0] = '\0';
	if (w->token != NULL &&
	    (w->is_hash || cmd_may(r, w->token->account, true)))
		result = engine_leak(r->p->engine, &l, r->now, &by, alert);
	leaks_count(r->p->leaks, LEAK_CONTROL, result, 1);
	return result;
}

static void
report(struct control_request *r, unsigned n, const struct word *w)
{
	char	 alert[ALERT_ID_MAX];
	unsigned result = take(r, w, alert);
	bool	 seen = may_see(r, w->token);

	/* By id, and may only look: that is no secret. */
	if (seen && result == LEAK_UNKNOWN)
		answer_word(r, n, w, "denied", NULL);
	else if (seen)
		answer_word(r, n, w, leaks_result_name(result), alert);
	else
		answer_word(r, n, NULL, leaks_result_name(LEAK_UNKNOWN), NULL);
}

static void
check(struct control_request *r, unsigned n, const struct word *w)
{
	answer_word(r, n, may_see(r, w->token) ? w : NULL, NULL, NULL);
}

/* --- requests -------------------------------------------------------- */

/* All of them are right, or none is taken. */
static bool
parse_words(struct control_request *r, struct slice words)
{
	struct word  w;
	struct slice text;
	unsigned     n = 0;

	while (slice_cut(&words, ' ', &text)) {
		if (++n > REPORTS_MAX) {
			control_fail(r, MSG_LIMIT, "reports: at most %d",
			    REPORTS_MAX);
			return false;
		}
		if (text.n == 0 || parse_word(r, text, &w) != 0) {
			control_fail(r, MSG_BAD_REQUEST,
			    "reports: word %u is neither sha256: with 64 "
			    "hexadecimal digits nor an id",
			    n);
			return false;
		}
	}
	if (n == 0)
		control_fail(r, MSG_BAD_REQUEST, "reports: of what?");
	return n > 0;
}

/* A secret must not be told in these, as nowhere. */
static bool
check_text(struct control_request *r, const char *name)
{
	struct slice text = control_arg(r, name);

	if (text.n > TEXT_MAX) {
		control_fail(r, MSG_BAD_REQUEST, "%s: %zu bytes, at most %d",
		    name, text.n, TEXT_MAX);
		return false;
	}
	if (text.n > 0)
		secret_mask((char *)text.p, text.n);
	return true;
}

static void
each_word(struct control_request *r,
    void (*fn)(struct control_request *, unsigned, const struct word *))
{
	struct slice words = control_arg(r, "reports"), text;
	struct word  w;
	unsigned     n = 0;

	while (slice_cut(&words, ' ', &text))
		if (parse_word(r, text, &w) == 0)
			fn(r, ++n, &w);
}

static void
cmd_leak_report(struct control_request *r)
{
	if (!parse_words(r, control_arg(r, "reports")) ||
	    !check_text(r, "source") || !check_text(r, "url"))
		return;
	each_word(r, report);
	control_done_durably(r, SLICE("{}"));
}

static void
cmd_leak_check(struct control_request *r)
{
	if (!parse_words(r, control_arg(r, "reports")))
		return;
	each_word(r, check);
	control_done(r, SLICE("{}"));
}

/* clang-format off */
const struct cmd_entry cmd_leak_entries[] = {
	{"leak.report", ROLE_ADMIN | ROLE_ANALYST | ROLE_OWNER |
	    CMD_TELLS_SECRETS,
	    cmd_leak_report, {"reports", "source", "url"}},
	{"leak.check", ROLE_VIEWER | ROLE_OWNER, cmd_leak_check, {"reports"}},
	{.name = NULL},
};
/* clang-format on */
