/*
 * signin - who signs in over HTTP, and may they try again yet.
 *
 * What the token endpoint and /verify share: the token of a presented secret,
 * the use that each try is, how long wrong ones are kept waiting, and
 * passwords, which another thread checks.
 *
 * The right secret of a token is never kept waiting, whatever others tried
 * under its account's name or from its address.
 */
#ifndef PATROL_DAEMON_SIGNIN_H
#define PATROL_DAEMON_SIGNIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/complain.h"
#include "base/slice.h"
#include "engine/engine.h"
#include "token/table.h"
#include "token/secret.h"
#include "use/use.h"

struct conf;
struct evhttp_request;
struct htpasswd;
struct http_door;
struct patrold;
struct reader;
struct throttle;

/*
 * To all who did not show the right secret, whoever they claim to be: so it
 * tells nothing of accounts, and still says what to do where a password was
 * refused for its account's two factors.
 */
#define SIGNIN_GENERIC                                                 \
	"incorrect username or password; an account with two factors " \
	"signs in with an access token as its password"
#define SIGNIN_ADMIN "access tokens cannot administer the registry"
#define SIGNIN_ADMIN_PASSWORD \
	"nobody who signs in here can administer the registry"
#define SIGNIN_SUPERSEDED "the secret of this access token was replaced"
#define SIGNIN_TWO_FACTOR                                                  \
	"this account has two factors: sign in with an access token, not " \
	"with its password"
/* For uses, and the rules that see them. */
#define SIGNIN_WHY_TWO_FACTOR "password on a two-factor account"
#define SIGNIN_SHORT	      "the scope does not allow it"

struct signin_counts {
	uint64_t wrong;	    /* tries that were looked at and wrong */
	uint64_t slowed;    /* tries that came too early after wrong ones */
	uint64_t passwords; /* checked */
	uint64_t busy;	    /* not checked: too many waited */
};

struct signins {
	struct patrold	    *p;
	struct throttle	    *addresses, *accounts; /* owned */
	struct throttle	    *known;    /* owned: where accounts were right */
	struct htpasswd	    *htpasswd; /* owned; NULL: no passwords */
	struct reader	    *reader;   /* owned: checks passwords */
	unsigned	     waiting;  /* passwords */
	struct signin_counts counts;
};

/* Reads the passwords that `conf` names; NULL with faults told to `c`. */
struct signins *signins_new(struct patrold *p, const struct conf *conf,
    struct complaints *c);
/* Starts the thread: after privileges are dropped. */
void signins_start(struct signins *s);
/* Ends the thread: passwords that wait are not checked. */
void signins_stop(struct signins *s);
void signins_free(struct signins **s);
/* After a reload; takes ownership of the passwords (NULL: none). */
void signins_configure(struct signins *s, struct htpasswd *h);

/* One try. */
struct signin {
	struct http_door       *door;
	usec_t			now;
	struct addr		ip;		/* family 0: not known */
	char		       *agent;		/* owned; masked; NULL: none */
	struct slice		user, password; /* absent: none was shown */
	struct engine_presented shown;
	struct token *token;   /* of the right secret, or a dead one's */
	const char   *account; /* who signed in; NULL: nobody did */
	const char   *refusal; /* told to the holder of a right secret */
	const char   *why;     /* for the use alone, before all others */
	bool	      generic; /* refused with one text for all */
	bool	      follows; /* from a sign-in that was counted */
	char	      print[SECRET_PRINT]; /* of an unknown secret */
};

/*
 * Sets door, now, ip and agent; nothing of it lies in the request, which goes
 * with its answer.  User and password (or neither) are set before by the
 * caller; people swap them, so a secret in the user's place is masked there.
 */
void signin_begin(struct signin *s, struct http_door *d,
    struct evhttp_request *req, usec_t now);
/* Frees what it holds; all zero is fine. */
void signin_end(struct signin *s);
/*
 * Finds the token of the presented secret: sets token and account, or refusal,
 * or generic.  With `any_user` a secret alone does, without the account's
 * name beside it.
 */
void signin_by_token(struct signin *s, bool any_user);
/*
 * By the subject of a token that was signed for it: sets token and account, or
 * refusal; false, and nothing is set, if there is no such token or account any
 * more.  "" is nobody in particular, and neither.
 */
bool signin_by_subject(struct signin *s, struct slice subject);
/* Is it a password that is to be checked, as no token's secret is? */
bool signin_is_password(const struct signin *s);
/*
 * For one that is wrong, or a password: how long it comes too early; 0: look
 * at it, and tell the outcome by signin_wrong or signin_right.
 */
usec_t signin_wait(struct signin *s);
void   signin_wrong(struct signin *s);
void   signin_right(struct signin *s);
/* "too many wrong sign-ins; try again in 8 s" */
#define SIGNIN_SLOWED_MAX 80
void signin_format_slowed(usec_t wait, char out[SIGNIN_SLOWED_MAX]);
/* Answers 429 to what came too early. */
void signin_reply_slowed(struct evhttp_request *req, usec_t wait);
/*
 * Fills a use in with who, whence and the outcome; `denied` (or NULL) is why
 * somebody who signed in may not do what was asked.
 */
void signin_fill(struct signin *s, struct use *u, const char *action,
    const char *denied);
/* Puts the use on the road; the rules may switch the token off by it, and then
 * there is a refusal. */
void signin_use(struct signin *s, struct use *u);
/* A stranger's text for a use, masked in place; absent if it is longer than
 * `max` bytes or not UTF-8. */
struct slice signin_bounded(struct slice text, size_t max);
#endif
