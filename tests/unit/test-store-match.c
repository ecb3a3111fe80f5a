/* store/match, scan, history: which uses a query wants. */
#include "test-store.h"

#define WANT(...) ((struct store_query){.limit = 50, __VA_ARGS__})

/* Exactly these, and no more. */
#define assert_page(f, q, ...)                          \
	do {                                            \
		int64_t	    next_;                      \
		struct keys k_ = page_of(f, q, &next_); \
		assert_keys(&k_, __VA_ARGS__);          \
		assert_int_equal(next_, 0);             \
	} while (0)

/*
 * Uses 1 to 4, a second each: two of alice's pat_a, one of bob's pat_b, one
 * without a token that names alice.
 */
static void
add_four(struct fixture *f)
{
	struct use_row *u;

	add_string(f, 1, "alice");
	add_string(f, 2, "pull");
	add_string(f, 3, "push");
	add_string(f, 4, "alice/app");
	add_string(f, 5, "bob/tool");
	add_string(f, 6, "192.0.2.7");
	add_string(f, 7, "198.51.100.9");
	add_string(f, 8, "docker/24.0.7");
	add_string(f, 9, "success");
	add_string(f, 10, "denied");
	add_string(f, 11, "access token is inactive");
	add_string(f, 12, "hub");
	add_string(f, 13, "sha256:c0ffee");
	add_account(f, 5, "alice");
	add_account(f, 6, "bob");
	add_token(f, 8, "pat_a")->aid = 5;
	add_token(f, 9, "pat_b")->aid = 6;
	u = add_use(f, 1, 0, 8);
	u->action = 2, u->outcome = 9, u->repository = 4, u->ip = 6;
	u->user_agent = 8;
	u = add_use(f, 2, 0, 9);
	u->action = 3, u->outcome = 10, u->reason = 11, u->repository = 5;
	u->ip = 7;
	u = add_use(f, 3, 1, 8);
	u->action = 3, u->outcome = 9, u->repository = 4, u->registry = 12;
	u->digest = 13;
	u = add_use(f, 4, 0, 0);
	u->account = 1, u->outcome = 10, u->ip = 6;
	u->id = SLICE("8c0b8a8e-3f7e-4b0b-9a53-0e8b3c2c8a11");
	u->other = SLICE("{\"note\":\"From The Build\"}");
	fixture_commit(f);
}

static void
uses_are_narrowed_by_each_text(void **state)
{
	struct fixture *f = *state;

	add_four(f);
	assert_page(f, WANT(.action = SLICE("push")), 3, 2, 0);
	assert_page(f, WANT(.action = SLICE("pus")), 0);
	assert_page(f, WANT(.outcome = SLICE("denied")), 4, 2, 0);
	assert_page(f, WANT(.registry = SLICE("hub")), 3, 0);
	assert_page(f, WANT(.reason = SLICE("INACTIVE")), 2, 0);
	assert_page(f, WANT(.client = SLICE("Docker/")), 1, 0);
	assert_page(f, WANT(.repository = SLICE("alice/*")), 3, 1, 0);
	assert_page(f, WANT(.repository = SLICE("alice")), 0);
	assert_page(f, WANT(.account = SLICE("alice")), 4, 3, 1, 0);
	assert_page(f, WANT(.account = SLICE("carol")), 0);
}

static void
several_conditions_must_all_hold(void **state)
{
	struct fixture *f = *state;

	add_four(f);
	assert_page(f,
	    WANT(.action = SLICE("push"), .outcome = SLICE("success")), 3, 0);
	assert_page(f, WANT(.action = SLICE("pull"), .reason = SLICE("in")), 0);
}

static void
uses_are_narrowed_by_address(void **state)
{
	struct fixture	  *f = *state;
	struct store_query q = {.limit = 50};

	add_four(f);
	assert_int_equal(cidr_parse(SLICE("192.0.2.0/24"), &q.net, NULL), 0);
	assert_page(f, q, 4, 1, 0);
	assert_int_equal(cidr_parse(SLICE("198.51.100.9"), &q.net, NULL), 0);
	assert_page(f, q, 2, 0);
	assert_int_equal(cidr_parse(SLICE("198.51.100.8"), &q.net, NULL), 0);
	assert_page(f, q, 0);
}

