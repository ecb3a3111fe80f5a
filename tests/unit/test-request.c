#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/request.h"

struct fix {
	struct json_reader	*reader;
	const struct json_field *f;
	size_t			 n;
	struct request		 r;
	struct error		 err;
};

static int
setup(void **state)
{
	static struct fix x;

	x.reader = json_reader_new(&request_limits);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *x = *state;

	json_reader_free(&x->reader);
	return 0;
}

static int
parse(struct fix *x, const char *text)
{
	assert_int_equal(json_read_copy(x->reader, slice_of(text), &x->f, &x->n,
			     &x->err),
	    JSON_OK);
	return request_parse(x->f, x->n, &x->r, &x->err);
}

static int
check(struct fix *x, const char *text)
{
	static const char *const names[] = {"id", "reason", NULL};

	assert_int_equal(parse(x, text), 0);
	return request_check_args(x->f, x->n, "token.show", names, &x->err);
}

static void
assert_arg(struct fix *x, const char *name, const char *want)
{
	struct slice s = request_arg(x->f, x->n, name);

	if (want == NULL)
		assert_null(s.p);
	else
		assert_true(slice_is(s, want));
}

static void
a_request_has_an_id_a_command_and_arguments(void **state)
{
	struct fix *x = *state;

	assert_int_equal(check(x,
			     "{\"id\":7,\"cmd\":\"token.show\",\"args\":{"
			     "\"id\":\"pat_a\",\"reason\":null}}"),
	    0);
	assert_int_equal(x->r.id, 7);
	assert_true(slice_is(x->r.cmd, "token.show"));
	assert_arg(x, "id", "pat_a");
	assert_arg(x, "reason", NULL);
	assert_arg(x, "i", NULL);
	assert_int_equal(check(x, "{\"cmd\":\"x\",\"args\":{}}"), 0);
	assert_int_equal(check(x, "{\"cmd\":\"x\",\"args\":null}"), 0);
	assert_int_equal(check(x, "{\"cmd\":\"x\",\"args\":{\"id\":5}}"), 0);
	assert_arg(x, "id", "5");
}

static void
what_is_no_request_is_told_so(void **state)
{
	static const char *const bad[][2] = {
	    {"{}", "no \"cmd\""},
	    {"{\"id\":1,\"cmd\":2}", "no \"cmd\""},
	    {"{\"cmd\":\"x\",\"arsg\":{\"id\":1}}",
		"unknown key 'arsg' of the request, did you mean 'args'?"},
	    {"{\"cmd\":\"x\",\"id.x\":1}", "id: want no key below it"},
	    {"{\"cmd\":\"x\",\"arg\":1}",
		"unknown key 'arg' of the request, did you mean 'args'?"},
	    {"{\"cmd\":\"x\",\"args\":[]}", "args: want an object"},
	    {"{\"cmd\":\"x\",\"args\":\"id\"}", "args: want an object"},
	    {"{\"cmd\":[\"x\",\"y\"]}", "cmd: want one value, not a list"},
	    {"{\"cmd\":\"x\",\"cmd\":\"y\"}", "'cmd' is given twice"},
	    {"{\"cmd\":\"x\",\"args\":{\"id\":1,\"\\u0069d\":2}}",
		"'args.id' is given twice"},
	    {"{\"cmd\":\"x\",\"args.id\":1,\"args\":{\"id\":2}}",
		"'args.id' is given twice"},
	};
	struct fix *x = *state;
	size_t	    i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(parse(x, bad[i][0]), -1);
		assert_string_equal(x->err.text, bad[i][1]);
	}
}

static void
the_answer_to_a_bad_request_has_its_id(void **state)
{
	struct fix *x = *state;

	assert_int_equal(parse(x, "{\"cmmd\":1,\"id\":7}"), -1);
	assert_int_equal(x->r.id, 7);
	assert_int_equal(parse(x, "{\"id\":-7}"), -1);
	assert_int_equal(x->r.id, 0);
}

static void
an_argument_that_is_not_its_own_is_refused_by_name(void **state)
{
	static const char *const bad[][2] = {
	    {"reson",
		"unknown argument 'reson' of token.show, did you mean "
		"'reason'?"},
	    {"account", "unknown argument 'account' of token.show"},
	    {"", "unknown argument '' of token.show"},
	    {"id.x", "unknown argument 'id.x' of token.show"},
	    {"\\u001b[31m", "unknown argument '?[31m' of token.show"},
	};
	struct fix *x = *state;
	char	    text[200];
	size_t	    i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text,
		    "{\"cmd\":\"x\",\"args\":{\"%s\":1}}", bad[i][0]);
		assert_int_equal(check(x, text), -1);
		assert_string_equal(x->err.text, bad[i][1]);
	}
}

static void
an_argument_is_one_value(void **state)
{
	static const char *const bad[] = {"[]", "{}", "[1]", "[1,2]"};
	struct fix		*x = *state;
	char			 text[200];
	size_t			 i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text,
		    "{\"cmd\":\"x\",\"args\":{\"id\":%s}}", bad[i]);
		assert_int_equal(check(x, text), -1);
		assert_string_equal(x->err.text, "id: want one value, no list");
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_request_has_an_id_a_command_and_arguments),
	    T(what_is_no_request_is_told_so),
	    T(the_answer_to_a_bad_request_has_its_id),
	    T(an_argument_that_is_not_its_own_is_refused_by_name),
	    T(an_argument_is_one_value),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
