#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/intern.h"

static struct sym *
add(struct intern *in, const char *text)
{
	bool is_new;

	return intern_add(in, slice_of(text), &is_new);
}

/* "PREFIX0", "PREFIX1", ... */
static struct sym *
add_numbered(struct intern *in, char prefix, unsigned i)
{
	char text[16];

	snprintf(text, sizeof text, "%c%u", prefix, i);
	return add(in, text);
}

static void
a_text_has_one_symbol_and_one_id(void **state)
{
	struct intern *in = intern_new(10, 5);
	struct sym    *a, *b;
	bool	       is_new = false;

	(void)state;
	a = intern_add(in, SLICE("acme/api"), &is_new);
	assert_true(is_new);
	assert_int_equal(sym_id(a), 5);
	assert_string_equal(a->text, "acme/api");
	b = intern_add(in, SLICE("acme/api"), &is_new);
	assert_false(is_new);
	assert_ptr_equal(a, b);
	b = intern_add(in, SLICE("acme/web"), &is_new);
	assert_true(is_new);
	assert_int_equal(sym_id(b), 6);
	assert_int_equal(intern_next_id(in), 7);
	assert_int_equal(intern_count(in), 2);
	intern_free(&in);
	assert_null(in);
	intern_free(&in);
}

static void
absent_gives_none_and_empty_gives_one(void **state)
{
	struct intern *in = intern_new(10, 1);
	bool	       is_new = true;

	(void)state;
	assert_null(intern_add(in, (struct slice){NULL, 0}, &is_new));
	assert_false(is_new);
	assert_null(intern_find(in, (struct slice){NULL, 0}));
	assert_non_null(intern_add(in, SLICE(""), &is_new));
	assert_true(is_new);
	intern_free(&in);
}

static void
finding_makes_none(void **state)
{
	struct intern *in = intern_new(10, 1);
	struct sym    *a;

	(void)state;
	assert_null(intern_find(in, SLICE("a")));
	assert_int_equal(intern_count(in), 0);
	a = add(in, "a");
	assert_ptr_equal(intern_find(in, SLICE("a")), a);
	intern_free(&in);
}

static void
ids_begin_at_one_at_least(void **state)
{
	struct intern *in = intern_new(10, 0);

	(void)state;
	assert_int_equal(sym_id(add(in, "a")), 1);
	intern_free(&in);
}

static void
the_table_stays_at_its_size(void **state)
{
	struct intern *in = intern_new(100, 1);
	unsigned       i;

	(void)state;
	for (i = 0; i < 100; i++)
		add_numbered(in, 'a', i);
	assert_int_equal(intern_count(in), 100);
	assert_int_equal(intern_evicted(in), 0);
	for (i = 0; i < 1000; i++) {
		add_numbered(in, 'b', i);
		assert_int_equal(intern_count(in), 100);
	}
	assert_int_equal(intern_evicted(in), 1000);
	intern_free(&in);
}

static void
the_oldest_unused_goes_first(void **state)
{
	struct intern *in = intern_new(3, 1);

	(void)state;
	add(in, "a");
	add(in, "b");
	add(in, "c");
	assert_non_null(intern_find(in, SLICE("a")));
	add(in, "d");
	assert_null(intern_find(in, SLICE("b")));
	add(in, "e");
	assert_null(intern_find(in, SLICE("c")));
	assert_non_null(intern_find(in, SLICE("d")));
	intern_free(&in);
}

static void
a_flood_of_strangers_spares_what_is_in_use(void **state)
{
	struct intern *in = intern_new(1000, 1);
	unsigned       i, j;
	char	       text[16];

	(void)state;
	for (i = 0; i < 100; i++)
		add_numbered(in, 'u', i);
	for (i = 0; i < 20000; i++) {
		add_numbered(in, 's', i);
		snprintf(text, sizeof text, "u%u", i % 100);
		assert_non_null(intern_find(in, slice_of(text)));
	}
	for (j = 0; j < 100; j++) {
		snprintf(text, sizeof text, "u%u", j);
		assert_non_null(intern_find(in, slice_of(text)));
	}
	assert_int_equal(intern_count(in), 1000);
	intern_free(&in);
}

static void
one_always_goes_also_when_all_are_in_use(void **state)
{
	struct intern *in = intern_new(1000, 1);
	unsigned       i, j;
	char	       text[16];

	(void)state;
	for (i = 0; i < 3000; i++) {
		add_numbered(in, 'a', i);
		for (j = i < 1000 ? 0 : i - 1000; j <= i; j += 7) {
			snprintf(text, sizeof text, "a%u", j);
			intern_find(in, slice_of(text));
		}
		assert_true(intern_count(in) <= 1000);
	}
	intern_free(&in);
}

static void
what_comes_again_gets_a_new_id(void **state)
{
	struct intern *in = intern_new(1, 1);
	bool	       is_new = false;

	(void)state;
	assert_int_equal(sym_id(add(in, "a")), 1);
	assert_int_equal(sym_id(add(in, "b")), 2);
	assert_int_equal(sym_id(intern_add(in, SLICE("a"), &is_new)), 3);
	assert_true(is_new);
	intern_free(&in);
}

static void
what_is_held_stays(void **state)
{
	struct intern *in = intern_new(4, 1);
	struct sym    *held = sym_ref(add(in, "held"));
	unsigned       i;

	(void)state;
	for (i = 0; i < 100; i++)
		add_numbered(in, 'a', i);
	assert_ptr_equal(intern_find(in, SLICE("held")), held);
	assert_string_equal(held->text, "held");
	sym_unref(&held);
	for (i = 0; i < 100; i++)
		add_numbered(in, 'b', i);
	assert_null(intern_find(in, SLICE("held")));
	intern_free(&in);
}

