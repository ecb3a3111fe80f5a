/*
 * wal - is a write-ahead log whole, as far as it was ever durable?
 *
 * Private to src/store.  Reads the file, before SQLite does; changes nothing.
 */
#ifndef PATROL_STORE_WAL_H
#define PATROL_STORE_WAL_H

#include "base/error.h"

/*
 * Looks at the log of the database at `path`.  0 where it is whole, was cut
 * short by a crash, or is not there; else STORE_E_DAMAGED or STORE_E_IO.
 */
int wal_check(const char *path, struct error *err) MUSTCHECK;
#endif
