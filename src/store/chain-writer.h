/*
 * chain-writer - the end of the chain, as the writer adds to it.
 *
 * Private to src/store.  Between begin and done rows go into copies of the
 * running digests, so that a transaction that fails leaves no trace.
 */
#ifndef PATROL_STORE_CHAIN_WRITER_H
#define PATROL_STORE_CHAIN_WRITER_H

#include "store/chain.h"

struct chain_writer;
struct db;

/* Takes up where the store was left.  0 or STORE_E_*. */
int  chain_writer_open(struct db *db, struct chain_writer **out,
     struct error *err) MUSTCHECK;
void chain_writer_free(struct chain_writer **w);
/* At the beginning of a transaction. */
void chain_writer_begin(struct chain_writer *w);
/* The digest that rows of this kind go into now. */
struct chain_digest *chain_writer_digest(struct chain_writer *w,
    enum chain_kind					      k);
/* A row of that kind and key was added, which came at `time`. */
void chain_writer_count(struct chain_writer *w, enum chain_kind k, int64_t key,
    usec_t time);
/*
 * At its end: writes a link if there are rows for one and it is due; `now`:
 * it is.  SQLite's result code.
 */
int chain_writer_end(struct chain_writer *w, struct db *db, bool now) MUSTCHECK;
/* It was committed. */
void chain_writer_done(struct chain_writer *w);
/* Before the store is closed: a last link for what waits, in a transaction of
 * its own.  If that fails the next start takes up the rows. */
void chain_writer_seal(struct chain_writer *w, struct db *db);
#endif
