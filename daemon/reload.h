/*
 * reload - configuration, rules and the files they name, read again while it
 * runs: whole or not at all.
 */
#ifndef PATROL_DAEMON_RELOAD_H
#define PATROL_DAEMON_RELOAD_H

#include <stddef.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "rule/ruleset.h"

struct patrold;

struct reload_result {
	size_t		      had, rules; /* rules before and after */
	struct ruleset_change change;
};

/* 0, and what is read is in force; or -1: nothing changes, and *faults has all
 * that is wrong, a line each. */
int reload_run(struct patrold *p, struct reload_result *r,
    struct buf *faults) MUSTCHECK;
/* That it was reloaded, for the audit. */
void reload_audit(struct patrold *p, const struct engine_actor *by,
    const struct reload_result *r);
/* All of that for SIGHUP; faults go to the log. */
void reload_by_signal(struct patrold *p);
#endif
