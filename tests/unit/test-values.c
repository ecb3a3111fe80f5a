#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stream/values.h"

static uint32_t
add(struct values *vs, const char *s, uint64_t hash, usec_t t)
{
	return values_add(vs, slice_of(s), hash, t);
}

/* The texts from the oldest on, by both ways through the list. */
static void
assert_order(const struct values *vs, const char *want)
{
	char	 got[400] = "";
	uint32_t i, n = 0, prev = VALUE_NONE;

	for (i = vs->n > 0 ? vs->oldest : VALUE_NONE; i != VALUE_NONE;
	     i = vs->slot[i].next) {
		assert_int_equal(vs->slot[i].prev, prev);
		snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s ",
		    SLICE_ARG(values_text(vs, i)));
		prev = i;
		n++;
	}
	assert_int_equal(n, vs->n);
	if (n > 0)
		assert_int_equal(vs->newest, prev);
	assert_string_equal(got, want);
}

static void
values_stand_in_the_order_they_were_seen(void **state)
{
	struct values vs = {0};
	uint32_t      a, b;

	(void)state;
	assert_int_equal(values_find(&vs, SLICE("a"), 1), VALUE_NONE);
	a = add(&vs, "a", 1, 10);
	b = add(&vs, "b", 2, 20);
	add(&vs, "c", 3, 15);
	add(&vs, "d", 4, 20);
	add(&vs, "e", 5, 5);
	assert_order(&vs, "e a c b d ");
	values_see(&vs, a, 20);
	assert_order(&vs, "e c b d a ");
	values_see(&vs, a, 25);
	assert_order(&vs, "e c b d a ");
	values_see(&vs, b, 22);
	assert_order(&vs, "e c d b a ");
	assert_int_equal(values_find(&vs, SLICE("b"), 2), b);
	assert_int_equal(vs.slot[b].time, 22);
	values_clear(&vs);
	assert_order(&vs, "");
	values_clear(&vs);
}

static void
values_differ_by_bytes_under_one_hash(void **state)
{
	struct values vs = {0};
	uint32_t      a, b, none;

	(void)state;
	a = add(&vs, "a", 7, 1);
	b = add(&vs, "b", 7, 1);
	none = add(&vs, "", 7, 1);
	assert_int_equal(values_find(&vs, SLICE("a"), 7), a);
	assert_int_equal(values_find(&vs, SLICE("b"), 7), b);
	assert_int_equal(values_find(&vs, SLICE(""), 7), none);
	assert_int_equal(values_find(&vs, SLICE("c"), 7), VALUE_NONE);
	assert_int_equal(values_find(&vs, SLICE("a"), 8), VALUE_NONE);
	values_clear(&vs);
}

static void
the_last_takes_the_number_of_what_is_dropped(void **state)
{
	struct values vs = {0};

	(void)state;
	add(&vs, "a", 1, 1);
	add(&vs, "b", 2, 2);
	add(&vs, "c", 3, 3);
	values_drop(&vs);
	assert_order(&vs, "b c ");
	assert_int_equal(values_find(&vs, SLICE("c"), 3), 0);
	assert_int_equal(values_find(&vs, SLICE("a"), 1), VALUE_NONE);
	values_drop(&vs); /* it is the last itself */
	values_drop(&vs);
	assert_int_equal(vs.n, 0);
	add(&vs, "d", 4, 0);
	assert_order(&vs, "d ");
	values_clear(&vs);
}

static void
texts_of_those_that_left_make_room(void **state)
{
	struct values vs = {0};
	char	      text[1001];
	unsigned      i;

	(void)state;
	memset(text, 'x', sizeof text);
	for (i = 0; i < 1000; i++) {
		(void)values_add(&vs, (struct slice){text, 800 + i % 200}, i,
		    i);
		if (vs.n > 4)
			values_drop(&vs);
		/* Five, and one more that is on its way. */
		assert_true(
		    values_size(&vs) <= 6 * (sizeof(struct value_seen) + 1008));
	}
	assert_int_equal(values_text(&vs, vs.newest).n, 999);
	values_clear(&vs);
}

