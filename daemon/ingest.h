/*
 * ingest - the sockets on which registries send their uses.
 *
 * One use a line; {"ack":N} when the first N lines of the connection are
 * settled, {"reject":N,"error":...} before the ack that covers N.  A sender
 * may ignore replies: acks for a peer that does not read collapse into the
 * newest, rejects beyond INGEST_OUT_MAX bytes are dropped (the refused lines
 * are in the store).  Nothing is ever dropped on the way in: while the
 * committer is behind, nothing is read.
 */
#ifndef PATROL_DAEMON_INGEST_H
#define PATROL_DAEMON_INGEST_H

#include <stdint.h>

#include "base/error.h"

struct ingest;
struct patrold;

struct ingest_counts {
	uint64_t connections;  /* now */
	uint64_t accepted;     /* ever */
	uint64_t kept_waiting; /* times the limit was reached */
	uint64_t lines;
	uint64_t settled;   /* of the lines: stored, duplicate or refused */
	uint64_t acks;	    /* sent; one covers many lines */
	uint64_t throttled; /* times reading stopped */
};

/* Makes the sockets; 0, or -1 with *err set. */
int ingest_open(struct patrold *p, struct ingest **out,
    struct error *err) MUSTCHECK;
/* Starts to accept. */
void ingest_start(struct ingest *in);
/* Accepts and reads no more; what was read is settled by the committer. */
void ingest_stop(struct ingest *in);
void ingest_free(struct ingest **in);
/* After a reload: the lateness may be another. */
void ingest_configure(struct ingest *in);
/* The committer has room: reads on. */
void			    ingest_room(struct ingest *in);
const struct ingest_counts *ingest_counts(const struct ingest *in);
#endif
