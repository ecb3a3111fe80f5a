#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alert/batch.h"

static void
a_new_batch_is_empty_and_a_reset_one_too(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b);
	assert_true(batch_is_empty(&b));
	batch_add_use(&b)->seq = 1;
	assert_false(batch_is_empty(&b));
	b.checkpoint = 7;
	batch_reset(&b);
	assert_true(batch_is_empty(&b));
	assert_int_equal(b.checkpoint, 0);
	/* Rows come zeroed, also where one lay before. */
	assert_int_equal(batch_add_use(&b)->seq, 0);
	batch_clear(&b);
}

static void
each_list_makes_it_worth_writing(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b);
	batch_add_alert(&b);
	assert_false(batch_is_empty(&b));
	batch_reset(&b);
	batch_add_audit(&b);
	assert_false(batch_is_empty(&b));
	batch_reset(&b);
	batch_add_refused(&b);
	assert_false(batch_is_empty(&b));
	batch_reset(&b);
	batch_add_outbox(&b);
	assert_false(batch_is_empty(&b));
	batch_reset(&b);
	batch_add_cursor(&b);
	assert_false(batch_is_empty(&b));
	batch_clear(&b);
}

static void
a_token_is_copied_with_its_texts(void **state)
{
	struct token *t = token_new(SLICE("pat_a"));
	struct batch  b;

	(void)state;
	batch_init(&b);
	t->tid = 5;
	t->description = strdup("ci");
	t->kind = TOKEN_AUTO;
	t->expires = 99;
	batch_add_token(&b, t);
	token_free(&t);
	assert_int_equal(b.ntokens, 1);
	assert_true(slice_is(b.tokens[0].id, "pat_a"));
	assert_true(slice_is(b.tokens[0].description, "ci"));
	assert_null(b.tokens[0].labels.p);
	assert_int_equal(b.tokens[0].kind, TOKEN_AUTO);
	assert_int_equal(b.tokens[0].aid, 0);
	assert_int_equal(b.tokens[0].expires, 99);
	batch_clear(&b);
}

static void
last_used_is_copied_as_ids(void **state)
{
	struct intern *in = intern_new(10, 1);
	struct token  *t = token_new(SLICE("pat_a"));
	struct batch   b;
	bool	       is_new;

	(void)state;
	batch_init(&b);
	t->tid = 5;
	t->last.time = 10;
	sym_set(&t->last.ip, intern_add(in, SLICE("192.0.2.1"), &is_new));
	batch_add_string(&b, t->last.ip);
	t->uses = 3;
	batch_add_lastused(&b, t);
	assert_int_equal(b.lastused[0].ip, b.strings[0].id);
	assert_true(slice_is(b.strings[0].text, "192.0.2.1"));
	assert_int_equal(b.lastused[0].client, 0);
	assert_int_equal(b.lastused[0].uses, 3);
	sym_unref(&t->last.ip);
	token_free(&t);
	intern_free(&in);
	batch_clear(&b);
}

static void
text_is_copied_and_absent_stays_absent(void **state)
{
	struct batch b;
	char	     text[] = "abc";
	struct slice copy;

	(void)state;
	batch_init(&b);
	copy = batch_text(&b, slice_of(text));
	text[0] = 'x';
	assert_true(slice_is(copy, "abc"));
	assert_null(batch_text(&b, (struct slice){NULL, 0}).p);
	batch_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_batch_is_empty_and_a_reset_one_too),
	    cmocka_unit_test(each_list_makes_it_worth_writing),
	    cmocka_unit_test(a_token_is_copied_with_its_texts),
	    cmocka_unit_test(last_used_is_copied_as_ids),
	    cmocka_unit_test(text_is_copied_and_absent_stays_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
