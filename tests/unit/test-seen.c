#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "token/seen.h"

struct fixture {
	struct intern *in;
	struct seen   *s;
};

static int
begin(void **state)
{
	static struct fixture f;

	f = (struct fixture){.in = intern_new(100, 1)};
	*state = &f;
	return 0;
}

static int
end(void **state)
{
	struct fixture *f = *state;

	seen_free(&f->s);
	intern_free(&f->in);
	return 0;
}

static uint64_t
network(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(slice_of(text), &a), 0);
	return addr_net_key(&a);
}

static struct sym *
client(struct fixture *f, const char *text)
{
	bool is_new;

	return intern_add(f->in, slice_of(text), &is_new);
}

static void
assert_network(const struct seen_view *v, const char *text)
{
	char out[ADDR_TEXT_MAX];

	cidr_format(&v->network, out);
	assert_string_equal(out, text);
}

static void
nothing_seen_is_nothing_stored(void **state)
{
	struct fixture	*f = *state;
	struct seen_view v[SEEN_MAX];
	char		 packed[SEEN_PACKED_MAX];

	seen_add(&f->s, 0, NULL, 5, 1);
	assert_null(f->s);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), 0);
	assert_int_equal(seen_list(f->s, SEEN_CLIENT, v), 0);
	assert_int_equal(seen_pack(f->s, packed), 0);
	assert_int_equal(seen_unpack((struct slice){NULL, 0}, f->in, &f->s), 0);
	assert_null(f->s);
}

static void
first_last_and_count_are_kept_apart(void **state)
{
	struct fixture	*f = *state;
	struct seen_view v[SEEN_MAX];

	seen_add(&f->s, network("192.0.2.1"), client(f, "docker/27"),
	    20 * USEC_SEC + 7, 2);
	seen_add(&f->s, network("192.0.2.99"), client(f, "curl/8"),
	    10 * USEC_SEC, 3);
	seen_add(&f->s, network("2001:db8:1::1"), client(f, "docker/27"),
	    30 * USEC_SEC, 1);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), 2);
	assert_network(&v[0], "2001:db8:1::/48");
	assert_int_equal(v[0].first, 30 * USEC_SEC);
	assert_int_equal(v[0].count, 1);
	assert_network(&v[1], "192.0.2.0/24");
	assert_int_equal(v[1].first, 10 * USEC_SEC);
	assert_int_equal(v[1].last, 20 * USEC_SEC);
	assert_int_equal(v[1].count, 5);
	assert_int_equal(seen_list(f->s, SEEN_CLIENT, v), 2);
	assert_true(slice_is(v[0].client, "docker/27"));
	assert_int_equal(v[0].first, 20 * USEC_SEC);
	assert_int_equal(v[0].last, 30 * USEC_SEC);
	assert_int_equal(v[0].count, 3);
	assert_true(slice_is(v[1].client, "curl/8"));
}

/* Networks 10.0.N.0/24, the Nth seen at second N. */
static void
fill(struct fixture *f, unsigned from, unsigned to)
{
	char	 text[32];
	unsigned i;

	for (i = from; i < to; i++) {
		snprintf(text, sizeof text, "10.0.%u.1", i);
		seen_add(&f->s, network(text), client(f, text), i * USEC_SEC,
		    1);
	}
}

static void
one_more_takes_the_place_of_the_one_longest_ago(void **state)
{
	struct fixture	*f = *state;
	struct seen_view v[SEEN_MAX];

	fill(f, 1, SEEN_MAX + 1);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), SEEN_MAX);
	assert_network(&v[SEEN_MAX - 1], "10.0.1.0/24");
	/* The first was used again: so the second goes. */
	seen_add(&f->s, network("10.0.1.9"), client(f, "10.0.1.1"),
	    50 * USEC_SEC, 1);
	fill(f, SEEN_MAX + 1, SEEN_MAX + 2);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), SEEN_MAX);
	assert_network(&v[0], "10.0.1.0/24");
	assert_network(&v[1], "10.0.21.0/24");
	assert_network(&v[SEEN_MAX - 1], "10.0.3.0/24");
	assert_int_equal(seen_list(f->s, SEEN_CLIENT, v), SEEN_MAX);
	assert_true(slice_is(v[SEEN_MAX - 1].client, "10.0.3.1"));
	assert_int_equal(intern_find(f->in, SLICE("10.0.2.1"))->refs, 0);
	assert_int_equal(intern_find(f->in, SLICE("10.0.3.1"))->refs, 1);
}

