#include "auth/jwt-read.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "use/json.h"

#define CLAIMS_FIELDS (16 + GRANT_SCOPES_MAX * (3 + GRANT_ACTIONS_MAX))

struct jwt_reader {
	struct json_reader *json;
	unsigned char payload[BASE64URL_ROOM(JWT_READ_MAX) + JSON_PADDING];
};

static const struct json_limits claims_limits = {.text = JWT_READ_MAX,
    .string = 8 * 1024,
    .fields = CLAIMS_FIELDS,
    .depth = 4,
    .index_lists = true};

struct jwt_reader *
jwt_reader_new(void)
{
	struct jwt_reader *r = xcalloc(1, sizeof *r);

	r->json = json_reader_new(&claims_limits);
	return r;
}

void
jwt_reader_free(struct jwt_reader **rp)
{
	if (*rp == NULL)
		return;
	json_reader_free(&(*rp)->json);
	free(*rp);
	*rp = NULL;
}

/* HEADER.PAYLOAD.SIGNATURE: what is signed, the payload, the signature. */
static bool
take_apart(struct slice text, struct slice *signed_part, struct slice *payload,
    struct slice *signature)
{
	ptrdiff_t first = slice_index(text, '.');
	ptrdiff_t last = slice_rindex(text, '.');

	if (first <= 0 || last <= first + 1 || (size_t)last + 1 >= text.n)
		return false;
	*signed_part = (struct slice){text.p, (size_t)last};
	*payload =
	    (struct slice){text.p + first + 1, (size_t)(last - first) - 1};
	*signature =
	    (struct slice){text.p + last + 1, text.n - (size_t)last - 1};
	return slice_index(*payload, '.') == -1;
}

bool
jwt_has_form(struct slice text)
{
	struct slice a, b, c;

	return take_apart(text, &a, &b, &c);
}

/* "access.3.name": the list's entry 3, which is the newest or a new one. */
static struct grant_access *
entry_of(struct grant_list *g, struct slice key, struct slice *name)
{
	struct slice rest = key, part;
	int64_t	     i;

	(void)slice_cut(&rest, '.', &part);
	if (!slice_is(part, "access") || !slice_cut(&rest, '.', &part) ||
	    slice_int(part, 0, GRANT_SCOPES_MAX - 1, &i) == -1 ||
	    (unsigned)i > g->n)
		return NULL;
	if ((unsigned)i == g->n)
		g->list[g->n++] = (struct grant_access){.naction = 0};
	*name = rest;
	return &g->list[i];
}

static void
take_access(struct grant_list *g, const struct json_field *f)
{
	struct slice	     name;
	struct grant_access *a = entry_of(g, f->key, &name);

	if (a == NULL)
		return;
	if (slice_is(name, "type"))
		a->type = f->value;
	else if (slice_is(name, "name"))
		a->name = f->value;
	else if (slice_is(name, "actions") && f->type == JSON_STRING &&
	    a->naction < GRANT_ACTIONS_MAX)
		a->action[a->naction++] = f->value;
}

static int
take_claims(const struct json_field *f, size_t n, struct jwt_said *out)
{
	int64_t seconds;
	size_t	i;

	out->issuer = out->audience = out->subject = (struct slice){NULL, 0};
	out->expires = 0;
	out->access.n = 0;
	for (i = 0; i < n; i++) {
		if (slice_is(f[i].key, "iss"))
			out->issuer = f[i].value;
		else if (slice_is(f[i].key, "aud"))
			out->audience = f[i].value;
		else if (slice_is(f[i].key, "sub"))
			out->subject = f[i].value;
		else if (slice_is(f[i].key, "exp") &&
		    slice_int(f[i].value, 0, INT64_MAX / USEC_SEC, &seconds) ==
			0)
			out->expires = seconds * USEC_SEC;
		else
			take_access(&out->access, &f[i]);
	}
	return out->issuer.p != NULL && out->audience.p != NULL &&
		out->subject.p != NULL && out->expires != 0 ?
	    0 :
	    -1;
}

static bool
is_signed(const struct jwt_key *const *keys, unsigned nkeys,
    struct slice signed_part, struct slice signature)
{
	unsigned i;

	for (i = 0; i < nkeys; i++)
		if (keys[i] != NULL &&
		    jwt_key_signed(keys[i], signed_part, signature))
			return true;
	return false;
}

int
jwt_read(struct jwt_reader *r, const struct jwt_key *const *keys,
    unsigned nkeys, struct slice text, struct jwt_said *out)
{
	const struct json_field *f;
	struct slice		 signed_part, payload, signature;
	struct error		 err;
	ptrdiff_t		 len;
	size_t			 n;

	if (text.n > JWT_READ_MAX ||
	    !take_apart(text, &signed_part, &payload, &signature) ||
	    !is_signed(keys, nkeys, signed_part, signature))
		return -1;
	len = base64url_decode(payload, r->payload);
	if (len == -1 ||
	    json_read(r->json, (struct slice){(char *)r->payload, (size_t)len},
		&f, &n, &err) != JSON_OK)
		return -1;
	return take_claims(f, n, out);
}
