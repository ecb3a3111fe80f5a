#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stream-fixture.h"
#include "stream/presence.h"

#define A 1
#define B 2
#define C 4

static const struct window_rule	  rule = {.span = 10,
      .late = 100,
      .bounds = {3, BOUNDS_ANY, BOUNDS_ANY}};
static const struct presence_rule any_order = {.nkinds = 3, .only_grow = true};
static const struct presence_rule in_order = {.nkinds = 3,
    .ordered = true,
    .only_grow = true};

static struct presence *
presence_new(const struct presence_rule *pr)
{
	return calloc(1, presence_size(pr));
}

static void
presence_free(struct presence *p)
{
	presence_clear(p);
	free(p);
}

static void
all_kinds_in_a_span_hold(void **state)
{
	struct presence	  *p = presence_new(&any_order);
	struct window_view v = {0};

	(void)state;
	assert_false(presence_feed(p, &rule, &any_order, 0, C, &v));
	assert_false(presence_feed(p, &rule, &any_order, 5, A, &v));
	assert_true(presence_feed(p, &rule, &any_order, 10, B, &v));
	assert_int_equal(v.count, 3);
	assert_int_equal(v.first, 0);
	assert_false(presence_feed(p, &rule, &any_order, 11, A | B, &v));
	assert_true(presence_feed(p, &rule, &any_order, 11, A | B | C, &v));
	presence_free(p);
}

static void
a_chain_holds_while_its_window_lasts(void **state)
{
	struct presence	  *p = presence_new(&in_order);
	struct window_view v = {0};

	(void)state;
	assert_false(presence_feed(p, &rule, &in_order, 0, A | B | C, &v));
	assert_false(presence_feed(p, &rule, &in_order, 1, A | B, &v));
	assert_true(presence_feed(p, &rule, &in_order, 9, C, &v));
	assert_int_equal(v.first, 0);
	/* Whatever is seen next, the three are in the window in order. */
	assert_true(presence_feed(p, &rule, &in_order, 10, A, &v));
	assert_int_equal(v.first, 0);
	assert_int_equal(v.count, 3);
	assert_false(presence_feed(p, &rule, &in_order, 11, C, &v));
	presence_free(p);
}

static void
late_in_the_window_of_a_chain_it_holds(void **state)
{
	struct presence	  *p = presence_new(&in_order);
	struct window_view v = {0};

	(void)state;
	assert_false(presence_feed(p, &rule, &in_order, 10, A, &v));
	assert_false(presence_feed(p, &rule, &in_order, 12, B, &v));
	assert_true(presence_feed(p, &rule, &in_order, 14, C, &v));
	/* At it the chain is not whole, but at the last one it is. */
	assert_true(presence_feed(p, &rule, &in_order, 11, C, &v));
	assert_int_equal(v.first, 10);
	assert_true(presence_feed(p, &rule, &in_order, 4, C, &v));
	/* No window that it is in reaches the end of the chain. */
	assert_false(presence_feed(p, &rule, &in_order, 3, C, &v));
	presence_free(p);
}

static void
a_late_link_completes_a_chain(void **state)
{
	struct presence	  *p = presence_new(&in_order);
	struct window_view v = {0};

	(void)state;
	assert_false(presence_feed(p, &rule, &in_order, 0, A, &v));
	assert_false(presence_feed(p, &rule, &in_order, 8, A, &v));
	assert_false(presence_feed(p, &rule, &in_order, 4, B, &v));
	assert_true(presence_feed(p, &rule, &in_order, 10, C, &v));
	assert_int_equal(v.first, 0);
	assert_true(presence_feed(p, &rule, &in_order, 9, C, &v));
	assert_true(presence_feed(p, &rule, &in_order, 3, B, &v));
	assert_false(presence_feed(p, &rule, &in_order, -2, B, &v));
	presence_free(p);
}

static void
the_same_kind_all_the_time_needs_next_to_nothing(void **state)
{
	struct presence	  *p = presence_new(&any_order);
	struct window_view v = {0};
	usec_t		   t;

	(void)state;
	for (t = 0; t < 100000; t++)
		(void)presence_feed(p, &rule, &any_order, t, A, &v);
	assert_true(p->log.cap < 64);
	assert_int_equal(v.shed, 0);
	presence_free(p);
}

