#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "token/limits.h"
#include "token/token.h"

#define NOW (1000 * USEC_SEC)

static char	      alice_name[] = "alice";
static struct account alice = {.aid = 1, .name = alice_name};

static struct token
a_token(enum token_state s)
{
	return (struct token){.tid = 1, .state = s, .account = &alice};
}

static void
names_of_states_and_kinds_come_back(void **state)
{
	int i;

	(void)state;
	for (i = TOKEN_ACTIVE; i <= TOKEN_DELETED; i++)
		assert_int_equal(token_state_parse(slice_of(
				     token_state_name((enum token_state)i))),
		    i);
	for (i = TOKEN_MANUAL; i <= TOKEN_FOREIGN; i++)
		assert_int_equal(token_kind_parse(slice_of(
				     token_kind_name((enum token_kind)i))),
		    i);
}

static void
unknown_words_are_no_state_and_no_kind(void **state)
{
	(void)state;
	assert_int_equal(token_state_parse(SLICE("Active")), -1);
	assert_int_equal(token_state_parse(SLICE("")), -1);
	assert_int_equal(token_kind_parse(SLICE("manual ")), -1);
	assert_int_equal(token_kind_parse((struct slice){NULL, 0}), -1);
}

static void
account_names_are_what_a_repository_may_begin_with(void **state)
{
	(void)state;
	assert_true(account_name_is_valid(SLICE("alice")));
	assert_true(account_name_is_valid(SLICE("0")));
	assert_true(account_name_is_valid(SLICE("a.b_c-9")));
	assert_false(account_name_is_valid(SLICE("Alice")));
	assert_false(account_name_is_valid(SLICE(".alice")));
	assert_false(account_name_is_valid(SLICE("_")));
	assert_false(account_name_is_valid(SLICE("a+pat_b")));
	assert_false(account_name_is_valid(SLICE("a b")));
	assert_false(account_name_is_valid(SLICE("a\0")));
	assert_false(account_name_is_valid(SLICE("")));
	assert_false(account_name_is_valid((struct slice){NULL, 0}));
}

static void
an_account_name_has_64_bytes_and_not_65(void **state)
{
	char name[ACCOUNT_NAME_MAX + 1];

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(account_name_is_valid((struct slice){name, 64}));
	assert_false(account_name_is_valid((struct slice){name, 65}));
}

static void
a_new_token_is_an_active_manual_one_without_texts(void **state)
{
	struct token *t = token_new(SLICE("pat_a"));

	(void)state;
	assert_int_equal(t->state, TOKEN_ACTIVE);
	assert_int_equal(t->kind, TOKEN_MANUAL);
	assert_null(t->description);
	assert_int_equal(t->scope.level, SCOPE_NONE);
	token_free(&t);
	assert_null(t);
	token_free(&t);
}

static void
freeing_a_token_lets_go_of_its_symbols(void **state)
{
	struct intern *in = intern_new(10, 1);
	struct token  *t = token_new(SLICE("pat_a"));
	struct sym    *ip, *word, *client;
	bool	       is_new;

	(void)state;
	word = intern_add(in, SLICE("request"), &is_new);
	sym_set(&t->cause, word);
	sym_set(&t->actor, word);
	client = intern_add(in, SLICE("docker/27.3"), &is_new);
	seen_add(&t->seen, 0, client, 1, 1);
	ip = intern_add(in, SLICE("192.0.2.1"), &is_new);
	sym_set(&t->last.ip, ip);
	t->description = xstrdup("laptop");
	t->labels = xstrdup("a b");
	assert_int_equal(scope_parse(SLICE("read a/*=read"), &t->scope, NULL),
	    0);
	assert_int_equal(ip->refs, 1);
	assert_int_equal(word->refs, 2);
	assert_int_equal(client->refs, 1);
	token_free(&t);
	assert_int_equal(ip->refs, 0);
	assert_int_equal(word->refs, 0);
	assert_int_equal(client->refs, 0);
	intern_free(&in);
}

static void
labels_are_whole_words(void **state)
{
	char	     labels[] = "ci  protected team-x";
	struct token t = {.labels = labels};

	(void)state;
	assert_true(token_has_label(&t, SLICE("ci")));
	assert_true(token_has_label(&t, SLICE("protected")));
	assert_true(token_has_label(&t, SLICE("team-x")));
	assert_false(token_has_label(&t, SLICE("team")));
	assert_false(token_has_label(&t, SLICE("protect")));
	assert_false(token_has_label(&t, SLICE("")));
	assert_false(token_has_label(&t, SLICE("ci  protected")));
	t.labels = NULL;
	assert_false(token_has_label(&t, SLICE("ci")));
}

static void
an_active_token_works(void **state)
{
	struct token t = a_token(TOKEN_ACTIVE);

	(void)state;
	assert_null(token_refusal(&t, NULL, NOW));
	t.account = NULL;
	assert_null(token_refusal(&t, NULL, NOW));
}

static void
every_other_state_says_why_not(void **state)
{
	struct token t = a_token(TOKEN_INACTIVE);

	(void)state;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token is inactive");
	t.state = TOKEN_EXPIRED;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token has expired");
	t.state = TOKEN_DELETED;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token was deleted");
}

static void
an_active_token_ends_at_its_end_and_not_before(void **state)
{
	struct token t = a_token(TOKEN_ACTIVE);

	(void)state;
	t.expires = NOW;
	assert_null(token_refusal(&t, NULL, NOW - 1));
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token has expired");
}

