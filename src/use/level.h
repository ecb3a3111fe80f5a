/*
 * level - how grave, and how far to go: words that rules and alerts share.
 */
#ifndef PATROL_USE_LEVEL_H
#define PATROL_USE_LEVEL_H

#include "base/slice.h"

/* What a rule may do when it holds. */
enum rule_mode { RULE_OFF, RULE_SIMULATE, RULE_ALERT, RULE_ENFORCE };

/* Sigma's levels. */
enum rule_level {
	RULE_INFORMATIONAL,
	RULE_LOW,
	RULE_MEDIUM,
	RULE_HIGH,
	RULE_CRITICAL
};

/* All names in order, NULL-terminated: for near misses. */
extern const char *const rule_mode_names[];
extern const char *const rule_level_names[];

/* "enforce" ..., "high" ...; and back, -1 for another word. */
const char *rule_mode_name(enum rule_mode m);
const char *rule_level_name(enum rule_level l);
int	    rule_mode_parse(struct slice s);
int	    rule_level_parse(struct slice s);
#endif
