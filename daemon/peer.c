#include "daemon/peer.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_GROUPS 256 /* supplementary groups looked at */

/* Is the peer a "@group" or a user of the list? */
static bool
is_listed(const struct conf_list *list, const struct control_peer *peer,
    const gid_t *gids, int ngids)
{
	const char   *name;
	struct group *gr;
	unsigned      i;
	int	      g;

	for (i = 0; i < list->n; i++) {
		name = list->item[i];
		if (name[0] != '@') {
			if (peer->user[0] != '\0' &&
			    strcmp(name, peer->user) == 0)
				return true;
			continue;
		}
		if ((gr = getgrnam(name + 1)) == NULL)
			continue;
		for (g = 0; g < ngids; g++)
			if (gids[g] == gr->gr_gid)
				return true;
	}
	return false;
}

/*
 * Roles by user name and groups.  patrold's own uid is an admin whatever the
 * lists say: it could write the store with its own hands.
 */
static void
find_roles(const struct conf *conf, struct control_peer *peer)
{
	gid_t gids[PEER_GROUPS];
	int   n = PEER_GROUPS;

	if (peer->user[0] == '\0' ||
	    getgrouplist(peer->user, peer->gid, gids, &n) == -1) {
		gids[0] = peer->gid;
		n = 1;
	}
	peer->roles = ROLE_ANY;
	if (peer->uid == geteuid() ||
	    is_listed(&conf->role_admin, peer, gids, n))
		peer->roles |= ROLE_ADMIN | ROLE_ANALYST | ROLE_VIEWER;
	if (is_listed(&conf->role_analyst, peer, gids, n))
		peer->roles |= ROLE_ANALYST | ROLE_VIEWER;
	if (is_listed(&conf->role_viewer, peer, gids, n))
		peer->roles |= ROLE_VIEWER;
}

bool
peer_find(const struct conf *conf, int fd, struct control_peer *peer)
{
	struct ucred   cred;
	struct passwd *pw;
	socklen_t      len = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	memset(peer, 0, sizeof *peer);
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->pid = cred.pid;
	if ((pw = getpwuid(cred.uid)) != NULL)
		snprintf(peer->user, sizeof peer->user, "%s", pw->pw_name);
	snprintf(peer->actor, sizeof peer->actor, "uid:%u(%s)",
	    (unsigned)cred.uid, peer->user);
	find_roles(conf, peer);
	return true;
}