static void
text_is_looked_for_everywhere(void **state)
{
	struct fixture *f = *state;

	add_four(f);
	assert_page(f, WANT(.text = SLICE("PAT_A")), 3, 1, 0);
	assert_page(f, WANT(.text = SLICE("c0ffee")), 3, 0);
	assert_page(f, WANT(.text = SLICE("the build")), 4, 0);
	assert_page(f, WANT(.text = SLICE("3f7e-4b0b")), 4, 0);
	assert_page(f, WANT(.text = SLICE("tool")), 2, 0);
	assert_page(f, WANT(.text = SLICE("nowhere")), 0);
}

static void
since_is_within_and_until_is_not(void **state)
{
	struct fixture *f = *state;

	add_four(f);
	assert_page(f, WANT(.since = 3 * USEC_SEC), 4, 3, 0);
	assert_page(f, WANT(.since = 3 * USEC_SEC + 1), 4, 0);
	assert_page(f, WANT(.until = 3 * USEC_SEC), 2, 1, 0);
	assert_page(f, WANT(.until = 3 * USEC_SEC + 1), 3, 2, 1, 0);
	assert_page(f,
	    WANT(.since = 2 * USEC_SEC, .until = 4 * USEC_SEC,
		.lateness = USEC_SEC),
	    3, 2, 0);
}

/* It happened at second 100, and came an hour later; others came meanwhile. */
static void
a_late_use_is_found_by_when_it_happened(void **state)
{
	struct fixture *f = *state;

	add_use(f, 1, 0, 0)->time = 50 * USEC_SEC;
	add_use(f, 2, 0, 0)->arrival = 3700 * USEC_SEC;
	f->batch.uses[0].arrival = 50 * USEC_SEC;
	f->batch.uses[1].time = 100 * USEC_SEC;
	fixture_commit(f);
	assert_page(f,
	    WANT(.since = 90 * USEC_SEC, .until = 110 * USEC_SEC,
		.lateness = USEC_HOUR),
	    2, 0);
	/* Who does not say how late uses may be has all looked at. */
	assert_page(f, WANT(.since = 90 * USEC_SEC, .until = 110 * USEC_SEC), 2,
	    0);
	/* As late as said, and one more: outside of what is looked at. */
	assert_page(f,
	    WANT(.until = 101 * USEC_SEC, .lateness = 3599 * USEC_SEC), 1, 0);
}

/* A clock that was ahead: it came before it happened. */
static void
an_early_use_is_found_by_when_it_happened(void **state)
{
	struct fixture *f = *state;
	struct use_row *u = add_use(f, 1, 0, 0);

	u->arrival = 1000 * USEC_SEC;
	u->time = 1000 * USEC_SEC + 5 * USEC_MIN;
	fixture_commit(f);
	assert_page(f, WANT(.since = u->time), 1, 0);
}

static void
a_tokens_chain_is_narrowed_too(void **state)
{
	struct fixture *f = *state;
	int64_t		next;
	struct keys	k;

	add_four(f);
	assert_page(f, WANT(.token = SLICE("pat_a")), 3, 1, 0);
	assert_page(f, WANT(.token = SLICE("pat_a"), .action = SLICE("pull")),
	    1, 0);
	assert_page(f, WANT(.token = SLICE("pat_a"), .since = 2 * USEC_SEC), 3,
	    0);
	assert_page(f, WANT(.token = SLICE("pat_a"), .until = 3 * USEC_SEC), 1,
	    0);
	assert_page(f, WANT(.token = SLICE("pat_a"), .account = SLICE("bob")),
	    0);
	k = page_of(f,
	    (struct store_query){.token = SLICE("pat_a"),
		.outcome = SLICE("success"),
		.limit = 1},
	    &next);
	assert_keys(&k, 3, 0);
	assert_int_equal(next, 3);
	assert_page(f,
	    WANT(.token = SLICE("pat_a"), .outcome = SLICE("success"),
		.before = next),
	    1, 0);
}

