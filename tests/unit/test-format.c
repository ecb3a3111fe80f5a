#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alert/format.h"

static const struct json_limits limits = {.text = 65536,
    .string = 65536,
    .fields = 256,
    .depth = 8,
    .index_lists = true};

static struct alert_row
example(void)
{
	return (struct alert_row){.id = "alr_abc",
	    .rule = SLICE("u-u-i-d"),
	    .title = SLICE("Token \"stolen\"\n"),
	    .key = SLICE("{\"token\":\"pat_a\"}"),
	    .token = SLICE("pat_a"),
	    .level = 3,
	    .mode = 3,
	    .count = 12,
	    .first = 1000000,
	    .last = 2000000,
	    .raised = 1000000,
	    .done = SLICE("deactivated pat_a"),
	    .summary = SLICE("{\"user_agent\":\"a=b \\u001b[31m\"}"),
	    .uses = {1, 2},
	    .nuses = 2};
}

static void
json_is_one_line_and_parses(void **state)
{
	struct json_reader	*r = json_reader_new(&limits);
	struct alert_row	 a = example();
	const struct json_field *f;
	struct error		 err;
	struct buf		 b;
	size_t			 n;

	(void)state;
	buf_init(&b);
	alert_format_json(&a, &b);
	assert_null(memchr(b.p, '\n', b.n));
	assert_int_equal(json_read_copy(r, buf_slice(&b), &f, &n, &err), 0);
	assert_true(slice_is(json_find(f, n, "key.token")->value, "pat_a"));
	assert_true(
	    slice_is(json_find(f, n, "title")->value, "Token \"stolen\"\n"));
	assert_true(slice_is(json_find(f, n, "simulated")->value, "false"));
	assert_null(json_find(f, n, "verdict"));
	/* How its rule stood is long, and for who asks for it. */
	assert_null(json_find(f, n, "why"));
	b.n = 0;
	alert_format_full(&a, &b);
	assert_int_equal(json_read_copy(r, buf_slice(&b), &f, &n, &err), 0);
	assert_int_equal(json_find(f, n, "why")->type, JSON_NULL);
	a.why = SLICE("{\"held\":true}");
	b.n = 0;
	alert_format_full(&a, &b);
	assert_int_equal(json_read_copy(r, buf_slice(&b), &f, &n, &err), 0);
	assert_true(slice_is(json_find(f, n, "why.held")->value, "true"));
	json_reader_free(&r);
	buf_clear(&b);
}

static void
simulated_shows(void **state)
{
	struct alert_row a = example();
	struct buf	 b;

	(void)state;
	buf_init(&b);
	a.mode = 1;
	alert_format_json(&a, &b);
	assert_non_null(strstr(buf_str(&b), "\"simulated\":true"));
	assert_non_null(strstr(buf_str(&b), "\"mode\":\"simulate\""));
	buf_clear(&b);
}

static void
kv_of(const struct alert_row *a, struct buf *out)
{
	struct json_reader	*r = json_reader_new(&limits);
	const struct json_field *f;
	struct error		 err;
	struct buf		 b;
	size_t			 n;

	buf_init(&b);
	alert_format_json(a, &b);
	assert_int_equal(json_read_copy(r, buf_slice(&b), &f, &n, &err), 0);
	alert_format_kv(f, n, out);
	json_reader_free(&r);
	buf_clear(&b);
}

static void
kv_quotes_and_escapes_what_strangers_wrote(void **state)
{
	struct alert_row a = example();
	struct buf	 b;
	const char	*s;

	(void)state;
	buf_init(&b);
	kv_of(&a, &b);
	s = buf_str(&b);
	assert_memory_equal(s, "alert id=alr_abc ", 17);
	assert_non_null(strstr(s, " key.token=pat_a "));
	assert_non_null(strstr(s, "title=\"Token \\\"stolen\\\"\\x0a\""));
	assert_non_null(strstr(s, "\"a=b \\x1b[31m\""));
	assert_null(strchr(s, '\n'));
	assert_null(strchr(s, 0x1b));
	buf_clear(&b);
}

static void
kv_is_never_longer_than_a_syslog_line(void **state)
{
	struct alert_row a = example();
	char		 big[4000];
	struct buf	 b;

	(void)state;
	memset(big, 'x', sizeof big);
	a.done = (struct slice){big, sizeof big};
	a.title = a.done;
	a.rule = a.done;
	buf_init(&b);
	kv_of(&a, &b);
	assert_true(b.n <= ALERT_LINE_MAX);
	assert_non_null(strstr(buf_str(&b), "...\""));
	assert_non_null(strstr(buf_str(&b), "count=12"));
	buf_clear(&b);
}

/* A group-by field may have any name; its pair must stay one. */
static void
kv_keys_cannot_be_taken_for_others(void **state)
{
	struct alert_row a = example();
	struct buf	 b;

	(void)state;
	a.key = SLICE("{\"x level=low\\n\":\"pat_a\"}");
	buf_init(&b);
	kv_of(&a, &b);
	assert_non_null(
	    strstr(buf_str(&b), " key.x\\x20level\\x3dlow\\x0a=pat_a "));
	buf_clear(&b);
}

/* A line that is no alert says what it is with its first word. */
static void
a_notice_is_no_alert(void **state)
{
	static const char text[] = "{\"notice\":\"idle\",\"token\":\"pat_a\"}";
	struct json_reader	*reader = json_reader_new(&limits);
	const struct json_field *f;
	struct buf		 b;
	size_t			 n;

	(void)state;
	buf_init(&b);
	assert_int_equal(json_read_copy(reader, slice_of(text), &f, &n, NULL),
	    JSON_OK);
	alert_format_kv(f, n, &b);
	assert_string_equal(buf_str(&b), "notice notice=idle token=pat_a");
	buf_clear(&b);
	json_reader_free(&reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_is_one_line_and_parses),
	    cmocka_unit_test(simulated_shows),
	    cmocka_unit_test(kv_quotes_and_escapes_what_strangers_wrote),
	    cmocka_unit_test(kv_keys_cannot_be_taken_for_others),
	    cmocka_unit_test(kv_is_never_longer_than_a_syslog_line),
	    cmocka_unit_test(a_notice_is_no_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
