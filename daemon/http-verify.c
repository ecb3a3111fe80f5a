/*
 * http-verify - may this request to a registry pass?
 *
 * For a proxy that asks so of each request before it lets it through: nginx
 * with auth_request, Traefik with forwardAuth.  It tells in two headers what
 * was asked for (auth.verify), and passes on Authorization as it came: Basic
 * with an access token as the password, or the token as a bearer.  A password
 * is no access token and is refused, as one would have to be checked anew for
 * every layer.
 *
 *     200  let it through
 *     401  no, sign in (again); to who shows nothing this is no use
 *     403  no, whoever you are: the token or the account may not
 *
 * nginx knows no other answers; the reason stands in X-Patrol-Reason too, for
 * who shows the answer to people.  Nothing is remembered but how often: so a
 * token that is switched off is refused at its next request.  What is answered
 * with the one text for all is recorded with the answer on its way, as at the
 * token endpoint.
 */
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/access.h"
#include "auth/basic.h"
#include "auth/jwt-read.h"
#include "auth/v2path.h"
#include "base/buf.h"
#include "base/mem.h"
#include "daemon/http.h"
#include "daemon/patrold.h"
#include "daemon/signin.h"
#include "daemon/verifier.h"
#include "token/limits.h"

#define NEEDS_SIGN_IN "sign in with an access token"

struct verify {
	struct signin	       who;
	struct evhttp_request *req;
	struct basic	       basic;
	struct v2path	       path;
	bool		       known;  /* the path is one */
	const char	      *denied; /* who signed in may not, why */
	struct jwt_said	       said;   /* what it shows was signed for, if so */
	const char	      *error;  /* of RFC 6750, for what it shows */
	/* Owned: the request goes with its answer, and its headers with it. */
	char *credentials, *uri;
	bool  later; /* it is recorded later, and freed then */
};

/* --- who ------------------------------------------------------------- */

/* Absent if the header is not of this scheme. */
static struct slice
bearer_of(const char *text)
{
	const struct slice scheme = SLICE("Bearer ");
	struct slice	   s = slice_of(text);

	if (s.n < scheme.n ||
	    !slice_caseeq((struct slice){s.p, scheme.n}, scheme))
		return (struct slice){NULL, 0};
	return slice_trim((struct slice){s.p + scheme.n, s.n - scheme.n});
}

/* What cannot be read was shown all the same, and is a wrong secret. */
static bool
parse_credentials(struct verify *v)
{
	const char *text = v->credentials;

	v->who.password = bearer_of(text);
	if (v->who.password.p != NULL)
		return true;
	switch (basic_parse(slice_of(text), &v->basic)) {
	case BASIC_OK:
		v->who.user = v->basic.user;
		v->who.password = v->basic.password;
		break;
	case BASIC_E_BAD:
		v->who.password = SLICE("");
		break;
	default:
		if (text != NULL)
			v->who.password = SLICE("");
		break;
	}
	return false;
}

/* --- may it ---------------------------------------------------------- */

/*
 * The body is not ours to see, and a form in it may ask a registry for a
 * mount just as the query does: no client sends one.
 */
static bool
has_form(const struct verify *v)
{
	struct slice type = http_header(v->req, "Content-Type");

	return (type.n >= 10 &&
		   slice_caseeq((struct slice){type.p, 10},
		       SLICE("multipart/"))) ||
	    (type.n >= 33 &&
		slice_caseeq((struct slice){type.p, 33},
		    SLICE("application/x-www-form-urlencoded")));
}

/* A secret can stand in a path too, and what is left of it is recorded. */
static void
parse_path(struct verify *v)
{
	const struct conf *c = v->who.door->p->conf;
	struct slice	   uri = slice_of(v->uri);
	struct error	   err;

	v->known = !has_form(v) &&
	    v2path_parse(http_header(v->req, c->verify_method), uri, &v->path,
		&err) == 0;
	if (uri.n > 0)
		secret_mask(v->uri, uri.n);
	if (v->known && v->path.from.n > 0)
		secret_mask(v->path.text, v->path.from.n);
}

static bool
is_admin(const struct verify *v)
{
	return v->known && strcmp(v->path.action, "admin") == 0;
}

/* Does the signed token have all of that for the repository? */
static bool
was_granted(const struct verify *v, struct slice repository, unsigned needs)
{
	const struct grant_access *a;
	unsigned		   i, k;

	for (i = 0; i < v->said.access.n; i++) {
		a = &v->said.access.list[i];
		if (!slice_eq(a->name, repository))
			continue;
		for (k = 0; k < a->naction; k++)
			needs &= ~access_bit(a->action[k]);
	}
	return needs == 0;
}

