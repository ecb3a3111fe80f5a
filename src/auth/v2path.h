/*
 * v2path - what a request to a registry is about: action and repository.
 *
 * The paths of the Distribution Specification (OCI, "Endpoints"):
 *
 *     /v2/                                 login
 *     /v2/_catalog                         admin
 *     /v2/NAME/manifests/REFERENCE         pull push delete
 *     /v2/NAME/blobs/DIGEST                pull push delete
 *     /v2/NAME/blobs/uploads/[ID]          push
 *     /v2/NAME/tags/list                   list
 *     /v2/NAME/referrers/DIGEST            list
 *
 * Strict, since another program reads the same path after us and must see the
 * same repository: names are those of the specification, nothing in a path is
 * percent-encoded, and "//", "." and ".." are in none.  Whatever else comes is
 * none of these, and so refused.  Pure.
 */
#ifndef PATROL_AUTH_V2PATH_H
#define PATROL_AUTH_V2PATH_H

#include "base/error.h"
#include "base/slice.h"

#define V2PATH_NAME_MAX 255 /* bytes of a repository's name */

struct v2path {
	/* "login", "admin", "pull", "check" (by HEAD), "push", "mount",
	 * "delete" or "list" */
	const char  *action;
	unsigned     needs;	  /* ACCESS_* of the repository */
	struct slice repository;  /* absent: of none */
	struct slice tag, digest; /* what of it, or absent */
	/* A mount also pulls from there; points into `text`. */
	struct slice from;
	char	     text[V2PATH_NAME_MAX + 1];
};

/*
 * `uri` is a path with or without a query, as it stood in the request.
 * 0, or -1 with *err set.
 */
int v2path_parse(struct slice method, struct slice uri, struct v2path *out,
    struct error *err) MUSTCHECK;
/* May a repository be called so? */
bool v2path_is_name(struct slice s);
#endif
