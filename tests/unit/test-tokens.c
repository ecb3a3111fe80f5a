#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "use/tokens.h"

static struct tokens *tokens;

static int
setup(void **state)
{
	(void)state;
	tokens = tokens_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_free(&tokens);
	tokens_free(&tokens);
	return 0;
}

/* From memory that ends where the padding does; `behind` fills it. */
static enum tokens_fault
find(struct slice s, int behind, const uint32_t **start, size_t *n)
{
	char		 *text = xmalloc(s.n + TOKENS_PADDING);
	enum tokens_fault fault;

	if (s.n > 0)
		memcpy(text, s.p, s.n);
	memset(text + s.n, behind, TOKENS_PADDING);
	fault = tokens_find(tokens, (struct slice){text, s.n}, start, n);
	free(text);
	return fault;
}

static void
each_token_is_found_and_none_behind_the_text(void **state)
{
	static const uint32_t want[] = {1, 2, 7, 8, 9, 11, 12, 16, 17};
	const char	     *s = " {\"a,\" :[1 ,true]}"; /* 18 bytes */
	const uint32_t	     *start;
	size_t		      n, i;
	int		      behind;

	(void)state;
	for (behind = 0; behind < 256; behind++) {
		assert_int_equal(find(slice_of(s), behind, &start, &n),
		    TOKENS_OK);
		assert_int_equal(n, 9);
		for (i = 0; i < n; i++)
			assert_int_equal(start[i], want[i]);
		assert_int_equal(start[n], 18);
	}
}

static void
what_stands_outside_of_strings_is_a_token(void **state)
{
	const uint32_t *start;
	size_t		n;

	(void)state;
	assert_int_equal(find(SLICE("\"a\"b"), '}', &start, &n), TOKENS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(start[1], 3);
	assert_int_equal(find(SLICE("\"a\"\"b\""), '}', &start, &n), TOKENS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(find(SLICE("1\0"), '}', &start, &n), TOKENS_OK);
	assert_int_equal(n, 1);
}

static void
faults_have_names(void **state)
{
	const uint32_t *start;
	size_t		n;

	(void)state;
	assert_int_equal(find(SLICE(""), '{', &start, &n), TOKENS_EMPTY);
	assert_int_equal(find(SLICE(" \n\t\r"), '{', &start, &n), TOKENS_EMPTY);
	assert_int_equal(find(SLICE("{\"\xff\"}"), ' ', &start, &n),
	    TOKENS_UTF8);
	assert_int_equal(find(SLICE("\xc3"), 0xa9, &start, &n), TOKENS_UTF8);
	assert_int_equal(find(SLICE("{\"a"), '"', &start, &n), TOKENS_UNCLOSED);
	assert_int_equal(find(SLICE("\"\\\""), '"', &start, &n),
	    TOKENS_UNCLOSED);
	assert_int_equal(find(SLICE("\"a\tb\""), ' ', &start, &n),
	    TOKENS_CONTROL);
	assert_int_equal(find(SLICE("\"a\x1f\""), ' ', &start, &n),
	    TOKENS_CONTROL);
	assert_int_equal(find(SLICE("\"a\x7f\""), ' ', &start, &n), TOKENS_OK);
}

/* At and past each size of the buffer, and a token at each place. */
static void
texts_may_have_any_length(void **state)
{
	static const size_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 8193,
	    100000};
	const uint32_t	   *start;
	char		   *s;
	size_t		    i, k, n;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		s = xmalloc(sizes[i]);
		memset(s, '[', sizes[i]);
		assert_int_equal(find((struct slice){s, sizes[i]}, '[', &start,
				     &n),
		    TOKENS_OK);
		assert_int_equal(n, sizes[i]);
		for (k = 0; k <= n; k++)
			assert_int_equal(start[k], k);
		free(s);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(each_token_is_found_and_none_behind_the_text),
	    T(what_stands_outside_of_strings_is_a_token),
	    T(faults_have_names),
	    T(texts_may_have_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
