#include "token/policy.h"

#include <stdlib.h>

#include "token/limits.h"

static bool
is_exempt(enum token_kind kind)
{
	return kind == TOKEN_HONEY || kind == TOKEN_FOREIGN;
}

const char *
policy_name(unsigned part)
{
	switch ((enum policy_part)part) {
	case POLICY_MAX_LIFETIME:
		return "tokens.policy.max-lifetime";
	case POLICY_IDLE:
		return "tokens.policy.idle-expires";
	case POLICY_SCOPES:
		return "tokens.policy.forbidden-scopes";
	case POLICY_DESCRIPTION:
		return "tokens.policy.description-required";
	}
	abort();
}

static bool
is_forbidden(const struct token_policy *p, enum scope_level l)
{
	return (p->forbidden_scopes & POLICY_SCOPE(l)) != 0;
}

/* The level that is forbidden, of all that the scope comes to; or none. */
static enum scope_level
forbidden_level(const struct token_policy *p, const struct scope *s)
{
	enum scope_level l;
	unsigned	 i;

	if (is_forbidden(p, s->level))
		return s->level;
	for (i = 0; i < s->npatterns; i++) {
		l = s->patterns[i].level < s->level ? s->patterns[i].level :
						      s->level;
		if (is_forbidden(p, l))
			return l;
	}
	return SCOPE_NONE;
}

/* Who signs in with a client does not describe what it makes. */
static bool
lacks_description(const struct token_policy *p, enum token_kind kind,
    struct slice description)
{
	return p->description_required && kind != TOKEN_AUTO &&
	    slice_trim(description).n == 0;
}

int
policy_check(const struct token_policy *p, enum token_kind kind,
    struct slice description, const struct scope *scope, struct error *err)
{
	enum scope_level l;

	if (is_exempt(kind))
		return 0;
	l = forbidden_level(p, scope);
	if (l != SCOPE_NONE) {
		error_set(err, "scope: %s does not allow %s",
		    policy_name(POLICY_SCOPES), scope_level_name(l));
		return -1;
	}
	if (lacks_description(p, kind, description)) {
		error_set(err, "description: %s wants one",
		    policy_name(POLICY_DESCRIPTION));
		return -1;
	}
	return 0;
}

const char *
policy_end(const struct token_policy *p, enum token_kind kind, usec_t now,
    usec_t *expires)
{
	usec_t most = p->max_lifetime, usual = p->default_lifetime;
	bool   given = *expires != 0;

	if (is_exempt(kind))
		return NULL;
	if (!given && usual != 0 && (most == 0 || usual <= most)) {
		*expires = now + usual;
		return "expires was set to what "
		       "tokens.policy.default-lifetime says";
	}
	if (most == 0 || (given && *expires - now <= most))
		return NULL;
	*expires = now + most;
	return given ? "expires was cut to what tokens.policy.max-lifetime "
		       "allows" :
		       "expires was set to what tokens.policy.max-lifetime "
		       "allows";
}

usec_t
policy_idle(const struct token_policy *p, const struct token *t)
{
	usec_t own = t->limits != NULL ? t->limits->idle_expires : 0;

	if (is_exempt(t->kind))
		return 0;
	if (own == 0 || p->idle_expires == 0)
		return own + p->idle_expires;
	return own < p->idle_expires ? own : p->idle_expires;
}

const char *
policy_cuts_idle(const struct token_policy *p, const struct token *t)
{
	if (is_exempt(t->kind) || t->limits == NULL ||
	    t->limits->idle_expires <= policy_idle(p, t))
		return NULL;
	return "idle-expires is longer than tokens.policy.idle-expires, which "
	       "ends it sooner";
}

usec_t
policy_idle_since(const struct token *t)
{
	return t->last.time > t->changed ? t->last.time : t->changed;
}

static bool
lives_too_long(const struct token_policy *p, const struct token *t)
{
	return p->max_lifetime != 0 &&
	    (t->expires == 0 || t->expires - t->created > p->max_lifetime);
}

static bool
is_idle(const struct token_policy *p, const struct token *t, usec_t now)
{
	usec_t idle = policy_idle(p, t);

	return idle != 0 && now - policy_idle_since(t) > idle;
}

unsigned
policy_touches(const struct token_policy *inforce,
    const struct token_policy *next, const struct token *t, usec_t now)
{
	unsigned parts = 0;

	if (is_exempt(t->kind) || t->state != TOKEN_ACTIVE)
		return 0;
	if (next->max_lifetime != inforce->max_lifetime &&
	    lives_too_long(next, t))
		parts |= POLICY_MAX_LIFETIME;
	if (next->idle_expires != inforce->idle_expires &&
	    is_idle(next, t, now) && !is_idle(inforce, t, now))
		parts |= POLICY_IDLE;
	if (next->forbidden_scopes != inforce->forbidden_scopes &&
	    forbidden_level(next, &t->scope) != SCOPE_NONE)
		parts |= POLICY_SCOPES;
	if (next->description_required && !inforce->description_required &&
	    lacks_description(next, t->kind, slice_of(t->description)))
		parts |= POLICY_DESCRIPTION;
	return parts;
}
