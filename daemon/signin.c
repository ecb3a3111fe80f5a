#include "daemon/signin.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/htpasswd.h"
#include "auth/throttle.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "daemon/http.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"

#define NET6_BYTES 8 /* one customer has a /64 at least */
#define KEY_MAX	   (ACCOUNT_NAME_MAX + 1 + 17)

/* --- life ------------------------------------------------------------ */

static void
set_limits(struct signins *s, const struct conf *c)
{
	unsigned n = (unsigned)c->wrong_free;

	throttle_configure(s->addresses, n, c->wrong_max);
	throttle_configure(s->accounts, n, c->wrong_max);
}

struct signins *
signins_new(struct patrold *p, const struct conf *conf, struct complaints *c)
{
	struct signins	*s;
	struct htpasswd *h = NULL;

	if (conf->auth_htpasswd != NULL &&
	    (h = htpasswd_load(conf->auth_htpasswd, c)) == NULL)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->p = p;
	s->htpasswd = h;
	s->addresses = throttle_new((size_t)conf->wrong_keys);
	s->accounts = throttle_new((size_t)conf->wrong_keys);
	s->known = throttle_new((size_t)conf->wrong_keys);
	set_limits(s, conf);
	return s;
}

void
signins_start(struct signins *s)
{
	s->reader = reader_new(s->p->base, NULL, "passwords");
}

void
signins_stop(struct signins *s)
{
	reader_free(&s->reader);
}

void
signins_free(struct signins **sp)
{
	struct signins *s = *sp;

	if (s == NULL)
		return;
	reader_free(&s->reader);
	throttle_free(&s->addresses);
	throttle_free(&s->accounts);
	throttle_free(&s->known);
	htpasswd_free(&s->htpasswd);
	free(s);
	*sp = NULL;
}

void
signins_configure(struct signins *s, struct htpasswd *h)
{
	htpasswd_free(&s->htpasswd);
	s->htpasswd = h;
	set_limits(s, s->p->conf);
}

/* --- who ------------------------------------------------------------- */

/* Secrets stand in any header, so all are masked, in the request's memory. */
struct slice
signin_bounded(struct slice text, size_t max)
{
	if (text.n > max || !slice_is_utf8(text))
		return (struct slice){NULL, 0};
	if (text.n > 0)
		secret_mask((char *)text.p, text.n);
	return text;
}

void
signin_begin(struct signin *s, struct http_door *d, struct evhttp_request *req,
    usec_t now)
{
	s->door = d;
	s->now = now;
	if (s->user.n > 0)
		secret_mask((char *)s->user.p, s->user.n);
	http_client_addr(d, req, &s->ip);
	s->agent = slice_dup(
	    signin_bounded(http_header(req, "User-Agent"), USE_STRING_MAX));
}

void
signin_end(struct signin *s)
{
	free(s->agent);
	s->agent = NULL;
}

/* Does the token work, for this one and from there? */
static void
judge_token(struct signin *s)
{
	if (s->shown.secret == SECRET_SUPERSEDED) {
		s->why = ENGINE_SUPERSEDED;
		s->refusal = SIGNIN_SUPERSEDED;
	} else
		s->refusal = token_refusal(s->token, &s->ip, s->now);
}

void
signin_by_token(struct signin *s, bool any_user)
{
	struct patrold *p = s->door->p;
	struct token   *t;

	engine_present(p->engine, s->password, s->now, &s->shown);
	s->token = t = s->shown.token;
	/* Traps and tombstones answer like a secret nobody ever had. */
	s->generic = t == NULL || t->kind == TOKEN_HONEY ||
	    t->state == TOKEN_DELETED || t->account == NULL ||
	    (!any_user && !slice_is(s->user, t->account->name));
	if (s->generic)
		return;
	engine_expire(p->engine, t, s->now);
	s->account = t->account->name;
	judge_token(s);
}

