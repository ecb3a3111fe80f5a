#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "token/lifecycle.h"
#include "token/table.h"

#define FOREIGN_MAX 3

static int
setup(void **state)
{
	*state = token_table_new(FOREIGN_MAX);
	return 0;
}

static int
teardown(void **state)
{
	struct token_table *tt = *state;

	token_table_free(&tt);
	assert_null(tt);
	return 0;
}

/* An issued token whose secret's hash is made of its id. */
static struct token *
add(struct token_table *tt, struct account *a, const char *id,
    enum token_kind kind)
{
	struct token *t = token_new(slice_of(id));

	t->kind = kind;
	t->account = a;
	secret_hash(slice_of(id), t->hash);
	token_table_add(tt, t);
	return t;
}

static struct token *
foreign(struct token_table *tt, const char *id)
{
	bool is_new;

	return token_table_foreign(tt, slice_of(id), &is_new);
}

static int
change(struct token_table *tt, struct token *t, enum token_state to)
{
	return lifecycle_change(tt, t, to, LIFECYCLE_CHANGE, 1, "", "", NULL);
}

static void
an_empty_table_finds_nothing(void **state)
{
	struct token_table *tt = *state, *none = NULL;
	uint8_t		    hash[SECRET_HASH] = {0};

	assert_null(token_table_find(tt, SLICE("pat_a")));
	assert_null(token_table_find_secret(tt, hash));
	assert_null(token_table_account(tt, SLICE("alice")));
	assert_null(token_table_next(tt, 0));
	assert_null(token_table_by_tid(tt, 1));
	assert_null(token_table_next_account(tt, 0));
	assert_null(token_table_pop_dirty(tt));
	token_table_free(&none);
}

static void
accounts_are_found_by_name_and_walked_by_number(void **state)
{
	struct token_table *tt = *state;
	struct account	   *a, *b, *c;

	a = token_table_add_account(tt, SLICE("alice"), 0);
	c = token_table_add_account(tt, SLICE("carol"), 7);
	b = token_table_add_account(tt, SLICE("bob"), 0);
	assert_int_equal(a->aid, 1);
	assert_int_equal(b->aid, 8);
	assert_ptr_equal(token_table_account(tt, SLICE("carol")), c);
	assert_null(token_table_account(tt, SLICE("caro")));
	assert_ptr_equal(token_table_next_account(tt, 0), a);
	assert_ptr_equal(token_table_next_account(tt, 1), c);
	assert_ptr_equal(token_table_next_account(tt, 7), b);
	assert_null(token_table_next_account(tt, 8));
	assert_int_equal(token_table_counts(tt)->accounts, 3);
}

static void
a_token_is_found_by_id_number_and_secret(void **state)
{
	struct token_table *tt = *state;
	struct token	   *a = add(tt, NULL, "pat_a", TOKEN_MANUAL);
	struct token	   *b = add(tt, NULL, "pat_b", TOKEN_MANUAL);
	uint8_t		    hash[SECRET_HASH];

	assert_ptr_equal(token_table_find(tt, SLICE("pat_a")), a);
	assert_null(token_table_find(tt, SLICE("pat_")));
	assert_ptr_equal(token_table_by_tid(tt, b->tid), b);
	secret_hash(SLICE("pat_b"), hash);
	assert_ptr_equal(token_table_find_secret(tt, hash), b);
	hash[31] ^= 1;
	assert_null(token_table_find_secret(tt, hash));
}

static void
a_deleted_token_is_still_recognised(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t = add(tt, NULL, "pat_a", TOKEN_MANUAL);

	assert_int_equal(change(tt, t, TOKEN_DELETED), LIFECYCLE_OK);
	assert_ptr_equal(token_table_find(tt, SLICE("pat_a")), t);
	assert_ptr_equal(token_table_find_secret(tt, t->hash), t);
	assert_ptr_equal(token_table_next(tt, 0), t);
}

static void
loaded_numbers_leave_holes_and_the_next_is_above(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t = token_new(SLICE("pat_a")), *u;

	t->tid = 5000;
	t->hash[0] = 1;
	token_table_add(tt, t);
	u = add(tt, NULL, "pat_b", TOKEN_MANUAL);
	assert_int_equal(u->tid, 5001);
	assert_ptr_equal(token_table_next(tt, 0), t);
	assert_ptr_equal(token_table_next(tt, 5000), u);
	assert_null(token_table_next(tt, 5001));
	assert_null(token_table_by_tid(tt, 4999));
}

