/*
 * value - one value of the configuration: from YAML to its field and back.
 */
#ifndef PATROL_CONF_VALUE_H
#define PATROL_CONF_VALUE_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/complain.h"
#include "conf/options.h"
#include "conf/yaml.h"

/* What is being read, where what was read goes, and who hears of faults. */
struct value_ctx {
	struct arena	  *arena;
	const char	  *file;
	struct complaints *c;
};

/*
 * Sets the field of an option from a node.  `base` is the struct that the
 * option's offset counts from.  On a fault it complains by place and name
 * and leaves the field as it was.
 */
void value_parse(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, void *base);
/*
 * The names of a map (a node of that type), each with a text or a list of
 * texts, as the option `name` has them; at most `max`.  Faults are told.
 */
struct conf_map;
void value_parse_map(const struct value_ctx *ctx, const char *name, int64_t max,
    const struct yaml_node *n, struct conf_map *out);
/* Sets the field to the option's default; one without is left as it was. */
void value_set_default(struct arena *arena, const struct option *o, void *base);
/* Turns an option off that stands for its section (OPTION_SWITCH). */
void value_set_off(const struct option *o, void *base);
/* The field as YAML, `~` for none. */
void value_format(const struct option *o, const void *base, struct buf *out);
/* What the option takes, e.g. "an integer from 1 to 100". */
void value_describe(const struct option *o, struct buf *out);
/*
 * "127.0.0.1:80", "[::1]:80": fills *a and *port and gives 0; a text that
 * begins with a slash is the path of a Unix socket: 1; anything else: -1.
 */
int value_parse_listen(struct slice s, struct addr *a,
    uint16_t *port) MUSTCHECK;
#endif
