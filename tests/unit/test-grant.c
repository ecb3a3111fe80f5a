#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "auth/grant.h"

struct fixture {
	struct grant_list asked, allowed;
	struct conf	  conf; /* all may all, and what is in hub is public */
	struct scope	  scope;
	struct buf	  out;
	struct error	  err;
};

static const char *any[] = {"*"}, *hub[] = {"hub/*"};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->conf.auth_public = (struct conf_list){hub, 1};
	f->conf.naccess = 1;
	f->conf.access[0].who = f->conf.access[0].repositories =
	    (struct conf_list){any, 1};
	f->conf.access[0].actions = ACCESS_PULL | ACCESS_PUSH | ACCESS_DELETE;
	scope_init(&f->scope);
	buf_init(&f->out);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	scope_clear(&f->scope);
	buf_clear(&f->out);
	free(f);
	return 0;
}

static int
parse(struct fixture *f, const char *text)
{
	return grant_parse(slice_of(text), &f->asked, &f->err);
}

static void
assert_granted(struct fixture *f, const char *scope, const char *json)
{
	scope_clear(&f->scope);
	assert_int_equal(scope_parse(slice_of(scope), &f->scope, NULL), 0);
	grant_allow(&f->asked, &f->conf, SLICE("alice"), &f->scope,
	    &f->allowed);
	assert_int_equal(f->allowed.n, f->asked.n);
	f->out.n = 0;
	grant_format(&f->allowed, &f->out);
	assert_string_equal(buf_str(&f->out), json);
}

static void
assert_refused(struct fixture *f, const char *text, const char *message)
{
	f->asked.n = 0;
	assert_int_equal(parse(f, text), -1);
	assert_string_equal(f->err.text, message);
}

/* What skopeo and docker ask for, as captured from them. */
static void
what_real_clients_ask_is_understood(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:bob/copy:pull,push"), 0);
	assert_int_equal(parse(f, "repository:alice/app:pull"), 0);
	assert_int_equal(f->asked.n, 2);
	assert_true(slice_is(f->asked.list[0].type, "repository"));
	assert_true(slice_is(f->asked.list[0].name, "bob/copy"));
	assert_int_equal(f->asked.list[0].naction, 2);
	assert_true(slice_is(f->asked.list[0].action[1], "push"));
	assert_true(slice_is(f->asked.list[1].name, "alice/app"));
	assert_false(grant_is_admin(&f->asked.list[0]));
}

static void
no_scope_asks_for_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, ""), 0);
	assert_int_equal(parse(f, "  "), 0);
	assert_int_equal(grant_parse((struct slice){NULL, 0}, &f->asked, NULL),
	    0);
	assert_int_equal(f->asked.n, 0);
	assert_granted(f, "delete", "[]");
}

static void
blanks_part_resources(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, " repository:a:pull  repository:b:push "), 0);
	assert_int_equal(f->asked.n, 2);
	assert_true(slice_is(f->asked.list[1].name, "b"));
}

static void
a_name_may_have_a_port(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:localhost:5000/app:pull,push"),
	    0);
	assert_true(slice_is(f->asked.list[0].name, "localhost:5000/app"));
	assert_int_equal(f->asked.list[0].naction, 2);
}

static void
the_same_resource_again_joins_its_actions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f,
			     "repository:a:pull repository:a:pull,push "
			     "repository(plugin):a:pull"),
	    0);
	assert_int_equal(f->asked.n, 2);
	assert_int_equal(f->asked.list[0].naction, 2);
	grant_access_format(&f->asked.list[0], &f->out);
	assert_string_equal(buf_str(&f->out), "repository:a:pull,push");
}

static void
what_has_not_three_parts_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "repository",
	    "scope: 'repository' is not TYPE:NAME:ACTIONS");
	assert_refused(f, "repository:a",
	    "scope: 'repository:a' is not TYPE:NAME:ACTIONS");
	assert_refused(f, "repository::pull",
	    "scope: 'repository::pull' is not TYPE:NAME:ACTIONS");
	assert_refused(f, ":a:pull",
	    "scope: ':a:pull' is not TYPE:NAME:ACTIONS");
	assert_refused(f, "repository:a:", "scope: an action of 'a' is empty");
	assert_refused(f, "repository:a:pull,",
	    "scope: an action of 'a' is empty");
}

static void
what_cannot_be_printed_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "repository:a\n:pull",
	    "scope: a character is not printable ASCII");
	assert_refused(f, "repository:\xc3\xa4:pull",
	    "scope: a character is not printable ASCII");
}

static void
sixty_four_resources_are_taken_and_not_65(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	for (i = 0; i < GRANT_SCOPES_MAX; i++)
		buf_addf(&f->out, "repository:r%u:pull ", i);
	assert_int_equal(parse(f, buf_str(&f->out)), 0);
	assert_int_equal(f->asked.n, GRANT_SCOPES_MAX);
	/* A known one still fits; the list stays across parameters. */
	assert_int_equal(parse(f, "repository:r7:push"), 0);
	assert_int_equal(f->asked.list[7].naction, 2);
	assert_int_equal(parse(f, "repository:more:pull"), -1);
	assert_string_equal(f->err.text, "scope: more than 64 resources");
}

