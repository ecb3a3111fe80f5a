/*
 * chain - the hash chain of the store, to people: verified when asked, its
 * head told to the log now and then, where whoever rewrites the file does
 * not reach.
 */
#ifndef PATROL_DAEMON_CHAIN_H
#define PATROL_DAEMON_CHAIN_H

struct patrold;

/* Call every second. */
void chain_tick(struct patrold *p);
#endif
