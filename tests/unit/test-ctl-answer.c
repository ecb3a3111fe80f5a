/* patrolctl/answer: lines of the control protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "patrolctl/answer.h"

static struct json_reader *reader;
static char		   line[4096 + JSON_PADDING];

static int
parse(const char *text, struct answer *a)
{
	struct error err;

	memset(line, 0, sizeof line);
	strcpy(line, text);
	return answer_parse(reader, slice_of(line), a, &err);
}

static void
is_text(struct slice s, const char *want)
{
	assert_true(slice_is(s, want));
}

static void
an_item_keeps_its_bytes(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(parse("{\"id\":3,\"item\":{\"id\": \"pat_a\", \"b\":"
			       "{\"c\":[{\"d\":\"}\\\"\"}]} }}",
			     &a),
	    0);
	assert_int_equal(a.kind, ANSWER_ITEM);
	assert_int_equal(a.id, 3);
	is_text(a.body.raw,
	    "{\"id\": \"pat_a\", \"b\":{\"c\":[{\"d\":"
	    "\"}\\\"\"}]} }");
	is_text(answer_text(&a.body, "id"), "pat_a");
	is_text(answer_text(&a.body, "b.c.0.d"), "}\"");
}

static void
a_result_has_its_types(void **state)
{
	struct answer a;
	usec_t	      t;

	(void)state;
	assert_int_equal(parse("{\"id\":1,\"ok\":true,\"result\":{\"n\":42,"
			       "\"yes\":true,\"no\":false,\"null\":null,\"t\":"
			       "\"2026-11-23T16:24:05Z\"}}",
			     &a),
	    0);
	assert_int_equal(a.kind, ANSWER_OK);
	assert_int_equal(answer_int(&a.body, "n"), 42);
	assert_int_equal(answer_int(&a.body, "yes"), 0);
	assert_true(answer_bool(&a.body, "yes"));
	assert_false(answer_bool(&a.body, "no"));
	assert_false(answer_bool(&a.body, "n"));
	assert_null(answer_text(&a.body, "null").p);
	assert_null(answer_text(&a.body, "missing").p);
	assert_int_equal(time_parse(SLICE("2026-11-23T16:24:05Z"), &t), 0);
	assert_true(answer_time(&a.body, "t") == t);
	assert_true(answer_time(&a.body, "null") == 0);
}

static void
an_error_has_code_and_message(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(parse("{\"id\":1,\"ok\":false,\"error\":{\"code\":"
			       "\"not_found\",\"message\":\"no token 'x'\"}}",
			     &a),
	    0);
	assert_int_equal(a.kind, ANSWER_ERROR);
	is_text(a.code, "not_found");
	is_text(a.message, "no token 'x'");
}

static void
a_greeting_is_no_answer(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(parse("{\"patrol\":1,\"version\":\"0.1\"}", &a), 0);
	assert_int_equal(a.kind, ANSWER_OTHER);
	assert_int_equal(a.id, -1);
	assert_int_equal(answer_int(&a.body, "patrol"), 1);
}

static void
rubbish_is_refused(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(parse("HTTP/1.1 400 Bad Request", &a), -1);
	assert_int_equal(parse("{\"id\":1,\"item\":{\"a\":1}", &a), -1);
	assert_int_equal(parse("", &a), -1);
}

static void
a_key_inside_a_string_is_not_found(void **state)
{
	(void)state;
	assert_null(answer_raw(SLICE("{\"a\":\"\\\"item\\\":1\",\"b\":"
				     "{\"item\":2}}"),
	    "item")
			.p);
	is_text(answer_raw(SLICE("{ \"a\" : [ 1 ] , \"item\" : 3 }"), "item"),
	    "3");
	assert_null(answer_raw(SLICE("{}"), "item").p);
}

static void
an_object_inside_walks_its_own_fields(void **state)
{
	const struct json_field *j;
	struct answer		 a;
	struct fields		 sub;
	struct slice		 key;
	char			 room[64];
	size_t			 at = 0;

	(void)state;
	assert_int_equal(parse("{\"id\":1,\"ok\":true,\"result\":{\"x\":1,"
			       "\"key\":{\"source.ip\":\"192.0.2.1\",\"token\":"
			       "\"pat_a\"},"
			       "\"keys\":2}}",
			     &a),
	    0);
	sub = answer_sub(&a.body, "key", room);
	assert_true(answer_next(&sub, &at, &key, &j));
	is_text(key, "source.ip");
	is_text(j->value, "192.0.2.1");
	assert_true(answer_next(&sub, &at, &key, &j));
	is_text(key, "token");
	assert_false(answer_next(&sub, &at, &key, &j));
	is_text(sub.raw, "{\"source.ip\":\"192.0.2.1\",\"token\":\"pat_a\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
					       an_item_keeps_its_bytes),
	    cmocka_unit_test(a_result_has_its_types),
	    cmocka_unit_test(an_error_has_code_and_message),
	    cmocka_unit_test(a_greeting_is_no_answer),
	    cmocka_unit_test(rubbish_is_refused),
	    cmocka_unit_test(a_key_inside_a_string_is_not_found),
	    cmocka_unit_test(an_object_inside_walks_its_own_fields)};
	int			r;

	reader = answer_reader_new();
	r = cmocka_run_group_tests_name("patrolctl/answer", tests, NULL, NULL);
	json_reader_free(&reader);
	return r;
}
