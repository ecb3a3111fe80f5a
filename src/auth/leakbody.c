/*
 * Both forms are read as the same: {"NAME":[...]}, the shape kept.  A bare
 * list is put into such an object first, and it must be all that is in it.
 */
#include "auth/leakbody.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "use/json.h"

#define FIELDS_EACH 16 /* of a record, on the average */
#define DEPTH_MAX   8

struct reading {
	size_t	     max; /* records */
	struct slice name;
	/* Reads what begins at f[*at] and goes on behind it. */
	void (*one)(struct leak_record *r, const struct json_field *f,
	    size_t *at);
	leakbody_fn   fn;
	void	     *arg;
	struct error *err;
};

/* --- one record ------------------------------------------------------ */

/* Hashed, and gone; what is empty is no token. */
static void
take_token(struct leak_record *r, struct slice token)
{
	if (token.n == 0)
		return;
	r->ok = true;
	r->wellformed = secret_is_wellformed(token);
	secret_hash(token, r->hash);
	secret_wipe((char *)token.p, token.n);
}

/* For people and the store: no secret in it, and not longer than `max`. */
static struct slice
told(struct slice text, size_t max)
{
	if (text.n > 0)
		secret_mask((char *)text.p, text.n);
	if (text.n <= max)
		return text;
	/* Not in the middle of a character. */
	while (max > 0 && ((unsigned char)text.p[max] & 0xc0) == 0x80)
		max--;
	return (struct slice){text.p, max};
}

static void
take_field(struct leak_record *r, const struct json_field *f, unsigned *tokens)
{
	if (slice_is(f->key, "token")) {
		(*tokens)++;
		if (f->type == JSON_STRING)
			take_token(r, f->value);
	} else if (f->type != JSON_STRING)
		return;
	else if (slice_is(f->key, "type"))
		r->type = told(f->value, LEAKBODY_TYPE);
	else if (slice_is(f->key, "url"))
		r->url = told(f->value, LEAKBODY_URL);
	else if (slice_is(f->key, "source"))
		r->source = told(f->value, LEAKBODY_TYPE);
}

/* Fields that are not known are for other versions of the form. */
static void
read_record(struct leak_record *r, const struct json_field *f, size_t *at)
{
	unsigned depth = 0, tokens = 0;
	bool	 object = f[*at].type == JSON_OBJECT;

	do {
		if (f[*at].type == JSON_OBJECT || f[*at].type == JSON_LIST)
			depth++;
		else if (f[*at].type == JSON_END)
			depth--;
		else if (depth == 1 && object)
			take_field(r, &f[*at], &tokens);
		(*at)++;
	} while (depth > 0);
	if (tokens != 1 || !r->ok)
		*r = (struct leak_record){.ok = false};
}

static void
read_credential(struct leak_record *r, const struct json_field *f, size_t *at)
{
	unsigned depth = 0;

	if (f[*at].type == JSON_STRING)
		take_token(r, f[*at].value);
	do {
		if (f[*at].type == JSON_OBJECT || f[*at].type == JSON_LIST)
			depth++;
		else if (f[*at].type == JSON_END)
			depth--;
		(*at)++;
	} while (depth > 0);
}

/* --- all of them ----------------------------------------------------- */

/* How many there are in the one list; 0: it is not the one thing there. */
static bool
count_members(const struct json_field *f, size_t n, struct slice name,
    size_t *members)
{
	unsigned depth = 0;
	size_t	 i;

	*members = 0;
	if (n < 2 || f[0].type != JSON_LIST || !slice_eq(f[0].key, name))
		return false;
	for (i = 0; i < n; i++) {
		if (f[i].type == JSON_END) {
			if (--depth == 0)
				return i == n - 1;
			continue;
		}
		*members += depth == 1;
		depth += f[i].type == JSON_OBJECT || f[i].type == JSON_LIST;
	}
	return false;
}

static int
hand_over(const struct reading *x, const struct json_field *f, size_t n)
{
	struct leak_record r;
	size_t		   at = 1, members;

	if (!count_members(f, n, x->name, &members)) {
		error_set(x->err, "not one list of reports");
		return LEAKBODY_E_FORM;
	}
	if (members > x->max) {
		error_set(x->err, "%zu reports in one body, at most %zu",
		    members, x->max);
		return LEAKBODY_E_LIMIT;
	}
	while (members-- > 0) {
		r = (struct leak_record){.ok = false};
		x->one(&r, f, &at);
		x->fn(&r, x->arg);
		secret_wipe(r.hash, sizeof r.hash);
	}
	return LEAKBODY_OK;
}

/* `text` has JSON_PADDING zeros behind it, so that the reader makes no copy
 * that nobody could wipe. */
static int
read_text(const struct reading *x, struct slice text)
{
	struct json_limits	 lim = {.text = LEAKBODY_MAX + 64,
		  .string = LEAKBODY_MAX + 64,
		  .fields = x->max * FIELDS_EACH + 2,
		  .depth = DEPTH_MAX,
		  .tree = true};
	struct json_reader	*r = json_reader_new(&lim);
	const struct json_field *f;
	size_t			 n;
	int			 res;

	switch (json_read(r, text, &f, &n, x->err)) {
	case JSON_OK:
		res = hand_over(x, f, n);
		break;
	case JSON_E_LIMIT:
		res = LEAKBODY_E_LIMIT;
		break;
	default:
		res = LEAKBODY_E_FORM;
	}
	json_reader_free(&r);
	return res;
}

static int
read_body(const struct reading *x, const char *before, struct slice body,
    const char *after)
{
	size_t	   room = body.n + JSON_PADDING + 64;
	struct buf b;
	int	   r;

	if (body.n > LEAKBODY_MAX) {
		error_set(x->err, "%zu bytes long, at most %d", body.n,
		    LEAKBODY_MAX);
		return LEAKBODY_E_LIMIT;
	}
	buf_init(&b);
	/* All at once: growing would leave secrets behind. */
	memset(buf_reserve(&b, room), 0, room);
	buf_adds(&b, before);
	buf_addslice(&b, body);
	buf_adds(&b, after);
	r = read_text(x, buf_slice(&b));
	secret_wipe(b.p, b.n);
	buf_clear(&b);
	return r;
}

int
leakbody_records(struct slice body, leakbody_fn fn, void *arg,
    struct error *err)
{
	const struct reading x = {LEAKBODY_RECORDS, SLICE("reports"),
	    read_record, fn, arg, err};

	return read_body(&x, "{\"reports\":", body, "}");
}

int
leakbody_credentials(struct slice body, leakbody_fn fn, void *arg,
    struct error *err)
{
	const struct reading x = {LEAKBODY_CREDENTIALS, SLICE("credentials"),
	    read_credential, fn, arg, err};

	return read_body(&x, "", body, "");
}
