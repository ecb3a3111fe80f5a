#include "use/decode.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "use/fault.h"
#include "use/json.h"

/* Places in a line where it is remembered which field stands there. */
#define PLACES 32

struct decoder {
	struct decode_opts  opts;
	struct json_reader *json;   /* owned; of lines */
	struct json_reader *stored; /* owned; of decode_other */
	struct slice	    name[USE_FIELDS];
	uint8_t	 place[PLACES]; /* the known field that stood there last */
	uint32_t seen;		/* bit per known field of this use */
	unsigned keys;		/* other keys of this use */
};

static const struct json_limits line_limits = {
    .text = USE_LINE_MAX,
    .string = USE_STRING_MAX,
    .fields = USE_FIELDS_MAX,
    .depth = USE_DEPTH_MAX,
};

/* Other fields were a line once, but escapes can make six bytes of one. */
static const struct json_limits stored_limits = {
    .text = 8 * USE_LINE_MAX,
    .string = USE_STRING_MAX,
    .fields = USE_FIELDS_MAX,
    .depth = USE_DEPTH_MAX,
};

/* The whole of it, and what patrol has added. */
static const struct json_limits added_limits = {
    .text = 8 * USE_LINE_MAX,
    .string = USE_STRING_MAX,
    .fields = USE_FIELDS_MAX + USE_FIELDS,
    .depth = USE_DEPTH_MAX,
};

struct decoder *
decoder_new(const struct decode_opts *o)
{
	struct decoder *d = xcalloc(1, sizeof *d);
	size_t		f;

	d->opts = *o;
	for (f = 0; f < USE_FIELDS; f++)
		d->name[f] = slice_of(use_field_names[f]);
	d->json = json_reader_new(o->added ? &added_limits : &line_limits);
	d->stored = json_reader_new(&stored_limits);
	return d;
}

void
decoder_free(struct decoder **d)
{
	if (*d == NULL)
		return;
	json_reader_free(&(*d)->json);
	json_reader_free(&(*d)->stored);
	free(*d);
	*d = NULL;
}

/* ---- one known field --------------------------------------------------- */

/* Whole seconds are rounded up, so that what is over a limit shows so. */
static void
error_age(struct error *err, usec_t span, const char *where, usec_t max)
{
	char by[TIME_TEXT_MAX], most[TIME_TEXT_MAX];

	span_words((span + USEC_SEC - 1) / USEC_SEC * USEC_SEC, by);
	span_words(max, most);
	error_set(err, "time: %s%s %s the clock, at most %s",
	    strcmp(by, most) == 0 ? "over " : "", by, where, most);
}

int
decode_time(struct use *u, struct slice text, const struct decode_opts *o,
    struct error *err)
{
	usec_t t;

	if (time_parse(text, &t) == -1) {
		fault_text(err, "time", text,
		    "is not RFC 3339, as 2026-01-31T12:00:00Z");
		return USE_E_TYPE;
	}
	if (!o->ignore_age && t - u->arrival > USE_AHEAD_MAX) {
		error_age(err, t - u->arrival, "ahead of", USE_AHEAD_MAX);
		return USE_E_TIME_AHEAD;
	}
	if (!o->ignore_age && u->arrival - t > o->lateness) {
		error_age(err, u->arrival - t, "behind", o->lateness);
		return USE_E_TIME_LATE;
	}
	u->time = t;
	use_set(u, USE_TIME, text);
	return 0;
}

static int
decode_ip(struct use *u, struct slice text, struct error *err)
{
	struct addr a;

	if (addr_parse_v4(text, &u->ip) == 0) {
		use_set(u, USE_SOURCE_IP, text);
		return 0;
	}
	if (addr_parse_peer(text, &a) == -1) {
		fault_text(err, "source.ip", text,
		    "is not an IPv4 or IPv6 address");
		return USE_E_TYPE;
	}
	use_set_ip(u, &a);
	return 0;
}

static int
check_outcome(struct slice text, struct error *err)
{
	if (slice_eq(text, SLICE("success")) ||
	    slice_eq(text, SLICE("denied")) || slice_eq(text, SLICE("failure")))
		return 0;
	fault_text(err, "outcome", text, "is none of success, denied, failure");
	return USE_E_TYPE;
}

/* Fields in which empty text names nothing. */
static bool
is_name(enum use_field f)
{
	return f == USE_ID || f == USE_REGISTRY || f == USE_TOKEN ||
	    f == USE_ACCOUNT || f == USE_SOURCE_IP;
}

/* The bytes of text in a field that takes any; 0: it has a form of its own. */
static const uint16_t text_max[USE_FIELDS] = {
    [USE_ID] = USE_ID_MAX,
    [USE_REGISTRY] = USE_STRING_MAX,
    [USE_TOKEN] = USE_ID_MAX,
    [USE_ACCOUNT] = USE_STRING_MAX,
    [USE_ACTION] = USE_STRING_MAX,
    [USE_REASON] = USE_STRING_MAX,
    [USE_REPOSITORY] = USE_STRING_MAX,
    [USE_TAG] = USE_STRING_MAX,
    [USE_DIGEST] = USE_STRING_MAX,
    [USE_MEDIA_TYPE] = USE_STRING_MAX,
    [USE_USER_AGENT] = USE_STRING_MAX,
};

