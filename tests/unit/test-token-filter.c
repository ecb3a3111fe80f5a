#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "token/filter.h"
#include "token/lifecycle.h"

#define NOW (1000 * USEC_DAY)

struct fixture {
	struct token_table *tt;
	struct account	   *alice, *bob;
	struct token	   *t;
	struct token_filter f;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	f->tt = token_table_new(10);
	f->alice = token_table_add_account(f->tt, SLICE("alice"), 0);
	f->bob = token_table_add_account(f->tt, SLICE("bob"), 0);
	f->t = token_new(SLICE("pat_abc"));
	f->t->hash[0] = 1;
	f->t->account = f->alice;
	f->t->description = xstrdup("CI of the Shop");
	f->t->labels = xstrdup("ci prod");
	f->t->scope.level = SCOPE_READ;
	f->t->created = NOW - 100 * USEC_DAY;
	token_table_add(f->tt, f->t);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	token_table_free(&f->tt);
	free(f);
	return 0;
}

static bool
matches(const struct fixture *f)
{
	return token_filter_match(&f->f, f->t, NOW);
}

static void
go(struct fixture *f, enum token_state to)
{
	assert_int_equal(lifecycle_change(f->tt, f->t, to, LIFECYCLE_CHANGE,
			     NOW, "stolen by x", "a", NULL),
	    LIFECYCLE_OK);
}

static void
the_empty_filter_matches_all_but_deleted_ones_and_traps(void **state)
{
	struct fixture *f = *state;

	assert_true(matches(f));
	f->f.none = true;
	assert_false(matches(f));
	f->f.none = false;
	f->t->kind = TOKEN_HONEY;
	assert_false(matches(f));
	f->f.honey = true;
	assert_true(matches(f));
	go(f, TOKEN_DELETED);
	assert_false(matches(f));
	f->f.states = 1U << TOKEN_DELETED;
	assert_true(matches(f));
}

static void
a_state_is_what_it_is_by_now(void **state)
{
	struct fixture *f = *state;

	f->f.states = 1U << TOKEN_ACTIVE;
	assert_true(matches(f));
	f->t->expires = NOW;
	assert_false(matches(f));
	f->f.states = 1U << TOKEN_EXPIRED;
	assert_true(matches(f));
	go(f, TOKEN_INACTIVE);
	assert_false(matches(f));
}

static void
account_kind_scope_and_registry_are_compared_whole(void **state)
{
	struct fixture *f = *state;

	f->f.account = f->bob;
	assert_false(matches(f));
	f->f.account = f->alice;
	f->f.kinds = 1U << TOKEN_AUTO;
	assert_false(matches(f));
	f->f.kinds = 1U << TOKEN_MANUAL;
	f->f.scope = SCOPE_WRITE;
	assert_false(matches(f));
	f->f.scope = SCOPE_READ;
	f->f.registry = SLICE("hub");
	assert_false(matches(f));
	sym_set(&f->t->last.registry, token_table_word(f->tt, SLICE("hub")));
	assert_true(matches(f));
	f->f.registry = SLICE("hu");
	assert_false(matches(f));
}

static void
all_labels_must_be_there(void **state)
{
	struct fixture *f = *state;

	f->f.labels = SLICE("prod");
	assert_true(matches(f));
	f->f.labels = SLICE("prod ci");
	assert_true(matches(f));
	f->f.labels = SLICE("prod c");
	assert_false(matches(f));
}

/* At the bound and one past it. */
static void
times_are_from_one_on_and_before_the_other(void **state)
{
	struct fixture	  *f = *state;
	struct token_span *spans[] = {&f->f.created, &f->f.expires, &f->f.used};
	usec_t	*times[] = {&f->t->created, &f->t->expires, &f->t->last.time};
	unsigned i;

	for (i = 0; i < 3; i++) {
		*times[i] = NOW + 5;
		spans[i]->after = NOW + 5;
		assert_true(matches(f));
		spans[i]->after = NOW + 6;
		assert_false(matches(f));
		*spans[i] = (struct token_span){.before = NOW + 6};
		assert_true(matches(f));
		spans[i]->before = NOW + 5;
		assert_false(matches(f));
		/* What never is, is at no time. */
		*spans[i] = (struct token_span){.before = NOW + 6};
		*times[i] = 0;
		assert_false(matches(f));
		*spans[i] = (struct token_span){0};
		assert_true(matches(f));
	}
}

