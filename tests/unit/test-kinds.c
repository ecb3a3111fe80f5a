/* engine/manage: tokens of a kind: traps, and auto-generated ones. */
#include "engine-fixture.h"

#include <string.h>

#include "engine/brake.h"

#define T0 (490000 * USEC_HOUR)

static const char rules[] =
    "title: trap\n"
    "id: 00000000-0000-4000-8000-000000000002\n"
    "logsource: {product: patrol}\n"
    "detection: {s: {token.kind: honey}, condition: s}\n"
    "level: critical\n"
    "patrol: {realert: 0, mode: enforce, respond: [deactivate]}\n";

struct fixture {
	struct engine *e;
	struct batch  *other;
	struct token  *t;
};

static struct engine_made
make(struct fixture *f, enum token_kind kind)
{
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = kind};
	struct engine_made	made;
	struct error		err;

	if (engine_token_create(f->e, &want, T0, &root, &made, &err) !=
	    ENGINE_OK)
		fail_msg("%s", err.text);
	return made;
}

static int
setup(void **state)
{
	struct fixture	  *f = xcalloc(1, sizeof *f);
	struct engine_opts o = {.dedup_max = 10,
	    .strings_max = 100,
	    .foreign_max = 3,
	    .alerts_max = 100,
	    .token_prefix = "patrol",
	    .policy.max_per_account = 3,
	    .auto_per_account = 2,
	    .ceiling = RULE_ENFORCE,
	    .brake_changes = 1,
	    .brake_per = USEC_MIN,
	    .brake_share = 1.0};

	fixture_engine(&o, rules, T0, &f->e, &f->other);
	f->t = make(f, TOKEN_MANUAL).token;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fixture_engine_free(&f->e, &f->other);
	free(f);
	return 0;
}

static struct batch *
take(struct fixture *f, bool checkpoint)
{
	return checkpoint ? fixture_take_all(f->e, &f->other) :
			    fixture_take(f->e, &f->other, 0);
}

/* Somebody shows its secret at the token endpoint. */
static void
try_it(struct fixture *f, const struct token *t, usec_t now, const char *ip)
{
	struct use *u = xcalloc(1, sizeof *u);
	struct addr a;

	use_init(u, now);
	use_set(u, USE_TOKEN, slice_of(t->id));
	use_set(u, USE_ACTION, SLICE("login"));
	use_set(u, USE_OUTCOME, SLICE("failure"));
	assert_int_equal(addr_parse(slice_of(ip), &a), 0);
	use_set_ip(u, &a);
	assert_int_equal(engine_use(f->e, u), ENGINE_NEW);
	free(u);
}

static void
each_try_of_a_trap_is_an_alert_and_changes_nothing(void **state)
{
	struct fixture	   *f = *state;
	struct engine_made  trap = make(f, TOKEN_HONEY);
	const struct batch *b;

	(void)take(f, false);
	/* Also two in one moment that nothing tells apart. */
	try_it(f, trap.token, T0 + 1, "203.0.113.9");
	try_it(f, trap.token, T0 + 1, "203.0.113.9");
	try_it(f, trap.token, T0 + 2, "203.0.113.10");
	b = take(f, false);
	assert_int_equal(b->nalerts, 3);
	assert_int_equal(b->noutbox, 3);
	assert_string_not_equal(b->alerts[0].id, b->alerts[1].id);
	assert_string_not_equal(b->alerts[1].id, b->alerts[2].id);
	/* Not even by a rule in earnest. */
	assert_int_equal(trap.token->state, TOKEN_ACTIVE);
	assert_false(engine_brake(f->e)->on);
}

static void
a_trap_is_in_no_count_and_no_activity_of_its_account(void **state)
{
	struct fixture	     *f = *state;
	const struct account *a = f->t->account;
	struct engine_made    trap;
	const struct batch   *b;
	struct error	      err;
	int		      i;

	(void)take(f, false);
	/* More than an account may have. */
	for (i = 0; i < 5; i++)
		trap = make(f, TOKEN_HONEY);
	b = take(f, false);
	assert_int_equal(b->nuses, 0);
	assert_int_equal(b->naudits, 5);
	assert_int_equal(a->ntokens, 1);
	assert_int_equal(a->nactive, 1);
	assert_int_equal(token_table_counts(engine_tokens(f->e))->honey, 5);
	assert_int_equal(token_table_counts(engine_tokens(f->e))
			     ->by_state[TOKEN_ACTIVE],
	    1);
	assert_int_equal(engine_token_change(f->e, trap.token, TOKEN_INACTIVE,
			     NULL, T0, &root, &err),
	    ENGINE_OK);
	assert_int_equal(a->nactive, 1);
	assert_int_equal(token_table_counts(engine_tokens(f->e))->honey, 5);
	assert_int_equal(engine_token_change(f->e, trap.token, TOKEN_DELETED,
			     NULL, T0, &root, &err),
	    ENGINE_OK);
	assert_int_equal(token_table_counts(engine_tokens(f->e))->honey, 4);
	assert_int_equal(a->ntokens, 1);
}

static void
a_trap_never_expires(void **state)
{
	struct fixture	       *f = *state;
	struct engine_new_token want = {.account = SLICE("alice"),
	    .kind = TOKEN_HONEY,
	    .expires = T0 + USEC_DAY};
	struct engine_made	made;
	struct error		err;

	assert_int_equal(engine_token_create(f->e, &want, T0, &root, &made,
			     &err),
	    ENGINE_E_INVALID);
	made = make(f, TOKEN_HONEY);
	assert_int_equal(made.token->expires, 0);
	assert_int_equal(engine_token_change(f->e, made.token, TOKEN_EXPIRED,
			     NULL, T0, &root, &err),
	    ENGINE_E_CONFLICT);
}

/* --- auto-generated ones --------------------------------------------- */

static void
an_auto_token_may_read_write_and_delete(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, TOKEN_AUTO).token->scope.level, SCOPE_DELETE);
	assert_int_equal(make(f, TOKEN_MANUAL).token->scope.level, SCOPE_READ);
}

/* Where fewer are allowed than there are, all but that many give way. */
static void
a_lower_limit_holds_from_the_next_one_on(void **state)
{
	struct fixture	  *f = *state;
	struct engine_opts o = {.token_prefix = "patrol",
	    .policy.max_per_account = 3,
	    .auto_per_account = 1};
	struct token	  *one = make(f, TOKEN_AUTO).token;
	struct token	  *two = make(f, TOKEN_AUTO).token;
	struct engine_made made;

	engine_set_opts(f->e, &o);
	made = make(f, TOKEN_AUTO);
	assert_int_equal(one->state, TOKEN_DELETED);
	assert_int_equal(two->state, TOKEN_DELETED);
	assert_string_equal(made.replaced, two->id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_try_of_a_trap_is_an_alert_and_changes_nothing),
	    TEST(a_trap_is_in_no_count_and_no_activity_of_its_account),
	    TEST(a_trap_never_expires),
	    TEST(an_auto_token_may_read_write_and_delete),
	    TEST(a_lower_limit_holds_from_the_next_one_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
