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
 * rules see a wrong secret, does not show in how long that took.
 */
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

#include "auth/basic.h"
#include "auth/grant.h"
#include "auth/jwt.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/text.h"
#include "daemon/http.h"
#include "daemon/log.h"
#include "daemon/offline.h"
#include "daemon/patrold.h"

#define GENERIC	   "incorrect username or password"
#define ADMIN_TEXT "access tokens cannot administer the registry"
#define SUPERSEDED "the secret of this access token was replaced"
#define NO_REFRESH                                                     \
	"only an auto-generated access token is a refresh token; use " \
	"this one as a password"
#define ASKED_MAX 2048 /* bytes of the scopes kept with the use */

struct exchange {
	struct http_door       *door;
	struct evhttp_request  *req;
	usec_t			now;
	struct evkeyvalq	params;
	struct basic		basic;
	struct slice		user, password; /* absent: anonymous */
	bool			refresh; /* the password is a refresh token */
	struct addr		ip;	 /* family 0: unknown */
	char		       *agent;	 /* owned; NULL: none */
	struct engine_presented shown;
	struct token	       *token;	 /* of the right secret */
	const struct account   *account; /* whose password was right */
	struct grant_list	asked, granted;
	const char	       *refusal; /* told to the holder */
	const char	       *why;	 /* for the use, in place of that */
	bool			generic; /* refused with one text for all */
	struct buf		scopes;	 /* as asked, for the use */
	char			print[SECRET_PRINT]; /* of an unknown secret */
	char			offline[SECRET_MAX]; /* of a new auto token */
};

/*
 * A grant on its way: signed on another thread while the commit goes on, so
 * that what it says is all here, copied.
 */
struct grant_answer {
	const struct jwt_key *key; /* borrowed; it outlives all */
	char		     *issuer, *audience, *subject; /* owned */
	usec_t		      now, lifetime;
	struct buf	      access;
	struct buf	      jwt;		   /* once signed */
	char		      offline[SECRET_MAX]; /* "": none */
	struct error	      err;		   /* why it is not */
};

/* --- what is asked --------------------------------------------------- */

static const char *
param(const struct exchange *x, const char *name)
{
	return evhttp_find_header(&x->params, name);
}

static int
parse_scopes(struct exchange *x, struct error *err)
{
	struct evkeyval *kv;

	TAILQ_FOREACH (kv, &x->params, next) {
		if (strcmp(kv->key, "scope") != 0)
			continue;
		if (grant_parse(slice_of(kv->value), &x->asked, err) != 0)
			return -1;
		if (x->scopes.n > 0)
			buf_addc(&x->scopes, ' ');
		buf_adds(&x->scopes, kv->value);
	}
	/* Masked first: a secret cut in two would not be known for one. */
	if (x->scopes.n > 0)
		secret_mask(x->scopes.p, x->scopes.n);
	if (x->scopes.n > ASKED_MAX)
		x->scopes.n = ASKED_MAX;
	return 0;
}

static int
parse_form(struct exchange *x, struct error *err)
{
	struct slice body = http_body(x->req);
	char	    *text;
	int	     r;

	if (body.n > HTTP_FORM_MAX || memchr(body.p, '\0', body.n) != NULL) {
		error_set(err, "form longer than %d bytes, or not text",
		    HTTP_FORM_MAX);
		return -1;
	}
	text = slice_dup(body);
	r = evhttp_parse_query_str(text, &x->params);
	secret_wipe(text, body.n);
	free(text);
	if (r != 0)
		error_set(err,
		    "not a form (application/x-www-form-urlencoded)");
	return r;
}

static int
parse_params(struct exchange *x, struct error *err)
{
	const char *query;

	if (evhttp_request_get_command(x->req) == EVHTTP_REQ_POST)
		return parse_form(x, err);
	query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(x->req));
	if (query != NULL && evhttp_parse_query_str(query, &x->params) != 0) {
		error_set(err, "the query cannot be parsed");
		return -1;
	}
	return 0;
}

/* Basic for GET; for POST also the password grant of RFC 6749, 4.3, and the
 * refresh token of section 6, which names nobody. */
