/*
 * leaks - reports of leaked secrets, whatever door they came in by.
 *
 * Owns the keys of who signs them, the allowance of who does not, and the
 * counters.  Loop thread only.
 */
#ifndef PATROL_DAEMON_LEAKS_H
#define PATROL_DAEMON_LEAKS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/leakbody.h"
#include "auth/pubkeys.h"
#include "base/addr.h"
#include "base/complain.h"
#include "conf/conf.h"
#include "engine/engine.h"

struct expose;
struct jsonw;
struct leaks;
struct patrold;

enum leak_door { LEAK_PARTNER, LEAK_PUBLIC, LEAK_CONTROL, LEAK_DOORS };

/* What became of a report: those of the engine, and what it never saw. */
enum {
	LEAK_UNKNOWN = ENGINE_LEAK_RESULTS, /* nobody has that secret */
	LEAK_MALFORMED,			    /* it cannot be one */
	LEAK_LIMITED,			    /* too many: not looked at */
	LEAK_RESULTS
};
const char *leaks_result_name(unsigned result);

/* The keys that the configuration names; NULL: it names none, or (a fault is
 * told) they cannot be used. */
struct pubkeys *leaks_load_keys(const struct conf *c, const char *file,
    struct complaints *faults);

/* Takes ownership of the keys. */
struct leaks *leaks_new(struct patrold *p, struct pubkeys *keys);
void	      leaks_free(struct leaks **l);
/* A reload: other keys. */
void leaks_set_keys(struct leaks *l, struct pubkeys *keys);

/* Is it signed with one of the keys?  Counts it if not. */
enum pubkeys_result leaks_verify(struct leaks *l, struct slice name,
    struct slice signature, struct slice bytes);
/* May that address have `n` more reports looked at by that door, or wrong
 * signatures?  leaks_allow counts them if so.  Family 0, a Unix socket's peer,
 * is one address. */
bool leaks_may(const struct leaks *l, enum leak_door door,
    const struct addr *from, uint64_t n);
bool leaks_allow(struct leaks *l, enum leak_door door, const struct addr *from,
    uint64_t n);
void leaks_count(struct leaks *l, enum leak_door door, unsigned result,
    uint64_t n);

/*
 * One report of a hash: the token it is of (NULL: nobody's) to *t, what came
 * of it is returned, counted.  `r` may lack all but the hash.
 */
unsigned leaks_take(struct leaks *l, enum leak_door door,
    const struct leak_record *r, const char *by,
    const struct engine_actor *actor, usec_t now, struct token **t,
    char alert[ALERT_ID_MAX]);
/*
 * The same some time after the answer was sent, so that this tells nothing of
 * it; false and counted as LEAK_LIMITED if too many are waiting.
 */
bool leaks_take_later(struct leaks *l, const struct leak_record *r,
    const struct addr *from);

/* What waits, now: nobody comes back to it. */
void leaks_settle(struct leaks *l);

void leaks_format_status(const struct leaks *l, struct jsonw *w);
void leaks_format_metrics(const struct leaks *l, struct expose *x);
#endif