static void
unused_is_by_the_last_use_or_else_by_the_making(void **state)
{
	struct fixture *f = *state;

	f->f.unused_since = f->t->created;
	assert_false(matches(f));
	f->f.unused_since = f->t->created + 1;
	assert_true(matches(f));
	f->t->last.time = NOW;
	assert_false(matches(f));
	f->f.unused_since = NOW + 1;
	assert_true(matches(f));
}

static void
never_used_and_never_expiring_are_asked_for_by_themselves(void **state)
{
	struct fixture *f = *state;

	f->f.never_used = f->f.never_expires = true;
	assert_true(matches(f));
	f->t->last.time = 1;
	assert_false(matches(f));
	f->t->last.time = 0;
	f->t->expires = NOW + 1;
	assert_false(matches(f));
}

static void
an_address_is_in_the_network_or_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(cidr_parse(SLICE("192.0.2.0/24"), &f->f.from, NULL),
	    0);
	assert_false(matches(f));
	sym_set(&f->t->last.ip, token_table_word(f->tt, SLICE("192.0.2.255")));
	assert_true(matches(f));
	sym_set(&f->t->last.ip, token_table_word(f->tt, SLICE("192.0.3.0")));
	assert_false(matches(f));
	sym_set(&f->t->last.ip, token_table_word(f->tt, SLICE("2001:db8::1")));
	assert_false(matches(f));
	sym_set(&f->t->last.ip, token_table_word(f->tt, SLICE("no address")));
	assert_false(matches(f));
}

static bool
finds(struct fixture *f, const char *text)
{
	token_filter_set_text(&f->f, slice_of(text));
	return matches(f);
}

static void
a_text_is_found_in_whatever_has_one(void **state)
{
	struct fixture *f = *state;

	assert_true(finds(f, "the sHOP"));
	assert_true(finds(f, "PAT_ABC"));
	assert_true(finds(f, "ci prod"));
	assert_true(finds(f, "lice"));
	assert_false(finds(f, "shops"));
	assert_false(finds(f, "bob"));
	go(f, TOKEN_INACTIVE);
	assert_true(finds(f, "stolen"));
	sym_set(&f->t->last.client, token_table_word(f->tt, SLICE("docker/9")));
	sym_set(&f->t->last.repository, token_table_word(f->tt, SLICE("a/b")));
	sym_set(&f->t->last.ip, token_table_word(f->tt, SLICE("192.0.2.1")));
	assert_true(finds(f, "Docker"));
	assert_true(finds(f, "a/b"));
	assert_true(finds(f, "0.2.1"));
	token_filter_warm(&f->f, f->t);
}

static void
a_text_that_is_too_long_is_cut(void **state)
{
	struct fixture *f = *state;
	char		text[TOKEN_TEXT_MAX + 2];

	memset(text, 'x', sizeof text);
	text[TOKEN_TEXT_MAX + 1] = '\0';
	token_filter_set_text(&f->f, slice_of(text));
	assert_int_equal(strlen(f->f.text), TOKEN_TEXT_MAX);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_empty_filter_matches_all_but_deleted_ones_and_traps),
	    TEST(a_state_is_what_it_is_by_now),
	    TEST(account_kind_scope_and_registry_are_compared_whole),
	    TEST(all_labels_must_be_there),
	    TEST(times_are_from_one_on_and_before_the_other),
	    TEST(unused_is_by_the_last_use_or_else_by_the_making),
	    TEST(never_used_and_never_expiring_are_asked_for_by_themselves),
	    TEST(an_address_is_in_the_network_or_not),
	    TEST(a_text_is_found_in_whatever_has_one),
	    TEST(a_text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
