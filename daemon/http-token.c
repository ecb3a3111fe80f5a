/*
 * http-token - the Distribution token protocol, with a PAT as the password.
 * https://distribution.github.io/distribution/spec/auth/token/
 *
 * Every exchange, granted or refused, is a use (`login`, or `admin` when it
 * asks for what no token may have) and takes the one road first: so a token
 * that a rule switches off by this very use is refused at once.  A grant is
 * answered after the commit, a refusal right away.
 *
 * Why it was refused is told only to who showed the right secret.  To all
 * others it is one text, after the same work: the presented secret is hashed
 * and looked up whatever it is and whoever it claims to be.  All else is done
 * with the answer on its way (http_later): so what a trap sets off, or which
 * rules see a wrong secret, does not show in how long that took.  Where there
 * are passwords, what is no access token by its form costs one bcrypt, on
 * another thread, whether there is such an account or not.
 */
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

#include "auth/basic.h"
#include "auth/grant.h"
#include "auth/htpasswd.h"
#include "base/mem.h"
#include "daemon/http-token.h"
#include "daemon/offline.h"
#include "daemon/patrold.h"
#include "daemon/signin.h"

#define NO_REFRESH                                                     \
	"only an auto-generated access token is a refresh token; use " \
	"this one as a password"

/* --- may it ---------------------------------------------------------- */

static bool
asks_admin(const struct exchange *x)
{
	unsigned i;

	for (i = 0; i < x->asked.n; i++)
		if (grant_is_admin(&x->asked.list[i]))
			return true;
	return false;
}

static bool
has_star(const struct grant_access *a)
{
	unsigned i;

	for (i = 0; i < a->naction; i++)
		if (slice_is(a->action[i], "*"))
			return true;
	return false;
}

/* Is anything left out that was asked for?  (`*` asks for what there is.) */
static bool
falls_short(const struct exchange *x)
{
	const struct grant_access *a, *g;
	unsigned		   i;

	for (i = 0; i < x->asked.n; i++) {
		a = &x->asked.list[i];
		g = &x->granted.list[i];
		if (g->naction == 0 ? a->naction > 0 :
				      g->naction < a->naction && !has_star(a))
			return true;
	}
	return false;
}

/* What who signed in is given under that scope, if there is no refusal. */
static void
allow(struct exchange *x, const struct scope *scope)
{
	if (x->who.refusal == NULL && asks_admin(x))
		x->who.refusal =
		    x->who.token != NULL ? SIGNIN_ADMIN : SIGNIN_ADMIN_PASSWORD;
	if (x->who.refusal == NULL)
		grant_allow(&x->asked, x->who.door->p->conf,
		    slice_of(x->who.account), scope, &x->granted);
}

static void
allow_anonymous(struct exchange *x)
{
	static const struct scope nothing = {.level = SCOPE_PUBLIC_READ};

	allow(x, &nothing);
	x->who.refusal = NULL;
	x->who.generic = x->asked.n == 0 || asks_admin(x) || falls_short(x);
}

/* --- the use --------------------------------------------------------- */

static void
record(struct exchange *x)
{
	struct signin *s = &x->who;
	struct use    *u = xmalloc(sizeof *u);

	signin_fill(s, u, asks_admin(x) ? "admin" : "login",
	    falls_short(x) ? SIGNIN_SHORT : NULL);
	if (x->asked.n == 1)
		use_set(u, USE_REPOSITORY,
		    signin_bounded(x->asked.list[0].name, USE_STRING_MAX));
	use_add_text(u, "scopes",
	    signin_bounded(buf_slice(&x->scopes), TOKEN_ASKED_MAX));
	signin_use(s, u);
	free(u);
}

/* --- the answer ------------------------------------------------------ */

static void
refuse(struct exchange *x)
{
	http_add_header(x->req, "WWW-Authenticate", "Basic realm=\"patrol\"");
	http_reply_error(x->req, 401, "UNAUTHORIZED",
	    x->who.generic ? SIGNIN_GENERIC : x->who.refusal);
}

static void
exchange_free(struct exchange *x)
{
	struct evkeyval *kv;

	TAILQ_FOREACH (kv, &x->params, next)
		secret_wipe(kv->value, strlen(kv->value));
	evhttp_clear_headers(&x->params);
	basic_wipe(&x->basic);
	secret_wipe(x->hash, sizeof x->hash);
	secret_wipe(x->offline, sizeof x->offline);
	buf_clear(&x->scopes);
	signin_end(&x->who);
	free(x);
}

static void
record_late(void *arg)
{
	struct exchange *x = arg;

	record(x);
	exchange_free(x);
}

/* With its answer, which is alike for all, on its way. */
static void
record_later(struct exchange *x)
{
	http_later(x->who.door, record_late, x);
}

/* An auto-generated token for who signed in with a password, if the client
 * asks for one and is one that gets it. */
