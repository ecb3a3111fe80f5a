#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <glob.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "use/decode.h"
#include "use/envelope.h"

#define FIXTURES "tests/fixtures/registry/"
#define ABSENT	 ((struct slice){NULL, 0})
/* One event with these fields behind its action. */
#define EVENT(fields) "{\"events\":[{\"action\":\"pull\"" fields "}]}"

struct fix {
	struct envelope_reader *r;
	struct buf		body;
	struct error		err; /* of the body */
	usec_t			now;
	unsigned		uses, refused;
	/* Of the last event: */
	struct use   u;
	int	     refusal;
	struct error fault;
};

static int
setup(void **state)
{
	struct fix *x = xcalloc(1, sizeof *x);

	x->r = envelope_reader_new(24 * USEC_HOUR);
	buf_init(&x->body);
	assert_int_equal(time_parse(SLICE("2026-11-23T16:30:00Z"), &x->now), 0);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *x = *state;

	envelope_reader_free(&x->r);
	envelope_reader_free(&x->r);
	buf_clear(&x->body);
	free(x);
	return 0;
}

static void
take(struct use *u, unsigned index, int refusal, const struct error *err,
    void *arg)
{
	struct fix *x = arg;

	assert_int_equal(index, x->uses + x->refused);
	assert_int_equal(u == NULL, refusal != 0);
	assert_int_equal(err != NULL, refusal != 0);
	x->refusal = refusal;
	if (u != NULL) {
		x->uses++;
		x->u = *u;
	} else {
		x->refused++;
		x->fault = *err;
	}
}

static int
read_slice(struct fix *x, struct slice body, struct slice registry)
{
	char *exact = xmalloc(body.n + 1);
	int   e;

	/* Exactly as long as it is, for ASan to watch its end. */
	memcpy(exact, body.p, body.n);
	exact = realloc(exact, body.n == 0 ? 1 : body.n);
	x->body.n = 0;
	x->uses = x->refused = 0;
	e = envelope_read(x->r, (struct slice){exact, body.n}, registry, x->now,
	    take, x, &x->err);
	/* Copied uses borrow from the reader, which has its own copy. */
	free(exact);
	return e;
}

static int
read_body(struct fix *x, const char *body)
{
	return read_slice(x, slice_of(body), ABSENT);
}

static void
read_file(struct fix *x, const char *path, struct slice registry)
{
	struct buf b;
	FILE	  *f = fopen(path, "r");
	size_t	   n;

	if (f == NULL)
		fail_msg("no %s (run from the top of the tree)", path);
	buf_init(&b);
	while ((n = fread(buf_reserve(&b, 4096), 1, 4096, f)) > 0)
		b.n += n;
	fclose(f);
	if (read_slice(x, buf_slice(&b), registry) != 0)
		fail_msg("%s: %s", path, x->err.text);
	if (x->uses != 1 || x->refused != 0)
		fail_msg("%s: %s", path, x->fault.text);
	buf_clear(&b);
}

static void
assert_slice(struct slice s, const char *want)
{
	if (want == NULL) {
		assert_null(s.p);
		return;
	}
	if (s.n != strlen(want) || memcmp(s.p, want, s.n) != 0)
		fail_msg("'%.*s' is not '%s'", SLICE_ARG(s), want);
}

static void
assert_text(struct fix *x, enum use_field f, const char *want)
{
	assert_slice(use_text(&x->u, f), want);
}

static void
assert_other(struct fix *x, const char *key, const char *want)
{
	unsigned i;

	for (i = 0; i < x->u.nother; i++) {
		if (!slice_is(x->u.other[i].key, key))
			continue;
		assert_slice((struct slice){x->u.other[i].value.p,
				 x->u.other[i].value.n},
		    want);
		return;
	}
	if (want != NULL)
		fail_msg("no %s", key);
}

static void
assert_time(struct fix *x, const char *want)
{
	usec_t t;

	assert_int_equal(time_parse(slice_of(want), &t), 0);
	assert_int_equal(x->u.time, t);
	assert_int_equal(x->u.arrival, x->now);
}

/* The body is read, its one event refused with these words. */
static void
assert_refused(struct fix *x, const char *body, int refusal, const char *says)
{
	assert_int_equal(read_body(x, body), 0);
	if (x->refused != 1 || x->refusal != refusal ||
	    strcmp(x->fault.text, says) != 0)
		fail_msg("%s: %s, '%s'", body, use_refusal_name(x->refusal),
		    x->fault.text);
}

