/*
 * envelope - the notifications of Distribution registries into uses.
 *
 * The whole body is flattened at once, {"events":[{"id":..},..]} into
 * events.0.id, events.0.timestamp, .., events.1.id, and so on; an event is a
 * run of fields with the same number.  A first pass checks that the runs
 * count up from 0, so that a bad body makes no callback; a second one makes
 * the uses.
 */
#include "use/envelope.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "use/decode.h"
#include "use/fault.h"
#include "use/json.h"

/* More than 60 fields an event; a manifest names its layers. */
#define FIELDS_MAX (ENVELOPE_EVENTS_MAX * 64)
#define DEPTH_MAX  16

static const struct slice token_prefix = {"pat_", 4};

/* Fields of an event that need more than a name. */
enum part {
	PART_TIMESTAMP,
	PART_ADDR,
	PART_ACTOR,
	PART_SIZE,
	PART_LENGTH,
	PARTS
};

struct envelope_reader {
	struct decode_opts  opts;
	struct json_reader *json; /* owned */
	struct use	    use;  /* the one handed out */
	/* Of the event at hand: */
	struct slice part[PARTS];
	struct slice method, host; /* of the request */
	unsigned     left_out;	   /* fields that were not kept */
	char	     left_text[12];
};

/* One event: its fields. */
struct run {
	const struct json_field *field;
	size_t			 n;
};

static const struct json_limits body_limits = {
    .text = ENVELOPE_BODY_MAX,
    /* Long text refuses its event, not the body. */
    .string = ENVELOPE_BODY_MAX,
    .fields = FIELDS_MAX,
    .depth = DEPTH_MAX,
    .index_lists = true,
};

struct envelope_reader *
envelope_reader_new(usec_t lateness)
{
	struct envelope_reader *r = xcalloc(1, sizeof *r);

	r->opts.lateness = lateness;
	r->json = json_reader_new(&body_limits);
	return r;
}

void
envelope_reader_free(struct envelope_reader **r)
{
	if (*r == NULL)
		return;
	json_reader_free(&(*r)->json);
	free(*r);
	*r = NULL;
}

/* ---- runs of fields ---------------------------------------------------- */

/*
 * The number of the event that a key belongs to, and the name of its field
 * there, absent for the event itself; -1 for keys outside of events.
 */
static int64_t
event_of(struct slice key, struct slice *name)
{
	const struct slice events = SLICE("events.");
	struct slice	   rest, number;
	int64_t		   i;

	if (!slice_starts(key, events))
		return -1;
	rest = (struct slice){key.p + events.n, key.n - events.n};
	if (!slice_cut(&rest, '.', &number) ||
	    slice_int(number, 0, FIELDS_MAX, &i) == -1)
		return -1;
	*name = rest;
	return i;
}

/* The first event at or behind `*at`, which moves behind it; false at the
 * end. */
static bool
next_run(const struct json_field *f, size_t n, size_t *at, struct run *run,
    int64_t *number)
{
	struct slice name;
	size_t	     i = *at;

	while (i < n && event_of(f[i].key, &name) == -1)
		i++;
	if (i == n)
		return false;
	*number = event_of(f[i].key, &name);
	run->field = &f[i];
	for (run->n = 0; i < n && event_of(f[i].key, &name) == *number; i++)
		run->n++;
	*at = i;
	return true;
}

static int
fail_list(struct error *err)
{
	error_set(err, "events: want a list of objects");
	return USE_E_TYPE;
}

/* Has the list a member that is no object?  An object without any field is
 * told as empty. */
static bool
has_stray(const struct run *run)
{
	struct slice name;

	(void)event_of(run->field->key, &name);
	return name.p == NULL &&
	    (run->field->type != JSON_EMPTY || run->field->value.p[0] != '{');
}

/* Is `events` there, a list (or null, as Go writes an empty one)? */
static int
check_list(const struct json_field *f, size_t n, unsigned events,
    struct error *err)
{
	const struct json_field *j = json_find(f, n, "events");

	if (j == NULL && events == 0) {
		error_set(err, "no list of events, want {\"events\": [...]}");
		return USE_E_SYNTAX;
	}
	if (j != NULL && (j->type != JSON_NULL || j->member) &&
	    (j->type != JSON_EMPTY || j->value.p[0] != '['))
		return fail_list(err);
	return 0;
}

static int
check_body(const struct json_field *f, size_t n, struct error *err)
{
	struct run run;
	size_t	   at = 0;
	int64_t	   number;
	unsigned   events = 0;

	while (next_run(f, n, &at, &run, &number)) {
		if (has_stray(&run))
			return fail_list(err);
		if (number != events) {
			error_set(err, "events: given twice");
			return USE_E_DUPLICATE_KEY;
		}
		if (++events > ENVELOPE_EVENTS_MAX) {
			error_set(err, "events: more than %d in one body",
			    ENVELOPE_EVENTS_MAX);
			return USE_E_LIMIT;
		}
	}
	return check_list(f, n, events, err);
}

/* ---- the fields of an event -------------------------------------------- */

