#include "token/token.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "token/limits.h"

static const struct slice state_names[] = {
    [TOKEN_ACTIVE] = SLICE_INIT("active"),
    [TOKEN_INACTIVE] = SLICE_INIT("inactive"),
    [TOKEN_EXPIRED] = SLICE_INIT("expired"),
    [TOKEN_DELETED] = SLICE_INIT("deleted"),
};

static const struct slice kind_names[] = {
    [TOKEN_MANUAL] = SLICE_INIT("manual"),
    [TOKEN_AUTO] = SLICE_INIT("auto"),
    [TOKEN_HONEY] = SLICE_INIT("honey"),
    [TOKEN_FOREIGN] = SLICE_INIT("foreign"),
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

struct slice
token_state_text(enum token_state s)
{
	return state_names[s];
}

struct slice
token_kind_text(enum token_kind k)
{
	return kind_names[k];
}

const char *
token_state_name(enum token_state s)
{
	return state_names[s].p;
}

const char *
token_kind_name(enum token_kind k)
{
	return kind_names[k].p;
}

const char *
use_outcome_name(int outcome)
{
	static const char *const names[] = {[OUTCOME_NONE] = "none",
	    [OUTCOME_SUCCESS] = "success",
	    [OUTCOME_DENIED] = "denied",
	    [OUTCOME_FAILURE] = "failure"};

	return names[outcome];
}

int
token_state_parse(struct slice s)
{
	size_t i;

	for (i = 0; i < NELEM(state_names); i++)
		if (slice_eq(s, state_names[i]))
			return (int)i;
	return -1;
}

int
token_kind_parse(struct slice s)
{
	size_t i;

	for (i = 0; i < NELEM(kind_names); i++)
		if (slice_eq(s, kind_names[i]))
			return (int)i;
	return -1;
}

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
account_name_is_valid(struct slice name)
{
	size_t i;

	if (name.n == 0 || name.n > ACCOUNT_NAME_MAX ||
	    !is_lower_or_digit(name.p[0]))
		return false;
	for (i = 1; i < name.n; i++)
		if (!is_lower_or_digit(name.p[i]) && name.p[i] != '.' &&
		    name.p[i] != '_' && name.p[i] != '-')
			return false;
	return true;
}

struct token *
token_new(struct slice id)
{
	size_t	      n = offsetof(struct token, id) + id.n + 1;
	struct token *t = xcalloc(1, n > sizeof *t ? n : sizeof *t);

	memcpy(t->id, id.p, id.n);
	return t;
}

void
token_free(struct token **tp)
{
	struct token *t = *tp;

	if (t == NULL)
		return;
	sym_unref(&t->last.ip);
	sym_unref(&t->last.client);
	sym_unref(&t->last.action);
	sym_unref(&t->last.repository);
	sym_unref(&t->last.registry);
	sym_unref(&t->cause);
	sym_unref(&t->actor);
	seen_free(&t->seen);
	scope_clear(&t->scope);
	limits_free(&t->limits);
	free(t->description);
	free(t->labels);
	free(t);
	*tp = NULL;
}

bool
token_has_label(const struct token *t, struct slice label)
{
	struct slice rest = slice_of(t->labels), word;

	if (label.n == 0)
		return false;
	while (slice_cut(&rest, ' ', &word))
		if (slice_eq(word, label))
			return true;
	return false;
}

usec_t
token_until(const struct token *t)
{
	return t->limits != NULL ? t->limits->until : 0;
}

bool
token_is_foreign(const struct token *t)
{
	return t->kind == TOKEN_FOREIGN;
}

struct token_limits *
token_limits(struct token *t)
{
	if (t->limits == NULL)
		t->limits = limits_new();
	return t->limits;
}

/* Why its state, or its end, does not let it work; NULL: they do. */
static const char *
state_refusal(const struct token *t, usec_t now)
{
	switch (t->state) {
	case TOKEN_DELETED:
		return "access token was deleted";
	case TOKEN_INACTIVE:
		return "access token is inactive";
	case TOKEN_EXPIRED:
	case TOKEN_ACTIVE:
		break;
	}
	if (limits_used_up(t->limits))
		return "access token is used up";
	if (t->state == TOKEN_EXPIRED || (t->expires != 0 && now >= t->expires))
		return "access token has expired";
	return NULL;
}

/* What is not the token's own: its account, and whence it is used. */
static const char *
outer_refusal(const struct token *t, const struct addr *from)
{
	static const struct addr nowhere;

	if (t->account != NULL && t->account->disabled)
		return TOKEN_ACCOUNT_DISABLED;
	if (!limits_allow(t->limits, from != NULL ? from : &nowhere))
		return TOKEN_BAD_ADDRESS;
	return NULL;
}

const char *
token_refusal(const struct token *t, const struct addr *from, usec_t now)
{
	const char *why;

	if (t->kind == TOKEN_HONEY)
		return "access token was deleted";
	why = state_refusal(t, now);
	return why != NULL ? why : outer_refusal(t, from);
}

const char *
token_refusal_after(const struct token *t, const struct addr *from, usec_t now)
{
	if (t->state == TOKEN_EXPIRED &&
	    slice_is(sym_text(t->cause), TOKEN_USED_UP))
		return outer_refusal(t, from);
	return token_refusal(t, from, now);
}
