/*
 * boot - from the configuration to a daemon that is ready to serve: the
 * store's directory, what the store kept, privileges.
 */
#ifndef PATROL_DAEMON_BOOT_H
#define PATROL_DAEMON_BOOT_H

#include "base/error.h"
#include "store/store.h"

struct patrold;

/* Each returns 0, or a sysexits code with *err set. */

/* The store's directory is there. */
int boot_dir(struct patrold *p, struct error *err) MUSTCHECK;
/* Everything the store kept, into the engine; windows are rebuilt. */
int boot_load(struct patrold *p, struct store *st, struct error *err) MUSTCHECK;
/* No core file, no new privileges; becomes the configured user. */
int boot_drop(struct patrold *p, struct error *err) MUSTCHECK;
/* sd_notify(3)'s datagram, e.g. "READY=1"; nothing without $NOTIFY_SOCKET. */
void boot_notify(const char *state);
#endif