static void
stay_signed_in(struct exchange *x)
{
	const struct offline_request o = {.offline_token =
					      slice_of(exchange_param(x,
						  "offline_token")),
	    .access_type = slice_of(exchange_param(x, "access_type")),
	    .client = slice_of(exchange_param(x, "client_id"))};
	struct patrold		    *p = x->who.door->p;

	if (x->who.token == NULL && x->who.account != NULL)
		offline_make(p,
		    token_table_account(engine_tokens(p->engine),
			slice_of(x->who.account)),
		    &o, &x->who.ip, x->who.now, x->offline);
}

/* It is known who it is, or that it is nobody: records, answers. */
static void
settle(struct exchange *x)
{
	if (x->who.generic) {
		if (x->req != NULL)
			refuse(x);
		record_later(x);
		return;
	}
	record(x);
	if (x->req != NULL && x->who.refusal != NULL) {
		refuse(x);
	} else if (x->req != NULL) {
		stay_signed_in(x);
		exchange_grant(x);
	}
	exchange_free(x);
}

/* --- passwords ------------------------------------------------------- */

/* On its own thread. */
static void
check_password(void *arg)
{
	struct exchange *x = arg;

	x->right = htpasswd_check(x->hash[0] != '\0' ? x->hash : NULL, x->cost,
	    x->who.password);
	x->checked = true;
}

/* The account may have changed while its password was checked. */
static void
judge_password(struct exchange *x)
{
	static const struct scope all = {.level = SCOPE_DELETE};
	struct signin		 *s = &x->who;
	const struct account	 *a;

	a = token_table_account(engine_tokens(s->door->p->engine), s->user);
	s->generic = !x->right || a == NULL;
	if (s->generic) {
		s->why = a == NULL ? "unknown account" : "wrong password";
		signin_wrong(s);
		return;
	}
	signin_right(s);
	s->account = a->name;
	if (a->two_factor) {
		s->refusal = SIGNIN_TWO_FACTOR;
		s->why = SIGNIN_WHY_TWO_FACTOR;
	} else if (a->disabled)
		s->refusal = TOKEN_ACCOUNT_DISABLED;
	allow(x, &all);
}

static void
password_checked(struct evhttp_request *req, void *arg)
{
	struct exchange *x = arg;

	x->who.door->p->signins->waiting--;
	x->req = req;
	if (x->checked) {
		x->who.door->p->signins->counts.passwords++;
		judge_password(x);
		settle(x);
		return;
	}
	if (req != NULL)
		http_reply_error(req, 503, "UNAVAILABLE",
		    "patrold is stopping; try again later");
	exchange_free(x);
}

/* What there is no time for is told so, whoever asks. */
static void
turn_away(struct exchange *x)
{
	x->who.door->p->signins->counts.busy++;
	x->who.generic = true;
	x->who.why = "password not checked: too many at a time";
	http_add_header(x->req, "Retry-After", "1");
	http_reply_error(x->req, 503, "UNAVAILABLE",
	    "too many sign-ins by password at a time; try again, or use an "
	    "access token");
	record_later(x);
}

static void
submit_password(struct exchange *x)
{
	struct signins *s = x->who.door->p->signins;
	const char     *hash = htpasswd_find(s->htpasswd, x->who.user);

	if (s->waiting >= x->who.door->p->conf->passwords_max) {
		turn_away(x);
		return;
	}
	s->waiting++;
	if (hash != NULL)
		memcpy(x->hash, hash, sizeof x->hash);
	x->cost = htpasswd_cost(s->htpasswd);
	http_work(x->who.door, x->req, s->reader, check_password,
	    password_checked, x);
}

/* --- the route ------------------------------------------------------- */

/* Too early after wrong ones: it is a use, but nothing is looked at. */
static void
slow_down(struct exchange *x, usec_t wait)
{
	x->who.generic = true;
	if (x->who.token == NULL && signin_is_password(&x->who))
		x->who.why = "password not checked: too many wrong ones";
	signin_reply_slowed(x->req, wait);
	record_later(x);
}

static void
exchange_run(struct exchange *x)
{
	struct signin *s = &x->who;
	usec_t	       wait;
	bool	       password;

	if (s->password.p == NULL) {
		allow_anonymous(x);
		settle(x);
		return;
	}
	signin_by_token(s, x->refresh);
	if (!s->generic) {
		if (x->refresh && s->refusal == NULL &&
		    s->token->kind != TOKEN_AUTO)
			s->refusal = NO_REFRESH;
		allow(x, &s->token->scope);
		settle(x);
		return;
	}
	password = signin_is_password(s);
	if ((wait = signin_wait(s)) > 0) {
		slow_down(x, wait);
	} else if (password) {
		submit_password(x);
	} else {
		signin_wrong(s);
		settle(x);
	}
}

void
http_token_route(struct http_door *d, struct evhttp_request *req)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	struct error	 err;

	x->req = req;
	x->who.door = d;
	TAILQ_INIT(&x->params);
	buf_init(&x->scopes);
	if (exchange_parse(x, &err) != 0) {
		http_reply_error(req, 400, "UNSUPPORTED", err.text);
		exchange_free(x);
		return;
	}
	signin_begin(&x->who, d, req, patrold_now());
	exchange_run(x);
}