/* Of a text that has no NUL. */
static int
decode_clean(struct use *u, enum use_field f, struct slice text,
    struct error *err)
{
	size_t max = text_max[f] != 0 ? text_max[f] : USE_STRING_MAX;
	int    e;

	if (text.n == 0 && is_name(f))
		return 0;
	if (text.n > max) {
		error_set(err, "%s: %zu bytes, at most %zu", use_field_names[f],
		    text.n, max);
		return USE_E_LIMIT;
	}
	if (f == USE_SOURCE_IP)
		return decode_ip(u, text, err);
	if (f == USE_OUTCOME && (e = check_outcome(text, err)) != 0)
		return e;
	use_set(u, f, text);
	return 0;
}

int
decode_text(struct use *u, enum use_field f, struct slice text,
    struct error *err)
{
	/* Legal JSON, but nobody's name: it would end a C string early. */
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
		error_set(err, "%s: has a NUL character", use_field_names[f]);
		return USE_E_TYPE;
	}
	return decode_clean(u, f, text, err);
}

int
decode_int(struct use *u, enum use_field f, struct slice number,
    struct error *err)
{
	int64_t hi = f == USE_COUNT ? USE_COUNT_MAX : USE_BYTES_MAX, v;

	if (slice_int(number, 0, hi, &v) == -1) {
		fault_text(err, use_field_names[f], number,
		    f == USE_COUNT ? "is not a whole number of 0 to 10^9" :
				     "is not a whole number of 0 to 2^53");
		return USE_E_TYPE;
	}
	if (f == USE_COUNT)
		u->count = v;
	else
		u->bytes = v;
	use_set_number(u, f, number);
	return 0;
}

static int
fail_type(struct error *err, enum use_field f, const char *want)
{
	error_set(err, "%s: want %s", use_field_names[f], want);
	return USE_E_TYPE;
}

/* ---- one field of a line ----------------------------------------------- */

static struct use_value
value_of(const struct json_field *j)
{
	static const uint8_t types[] = {
	    [JSON_STRING] = USE_STRING,
	    [JSON_NUMBER] = USE_NUMBER,
	    [JSON_TRUE] = USE_BOOL,
	    [JSON_FALSE] = USE_BOOL,
	    [JSON_NULL] = USE_NULL,
	    [JSON_EMPTY] = USE_NULL, /* a list without members */
	};
	struct use_value v = {.type = types[j->type], .more = j->more};

	if (v.type != USE_NULL) {
		v.p = j->value.p;
		v.n = (uint32_t)j->value.n;
	}
	return v;
}

/* The other members of a list are kept beside, as who enriches does it. */
static void
take_added(struct use *u, enum use_field f, const struct json_field *j)
{
	struct use_value v = value_of(j);

	if (!j->more)
		use_put(u, f, v);
	else
		(void)use_add_other(u, slice_of(use_field_names[f]), v);
}

/* A field that only patrol sets: from its own store, or refused. */
static int
take_reserved(const struct decoder *d, struct use *u, enum use_field f,
    const struct json_field *j, struct error *err)
{
	if (d->opts.added) {
		take_added(u, f, j);
		return 0;
	}
	error_set(err, "%s: patrol sets this field, leave it out",
	    use_field_names[f]);
	return USE_E_RESERVED;
}

/* A value of any type, for one of the fields that senders set. */
static int
take_value(const struct decoder *d, struct use *u, enum use_field f,
    const struct json_field *j, struct error *err)
{
	bool number = f == USE_BYTES || f == USE_COUNT;

	if (j->type == JSON_NULL)
		return 0;
	if (j->type != (number ? JSON_NUMBER : JSON_STRING))
		return fail_type(err, f, number ? "a number" : "a string");
	if (number)
		return decode_int(u, f, j->value, err);
	if (f == USE_TIME)
		return decode_time(u, j->value, &d->opts, err);
	/* Without a backslash JSON has no way to write a NUL. */
	return j->escaped ? decode_text(u, f, j->value, err) :
			    decode_clean(u, f, j->value, err);
}

static int
take_known(struct decoder *d, struct use *u, enum use_field f,
    const struct json_field *j, struct error *err)
{
	uint32_t bit = (uint32_t)1 << f;

	if (f >= USE_FIRST_ADDED)
		return take_reserved(d, u, f, j, err);
	if (j->member)
		return fail_type(err, f, "one value, not a list");
	if ((d->seen & bit) != 0) {
		error_set(err, "%s: given twice", use_field_names[f]);
		return USE_E_DUPLICATE_KEY;
	}
	d->seen |= bit;
	/* Most are text, not empty, and need no look. */
	if (j->type == JSON_STRING && !j->escaped &&
	    j->value.n - 1 < text_max[f]) {
		use_set(u, f, j->value);
		return 0;
	}
	return take_value(d, u, f, j, err);
}

