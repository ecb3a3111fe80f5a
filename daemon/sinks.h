/*
 * sinks - where alerts and notices go: syslog and a file.
 *
 * The store is the spool: an alert's line lies in its outbox with the same
 * commit as the alert, and each sink has a cursor there.  So a sink that was
 * unreachable, or a daemon that was killed, delivers what is missing later
 * (a line may then come twice, with the same alert id).  In memory a sink
 * holds SINK_QUEUE_MAX lines; beyond that the oldest is dropped and counted
 * (the alert itself is in the store).  A blocked sink never holds another.  A
 * notice that a sink has had is told; one that was dropped is made again.
 */
#ifndef PATROL_DAEMON_SINKS_H
#define PATROL_DAEMON_SINKS_H

#include <stdint.h>

#include "alert/batch.h"
#include "base/error.h"
#include "store/store.h"

#define SINK_QUEUE_MAX	 10000
#define NOTICE_QUEUE_MAX (SINK_QUEUE_MAX / 2) /* with so many, no notices */
#define SINK_MAX	 2

struct patrold;
struct sinks;

struct sink_status {
	const char *name; /* "syslog", "file" */
	const char *where;
	uint64_t    delivered, failures, waiting, dropped;
	const char *trouble; /* NULL: none */
};

struct sinks *sinks_new(struct patrold *p);
void	      sinks_free(struct sinks **s);
/* At start: what the sinks have not had yet.  0 or a STORE_E_*. */
int sinks_load(struct sinks *s, struct store *st, struct error *err) MUSTCHECK;
/* A batch is durable: its outbox lines go out. */
void sinks_committed(struct sinks *s, const struct batch *b);
/* Tries what failed again; puts cursors into the batch; each second. */
void sinks_tick(struct sinks *s);
/* After a reload: other places and formats. */
void	 sinks_configure(struct sinks *s);
unsigned sinks_status(const struct sinks *s, struct sink_status out[SINK_MAX]);
#endif
