#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "use/decode.h"
#include "use/json.h"

#define ABSENT ((struct slice){NULL, 0})

struct fix {
	struct decoder *d;
	struct use	u;
	struct error	err;
	usec_t		now;
	struct buf	line;
};

static int
setup(void **state)
{
	struct decode_opts o = {.lateness = 24 * USEC_HOUR};
	struct fix	  *x = xcalloc(1, sizeof *x);

	x->d = decoder_new(&o);
	buf_init(&x->line);
	assert_int_equal(time_parse(SLICE("2026-11-23T12:00:00Z"), &x->now), 0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *x = *state;

	decoder_free(&x->d);
	decoder_free(&x->d);
	buf_clear(&x->line);
	free(x);
	return 0;
}

static int
decode_at(struct fix *x, struct slice s, struct slice registry)
{
	x->line.n = 0;
	buf_addslice(&x->line, s);
	memset(buf_reserve(&x->line, JSON_PADDING), '\n', JSON_PADDING);
	x->err.text[0] = '\0';
	return decode_use(x->d, buf_slice(&x->line), registry, x->now, &x->u,
	    &x->err);
}

static int
decode(struct fix *x, const char *s)
{
	return decode_at(x, slice_of(s), ABSENT);
}

static void
assert_accepted(struct fix *x, const char *s)
{
	if (decode(x, s) != 0)
		fail_msg("%s: %s", s, x->err.text);
}

static void
assert_refused(struct fix *x, const char *s, int refusal, const char *says)
{
	int e = decode(x, s);

	if (e != refusal || strcmp(x->err.text, says) != 0)
		fail_msg("%s: %s, '%s'", s, use_refusal_name(e), x->err.text);
}

static void
assert_text(const struct use *u, enum use_field f, const char *want)
{
	struct slice s = use_text(u, f);

	if (want == NULL) {
		assert_null(s.p);
		return;
	}
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

static void
a_whole_use_is_read(void **state)
{
	struct fix *x = *state;
	usec_t	    t;

	assert_accepted(x,
	    "{\"id\":\"e1\",\"time\":\"2026-11-23T12:30:00.5"
	    "+01:00\",\"registry\":\"hub\",\"token\":\"pat_a\",\"account\":"
	    "\"alice\",\"action\":\"pull\",\"outcome\":\"denied\","
	    "\"reason\":\"scope\",\"repository\":\"a/b\",\"tag\":\"v1\","
	    "\"digest\":\"sha256:00\",\"media_type\":\"m\",\"source\":{\"ip\":"
	    "\"[2001:DB8::1]:443\"},\"user_agent\":\"skopeo/1\",\"bytes\":5,"
	    "\"count\":2,\"request\":{\"id\":\"r\"}}");
	assert_int_equal(time_parse(SLICE("2026-11-23T11:30:00.5Z"), &t), 0);
	assert_int_equal(x->u.time, t);
	assert_int_equal(x->u.arrival, x->now);
	assert_text(&x->u, USE_ID, "e1");
	assert_text(&x->u, USE_REGISTRY, "hub");
	assert_text(&x->u, USE_TOKEN, "pat_a");
	assert_text(&x->u, USE_ACCOUNT, "alice");
	assert_text(&x->u, USE_ACTION, "pull");
	assert_text(&x->u, USE_OUTCOME, "denied");
	assert_text(&x->u, USE_REASON, "scope");
	assert_text(&x->u, USE_REPOSITORY, "a/b");
	assert_text(&x->u, USE_TAG, "v1");
	assert_text(&x->u, USE_DIGEST, "sha256:00");
	assert_text(&x->u, USE_MEDIA_TYPE, "m");
	assert_text(&x->u, USE_SOURCE_IP, "2001:db8::1");
	assert_int_equal(x->u.ip.family, 6);
	assert_text(&x->u, USE_USER_AGENT, "skopeo/1");
	assert_int_equal(x->u.bytes, 5);
	assert_int_equal(x->u.count, 2);
	assert_int_equal(x->u.field[USE_COUNT].type, USE_NUMBER);
	assert_int_equal(x->u.nother, 1);
	assert_true(use_has_other(&x->u, SLICE("request.id")));
}

static void
no_field_is_mandatory(void **state)
{
	struct fix *x = *state;
	int	    f;

	assert_accepted(x, "{}");
	assert_int_equal(x->u.time, x->now);
	for (f = 0; f < USE_FIELDS; f++)
		assert_text(&x->u, (enum use_field)f, NULL);
}

static void
null_and_empty_names_are_absent(void **state)
{
	struct fix *x = *state;

	assert_accepted(x,
	    "{\"id\":\"\",\"token\":\"\",\"account\":\"\","
	    "\"registry\":\"\",\"source.ip\":\"\",\"time\":null,"
	    "\"bytes\":null,\"user_agent\":\"\",\"x\":null}");
	assert_text(&x->u, USE_ID, NULL);
	assert_text(&x->u, USE_TOKEN, NULL);
	assert_text(&x->u, USE_ACCOUNT, NULL);
	assert_text(&x->u, USE_REGISTRY, NULL);
	assert_int_equal(x->u.ip.family, 0);
	assert_int_equal(x->u.bytes, -1);
	assert_text(&x->u, USE_USER_AGENT, "");
	assert_int_equal(x->u.other[0].value.type, USE_NULL);
}

static void
what_is_no_object_is_refused(void **state)
{
	struct fix *x = *state;

	assert_refused(x, "", USE_E_SYNTAX, "empty, want one JSON object");
	assert_refused(x, "[]", USE_E_SYNTAX, "not a JSON object");
	assert_refused(x, "{} {}", USE_E_SYNTAX, "text behind the JSON object");
	assert_refused(x, "{\"a\":\"\xff\"}", USE_E_UTF8, "not valid UTF-8");
	assert_refused(x, "{\"a\":[[1]]}", USE_E_TYPE,
	    "a: an object or a list in a list");
	assert_refused(x,
	    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":"
	    "{\"h\":1}}}}}}}}",
	    USE_OK, "");
	assert_refused(x,
	    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":"
	    "{\"h\":{}}}}}}}}}",
	    USE_E_LIMIT, "a.b.c.d.e.f.g.h: nested deeper than 8");
}

static void
a_key_given_twice_is_refused(void **state)
{
	struct fix *x = *state;

	assert_refused(x, "{\"tag\":\"a\",\"tag\":\"a\"}", USE_E_DUPLICATE_KEY,
	    "tag: given twice");
	assert_refused(x, "{\"tag\":null,\"tag\":\"a\"}", USE_E_DUPLICATE_KEY,
	    "tag: given twice");
	assert_refused(x,
	    "{\"source\":{\"ip\":\"::1\"},\"source.ip\":"
	    "\"::1\"}",
	    USE_E_DUPLICATE_KEY, "source.ip: given twice");
	assert_refused(x, "{\"x\":{\"y\":1},\"x.y\":2}", USE_E_DUPLICATE_KEY,
	    "x.y: given twice");
	assert_refused(x, "{\"x\":[1,2],\"x\":[3]}", USE_E_DUPLICATE_KEY,
	    "x: given twice");
	assert_refused(x, "{\"x\":[],\"x\":1}", USE_E_DUPLICATE_KEY,
	    "x: given twice");
	assert_accepted(x, "{\"x\":[1,1],\"y\":1}");
}

static void
a_known_field_has_its_type(void **state)
{
	struct fix *x = *state;

	assert_refused(x, "{\"token\":1}", USE_E_TYPE, "token: want a string");
	assert_refused(x, "{\"tag\":true}", USE_E_TYPE, "tag: want a string");
	assert_refused(x, "{\"token\":\"a\\u0000b\"}", USE_E_TYPE,
	    "token: has a NUL character");
	assert_refused(x, "{\"tag\":{}}", USE_E_TYPE, "tag: want a string");
	assert_refused(x, "{\"tag\":[]}", USE_E_TYPE, "tag: want a string");
	assert_refused(x, "{\"tag\":[\"a\"]}", USE_E_TYPE,
	    "tag: want one value, not a list");
	assert_refused(x, "{\"time\":1700000000}", USE_E_TYPE,
	    "time: want a string");
	assert_refused(x, "{\"bytes\":\"5\"}", USE_E_TYPE,
	    "bytes: want a number");
	assert_refused(x, "{\"outcome\":\"ok\"}", USE_E_TYPE,
	    "outcome: 'ok' is none of success, denied, failure");
	assert_refused(x, "{\"outcome\":\"\"}", USE_E_TYPE,
	    "outcome: '' is none of success, denied, failure");
	assert_refused(x, "{\"source.ip\":\"unix:\\n\"}", USE_E_TYPE,
	    "source.ip: 'unix:\\x0a' is not an IPv4 or IPv6 address");
	assert_accepted(x, "{\"outcome\":\"failure\",\"action\":\"other\"}");
}

static void
bytes_and_count_are_whole_numbers(void **state)
{
	struct fix *x = *state;

	assert_accepted(x, "{\"bytes\":0,\"count\":0}");
	assert_int_equal(x->u.count, 0);
	assert_accepted(x, "{\"bytes\":-0,\"count\":1}");
	assert_accepted(x,
	    "{\"bytes\":9007199254740992,"
	    "\"count\":1000000000}");
	assert_int_equal(x->u.bytes, USE_BYTES_MAX);
	assert_int_equal(x->u.count, USE_COUNT_MAX);
	assert_refused(x, "{\"bytes\":9007199254740993}", USE_E_TYPE,
	    "bytes: '9007199254740993' is not a whole number of 0 to 2^53");
	assert_refused(x, "{\"bytes\":-1}", USE_E_TYPE,
	    "bytes: '-1' is not a whole number of 0 to 2^53");
	assert_refused(x, "{\"bytes\":1.5}", USE_E_TYPE,
	    "bytes: '1.5' is not a whole number of 0 to 2^53");
	assert_refused(x, "{\"count\":-1}", USE_E_TYPE,
	    "count: '-1' is not a whole number of 0 to 10^9");
	assert_refused(x, "{\"count\":1000000001}", USE_E_TYPE,
	    "count: '1000000001' is not a whole number of 0 to 10^9");
}

static void
ids_are_128_bytes_at_most(void **state)
{
	struct fix *x = *state;
	char	    s[200];
	const char *field[] = {"id", "token"};
	char	    says[60];
	size_t	    i;

	for (i = 0; i < 2; i++) {
		snprintf(s, sizeof s, "{\"%s\":\"%0128d\"}", field[i], 0);
		assert_accepted(x, s);
		snprintf(s, sizeof s, "{\"%s\":\"%0129d\"}", field[i], 0);
		snprintf(says, sizeof says, "%s: 129 bytes, at most 128",
		    field[i]);
		assert_refused(x, s, USE_E_LIMIT, says);
	}
}

static void
a_string_is_8_kib_at_most(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	buf_addf(&b, "{\"user_agent\":\"%08192d\"}", 0);
	assert_accepted(x, buf_str(&b));
	b.n = 0;
	buf_addf(&b, "{\"user_agent\":\"%08193d\"}", 0);
	assert_refused(x, buf_str(&b), USE_E_LIMIT,
	    "user_agent: 8193 bytes, at most 8192");
	buf_clear(&b);
}

static void
a_line_is_64_kib_at_most(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	buf_addf(&b, "{}%*s", USE_LINE_MAX - 2, "");
	assert_accepted(x, buf_str(&b));
	buf_addc(&b, ' ');
	assert_refused(x, buf_str(&b), USE_E_LIMIT,
	    "65537 bytes long, at most 65536");
	buf_clear(&b);
}

/* {"x0":1,...} with n keys, the last of them a list of `members`. */
static void
many_fields(struct buf *b, unsigned n, unsigned members)
{
	unsigned i;

	b->n = 0;
	buf_addc(b, '{');
	for (i = 0; i + 1 < n; i++)
		buf_addf(b, "\"x%u\":1,", i);
	buf_adds(b, "\"last\":[1");
	for (i = 1; i < members; i++)
		buf_adds(b, ",1");
	buf_adds(b, "]}");
}

static void
fields_are_counted(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	many_fields(&b, 64, 65);
	assert_accepted(x, buf_str(&b));
	assert_int_equal(x->u.nother, 128);
	many_fields(&b, 64, 66);
	assert_refused(x, buf_str(&b), USE_E_LIMIT, "more than 128 fields");
	many_fields(&b, 65, 1);
	assert_refused(x, buf_str(&b), USE_E_LIMIT,
	    "last: one too many, at most 64 fields of one's own");
	buf_clear(&b);
}

static void
a_time_ahead_is_refused(void **state)
{
	struct fix *x = *state;

	assert_accepted(x, "{\"time\":\"2026-11-23T12:05:00Z\"}");
	assert_refused(x, "{\"time\":\"2026-11-23T12:05:00.000001Z\"}",
	    USE_E_TIME_AHEAD,
	    "time: 5 min 1 s ahead of the clock, at most 5 min");
	assert_refused(x, "{\"time\":\"2026-11-23T12:07:00Z\"}",
	    USE_E_TIME_AHEAD, "time: 7 min ahead of the clock, at most 5 min");
}

static void
a_time_too_late_is_refused(void **state)
{
	struct fix *x = *state;

	assert_accepted(x, "{\"time\":\"2026-11-22T12:00:00Z\"}");
	assert_refused(x, "{\"time\":\"2026-11-22T11:00:00Z\"}",
	    USE_E_TIME_LATE, "time: 1 d 1 h behind the clock, at most 1 d");
	assert_refused(x, "{\"time\":\"2026-11-22T11:59:59.999999Z\"}",
	    USE_E_TIME_LATE, "time: over 1 d behind the clock, at most 1 d");
	assert_refused(x, "{\"time\":\"yesterday\"}", USE_E_TYPE,
	    "time: 'yesterday' is not RFC 3339, as 2026-01-31T12:00:00Z");
}

static void
age_can_be_ignored(void **state)
{
	struct decode_opts o = {.ignore_age = true};
	struct fix	  *x = *state;

	decoder_free(&x->d);
	x->d = decoder_new(&o);
	assert_accepted(x, "{\"time\":\"0001-01-01T00:00:00Z\"}");
	assert_accepted(x, "{\"time\":\"9999-12-31T23:59:59Z\"}");
}

static void
what_patrol_adds_is_reserved(void **state)
{
	struct fix *x = *state;
	char	    s[80], says[80];
	int	    f;

	for (f = USE_FIRST_ADDED; f < USE_FIELDS; f++) {
		snprintf(s, sizeof s, "{\"%s\":\"x\"}", use_field_names[f]);
		snprintf(says, sizeof says,
		    "%s: patrol sets this field, leave it out",
		    use_field_names[f]);
		assert_refused(x, s, USE_E_RESERVED, says);
	}
	assert_refused(x, "{\"token\":{\"kind\":\"honey\"}}", USE_E_RESERVED,
	    "token.kind: patrol sets this field, leave it out");
	assert_refused(x, "{\"new\":{\"ip\":true}}", USE_E_RESERVED,
	    "new.ip: patrol sets this field, leave it out");
	assert_accepted(x, "{\"news\":1,\"new\":1,\"token.other\":1}");
}

/* Else a sender could say which secret of a token was shown, and when. */
static void
which_secret_it_was_only_patrol_says(void **state)
{
	struct decode_opts o = {.ignore_age = true, .added = true};
	struct fix	  *x = *state;

	assert_refused(x, "{\"secret.number\":2}", USE_E_RESERVED,
	    "secret.number: patrol sets this field, leave it out");
	assert_refused(x, "{\"secret\":{\"state\":\"previous\"}}",
	    USE_E_RESERVED,
	    "secret.state: patrol sets this field, leave it out");
	assert_accepted(x, "{\"secret.numbers\":2,\"secret\":1}");
	/* What it has stored, and what it hands out, has them. */
	use_init(&x->u, 0);
	assert_int_equal(decode_other(x->d, SLICE("{\"secret.number\":2}"),
			     &x->u, &x->err),
	    0);
	assert_int_equal(x->u.nother, 1);
	decoder_free(&x->d);
	x->d = decoder_new(&o);
	assert_accepted(x, "{\"secret.number\":2}");
}

static void
a_door_fixes_the_registry(void **state)
{
	struct fix *x = *state;

	assert_int_equal(decode_at(x, SLICE("{}"), SLICE("hub")), 0);
	assert_text(&x->u, USE_REGISTRY, "hub");
	assert_int_equal(decode_at(x, SLICE("{\"registry\":\"hub\"}"),
			     SLICE("hub")),
	    0);
	assert_int_equal(decode_at(x, SLICE("{\"registry\":\"hu\"}"),
			     SLICE("hub")),
	    USE_E_REGISTRY);
	assert_string_equal(x->err.text,
	    "registry: 'hu' is not the one this door is for");
}

static void
lists_and_types_of_other_fields_are_kept(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	assert_accepted(x,
	    "{\"g\":[\"a\",1,true,null],\"o\":{},\"e\":[],"
	    "\"n\":1e400}");
	assert_true(use_other_json(&x->u, &b));
	assert_string_equal(buf_str(&b),
	    "{\"g\":[\"a\",1,true,null],\"e\":null,\"n\":1e400}");
	buf_clear(&b);
}

static void
stored_other_fields_come_back(void **state)
{
	struct fix *x = *state;
	struct buf  b, again;

	buf_init(&b);
	buf_init(&again);
	assert_accepted(x,
	    "{\"x\":{\"y\":\"\\u0001\\ud83d\\ude00\"},"
	    "\"g\":[1,2]}");
	assert_true(use_other_json(&x->u, &b));
	use_init(&x->u, 0);
	assert_int_equal(decode_other(x->d, buf_slice(&b), &x->u, &x->err), 0);
	assert_int_equal(x->u.nother, 3);
	assert_true(x->u.other[2].value.more);
	assert_true(use_other_json(&x->u, &again));
	assert_string_equal(buf_str(&again), buf_str(&b));
	assert_int_equal(decode_other(x->d, SLICE("{\"x"), &x->u, &x->err),
	    USE_E_SYNTAX);
	buf_clear(&b);
	buf_clear(&again);
}

/* Every byte of a line changed in turn: nothing may be read beyond it. */
static void
a_damaged_line_does_no_harm(void **state)
{
	static const char  odd[] = "\"\\{}[],:0-e\n\xff\xc3";
	struct fix	  *x = *state;
	const struct slice line = SLICE(
	    "{\"id\":\"e\\u00e9\",\"time\":"
	    "\"2026-11-23T12:00:00Z\",\"source\":{\"ip\":\"192.0.2.1:5\"},"
	    "\"g\":[1,true,null,\"x\"],\"count\":3,\"o\":{}}");
	char  *copy;
	size_t i, j;

	for (i = 0; i < line.n; i++) {
		for (j = 0; j < sizeof odd; j++) {
			copy = xmalloc(line.n + JSON_PADDING);
			memcpy(copy, line.p, line.n);
			memset(copy + line.n, '\n', JSON_PADDING);
			copy[i] = odd[j];
			x->err.text[0] = '\0';
			if (decode_use(x->d, (struct slice){copy, line.n},
				ABSENT, x->now, &x->u, &x->err) != 0)
				assert_true(x->err.text[0] != '\0');
			free(copy);
		}
	}
}

static void
refusals_have_names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < USE_REFUSALS; i++)
		assert_non_null(use_refusal_name(i));
	assert_string_equal(use_refusal_name(USE_E_TIME_AHEAD), "time_ahead");
	assert_string_equal(use_refusal_name(USE_REFUSALS), "unknown");
	assert_string_equal(use_refusal_name(-1), "unknown");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_whole_use_is_read),
	    T(no_field_is_mandatory),
	    T(null_and_empty_names_are_absent),
	    T(what_is_no_object_is_refused),
	    T(a_key_given_twice_is_refused),
	    T(a_known_field_has_its_type),
	    T(bytes_and_count_are_whole_numbers),
	    T(ids_are_128_bytes_at_most),
	    T(a_string_is_8_kib_at_most),
	    T(a_line_is_64_kib_at_most),
	    T(fields_are_counted),
	    T(a_time_ahead_is_refused),
	    T(a_time_too_late_is_refused),
	    T(age_can_be_ignored),
	    T(what_patrol_adds_is_reserved),
	    T(which_secret_it_was_only_patrol_says),
	    T(a_door_fixes_the_registry),
	    T(lists_and_types_of_other_fields_are_kept),
	    T(stored_other_fields_come_back),
	    T(a_damaged_line_does_no_harm),
	    T(refusals_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