static void
the_table_grows_when_all_are_held_and_shrinks_after(void **state)
{
	struct intern *in = intern_new(100, 1);
	struct sym    *held[300];
	unsigned       i;

	(void)state;
	for (i = 0; i < 300; i++)
		held[i] = sym_ref(add_numbered(in, 'h', i));
	assert_int_equal(intern_count(in), 300);
	assert_int_equal(intern_evicted(in), 0);
	for (i = 0; i < 300; i++)
		sym_unref(&held[i]);
	for (i = 0; i < 199; i++)
		add_numbered(in, 'a', i);
	assert_int_equal(intern_count(in), 101);
	add_numbered(in, 'b', 0);
	assert_int_equal(intern_count(in), 100);
	add_numbered(in, 'b', 1);
	assert_int_equal(intern_count(in), 100);
	intern_free(&in);
}

static void
a_few_unheld_among_many_held_are_dropped_in_time(void **state)
{
	struct intern *in = intern_new(1000, 1);
	struct sym    *held[2000];
	unsigned       i;

	(void)state;
	for (i = 0; i < 2000; i++)
		held[i] = sym_ref(add_numbered(in, 'h', i));
	for (i = 0; i < 50000; i++) {
		add_numbered(in, 's', i);
		assert_true(intern_count(in) < 2200);
	}
	for (i = 0; i < 2000; i++)
		assert_non_null(held[i]->text);
	intern_free(&in);
}

static void
a_stored_symbol_keeps_its_id(void **state)
{
	struct intern *in = intern_new(10, 1);

	(void)state;
	assert_int_equal(sym_id(intern_load(in, 40, SLICE("a"))), 40);
	assert_int_equal(intern_next_id(in), 41);
	assert_int_equal(sym_id(intern_load(in, 7, SLICE("b"))), 7);
	assert_int_equal(intern_next_id(in), 41);
	assert_int_equal(sym_id(add(in, "a")), 40);
	assert_int_equal(sym_id(add(in, "c")), 41);
	intern_free(&in);
}

static void
a_stored_text_that_is_there_is_not_loaded_again(void **state)
{
	struct intern *in = intern_new(10, 1);

	(void)state;
	assert_non_null(intern_load(in, 9, SLICE("a")));
	assert_null(intern_load(in, 12, SLICE("a")));
	assert_null(intern_load(in, 0, SLICE("b")));
	assert_null(intern_load(in, 3, (struct slice){NULL, 0}));
	assert_int_equal(sym_id(intern_find(in, SLICE("a"))), 9);
	/* Its id is taken all the same. */
	assert_int_equal(intern_next_id(in), 13);
	intern_free(&in);
}

static void
after_the_last_id_there_are_no_new_symbols(void **state)
{
	struct intern *in = intern_new(10, UINT32_MAX);
	bool	       is_new = true;

	(void)state;
	assert_int_equal(sym_id(add(in, "a")), UINT32_MAX);
	assert_null(intern_add(in, SLICE("b"), &is_new));
	assert_false(is_new);
	assert_non_null(intern_add(in, SLICE("a"), &is_new));
	assert_null(intern_add(in, SLICE("c"), &is_new));
	intern_free(&in);
}

static void
holders_are_counted_and_none_is_fine(void **state)
{
	struct intern *in = intern_new(10, 1);
	struct sym    *a = add(in, "a"), *b = add(in, "b"), *at = NULL;

	(void)state;
	sym_set(&at, a);
	assert_int_equal(a->refs, 1);
	sym_set(&at, a);
	assert_int_equal(a->refs, 1);
	sym_set(&at, b);
	assert_int_equal(a->refs, 0);
	assert_int_equal(b->refs, 1);
	sym_set(&at, NULL);
	assert_int_equal(b->refs, 0);
	assert_null(at);
	sym_unref(&at);
	assert_null(sym_ref(NULL));
	assert_null(sym_text(NULL).p);
	assert_int_equal(sym_id(NULL), 0);
	assert_true(slice_is(sym_text(a), "a"));
	intern_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_has_one_symbol_and_one_id),
	    cmocka_unit_test(absent_gives_none_and_empty_gives_one),
	    cmocka_unit_test(finding_makes_none),
	    cmocka_unit_test(ids_begin_at_one_at_least),
	    cmocka_unit_test(the_table_stays_at_its_size),
	    cmocka_unit_test(the_oldest_unused_goes_first),
	    cmocka_unit_test(a_flood_of_strangers_spares_what_is_in_use),
	    cmocka_unit_test(one_always_goes_also_when_all_are_in_use),
	    cmocka_unit_test(what_comes_again_gets_a_new_id),
	    cmocka_unit_test(what_is_held_stays),
	    cmocka_unit_test(
		the_table_grows_when_all_are_held_and_shrinks_after),
	    cmocka_unit_test(a_few_unheld_among_many_held_are_dropped_in_time),
	    cmocka_unit_test(a_stored_symbol_keeps_its_id),
	    cmocka_unit_test(a_stored_text_that_is_there_is_not_loaded_again),
	    cmocka_unit_test(after_the_last_id_there_are_no_new_symbols),
	    cmocka_unit_test(holders_are_counted_and_none_is_fine),
	};

	return cmocka_run_group_tests_name("intern", tests, NULL, NULL);
}
