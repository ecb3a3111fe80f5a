#include "token/lifecycle.h"

#include <stdlib.h>

#include "base/mem.h"
#include "token/limits.h"

/* allowed[from][to] */
static const bool allowed[4][4] = {
    [TOKEN_ACTIVE] =
	{
	    [TOKEN_INACTIVE] = true,
	    [TOKEN_EXPIRED] = true,
	    [TOKEN_DELETED] = true,
	},
    [TOKEN_INACTIVE] =
	{
	    [TOKEN_ACTIVE] = true,
	    [TOKEN_EXPIRED] = true,
	    [TOKEN_DELETED] = true,
	},
    [TOKEN_EXPIRED] =
	{
	    [TOKEN_DELETED] = true,
	},
};

/* At most `max` bytes of a text, not ended inside a character. */
static struct sym *
bounded_word(struct token_table *tt, const char *text, size_t max)
{
	struct slice s = slice_of(text != NULL ? text : "");

	if (s.n > max)
		for (s.n = max; s.n > 0 && (s.p[s.n] & 0xc0) == 0x80;)
			s.n--;
	return token_table_word(tt, s);
}

static bool
is_past_end(const struct token *t, usec_t now)
{
	return t->expires != 0 && now >= t->expires;
}

static int
check_change(const struct token *t, enum token_state to, enum lifecycle_how how,
    usec_t now, struct error *err)
{
	char end[TIME_TEXT_MAX];
	bool ok = allowed[t->state][to];

	if (t->state == to && token_until(t) != 0)
		return LIFECYCLE_OK;
	if (t->state == to) {
		error_set(err, "access token %s is %s already", t->id,
		    token_state_name(to));
		return LIFECYCLE_E_SAME;
	}
	if (how == LIFECYCLE_UNDO && t->state == TOKEN_EXPIRED &&
	    to == TOKEN_ACTIVE)
		ok = true;
	if (!ok) {
		error_set(err, "access token %s is %s and cannot become %s",
		    t->id, token_state_name(t->state), token_state_name(to));
		return LIFECYCLE_E_REFUSED;
	}
	if (to == TOKEN_ACTIVE && is_past_end(t, now)) {
		time_format(t->expires, end);
		error_set(err,
		    "access token %s ended at %s and cannot "
		    "become active",
		    t->id, end);
		return LIFECYCLE_E_REFUSED;
	}
	if (to == TOKEN_ACTIVE && limits_used_up(t->limits)) {
		error_set(err,
		    "access token %s was used as often as it may be and "
		    "cannot become active",
		    t->id);
		return LIFECYCLE_E_REFUSED;
	}
	return LIFECYCLE_OK;
}

static void
write_state(struct token_table *tt, struct token *t, enum token_state to,
    usec_t until, usec_t now, const char *cause, const char *actor)
{
	struct sym *new_cause, *new_actor;

	/* Held first: they may be the token's own. */
	new_cause = sym_ref(bounded_word(tt, cause, LIFECYCLE_CAUSE_MAX));
	new_actor = sym_ref(bounded_word(tt, actor, LIFECYCLE_ACTOR_MAX));
	sym_unref(&t->cause);
	sym_unref(&t->actor);
	t->cause = new_cause;
	t->actor = new_actor;
	t->changed = now;
	token_table_count_change(tt, t, to);
	t->state = to;
	token_table_pause(tt, t, until);
}

int
lifecycle_change(struct token_table *tt, struct token *t, enum token_state to,
    enum lifecycle_how how, usec_t now, const char *cause, const char *actor,
    struct error *err)
{
	int r = check_change(t, to, how, now, err);

	if (r == LIFECYCLE_OK)
		write_state(tt, t, to, 0, now, cause, actor);
	return r;
}

int
lifecycle_pause(struct token_table *tt, struct token *t, usec_t until,
    usec_t now, const char *cause, const char *actor, struct error *err)
{
	int r = check_change(t, TOKEN_INACTIVE, LIFECYCLE_CHANGE, now, err);

	if (r == LIFECYCLE_OK)
		write_state(tt, t, TOKEN_INACTIVE, until, now, cause, actor);
	return r;
}

int
lifecycle_check(const struct token *t, enum token_state to, usec_t now)
{
	return check_change(t, to, LIFECYCLE_CHANGE, now, NULL);
}

bool
lifecycle_is_over(const struct token *t, usec_t now)
{
	usec_t until = token_until(t);

	return until != 0 && now >= until;
}

enum token_state
lifecycle_state(const struct token *t, usec_t now)
{
	return lifecycle_is_due(t, now) ? TOKEN_EXPIRED : t->state;
}

bool
lifecycle_is_due(const struct token *t, usec_t now)
{
	return t->state == TOKEN_ACTIVE && is_past_end(t, now);
}
