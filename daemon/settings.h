/*
 * settings - what the configuration means to the parts of the daemon, at the
 * start and after each reload.
 */
#ifndef PATROL_DAEMON_SETTINGS_H
#define PATROL_DAEMON_SETTINGS_H

#include "base/buf.h"
#include "base/complain.h"
#include "conf/conf.h"
#include "daemon/committer.h"
#include "engine/engine.h"
#include "rule/ruleset.h"
#include "token/policy.h"

/* What it wants of tokens. */
void settings_policy(const struct conf *c, struct token_policy *out);
/* The engine's limits; borrows texts of c. */
void settings_engine(const struct conf *c, struct engine_opts *o);
/* How long the store keeps what. */
void settings_keep(const struct conf *c, struct committer_keep *keep);
/* The rules that it names, owned by the caller; NULL with any fault, which
 * *faults then has. */
struct ruleset *settings_load_rules(const struct conf *c,
    struct complaints				      *faults);
/* Faults, a line each, without the warnings. */
void settings_format_faults(const struct complaints *faults, struct buf *out);
#endif
