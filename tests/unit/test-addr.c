#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/addr.h"

static void
assert_addr(const char *text, const char *want)
{
	struct addr a;
	char	    out[ADDR_TEXT_MAX];

	if (addr_parse(slice_of(text), &a) == -1)
		fail_msg("refused: %s", text);
	assert_int_equal(addr_format(&a, out), strlen(want));
	assert_string_equal(out, want);
}

static void
assert_no_addr(struct slice text)
{
	struct addr a = {.family = 99};

	if (addr_parse(text, &a) != -1)
		fail_msg("accepted: %.*s", SLICE_ARG(text));
	assert_int_equal(a.family, 99);
}

static void
ipv4_is_read_and_written(void **state)
{
	(void)state;
	assert_addr("0.0.0.0", "0.0.0.0");
	assert_addr("1.20.100.255", "1.20.100.255");
	assert_addr("255.255.255.255", "255.255.255.255");
}

static void
ipv4_that_others_read_in_two_ways_is_refused(void **state)
{
	(void)state;
	assert_no_addr(SLICE("01.2.3.4"));
	assert_no_addr(SLICE("1.2.3.04"));
	assert_no_addr(SLICE("00.0.0.0"));
	assert_no_addr(SLICE("0x1.2.3.4"));
	assert_no_addr(SLICE("1.2.3"));
	assert_no_addr(SLICE("16909060"));
}

static void
what_is_not_ipv4_is_refused(void **state)
{
	(void)state;
	assert_no_addr(SLICE("256.2.3.4"));
	assert_no_addr(SLICE("1.2.3.4.5"));
	assert_no_addr(SLICE("1.2.3.4."));
	assert_no_addr(SLICE(".1.2.3.4"));
	assert_no_addr(SLICE("1..3.4"));
	assert_no_addr(SLICE(" 1.2.3.4"));
	assert_no_addr(SLICE("1.2.3.4 "));
	assert_no_addr(SLICE("1.2.3.4\n"));
	assert_no_addr(SLICE("1.2.3.4\0"));
	assert_no_addr(SLICE("1.2.3.4:5"));
	assert_no_addr(SLICE("1.2.3.-4"));
	assert_no_addr(SLICE(""));
	assert_no_addr((struct slice){NULL, 0});
}

