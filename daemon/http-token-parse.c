/*
 * http-token-parse - what a client of the token endpoint asks for, and the
 * credentials that it shows.
 */
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/http-token.h"
#include "daemon/patrold.h"
#include "token/secret.h"

const char *
exchange_param(const struct exchange *x, const char *name)
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
	if (x->scopes.n > TOKEN_ASKED_MAX)
		x->scopes.n = TOKEN_ASKED_MAX;
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
	const char *type = exchange_param(x, "grant_type");
	int	    r;

	r = basic_parse(http_header(x->req, "Authorization"), &x->basic);
	if (r == BASIC_E_BAD) {
		error_set(err, "Authorization: not Basic credentials");
		return -1;
	}
	if (type != NULL && strcmp(type, "refresh_token") == 0) {
		x->refresh = true;
		x->who.password = slice_of(exchange_param(x, "refresh_token"));
	} else if (r == BASIC_OK) {
		x->who.user = x->basic.user;
		x->who.password = x->basic.password;
	} else if (type != NULL && strcmp(type, "password") == 0) {
		x->who.user = slice_of(exchange_param(x, "username"));
		x->who.password = slice_of(exchange_param(x, "password"));
	} else if (type != NULL) {
		error_set(err,
		    "grant_type: password and refresh_token are supported");
		return -1;
	}
	return 0;
}

/* A request for another registry's tokens is a client's wrong turn. */
static int
check_service(struct exchange *x, struct error *err)
{
	const char *service = exchange_param(x, "service");

	if (service == NULL ||
	    strcmp(service, x->who.door->p->conf->auth_service) == 0)
		return 0;
	error_set(err, "service: this endpoint serves another one");
	return -1;
}

int
exchange_parse(struct exchange *x, struct error *err)
{
	return parse_params(x, err) != 0 || parse_credentials(x, err) != 0 ||
		parse_scopes(x, err) != 0 || check_service(x, err) != 0 ?
	    -1 :
	    0;
}
