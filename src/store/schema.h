/*
 * schema - which tables there are, and how an older file gets them.
 *
 * Private to src/store.
 */
#ifndef PATROL_STORE_SCHEMA_H
#define PATROL_STORE_SCHEMA_H

#include "base/error.h"

struct db;

/* "PTRL", in the file's header: file(1) shows it, and nobody else's
 * database is taken for ours. */
#define SCHEMA_APPLICATION_ID 0x5054524c
/* What this program writes: the number of steps. */
#define SCHEMA_VERSION 7

/*
 * Is this file ours?  Reads only.  0, STORE_E_DAMAGED (not a
 * database, or not patrol's), STORE_E_NEWER, or another STORE_E_*.
 */
int schema_check(struct db *db, struct error *err) MUSTCHECK;
/*
 * Takes the steps that the file has not taken, all in one transaction.  0
 * or STORE_E_*.
 */
int schema_upgrade(struct db *db, struct error *err) MUSTCHECK;
#endif
