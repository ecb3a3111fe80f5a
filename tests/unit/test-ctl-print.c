/* patrolctl/print: times for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "patrolctl/print.h"

#define NOW (1700000000 * USEC_SEC)

static void
when_is(usec_t t, const char *want)
{
	struct buf b;

	buf_init(&b);
	print_when(&b, t, NOW);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
times_past_are_told_in_one_unit(void **state)
{
	(void)state;
	when_is(NOW, "just now");
	when_is(NOW - 2 * USEC_SEC + 1, "just now");
	when_is(NOW - 2 * USEC_SEC, "2 s ago");
	when_is(NOW - 59 * USEC_SEC, "59 s ago");
	when_is(NOW - 3 * USEC_MIN - 50 * USEC_SEC, "3 min ago");
	when_is(NOW - 2 * USEC_HOUR - 10 * USEC_MIN, "2 h ago");
	when_is(NOW - 400 * USEC_DAY, "400 d ago");
}

static void
times_to_come_are_rounded(void **state)
{
	(void)state;
	when_is(NOW + USEC_SEC, "just now");
	when_is(NOW + 90 * USEC_DAY - USEC_SEC, "in 90 d");
	when_is(NOW + 90 * USEC_SEC - 1, "in 1 min");
	when_is(NOW + 90 * USEC_SEC, "in 2 min");
}

static void
zero_is_never(void **state)
{
	struct buf b;

	(void)state;
	when_is(0, "never");
	buf_init(&b);
	print_exactly(&b, 0, NOW);
	assert_string_equal(buf_str(&b), "never");
	buf_clear(&b);
}

static void
an_exact_time_can_be_copied(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	print_exactly(&b, NOW - 5 * USEC_MIN, NOW);
	assert_string_equal(buf_str(&b), "2023-11-14T22:08:20Z (5 min ago)");
	buf_clear(&b);
}

static void
one_is_not_many(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	print_count(&b, 1, "token");
	print_count(&b, 0, "token");
	print_count(&b, 2, "token");
	assert_string_equal(buf_str(&b), "1 token0 tokens2 tokens");
	buf_clear(&b);
}

static void
long_numbers_are_grouped(void **state)
{
	static const int64_t numbers[] = {0, 999, 1000, -1234567, 100000};
	struct buf	     b;
	size_t		     i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		print_number(&b, numbers[i]);
		buf_addc(&b, ' ');
	}
	assert_string_equal(buf_str(&b), "0 999 1,000 -1,234,567 100,000 ");
	buf_clear(&b);
}

static void
a_card_aligns_and_leaves_out_what_is_not_there(void **state)
{
	struct buf  b;
	struct card c = {&b, NOW, false, 8};

	(void)state;
	buf_init(&b);
	card_text(&c, "id", SLICE("pat_a"), STYLE_GOOD);
	card_text(&c, "none", SLICE(""), STYLE_PLAIN);
	card_text(&c, "long key", SLICE("a\nid: pat_b"), STYLE_PLAIN);
	card_int(&c, "uses", 3);
	assert_string_equal(buf_str(&b),
	    "id:     pat_a\n"
	    "long key: a\\x0aid: pat_b\nuses:   3\n");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(
					       times_past_are_told_in_one_unit),
	    cmocka_unit_test(times_to_come_are_rounded),
	    cmocka_unit_test(zero_is_never),
	    cmocka_unit_test(an_exact_time_can_be_copied),
	    cmocka_unit_test(one_is_not_many),
	    cmocka_unit_test(long_numbers_are_grouped),
	    cmocka_unit_test(a_card_aligns_and_leaves_out_what_is_not_there)};

	return cmocka_run_group_tests_name("patrolctl/print", tests, NULL,
	    NULL);
}
