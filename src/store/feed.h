/*
 * feed - the uses of a batch, as a table that SQLite reads by itself.
 *
 * Private to src/store.  Binding 21 values and running a statement for each
 * use costs more than storing it; so they are copied by one statement,
 *
 *     INSERT INTO uses SELECT * FROM batch_uses
 *
 * from a virtual table (https://www.sqlite.org/vtab.html) over the batch.
 */
#ifndef PATROL_STORE_FEED_H
#define PATROL_STORE_FEED_H

#include <sqlite3.h>

#include "alert/batch.h"

struct chain_digest;

/* What the table batch_uses of a connection shows; borrowed, and set while
 * a statement reads it. */
struct feed {
	const struct batch  *batch;
	struct chain_digest *digest; /* takes each row that was read */
};

/* Makes the table known to a connection, which `f` must outlive. */
int feed_register(sqlite3 *sql, struct feed *f);
#endif