static void
an_account_lists_its_tokens_newest_first(void **state)
{
	struct token_table *tt = *state;
	struct account	   *a;
	struct token	   *one, *two;

	a = token_table_add_account(tt, SLICE("alice"), 0);
	one = add(tt, a, "pat_a", TOKEN_MANUAL);
	two = add(tt, a, "pat_b", TOKEN_AUTO);
	assert_ptr_equal(a->tokens, two);
	assert_ptr_equal(two->next_of_account, one);
	assert_null(one->next_of_account);
	assert_int_equal(a->ntokens, 2);
	assert_int_equal(a->nactive, 2);
}

static void
a_loaded_tombstone_does_not_count_for_its_account(void **state)
{
	struct token_table *tt = *state;
	struct account	   *a;
	struct token	   *t = token_new(SLICE("pat_a"));

	a = token_table_add_account(tt, SLICE("alice"), 0);
	t->hash[0] = 1;
	t->state = TOKEN_DELETED;
	t->account = a;
	token_table_add(tt, t);
	assert_int_equal(a->ntokens, 0);
	assert_int_equal(a->nactive, 0);
	assert_int_equal(token_table_counts(tt)->by_state[TOKEN_DELETED], 1);
}

static void
a_foreign_token_is_made_once(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t;
	bool		    is_new;

	t = token_table_foreign(tt, SLICE("robot$ci"), &is_new);
	assert_true(is_new);
	assert_true(token_is_foreign(t));
	assert_string_equal(t->id, "robot$ci");
	assert_ptr_equal(token_table_foreign(tt, SLICE("robot$ci"), &is_new),
	    t);
	assert_false(is_new);
	assert_int_equal(token_table_counts(tt)->foreign, 1);
	assert_int_equal(token_table_counts(tt)->by_state[TOKEN_ACTIVE], 0);
}

static void
a_foreign_id_has_1_to_128_bytes(void **state)
{
	struct token_table *tt = *state;
	char		    id[TOKEN_FOREIGN_ID_MAX + 1];
	bool		    is_new = true;

	memset(id, 'x', sizeof id);
	assert_null(token_table_foreign(tt, SLICE(""), &is_new));
	assert_false(is_new);
	assert_null(token_table_foreign(tt, (struct slice){id, 129}, &is_new));
	assert_non_null(
	    token_table_foreign(tt, (struct slice){id, 128}, &is_new));
}

static void
beyond_the_cap_the_one_used_longest_ago_gives_way(void **state)
{
	struct token_table *tt = *state;
	struct token	   *a = foreign(tt, "a");

	foreign(tt, "b");
	foreign(tt, "c");
	/* A use of the oldest makes it the newest at the next checkpoint. */
	token_table_mark_dirty(tt, a);
	assert_int_equal(token_table_line_up_dirty(tt), 1);
	assert_ptr_equal(token_table_pop_dirty(tt), a);
	assert_non_null(foreign(tt, "d"));
	assert_null(token_table_find(tt, SLICE("b")));
	assert_ptr_equal(token_table_find(tt, SLICE("a")), a);
	assert_int_equal(token_table_counts(tt)->foreign, FOREIGN_MAX);
	assert_int_equal(token_table_counts(tt)->foreign_evicted, 1);
}

static void
a_number_that_gave_way_is_not_given_again(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t;

	foreign(tt, "a");
	foreign(tt, "b");
	foreign(tt, "c");
	foreign(tt, "d");
	assert_null(token_table_by_tid(tt, 1));
	assert_int_equal(token_table_next(tt, 0)->tid, 2);
	t = foreign(tt, "a");
	assert_int_equal(t->tid, 5);
}

static void
dirty_and_inactive_ones_are_passed_over(void **state)
{
	struct token_table *tt = *state;
	struct token	   *a = foreign(tt, "a");
	struct token	   *b = foreign(tt, "b");

	foreign(tt, "c");
	token_table_mark_dirty(tt, a);
	assert_int_equal(change(tt, b, TOKEN_INACTIVE), LIFECYCLE_OK);
	foreign(tt, "d");
	assert_null(token_table_find(tt, SLICE("c")));
	assert_ptr_equal(token_table_find(tt, SLICE("a")), a);
	assert_ptr_equal(token_table_find(tt, SLICE("b")), b);
}

