#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/expose.h"

struct fixture {
	struct expose x;
	struct buf    out;
};

static struct fixture fixture;

static int
setup(void **state)
{
	buf_init(&fixture.out);
	expose_init(&fixture.x, &fixture.out);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	expose_clear(&fixture.x);
	buf_clear(&fixture.out);
	return 0;
}

static void
a_family_stands_before_its_samples(void **state)
{
	struct fixture *f = *state;

	expose_counter(&f->x, "a_total", "What a is.");
	expose_int(&f->x, 7);
	expose_gauge(&f->x, "b_seconds", "What b is.");
	expose_seconds(&f->x, 1500000);
	assert_string_equal(buf_str(&f->out),
	    "# HELP a_total What a is.\n# TYPE a_total counter\na_total 7\n"
	    "# HELP b_seconds What b is.\n# TYPE b_seconds gauge\n"
	    "b_seconds 1.500000\n");
}

static void
labels_are_escaped_and_used_up(void **state)
{
	struct fixture *f = *state;

	expose_gauge(&f->x, "a", "A.");
	f->out.n = 0;
	expose_label(&f->x, "k", SLICE("a\"b\\c\nd"));
	expose_label(&f->x, "l", SLICE(""));
	expose_int(&f->x, 1);
	expose_int(&f->x, 2);
	assert_string_equal(buf_str(&f->out),
	    "a{k=\"a\\\"b\\\\c\\nd\",l=\"\"} 1\na 2\n");
}

static void
a_span_before_zero_is_none(void **state)
{
	struct fixture *f = *state;

	expose_gauge(&f->x, "a", "A.");
	f->out.n = 0;
	expose_seconds(&f->x, -1);
	assert_string_equal(buf_str(&f->out), "a 0.000000\n");
}

static void
buckets_add_up(void **state)
{
	static const uint64_t bounds[] = {500, 1000000};
	struct fixture	     *f = *state;
	struct histogram      h;

	histogram_init(&h, bounds, 2);
	histogram_add(&h, 500);
	histogram_add(&h, 501);
	histogram_add(&h, 2000000);
	expose_histogram_seconds(&f->x, "a_seconds", "A.", &h);
	assert_string_equal(buf_str(&f->out),
	    "# HELP a_seconds A.\n# TYPE a_seconds histogram\n"
	    "a_seconds_bucket{le=\"0.000500\"} 1\n"
	    "a_seconds_bucket{le=\"1.000000\"} 2\n"
	    "a_seconds_bucket{le=\"+Inf\"} 3\n"
	    "a_seconds_count 3\na_seconds_sum 2.001001\n");
	f->out.n = 0;
	expose_histogram(&f->x, "a", "A.", &h);
	assert_non_null(strstr(buf_str(&f->out), "a_bucket{le=\"500\"} 1\n"));
	assert_non_null(strstr(buf_str(&f->out), "a_sum 2001001\n"));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_family_stands_before_its_samples),
	    TEST(labels_are_escaped_and_used_up),
	    TEST(a_span_before_zero_is_none),
	    TEST(buckets_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