/* A chain one link longer than a page looks at; only its first use matches. */
static void
a_long_chain_goes_on_with_the_next_page(void **state)
{
	struct fixture *f = *state;
	struct keys	k;
	int64_t		i, next;

	add_string(f, 1, "pull");
	add_token(f, 9, "pat_a");
	for (i = 1; i <= 100001; i++)
		add_use(f, i, i - 1, 9)->action = i == 1 ? 1 : 0;
	add_lastused(f, 9)->last_seq = 100001;
	f->batch.checkpoint = 100001;
	fixture_commit(f);
	k = page_of(f, WANT(.token = SLICE("pat_a"), .action = SLICE("pull")),
	    &next);
	assert_int_equal(k.n, 0);
	assert_int_equal(next, 2);
	assert_page(f,
	    WANT(.token = SLICE("pat_a"), .action = SLICE("pull"),
		.before = next),
	    1, 0);
}

/* Ids that share a place of what is remembered do not share the answer. */
static void
ids_of_one_place_are_told_apart(void **state)
{
	struct fixture *f = *state;

	add_string(f, 7, "pull");
	add_string(f, 7 + 65536, "push");
	add_use(f, 1, 0, 0)->action = 7;
	add_use(f, 2, 0, 0)->action = 7 + 65536;
	add_use(f, 3, 0, 0)->action = 7;
	add_use(f, 4, 0, 0)->action = 999; /* names no text */
	fixture_commit(f);
	assert_page(f, WANT(.action = SLICE("pull")), 3, 1, 0);
	assert_page(f, WANT(.action = SLICE("push")), 2, 0);
}

/* --- owners ------------------------------------------------------------ */

/* Beside add_four: a trap of alice's and its use, and that it was made. */
static void
add_trap(struct fixture *f)
{
	struct token_row *t;

	add_four(f);
	t = add_token(f, 10, "pat_trap");
	t->aid = 5;
	t->kind = TOKEN_HONEY;
	add_use(f, 5, 0, 10)->account = 1;
	add_use(f, 6, 0, 0)->account = 1;
	f->batch.uses[1].other =
	    SLICE("{\"made.token\":\"pat_trap\",\"made.kind\":\"honey\"}");
	/* Bob's token, presented as if it were alice's. */
	add_use(f, 7, 2, 9)->account = 1;
	fixture_commit(f);
}

static void
an_owner_sees_nothing_of_others_nor_of_traps(void **state)
{
	struct fixture *f = *state;

	add_trap(f);
	assert_page(f, WANT(.owner = SLICE("alice")), 4, 3, 1, 0);
	assert_page(f, WANT(.owner = SLICE("bob")), 7, 2, 0);
	assert_page(f, WANT(.owner = SLICE("carol")), 0);
	assert_page(f, WANT(.owner = SLICE("alice"), .account = SLICE("bob")),
	    0);
	assert_page(f, WANT(.owner = SLICE("alice"), .token = SLICE("pat_b")),
	    0);
	assert_page(f,
	    WANT(.owner = SLICE("alice"), .token = SLICE("pat_trap")), 0);
	/* Whoever is no owner sees all. */
	assert_page(f, WANT(.account = SLICE("alice")), 7, 6, 5, 4, 3, 1, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin_open, fixture_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(uses_are_narrowed_by_each_text),
	    TEST(several_conditions_must_all_hold),
	    TEST(uses_are_narrowed_by_address),
	    TEST(text_is_looked_for_everywhere),
	    TEST(since_is_within_and_until_is_not),
	    TEST(a_late_use_is_found_by_when_it_happened),
	    TEST(an_early_use_is_found_by_when_it_happened),
	    TEST(a_tokens_chain_is_narrowed_too),
	    TEST(a_long_chain_goes_on_with_the_next_page),
	    TEST(ids_of_one_place_are_told_apart),
	    TEST(an_owner_sees_nothing_of_others_nor_of_traps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
