#include "use/level.h"

#include "base/text.h"

const char *const rule_mode_names[] = {[RULE_OFF] = "off",
    [RULE_SIMULATE] = "simulate",
    [RULE_ALERT] = "alert",
    [RULE_ENFORCE] = "enforce",
    NULL};

const char *const rule_level_names[] = {[RULE_INFORMATIONAL] = "informational",
    [RULE_LOW] = "low",
    [RULE_MEDIUM] = "medium",
    [RULE_HIGH] = "high",
    [RULE_CRITICAL] = "critical",
    NULL};

const char *
rule_mode_name(enum rule_mode m)
{
	return rule_mode_names[m];
}

const char *
rule_level_name(enum rule_level l)
{
	return rule_level_names[l];
}

int
rule_mode_parse(struct slice s)
{
	return name_index(s, rule_mode_names);
}

int
rule_level_parse(struct slice s)
{
	return name_index(s, rule_level_names);
}
