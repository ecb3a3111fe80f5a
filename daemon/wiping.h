/*
 * wiping - memory that is overwritten when it is given back.
 *
 * What comes in at a door and what goes out lies in libevent's buffers, and
 * some of it is a secret: an Authorization header, the answer to token
 * create.  libevent frees them as they are, and so a secret would stay in the
 * heap for as long as nobody else needs the place.
 */
#ifndef PATROL_DAEMON_WIPING_H
#define PATROL_DAEMON_WIPING_H

/* Gives libevent allocators that wipe; before any other call of it. */
void wiping_start(void);
#endif
