#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/line.h"

#define MAX 5

struct fix {
	struct line_cutter lc;
	struct slice	   line;
	size_t		   used;
};

static struct fix fix;

static int
setup(void **state)
{
	memset(&fix, 0, sizeof fix);
	line_init(&fix.lc, MAX);
	*state = &fix;
	return 0;
}

static void
assert_next(struct fix *x, const char *in, enum line_result want,
    const char *line, size_t used)
{
	assert_int_equal(line_next(&x->lc, slice_of(in), &x->line, &x->used),
	    want);
	assert_int_equal(x->used, used);
	if (line == NULL)
		return;
	assert_int_equal(x->line.n, strlen(line));
	assert_memory_equal(x->line.p, line, x->line.n);
}

static void
half_a_line_waits(void **state)
{
	struct fix *x = *state;

	assert_next(x, "", LINE_MORE, NULL, 0);
	assert_next(x, "ab", LINE_MORE, NULL, 0);
	assert_next(x, "ab\n", LINE_OK, "ab", 3);
}

static void
lines_come_one_by_one(void **state)
{
	struct fix *x = *state;

	assert_next(x, "a\nb\n", LINE_OK, "a", 2);
	assert_next(x, "b\n", LINE_OK, "b", 2);
	assert_next(x, "\nx", LINE_OK, "", 1);
}

static void
one_cr_is_taken_off(void **state)
{
	struct fix *x = *state;

	assert_next(x, "ab\r\n", LINE_OK, "ab", 4);
	assert_next(x, "\r\n", LINE_OK, "", 2);
	assert_next(x, "a\r\r\n", LINE_OK, "a\r", 4);
	assert_next(x, "a\rb\n", LINE_OK, "a\rb", 4);
}

static void
a_line_of_the_limit_is_whole(void **state)
{
	struct fix *x = *state;

	assert_next(x, "12345", LINE_MORE, NULL, 0);
	assert_next(x, "12345\n", LINE_OK, "12345", 6);
	assert_next(x, "12345\r", LINE_MORE, NULL, 0);
	assert_next(x, "12345\r\n", LINE_OK, "12345", 7);
}

static void
one_byte_more_is_too_long(void **state)
{
	struct fix *x = *state;

	assert_next(x, "123456", LINE_TOO_LONG, "12345", 6);
	assert_true(x->lc.skipping);
	line_init(&x->lc, MAX);
	assert_next(x, "123456\n", LINE_TOO_LONG, "12345", 7);
	assert_false(x->lc.skipping);
	assert_next(x, "123456\r\n", LINE_TOO_LONG, "12345", 8);
	assert_next(x, "12345\rx\n", LINE_TOO_LONG, "12345", 8);
	assert_next(x, "12345\r\r\n", LINE_TOO_LONG, "12345", 8);
}

static void
the_rest_of_a_long_line_is_swallowed(void **state)
{
	struct fix *x = *state;

	assert_next(x, "123456789", LINE_TOO_LONG, "12345", 9);
	assert_next(x, "", LINE_MORE, NULL, 0);
	assert_next(x, "abcdefghijk", LINE_MORE, NULL, 11);
	assert_next(x, "lm\nx", LINE_MORE, NULL, 3);
	assert_next(x, "x\n", LINE_OK, "x", 2);
}

static void
the_line_behind_a_long_one_comes_at_once(void **state)
{
	struct fix *x = *state;

	assert_next(x, "123456789", LINE_TOO_LONG, "12345", 9);
	assert_next(x, "a\nok\nz", LINE_OK, "ok", 5);
	assert_next(x, "123456789", LINE_TOO_LONG, "12345", 9);
	assert_next(x, "a\nabcdefg\n", LINE_TOO_LONG, "abcde", 10);
	assert_false(x->lc.skipping);
}

static void
the_last_line_needs_no_newline(void **state)
{
	struct fix *x = *state;

	assert_false(line_last(&x->lc, SLICE(""), &x->line));
	assert_true(line_last(&x->lc, SLICE("ab"), &x->line));
	assert_int_equal(x->line.n, 2);
	assert_true(line_last(&x->lc, SLICE("12345\r"), &x->line));
	assert_int_equal(x->line.n, 5);
}

static void
the_end_of_a_long_line_is_no_line(void **state)
{
	struct fix *x = *state;

	assert_next(x, "123456789", LINE_TOO_LONG, "12345", 9);
	assert_false(line_last(&x->lc, SLICE("rest"), &x->line));
}

/* However a stream is cut into pieces, its lines are the same. */
static void
pieces_make_the_same_lines(void **state)
{
	const struct slice all = SLICE("ab\n\n1234567\r\n12345\r\nxyz\n"
				       "123456789\nq\n");
	struct fix	  *x = *state;
	unsigned	   piece, lines, longs;
	enum line_result   r;
	size_t		   at, have;

	for (piece = 1; piece <= all.n; piece++) {
		line_init(&x->lc, MAX);
		at = have = 0;
		lines = longs = 0;
		while (have < all.n) {
			have = have + piece < all.n ? have + piece : all.n;
			do {
				r = line_next(&x->lc,
				    (struct slice){all.p + at, have - at},
				    &x->line, &x->used);
				at += x->used;
				lines += r == LINE_OK;
				longs += r == LINE_TOO_LONG;
			} while (r != LINE_MORE);
		}
		assert_int_equal(at, all.n);
		assert_int_equal(lines, 5);
		assert_int_equal(longs, 2);
	}
}

#define T(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(half_a_line_waits),
	    T(lines_come_one_by_one),
	    T(one_cr_is_taken_off),
	    T(a_line_of_the_limit_is_whole),
	    T(one_byte_more_is_too_long),
	    T(the_rest_of_a_long_line_is_swallowed),
	    T(the_line_behind_a_long_one_comes_at_once),
	    T(the_last_line_needs_no_newline),
	    T(the_end_of_a_long_line_is_no_line),
	    T(pieces_make_the_same_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