/* ---- what a real registry sent ----------------------------------------- */

static void
every_real_event_is_a_use(void **state)
{
	struct fix *x = *state;
	glob_t	    g;
	size_t	    i;

	assert_int_equal(glob(FIXTURES "*/*.json", 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, 69);
	for (i = 0; i < g.gl_pathc; i++) {
		read_file(x, g.gl_pathv[i], ABSENT);
		assert_int_equal(use_text(&x->u, USE_ID).n, 36);
		assert_true(use_text(&x->u, USE_REPOSITORY).n > 0);
		assert_text(x, USE_OUTCOME, "success");
		assert_true(x->u.ip.family != 0);
		assert_other(x, "fields_left_out", NULL);
	}
	globfree(&g);
}

static void
a_subject_names_account_and_token(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "token/pull-sub-names-the-pat-skopeo-1.json",
	    ABSENT);
	assert_text(x, USE_ID, "e7483cd7-cdc1-43c0-9090-dd5cb6669bd9");
	assert_time(x, "2026-11-23T16:24:05.956361Z");
	assert_text(x, USE_REGISTRY, "localhost:5502");
	assert_text(x, USE_TOKEN, "pat_7c1e");
	assert_text(x, USE_ACCOUNT, "alice");
	assert_text(x, USE_ACTION, "pull");
	assert_text(x, USE_OUTCOME, "success");
	assert_text(x, USE_REASON, NULL);
	assert_text(x, USE_REPOSITORY, "alice/app");
	assert_text(x, USE_TAG, "v1");
	assert_text(x, USE_DIGEST,
	    "sha256:0a9a3aa6d6d3a9edb098d365a0822efa7"
	    "f309d0e2b360e4c667784dc74fbf28c");
	assert_text(x, USE_MEDIA_TYPE,
	    "application/vnd.oci.image.manifest.v1+json");
	assert_text(x, USE_SOURCE_IP, "127.0.0.1");
	assert_text(x, USE_USER_AGENT, "skopeo/1.9.3");
	assert_int_equal(x->u.bytes, 499);
	assert_int_equal(x->u.count, 1);
	assert_int_equal(x->u.nother, 6);
	assert_other(x, "target.url",
	    "http://localhost:5502/v2/alice/app/"
	    "manifests/sha256:0a9a3aa6d6d3a9edb098d365a0822efa7f309d0e2b360e"
	    "4c667784dc74fbf28c");
	assert_other(x, "request.id", "3a7855dc-376d-43b9-8c82-9f35b5f80781");
	assert_other(x, "request.host", "localhost:5502");
	assert_other(x, "request.method", "GET");
	assert_other(x, "source.addr", "localhost:5502");
	assert_other(x, "source.instanceID",
	    "1046152b-b483-4603-8f71-a360c1899398");
}

static void
a_user_name_is_the_account(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "htpasswd/push-skopeo-4.json", SLICE("hub"));
	assert_text(x, USE_ACCOUNT, "alice");
	assert_text(x, USE_TOKEN, NULL);
	assert_text(x, USE_ACTION, "push");
	assert_text(x, USE_REGISTRY, "hub");
	assert_text(x, USE_TAG, "v1");
	assert_other(x, "request.method", "PUT");
}

static void
nobody_is_neither(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "token/pull-anonymous-skopeo-1.json", ABSENT);
	assert_text(x, USE_ACCOUNT, NULL);
	assert_text(x, USE_TOKEN, NULL);
}

static void
a_pull_by_head_is_a_check(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "anonymous/pull-manifest-head-curl.json", ABSENT);
	assert_text(x, USE_ACTION, "check");
	assert_other(x, "request.method", "HEAD");
	assert_other(x, "target.references.2.size", "1785");
	read_file(x, FIXTURES "anonymous/pull-manifest-by-digest-curl.json",
	    ABSENT);
	assert_text(x, USE_ACTION, "pull");
}

static void
a_mount_keeps_where_it_came_from(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "htpasswd/mount-curl.json", ABSENT);
	assert_text(x, USE_ACTION, "mount");
	assert_text(x, USE_REPOSITORY, "alice/other");
	assert_other(x, "target.fromRepository", "alice/app");
}