static void
a_disabled_account_stops_its_tokens(void **state)
{
	struct account bob = {.aid = 2, .disabled = true};
	struct token   t = a_token(TOKEN_ACTIVE);

	(void)state;
	t.account = &bob;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "account is disabled");
	t.state = TOKEN_INACTIVE;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token is inactive");
}

static void
a_honey_token_never_works_and_looks_deleted(void **state)
{
	struct token t = a_token(TOKEN_ACTIVE);

	(void)state;
	t.kind = TOKEN_HONEY;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token was deleted");
	t.state = TOKEN_INACTIVE;
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token was deleted");
}

/* From an address, of a token with these networks. */
static const char *
refusal_from(const char *networks, const char *from)
{
	struct token t = a_token(TOKEN_ACTIVE);
	struct addr  a = {0};
	const char  *why;

	assert_int_equal(limits_parse_allow(slice_of(networks),
			     token_limits(&t), NULL),
	    0);
	if (from != NULL)
		assert_int_equal(addr_parse(slice_of(from), &a), 0);
	why = token_refusal(&t, &a, NOW);
	limits_free(&t.limits);
	return why;
}

static void
a_token_works_from_its_networks_and_from_nowhere_else(void **state)
{
	(void)state;
	assert_null(refusal_from("192.0.2.0/24", "192.0.2.255"));
	assert_string_equal(refusal_from("192.0.2.0/24", "192.0.3.0"),
	    TOKEN_BAD_ADDRESS);
	assert_string_equal(refusal_from("192.0.2.0/24", "2001:db8::1"),
	    TOKEN_BAD_ADDRESS);
	assert_null(refusal_from("192.0.2.0/24 2001:db8::/32", "2001:db8::1"));
}

static void
an_address_that_is_not_known_is_outside_of_any_list(void **state)
{
	struct token t = a_token(TOKEN_ACTIVE);

	(void)state;
	assert_null(refusal_from("", NULL));
	assert_string_equal(refusal_from("0.0.0.0/0 ::/0", NULL),
	    TOKEN_BAD_ADDRESS);
	assert_int_equal(limits_parse_allow(SLICE("::/0"), token_limits(&t),
			     NULL),
	    0);
	assert_string_equal(token_refusal(&t, NULL, NOW), TOKEN_BAD_ADDRESS);
	limits_free(&t.limits);
}

/* Where it stands is the token's own matter, and comes first. */
static void
a_dead_token_says_so_also_from_outside(void **state)
{
	struct token t = a_token(TOKEN_INACTIVE);

	(void)state;
	assert_int_equal(limits_parse_allow(SLICE("::/0"), token_limits(&t),
			     NULL),
	    0);
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token is inactive");
	limits_free(&t.limits);
}

static void
the_last_use_is_granted_and_the_next_is_not(void **state)
{
	struct intern *words = intern_new(10, 1);
	struct token   t = a_token(TOKEN_ACTIVE);
	bool	       is_new;

	(void)state;
	token_limits(&t)->max_uses = 2;
	t.limits->used = 1;
	assert_null(token_refusal(&t, NULL, NOW));
	limits_use(t.limits, 1);
	t.state = TOKEN_EXPIRED;
	sym_set(&t.cause, intern_add(words, SLICE(TOKEN_USED_UP), &is_new));
	assert_null(token_refusal_after(&t, NULL, NOW));
	assert_string_equal(token_refusal(&t, NULL, NOW),
	    "access token is used up");
	sym_unref(&t.cause);
	limits_free(&t.limits);
	intern_free(&words);
}

/* A rule ended it by the very use that was its last one. */
static void
what_a_rule_did_counts_also_at_the_last_use(void **state)
{
	struct intern *words = intern_new(10, 1);
	struct token   t = a_token(TOKEN_EXPIRED);
	bool	       is_new;

	(void)state;
	token_limits(&t)->max_uses = 1;
	t.limits->used = 1;
	sym_set(&t.cause, intern_add(words, SLICE("rule 'x'"), &is_new));
	assert_non_null(token_refusal_after(&t, NULL, NOW));
	t.state = TOKEN_INACTIVE;
	assert_non_null(token_refusal_after(&t, NULL, NOW));
	sym_unref(&t.cause);
	limits_free(&t.limits);
	intern_free(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_states_and_kinds_come_back),
	    cmocka_unit_test(unknown_words_are_no_state_and_no_kind),
	    cmocka_unit_test(
		account_names_are_what_a_repository_may_begin_with),
	    cmocka_unit_test(an_account_name_has_64_bytes_and_not_65),
	    cmocka_unit_test(a_new_token_is_an_active_manual_one_without_texts),
	    cmocka_unit_test(freeing_a_token_lets_go_of_its_symbols),
	    cmocka_unit_test(labels_are_whole_words),
	    cmocka_unit_test(an_active_token_works),
	    cmocka_unit_test(every_other_state_says_why_not),
	    cmocka_unit_test(an_active_token_ends_at_its_end_and_not_before),
	    cmocka_unit_test(a_disabled_account_stops_its_tokens),
	    cmocka_unit_test(a_honey_token_never_works_and_looks_deleted),
	    cmocka_unit_test(
		a_token_works_from_its_networks_and_from_nowhere_else),
	    cmocka_unit_test(
		an_address_that_is_not_known_is_outside_of_any_list),
	    cmocka_unit_test(a_dead_token_says_so_also_from_outside),
	    cmocka_unit_test(the_last_use_is_granted_and_the_next_is_not),
	    cmocka_unit_test(what_a_rule_did_counts_also_at_the_last_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
