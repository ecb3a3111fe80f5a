/* token/rotation: which secrets a token had, and which of them work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "token/rotation.h"

#define T0   (500000 * USEC_HOUR)
#define WEEK (7 * USEC_DAY)

struct fixture {
	struct rotations *rs;
	struct intern	 *texts;
	struct token	 *t;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	f->rs = rotations_new();
	f->texts = intern_new(100, 1);
	f->t = token_new(SLICE("pat_a"));
	f->t->tid = 7;
	f->t->created = T0 - USEC_DAY;
	memset(f->t->hash, 1, SECRET_HASH);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rotations_free(&f->rs);
	assert_null(f->rs);
	token_free(&f->t);
	intern_free(&f->texts);
	free(f);
	return 0;
}

static struct sym *
word(struct fixture *f, const char *text)
{
	bool is_new;

	return intern_add(f->texts, slice_of(text), &is_new);
}

/* The hash of secret number `n` of the token is bytes of `n`. */
static struct rotation *
rotate(struct fixture *f, usec_t now, usec_t until)
{
	struct rotation *r;
	uint32_t	 forgotten;

	r = rotation_begin(f->rs, f->t, now, until, &forgotten);
	memset(f->t->hash, (int)r->newest->number, SECRET_HASH);
	return r;
}

static struct token_secret *
find(struct fixture *f, int number)
{
	uint8_t hash[SECRET_HASH];

	memset(hash, number, sizeof hash);
	return rotations_find(f->rs, hash);
}

static void
a_token_that_was_never_rotated_costs_nothing(void **state)
{
	struct fixture *f = *state;

	assert_null(rotation_of(f->rs, f->t));
	assert_null(find(f, 1));
	assert_int_equal(rotations_counts(f->rs)->tokens, 0);
	/* A million of them are normal. */
	assert_int_equal(offsetof(struct token, id), 231);
}

static void
the_old_secret_works_until_the_overlap_ends(void **state)
{
	struct fixture	    *f = *state;
	struct rotation	    *r = rotate(f, T0, T0 + WEEK);
	struct token_secret *s = find(f, 1);

	assert_ptr_equal(rotation_of(f->rs, f->t), r);
	assert_non_null(s);
	assert_ptr_equal(s->of->token, f->t);
	assert_int_equal(s->number, 1);
	assert_int_equal(s->made, T0 - USEC_DAY);
	assert_int_equal(r->newest->number, 2);
	assert_int_equal(r->newest->made, T0);
	assert_true(secret_works(s, T0 + WEEK - 1));
	assert_false(secret_works(s, T0 + WEEK));
	assert_true(secret_works(r->newest, T0 + 1000 * WEEK));
	assert_ptr_equal(rotation_overlap(r, T0 + WEEK - 1), s);
	assert_null(rotation_overlap(r, T0 + WEEK));
	/* The current one is the token table's to find. */
	assert_null(find(f, 2));
}

static void
without_an_overlap_it_ends_at_once(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r = rotate(f, T0, T0 - 1);

	assert_int_equal(find(f, 1)->until, T0);
	assert_null(rotation_overlap(r, T0));
}

static void
a_third_secret_ends_the_overlap_of_the_first(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r;

	(void)rotate(f, T0, T0 + WEEK);
	r = rotate(f, T0 + USEC_HOUR, T0 + 2 * WEEK);
	assert_int_equal(find(f, 1)->until, T0 + USEC_HOUR);
	assert_true(secret_works(find(f, 2), T0 + 2 * WEEK - 1));
	assert_ptr_equal(rotation_overlap(r, T0 + USEC_HOUR), find(f, 2));
	/* One that had ended long before is left as it was. */
	(void)rotate(f, T0 + 3 * WEEK, 0);
	assert_int_equal(find(f, 2)->until, T0 + 2 * WEEK);
}

static void
the_oldest_is_forgotten_when_there_are_too_many(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r = NULL;
	uint32_t	 forgotten = 9;
	int		 i;

	for (i = 1; i <= ROTATION_OLD_MAX; i++)
		r = rotate(f, T0 + i, 0);
	assert_int_equal(r->nold, ROTATION_OLD_MAX);
	assert_non_null(find(f, 1));
	assert_int_equal(rotations_counts(f->rs)->forgotten, 0);
	(void)rotation_begin(f->rs, f->t, T0 + i, 0, &forgotten);
	assert_int_equal(forgotten, 1);
	assert_null(find(f, 1));
	assert_non_null(find(f, 2));
	assert_null(rotation_secret(r, 1));
	assert_int_equal(r->nold, ROTATION_OLD_MAX);
	assert_int_equal(rotations_counts(f->rs)->old, ROTATION_OLD_MAX);
	assert_int_equal(rotations_counts(f->rs)->forgotten, 1);
	assert_int_equal(rotations_counts(f->rs)->tokens, 1);
}

/* Until then all that the token did was done by its one secret. */
static void
the_first_secret_takes_over_what_the_token_did(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r;

	f->t->uses = 12;
	f->t->last.time = T0 - 5;
	sym_set(&f->t->last.ip, word(f, "192.0.2.1"));
	r = rotate(f, T0, T0 + WEEK);
	assert_int_equal(find(f, 1)->used.count, 12);
	assert_int_equal(find(f, 1)->used.time, T0 - 5);
	assert_true(slice_is(sym_text(find(f, 1)->used.ip), "192.0.2.1"));
	assert_false(find(f, 1)->used.dirty);
	assert_int_equal(r->newest->used.count, 0);
}

