#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "token/limits.h"
#include "token/policy.h"

#define NOW (490000 * USEC_HOUR)

static const struct token_policy nothing = {.max_per_account = 100};

static int
check(const struct token_policy *p, enum token_kind kind,
    const char *description, const char *scope, struct error *err)
{
	struct scope s;
	int	     r;

	assert_int_equal(scope_parse(slice_of(scope), &s, NULL), 0);
	r = policy_check(p, kind, slice_of(description), &s, err);
	scope_clear(&s);
	return r;
}

static void
without_a_policy_everything_may_be_made(void **state)
{
	usec_t end = 0;

	(void)state;
	assert_int_equal(check(&nothing, TOKEN_MANUAL, NULL, "delete", NULL),
	    0);
	assert_null(policy_end(&nothing, TOKEN_MANUAL, NOW, &end));
	assert_int_equal(end, 0);
}

static void
a_forbidden_scope_is_refused_by_name(void **state)
{
	struct token_policy p = {
	    .forbidden_scopes = POLICY_SCOPE(SCOPE_DELETE)};
	struct error err;

	(void)state;
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "delete", &err), -1);
	assert_string_equal(err.text,
	    "scope: tokens.policy.forbidden-scopes does not allow delete");
	assert_int_equal(check(&p, TOKEN_AUTO, "x", "delete", NULL), -1);
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "write", NULL), 0);
	assert_int_equal(check(&p, TOKEN_HONEY, "x", "delete", NULL), 0);
}

/* By what a pattern comes to under the level in front. */
static void
a_forbidden_scope_is_found_in_patterns(void **state)
{
	struct token_policy p = {.forbidden_scopes = POLICY_SCOPE(SCOPE_WRITE)};
	struct error	    err;

	(void)state;
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "delete a=read", NULL),
	    0);
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "delete a=write", &err),
	    -1);
	assert_non_null(strstr(err.text, "does not allow write"));
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "read a=write", NULL), 0);
}

static void
a_description_may_be_required(void **state)
{
	struct token_policy p = {.description_required = true};
	struct error	    err;

	(void)state;
	assert_int_equal(check(&p, TOKEN_MANUAL, NULL, "read", &err), -1);
	assert_string_equal(err.text,
	    "description: tokens.policy.description-required wants one");
	assert_int_equal(check(&p, TOKEN_MANUAL, " ", "read", NULL), -1);
	assert_int_equal(check(&p, TOKEN_MANUAL, "x", "read", NULL), 0);
	assert_int_equal(check(&p, TOKEN_AUTO, NULL, "read", NULL), 0);
}

static void
an_end_is_cut_to_the_longest_life(void **state)
{
	struct token_policy p = {.max_lifetime = USEC_DAY};
	usec_t		    end = NOW + USEC_DAY;

	(void)state;
	assert_null(policy_end(&p, TOKEN_MANUAL, NOW, &end));
	end++;
	assert_string_equal(policy_end(&p, TOKEN_MANUAL, NOW, &end),
	    "expires was cut to what tokens.policy.max-lifetime allows");
	assert_int_equal(end, NOW + USEC_DAY);
	end = 0;
	assert_non_null(policy_end(&p, TOKEN_MANUAL, NOW, &end));
	assert_int_equal(end, NOW + USEC_DAY);
	end = 0;
	assert_null(policy_end(&p, TOKEN_HONEY, NOW, &end));
	assert_int_equal(end, 0);
}

static void
who_names_no_end_gets_the_usual_one(void **state)
{
	struct token_policy p = {.max_lifetime = 10 * USEC_DAY,
	    .default_lifetime = USEC_DAY};
	usec_t		    end = 0;

	(void)state;
	assert_string_equal(policy_end(&p, TOKEN_MANUAL, NOW, &end),
	    "expires was set to what tokens.policy.default-lifetime says");
	assert_int_equal(end, NOW + USEC_DAY);
	end = NOW + 2 * USEC_DAY;
	assert_null(policy_end(&p, TOKEN_MANUAL, NOW, &end));
	/* The longest life bounds the usual one. */
	p.default_lifetime = 11 * USEC_DAY;
	end = 0;
	assert_non_null(
	    strstr(policy_end(&p, TOKEN_MANUAL, NOW, &end), "max-lifetime"));
	assert_int_equal(end, NOW + 10 * USEC_DAY);
}