static void
a_delete_has_little(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "htpasswd/delete-manifest-curl-2.json", ABSENT);
	assert_text(x, USE_ACTION, "delete");
	assert_text(x, USE_TAG, "v1");
	assert_text(x, USE_DIGEST, NULL);
	assert_int_equal(x->u.bytes, -1);
}

static void
odd_addresses_are_read(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "odd/addr-forwarded-v4.json", ABSENT);
	assert_text(x, USE_SOURCE_IP, "203.0.113.9");
	read_file(x, FIXTURES "odd/addr-forwarded-v6.json", ABSENT);
	assert_text(x, USE_SOURCE_IP, "2001:db8::7");
	read_file(x, FIXTURES "odd/addr-v6-peer.json", ABSENT);
	assert_text(x, USE_SOURCE_IP, "::1");
	assert_text(x, USE_REGISTRY, "[::1]:5501");
}

static void
odd_times_and_agents_are_read(void **state)
{
	struct fix *x = *state;

	read_file(x, FIXTURES "odd/timestamp-not-utc.json", ABSENT);
	assert_time(x, "2026-11-23T16:23:48.046690Z");
	read_file(x, FIXTURES "odd/useragent-escapes.json", ABSENT);
	assert_text(x, USE_USER_AGENT,
	    "a\"b\\c<d>&e\tf caf\xc3\xa9 "
	    "\xe2\x98\x83 bad\xef\xbf\xbd\xef\xbf\xbd end");
	read_file(x, FIXTURES "odd/useragent-none.json", ABSENT);
	assert_text(x, USE_USER_AGENT, "");
	read_file(x, FIXTURES "odd/useragent-4000-bytes.json", ABSENT);
	assert_int_equal(use_text(&x->u, USE_USER_AGENT).n, 4000);
}

/* ---- one event --------------------------------------------------------- */

static void
the_last_plus_before_a_token_id_splits(void **state)
{
	static const struct {
		const char *name, *account, *token;
	} rows[] = {
	    {"alice+pat_x", "alice", "pat_x"},
	    {"a+b+pat_x", "a+b", "pat_x"},
	    {"a+pat_x+pat_y", "a+pat_x", "pat_y"},
	    {"+pat_x", NULL, "pat_x"},
	    {"alice+pat_", "alice+pat_", NULL},
	    {"alice+tag@example.com", "alice+tag@example.com", NULL},
	    {"a+pat_x+b", "a+pat_x+b", NULL},
	    {"a+pat_x y", "a+pat_x y", NULL},
	    {"pat_x", "pat_x", NULL},
	    {"", NULL, NULL},
	};
	struct fix *x = *state;
	char	    body[200];
	size_t	    i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(body, sizeof body,
		    EVENT(",\"actor\":{\"name\":\"%s\"}"), rows[i].name);
		assert_int_equal(read_body(x, body), 0);
		assert_text(x, USE_ACCOUNT, rows[i].account);
		assert_text(x, USE_TOKEN, rows[i].token);
	}
}

static void
what_is_no_address_is_kept_as_it_was(void **state)
{
	struct fix *x = *state;

	assert_int_equal(
	    read_body(x, EVENT(",\"request\":{\"addr\":\"client.example:5\"}")),
	    0);
	assert_int_equal(x->u.ip.family, 0);
	assert_text(x, USE_SOURCE_IP, NULL);
	assert_other(x, "request.addr", "client.example:5");
	assert_int_equal(read_body(x,
			     EVENT(",\"request\":{\"addr\":\"192.0.2.1:5\"}")),
	    0);
	assert_text(x, USE_SOURCE_IP, "192.0.2.1");
	assert_other(x, "request.addr", NULL);
	assert_int_equal(read_body(x, EVENT(",\"request\":{\"addr\":\"\"}")),
	    0);
	assert_other(x, "request.addr", NULL);
}

static void
an_event_may_have_an_action_alone(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_body(x, EVENT("")), 0);
	assert_int_equal(x->uses, 1);
	assert_int_equal(x->u.time, x->now);
	assert_text(x, USE_REGISTRY, NULL);
	assert_refused(x, "{\"events\":[{}]}", USE_E_TYPE,
	    "action: missing, not a registry's event");
	assert_refused(x, "{\"events\":[{\"action\":\"\"}]}", USE_E_TYPE,
	    "action: missing, not a registry's event");
}