/* ---- against a plain list ---- */

#define MOST 200

struct plain {
	char   text[32];
	usec_t time;
	long   turn; /* of equal times the later one is newer */
};

static unsigned
plain_find(const struct plain *p, unsigned n, const char *text)
{
	unsigned i;

	for (i = 0; i < n && strcmp(p[i].text, text) != 0; i++)
		;
	return i;
}

static bool
is_older(const struct plain *a, const struct plain *b)
{
	return a->time != b->time ? a->time < b->time : a->turn < b->turn;
}

static void
assert_same(const struct values *vs, const struct plain *p, unsigned n)
{
	const struct plain *a = NULL, *b;
	uint32_t	    i;

	assert_int_equal(vs->n, n);
	for (i = n > 0 ? vs->oldest : VALUE_NONE; i != VALUE_NONE;
	     i = vs->slot[i].next, a = b) {
		struct slice s = values_text(vs, i);
		char	     text[32] = "";

		assert_in_range(s.n, 0, sizeof text - 1);
		memcpy(text, s.p, s.n);
		b = &p[plain_find(p, n, text)];
		assert_int_equal(vs->slot[i].time, b->time);
		assert_true(a == NULL || is_older(a, b));
		/* Few hashes, so that they collide: also in the index. */
		assert_int_equal(values_find(vs, s, s.n % 3), i);
	}
}

/* One of `kinds` values is seen; beyond `most` the oldest goes. */
static unsigned
step(struct values *vs, struct plain *p, unsigned n, unsigned kinds,
    unsigned most, long turn)
{
	char	 text[32];
	unsigned v = (unsigned)rand() % kinds, i, k;
	usec_t	 t = turn / 4 - rand() % 3;
	uint32_t at;

	snprintf(text, sizeof text, "%.*s%u", (int)(v % 17),
	    "-----------------", v);
	i = plain_find(p, n, text);
	at = values_find(vs, slice_of(text), strlen(text) % 3);
	assert_int_equal(at == VALUE_NONE, i == n);
	if (i == n) {
		(void)add(vs, text, strlen(text) % 3, t);
		strcpy(p[n++].text, text);
		p[i] = (struct plain){.time = t, .turn = turn};
		strcpy(p[i].text, text);
	} else if (t >= p[i].time) {
		values_see(vs, at, t);
		/* What is the newest already stays so. */
		p[i].time = t;
		p[i].turn = turn;
	}
	if (n <= most)
		return n;
	values_drop(vs);
	for (i = 0, k = 1; k < n; k++)
		if (is_older(&p[k], &p[i]))
			i = k;
	p[i] = p[n - 1];
	return n - 1;
}

static void
many_values_are_as_in_a_plain_list(void **state)
{
	static struct plain   p[MOST + 1];
	static const unsigned most[] = {1, 7, 31, 32, 33, MOST};
	struct values	      vs, copy;
	unsigned	      i, n;
	long		      turn;

	(void)state;
	srand(1);
	for (i = 0; i < sizeof most / sizeof most[0]; i++) {
		vs = (struct values){0};
		n = 0;
		for (turn = 0; turn < 4000; turn++) {
			n = step(&vs, p, n, most[i] * 3 / 2 + 2, most[i], turn);
			if (turn % 50 == 0)
				assert_same(&vs, p, n);
		}
		copy = (struct values){0};
		values_copy(&copy, &vs);
		values_clear(&vs);
		assert_same(&copy, p, n);
		values_clear(&copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_stand_in_the_order_they_were_seen),
	    cmocka_unit_test(values_differ_by_bytes_under_one_hash),
	    cmocka_unit_test(the_last_takes_the_number_of_what_is_dropped),
	    cmocka_unit_test(texts_of_those_that_left_make_room),
	    cmocka_unit_test(many_values_are_as_in_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
