#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/msg.h"

static struct buf out;

static int
setup(void **state)
{
	buf_init(&out);
	*state = &out;
	return 0;
}

static int
teardown(void **state)
{
	buf_clear(*state);
	return 0;
}

static void
an_ack_is_one_line(void **state)
{
	msg_ack(*state, 0);
	msg_ack(*state, 12345678901);
	assert_string_equal(buf_str(*state),
	    "{\"ack\":0}\n{\"ack\":12345678901}\n");
}

static void
a_reject_names_line_and_reason(void **state)
{
	msg_reject(*state, 7, "tag: 'a\\x0a' is \"bad\"\n");
	assert_string_equal(buf_str(*state),
	    "{\"reject\":7,\"error\":"
	    "\"tag: 'a\\\\x0a' is \\\"bad\\\"\\n\"}\n");
}

static void
the_greeting_says_protocol_and_version(void **state)
{
	msg_greeting(*state, "0.1");
	assert_string_equal(buf_str(*state),
	    "{\"patrol\":1,\"version\":\"0.1\"}\n");
}

static void
items_come_before_their_result(void **state)
{
	msg_item(*state, 1, SLICE("{\"a\":1}"));
	msg_ok(*state, 1, SLICE("{}"));
	assert_string_equal(buf_str(*state),
	    "{\"id\":1,\"item\":{\"a\":1}}\n"
	    "{\"id\":1,\"ok\":true,\"result\":{}}\n");
}

static void
an_error_has_code_and_message(void **state)
{
	msg_error(*state, -1, MSG_NOT_FOUND, "no token \"x\"");
	assert_string_equal(buf_str(*state),
	    "{\"id\":-1,\"ok\":false,"
	    "\"error\":{\"code\":\"not_found\",\"message\":"
	    "\"no token \\\"x\\\"\"}}\n");
}

static void
every_code_has_a_name_of_its_own(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < MSG_CODES; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(msg_code_name((enum msg_code)i),
			    msg_code_name((enum msg_code)j));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_ack_is_one_line),
	    T(a_reject_names_line_and_reason),
	    T(the_greeting_says_protocol_and_version),
	    T(items_come_before_their_result),
	    T(an_error_has_code_and_message),
	    T(every_code_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
