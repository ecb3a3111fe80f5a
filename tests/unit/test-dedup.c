#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/dedup.h"

static struct slice
number(char *text, size_t size, unsigned i)
{
	snprintf(text, size, "use-%u", i);
	return slice_of(text);
}

static bool
seen(struct dedup *d, struct slice registry, struct slice id)
{
	struct dedup_key k = dedup_key_of(d, registry, id);

	dedup_warm(d, &k);
	return dedup_seen(d, &k);
}

static void
an_id_is_new_once(void **state)
{
	struct dedup *d = dedup_new(10);

	(void)state;
	assert_false(seen(d, SLICE("hub"), SLICE("a")));
	assert_true(seen(d, SLICE("hub"), SLICE("a")));
	assert_int_equal(dedup_count(d), 1);
	dedup_free(&d);
	assert_null(d);
}

static void
another_registry_has_ids_of_its_own(void **state)
{
	struct dedup *d = dedup_new(10);

	(void)state;
	assert_false(seen(d, SLICE("hub"), SLICE("a")));
	assert_false(seen(d, SLICE("quay"), SLICE("a")));
	assert_false(seen(d, (struct slice){NULL, 0}, SLICE("a")));
	dedup_free(&d);
}

static void
the_border_between_registry_and_id_counts(void **state)
{
	struct dedup *d = dedup_new(10);

	(void)state;
	assert_false(seen(d, SLICE("ab"), SLICE("c")));
	assert_false(seen(d, SLICE("a"), SLICE("bc")));
	dedup_free(&d);
}

static void
at_the_cap_the_oldest_gives_way(void **state)
{
	struct dedup *d = dedup_new(3);
	char	      t[32];
	unsigned      i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_false(seen(d, SLICE("r"), number(t, 32, i)));
	assert_int_equal(dedup_evicted(d), 0);
	assert_false(seen(d, SLICE("r"), number(t, 32, 3)));
	assert_int_equal(dedup_evicted(d), 1);
	assert_int_equal(dedup_count(d), 3);
	for (i = 1; i < 4; i++)
		assert_true(seen(d, SLICE("r"), number(t, 32, i)));
	assert_false(seen(d, SLICE("r"), number(t, 32, 0)));
	dedup_free(&d);
}

/* Growth and eviction, against the obvious: the last `max` are known. */
static void
many_rounds_forget_nothing_too_early(void **state)
{
	struct dedup *d = dedup_new(5000);
	char	      t[32];
	unsigned      i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		assert_false(seen(d, SLICE("r"), number(t, 32, i)));
		if (i >= 4999)
			assert_true(
			    seen(d, SLICE("r"), number(t, 32, i - 4999)));
	}
	assert_int_equal(dedup_count(d), 5000);
	assert_int_equal(dedup_evicted(d), 15000);
	dedup_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_id_is_new_once),
	    cmocka_unit_test(another_registry_has_ids_of_its_own),
	    cmocka_unit_test(the_border_between_registry_and_id_counts),
	    cmocka_unit_test(at_the_cap_the_oldest_gives_way),
	    cmocka_unit_test(many_rounds_forget_nothing_too_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
