/*
 * peer - who is at the other end of the control socket, and what they may.
 *
 * Who asks is the kernel's word (SO_PEERCRED), never the message's.
 */
#ifndef PATROL_DAEMON_PEER_H
#define PATROL_DAEMON_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"

/* Bits of a peer's roles. */
enum {
	ROLE_ADMIN = 1,
	ROLE_ANALYST = 2,
	ROLE_VIEWER = 4,
	ROLE_OWNER = 8, /* of the account of its user name */
	ROLE_ANY = 16	/* everybody who may connect */
};

struct control_peer {
	uid_t	 uid;
	gid_t	 gid;
	pid_t	 pid;
	char	 user[65];  /* "" when the uid has no name */
	char	 actor[96]; /* "uid:1000(alice)" */
	unsigned roles;	    /* ROLE_*; not ROLE_OWNER, which each request asks
			       for anew */
};

/* Of a connected socket; false if the kernel does not say. */
bool peer_find(const struct conf *conf, int fd, struct control_peer *peer);
#endif
