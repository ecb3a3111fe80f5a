/*
 * correlate - correlation rules: many uses that mean something together.
 *
 * correlate-read.c reads one, correlate.c runs it.  Memory: rules.keys groups
 * a rule, what stream/ keeps for each, and CORRELATION_ROOM_MAX bytes of all
 * that a rule; and what the ruleset's pool allows to all rules together.  Past
 * that the group unused longest gives way, and is counted.
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
#include "stream/measure.h"
#include "stream/presence.h"

/* The largest count a condition may ask for: what one group may keep. */
#define CORRELATION_COUNT_MAX 100000
#define CORRELATION_SPAN_MAX  (10 * USEC_YEAR)
/* Bytes of the groups of one rule. */
#define CORRELATION_ROOM_MAX ((size_t)256 * 1024 * 1024)

/* In the order of type_names. */
enum correlation_type {
	CORRELATION_EVENT_COUNT,
	CORRELATION_VALUE_COUNT,
	CORRELATION_TEMPORAL,
	CORRELATION_TEMPORAL_ORDERED,
	CORRELATION_VALUE_SUM,
	CORRELATION_VALUE_AVG,
	CORRELATION_VALUE_PERCENTILE,
	CORRELATION_VALUE_MEDIAN
};

struct sigma_rule;

/* A rule that feeds the correlation. */
struct correlation_ref {
	const struct yaml_node *node; /* where it is named: id or name */
	struct sigma_rule      *rule; /* once resolved */
};

struct correlation {
	enum correlation_type	type;
	struct correlation_ref *refs;
	size_t			nrefs;
	const struct yaml_node *expression; /* temporal; NULL: none */
	const char	       *group[RULE_KEY_MAX];
	unsigned		ngroup;
	const char	       *field[RULE_KEY_MAX]; /* value_* */
	unsigned		nfields;
	bool			aliased;
	const char	      **names; /* aliased: of group and field,
						   a row a ref */
	int			known; /* the one field of `group`, if it is
						   a known one; or -1 */
	unsigned	       *slots; /* group, field; a row a ref
						   if aliased, else one */
	struct window_rule	window;
	struct measure_rule	measure;    /* sum, avg, percentile */
	struct presence_rule	presence;   /* temporal */
	bool			generate;   /* the rules alert too */
	struct keyed	       *state;	    /* owned */
	struct keyed_pool      *pool;	    /* borrowed: of the ruleset */
	uint64_t		shed;	    /* entries that gave way */
	struct buf		key, value; /* owned; kept warm */
};

static inline bool
correlation_is_temporal(const struct correlation *c)
{
	return c->type == CORRELATION_TEMPORAL ||
	    c->type == CORRELATION_TEMPORAL_ORDERED;
}

static inline bool
correlation_is_measure(const struct correlation *c)
{
	return c->type >= CORRELATION_VALUE_SUM;
}

/* The series in a group's state; NULL: value_count has none of its own. */
const struct series *correlation_series(const struct correlation *c,
    const void							 *state);

/* The Sigma name of the type, "event_count". */
const char *correlation_type_name(enum correlation_type t);
/* Reads `correlation`; NULL with all faults told. */
struct correlation *correlate_parse(const struct source *src,
    const struct yaml_node				*map);
/*
 * The rest of it, when the rules of its refs are known: what names them, by id
 * or name, and that none is named twice.  False with all faults told.
 */
bool correlate_link(const struct source *src, const struct yaml_node *map,
    struct correlation *c, const struct ruleset *rs);
/* The place in refs, at or behind `from`, of the rule that is named so; nrefs
 * if it is not among them. */
size_t correlate_ref(const struct correlation *c, const struct ruleset *rs,
    struct slice name, size_t from);
/* How many verdicts one use may have: with aliases one a rule. */
size_t correlate_verdicts(const struct correlation *c);
/* Bytes that a group has taken when its condition first holds, at least. */
size_t correlate_least(const struct correlation *c);
/* Takes the slots of its fields and makes room for its groups, which count
 * in the pool. */
void correlate_bind(struct correlation *c, struct fields *f, struct arena *a,
    const struct ruleset_limits *lim, struct keyed_pool *pool);
void correlate_clear(struct correlation *c);
/* Forgets all groups. */
void correlate_reset(struct correlation *c, size_t keys_max);
/*
 * Ahead of a use that will probably feed it: its group's key, by the fields
 * that the sender gave; absent where that is not known so early.
 */
struct slice correlate_ahead(const struct correlation *c, const struct use *u);
/*
 * Fetches what feeding the group of a key of that map_hash will need into the
 * cache, without waiting: three steps, from 0, each when what the one before
 * fetched may have come.
 */
void correlate_warm(const struct correlation *c, uint64_t hash, unsigned step);
/*
 * Feeds it the use that the fields are of, which the rules of the bits in
 * `held` (by their place in refs) match, at least one.  Where does it hold?
 * Returns how many groups, whose key, count and first are in v[].  A use is in
 * more than one group only where aliases differ between the rules it matches.
 */
size_t correlate_feed(struct correlation *c, const struct fields *f,
    uint64_t held, struct verdict *v);

/* --- for who explains: nothing moves --------------------------------- */

/* A group that the use is in; all borrowed until the look is over. */
struct correlation_group {
	struct verdict v;      /* key; and where it holds, count and first */
	uint64_t       feeds;  /* rules that the use feeds it by */
	const void    *state;  /* with the use in it; NULL: none */
	const void    *before; /* without the use; NULL: none, or fed */
	bool	       holds;  /* not told of one that was fed */
};
typedef void (
    *correlation_group_fn)(const struct correlation_group *, void *arg);

/*
 * Each group that correlate_feed would feed, with the same arguments.  If it
 * has not `fed` it yet, the use is tried on a copy of the group's state.
 */
void correlate_look(struct correlation *c, const struct fields *f,
    uint64_t held, bool fed, correlation_group_fn fn, void *arg);
/*
 * The group as it is, whether or not the use feeds it by that rule (its place
 * in refs).  False if the use has no value for some field of `group-by`.
 */
bool correlate_find(struct correlation *c, const struct fields *f, size_t ref,
    struct correlation_group *g);
/* The field that keeps a use of that rule from feeding, NULL if none does. */
const char *correlate_lacks(const struct correlation *c, const struct fields *f,
    size_t ref);
#endif