static void
length_counts_where_size_is_absent(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_body(x, EVENT(",\"target\":{\"length\":7}")), 0);
	assert_int_equal(x->u.bytes, 7);
	assert_int_equal(read_body(x,
			     EVENT(",\"target\":{\"length\":7,\"size\":8}")),
	    0);
	assert_int_equal(x->u.bytes, 8);
	assert_refused(x, EVENT(",\"target\":{\"size\":-1}"), USE_E_TYPE,
	    "bytes: '-1' is not a whole number of 0 to 2^53");
	assert_refused(x, EVENT(",\"target\":{\"size\":\"1\"}"), USE_E_TYPE,
	    "target.size: want a number");
}

static void
event_times_have_their_window(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_body(x,
			     EVENT(",\"timestamp\":\"2026-11-23T16:35:00Z\"")),
	    0);
	assert_int_equal(x->uses, 1);
	assert_refused(x, EVENT(",\"timestamp\":\"2026-11-23T16:37:00Z\""),
	    USE_E_TIME_AHEAD, "time: 7 min ahead of the clock, at most 5 min");
	assert_int_equal(
	    read_body(x, EVENT(",\"timestamp\":\"2026-11-22T22:00:00+05:30\"")),
	    0);
	assert_int_equal(x->uses, 1);
	assert_refused(x, EVENT(",\"timestamp\":\"2026-11-22T14:30:00Z\""),
	    USE_E_TIME_LATE, "time: 1 d 2 h behind the clock, at most 1 d");
	assert_refused(x, EVENT(",\"timestamp\":5"), USE_E_TYPE,
	    "timestamp: want a string");
}

static void
a_field_given_twice_refuses_its_event(void **state)
{
	struct fix *x = *state;

	assert_refused(x, EVENT(",\"action\":\"push\""), USE_E_DUPLICATE_KEY,
	    "action: given twice");
	assert_refused(x, EVENT(",\"actor\":{\"name\":\"a\",\"name\":\"b\"}"),
	    USE_E_DUPLICATE_KEY, "actor.name: given twice");
	assert_refused(x, EVENT(",\"x\":1,\"x\":2"), USE_E_DUPLICATE_KEY,
	    "x: given twice");
	assert_refused(x, EVENT(",\"id\":[\"a\"]"), USE_E_TYPE,
	    "id: want a string");
}

static void
a_sender_cannot_set_patrols_fields(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_body(x,
			     EVENT(",\"token\":{\"kind\":\"auto\"},"
				   "\"account\":\"root\",\"new\":{\"ip\":1},"
				   "\"source\":{\"ip\":"
				   "\"::1\",\"net\":\"x\"},\"outcome\":"
				   "\"denied\"")),
	    0);
	assert_text(x, USE_TOKEN_KIND, NULL);
	assert_text(x, USE_ACCOUNT, NULL);
	assert_text(x, USE_SOURCE_IP, NULL);
	assert_text(x, USE_OUTCOME, "success");
	assert_int_equal(x->u.nother, 1);
	assert_other(x, "fields_left_out", "6");
}

static void
many_references_do_not_push_the_request_out(void **state)
{
	struct fix *x = *state;
	struct buf  b;
	unsigned    i;

	buf_init(&b);
	buf_adds(&b,
	    "{\"events\":[{\"action\":\"push\",\"target\":{"
	    "\"references\":[{\"size\":0}");
	for (i = 1; i < 100; i++)
		buf_addf(&b, ",{\"size\":%u}", i);
	buf_adds(&b, "]},\"request\":{\"id\":\"r\"}}]}");
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), 0);
	assert_int_equal(x->uses, 1);
	assert_other(x, "request.id", "r");
	assert_other(x, "target.references.60.size", "60");
	assert_other(x, "target.references.61.size", NULL);
	assert_other(x, "fields_left_out", "39");
	assert_true(x->u.nother <= USE_OTHER_MAX);
	buf_clear(&b);
}

/* ---- a body ------------------------------------------------------------ */

