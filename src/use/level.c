#include "use/level.h"

static const char *const mode_names[] = {
	[RULE_OFF] = "off",
	[RULE_SIMULATE] = "simulate",
	[RULE_ALERT] = "alert",
	[RULE_ENFORCE] = "enforce",
};

static const char *const level_names[] = {
	[RULE_INFORMATIONAL] = "informational",
	[RULE_LOW] = "low",
	[RULE_MEDIUM] = "medium",
	[RULE_HIGH] = "high",
	[RULE_CRITICAL] = "critical",
};

static int
find_name(const char *const *names, int n, struct slice s)
{
	int	 i;

	for (i = 0; i < n; i++)
		if (slice_is(s, names[i]))
			return i;
	return -1;
}

const char *
rule_mode_name(enum rule_mode m)
{
	return mode_names[m];
}

const char *
rule_level_name(enum rule_level l)
{
	return level_names[l];
}

int
rule_mode_parse(struct slice s)
{
	return find_name(mode_names, RULE_ENFORCE + 1, s);
}

int
rule_level_parse(struct slice s)
{
	return find_name(level_names, RULE_CRITICAL + 1, s);
}
