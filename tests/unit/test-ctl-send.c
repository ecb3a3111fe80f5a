/* patrolctl/send: lines out, acks and rejects in, over a socket pair. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "patrolctl/send.h"

/*
 * The daemon is a thread: it reads `expect` bytes (or to the half-close, with
 * SIZE_MAX), answers, and closes.
 */
struct fixture {
	int		   in[2];   /* pipe: what is sent */
	int		   sock[2]; /* [1] is the daemon's */
	pthread_t	   daemon;
	size_t		   expect;
	const char	  *replies;
	struct buf	   got;	 /* by the daemon */
	struct buf	   told; /* of rejects */
	struct send_result res;
	struct error	   err;
};

static void *
run_daemon(void *arg)
{
	struct fixture *f = arg;
	char		b[4096];
	size_t		want;
	ssize_t		n;

	while (f->got.n < f->expect) {
		want = f->expect - f->got.n;
		n = read(f->sock[1], b, want < sizeof b ? want : sizeof b);
		if (n <= 0)
			break;
		buf_add(&f->got, b, (size_t)n);
	}
	n = write(f->sock[1], f->replies, strlen(f->replies));
	close(f->sock[1]);
	return NULL;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	*state = f;
	buf_init(&f->got);
	buf_init(&f->told);
	return pipe(f->in) == 0 &&
		socketpair(AF_UNIX, SOCK_STREAM, 0, f->sock) == 0 ?
	    0 :
	    -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	close(f->in[0]);
	close(f->sock[0]);
	buf_clear(&f->got);
	buf_clear(&f->told);
	free(f);
	return 0;
}

static void
tell(uint64_t line, struct slice error, void *arg)
{
	buf_addf(arg, "%d:%.*s;", (int)line, SLICE_ARG(error));
}

/* `input` must fit the pipe. */
static int
send_text(struct fixture *f, const char *input, size_t expect,
    const char *replies)
{
	int r;

	assert_int_equal(write(f->in[1], input, strlen(input)), strlen(input));
	close(f->in[1]);
	f->expect = expect;
	f->replies = replies;
	assert_int_equal(pthread_create(&f->daemon, NULL, run_daemon, f), 0);
	r = send_lines(f->in[0], f->sock[0], tell, &f->told, &f->res, &f->err);
	pthread_join(f->daemon, NULL);
	return r;
}

static void
all_lines_arrive_and_are_settled(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "{}\n{\"a\":1}\n", SIZE_MAX,
			     "{\"ack\":1}\n{\"ack\":2}\n"),
	    0);
	assert_string_equal(buf_str(&f->got), "{}\n{\"a\":1}\n");
	assert_int_equal(f->res.lines, 2);
	assert_int_equal(f->res.settled, 2);
	assert_int_equal(f->res.refused, 0);
}

static void
a_last_line_without_its_newline_counts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "{}\n{}", SIZE_MAX, "{\"ack\":2}\n"), 0);
	assert_int_equal(f->res.lines, 2);
}

static void
nothing_to_send_is_fine(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "", SIZE_MAX, ""), 0);
	assert_int_equal(f->res.lines, 0);
}

static void
rejects_are_told_with_their_line(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "a\nb\n", SIZE_MAX,
			     "{\"reject\":2,"
			     "\"error\":\"not a JSON object\"}\n{\"ack\":2}\n"),
	    0);
	assert_string_equal(buf_str(&f->told), "2:not a JSON object;");
	assert_int_equal(f->res.refused, 1);
	assert_int_equal(f->res.settled, 2);
}

static void
a_missing_ack_is_a_failure(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "a\nb\n", SIZE_MAX, "{\"ack\":1}\n"), -1);
	assert_int_equal(f->res.settled, 1);
	assert_non_null(strstr(f->err.text, "closed"));
}

static void
a_daemon_that_goes_midway_is_a_failure(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "a\nb\n", 2, "{\"ack\":1}\n"), -1);
	assert_true(f->res.settled <= 1);
}

static void
a_reply_that_is_none_is_a_failure(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(send_text(f, "a\n", SIZE_MAX, "HTTP/1.1 400\n"), -1);
	assert_non_null(strstr(f->err.text, "not a reply"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] =
	    {TEST(all_lines_arrive_and_are_settled),
		TEST(a_last_line_without_its_newline_counts),
		TEST(nothing_to_send_is_fine),
		TEST(rejects_are_told_with_their_line),
		TEST(a_missing_ack_is_a_failure),
		TEST(a_daemon_that_goes_midway_is_a_failure),
		TEST(a_reply_that_is_none_is_a_failure)};

	return cmocka_run_group_tests_name("patrolctl/send", tests, NULL, NULL);
}
