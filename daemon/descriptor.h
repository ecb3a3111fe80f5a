/*
 * descriptor - one that a peer lends over a Unix socket.
 */
#ifndef PATROL_DAEMON_DESCRIPTOR_H
#define PATROL_DAEMON_DESCRIPTOR_H

/*
 * Reads one byte and what comes with it (SCM_RIGHTS, see unix(7)): the
 * descriptor, to be closed by the caller, or -1 if there is not exactly one.
 */
int descriptor_receive(int sock);
#endif
