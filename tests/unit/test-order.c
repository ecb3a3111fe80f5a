#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "token/order.h"

#define NTOKENS 500

struct fixture {
	struct token_table *tt;
	struct token	   *t[NTOKENS];
};

/* Few values, so that there are many ties. */
static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	struct account *a[3];
	unsigned	i, seed = 20261127;
	char		id[16];

	f->tt = token_table_new(10);
	for (i = 0; i < 3; i++) {
		snprintf(id, sizeof id, "a%u", i);
		a[i] = token_table_add_account(f->tt, slice_of(id), 0);
	}
	for (i = 0; i < NTOKENS; i++) {
		snprintf(id, sizeof id, "pat_%u", (i * 7919) % 1000);
		f->t[i] = token_new(slice_of(id));
		f->t[i]->hash[0] = (uint8_t)i;
		f->t[i]->hash[1] = (uint8_t)(i >> 8);
		f->t[i]->account = a[rand_r(&seed) % 3];
		f->t[i]->created = 1 + rand_r(&seed) % 10;
		f->t[i]->expires = rand_r(&seed) % 10;
		f->t[i]->last.time = rand_r(&seed) % 10;
		f->t[i]->uses = (uint64_t)rand_r(&seed) % 10;
		token_table_add(f->tt, f->t[i]);
	}
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

static void
names_come_back(void **state)
{
	int by;

	(void)state;
	for (by = ORDER_MADE; by <= ORDER_USES; by++)
		assert_int_equal(order_parse(slice_of(order_name(by))), by);
	assert_int_equal(order_parse(SLICE("size")), -1);
	assert_int_equal(order_parse(SLICE("")), -1);
}

/* qsort(3) passes nothing along. */
static struct order sorting;

static int
compare(const void *a, const void *b)
{
	return order_cmp(&sorting, a, b);
}

/* Page by page, all tokens in the order that qsort(3) finds. */
static void
check_pages(struct fixture *f, struct order o, size_t max)
{
	struct order_key *want = xcalloc(NTOKENS, sizeof *want);
	struct order_page p;
	size_t		  i, at = 0;

	for (i = 0; i < NTOKENS; i++)
		order_key(&o, f->t[i], &want[i]);
	sorting = o;
	qsort(want, NTOKENS, sizeof *want, compare);
	order_page_init(&p, &o, max, NULL);
	do {
		order_page_turn(&p);
		for (i = 0; i < NTOKENS; i++)
			order_page_offer(&p, f->t[i]);
		order_page_sort(&p);
		assert_true(p.n > 0 && p.n <= max);
		for (i = 0; i < p.n; i++)
			assert_string_equal(p.key[i].id, want[at++].id);
	} while (p.more);
	assert_int_equal(at, NTOKENS);
	order_page_clear(&p);
	free(want);
}

static void
pages_have_all_of_them_in_order(void **state)
{
	static const size_t sizes[] = {1, 7, NTOKENS - 1, NTOKENS, NTOKENS + 1};
	struct order	    o;
	size_t		    i;
	int		    by;

	for (by = ORDER_MADE; by <= ORDER_USES; by++)
		for (i = by == ORDER_USES ? 0 : 1; i < 5; i++) {
			o = (struct order){(enum order_by)by, i % 2 == 0};
			check_pages(*state, o, sizes[i]);
			o.reverse = !o.reverse;
			check_pages(*state, o, sizes[i]);
		}
}

static int
cmp(struct fixture *f, enum order_by by, unsigned a, unsigned b)
{
	struct order	 o = {by, false};
	struct order_key ka, kb;

	order_key(&o, f->t[a], &ka);
	order_key(&o, f->t[b], &kb);
	return order_cmp(&o, &ka, &kb);
}