static int
parse_credentials(struct exchange *x, struct error *err)
{
	const char *type = param(x, "grant_type");
	int	    r;

	r = basic_parse(slice_of(
			    evhttp_find_header(evhttp_request_get_input_headers(
						   x->req),
				"Authorization")),
	    &x->basic);
	if (r == BASIC_E_BAD) {
		error_set(err, "Authorization: not Basic credentials");
		return -1;
	}
	if (type != NULL && strcmp(type, "refresh_token") == 0) {
		x->refresh = true;
		x->password = slice_of(param(x, "refresh_token"));
	} else if (r == BASIC_OK) {
		x->user = x->basic.user;
		x->password = x->basic.password;
	} else if (type != NULL && strcmp(type, "password") == 0) {
		x->user = slice_of(param(x, "username"));
		x->password = slice_of(param(x, "password"));
	} else if (type != NULL) {
		error_set(err,
		    "grant_type: password and refresh_token are supported");
		return -1;
	}
	return 0;
}

/* --- who, and may it ------------------------------------------------- */

static bool
is_public(struct slice repository, void *arg)
{
	const struct conf *c = arg;
	unsigned	   i;

	for (i = 0; i < c->auth_public.n; i++)
		if (glob_match(slice_of(c->auth_public.item[i]), repository))
			return true;
	return false;
}

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

/* Why the token of a right secret may not sign in; or it is expired first. */
static const char *
refusal_of(struct exchange *x)
{
	engine_expire(x->door->p->engine, x->token, x->now);
	if (x->shown.secret == SECRET_SUPERSEDED) {
		x->why = ENGINE_SUPERSEDED;
		return SUPERSEDED;
	}
	if (x->refresh && x->token->kind != TOKEN_AUTO)
		return NO_REFRESH;
	return token_refusal(x->token, &x->ip, x->now);
}

/* Traps and tombstones answer like a secret nobody ever had. */
static bool
is_unknown(const struct exchange *x)
{
	const struct token *t = x->token;

	return t == NULL || t->kind == TOKEN_HONEY ||
	    t->state == TOKEN_DELETED || t->account == NULL ||
	    (!x->refresh && !slice_is(x->user, t->account->name));
}

/* The token of the presented secret, if it is there and the user's own. */
static void
authenticate(struct exchange *x)
{
	static const struct scope nothing = {.level = SCOPE_PUBLIC_READ};
	struct patrold		 *p = x->door->p;

	engine_present(p->engine, x->password, x->now, &x->shown);
	x->token = x->shown.token;
	if (x->password.p == NULL) {
		grant_allow(&x->asked, &nothing, is_public, p->conf,
		    &x->granted);
		x->generic = x->asked.n == 0 || falls_short(x);
		return;
	}
	x->generic = is_unknown(x);
	if (x->generic)
		return;
	x->refusal = refusal_of(x);
	if (x->refusal == NULL && asks_admin(x))
		x->refusal = ADMIN_TEXT;
	if (x->refusal == NULL)
		grant_allow(&x->asked, &x->token->scope, is_public, p->conf,
		    &x->granted);
}

/* --- the use --------------------------------------------------------- */

/* Meant as one of our secrets, though perhaps not copied whole? */
static bool
is_meant_as_secret(const struct exchange *x)
{
	struct slice prefix = slice_of(x->door->p->conf->token_prefix);

	return secret_is_wellformed(x->password) ||
	    (slice_starts(x->password, prefix) && x->password.n > prefix.n &&
		x->password.p[prefix.n] == '_');
}

/* A password, where the account has two factors and so takes none? */
static bool
is_refused_password(const struct exchange *x)
{
	const struct account *a =
	    token_table_account(engine_tokens(x->door->p->engine), x->user);

	return a != NULL && a->two_factor && !is_meant_as_secret(x);
}

static const char *
failure_reason(const struct exchange *x)
{
	if (x->password.p == NULL)
		return "no credentials";
	if (x->token == NULL)
		return is_refused_password(x) ?
		    "password on a two-factor account" :
		    "unknown secret";
	if (x->token->state == TOKEN_DELETED)
		return "access token was deleted";
	if (x->token->kind == TOKEN_HONEY)
		return "honey token";
	if (x->shown.secret == SECRET_SUPERSEDED)
		return ENGINE_SUPERSEDED;
	return "the token is another account's";
}

static void
set_outcome(const struct exchange *x, struct use *u)
{
	if (x->generic) {
		use_set(u, USE_OUTCOME, SLICE("failure"));
		use_set(u, USE_REASON, slice_of(failure_reason(x)));
	} else if (x->refusal != NULL) {
		use_set(u, USE_OUTCOME, SLICE("denied"));
		use_set(u, USE_REASON,
		    slice_of(x->why != NULL ? x->why : x->refusal));
	} else if (falls_short(x)) {
		use_set(u, USE_OUTCOME, SLICE("denied"));
		use_set(u, USE_REASON, SLICE("the scope does not allow it"));
	} else {
		use_set(u, USE_OUTCOME, SLICE("success"));
	}
}

