/*
 * fdfile - a database in a file that somebody else has opened.
 *
 * Private to src/store.  SQLite opens by name; this is a VFS
 * (https://www.sqlite.org/vfs.html) whose names are descriptors, for a copy
 * into a file that its future owner has opened and lent.  One connection, no
 * locks, no journal: what fails half-way is thrown away whole.
 */
#ifndef PATROL_STORE_FDFILE_H
#define PATROL_STORE_FDFILE_H

#include <sqlite3.h>

#define FDFILE_VFS "patrol-fd"
#define FDFILE_NAME 16 /* bytes of a name, with the NUL */

/* Makes the VFS known, again if need be; SQLite's result code. */
int fdfile_register(void);
/* The name for sqlite3_open_v2; the descriptor is borrowed until the close. */
void fdfile_name(int fd, char name[FDFILE_NAME]);
#endif