bool
signin_by_subject(struct signin *s, struct slice subject)
{
	struct patrold	     *p = s->door->p;
	ptrdiff_t	      plus = slice_rindex(subject, '+');
	struct token	     *t;
	const struct account *a;

	if (subject.n == 0)
		return true;
	if (plus == -1) {
		a = token_table_account(engine_tokens(p->engine), subject);
		if (a == NULL)
			return false;
		s->account = a->name;
		s->user = slice_of(a->name);
		s->refusal = a->two_factor ? SIGNIN_TWO_FACTOR :
		    a->disabled		   ? TOKEN_ACCOUNT_DISABLED :
					     NULL;
		return true;
	}
	s->follows = true;
	t = token_table_find(engine_tokens(p->engine),
	    (struct slice){subject.p + plus + 1, subject.n - (size_t)plus - 1});
	if (t == NULL || t->account == NULL)
		return false;
	s->token = t;
	engine_expire(p->engine, t, s->now);
	s->account = t->account->name;
	s->refusal = token_refusal_after(t, &s->ip, s->now);
	return true;
}

/*
 * By the form of what is shown alone, which whoever shows it knows: so what
 * takes the time of a password is any, whoever claims it.
 */
bool
signin_is_password(const struct signin *s)
{
	return s->door->p->signins->htpasswd != NULL && s->token == NULL &&
	    s->password.p != NULL && !secret_is_wellformed(s->password);
}

/* --- how often ------------------------------------------------------- */

/* The address, an IPv6 one by its /64; absent if it is not known. */
static struct slice
address_key(const struct signin *s)
{
	return (struct slice){(const char *)&s->ip,
	    s->ip.family == 0	  ? 0 :
		s->ip.family == 4 ? 1 + 4 :
				    1 + NET6_BYTES};
}

static struct slice
account_key(const struct signin *s)
{
	struct slice name = s->user;

	if (name.n > ACCOUNT_NAME_MAX)
		name.n = ACCOUNT_NAME_MAX;
	return name;
}

/* Both, for where an account was right before. */
static struct slice
known_key(const struct signin *s, char room[KEY_MAX])
{
	struct slice a = account_key(s), b = address_key(s);

	memcpy(room, a.p, a.n);
	room[a.n] = ' ';
	memcpy(room + a.n + 1, b.p, b.n);
	return (struct slice){room, a.n + 1 + b.n};
}

/*
 * What strangers try under an account's name must not lock out whoever signed
 * in there before: from where it was right, only the address counts.
 */
static bool
counts_for_account(const struct signin *s)
{
	char room[KEY_MAX];

	return s->user.n > 0 &&
	    !throttle_has(s->door->p->signins->known, known_key(s, room));
}

usec_t
signin_wait(struct signin *s)
{
	struct signins *all = s->door->p->signins;
	usec_t		wait = 0, other = 0;

	if (s->ip.family != 0)
		wait = throttle_wait(all->addresses, address_key(s), s->now);
	if (counts_for_account(s))
		other = throttle_wait(all->accounts, account_key(s), s->now);
	if (other > wait)
		wait = other;
	if (wait > 0) {
		all->counts.slowed++;
		return wait;
	}
	throttle_begin(all->addresses, address_key(s), s->now);
	if (counts_for_account(s))
		throttle_begin(all->accounts, account_key(s), s->now);
	return 0;
}

void
signin_wrong(struct signin *s)
{
	struct signins *all = s->door->p->signins;

	all->counts.wrong++;
	if (s->ip.family != 0)
		throttle_wrong(all->addresses, address_key(s), s->now);
	if (counts_for_account(s))
		throttle_wrong(all->accounts, account_key(s), s->now);
}

void
signin_right(struct signin *s)
{
	struct signins *all = s->door->p->signins;
	char		room[KEY_MAX];
	struct slice	both = known_key(s, room);

	throttle_right(all->addresses, address_key(s), false);
	throttle_right(all->accounts, account_key(s), true);
	if (!throttle_has(all->known, both))
		throttle_wrong(all->known, both, s->now);
}

static long long
whole_seconds(usec_t wait)
{
	return (long long)((wait + USEC_SEC - 1) / USEC_SEC);
}

void
signin_format_slowed(usec_t wait, char out[SIGNIN_SLOWED_MAX])
{
	snprintf(out, SIGNIN_SLOWED_MAX,
	    "too many wrong sign-ins; try again in %lld s",
	    whole_seconds(wait));
}

