/*
 * htpasswd - passwords of accounts, hashed by bcrypt.
 *
 * The file of htpasswd(1) of Apache: a line each, NAME:HASH; blank lines and
 * those that begin with # are passed over.  Only bcrypt hashes are taken
 * ("htpasswd -B"): what else the format knows can be tried out too fast.
 * Never changed once it is made; may be read on any thread.
 */
#ifndef PATROL_AUTH_HTPASSWD_H
#define PATROL_AUTH_HTPASSWD_H

#include <stdbool.h>

#include "base/complain.h"
#include "base/slice.h"

#define HTPASSWD_FILE_MAX (8 * 1024 * 1024) /* bytes of the file */
#define HTPASSWD_HASH	  61 /* bytes of a bcrypt hash, with the NUL */
#define HTPASSWD_COST_MIN 4
#define HTPASSWD_COST_MAX 14 /* about a second */

struct htpasswd;

/*
 * Reads a file, or text named `file` in faults, all of which are told to `c`
 * by line; NULL with any.
 */
struct htpasswd *htpasswd_load(const char *path, struct complaints *c);
struct htpasswd *htpasswd_parse(const char *file, struct slice text,
    struct complaints *c);
void		 htpasswd_free(struct htpasswd **h);
/* The hash of an account's password, borrowed; NULL: it has none. */
const char *htpasswd_find(const struct htpasswd *h, struct slice account);
/* The highest cost of all, HTPASSWD_COST_MIN for an empty file. */
unsigned htpasswd_cost(const struct htpasswd *h);
size_t	 htpasswd_count(const struct htpasswd *h);
/*
 * Is it the password of that hash (NULL: of none)?  Takes the time of `cost`
 * whatever the hash's own cost, and if there is none: so it tells nothing of
 * whether there is an account.  Some 50 ms at a cost of 10: not on the loop.
 */
bool htpasswd_check(const char *hash, unsigned cost, struct slice password);
#endif