/* The fields that go into the use as they are. */
static const struct plain {
	struct slice   name;
	enum use_field field;
} plain[] = {
    {{"id", 2}, USE_ID},
    {{"action", 6}, USE_ACTION},
    {{"target.repository", 17}, USE_REPOSITORY},
    {{"target.tag", 10}, USE_TAG},
    {{"target.digest", 13}, USE_DIGEST},
    {{"target.mediaType", 16}, USE_MEDIA_TYPE},
    {{"request.useragent", 17}, USE_USER_AGENT},
};

static const struct slice part_names[PARTS] = {
    [PART_TIMESTAMP] = {"timestamp", 9},
    [PART_ADDR] = {"request.addr", 12},
    [PART_ACTOR] = {"actor.name", 10},
    [PART_SIZE] = {"target.size", 11},
    [PART_LENGTH] = {"target.length", 13},
};

static int
fail_twice(struct error *err, struct slice name)
{
	fault_key(err, name, "given twice");
	return USE_E_DUPLICATE_KEY;
}

static int
fail_type(struct error *err, struct slice name, const char *want)
{
	fault_key(err, name, want);
	return USE_E_TYPE;
}

static int
take_plain(struct envelope_reader *r, const struct plain *p,
    const struct json_field *j, struct error *err)
{
	if (r->use.field[p->field].type != USE_ABSENT)
		return fail_twice(err, p->name);
	if (j->type == JSON_NULL && !j->member)
		return 0;
	if (j->type != JSON_STRING || j->member)
		return fail_type(err, p->name, "want a string");
	return decode_text(&r->use, p->field, j->value, err);
}

static int
take_part(struct envelope_reader *r, enum part part, const struct json_field *j,
    struct error *err)
{
	bool number = part == PART_SIZE || part == PART_LENGTH;

	if (r->part[part].p != NULL)
		return fail_twice(err, part_names[part]);
	if (j->type == JSON_NULL && !j->member)
		return 0;
	if (j->type != (number ? JSON_NUMBER : JSON_STRING) || j->member)
		return fail_type(err, part_names[part],
		    number ? "want a number" : "want a string");
	r->part[part] = j->value;
	return 0;
}

static struct use_value
value_of(const struct json_field *j)
{
	struct use_value v = {.p = j->value.p,
	    .n = (uint32_t)j->value.n,
	    .type = USE_NULL,
	    .more = j->more};

	if (j->type == JSON_STRING)
		v.type = USE_STRING;
	else if (j->type == JSON_NUMBER)
		v.type = USE_NUMBER;
	else if (j->type == JSON_TRUE || j->type == JSON_FALSE)
		v.type = USE_BOOL;
	else
		v.p = NULL, v.n = 0;
	return v;
}

/* Any other field, as long as there is room (two are kept for set_parts). */
static int
take_other(struct envelope_reader *r, struct slice name,
    const struct json_field *j, struct error *err)
{
	if (j->type == JSON_EMPTY && j->value.p[0] == '{')
		return 0;
	if (!j->more && use_has_other(&r->use, name))
		return fail_twice(err, name);
	if (r->use.nother >= USE_OTHER_MAX - 2 || name.n == 0 ||
	    use_field_find(name) != -1 || slice_starts(name, SLICE("new."))) {
		r->left_out++;
		return 0;
	}
	(void)use_add_other(&r->use, name, value_of(j));
	if (j->type == JSON_STRING && slice_eq(name, SLICE("request.method")))
		r->method = j->value;
	if (j->type == JSON_STRING && slice_eq(name, SLICE("request.host")))
		r->host = j->value;
	return 0;
}

static_assert(USE_STRING_MAX == 8192, "an error below says 8192");

static int
take_field(struct envelope_reader *r, struct slice name,
    const struct json_field *j, struct error *err)
{
	size_t i;

	if (name.n > USE_STRING_MAX || j->value.n > USE_STRING_MAX) {
		fault_key(err, name, "longer than 8192 bytes");
		return USE_E_LIMIT;
	}
	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (slice_eq(name, plain[i].name))
			return take_plain(r, &plain[i], j, err);
	for (i = 0; i < PARTS; i++)
		if (slice_eq(name, part_names[i]))
			return take_part(r, (enum part)i, j, err);
	return take_other(r, name, j, err);
}

/*
 * A manifest's references may be many: they come after all else, so that
 * they do not push the request out.
 */
static int
take_fields(struct envelope_reader *r, const struct run *run, struct error *err)
{
	const struct slice refs = SLICE("target.references.");
	struct slice	   name;
	size_t		   i, total = 0;
	unsigned	   pass;
	int		   e;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < run->n; i++) {
			(void)event_of(run->field[i].key, &name);
			if (slice_starts(name, refs) != (pass == 1))
				continue;
			total += name.n + run->field[i].value.n;
			if (total > USE_LINE_MAX) {
				error_set(err, "more than %d bytes of fields",
				    USE_LINE_MAX);
				return USE_E_LIMIT;
			}
			e = take_field(r, name, &run->field[i], err);
			if (e != 0)
				return e;
		}
	}
	return 0;
}

/* ---- an event ---------------------------------------------------------- */

