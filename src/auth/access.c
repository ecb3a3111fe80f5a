#include "auth/access.h"

#include "base/text.h"

static bool
matches_any(const struct conf_list *patterns, struct slice repository)
{
	unsigned i;

	for (i = 0; i < patterns->n; i++)
		if (glob_match(slice_of(patterns->item[i]), repository))
			return true;
	return false;
}

bool
access_is_public(const struct conf *c, struct slice repository)
{
	return matches_any(&c->auth_public, repository);
}

static bool
is_in_group(const struct conf *c, const char *group, struct slice account)
{
	const struct conf_named *g;
	unsigned		 i, k;

	for (i = 0; i < c->groups.n; i++) {
		g = &c->groups.item[i];
		if (strcmp(g->name, group) != 0)
			continue;
		for (k = 0; k < g->values.n; k++)
			if (slice_is(account, g->values.item[k]))
				return true;
	}
	return false;
}

static bool
is_for(const struct conf *c, const struct conf_access *a, struct slice account)
{
	const char *who;
	unsigned    i;

	for (i = 0; i < a->who.n; i++) {
		who = a->who.item[i];
		if (who[0] == '@' ?
			is_in_group(c, who + 1, account) :
			strcmp(who, "*") == 0 || slice_is(account, who))
			return true;
	}
	return false;
}

static bool
is_own(struct slice account, struct slice repository)
{
	return repository.n > account.n + 1 &&
	    slice_starts(repository, account) && repository.p[account.n] == '/';
}

/* What the account may, whatever it shows. */
static unsigned
account_bits(const struct conf *c, struct slice account,
    struct slice repository)
{
	const struct conf_access *a;
	unsigned		  i, bits = 0;

	if (account.n == 0)
		return 0;
	if (is_own(account, repository))
		return ACCESS_ALL;
	for (i = 0; i < c->naccess; i++) {
		a = &c->access[i];
		if ((a->actions & ~bits) != 0 && is_for(c, a, account) &&
		    matches_any(&a->repositories, repository))
			bits |= a->actions;
	}
	return bits;
}

unsigned
access_bits(const struct conf *c, struct slice account, const struct scope *s,
    struct slice repository)
{
	enum scope_level level = scope_level_for(s, repository);
	unsigned	 bits = 0;

	if (level == SCOPE_NONE)
		return 0;
	if (level >= SCOPE_READ)
		bits |= ACCESS_PULL;
	if (level >= SCOPE_WRITE)
		bits |= ACCESS_PUSH;
	if (level >= SCOPE_DELETE)
		bits |= ACCESS_DELETE;
	if (bits != 0)
		bits &= account_bits(c, account, repository);
	if ((bits & ACCESS_PULL) == 0 && access_is_public(c, repository))
		bits |= ACCESS_PULL;
	return bits;
}

unsigned
access_bit(struct slice action)
{
	return slice_is(action, "pull") ? ACCESS_PULL :
	    slice_is(action, "push")	? ACCESS_PUSH :
	    slice_is(action, "delete")	? ACCESS_DELETE :
					  0;
}