static void
each_secret_has_a_last_use_of_its_own(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r = rotate(f, T0, T0 + WEEK);
	struct sym	*a = word(f, "192.0.2.1"), *b = word(f, "192.0.2.2");

	rotation_saw(r, 1, false, T0 + 1, a, NULL, 1);
	rotation_saw(r, 2, false, T0 + 2, b, NULL, 5);
	/* A late one counts and is not the last. */
	rotation_saw(r, 2, false, T0 + 1, a, NULL, 1);
	/* One that was forgotten, or never was. */
	rotation_saw(r, 3, false, T0 + 9, a, NULL, 1);
	assert_int_equal(find(f, 1)->used.time, T0 + 1);
	assert_true(slice_is(sym_text(find(f, 1)->used.ip), "192.0.2.1"));
	assert_int_equal(r->newest->used.count, 6);
	assert_int_equal(r->newest->used.time, T0 + 2);
	assert_true(slice_is(sym_text(r->newest->used.ip), "192.0.2.2"));
	assert_true(r->newest->used.dirty);
	assert_false(f->t->tried);
	assert_int_equal(r->tried.count, 0);
}

static void
a_try_of_a_superseded_one_marks_the_family(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r = rotate(f, T0, 0);
	struct sym	*thief = word(f, "203.0.113.9");

	rotation_saw(r, 1, true, T0 + 5, thief, NULL, 1);
	assert_true(f->t->tried);
	assert_int_equal(r->tried.count, 1);
	assert_int_equal(r->tried.time, T0 + 5);
	assert_int_equal(r->tried_number, 1);
	assert_true(slice_is(sym_text(r->tried.ip), "203.0.113.9"));
	/* It is no use of that secret: who moved did so. */
	assert_int_equal(find(f, 1)->used.count, 0);
	/* The mark outlasts the secret. */
	rotation_saw(r, 99, true, T0 + 6, thief, NULL, UINT64_MAX);
	assert_int_equal(r->tried.count, UINT64_MAX);
	assert_int_equal(r->tried_number, 99);
}

static bool
load(struct fixture *f, uint32_t number, usec_t until, int byte)
{
	struct token_secret s = {.number = number, .until = until};

	memset(s.hash, byte, sizeof s.hash);
	return rotation_load(f->rs, f->t, &s);
}

static void
what_was_stored_comes_back(void **state)
{
	struct fixture *f = *state;
	struct sighting tried = {.time = T0, .count = 3};

	assert_false(rotation_load_tried(f->rs, f->t, 4, &tried));
	assert_true(load(f, 4, T0, 4));
	assert_true(load(f, 5, T0 + 1, 5));
	assert_true(load(f, 6, 0, 0));
	assert_true(rotation_load_tried(f->rs, f->t, 4, &tried));
	assert_int_equal(find(f, 4)->number, 4);
	assert_int_equal(rotation_of(f->rs, f->t)->newest->number, 6);
	assert_int_equal(rotation_of(f->rs, f->t)->tried.count, 3);
	assert_true(f->t->tried);
	assert_int_equal(rotations_counts(f->rs)->old, 2);
}

static void
rows_of_another_hand_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_false(load(f, 0, T0, 1)); /* numbers begin with 1 */
	assert_false(load(f, 1, T0, 0)); /* an old one has a hash */
	assert_false(load(f, 1, 0, 1));	 /* the current one none */
	assert_int_equal(rotations_counts(f->rs)->tokens, 0);
	assert_true(load(f, 2, T0, 2));
	assert_false(load(f, 2, T0, 3)); /* twice */
	assert_false(load(f, 1, T0, 3)); /* out of order */
	assert_false(load(f, 3, T0, 2)); /* another's hash */
	assert_true(load(f, 3, 0, 0));
	assert_false(load(f, 4, 0, 0));	 /* two current ones */
	assert_false(load(f, 4, T0, 4)); /* behind the current one */
}

/* Where the current one's row is lost, the next one still is the next. */
static void
a_missing_current_one_does_no_harm(void **state)
{
	struct fixture	*f = *state;
	struct rotation *r;

	assert_true(load(f, 2, T0, 2));
	memset(f->t->hash, 3, SECRET_HASH);
	r = rotate(f, T0, T0 + WEEK);
	assert_int_equal(r->newest->number, 4);
	assert_int_equal(find(f, 2)->number, 2);
	assert_int_equal(find(f, 3)->number, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_token_that_was_never_rotated_costs_nothing),
	    TEST(the_old_secret_works_until_the_overlap_ends),
	    TEST(without_an_overlap_it_ends_at_once),
	    TEST(a_third_secret_ends_the_overlap_of_the_first),
	    TEST(the_oldest_is_forgotten_when_there_are_too_many),
	    TEST(the_first_secret_takes_over_what_the_token_did),
	    TEST(each_secret_has_a_last_use_of_its_own),
	    TEST(a_try_of_a_superseded_one_marks_the_family),
	    TEST(what_was_stored_comes_back),
	    TEST(rows_of_another_hand_are_refused),
	    TEST(a_missing_current_one_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
