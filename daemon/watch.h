/*
 * watch - alerts as they become durable, for those who watch.
 */
#ifndef PATROL_DAEMON_WATCH_H
#define PATROL_DAEMON_WATCH_H

struct batch;
struct patrold;

/* A batch is durable: its alerts go to whoever watches. */
void watch_committed(struct patrold *p, const struct batch *b);
#endif
