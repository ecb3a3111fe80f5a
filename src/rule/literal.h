/*
 * literal - what YAML takes a scalar for, where a rule has a value.
 *
 * Numbers are those of YAML 1.1 and 1.2 both: 5 -0.5 +1 .5 5. 1.0e+3 0x1F.
 * What they read differently (010, 0o17) or one alone knows (1e3, 1_000, yes)
 * is text, as it is to pySigma, which reads YAML 1.1 (but for 010, 1_000 and
 * yes).
 */
#ifndef PATROL_RULE_LITERAL_H
#define PATROL_RULE_LITERAL_H

#include "base/arena.h"
#include "conf/yaml.h"

enum literal {
	LITERAL_TEXT, /* and all in quotes */
	LITERAL_NULL,
	LITERAL_BOOL,
	LITERAL_NUMBER
};

enum literal literal_of(const struct yaml_node *scalar);
/*
 * A number as JSON writes it, in the arena or the node's own text; nothing
 * (n is 0) for a hexadecimal of more than 64 bits.
 */
struct slice literal_number(struct arena *a, const struct yaml_node *number);
bool	     literal_is_hex(const struct yaml_node *number);
/* Is it text that JSON and YAML 1.2 take for a number: a plain 1e3? */
bool literal_is_power(const struct yaml_node *scalar);
#endif