void
signin_reply_slowed(struct evhttp_request *req, usec_t wait)
{
	char text[SIGNIN_SLOWED_MAX], seconds[24];

	snprintf(seconds, sizeof seconds, "%lld", whole_seconds(wait));
	signin_format_slowed(wait, text);
	http_add_header(req, "Retry-After", seconds);
	http_reply_error(req, 429, "TOOMANYREQUESTS", text);
}

/* --- the use --------------------------------------------------------- */

/* Meant as one of our secrets, though perhaps not copied whole? */
static bool
is_meant_as_secret(const struct signin *s)
{
	struct slice prefix = slice_of(s->door->p->conf->token_prefix);

	return secret_is_wellformed(s->password) ||
	    (slice_starts(s->password, prefix) && s->password.n > prefix.n &&
		s->password.p[prefix.n] == '_');
}

/* A password, where the account has two factors and so takes none? */
static bool
is_refused_password(const struct signin *s)
{
	const struct account *a =
	    token_table_account(engine_tokens(s->door->p->engine), s->user);

	return a != NULL && a->two_factor && !is_meant_as_secret(s);
}

static const char *
failure_reason(const struct signin *s)
{
	if (s->password.p == NULL)
		return "no credentials";
	if (s->token == NULL && is_refused_password(s))
		return SIGNIN_WHY_TWO_FACTOR;
	if (s->why != NULL)
		return s->why;
	if (s->token == NULL)
		return "unknown secret";
	if (s->token->state == TOKEN_DELETED)
		return "access token was deleted";
	if (s->token->kind == TOKEN_HONEY)
		return "honey token";
	if (s->shown.secret == SECRET_SUPERSEDED)
		return ENGINE_SUPERSEDED;
	return "the token is another account's";
}

static void
set_outcome(const struct signin *s, struct use *u, const char *denied)
{
	if (s->generic) {
		use_set(u, USE_OUTCOME, SLICE("failure"));
		use_set(u, USE_REASON, slice_of(failure_reason(s)));
	} else if (s->refusal != NULL || denied != NULL) {
		use_set(u, USE_OUTCOME, SLICE("denied"));
		use_set(u, USE_REASON,
		    slice_of(s->refusal == NULL ? denied :
			    s->why != NULL	? s->why :
						  s->refusal));
	} else {
		use_set(u, USE_OUTCOME, SLICE("success"));
	}
}

/* Which unknown secret it was: a client repeats one, a thief tries many. */
static void
add_print(struct signin *s, struct use *u)
{
	if (s->password.p == NULL || s->token != NULL || s->account != NULL)
		return;
	secret_print(s->door->p->print_key, s->password, s->print);
	use_add_text(u, "secret.fingerprint", slice_of(s->print));
}

void
signin_fill(struct signin *s, struct use *u, const char *action,
    const char *denied)
{
	const struct conf_http *c = &s->door->conf;
	struct slice		user = signin_bounded(s->user, USE_ID_MAX);

	use_init(u, s->now);
	use_set(u, USE_REGISTRY,
	    slice_of(c->registry != NULL ? c->registry :
					   s->door->p->conf->auth_service));
	if (s->ip.family != 0)
		use_set_ip(u, &s->ip);
	if (s->agent != NULL)
		use_set(u, USE_USER_AGENT, slice_of(s->agent));
	use_set(u, USE_ACTION, slice_of(action));
	if (s->token != NULL) {
		use_set(u, USE_TOKEN, slice_of(s->token->id));
		use_set(u, USE_ACCOUNT,
		    s->token->account != NULL ?
			slice_of(s->token->account->name) :
			user);
	} else if (user.p != NULL) {
		use_set(u, USE_ACCOUNT, user);
	}
	set_outcome(s, u, denied);
	u->granted = !s->generic && s->refusal == NULL && !s->follows;
	add_print(s, u);
	engine_present_fields(&s->shown, u);
}

void
signin_use(struct signin *s, struct use *u)
{
	(void)engine_use(s->door->p->engine, u);
	/* The rules may just have switched it off. */
	if (s->token != NULL && !s->generic && s->refusal == NULL)
		s->refusal = token_refusal_after(s->token, &s->ip, s->now);
}
