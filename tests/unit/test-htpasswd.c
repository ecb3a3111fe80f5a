#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/htpasswd.h"
#include "base/buf.h"

/* Of "secret" at a cost of 5, and of "other" at 4, made by crypt(3). */
#define SECRET "$2b$05$aaaaaaaaaaaaaaaaaaaaaOjOHCcGZ1ZydhnG2lX11qSmiRJbsbsA."
#define OTHER  "$2y$04$bbbbbbbbbbbbbbbbbbbbbOjAVgMHb.yPcya7y5sfKzrRvEjwvAJyG"

struct fixture {
	struct complaints c;
	struct htpasswd	 *h;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	complain_init(&f->c);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	htpasswd_free(&f->h);
	complain_clear(&f->c);
	free(f);
	return 0;
}

static struct htpasswd *
parse(struct fixture *f, const char *text)
{
	htpasswd_free(&f->h);
	complain_clear(&f->c);
	complain_init(&f->c);
	f->h = htpasswd_parse("f", slice_of(text), &f->c);
	return f->h;
}

static void
assert_refused(struct fixture *f, const char *text, const char *want)
{
	struct buf b;

	assert_null(parse(f, text));
	assert_int_equal(f->c.errors, 1);
	buf_init(&b);
	complain_format(&f->c.list[0], &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
a_line_is_an_account_and_its_hash(void **state)
{
	struct fixture *f = *state;

	assert_non_null(
	    parse(f, "# who\n\nalice:" SECRET "\r\n  bob:" OTHER "\n"));
	assert_int_equal(htpasswd_count(f->h), 2);
	assert_string_equal(htpasswd_find(f->h, SLICE("alice")), SECRET);
	assert_string_equal(htpasswd_find(f->h, SLICE("bob")), OTHER);
	assert_null(htpasswd_find(f->h, SLICE("carol")));
	assert_null(htpasswd_find(f->h, SLICE("")));
	assert_int_equal(htpasswd_cost(f->h), 5);
}

static void
an_empty_file_has_nobody(void **state)
{
	struct fixture *f = *state;

	assert_non_null(parse(f, ""));
	assert_int_equal(htpasswd_count(f->h), 0);
	assert_int_equal(htpasswd_cost(f->h), HTPASSWD_COST_MIN);
	assert_non_null(parse(f, "# nobody yet"));
}

static void
what_is_no_account_with_a_hash_is_refused(void **state)
{
	static const char want[] = "f:2:1: not ACCOUNT:HASH with the name of "
				   "an account";

	assert_refused(*state, "\nalice\n", want);
	assert_refused(*state, "\n:" SECRET "\n", want);
	assert_refused(*state, "\nAlice:" SECRET "\n", want);
	assert_refused(*state, "\na b:" SECRET "\n", want);
}

static void
only_bcrypt_is_taken(void **state)
{
	static const char *const hashes[] = {"", "secret", "{SHA}2jmj7l5rSw0",
	    "$apr1$abc$abcdefghijklmnopqrstu1", "$6$abc$def", "rqXexS6ZhobKA",
	    "$2x$05$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234",
	    SECRET "a", "$2b$05$aaaaaaaaaaaaaaaaaaaaaa"};
	struct buf		 b;
	size_t			 i;

	buf_init(&b);
	for (i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
		b.n = 0;
		buf_addf(&b, "a:%s\n", hashes[i]);
		assert_refused(*state, buf_str(&b),
		    "f:1:3: not a bcrypt hash: make it with 'htpasswd -B'");
	}
	buf_clear(&b);
}

static void
a_cost_that_holds_others_up_is_refused(void **state)
{
	struct fixture *f = *state;
	char		line[] = "a:" SECRET;

	memcpy(line + 6, "14", 2);
	assert_non_null(parse(f, line));
	memcpy(line + 6, "15", 2);
	assert_refused(f, line,
	    "f:1:3: a bcrypt cost of 15, allowed are 4 to 14");
	memcpy(line + 6, "03", 2);
	assert_refused(f, line,
	    "f:1:3: a bcrypt cost of 3, allowed are 4 to 14");
}

static void
an_account_stands_there_once(void **state)
{
	assert_refused(*state, "a:" SECRET "\nb:" OTHER "\na:" OTHER "\n",
	    "f:3:1: 'a' stands here twice");
}

static void
all_faults_are_told(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, "a\nb:c\nd:" SECRET "\n:"));
	assert_int_equal(f->c.errors, 3);
}

static void
a_password_is_right_or_wrong_at_any_cost(void **state)
{
	(void)state;
	assert_true(htpasswd_check(SECRET, 5, SLICE("secret")));
	assert_true(htpasswd_check(OTHER, 6, SLICE("other")));
	assert_false(htpasswd_check(SECRET, 5, SLICE("Secret")));
	assert_false(htpasswd_check(SECRET, 5, SLICE("secret ")));
	assert_false(htpasswd_check(SECRET, 5, SLICE("")));
	assert_false(htpasswd_check(SECRET, 5, (struct slice){NULL, 0}));
	assert_false(htpasswd_check(NULL, 5, SLICE("secret")));
}

static void
a_password_without_end_is_wrong(void **state)
{
	char long_one[2000];

	(void)state;
	memset(long_one, 'x', sizeof long_one);
	assert_false(htpasswd_check(SECRET, 5,
	    (struct slice){long_one, sizeof long_one}));
}

static void
a_file_is_read_and_one_that_is_not_there_is_told(void **state)
{
	struct fixture *f = *state;
	char		path[] = "/tmp/patrol-htpasswd-XXXXXX";
	int		fd = mkstemp(path);

	assert_true(fd != -1);
	assert_int_equal(dprintf(fd, "alice:%s\n", SECRET),
	    (int)strlen("alice:\n" SECRET));
	close(fd);
	f->h = htpasswd_load(path, &f->c);
	assert_non_null(f->h);
	assert_int_equal(htpasswd_count(f->h), 1);
	unlink(path);
	assert_null(htpasswd_load(path, &f->c));
	assert_int_equal(f->c.errors, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_line_is_an_account_and_its_hash),
	    TEST(an_empty_file_has_nobody),
	    TEST(what_is_no_account_with_a_hash_is_refused),
	    TEST(only_bcrypt_is_taken),
	    TEST(a_cost_that_holds_others_up_is_refused),
	    TEST(an_account_stands_there_once),
	    TEST(all_faults_are_told),
	    TEST(a_password_is_right_or_wrong_at_any_cost),
	    TEST(a_password_without_end_is_wrong),
	    TEST(a_file_is_read_and_one_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