static void
when_none_can_give_way_there_is_no_new_one(void **state)
{
	struct token_table *tt = *state;
	const char *const   ids[] = {"a", "b", "c"};
	struct token	   *t;
	int		    i;

	for (i = 0; i < FOREIGN_MAX; i++) {
		t = foreign(tt, ids[i]);
		token_table_mark_dirty(tt, t);
		if (i > 0)
			assert_int_equal(change(tt, t, TOKEN_INACTIVE), 0);
	}
	assert_null(foreign(tt, "d"));
	assert_int_equal(token_table_line_up_dirty(tt), FOREIGN_MAX);
	assert_null(foreign(tt, "d"));
	while (token_table_pop_dirty(tt) != NULL)
		;
	assert_non_null(foreign(tt, "d"));
	assert_null(token_table_find(tt, SLICE("a")));
	/* Only b and c are left beside d, and they are inactive. */
	token_table_mark_dirty(tt, foreign(tt, "d"));
	assert_null(foreign(tt, "e"));
	assert_int_equal(change(tt, token_table_find(tt, SLICE("b")),
			     TOKEN_ACTIVE),
	    LIFECYCLE_OK);
	assert_non_null(foreign(tt, "e"));
	assert_null(token_table_find(tt, SLICE("b")));
}

static void
a_cap_of_none_keeps_no_foreign_token(void **state)
{
	struct token_table *tt = token_table_new(0);

	(void)state;
	assert_null(foreign(tt, "a"));
	token_table_free(&tt);
}

static void
loaded_foreign_tokens_beyond_the_cap_give_way_by_last_use(void **state)
{
	struct token_table *tt = *state;
	const unsigned	    n = 1000;
	char		    id[16];
	unsigned	    i;

	for (i = 0; i < n; i++) {
		struct token *t;

		snprintf(id, sizeof id, "f%u", i);
		t = token_new(slice_of(id));
		t->kind = TOKEN_FOREIGN;
		t->last.time = n - i; /* the lower tid, the later */
		token_table_add(tt, t);
		assert_true(
		    token_table_counts(tt)->foreign <= FOREIGN_MAX + 64);
	}
	assert_non_null(token_table_find(tt, SLICE("f0")));
	assert_non_null(foreign(tt, "new"));
	assert_int_equal(token_table_counts(tt)->foreign, FOREIGN_MAX);
	assert_non_null(token_table_find(tt, SLICE("f0")));
	assert_non_null(token_table_find(tt, SLICE("f1")));
	assert_int_equal(token_table_counts(tt)->foreign_evicted,
	    n + 1 - FOREIGN_MAX);
}

/*
 * A foreign token gave way, its id came again and drew a new number: then
 * the store has the id twice.  The daemon would not start for it.
 */
static void
a_foreign_id_loaded_twice_is_that_of_the_later_row(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t = NULL;
	uint32_t	    tid;

	for (tid = 3; tid < 5; tid++) {
		t = token_new(SLICE("robot"));
		t->tid = tid;
		t->kind = TOKEN_FOREIGN;
		token_table_add(tt, t);
	}
	assert_ptr_equal(token_table_find(tt, SLICE("robot")), t);
	assert_null(token_table_by_tid(tt, 3));
	assert_ptr_equal(token_table_by_tid(tt, 4), t);
	assert_int_equal(token_table_counts(tt)->foreign, 1);
	/* The id was then issued: that one holds as well. */
	t = add(tt, NULL, "robot", TOKEN_MANUAL);
	assert_ptr_equal(token_table_find(tt, SLICE("robot")), t);
	assert_int_equal(token_table_counts(tt)->foreign, 0);
}

static void
a_foreign_token_does_not_count_for_an_account(void **state)
{
	struct token_table *tt = *state;
	struct account	   *a;
	struct token	   *t = token_new(SLICE("robot"));

	a = token_table_add_account(tt, SLICE("alice"), 0);
	t->kind = TOKEN_FOREIGN;
	t->account = a;
	token_table_add(tt, t);
	assert_null(a->tokens);
	assert_int_equal(a->ntokens, 0);
	assert_int_equal(change(tt, t, TOKEN_INACTIVE), LIFECYCLE_OK);
	assert_int_equal(a->nactive, 0);
}

static void
by_another_secret_it_is_found_and_not_by_the_old_one(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t = add(tt, NULL, "pat_a", TOKEN_MANUAL);
	uint8_t		    old[SECRET_HASH], new[SECRET_HASH];

	secret_hash(SLICE("pat_a"), old);
	secret_hash(SLICE("another"), new);
	token_table_set_hash(tt, t, new);
	assert_ptr_equal(token_table_find_secret(tt, new), t);
	assert_null(token_table_find_secret(tt, old));
	assert_memory_equal(t->hash, new, SECRET_HASH);
}