/* The examples of RFC 5952, sections 4 and 5. */
static void
ipv6_is_written_in_one_way(void **state)
{
	(void)state;
	assert_addr("::", "::");
	assert_addr("::1", "::1");
	assert_addr("1::", "1::");
	assert_addr("2001:0DB8:0:0:0:0:0:1", "2001:db8::1");
	assert_addr("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_addr("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	assert_addr("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	assert_addr("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
	assert_addr("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::");
	assert_addr("::2:0", "::2:0");
	assert_addr("::ffff:192.0.2.1", "::ffff:192.0.2.1");
	assert_addr("::ffff:c000:201", "::ffff:192.0.2.1");
	assert_addr("::192.0.2.1", "::c000:201");
	assert_addr("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
what_is_not_ipv6_is_refused(void **state)
{
	(void)state;
	assert_no_addr(SLICE(":"));
	assert_no_addr(SLICE(":::"));
	assert_no_addr(SLICE("1::2::3"));
	assert_no_addr(SLICE("1:2:3:4:5:6:7"));
	assert_no_addr(SLICE("1:2:3:4:5:6:7:8:9"));
	assert_no_addr(SLICE("::12345"));
	assert_no_addr(SLICE("::g"));
	assert_no_addr(SLICE("::ffff:01.2.3.4"));
	assert_no_addr(SLICE("[::1]"));
	assert_no_addr(SLICE("::1/128"));
}

static void
a_zone_is_refused(void **state)
{
	(void)state;
	assert_no_addr(SLICE("fe80::1%eth0"));
	assert_no_addr(SLICE("fe80::1%"));
}

static void
a_very_long_text_is_refused(void **state)
{
	char text[4096];

	(void)state;
	memset(text, '1', sizeof text);
	assert_no_addr((struct slice){text, sizeof text});
	memset(text, ':', sizeof text);
	assert_no_addr((struct slice){text, ADDR_TEXT_MAX});
	assert_no_addr((struct slice){text, ADDR_TEXT_MAX - 1});
}

static void
assert_peer(const char *text, const char *want)
{
	struct addr a = {.family = 99};
	char	    out[ADDR_TEXT_MAX];

	if (want == NULL) {
		if (addr_parse_peer(slice_of(text), &a) != -1)
			fail_msg("accepted: %s", text);
		assert_int_equal(a.family, 99);
		return;
	}
	if (addr_parse_peer(slice_of(text), &a) == -1)
		fail_msg("refused: %s", text);
	addr_format(&a, out);
	assert_string_equal(out, want);
}

static void
port_and_brackets_are_taken_off(void **state)
{
	(void)state;
	assert_peer("1.2.3.4", "1.2.3.4");
	assert_peer("1.2.3.4:0", "1.2.3.4");
	assert_peer("1.2.3.4:65535", "1.2.3.4");
	assert_peer("[::1]:567", "::1");
	assert_peer("[::1]", "::1");
	assert_peer("::1", "::1");
	assert_peer("2001:db8::1:567", "2001:db8::1:567");
}

static void
a_peer_that_is_none_is_refused(void **state)
{
	(void)state;
	assert_peer("", NULL);
	assert_peer("1.2.3.4:", NULL);
	assert_peer("1.2.3.4:65536", NULL);
	assert_peer("1.2.3.4:-1", NULL);
	assert_peer("1.2.3.4:00", NULL);
	assert_peer("1.2.3.4:x", NULL);
	assert_peer("01.2.3.4:80", NULL);
	assert_peer("[1.2.3.4]:80", NULL);
	assert_peer("[::1", NULL);
	assert_peer("::1]", NULL);
	assert_peer("[::1]567", NULL);
	assert_peer("[::1]:", NULL);
	assert_peer("[]", NULL);
	assert_peer("[", NULL);
	assert_peer("localhost:80", NULL);
	assert_peer("[fe80::1%eth0]:80", NULL);
}

static void
equal_means_family_and_bytes(void **state)
{
	struct addr a, b = {.family = 6}, none = {0}, junk = {0};

	(void)state;
	assert_int_equal(addr_parse(SLICE("1.2.3.4"), &a), 0);
	memcpy(b.b, a.b, 4);
	assert_false(addr_eq(&a, &b));
	b.family = 4;
	b.b[15] = 1;
	assert_true(addr_eq(&a, &b));
	b.b[3] = 5;
	assert_false(addr_eq(&a, &b));
	junk.b[0] = 1;
	assert_true(addr_eq(&none, &junk));
}

static void
no_address_is_no_text(void **state)
{
	struct addr none = {0};
	struct cidr net = addr_net(&none);
	char	    out[ADDR_TEXT_MAX] = "x";

	(void)state;
	assert_int_equal(addr_format(&none, out), 0);
	assert_string_equal(out, "");
	assert_int_equal(cidr_format(&net, out), 0);
	assert_int_equal(addr_net_format(&none, out), 0);
	assert_string_equal(out, "");
	assert_false(cidr_has(&net, &none));
}

static void
assert_network(const char *text, const char *want)
{
	struct addr a;
	struct cidr c;
	char	    out[ADDR_TEXT_MAX];

	assert_int_equal(addr_parse(slice_of(text), &a), 0);
	c = addr_net(&a);
	assert_int_equal(cidr_format(&c, out), strlen(want));
	assert_string_equal(out, want);
	assert_int_equal(addr_net_format(&a, out), strlen(want));
	assert_string_equal(out, want);
}

static void
the_network_around_is_24_or_48(void **state)
{
	(void)state;
	assert_network("192.0.2.77", "192.0.2.0/24");
	assert_network("0.0.0.0", "0.0.0.0/24");
	assert_network("255.255.255.255", "255.255.255.0/24");
	assert_network("9.10.99.100", "9.10.99.0/24");
	assert_network("2001:db8:1:2:3::4", "2001:db8:1::/48");
	assert_network("::ffff:192.0.2.1", "::/48");
}

static void
assert_key(const char *text, uint64_t want, const char *network)
{
	struct addr a;
	struct cidr c;
	char	    out[ADDR_TEXT_MAX];

	assert_int_equal(addr_parse(slice_of(text), &a), 0);
	assert_int_equal(addr_net_key(&a), want);
	c = addr_net_of_key(want);
	cidr_format(&c, out);
	assert_string_equal(out, network);
}

static void
a_network_is_a_number_and_back(void **state)
{
	struct addr none = {0};

	(void)state;
	assert_key("192.0.2.77", UINT64_C(4) << 56 | 0xc00002, "192.0.2.0/24");
	assert_key("0.0.0.1", UINT64_C(4) << 56, "0.0.0.0/24");
	assert_key("2001:db8:1:2::3",
	    UINT64_C(6) << 56 | UINT64_C(0x20010db80001), "2001:db8:1::/48");
	assert_int_equal(addr_net_key(&none), 0);
	assert_int_equal(addr_net_of_key(0).net.family, 0);
	assert_int_equal(addr_net_of_key(UINT64_C(5) << 56).net.family, 0);
	/* A bit beyond the network's. */
	assert_int_equal(addr_net_of_key(UINT64_C(4) << 56 | 1 << 24)
			     .net.family,
	    0);
	assert_int_equal(addr_net_of_key(UINT64_C(6) << 56 | UINT64_C(1) << 48)
			     .net.family,
	    0);
}

static void
assert_cidr(const char *text, const char *want)
{
	struct error err;
	struct cidr  c;
	char	     out[ADDR_TEXT_MAX];

	if (cidr_parse(slice_of(text), &c, &err) == -1)
		fail_msg("refused: %s: %s", text, err.text);
	assert_int_equal(cidr_format(&c, out), strlen(want));
	assert_string_equal(out, want);
}

static void
assert_no_cidr(const char *text, const char *why)
{
	struct error err;
	struct cidr  c = {.bits = 99};

	if (cidr_parse(slice_of(text), &c, &err) != -1)
		fail_msg("accepted: %s", text);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(c.bits, 99);
}

static void
networks_are_read_and_written(void **state)
{
	(void)state;
	assert_cidr("10.0.0.0/8", "10.0.0.0/8");
	assert_cidr("0.0.0.0/0", "0.0.0.0/0");
	assert_cidr("192.0.2.128/25", "192.0.2.128/25");
	assert_cidr("192.0.2.1", "192.0.2.1/32");
	assert_cidr("::/0", "::/0");
	assert_cidr("2001:db8::/33", "2001:db8::/33");
	assert_cidr("::1", "::1/128");
	assert_cidr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void
host_bits_are_refused_and_the_network_named(void **state)
{
	(void)state;
	assert_no_cidr("10.0.0.1/8", "the network is 10.0.0.0/8");
	assert_no_cidr("192.0.2.129/25", "the network is 192.0.2.128/25");
	assert_no_cidr("1.2.3.4/0", "the network is 0.0.0.0/0");
	assert_no_cidr("2001:db8::1/127", "the network is 2001:db8::/127");
}

static void
a_prefix_length_has_its_range(void **state)
{
	(void)state;
	assert_no_cidr("10.0.0.0/33", "must be 0 to 32");
	assert_no_cidr("::/129", "must be 0 to 128");
	assert_no_cidr("10.0.0.0/", "must be 0 to 32");
	assert_no_cidr("10.0.0.0/-0", "must be 0 to 32");
	assert_no_cidr("10.0.0.0/08", "must be 0 to 32");
	assert_no_cidr("10.0.0.0/8/8", "must be 0 to 32");
	assert_no_cidr("10.0.0.0/255.0.0.0", "must be 0 to 32");
}

static void
what_is_no_network_is_refused(void **state)
{
	(void)state;
	assert_no_cidr("", "not an address");
	assert_no_cidr("/8", "not an address");
	assert_no_cidr("10/8", "not an address");
	assert_no_cidr("example.com", "not an address");
	assert_int_equal(cidr_parse(SLICE("x"), &(struct cidr){0}, NULL), -1);
}

static bool
has(const char *net, const char *text)
{
	struct cidr c;
	struct addr a;

	assert_int_equal(cidr_parse(slice_of(net), &c, NULL), 0);
	assert_int_equal(addr_parse(slice_of(text), &a), 0);
	return cidr_has(&c, &a);
}

static void
a_network_ends_at_its_last_address(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.255.255.255"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("192.0.2.128/25", "192.0.2.128"));
	assert_false(has("192.0.2.128/25", "192.0.2.127"));
	assert_true(has("192.0.2.4/30", "192.0.2.7"));
	assert_false(has("192.0.2.4/30", "192.0.2.8"));
	assert_true(has("1.2.3.4", "1.2.3.4"));
	assert_false(has("1.2.3.4", "1.2.3.5"));
	assert_true(has("0.0.0.0/0", "255.1.2.3"));
	assert_true(has("2001:db8:8000::/33", "2001:db8:8000::1"));
	assert_false(has("2001:db8:8000::/33", "2001:db8:7fff::1"));
	assert_false(has("::1", "::2"));
}

static void
families_do_not_mix(void **state)
{
	(void)state;
	assert_false(has("0.0.0.0/0", "::"));
	assert_false(has("::/0", "0.0.0.0"));
	assert_false(has("10.0.0.0/8", "::ffff:10.0.0.1"));
	assert_true(has("::ffff:10.0.0.0/104", "::ffff:10.0.0.1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ipv4_is_read_and_written),
	    cmocka_unit_test(ipv4_that_others_read_in_two_ways_is_refused),
	    cmocka_unit_test(what_is_not_ipv4_is_refused),
	    cmocka_unit_test(ipv6_is_written_in_one_way),
	    cmocka_unit_test(what_is_not_ipv6_is_refused),
	    cmocka_unit_test(a_zone_is_refused),
	    cmocka_unit_test(a_very_long_text_is_refused),
	    cmocka_unit_test(port_and_brackets_are_taken_off),
	    cmocka_unit_test(a_peer_that_is_none_is_refused),
	    cmocka_unit_test(equal_means_family_and_bytes),
	    cmocka_unit_test(no_address_is_no_text),
	    cmocka_unit_test(the_network_around_is_24_or_48),
	    cmocka_unit_test(a_network_is_a_number_and_back),
	    cmocka_unit_test(networks_are_read_and_written),
	    cmocka_unit_test(host_bits_are_refused_and_the_network_named),
	    cmocka_unit_test(a_prefix_length_has_its_range),
	    cmocka_unit_test(what_is_no_network_is_refused),
	    cmocka_unit_test(a_network_ends_at_its_last_address),
	    cmocka_unit_test(families_do_not_mix),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
