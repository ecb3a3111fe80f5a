/*
 * file - files that patrold makes beside its store.
 */
#ifndef PATROL_DAEMON_FILE_H
#define PATROL_DAEMON_FILE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/slice.h"

struct patrold;

/* The directory that the store is in; the caller frees it. */
char *file_store_dir(const struct patrold *p);
/* A file that is made before privileges are dropped becomes the user's; a
 * failure is logged. */
void file_give_to_user(const struct patrold *p, int fd);
/* A new name is on the disk when its directory was synced: syncing the file
 * alone may leave it without a name after a power loss.  A failure is
 * logged. */
void file_sync_parent(const char *path);
/* Writes a file whole, or not at all, whenever the power goes: 0, or -1 with
 * *err set.  With `p` (not NULL) it becomes the user's. */
int file_write(const struct patrold *p, const char *path, mode_t mode,
    struct slice text, struct error *err) MUSTCHECK;
#endif