/* A story with a rule to judge it by. */
struct judging {
	const struct window_rule   *r;
	const struct presence_rule *pr;
};

/* How many kinds, from the first on, there are in their order. */
static unsigned
chain_length(const struct happening *h, unsigned n, unsigned nkinds)
{
	unsigned i, k = 0;

	for (i = 0; i < n && k < nkinds; i++)
		k += (h[i].what >> k & 1) != 0;
	return k;
}

/* (a and b) or not c, beside the plain ones. */
static const int8_t ops[] = {0, 1, PRESENCE_AND, 2, PRESENCE_NOT, PRESENCE_OR};

static bool
presence_holds(const struct happening *h, unsigned n, const void *arg)
{
	const struct judging *j = arg;
	uint64_t	      seen = 0;
	unsigned	      i;

	if (j->pr->ordered)
		return bounds_hold(&j->r->bounds,
		    chain_length(h, n, j->pr->nkinds));
	for (i = 0; i < n; i++)
		seen |= (uint64_t)h[i].what;
	if (j->pr->ops != NULL)
		return (seen & 3) == 3 || (seen & 4) == 0;
	return bounds_hold(&j->r->bounds, (uint64_t)__builtin_popcountll(seen));
}

static void
agree_with_the_definition(usec_t late, usec_t step, unsigned n)
{
	static struct story  s;
	struct window_rule   r = {.span = 1 + rand() % 20, .late = late};
	struct presence_rule pr = {.nkinds = 3 + (unsigned)rand() % 2,
	    .ordered = rand() % 2,
	    .only_grow = true};
	struct judging	     j = {&r, &pr};
	struct presence	    *p;
	struct window_view   v = {0};
	bool		     holds, held = false;
	unsigned	     i, at;
	int64_t		     kinds;
	usec_t		     t;

	r.bounds = (struct bounds){1 + (uint64_t)rand() % pr.nkinds, BOUNDS_ANY,
	    BOUNDS_ANY};
	if (pr.ordered && rand() % 3 == 0)
		r.bounds.lo = pr.nkinds;
	if (rand() % 3 == 0) {
		if (pr.ordered && rand() % 3 == 0)
			r.bounds.lo = 0;
		r.bounds.hi = r.bounds.lo;
		pr.only_grow = false;
	} else if (!pr.ordered && rand() % 3 == 0) {
		pr.ops = ops;
		pr.nops = sizeof(ops);
		pr.only_grow = false;
	}
	p = presence_new(&pr);
	for (s.n = 0, i = 0; i < n; i++) {
		t = story_next_time(&s, step, late);
		kinds = rand() % 4 ? 1 << rand() % (int)pr.nkinds :
				     1 + rand() % ((1 << pr.nkinds) - 1);
		at = story_add(&s, t, kinds);
		holds = presence_feed(p, &r, &pr, t, (uint64_t)kinds, &v);
		assert_int_equal(holds,
		    story_holds_from(&s, at, r.span, presence_holds, &j));
		held |= holds;
	}
	if (pr.only_grow)
		assert_int_equal(held,
		    story_ever_holds(&s, r.span, presence_holds, &j));
	presence_free(p);
}

static void
in_order_it_agrees_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(1);
	for (round = 0; round < 400; round++)
		agree_with_the_definition(0, 1 + rand() % 6, 200);
}

static void
late_uses_agree_with_the_definition(void **state)
{
	unsigned round;

	(void)state;
	srand(2);
	for (round = 0; round < 1000; round++)
		agree_with_the_definition(1 + rand() % 60, rand() % 6,
		    1 + (unsigned)rand() % 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_kinds_in_a_span_hold),
	    cmocka_unit_test(a_chain_holds_while_its_window_lasts),
	    cmocka_unit_test(late_in_the_window_of_a_chain_it_holds),
	    cmocka_unit_test(a_late_link_completes_a_chain),
	    cmocka_unit_test(the_same_kind_all_the_time_needs_next_to_nothing),
	    cmocka_unit_test(in_order_it_agrees_with_the_definition),
	    cmocka_unit_test(late_uses_agree_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
