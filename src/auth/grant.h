/*
 * grant - which of the accesses a client asks for it is given.
 *
 * The scope parameter of the Distribution token protocol:
 *     scope = resource ":" name ":" action *("," action), blank-separated
 * https://distribution.github.io/distribution/spec/auth/scope/
 * The type is what stands before the first `:`, the actions after the last:
 * a name may have a port ("localhost:5000/app").
 */
#ifndef PATROL_AUTH_GRANT_H
#define PATROL_AUTH_GRANT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "conf/conf.h"
#include "token/scope.h"

#define GRANT_SCOPES_MAX  64  /* resources of one request */
#define GRANT_ACTIONS_MAX 8   /* of one resource */
#define GRANT_NAME_MAX	  256 /* bytes of one name */

struct grant_access {
	struct slice type; /* "repository", "registry", ... */
	struct slice name;
	struct slice action[GRANT_ACTIONS_MAX];
	unsigned     naction;
};

struct grant_list {
	struct grant_access list[GRANT_SCOPES_MAX];
	unsigned	    n;
};

/*
 * Adds the resources of one scope parameter; the same resource again joins
 * its actions.  Slices point into `scope`.  0, or -1 with *err set.
 */
int grant_parse(struct slice scope, struct grant_list *g,
    struct error *err) MUSTCHECK;
/*
 * Does it ask for what no token may have: any resource whose type is not
 * `repository` (registry:catalog:* ...), or an action that is not pull,
 * push, delete or `*`?
 */
bool grant_is_admin(const struct grant_access *a);
/*
 * What of `asked` is given to an account (absent: nobody in particular)
 * under the scope of its token: see access.h.  `*` becomes the actions that
 * are allowed.  Resources of which nothing is left stay in with no action.
 */
void grant_allow(const struct grant_list *asked, const struct conf *c,
    struct slice account, const struct scope *s, struct grant_list *allowed);
/* The JWT's `access` claim: a JSON list; resources without action left out. */
void grant_format(const struct grant_list *g, struct buf *out);
/* One resource as a client wrote it: "repository:alice/app:pull,push". */
void grant_access_format(const struct grant_access *a, struct buf *out);
#endif