static void
times_and_counts_stay_in_their_range(void **state)
{
	struct fixture	*f = *state;
	struct seen_view v[SEEN_MAX];

	seen_add(&f->s, network("10.0.0.1"), NULL, -7, UINT32_MAX - 1);
	seen_add(&f->s, network("10.0.0.1"), NULL, INT64_MAX, 1);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), 1);
	assert_int_equal(v[0].first, 0);
	assert_int_equal(v[0].last, UINT32_MAX * USEC_SEC);
	assert_int_equal(v[0].count, UINT32_MAX);
	seen_add(&f->s, network("10.0.0.1"), NULL, 1, UINT64_MAX);
	assert_int_equal(seen_list(f->s, SEEN_NETWORK, v), 1);
	assert_int_equal(v[0].count, UINT32_MAX);
}

static void
assert_product(const char *agent, const char *want)
{
	struct slice s = seen_product(slice_of(agent));

	if (want == NULL)
		assert_null(s.p);
	else
		assert_true(slice_is(s, want));
}

static void
a_client_is_the_first_product(void **state)
{
	char agent[SEEN_CLIENT_MAX + 3], cut[SEEN_CLIENT_MAX + 1];

	(void)state;
	assert_product("docker/20.10.24 go/go1.19", "docker/20.10.24");
	assert_product("curl/8", "curl/8");
	assert_product("", NULL);
	assert_product(" x", NULL);
	assert_product(NULL, NULL);
	memset(agent, 'x', sizeof agent);
	agent[SEEN_CLIENT_MAX] = '\0';
	assert_product(agent, agent);
	agent[SEEN_CLIENT_MAX] = 'x';
	agent[SEEN_CLIENT_MAX + 1] = '\0';
	memset(cut, 'x', sizeof cut);
	cut[SEEN_CLIENT_MAX] = '\0';
	assert_product(agent, cut);
	strcpy(agent + SEEN_CLIENT_MAX - 1, "\xc3\xa4");
	cut[SEEN_CLIENT_MAX - 1] = '\0';
	assert_product(agent, cut);
}

static void
what_was_packed_comes_back(void **state)
{
	struct fixture	*f = *state;
	struct seen	*back;
	struct seen_view v[SEEN_MAX], w[SEEN_MAX];
	char		 a[SEEN_PACKED_MAX], b[SEEN_PACKED_MAX];
	char		 text[SEEN_CLIENT_MAX + 1];
	size_t		 n;
	unsigned	 i;

	fill(f, 1, SEEN_MAX + 5);
	memset(text, 'x', SEEN_CLIENT_MAX);
	text[SEEN_CLIENT_MAX] = '\0';
	seen_add(&f->s, network("2001:db8::1"), client(f, text), USEC_DAY, 9);
	n = seen_pack(f->s, a);
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), 0);
	assert_int_equal(seen_pack(back, b), n);
	assert_memory_equal(a, b, n);
	for (i = 0; i < SEEN_KINDS; i++) {
		assert_int_equal(seen_list(f->s, (enum seen_kind)i, v),
		    SEEN_MAX);
		assert_int_equal(seen_list(back, (enum seen_kind)i, w),
		    SEEN_MAX);
		assert_int_equal(v[0].last, w[0].last);
		assert_int_equal(v[0].count, w[0].count);
	}
	seen_free(&back);
}

static void
other_bytes_are_refused(void **state)
{
	struct fixture *f = *state;
	struct seen    *back;
	char		a[SEEN_PACKED_MAX];
	size_t		n, i;

	seen_add(&f->s, network("10.0.0.1"), client(f, "curl/8"), USEC_SEC, 1);
	n = seen_pack(f->s, a);
	for (i = 0; i < n; i++) /* cut short */
		assert_int_equal(seen_unpack((struct slice){a, i}, f->in,
				     &back),
		    -1);
	a[n] = 'x'; /* one too many */
	assert_int_equal(seen_unpack((struct slice){a, n + 1}, f->in, &back),
	    -1);
	a[0] = 2; /* another form */
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), -1);
	a[0] = 1;
	a[10] = 7; /* no family */
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), -1);
	a[10] = 4;
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), 0);
	seen_free(&back);
	a[1] = SEEN_MAX + 1;
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), -1);
	assert_null(back);
}

static void
the_same_twice_is_refused(void **state)
{
	struct fixture *f = *state;
	struct seen    *back;
	char		a[SEEN_PACKED_MAX];
	size_t		n;

	seen_add(&f->s, network("10.0.0.1"), NULL, USEC_SEC, 1);
	seen_add(&f->s, network("10.0.1.1"), NULL, USEC_SEC, 1);
	n = seen_pack(f->s, a);
	memcpy(a + 3 + 20, a + 3, 20);
	assert_int_equal(seen_unpack((struct slice){a, n}, f->in, &back), -1);
	assert_null(back);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_seen_is_nothing_stored),
	    TEST(first_last_and_count_are_kept_apart),
	    TEST(one_more_takes_the_place_of_the_one_longest_ago),
	    TEST(times_and_counts_stay_in_their_range),
	    TEST(a_client_is_the_first_product),
	    TEST(what_was_packed_comes_back),
	    TEST(other_bytes_are_refused),
	    TEST(the_same_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