static void
a_long_string_refuses_its_event_alone(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	buf_addf(&b,
	    "{\"events\":[{\"action\":\"a\",\"request\":{\"useragent"
	    "\":\"%08193d\"}},{\"action\":\"b\",\"request\":{\"useragent\":"
	    "\"%08192d\"}}]}",
	    0, 0);
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), 0);
	assert_int_equal(x->refused, 1);
	assert_string_equal(x->fault.text,
	    "request.useragent: longer than 8192 bytes");
	assert_int_equal(x->uses, 1);
	assert_text(x, USE_ACTION, "b");
	buf_clear(&b);
}

static void
an_event_is_64_kib_at_most(void **state)
{
	struct fix *x = *state;
	struct buf  b;
	unsigned    i;

	buf_init(&b);
	buf_adds(&b, "{\"events\":[{\"action\":\"a\"");
	for (i = 0; i < 9; i++)
		buf_addf(&b, ",\"x%u\":\"%08000d\"", i, 0);
	buf_adds(&b, "}]}");
	assert_refused(x, buf_str(&b), USE_E_LIMIT,
	    "more than 65536 bytes of fields");
	buf_clear(&b);
}

static void
make_events(struct buf *b, unsigned n)
{
	unsigned i;

	b->n = 0;
	buf_adds(b, "{\"events\":[");
	for (i = 0; i < n; i++)
		buf_addf(b,
		    "%s{\"id\":\"e%u\",\"action\":\"pull\",\"target\""
		    ":{\"repository\":\"a/b\",\"tag\":\"v1\",\"size\":1,\"url"
		    "\":\"u\"},\"request\":{\"id\":\"r\",\"addr\":\"::1\","
		    "\"host\":\"h\",\"method\":\"GET\",\"useragent\":\"a\"},"
		    "\"actor\":{\"name\":\"a+pat_x\"},\"source\":{\"addr\":"
		    "\"s\",\"instanceID\":\"i\"}}",
		    i > 0 ? "," : "", i);
	buf_adds(b, "]}");
}

static void
a_body_has_1000_events_at_most(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	make_events(&b, ENVELOPE_EVENTS_MAX);
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), 0);
	assert_int_equal(x->uses, ENVELOPE_EVENTS_MAX);
	assert_text(x, USE_ID, "e999");
	make_events(&b, ENVELOPE_EVENTS_MAX + 1);
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), USE_E_LIMIT);
	assert_string_equal(x->err.text, "events: more than 1000 in one body");
	assert_int_equal(x->uses, 0);
	buf_clear(&b);
}

static void
a_body_is_4_mib_at_most(void **state)
{
	struct fix *x = *state;
	struct buf  b;

	buf_init(&b);
	buf_addf(&b, "%-*s", ENVELOPE_BODY_MAX, "{\"events\":[]}");
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), 0);
	buf_addc(&b, ' ');
	assert_int_equal(read_slice(x, buf_slice(&b), ABSENT), USE_E_LIMIT);
	buf_clear(&b);
}

static void
a_body_without_events_makes_no_use(void **state)
{
	struct fix *x = *state;

	assert_int_equal(read_body(x, "{\"events\":[]}"), 0);
	assert_int_equal(read_body(x, "{\"events\":null}"), 0);
	assert_int_equal(read_body(x, "{\"more\":1,\"events\":[]}"), 0);
	assert_int_equal(x->uses + x->refused, 0);
}

/* Keys of one event need not be of one length up to its fields. */
static void
each_key_has_a_front_of_its_own(void **state)
{
	static const char *const bodies[] = {
	    "{\"events\":[{\"action\":\"pull\"}],\"events.0\":5}",
	    "{\"events\":[{\"action\":\"pull\"}],\"events.0\":{}}",
	    "{\"events.00.action\":\"pull\",\"events.0.\":1}",
	    "{\"events\":[{}],\"events.0.action\":\"pull\"}"};
	struct fix *x = *state;
	size_t	    i;

	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		assert_int_equal(read_body(x, bodies[i]), 0);
		assert_int_equal(x->refused, 0);
		assert_int_equal(x->uses, 1);
		assert_text(x, USE_ACTION, "pull");
	}
}

