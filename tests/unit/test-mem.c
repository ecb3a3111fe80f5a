#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
nothing_asked_is_still_a_pointer(void **state)
{
	void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xcalloc(8, 0);
	void *d = xreallocarray(NULL, 0, 0);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	assert_non_null(d);
	free(a);
	free(b);
	free(c);
	free(d);
}

static void
calloc_gives_zeros(void **state)
{
	char *p = xcalloc(16, 4);
	int   i;

	(void)state;
	for (i = 0; i < 64; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void
strings_are_copied(void **state)
{
	char *a = xstrdup("registry"), *b = xstrndup("registry", 3);
	char *c = xstrndup("a", 9), *d = xasprintf("%s-%d", "pat", 7);

	(void)state;
	assert_string_equal(a, "registry");
	assert_string_equal(b, "reg");
	assert_string_equal(c, "a");
	assert_string_equal(d, "pat-7");
	free(a);
	free(b);
	free(c);
	free(d);
}

static void
an_array_grows_only_when_it_is_full(void **state)
{
	size_t cap = 0, i;
	int   *p = NULL, *before;

	(void)state;
	p = xgrow(p, 0, &cap, sizeof *p);
	assert_int_equal(cap, 8);
	before = p;
	p = xgrow(p, 7, &cap, sizeof *p);
	assert_ptr_equal(p, before);
	assert_int_equal(cap, 8);
	for (i = 0; i < 8; i++)
		p[i] = (int)i;
	p = xgrow(p, 8, &cap, sizeof *p);
	assert_int_equal(cap, 16);
	p[15] = 15;
	for (i = 0; i < 8; i++)
		assert_int_equal(p[i], i);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_asked_is_still_a_pointer),
	    cmocka_unit_test(calloc_gives_zeros),
	    cmocka_unit_test(strings_are_copied),
	    cmocka_unit_test(an_array_grows_only_when_it_is_full),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
