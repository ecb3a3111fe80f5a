#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "token/limits.h"

/* What the list becomes. */
static void
assert_allow(const char *text, const char *want)
{
	struct token_limits *l = limits_new();
	struct buf	     b;

	assert_int_equal(limits_parse_allow(slice_of(text), l, NULL), 0);
	buf_init(&b);
	limits_format_allow(l, &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
	limits_free(&l);
	assert_null(l);
}

static void
assert_fault(const char *text, const char *says)
{
	struct token_limits *l = limits_new();
	struct error	     err;

	assert_int_equal(limits_parse_allow(SLICE("10.0.0.0/8"), l, NULL), 0);
	assert_int_equal(limits_parse_allow(slice_of(text), l, &err), -1);
	assert_string_equal(err.text, says);
	assert_int_equal(l->nallow, 1); /* as it was */
	limits_free(&l);
}

static bool
allows(const char *networks, const char *from)
{
	struct token_limits *l = limits_new();
	struct addr	     a;
	bool		     ok;

	assert_int_equal(limits_parse_allow(slice_of(networks), l, NULL), 0);
	assert_int_equal(addr_parse(slice_of(from), &a), 0);
	ok = limits_allow(l, &a);
	limits_free(&l);
	return ok;
}

static bool
within(const char *inner, const char *outer)
{
	struct token_limits *a = limits_new(), *b = limits_new();
	bool		     ok;

	assert_int_equal(limits_parse_allow(slice_of(inner), a, NULL), 0);
	assert_int_equal(limits_parse_allow(slice_of(outer), b, NULL), 0);
	ok = limits_are_within(a, b);
	limits_free(&a);
	limits_free(&b);
	return ok;
}

static void
networks_are_within_those_that_hold_each_whole(void **state)
{
	(void)state;
	assert_true(within("10.1.0.0/16 192.0.2.7", "10.0.0.0/8 192.0.2.0/24"));
	assert_true(within("10.0.0.0/8", "10.0.0.0/8"));
	assert_true(within("10.0.0.0/8", ""));
	assert_true(within("", ""));
	assert_false(within("", "10.0.0.0/8")); /* from anywhere */
	assert_false(within("10.0.0.0/7", "10.0.0.0/8"));
	assert_false(within("10.1.0.0/16 11.0.0.1", "10.0.0.0/8"));
	assert_false(within("::/0", "0.0.0.0/0"));
}

static void
spans_and_numbers_are_within_what_is_not_less(void **state)
{
	struct token_limits a = {.idle_expires = 2, .max_uses = 2}, b = a;

	(void)state;
	assert_true(limits_are_within(&a, &b));
	assert_true(limits_are_within(&a, NULL));
	assert_false(limits_are_within(NULL, &b));
	a.idle_expires = 3;
	assert_false(limits_are_within(&a, &b));
	a.idle_expires = 1;
	assert_true(limits_are_within(&a, &b));
	a.idle_expires = 0;
	assert_false(limits_are_within(&a, &b));
	a = b;
	a.max_uses = 3;
	assert_false(limits_are_within(&a, &b));
	a.max_uses = 0;
	assert_false(limits_are_within(&a, &b));
}

static void
networks_are_parted_by_blanks_or_commas(void **state)
{
	(void)state;
	assert_allow("", "");
	assert_allow("  , ", "");
	assert_allow("192.0.2.0/24", "192.0.2.0/24");
	assert_allow(" 192.0.2.0/24,2001:DB8::/32 10.0.0.1 ",
	    "192.0.2.0/24 2001:db8::/32 10.0.0.1/32");
}

static void
what_lies_within_another_is_left_out(void **state)
{
	(void)state;
	assert_allow("10.0.0.0/8 10.1.0.0/16 10.0.0.0/8", "10.0.0.0/8");
	assert_allow("10.1.0.0/16 11.0.0.0/8 10.2.0.0/16 10.0.0.0/8",
	    "11.0.0.0/8 10.0.0.0/8");
	assert_allow("0.0.0.0/0 ::/0 10.0.0.0/8", "0.0.0.0/0 ::/0");
}

static void
ipv4_within_ipv6_is_ipv4(void **state)
{
	(void)state;
	assert_allow("::ffff:192.0.2.0/120", "192.0.2.0/24");
	assert_allow("::ffff:0.0.0.0/96", "0.0.0.0/0");
	assert_allow("::/95", "::/95");
	assert_true(allows("192.0.2.0/24", "::ffff:192.0.2.9"));
	assert_false(allows("192.0.2.0/24", "::ffff:192.0.3.9"));
}

static void
host_bits_are_refused_and_the_network_is_named(void **state)
{
	(void)state;
	assert_fault("192.0.2.7/24",
	    "allow-from: '192.0.2.7/24' has host bits set: the network is "
	    "192.0.2.0/24");
	assert_fault("10.0.0.0/8 2001:db8::1/64",
	    "allow-from: '2001:db8::1/64' has host bits set: the network is "
	    "2001:db8::/64");
	assert_fault("everywhere",
	    "allow-from: 'everywhere' is not an address or a network");
	assert_fault("10.0.0.0/33",
	    "allow-from: '10.0.0.0/33': the prefix length must be 0 to 32");
}

static void
there_are_64_networks_and_not_65(void **state)
{
	struct token_limits *l = limits_new();
	struct error	     err;
	struct buf	     b;
	int		     i;

	(void)state;
	buf_init(&b);
	for (i = 0; i < LIMITS_NETWORKS_MAX; i++)
		buf_addf(&b, "10.%d.0.0/16 ", i);
	assert_int_equal(limits_parse_allow(buf_slice(&b), l, &err), 0);
	assert_int_equal(l->nallow, LIMITS_NETWORKS_MAX);
	buf_adds(&b, "11.0.0.0/8");
	assert_int_equal(limits_parse_allow(buf_slice(&b), l, &err), -1);
	assert_string_equal(err.text, "allow-from: more than 64 networks");
	buf_clear(&b);
	limits_free(&l);
}

static void
an_address_is_inside_at_both_ends_of_a_network(void **state)
{
	(void)state;
	assert_true(allows("192.0.2.0/25", "192.0.2.0"));
	assert_true(allows("192.0.2.0/25", "192.0.2.127"));
	assert_false(allows("192.0.2.0/25", "192.0.2.128"));
	assert_true(allows("2001:db8::/32", "2001:db8:ffff::1"));
	assert_false(allows("2001:db8::/32", "2001:db9::"));
	assert_true(allows("", "203.0.113.1"));
}

static void
uses_are_taken_down_to_the_last_and_not_below(void **state)
{
	struct token_limits l = {.max_uses = 3};

	(void)state;
	assert_false(limits_used_up(NULL));
	assert_false(limits_used_up(&l));
	limits_use(&l, 2);
	assert_false(limits_used_up(&l));
	limits_use(&l, 1);
	assert_true(limits_used_up(&l));
	limits_use(&l, INT64_MAX);
	assert_int_equal(l.used, 3);
	l = (struct token_limits){.used = 5};
	assert_false(limits_used_up(&l)); /* any number */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(networks_are_parted_by_blanks_or_commas),
	    cmocka_unit_test(networks_are_within_those_that_hold_each_whole),
	    cmocka_unit_test(spans_and_numbers_are_within_what_is_not_less),
	    cmocka_unit_test(what_lies_within_another_is_left_out),
	    cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
	    cmocka_unit_test(host_bits_are_refused_and_the_network_is_named),
	    cmocka_unit_test(there_are_64_networks_and_not_65),
	    cmocka_unit_test(an_address_is_inside_at_both_ends_of_a_network),
	    cmocka_unit_test(uses_are_taken_down_to_the_last_and_not_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