static void
a_bad_body_makes_no_callback(void **state)
{
	static const struct {
		const char *body;
		int	    refusal;
	} rows[] = {
	    {"", USE_E_SYNTAX},
	    {"{", USE_E_SYNTAX},
	    {"[]", USE_E_SYNTAX},
	    {"{}", USE_E_SYNTAX},
	    {"{\"event\":[]}", USE_E_SYNTAX},
	    {"{\"events\":{}}", USE_E_TYPE},
	    {"{\"events\":1}", USE_E_TYPE},
	    {"{\"events\":[1]}", USE_E_TYPE},
	    {"{\"events\":[null]}", USE_E_TYPE},
	    {"{\"events\":[{\"action\":\"a\"},1]}", USE_E_TYPE},
	    {"{\"events\":[{\"action\":\"a\"},[]]}", USE_E_TYPE},
	    {"{\"events\":[[1]]}", USE_E_TYPE},
	    {"{\"events\":[{},null]}", USE_E_TYPE},
	    {"{\"events\":[{\"action\":\"a\xff\"}]}", USE_E_UTF8},
	    {"{\"events\":[{\"action\":\"a\"}]}x", USE_E_SYNTAX},
	    {"{\"events\":[{\"action\":\"a\"}],\"events\":[{\"action\":"
	     "\"b\"}]}",
		USE_OK},
	    {"{\"events\":[{\"action\":\"a\"},{\"action\":\"b\"}],"
	     "\"events\":[{\"action\":\"c\"}]}",
		USE_E_DUPLICATE_KEY},
	};
	struct fix *x = *state;
	size_t	    i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		x->err.text[0] = '\0';
		assert_int_equal(read_body(x, rows[i].body), rows[i].refusal);
		/* Two lists of one event look like one event given twice. */
		if (rows[i].refusal == USE_OK) {
			assert_int_equal(x->refusal, USE_E_DUPLICATE_KEY);
			continue;
		}
		assert_int_equal(x->uses + x->refused, 0);
		assert_true(x->err.text[0] != '\0');
	}
}

static void
a_damaged_body_does_no_harm(void **state)
{
	static const char odd[] = "\"\\{}[],:0.n\xff";
	struct fix	 *x = *state;
	struct buf	  b;
	size_t		  i, j;
	char		  was;

	buf_init(&b);
	make_events(&b, 2);
	for (i = 0; i < b.n; i++) {
		was = b.p[i];
		for (j = 0; j < sizeof odd; j++) {
			b.p[i] = odd[j];
			x->err.text[0] = '\0';
			if (read_slice(x, buf_slice(&b), ABSENT) != 0)
				assert_true(x->err.text[0] != '\0');
		}
		b.p[i] = was;
	}
	buf_clear(&b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Found by fuzzing: every other text was looked at for one. */
static void
a_host_with_a_nul_is_no_registry(void **state)
{
	struct fix *x = *state;
	const char *body =
	    EVENT(",\"request\":{\"host\":\"hub\\u0000.example\"}");

	assert_int_equal(read_body(x, body), 0);
	assert_int_equal(x->refused, 1);
	assert_int_equal(x->refusal, USE_E_TYPE);
	assert_string_equal(x->fault.text, "registry: has a NUL character");
	/* Where the door names the registry the host is one field of many. */
	assert_int_equal(read_slice(x, slice_of(body), SLICE("hub")), 0);
	assert_int_equal(x->uses, 1);
	assert_text(x, USE_REGISTRY, "hub");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_host_with_a_nul_is_no_registry),
	    T(every_real_event_is_a_use),
	    T(a_subject_names_account_and_token),
	    T(a_user_name_is_the_account),
	    T(nobody_is_neither),
	    T(a_pull_by_head_is_a_check),
	    T(a_mount_keeps_where_it_came_from),
	    T(a_delete_has_little),
	    T(odd_addresses_are_read),
	    T(odd_times_and_agents_are_read),
	    T(the_last_plus_before_a_token_id_splits),
	    T(what_is_no_address_is_kept_as_it_was),
	    T(an_event_may_have_an_action_alone),
	    T(length_counts_where_size_is_absent),
	    T(event_times_have_their_window),
	    T(a_field_given_twice_refuses_its_event),
	    T(a_sender_cannot_set_patrols_fields),
	    T(many_references_do_not_push_the_request_out),
	    T(a_long_string_refuses_its_event_alone),
	    T(an_event_is_64_kib_at_most),
	    T(a_body_has_1000_events_at_most),
	    T(a_body_is_4_mib_at_most),
	    T(a_body_without_events_makes_no_use),
	    T(each_key_has_a_front_of_its_own),
	    T(a_bad_body_makes_no_callback),
	    T(a_damaged_body_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
