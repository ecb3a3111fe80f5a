/*
 * correlate - correlation rules: many uses that mean something together.
 */
#ifndef PATROL_RULE_CORRELATE_H
#define PATROL_RULE_CORRELATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "rule/fields.h"
#include "rule/ruleset.h"
#include "rule/source.h"
#include "stream/bounds.h"
#include "stream/keyed.h"

/* The largest count a condition may ask for: what one group may keep. */
#define CORRELATION_COUNT_MAX 100000
#define CORRELATION_SPAN_MAX  (10 * USEC_YEAR)

enum correlation_type { CORRELATION_EVENT_COUNT, CORRELATION_VALUE_COUNT };

struct sigma_rule;

/* A rule that feeds the correlation. */
struct correlation_ref {
	const struct yaml_node	*node;	/* where it is named: id or name */
	struct sigma_rule	*rule;	/* once resolved */
};

struct correlation {
	enum correlation_type	 type;
	struct correlation_ref	*refs;
	size_t			 nrefs;
	const char		*group[RULE_KEY_MAX];
	unsigned		 group_slot[RULE_KEY_MAX];
	unsigned		 ngroup;
	const char		*field;		/* value_count */
	unsigned		 field_slot;
	struct window_rule	 window;
	bool			 generate;	/* the rules alert too */
	struct keyed		*state;		/* owned */
};

/* The Sigma name of the type, "event_count". */
const char	*correlation_type_name(enum correlation_type t);
/* Reads `correlation`; NULL with all faults told. */
struct correlation *correlate_parse(const struct source *src,
		    const struct yaml_node *map);
/* Takes the slots of its fields and makes room for its groups. */
void		 correlate_bind(struct correlation *c, struct fields *f,
		    size_t keys_max);
void		 correlate_clear(struct correlation *c);
/* Forgets all groups. */
void		 correlate_reset(struct correlation *c, size_t keys_max);
/*
 * Feeds it the use that the fields are of.  Does it hold there?  Then *v has
 * key, count and first.  `room` is for the group's key, kept warm.
 */
bool		 correlate_feed(struct correlation *c, const struct fields *f,
		    usec_t lateness, struct buf *room, struct verdict *v);
#endif
