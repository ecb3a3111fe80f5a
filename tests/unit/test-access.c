#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "auth/access.h"

struct fixture {
	struct complaints c;
	struct conf	 *conf;
	struct scope	  scope;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	complain_init(&f->c);
	f->conf = conf_load_text("f",
	    SLICE("auth:\n"
		  "  public: ['library/*', open]\n"
		  "  groups: {build: [bob, carol]}\n"
		  "  access:\n"
		  "    - {who: ['@build'], repositories: [team/*],"
		  " actions: [pull, push]}\n"
		  "    - {who: [bob], repositories: [team/app, base/?],"
		  " actions: [delete]}\n"
		  "    - {who: ['*'], repositories: [shared/*]}\n"),
	    &f->c);
	assert_non_null(f->conf);
	scope_init(&f->scope);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	scope_clear(&f->scope);
	conf_free(&f->conf);
	complain_clear(&f->c);
	free(f);
	return 0;
}

static unsigned
bits(struct fixture *f, const char *account, const char *scope,
    const char *repository)
{
	scope_clear(&f->scope);
	assert_int_equal(scope_parse(slice_of(scope), &f->scope, NULL), 0);
	return access_bits(f->conf, slice_of(account), &f->scope,
	    slice_of(repository));
}

static void
its_own_namespace_is_an_accounts_to_do_all_in(void **state)
{
	assert_int_equal(bits(*state, "alice", "delete", "alice/app"),
	    ACCESS_ALL);
	assert_int_equal(bits(*state, "alice", "delete", "alice/a/b"),
	    ACCESS_ALL);
	assert_int_equal(bits(*state, "alice", "delete", "alice"), 0);
	assert_int_equal(bits(*state, "alice", "delete", "alice/"), 0);
	assert_int_equal(bits(*state, "alice", "delete", "alicea/app"), 0);
	assert_int_equal(bits(*state, "alice", "delete", "x/alice/app"), 0);
	assert_int_equal(bits(*state, "alice", "delete", "bob/app"), 0);
}

static void
entries_add_up(void **state)
{
	assert_int_equal(bits(*state, "bob", "delete", "team/app"), ACCESS_ALL);
	assert_int_equal(bits(*state, "bob", "delete", "team/other"),
	    ACCESS_PULL | ACCESS_PUSH);
	assert_int_equal(bits(*state, "bob", "delete", "base/a"),
	    ACCESS_DELETE);
	assert_int_equal(bits(*state, "bob", "delete", "base/ab"), 0);
	assert_int_equal(bits(*state, "carol", "delete", "team/app"),
	    ACCESS_PULL | ACCESS_PUSH);
	assert_int_equal(bits(*state, "alice", "delete", "team/app"), 0);
}

static void
a_star_is_every_account_and_nobody_in_particular_is_none(void **state)
{
	assert_int_equal(bits(*state, "alice", "delete", "shared/x"),
	    ACCESS_PULL);
	assert_int_equal(bits(*state, NULL, "delete", "shared/x"), 0);
	assert_int_equal(bits(*state, "", "delete", "shared/x"), 0);
	assert_int_equal(bits(*state, "", "delete", "/x"), 0);
	assert_int_equal(bits(*state, "@build", "delete", "team/x"), 0);
}

static void
what_is_public_is_pulled_by_all_that_have_a_scope(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bits(f, NULL, "public-read", "library/x"),
	    ACCESS_PULL);
	assert_int_equal(bits(f, "alice", "delete", "library/x"), ACCESS_PULL);
	assert_int_equal(bits(f, "alice", "delete", "open"), ACCESS_PULL);
	assert_int_equal(bits(f, "alice", "none", "open"), 0);
	assert_int_equal(bits(f, "alice", "read alice/*=read", "open"), 0);
	assert_true(access_is_public(f->conf, SLICE("library/a/b")));
	assert_false(access_is_public(f->conf, SLICE("library")));
}

static void
the_scope_is_the_upper_bound(void **state)
{
	assert_int_equal(bits(*state, "alice", "none", "alice/a"), 0);
	assert_int_equal(bits(*state, "alice", "public-read", "alice/a"), 0);
	assert_int_equal(bits(*state, "alice", "read", "alice/a"), ACCESS_PULL);
	assert_int_equal(bits(*state, "alice", "write", "alice/a"),
	    ACCESS_PULL | ACCESS_PUSH);
	assert_int_equal(bits(*state, "bob", "read", "base/a"), 0);
	assert_int_equal(bits(*state, "alice", "write alice/a=read", "alice/a"),
	    ACCESS_PULL);
}

static void
actions_have_bits(void **state)
{
	(void)state;
	assert_int_equal(access_bit(SLICE("pull")), ACCESS_PULL);
	assert_int_equal(access_bit(SLICE("push")), ACCESS_PUSH);
	assert_int_equal(access_bit(SLICE("delete")), ACCESS_DELETE);
	assert_int_equal(access_bit(SLICE("*")), 0);
	assert_int_equal(access_bit(SLICE("")), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(its_own_namespace_is_an_accounts_to_do_all_in),
	    TEST(entries_add_up),
	    TEST(a_star_is_every_account_and_nobody_in_particular_is_none),
	    TEST(what_is_public_is_pulled_by_all_that_have_a_scope),
	    TEST(the_scope_is_the_upper_bound),
	    TEST(actions_have_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