/*
 * A text of the request's, cut to what a use may hold, and UTF-8 or nothing.
 * User and password get swapped, so it is masked, in the request's own memory.
 */
static struct slice
bounded(struct slice s, size_t max)
{
	if (s.n > max || !slice_is_utf8(s))
		return (struct slice){NULL, 0};
	if (s.n > 0)
		secret_mask((char *)s.p, s.n);
	return s;
}

/* Where it comes from; kept, for the request goes with its answer. */
static void
keep_where(struct exchange *x)
{
	const char *agent;

	http_client_addr(x->door, x->req, &x->ip);
	agent = evhttp_find_header(evhttp_request_get_input_headers(x->req),
	    "User-Agent");
	if (agent != NULL)
		x->agent = slice_dup(bounded(slice_of(agent), USE_STRING_MAX));
}

static void
set_where(const struct exchange *x, struct use *u)
{
	const struct conf_http *c = &x->door->conf;

	use_set(u, USE_REGISTRY,
	    slice_of(c->registry != NULL ? c->registry :
					   x->door->p->conf->auth_service));
	if (x->ip.family != 0)
		use_set_ip(u, &x->ip);
	if (x->agent != NULL)
		use_set(u, USE_USER_AGENT, slice_of(x->agent));
}

static void
add_text(struct use *u, const char *name, struct slice text)
{
	if (text.n > 0)
		(void)use_add_other(u, slice_of(name),
		    (struct use_value){text.p, (uint32_t)text.n, USE_STRING,
			false});
}

/* Which unknown secret it was: a client repeats one, a thief tries many. */
static void
add_print(struct exchange *x, struct use *u)
{
	if (x->password.p == NULL || x->token != NULL)
		return;
	secret_print(x->door->p->print_key, x->password, x->print);
	add_text(u, "secret.fingerprint", slice_of(x->print));
}

static void
record(struct exchange *x)
{
	struct use  *u = xcalloc(1, sizeof *u);
	struct slice user = bounded(x->user, USE_ID_MAX);

	use_init(u, x->now);
	u->granted = !x->generic && x->refusal == NULL;
	set_where(x, u);
	use_set(u, USE_ACTION, asks_admin(x) ? SLICE("admin") : SLICE("login"));
	if (x->token != NULL) {
		use_set(u, USE_TOKEN, slice_of(x->token->id));
		use_set(u, USE_ACCOUNT,
		    x->token->account != NULL ?
			slice_of(x->token->account->name) :
			user);
	} else if (user.p != NULL) {
		use_set(u, USE_ACCOUNT, user);
	}
	if (x->asked.n == 1)
		use_set(u, USE_REPOSITORY,
		    bounded(x->asked.list[0].name, USE_STRING_MAX));
	set_outcome(x, u);
	add_text(u, "scopes", bounded(buf_slice(&x->scopes), ASKED_MAX));
	add_print(x, u);
	engine_present_fields(&x->shown, u);
	(void)engine_use(x->door->p->engine, u);
	free(u);
	/* The rules may just have switched it off. */
	if (x->token != NULL && !x->generic && x->refusal == NULL)
		x->refusal = token_refusal_after(x->token, &x->ip, x->now);
}

/* --- the answer ------------------------------------------------------ */

static void
drop_answer(void *arg)
{
	struct grant_answer *g = arg;

	free(g->issuer);
	free(g->audience);
	free(g->subject);
	buf_clear(&g->access);
	buf_clear(&g->jwt);
	secret_wipe(g->offline, sizeof g->offline);
	free(g);
}

/* On any thread. */
static void
sign(void *arg)
{
	struct grant_answer *g = arg;
	struct jwt_claims    claims = {.issuer = slice_of(g->issuer),
	       .audience = slice_of(g->audience),
	       .subject = slice_of(g->subject),
	       .now = g->now,
	       .lifetime = g->lifetime,
	       .access = buf_slice(&g->access)};

	if (jwt_sign(g->key, &claims, &g->jwt, &g->err) != 0)
		g->jwt.n = 0;
}

