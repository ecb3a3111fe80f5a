/* patrolctl/reorder and hits: what rule match keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "patrolctl/hits.h"
#include "patrolctl/reorder.h"

static struct buf told;

static int
setup(void **state)
{
	(void)state;
	buf_init(&told);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_clear(&told);
	return 0;
}

static void
tell(usec_t t, uint64_t index, struct slice text, void *arg)
{
	(void)arg;
	buf_addf(&told, " %d:%d%.*s", (int)t, (int)index, SLICE_ARG(text));
}

static void
add(struct reorder *r, usec_t t, uint64_t index)
{
	struct error err;

	assert_int_equal(reorder_add(r, t, index, SLICE("x"), &err), 0);
}

static void
end(struct reorder *r)
{
	struct error err;

	assert_int_equal(reorder_end(r, &err), 0);
	reorder_free(&r);
}

static void
without_bound_all_wait_for_the_end(void **state)
{
	struct reorder *r = reorder_new(REORDER_ALL, REORDER_ROOM, tell, NULL);

	(void)state;
	add(r, 5, 0);
	add(r, 9, 1);
	add(r, 1, 2);
	add(r, 5, 3);
	assert_int_equal(told.n, 0);
	end(r);
	assert_string_equal(buf_str(&told), " 1:2x 5:0x 5:3x 9:1x");
}

static void
what_may_be_overtaken_waits(void **state)
{
	struct reorder *r = reorder_new(10, REORDER_ROOM, tell, NULL);

	(void)state;
	add(r, 100, 0);
	add(r, 110, 1);
	/* As late as may be. */
	add(r, 100, 2);
	assert_string_equal(buf_str(&told), "");
	add(r, 111, 3);
	assert_string_equal(buf_str(&told), " 100:0x 100:2x");
	end(r);
	assert_string_equal(buf_str(&told), " 100:0x 100:2x 110:1x 111:3x");
}

static void
one_too_late_has_its_turn_at_once(void **state)
{
	struct reorder *r = reorder_new(10, REORDER_ROOM, tell, NULL);

	(void)state;
	add(r, 100, 0);
	add(r, 89, 1);
	assert_string_equal(buf_str(&told), " 89:1x");
	end(r);
}

/* Room for a few lines only: parts on disk, merged. */
static void
parts_are_merged(void **state)
{
	struct reorder *r = reorder_new(REORDER_ALL, 200, tell, NULL);
	usec_t		last = -1;
	char	       *at;
	unsigned	i, n = 0;

	(void)state;
	for (i = 0; i < 1000; i++)
		add(r, (i * 7919) % 500, i);
	end(r);
	for (at = strtok((char *)(uintptr_t)buf_str(&told), " "); at != NULL;
	     at = strtok(NULL, " ")) {
		assert_true(atoi(at) >= last);
		last = atoi(at);
		n++;
	}
	assert_int_equal(n, 1000);
}

static void
no_line_at_all_is_fine(void **state)
{
	(void)state;
	end(reorder_new(REORDER_ALL, REORDER_ROOM, tell, NULL));
	end(reorder_new(0, REORDER_ROOM, tell, NULL));
	assert_int_equal(told.n, 0);
}

static void
hit(struct hits *h, size_t rule, uint64_t index)
{
	struct error err;

	assert_int_equal(hits_add(h, rule, index, &err), 0);
}

static void
tell_hit(uint64_t index, void *arg)
{
	(void)arg;
	buf_addf(&told, " %llu", (unsigned long long)index);
}

static const char *
walk(struct hits *h, size_t rule)
{
	struct error err;

	told.n = 0;
	assert_int_equal(hits_walk(h, rule, tell_hit, NULL, &err), 0);
	return buf_str(&told);
}

static void
hits_are_told_in_order_each_once(void **state)
{
	struct hits *h = hits_new(3, HITS_ROOM);

	(void)state;
	assert_string_equal(walk(h, 0), "");
	hit(h, 0, 300);
	hit(h, 0, 0);
	hit(h, 0, 1ULL << 40);
	hit(h, 2, 7);
	hit(h, 0, 1);
	hit(h, 0, 300);
	assert_string_equal(walk(h, 0), " 0 1 300 1099511627776");
	assert_string_equal(walk(h, 0), " 0 1 300 1099511627776");
	assert_string_equal(walk(h, 1), "");
	assert_string_equal(walk(h, 2), " 7");
	assert_int_equal(hits_count(h, 0), 5);
	assert_int_equal(hits_count(h, 1), 0);
	hits_free(&h);
	assert_null(h);
}

/* Room for a few only: lists that are in the temporary file, and what came
 * after. */
static void
hits_without_room_are_the_same(void **state)
{
	struct hits *h = hits_new(2, 10);
	struct buf   want;
	uint64_t     i;

	(void)state;
	buf_init(&want);
	for (i = 0; i < 200; i++) {
		hit(h, 0, i * 1000);
		hit(h, 0, i * 1000);
		hit(h, 1, (i * 77) % 200);
	}
	for (i = 0; i < 200; i++)
		buf_addf(&want, " %llu", (unsigned long long)i * 1000);
	assert_string_equal(walk(h, 0), buf_str(&want));
	want.n = 0;
	for (i = 0; i < 200; i++)
		buf_addf(&want, " %llu", (unsigned long long)i);
	assert_string_equal(walk(h, 1), buf_str(&want));
	buf_clear(&want);
	hits_free(&h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] =
	    {T(without_bound_all_wait_for_the_end),
		T(what_may_be_overtaken_waits),
		T(one_too_late_has_its_turn_at_once), T(parts_are_merged),
		T(no_line_at_all_is_fine), T(hits_are_told_in_order_each_once),
		T(hits_without_room_are_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