static void
eight_actions_are_taken_and_not_9(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:a:1,2,3,4,5,6,7,8,8"), 0);
	assert_int_equal(f->asked.list[0].naction, GRANT_ACTIONS_MAX);
	assert_refused(f, "repository:a:1,2,3,4,5,6,7,8,9",
	    "scope: more than 8 actions for 'a'");
}

static void
a_name_has_256_bytes_and_not_257(void **state)
{
	struct fixture *f = *state;

	buf_addf(&f->out, "repository:%0256d:pull", 1);
	assert_int_equal(parse(f, buf_str(&f->out)), 0);
	assert_int_equal(f->asked.list[0].name.n, GRANT_NAME_MAX);
	f->out.n = 0;
	buf_addf(&f->out, "repository:%0257d:pull", 1);
	assert_refused(f, buf_str(&f->out),
	    "scope: a name has more than 256 bytes");
}

static void
what_is_no_repository_is_admin(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	assert_int_equal(parse(f,
			     "registry:catalog:* repository():a:pull "
			     "repositoryx:a:pull repository(plugin:a:pull "
			     "repository:a:pull,admin"),
	    0);
	assert_int_equal(f->asked.n, 5);
	for (i = 0; i < f->asked.n; i++)
		assert_true(grant_is_admin(&f->asked.list[i]));
	f->asked.n = 0;
	assert_int_equal(parse(f,
			     "repository:a:pull,push,delete,* "
			     "repository(plugin):a:pull"),
	    0);
	assert_false(grant_is_admin(&f->asked.list[0]));
	assert_false(grant_is_admin(&f->asked.list[1]));
}

static void
a_scope_allows_what_its_level_holds(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:a/b:push,pull,delete"), 0);
	assert_granted(f, "none", "[]");
	assert_granted(f, "public-read", "[]");
	assert_granted(f, "read",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a/b\",\"actions\":[\"pull\"]}]");
	assert_granted(f, "write",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a/b\",\"actions\":[\"push\",\"pull\"]}]");
	assert_granted(f, "delete",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a/b\",\"actions\":[\"push\",\"pull\",\"delete\"]}]");
}

static void
a_star_becomes_what_is_allowed_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:a:*,pull"), 0);
	assert_granted(f, "read",
	    "[{\"type\":\"repository\",\"name\":\"a\","
	    "\"actions\":[\"pull\"]}]");
	assert_granted(f, "delete",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a\",\"actions\":[\"pull\",\"push\",\"delete\"]}]");
}

static void
admin_is_never_granted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "registry:catalog:* repository:a:admin,pull"),
	    0);
	assert_granted(f, "delete",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a\",\"actions\":[\"pull\"]}]");
}

static void
each_repository_has_its_own_level(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f,
			     "repository:bob/copy:pull,push "
			     "repository:alice/app:pull,push"),
	    0);
	assert_granted(f, "write alice/*=read",
	    "[{\"type\":\"repository\",\"name\":\"alice/app\","
	    "\"actions\":[\"pull\"]}]");
	assert_int_equal(f->allowed.list[0].naction, 0);
	assert_true(slice_is(f->allowed.list[0].name, "bob/copy"));
}

static void
public_read_reads_what_everybody_may(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f,
			     "repository:hub/x:pull,push "
			     "repository:alice/app:pull"),
	    0);
	assert_granted(f, "public-read",
	    "[{\"type\":\"repository\","
	    "\"name\":\"hub/x\",\"actions\":[\"pull\"]}]");
	f->conf.auth_public.n = 0;
	grant_allow(&f->asked, &f->conf, SLICE("alice"), &f->scope,
	    &f->allowed);
	assert_int_equal(f->allowed.list[0].naction, 0);
}

static void
a_class_becomes_a_field_of_its_own(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository(plugin):a:pull"), 0);
	assert_granted(f, "read",
	    "[{\"type\":\"repository\","
	    "\"class\":\"plugin\",\"name\":\"a\",\"actions\":[\"pull\"]}]");
	f->out.n = 0;
	grant_access_format(&f->asked.list[0], &f->out);
	assert_string_equal(buf_str(&f->out), "repository(plugin):a:pull");
}

static void
quotes_in_a_name_are_escaped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "repository:a\"]:pull"), 0);
	assert_granted(f, "read",
	    "[{\"type\":\"repository\","
	    "\"name\":\"a\\\"]\",\"actions\":[\"pull\"]}]");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_real_clients_ask_is_understood),
	    TEST(no_scope_asks_for_nothing),
	    TEST(blanks_part_resources),
	    TEST(a_name_may_have_a_port),
	    TEST(the_same_resource_again_joins_its_actions),
	    TEST(what_has_not_three_parts_is_refused),
	    TEST(what_cannot_be_printed_is_refused),
	    TEST(sixty_four_resources_are_taken_and_not_65),
	    TEST(eight_actions_are_taken_and_not_9),
	    TEST(a_name_has_256_bytes_and_not_257),
	    TEST(what_is_no_repository_is_admin),
	    TEST(a_scope_allows_what_its_level_holds),
	    TEST(a_star_becomes_what_is_allowed_once),
	    TEST(admin_is_never_granted),
	    TEST(each_repository_has_its_own_level),
	    TEST(public_read_reads_what_everybody_may),
	    TEST(a_class_becomes_a_field_of_its_own),
	    TEST(quotes_in_a_name_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
