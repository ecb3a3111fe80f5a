#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "token/finder.h"

/* Form and checksum as in test-secret.c. */
#define KNOWN "patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP"
#define WRONG "patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZQ"

#define FINDS_MAX 8

struct fixture {
	struct finder finder;
	struct buf    in;
	unsigned      n;
	uint64_t      line[FINDS_MAX], offset[FINDS_MAX];
	char	      text[FINDS_MAX][SECRET_MAX];
};

static void
take(const struct found_secret *f, void *arg)
{
	struct fixture *x = arg;

	assert_true(x->n < FINDS_MAX && f->text.n < SECRET_MAX);
	x->line[x->n] = f->line;
	x->offset[x->n] = f->offset;
	memset(x->text[x->n], 0, SECRET_MAX);
	memcpy(x->text[x->n++], f->text.p, f->text.n);
}

static int
setup(void **state)
{
	struct fixture *x = xcalloc(1, sizeof *x);

	buf_init(&x->in);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	buf_clear(&x->in);
	free(x);
	return 0;
}

/* The input so far, fed in parts of that many bytes. */
static void
find(struct fixture *x, size_t part)
{
	struct slice rest = buf_slice(&x->in), one;

	x->n = 0;
	finder_init(&x->finder, take, x);
	while (rest.n > 0) {
		one = (struct slice){rest.p, rest.n < part ? rest.n : part};
		finder_feed(&x->finder, one);
		rest.p += one.n;
		rest.n -= one.n;
	}
	finder_end(&x->finder);
}

static void
pad(struct fixture *x, char c, size_t n)
{
	memset(buf_reserve(&x->in, n), c, n);
	x->in.n += n;
}

static void
a_secret_is_found_with_its_line_and_place(void **state)
{
	struct fixture *x = *state;

	buf_adds(&x->in, "a\nkey: '" KNOWN "'\n");
	find(x, SIZE_MAX);
	assert_int_equal(x->n, 1);
	assert_string_equal(x->text[0], KNOWN);
	assert_int_equal(x->line[0], 2);
	assert_int_equal(x->offset[0], 8);
}

static void
a_wrong_checksum_or_half_a_secret_is_none(void **state)
{
	struct fixture *x = *state;

	buf_adds(&x->in, WRONG " ");
	buf_add(&x->in, KNOWN, sizeof KNOWN - 2);
	find(x, SIZE_MAX);
	assert_int_equal(x->n, 0);
	buf_adds(&x->in, "P");
	find(x, SIZE_MAX);
	assert_int_equal(x->n, 1);
}

static void
any_prefix_that_may_be_is_found_up_to_the_longest(void **state)
{
	static const char *const prefixes[] = {"x", "a-b_c",
	    "sixteen_letters_"};
	struct fixture		*x = *state;
	char			 secret[SECRET_MAX];
	size_t			 i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(secret_new(prefixes[i], secret), 0);
		x->in.n = 0;
		buf_addf(&x->in, "\"%s\"", secret);
		find(x, 7);
		assert_int_equal(x->n, 1);
		assert_string_equal(x->text[0], secret);
		assert_int_equal(x->offset[0], 1);
	}
}

/* Of two in a row the first has no prefix from the other. */
static void
secrets_without_anything_between_are_both_found(void **state)
{
	struct fixture *x = *state;

	buf_adds(&x->in, KNOWN KNOWN "_" KNOWN);
	find(x, SIZE_MAX);
	assert_int_equal(x->n, 3);
	assert_int_equal(x->offset[1], sizeof KNOWN - 1);
	assert_int_equal(x->offset[2], 2 * sizeof KNOWN - 1);
}

static void
however_it_is_cut_it_is_found(void **state)
{
	struct fixture *x = *state;
	size_t		part;

	buf_adds(&x->in, "\n\n_" KNOWN "\n_x_" KNOWN);
	for (part = 1; part < 64; part++) {
		find(x, part);
		assert_int_equal(x->n, 2);
		assert_int_equal(x->line[0], 3);
		assert_int_equal(x->line[1], 4);
		assert_string_equal(x->text[1], KNOWN);
	}
}

/* Wherever its own room ends: at each byte of a secret once. */
static void
no_end_of_its_room_hides_one(void **state)
{
	struct fixture *x = *state;
	size_t		i;

	for (i = 0; i <= sizeof KNOWN + 20; i++) {
		x->in.n = 0;
		pad(x, '\n', FINDER_ROOM - 1 - i);
		buf_adds(&x->in, KNOWN "\n");
		pad(x, '_', 3 * FINDER_ROOM);
		buf_adds(&x->in, KNOWN);
		find(x, 4096);
		assert_int_equal(x->n, 2);
		assert_int_equal(x->line[0], FINDER_ROOM - i);
		assert_int_equal(x->offset[0], FINDER_ROOM - 1 - i);
		assert_int_equal(x->line[1], FINDER_ROOM - i + 1);
		assert_string_equal(x->text[1], KNOWN);
		assert_int_equal(x->offset[1],
		    FINDER_ROOM - 1 - i + sizeof KNOWN + 3 * FINDER_ROOM);
	}
}

static void
bytes_that_are_no_text_are_in_no_way(void **state)
{
	struct fixture *x = *state;

	pad(x, '\0', 1000);
	pad(x, (char)0xff, 1000);
	buf_adds(&x->in, KNOWN);
	pad(x, '\0', 1000);
	find(x, 100);
	assert_int_equal(x->n, 1);
	assert_int_equal(x->offset[0], 2000);
}

static void
nothing_is_left_when_it_ends(void **state)
{
	struct fixture *x = *state;
	size_t		i;

	buf_adds(&x->in, KNOWN);
	find(x, SIZE_MAX);
	for (i = 0; i < FINDER_ROOM; i++)
		assert_int_equal(x->finder.buf[i], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_secret_is_found_with_its_line_and_place),
	    T(a_wrong_checksum_or_half_a_secret_is_none),
	    T(any_prefix_that_may_be_is_found_up_to_the_longest),
	    T(secrets_without_anything_between_are_both_found),
	    T(however_it_is_cut_it_is_found),
	    T(no_end_of_its_room_hides_one),
	    T(bytes_that_are_no_text_are_in_no_way),
	    T(nothing_is_left_when_it_ends),
	};

	return cmocka_run_group_tests_name("token/finder", tests, NULL, NULL);
}
