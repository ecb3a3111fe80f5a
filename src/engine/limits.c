/*
 * What the limits of a token make of its uses, and of time.
 */
#include <stdlib.h>

#include "engine/priv.h"

static const struct engine_actor patrold = {"patrold", -1, -1};

int
engine_limits_make(const struct engine_new_token *want, struct token *t,
    struct error *err)
{
	struct token_limits *l;

	if (want->idle_expires < 0 || want->idle_expires > LIMITS_IDLE_MAX) {
		error_set(err, "idle-expires: a span of at most 100 years");
		return -1;
	}
	if (want->max_uses < 0 || want->max_uses > LIMITS_USES_MAX) {
		error_set(err, "max-uses: 1 to %d", LIMITS_USES_MAX);
		return -1;
	}
	if (want->idle_expires == 0 && want->max_uses == 0 &&
	    want->allow_from.n == 0)
		return 0;
	l = token_limits(t);
	l->idle_expires = want->idle_expires;
	l->max_uses = want->max_uses;
	return limits_parse_allow(want->allow_from, l, err);
}

/* --- time ------------------------------------------------------------ */

usec_t
engine_idle_end(const struct engine *e, const struct token *t)
{
	usec_t idle = policy_idle(&e->opts.policy, t);

	return idle != 0 && t->state == TOKEN_ACTIVE ?
	    policy_idle_since(t) + idle :
	    0;
}

/* Whose limit it was, the token's own or the policy's. */
static const char *
idle_cause(const struct engine *e, const struct token *t)
{
	return policy_idle(&e->opts.policy, t) == e->opts.policy.idle_expires ?
	    "not used for as long as tokens.policy.idle-expires allows" :
	    "not used for as long as its idle limit allows";
}

/* Only a change that the state table allows is asked for here. */
static void
must_change(struct engine *e, struct token *t, enum token_state to,
    const char *cause, usec_t now)
{
	if (engine_change_state(e, t, to, LIFECYCLE_CHANGE, cause, now,
		&patrold, NULL) != ENGINE_OK)
		abort();
}

/* A pause may be over after the end was reached. */
static void
end_pause(struct engine *e, struct token *t, usec_t now)
{
	if (t->expires != 0 && now >= t->expires)
		must_change(e, t, TOKEN_EXPIRED, "its end was reached", now);
	else
		must_change(e, t, TOKEN_ACTIVE,
		    "the time that it was deactivated for is over", now);
}

void
engine_expire(struct engine *e, struct token *t, usec_t now)
{
	usec_t idle_end = engine_idle_end(e, t);

	if (lifecycle_is_over(t, now))
		end_pause(e, t, now);
	else if (lifecycle_is_due(t, now))
		must_change(e, t, TOKEN_EXPIRED, "its end was reached", now);
	else if (idle_end != 0 && now > idle_end)
		must_change(e, t, TOKEN_EXPIRED, idle_cause(e, t), now);
}

/* --- uses ------------------------------------------------------------ */

/*
 * What follows a sign-in comes while that is still good, and tells of no
 * second one: the last use of a token is not a use of a dead one.
 */
static bool
goes_on(const struct engine *e, const struct use *u, const struct token *t)
{
	return !u->granted && t->state == TOKEN_EXPIRED &&
	    slice_is(sym_text(t->cause), TOKEN_USED_UP) &&
	    u->time <= t->changed + e->opts.grant_lifetime &&
	    slice_is(use_text(u, USE_OUTCOME), "success");
}

/*
 * A registry tells of uses that we did not let in, and knows of no list: so
 * the reason for which we would have refused it is added, if it gave none.
 */
void
engine_limits_before(struct engine *e, struct use *u, const struct token *t,
    struct standing *out)
{
	if (u->ip.family != 0 && !limits_allow(t->limits, &u->ip) &&
	    use_text(u, USE_REASON).n == 0)
		use_set(u, USE_REASON, SLICE(TOKEN_BAD_ADDRESS));
	if (goes_on(e, u, t))
		out->state = TOKEN_ACTIVE;
}

/*
 * What we let in counts, even if it got less than it asked for, and a sign-in
 * that another let in.  What else they tell of (pulls, pushes) follows from
 * those.
 */
static bool
counts(const struct use *u)
{
	return u->granted ||
	    (slice_is(use_text(u, USE_ACTION), "login") &&
		slice_is(use_text(u, USE_OUTCOME), "success"));
}

/* In the batch of the use itself: none is taken that is not counted. */
void
engine_limits_after(struct engine *e, const struct use *u, struct token *t)
{
	struct token_limits *l = t->limits;

	if (l->max_uses == 0 || limits_used_up(l) || !counts(u))
		return;
	limits_use(l, u->count);
	/* A rule may have switched it off; then it stays so. */
	if (!limits_used_up(l) || t->state != TOKEN_ACTIVE)
		batch_add_token(e->batch, t);
	else if (engine_change_state(e, t, TOKEN_EXPIRED, LIFECYCLE_CHANGE,
		     TOKEN_USED_UP, u->arrival, &patrold, NULL) != ENGINE_OK)
		abort();
}