static void
format_answer(struct grant_answer *g, struct buf *out)
{
	const char  *jwt = buf_str(&g->jwt);
	struct jsonw w;

	/* Growing would leave a copy of a secret behind. */
	buf_reserve(out, 2 * g->jwt.n + SECRET_MAX + 256);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "token", slice_of(jwt));
	jsonw_field_str(&w, "access_token", slice_of(jwt));
	if (g->offline[0] != '\0')
		jsonw_field_str(&w, "refresh_token", slice_of(g->offline));
	jsonw_field_int(&w, "expires_in", g->lifetime / USEC_SEC);
	jsonw_field_time(&w, "issued_at", g->now / USEC_SEC * USEC_SEC);
	jsonw_end(&w);
}

static void
send_grant(struct evhttp_request *req, void *arg)
{
	struct grant_answer *g = arg;
	struct buf	     body;

	/* Nobody signs any more when patrold stops. */
	if (g->jwt.n == 0 && g->err.text[0] == '\0')
		sign(g);
	if (g->jwt.n == 0) {
		log_warnx("token endpoint: cannot sign: %s", g->err.text);
		http_reply_error(req, 500, "UNKNOWN", "cannot sign");
		return;
	}
	buf_init(&body);
	format_answer(g, &body);
	http_reply_json(req, 200, buf_slice(&body));
	secret_wipe(body.p, body.n);
	buf_clear(&body);
}

static void
grant(struct exchange *x)
{
	struct grant_answer *g = xcalloc(1, sizeof *g);
	const struct conf   *c = x->door->p->conf;

	g->key = x->door->p->key;
	g->issuer = xstrdup(c->auth_issuer);
	g->audience = xstrdup(c->auth_service);
	g->subject = x->token == NULL ?
	    xstrdup("") :
	    xasprintf("%s+%s", x->token->account->name, x->token->id);
	g->now = x->now;
	g->lifetime = c->auth_lifetime;
	buf_init(&g->access);
	buf_init(&g->jwt);
	memcpy(g->offline, x->offline, sizeof g->offline);
	grant_format(&x->granted, &g->access);
	http_counts(x->door->http)->grants++;
	http_reply_durably(x->door, x->req, sign, send_grant, drop_answer, g);
}

static void
refuse(struct exchange *x)
{
	struct evkeyvalq *head;

	head = evhttp_request_get_output_headers(x->req);
	evhttp_add_header(head, "WWW-Authenticate", "Basic realm=\"patrol\"");
	http_reply_error(x->req, 401, "UNAUTHORIZED",
	    x->generic ? GENERIC : x->refusal);
}

/* A request for another registry's tokens is a client's wrong turn. */
static int
check_service(struct exchange *x, struct error *err)
{
	const char *service = param(x, "service");

	if (service == NULL ||
	    strcmp(service, x->door->p->conf->auth_service) == 0)
		return 0;
	error_set(err, "service: this endpoint serves another one");
	return -1;
}

/* An auto-generated token for who signed in with a password, if the client
 * asks for one and is one that gets it. */
static void
stay_signed_in(struct exchange *x)
{
	const struct offline_request o = {.offline_token = slice_of(
					      param(x, "offline_token")),
	    .access_type = slice_of(param(x, "access_type")),
	    .client = slice_of(param(x, "client_id"))};

	if (x->account != NULL)
		offline_make(x->door->p, x->account, &o, &x->ip, x->now,
		    x->offline);
}

static void
exchange_free(struct exchange *x)
{
	struct evkeyval *kv;

	TAILQ_FOREACH (kv, &x->params, next)
		secret_wipe(kv->value, strlen(kv->value));
	evhttp_clear_headers(&x->params);
	basic_wipe(&x->basic);
	secret_wipe(x->offline, sizeof x->offline);
	buf_clear(&x->scopes);
	free(x->agent);
	free(x);
}

static void
record_late(void *arg)
{
	struct exchange *x = arg;

	record(x);
	exchange_free(x);
}

static void
settle(struct exchange *x)
{
	if (x->generic) {
		refuse(x);
		http_later(x->door, record_late, x);
		return;
	}
	record(x);
	if (x->refusal != NULL) {
		refuse(x);
	} else {
		stay_signed_in(x);
		grant(x);
	}
	exchange_free(x);
}

void
http_token_route(struct http_door *d, struct evhttp_request *req)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	struct error	 err;

	x->door = d;
	x->req = req;
	x->now = patrold_now();
	TAILQ_INIT(&x->params);
	buf_init(&x->scopes);
	if (parse_params(x, &err) != 0 || parse_credentials(x, &err) != 0 ||
	    parse_scopes(x, &err) != 0 || check_service(x, &err) != 0) {
		http_reply_error(req, 400, "UNSUPPORTED", err.text);
		exchange_free(x);
		return;
	}
	keep_where(x);
	authenticate(x);
	settle(x);
}
