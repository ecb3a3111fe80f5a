#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static int
set_up(void **state)
{
	static struct arena a;

	arena_init(&a);
	*state = &a;
	return 0;
}

static int
tear_down(void **state)
{
	arena_clear(*state);
	return 0;
}

static void
every_size_is_aligned(void **state)
{
	struct arena *a = *state;
	size_t	      n;
	char	     *p;

	for (n = 0; n < 300; n++) {
		p = arena_alloc(a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		memset(p, 0xa5, n);
		arena_bytes(a, 1)[0] = 'x';
	}
}

static void
zalloc_gives_zeros_also_in_used_memory(void **state)
{
	struct arena *a = *state;
	char	     *p;
	size_t	      i;

	memset(arena_alloc(a, 2000), 0xff, 2000);
	arena_reset(a);
	p = arena_zalloc(a, 2000);
	for (i = 0; i < 2000; i++)
		assert_int_equal(p[i], 0);
}

static void
neighbours_do_not_overlap(void **state)
{
	struct arena  *a = *state;
	unsigned char *p[500];
	size_t	       i, j;

	for (i = 0; i < 500; i++) {
		p[i] = arena_alloc(a, i);
		memset(p[i], (int)(i & 255), i);
	}
	for (i = 0; i < 500; i++)
		for (j = 0; j < i; j++)
			assert_int_equal(p[i][j], i & 255);
}

static void
more_than_a_block_fits(void **state)
{
	struct arena *a = *state;
	char	     *p = arena_alloc(a, 3000000);

	memset(p, 1, 3000000);
	p = arena_bytes(a, 5000000);
	memset(p, 2, 5000000);
	assert_int_equal(a->total, 8000000);
}

static void
a_reset_arena_gives_the_same_memory_again(void **state)
{
	struct arena *a = *state;
	char	     *p = arena_bytes(a, 100);

	arena_reset(a);
	assert_int_equal(a->total, 0);
	assert_ptr_equal(arena_bytes(a, 100), p);
}

static void
an_empty_arena_may_be_reset_and_cleared_twice(void **state)
{
	struct arena *a = *state;

	arena_reset(a);
	arena_clear(a);
	arena_clear(a);
	assert_non_null(arena_alloc(a, 0));
}

static void
copies_end_with_a_nul(void **state)
{
	struct arena *a = *state;
	struct slice  s = arena_slice(a, SLICE("repo"));

	assert_int_equal(s.n, 4);
	assert_string_equal(s.p, "repo");
	assert_string_equal(arena_str(a, "tag"), "tag");
}

static void
absent_stays_absent_and_empty_stays_empty(void **state)
{
	struct arena *a = *state;
	struct slice  s = arena_slice(a, (struct slice){NULL, 0});

	assert_null(s.p);
	assert_null(arena_str(a, NULL));
	s = arena_slice(a, SLICE(""));
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_size_is_aligned),
	    T(zalloc_gives_zeros_also_in_used_memory),
	    T(neighbours_do_not_overlap),
	    T(more_than_a_block_fits),
	    T(a_reset_arena_gives_the_same_memory_again),
	    T(an_empty_arena_may_be_reset_and_cleared_twice),
	    T(copies_end_with_a_nul),
	    T(absent_stays_absent_and_empty_stays_empty),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
