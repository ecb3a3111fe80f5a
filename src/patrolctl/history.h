/*
 * history - what patrold has stored and loaded, for judging it once more.
 *
 * All functions return an exit code; where it is not CTL_DONE, the reason has
 * been told.
 */
#ifndef PATROL_PATROLCTL_HISTORY_H
#define PATROL_PATROLCTL_HISTORY_H

#include "patrolctl/ctl.h"
#include "rule/ruleset.h"
#include "use/use.h"

/* Groups a rule keeps where memory is there for one command alone. */
#define HISTORY_KEYS_MAX 1000000

/* The rules in force, from their texts; owned by the caller. */
int history_rules(struct ctl *ctl, struct ruleset **out) MUSTCHECK;
/*
 * Rule files and folders; CTL_REFUSED with the faults told.  Placeholders are
 * those of a file, or without (NULL) those that are configured, as is how
 * late a use may be, if the daemon is to be `asked`.
 */
int history_load(struct ctl *ctl, const char *const *paths, size_t n,
    const char *placeholders, bool asked, struct ruleset **out) MUSTCHECK;

/* The keys of the stored uses that arrived in [since, until). */
struct history_range {
	int64_t from, to; /* to < from: none */
};
int history_range(struct ctl *ctl, usec_t since, usec_t until,
    struct history_range *r) MUSTCHECK;

/*
 * A stored use as the rules saw it, with the fields that patrol added; it is
 * borrowed, and u->arrival is set.
 */
typedef void (*history_fn)(int64_t seq, const struct use *u, void *arg);
/* All stored uses of the range, in the order of their arrival. */
int history_walk(struct ctl *ctl, const struct history_range *r, history_fn fn,
    void *arg) MUSTCHECK;
#endif
