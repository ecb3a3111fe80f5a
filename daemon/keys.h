/*
 * keys - the key that signs for registries, and one taking its place.
 *
 * A registry trusts the certificates of a bundle that it reads when it
 * starts.  So a new key comes in stages, none of which refuses anybody:
 *
 *     begin    a new key is made, its certificate joins the bundle; the old
 *              one signs on.  Then the registry gets the bundle, and restarts.
 *     use      the new key signs, the old one is gone.  The bundle still has
 *              both: what was signed before is good until its end.
 *     finish   the old certificate leaves the bundle.  The registry gets it
 *              at leisure.
 *     cancel   in place of use: all is as it was.
 *
 * What stage it is is told by the files beside the store alone, so that a
 * restart in between changes nothing:
 *
 *     auth-key.pem           signs
 *     auth-key-next.pem      there between begin and use
 *     auth-certificate.pem   the bundle; one certificate is the signing key's
 */
#ifndef PATROL_DAEMON_KEYS_H
#define PATROL_DAEMON_KEYS_H

#include "auth/bundle.h"
#include "base/clock.h"
#include "base/error.h"

struct jwt_key;
struct patrold;

enum keys_stage { KEYS_BEGIN, KEYS_USE, KEYS_FINISH, KEYS_CANCEL };

/* Where the files are. */
struct keys_paths {
	char *key, *next, *bundle; /* owned */
	bool  ours; /* not the configuration's: patrold makes them */
};

void keys_paths(const struct patrold *p, struct keys_paths *out);
void keys_paths_clear(struct keys_paths *paths);
/* At start: the key that the configuration names, or one made beside the
 * store.  0, or a sysexits code with *err set. */
int keys_load(struct patrold *p, struct error *err) MUSTCHECK;

/* What there is. */
struct keys_shown {
	struct bundle bundle;
	char	      signs[OSSL_KID_MAX]; /* the key's id, */
	char	      next[OSSL_KID_MAX];  /* and of the one to come, or "" */
};

/* On any thread.  0, or -1 with *err set; keys_shown_clear in any case. */
int  keys_show(const struct keys_paths *paths, struct keys_shown *out,
     struct error *err) MUSTCHECK;
void keys_shown_clear(struct keys_shown *s);
/*
 * One stage, on any thread but one at a time; *now_signs is the new signing
 * key after KEYS_USE, else untouched.  0; 1 with *err set when it is not that
 * stage's turn, and nothing was changed; -1 with *err set when it failed.
 */
int keys_rotate(const struct keys_paths *paths, enum keys_stage stage,
    usec_t now, struct jwt_key **now_signs, struct error *err) MUSTCHECK;
#endif