/* "pat_" and at least one letter, digit, `_` or `-`. */
static bool
is_token_id(struct slice s)
{
	size_t i;
	char   c;

	if (!slice_starts(s, token_prefix) || s.n == token_prefix.n)
		return false;
	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && c != '_' && c != '-')
			return false;
	}
	return true;
}

/*
 * The subject that the token endpoint wrote: account and token.  Accounts
 * may hold a `+` of their own, so the last one counts.
 */
static int
set_actor(struct envelope_reader *r, struct error *err)
{
	struct slice account = r->part[PART_ACTOR], token;
	ptrdiff_t    plus = slice_rindex(account, '+');
	int	     e;

	if (plus != -1) {
		token = (struct slice){account.p + plus + 1,
		    account.n - (size_t)plus - 1};
		if (is_token_id(token)) {
			account.n = (size_t)plus;
			e = decode_text(&r->use, USE_TOKEN, token, err);
			if (e != 0)
				return e;
		}
	}
	return decode_text(&r->use, USE_ACCOUNT, account, err);
}

/* A proxy may have put anything there; what is no address is still kept. */
static void
set_addr(struct envelope_reader *r)
{
	const struct slice text = r->part[PART_ADDR];
	struct addr	   a;

	if (text.p == NULL || text.n == 0)
		return;
	if (addr_parse_peer(text, &a) == 0)
		use_set_ip(&r->use, &a);
	else
		(void)use_add_other(&r->use, part_names[PART_ADDR],
		    (struct use_value){.p = text.p,
			.n = (uint32_t)text.n,
			.type = USE_STRING});
}

static int
set_bytes(struct envelope_reader *r, struct error *err)
{
	struct slice n = r->part[PART_SIZE];

	if (n.p == NULL)
		n = r->part[PART_LENGTH];
	return n.p == NULL ? 0 : decode_int(&r->use, USE_BYTES, n, err);
}

static void
set_left_out(struct envelope_reader *r)
{
	int n;

	if (r->left_out == 0)
		return;
	n = snprintf(r->left_text, sizeof r->left_text, "%u", r->left_out);
	(void)use_add_other(&r->use, SLICE("fields_left_out"),
	    (struct use_value){.p = r->left_text,
		.n = (uint32_t)n,
		.type = USE_NUMBER});
}

/* The door's word, or what the request's Host header said. */
static int
set_registry(struct envelope_reader *r, struct slice registry,
    struct error *err)
{
	if (registry.p == NULL && r->host.n > 0)
		return decode_text(&r->use, USE_REGISTRY, r->host, err);
	use_set(&r->use, USE_REGISTRY, registry);
	return 0;
}

static int
set_parts(struct envelope_reader *r, struct slice registry, struct error *err)
{
	struct use *u = &r->use;
	int	    e;

	if (use_text(u, USE_ACTION).n == 0) {
		error_set(err, "action: missing, not a registry's event");
		return USE_E_TYPE;
	}
	if (slice_eq(use_text(u, USE_ACTION), SLICE("pull")) &&
	    slice_eq(r->method, SLICE("HEAD")))
		use_set(u, USE_ACTION, SLICE("check"));
	use_set(u, USE_OUTCOME, SLICE("success"));
	set_addr(r);
	set_left_out(r);
	if ((e = set_registry(r, registry, err)) != 0 ||
	    (e = set_actor(r, err)) != 0 || (e = set_bytes(r, err)) != 0)
		return e;
	if (r->part[PART_TIMESTAMP].p == NULL)
		return 0;
	return decode_time(u, r->part[PART_TIMESTAMP], &r->opts, err);
}

static int
read_event(struct envelope_reader *r, const struct run *run,
    struct slice registry, usec_t now, struct error *err)
{
	int e;

	use_init(&r->use, now);
	memset(r->part, 0, sizeof r->part);
	r->method = r->host = (struct slice){NULL, 0};
	r->left_out = 0;
	if ((e = take_fields(r, run, err)) != 0)
		return e;
	return set_parts(r, registry, err);
}

static int
refusal_of(int json_error)
{
	switch (json_error) {
	case JSON_E_UTF8:
		return USE_E_UTF8;
	case JSON_E_LIMIT:
		return USE_E_LIMIT;
	default:
		return USE_E_SYNTAX;
	}
}

int
envelope_read(struct envelope_reader *r, struct slice body,
    struct slice registry, usec_t now, envelope_use_fn fn, void *arg,
    struct error *err)
{
	const struct json_field *f;
	struct error		 fault;
	struct run		 run = {.n = 0};
	size_t			 n, at = 0;
	int64_t			 number;
	int			 e;

	if ((e = json_read_copy(r->json, body, &f, &n, err)) != 0)
		return refusal_of(e);
	if ((e = check_body(f, n, err)) != 0)
		return e;
	while (next_run(f, n, &at, &run, &number)) {
		e = read_event(r, &run, registry, now, &fault);
		if (e == 0)
			fn(&r->use, (unsigned)number, 0, NULL, arg);
		else
			fn(NULL, (unsigned)number, e, &fault, arg);
	}
	return 0;
}