static void
no_end_is_the_last_end_and_never_used_the_first_use(void **state)
{
	struct fixture *f = *state;

	f->t[0]->expires = 0;
	f->t[1]->expires = INT64_MAX - 1;
	assert_true(cmp(f, ORDER_EXPIRES, 0, 1) > 0);
	f->t[0]->last.time = 0;
	f->t[1]->last.time = 1;
	assert_true(cmp(f, ORDER_USED, 0, 1) < 0);
	f->t[0]->uses = UINT64_MAX;
	f->t[1]->uses = 0;
	assert_true(cmp(f, ORDER_USES, 0, 1) > 0);
}

static void
a_place_comes_back_from_its_text(void **state)
{
	struct fixture	*f = *state;
	struct order	 o;
	struct order_key k, back;
	struct buf	 b;
	int		 by;

	buf_init(&b);
	for (by = ORDER_MADE; by <= ORDER_USES; by++) {
		o = (struct order){(enum order_by)by, by % 2 == 0};
		order_key(&o, f->t[by], &k);
		b.n = 0;
		order_format(&o, &k, &b);
		assert_int_equal(strspn(buf_str(&b),
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_"),
		    b.n);
		assert_int_equal(order_parse_key(&o, buf_slice(&b), &back), 0);
		assert_int_equal(order_cmp(&o, &k, &back), 0);
		/* It is no place where another order holds. */
		o.reverse = !o.reverse;
		assert_int_equal(order_parse_key(&o, buf_slice(&b), &back), -1);
		o.reverse = !o.reverse;
		o.by = (enum order_by)((by + 1) % (ORDER_USES + 1));
		assert_int_equal(order_parse_key(&o, buf_slice(&b), &back), -1);
	}
	buf_clear(&b);
}

/* A foreign id may be all that a stranger thinks of. */
static void
the_longest_and_oddest_id_has_room(void **state)
{
	struct order	 o = {ORDER_ACCOUNT, true};
	struct order_key k, back;
	struct token	*t;
	char		 id[TOKEN_FOREIGN_ID_MAX + 1];
	struct buf	 b;

	(void)state;
	memset(id, ':', sizeof id);
	id[0] = '\xff';
	id[TOKEN_FOREIGN_ID_MAX] = '\0';
	t = token_new(slice_of(id));
	order_key(&o, t, &k);
	memset(k.account, 'a', ACCOUNT_NAME_MAX);
	k.account[ACCOUNT_NAME_MAX] = '\0';
	k.number = INT64_MIN;
	buf_init(&b);
	order_format(&o, &k, &b);
	assert_int_equal(order_parse_key(&o, buf_slice(&b), &back), 0);
	assert_string_equal(back.id, id);
	assert_int_equal(order_cmp(&o, &k, &back), 0);
	buf_clear(&b);
	token_free(&t);
}

static void
what_is_no_place_is_refused(void **state)
{
	static const char *const bad[] = {"", "x", "====", "a+b/", "bWFkZQ",
	    /* "made:", "made:1", "made:1:", "made:x::i", "made:-1::i",
	     * "made:4294967296::i" */
	    "bWFkZTo", "bWFkZTox", "bWFkZToxOg", "bWFkZTp4OjppZA",
	    "bWFkZTotMTo6aWQ", "bWFkZTo0Mjk0OTY3Mjk2OjppZA"};
	struct order		 o = {ORDER_MADE, false};
	struct order_key	 k = {.number = 7};
	char			 text[1000];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(order_parse_key(&o, slice_of(bad[i]), &k), -1);
	memset(text, 'A', sizeof text);
	for (i = 0; i <= sizeof text; i++)
		assert_int_equal(order_parse_key(&o, (struct slice){text, i},
				     &k),
		    -1);
	assert_int_equal(k.number, 7);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_come_back),
	    TEST(pages_have_all_of_them_in_order),
	    TEST(no_end_is_the_last_end_and_never_used_the_first_use),
	    TEST(a_place_comes_back_from_its_text),
	    TEST(the_longest_and_oddest_id_has_room),
	    TEST(what_is_no_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