/* In one repository. */
static bool
may(const struct verify *v, const struct scope *scope, struct slice repository,
    unsigned needs)
{
	return (needs &
		   ~access_bits(v->who.door->p->conf, slice_of(v->who.account),
		       scope, repository)) == 0;
}

/* Of what may be done, was it asked for when the token was signed? */
static bool
is_covered(const struct verify *v)
{
	const struct v2path *p = &v->path;

	return (p->repository.p == NULL ||
		   was_granted(v, p->repository, p->needs)) &&
	    (p->from.p == NULL || was_granted(v, p->from, ACCESS_PULL));
}

/* Why not, or NULL. */
static const char *
judge(const struct verify *v, const struct scope *scope)
{
	const struct v2path *p = &v->path;

	if (!v->known)
		return "not a request that a registry knows";
	if (is_admin(v))
		return SIGNIN_ADMIN;
	if (p->repository.p != NULL && !may(v, scope, p->repository, p->needs))
		return SIGNIN_SHORT;
	if (p->from.p != NULL && !may(v, scope, p->from, ACCESS_PULL))
		return SIGNIN_SHORT;
	return NULL;
}

/* --- the use --------------------------------------------------------- */

static void
fill(struct verify *v, struct use *u)
{
	const struct v2path *p = &v->path;

	signin_fill(&v->who, u, v->known ? p->action : "unknown", v->denied);
	u->granted = u->granted && v->denied == NULL;
	if (!v->known)
		return;
	if (p->repository.p != NULL)
		use_set(u, USE_REPOSITORY, p->repository);
	if (p->tag.p != NULL)
		use_set(u, USE_TAG, p->tag);
	if (p->digest.p != NULL)
		use_set(u, USE_DIGEST, p->digest);
	use_add_text(u, "mounted_from", p->from);
}

/* --- the answer ------------------------------------------------------ */

/*
 * Where to sign in: here, or (RFC 6750) at the token endpoint, for what was
 * asked for.  https://distribution.github.io/distribution/spec/auth/token/
 */
static void
add_challenge(struct verify *v)
{
	const struct conf   *c = v->who.door->p->conf;
	const struct v2path *p = &v->path;
	struct buf	     b;

	buf_init(&b);
	if (c->auth_realm == NULL) {
		buf_adds(&b, "Basic realm=\"patrol\"");
	} else {
		buf_addf(&b, "Bearer realm=\"%s\",service=\"%s\"",
		    c->auth_realm, c->auth_service);
		if (v->known && p->repository.p != NULL)
			buf_addf(&b, ",scope=\"repository:%.*s:%s\"",
			    SLICE_ARG(p->repository),
			    p->needs == ACCESS_DELETE	? "delete" :
				p->needs == ACCESS_PUSH ? "pull,push" :
							  "pull");
		if (v->error != NULL)
			buf_addf(&b, ",error=\"%s\"", v->error);
	}
	http_add_header(v->req, "WWW-Authenticate", buf_str(&b));
	buf_clear(&b);
}

static void
reply_no(struct verify *v, int status, const char *reason)
{
	if (status == 401)
		add_challenge(v);
	http_add_header(v->req, "X-Patrol-Reason", reason);
	http_reply_error(v->req, status,
	    status == 401 ? "UNAUTHORIZED" : "DENIED", reason);
}

static void
reply_yes(struct evhttp_request *req, void *arg)
{
	(void)arg;
	http_reply(req, 200, "text/plain", SLICE(""));
}

static void
drop_nothing(void *arg)
{
	(void)arg;
}

static void
allow(struct verify *v, bool durably)
{
	const struct signin *s = &v->who;

	verifier_counts(s->door->p->verifier)->allowed++;
	/* For the proxy's own log. */
	if (s->account != NULL)
		http_add_header(v->req, "X-Patrol-Account", s->account);
	if (s->token != NULL)
		http_add_header(v->req, "X-Patrol-Token", s->token->id);
	if (durably)
		http_reply_durably(s->door, v->req, NULL, reply_yes,
		    drop_nothing, NULL);
	else
		reply_yes(v->req, NULL);
}

static void
refuse(struct verify *v, const char *slowed)
{
	struct verifier_counts *n = verifier_counts(v->who.door->p->verifier);

	if (v->who.generic || v->who.refusal != NULL) {
		n->refused++;
		reply_no(v, 401,
		    slowed != NULL     ? slowed :
			v->who.generic ? SIGNIN_GENERIC :
					 v->who.refusal);
	} else {
		n->denied++;
		reply_no(v, 403, v->denied);
	}
}

/* --- the route ------------------------------------------------------- */

static void
verify_free(struct verify *v)
{
	basic_wipe(&v->basic);
	if (v->credentials != NULL)
		secret_wipe(v->credentials, strlen(v->credentials));
	free(v->credentials);
	free(v->uri);
	signin_end(&v->who);
	free(v);
}