static void
of_two_idle_limits_the_stricter_holds(void **state)
{
	struct token_policy p = {.idle_expires = 30 * USEC_DAY};
	struct token	    t = {.kind = TOKEN_MANUAL};

	(void)state;
	assert_int_equal(policy_idle(&nothing, &t), 0);
	assert_int_equal(policy_idle(&p, &t), 30 * USEC_DAY);
	token_limits(&t)->idle_expires = USEC_DAY;
	assert_int_equal(policy_idle(&p, &t), USEC_DAY);
	assert_int_equal(policy_idle(&nothing, &t), USEC_DAY);
	t.limits->idle_expires = 31 * USEC_DAY;
	assert_int_equal(policy_idle(&p, &t), 30 * USEC_DAY);
	t.kind = TOKEN_FOREIGN;
	assert_int_equal(policy_idle(&p, &t), 0);
	limits_free(&t.limits);
}

/* A token that every part of a policy could touch. */
static struct token
a_token(void)
{
	return (struct token){.kind = TOKEN_MANUAL,
	    .scope = {.level = SCOPE_DELETE},
	    .created = NOW - 40 * USEC_DAY,
	    .changed = NOW - 40 * USEC_DAY,
	    .expires = NOW + 50 * USEC_DAY};
}

static void
a_changed_policy_touches_whom_it_would_not_let_be_made(void **state)
{
	struct token	    t = a_token();
	struct token_policy p = nothing;

	(void)state;
	assert_int_equal(policy_touches(&nothing, &nothing, &t, NOW), 0);
	p.max_lifetime = 90 * USEC_DAY;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), 0);
	p.max_lifetime--;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW),
	    POLICY_MAX_LIFETIME);
	p.forbidden_scopes = POLICY_SCOPE(SCOPE_DELETE);
	p.description_required = true;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW),
	    POLICY_MAX_LIFETIME | POLICY_SCOPES | POLICY_DESCRIPTION);
	/* What holds already touches nobody anew. */
	assert_int_equal(policy_touches(&p, &p, &t, NOW), 0);
}

static void
a_changed_idle_limit_touches_who_would_expire_at_once(void **state)
{
	struct token	    t = a_token();
	struct token_policy p = nothing, stricter = nothing;

	(void)state;
	p.idle_expires = 40 * USEC_DAY;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), 0);
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW + 1),
	    POLICY_IDLE);
	t.last.time = NOW;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW + 1), 0);
	/* Who expires by the limit in force is not the new one's doing. */
	t.last.time = 0;
	stricter.idle_expires = 30 * USEC_DAY;
	assert_int_equal(policy_touches(&p, &stricter, &t, NOW + 1), 0);
}

static void
the_dead_the_traps_and_the_foreign_are_not_touched(void **state)
{
	struct token	    t = a_token();
	struct token_policy p = {
	    .forbidden_scopes = POLICY_SCOPE(SCOPE_DELETE)};

	(void)state;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), POLICY_SCOPES);
	t.state = TOKEN_INACTIVE;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), 0);
	t.state = TOKEN_ACTIVE;
	t.kind = TOKEN_HONEY;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), 0);
	t.kind = TOKEN_FOREIGN;
	assert_int_equal(policy_touches(&nothing, &p, &t, NOW), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_policy_everything_may_be_made),
	    cmocka_unit_test(a_forbidden_scope_is_refused_by_name),
	    cmocka_unit_test(a_forbidden_scope_is_found_in_patterns),
	    cmocka_unit_test(a_description_may_be_required),
	    cmocka_unit_test(an_end_is_cut_to_the_longest_life),
	    cmocka_unit_test(who_names_no_end_gets_the_usual_one),
	    cmocka_unit_test(of_two_idle_limits_the_stricter_holds),
	    cmocka_unit_test(
		a_changed_policy_touches_whom_it_would_not_let_be_made),
	    cmocka_unit_test(
		a_changed_idle_limit_touches_who_would_expire_at_once),
	    cmocka_unit_test(
		the_dead_the_traps_and_the_foreign_are_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