/* What patrol alone says; the second in uses of its token endpoint, which
 * it reads again. */
static bool
is_reserved(const struct decoder *d, const struct json_field *j, bool stored)
{
	if (slice_starts(j->key, SLICE("new.")))
		return true;
	return !stored && !d->opts.added &&
	    (slice_is(j->key, "secret.number") ||
		slice_is(j->key, "secret.state"));
}

static int
take_other(struct decoder *d, struct use *u, const struct json_field *j,
    bool stored, struct error *err)
{
	/* An empty object holds no field, so there is nothing to keep. */
	if (j->type == JSON_EMPTY && j->value.p[0] == '{')
		return 0;
	if (is_reserved(d, j, stored)) {
		fault_key(err, j->key, "patrol sets this field, leave it out");
		return USE_E_RESERVED;
	}
	if (!j->more) {
		if (use_has_other(u, j->key)) {
			fault_key(err, j->key, "given twice");
			return USE_E_DUPLICATE_KEY;
		}
		if (++d->keys > USE_OTHER_MAX) {
			fault_key(err, j->key,
			    "one too many, at most 64 fields of one's own");
			return USE_E_LIMIT;
		}
	}
	/* Never full: the reader refuses more than USE_FIELDS_MAX. */
	(void)use_add_other(u, j->key, value_of(j));
	return 0;
}

static_assert(USE_OTHER_MAX == 64, "the error above says 64");

/* ---- a line ------------------------------------------------------------ */

static int
refusal_of(int json_error)
{
	switch (json_error) {
	case JSON_E_UTF8:
		return USE_E_UTF8;
	case JSON_E_LIMIT:
		return USE_E_LIMIT;
	case JSON_E_NESTED:
		return USE_E_TYPE;
	default:
		return USE_E_SYNTAX;
	}
}

/* The door's word on who sends; an event may only repeat it. */
static int
fix_registry(struct use *u, struct slice registry, struct error *err)
{
	struct slice claimed = use_text(u, USE_REGISTRY);

	if (registry.p == NULL)
		return 0;
	if (claimed.p != NULL && !slice_eq(claimed, registry)) {
		fault_text(err, "registry", claimed,
		    "is not the one this door is for");
		return USE_E_REGISTRY;
	}
	use_set(u, USE_REGISTRY, registry);
	return 0;
}

/* Senders write the fields of each use in the same order. */
static int
field_at(struct decoder *d, size_t place, struct slice key)
{
	int f;

	if (place >= PLACES)
		return use_field_find(key);
	if (slice_eq(key, d->name[d->place[place]]))
		return d->place[place];
	if ((f = use_field_find(key)) != -1)
		d->place[place] = (uint8_t)f;
	return f;
}

int
decode_use(struct decoder *d, struct slice line, struct slice registry,
    usec_t now, struct use *u, struct error *err)
{
	const struct json_field *j;
	size_t			 n, i;
	int			 e, f;

	if ((e = json_read(d->json, line, &j, &n, err)) != 0)
		return refusal_of(e);
	use_init(u, now);
	d->seen = 0;
	d->keys = 0;
	for (i = 0; i < n; i++) {
		f = field_at(d, i, j[i].key);
		e = f != -1 ? take_known(d, u, (enum use_field)f, &j[i], err) :
			      take_other(d, u, &j[i], false, err);
		if (e != 0)
			return e;
	}
	return fix_registry(u, registry, err);
}

int
decode_other(struct decoder *d, struct slice json, struct use *u,
    struct error *err)
{
	const struct json_field *j;
	size_t			 n, i;
	int			 e;

	if ((e = json_read_copy(d->stored, json, &j, &n, err)) != 0)
		return refusal_of(e);
	d->keys = 0;
	for (i = 0; i < n; i++)
		if ((e = take_other(d, u, &j[i], true, err)) != 0)
			return e;
	return 0;
}

const char *
use_refusal_name(int refusal)
{
	static const char *const names[USE_REFUSALS] = {
	    [USE_OK] = "ok",
	    [USE_E_SYNTAX] = "syntax",
	    [USE_E_UTF8] = "utf8",
	    [USE_E_LIMIT] = "limit",
	    [USE_E_DUPLICATE_KEY] = "duplicate_key",
	    [USE_E_TYPE] = "type",
	    [USE_E_TIME_AHEAD] = "time_ahead",
	    [USE_E_TIME_LATE] = "time_late",
	    [USE_E_RESERVED] = "reserved",
	    [USE_E_REGISTRY] = "registry",
	};

	if (refusal < 0 || refusal >= USE_REFUSALS)
		return "unknown";
	return names[refusal];
}