static void
record_late(void *arg)
{
	struct verify *v = arg;
	struct use    *u = xmalloc(sizeof *u);

	fill(v, u);
	signin_use(&v->who, u);
	free(u);
	verify_free(v);
}

/* Of a token that may be used so often, each counts. */
static bool
may_repeat(const struct signin *s, const struct use *u)
{
	const struct token_limits *l =
	    s->token != NULL ? s->token->limits : NULL;

	return !u->granted || l == NULL || l->max_uses == 0;
}

/* Who it is, is known: passes, or is refused, as a use. */
static void
settle(struct verify *v, const char *slowed)
{
	struct signin *s = &v->who;
	struct use    *u;
	bool	       passes, repeats = false;

	if (s->generic) {
		refuse(v, slowed);
		v->later = true;
		http_later(s->door, record_late, v);
		return;
	}
	u = xmalloc(sizeof *u);
	fill(v, u);
	passes = s->refusal == NULL && v->denied == NULL;
	if (passes && may_repeat(s, u))
		repeats = verifier_repeats(s->door->p->verifier, u);
	if (!repeats)
		signin_use(s, u);
	free(u);
	if (passes && s->refusal == NULL)
		allow(v, !repeats);
	else
		refuse(v, slowed);
}

/* No use: nothing was shown that counts. */
static void
challenge(struct verify *v, const char *reason)
{
	verifier_counts(v->who.door->p->verifier)->challenged++;
	reply_no(v, 401, reason);
}

/* What is public passes; to anything else the answer is who may ask. */
static void
run_anonymous(struct verify *v)
{
	static const struct scope nothing = {.level = SCOPE_PUBLIC_READ};

	if (v->known && v->path.repository.p != NULL &&
	    judge(v, &nothing) == NULL) {
		settle(v, NULL);
		return;
	}
	challenge(v, NEEDS_SIGN_IN);
}

/*
 * What the token endpoint signed.  One that has ended is no use: its client
 * gets the next one.
 */
static void
run_signed(struct verify *v)
{
	static const struct scope all = {.level = SCOPE_DELETE};
	static const struct scope nothing = {.level = SCOPE_PUBLIC_READ};
	struct signin		 *s = &v->who;
	const struct patrold	 *p = s->door->p;
	const struct jwt_key	 *keys[] = {p->key, p->old_key};

	if (jwt_read(verifier_reader(p->verifier), keys, 2, s->password,
		&v->said) == -1 ||
	    !slice_is(v->said.audience, p->conf->auth_service) ||
	    !slice_is(v->said.issuer, p->conf->auth_issuer)) {
		s->generic = true;
		s->why = "not a token that was signed here";
		signin_wrong(s);
		settle(v, NULL);
		return;
	}
	v->error = "invalid_token";
	if (v->said.expires <= s->now ||
	    !signin_by_subject(s, v->said.subject)) {
		challenge(v, "the signed token has ended; get another");
		return;
	}
	if (s->refusal == NULL)
		v->denied = judge(v,
		    s->token != NULL	   ? &s->token->scope :
			s->account != NULL ? &all :
					     &nothing);
	if (s->refusal == NULL && v->denied == NULL && !is_covered(v)) {
		v->error = "insufficient_scope";
		challenge(v, "the signed token is for something else");
	} else {
		settle(v, NULL);
	}
}

static void
run(struct verify *v, bool any_user)
{
	struct signin *s = &v->who;
	usec_t	       wait;
	char	       text[SIGNIN_SLOWED_MAX];

	signin_by_token(s, any_user);
	if (!s->generic) {
		if (s->refusal == NULL)
			v->denied = judge(v, &s->token->scope);
		settle(v, NULL);
	} else if ((wait = signin_wait(s)) > 0) {
		signin_format_slowed(wait, text);
		settle(v, text);
	} else {
		signin_wrong(s);
		settle(v, NULL);
	}
}

void
http_verify_route(struct http_door *d, struct evhttp_request *req)
{
	struct verify *v;
	bool	       any_user;

	if (!http_is_from_proxy(d, req)) {
		http_reply_error(req, 403, "DENIED",
		    "only a proxy of http[].trusted-proxies may ask");
		return;
	}
	v = xcalloc(1, sizeof *v);
	v->req = req;
	v->who.door = d;
	v->credentials = slice_dup(http_header(v->req, "Authorization"));
	v->uri = slice_dup(http_header(v->req, d->p->conf->verify_uri));
	any_user = parse_credentials(v);
	signin_begin(&v->who, d, req, patrold_now());
	parse_path(v);
	if (v->who.password.p == NULL)
		run_anonymous(v);
	else if (any_user && jwt_has_form(v->who.password))
		run_signed(v);
	else
		run(v, any_user);
	if (!v->later)
		verify_free(v);
}