static void
the_auto_token_used_longest_ago_gives_way(void **state)
{
	struct token_table *tt = *state;
	struct account	   *a;
	struct token	   *t[3];
	int		    i;

	a = token_table_add_account(tt, SLICE("alice"), 0);
	add(tt, a, "pat_manual", TOKEN_MANUAL);
	for (i = 0; i < 3; i++) {
		t[i] = add(tt, a,
		    (const char *[]){"pat_a", "pat_b", "pat_c"}[i], TOKEN_AUTO);
		t[i]->created = i;
		t[i]->last.time = 100 - i;
	}
	assert_null(token_table_auto_victim(a, 4));
	assert_ptr_equal(token_table_auto_victim(a, 3), t[2]);
	/* Never used gives way first, the oldest of them. */
	t[0]->last.time = t[1]->last.time = 0;
	assert_ptr_equal(token_table_auto_victim(a, 3), t[0]);
	t[0]->created = 1;
	assert_ptr_equal(token_table_auto_victim(a, 3), t[0]);
	assert_int_equal(change(tt, t[0], TOKEN_DELETED), LIFECYCLE_OK);
	assert_null(token_table_auto_victim(a, 3));
	assert_ptr_equal(token_table_auto_victim(a, 2), t[1]);
}

static void
dirty_tokens_are_popped_once_in_order(void **state)
{
	struct token_table *tt = *state;
	struct token	   *a = add(tt, NULL, "pat_a", TOKEN_MANUAL);
	struct token	   *b = add(tt, NULL, "pat_b", TOKEN_MANUAL);

	token_table_mark_dirty(tt, b);
	token_table_mark_dirty(tt, a);
	token_table_mark_dirty(tt, b);
	assert_null(token_table_pop_dirty(tt));
	assert_int_equal(token_table_line_up_dirty(tt), 2);
	assert_ptr_equal(token_table_pop_dirty(tt), a);
	assert_false(a->dirty);
	/* One that was popped comes with the next line; b waits in this. */
	token_table_mark_dirty(tt, a);
	token_table_mark_dirty(tt, b);
	assert_ptr_equal(token_table_pop_dirty(tt), b);
	assert_null(token_table_pop_dirty(tt));
	assert_int_equal(token_table_line_up_dirty(tt), 1);
	assert_ptr_equal(token_table_pop_dirty(tt), a);
	assert_null(token_table_pop_dirty(tt));
	assert_int_equal(token_table_line_up_dirty(tt), 0);
	assert_null(token_table_pop_dirty(tt));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* As the store has it: forgotten once, and come again. */
static void
of_two_rows_of_a_foreign_token_the_later_counts(void **state)
{
	struct token_table *tt = *state;
	struct token	   *t;
	uint32_t	    tid;

	for (tid = 1; tid <= 3; tid += 2) {
		t = token_new(SLICE("harbor-1"));
		t->kind = TOKEN_FOREIGN;
		t->tid = tid;
		token_table_add(tt, t);
	}
	assert_int_equal(token_table_find(tt, SLICE("harbor-1"))->tid, 3);
	assert_null(token_table_by_tid(tt, 1));
	assert_int_equal(token_table_counts(tt)->foreign, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_empty_table_finds_nothing),
	    TEST(accounts_are_found_by_name_and_walked_by_number),
	    TEST(a_token_is_found_by_id_number_and_secret),
	    TEST(a_deleted_token_is_still_recognised),
	    TEST(loaded_numbers_leave_holes_and_the_next_is_above),
	    TEST(an_account_lists_its_tokens_newest_first),
	    TEST(a_loaded_tombstone_does_not_count_for_its_account),
	    TEST(a_foreign_token_is_made_once),
	    TEST(a_foreign_id_has_1_to_128_bytes),
	    TEST(beyond_the_cap_the_one_used_longest_ago_gives_way),
	    TEST(of_two_rows_of_a_foreign_token_the_later_counts),
	    TEST(a_number_that_gave_way_is_not_given_again),
	    TEST(dirty_and_inactive_ones_are_passed_over),
	    TEST(when_none_can_give_way_there_is_no_new_one),
	    TEST(a_cap_of_none_keeps_no_foreign_token),
	    TEST(loaded_foreign_tokens_beyond_the_cap_give_way_by_last_use),
	    TEST(a_foreign_id_loaded_twice_is_that_of_the_later_row),
	    TEST(a_foreign_token_does_not_count_for_an_account),
	    TEST(by_another_secret_it_is_found_and_not_by_the_old_one),
	    TEST(the_auto_token_used_longest_ago_gives_way),
	    TEST(dirty_tokens_are_popped_once_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
