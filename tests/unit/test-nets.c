#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule/nets.h"

static void
add(struct nets *nets, const char *text, uint32_t number)
{
	struct error err;
	struct cidr  c;

	assert_int_equal(cidr_parse(slice_of(text), &c, &err), 0);
	nets_add(nets, &c, number);
}

static uint64_t
found(const struct nets *nets, const char *text)
{
	struct addr a;
	uint64_t    set = 0;

	assert_int_equal(addr_parse(slice_of(text), &a), 0);
	nets_find(nets, &a, &set);
	return set;
}

static void
an_address_meets_all_networks_it_lies_in(void **state)
{
	struct nets *nets = nets_new();

	(void)state;
	add(nets, "10.0.0.0/8", 0);
	add(nets, "10.1.0.0/16", 1);
	add(nets, "10.1.2.3/32", 2);
	add(nets, "0.0.0.0/0", 3);
	add(nets, "10.1.0.0/16", 4);
	assert_int_equal(found(nets, "10.1.2.3"), 0x1f);
	assert_int_equal(found(nets, "10.1.2.4"), 0x1b);
	assert_int_equal(found(nets, "10.2.0.0"), 0x9);
	assert_int_equal(found(nets, "9.255.255.255"), 0x8);
	assert_int_equal(found(nets, "11.0.0.0"), 0x8);
	nets_free(&nets);
	assert_null(nets);
}

static void
families_do_not_meet(void **state)
{
	struct nets *nets = nets_new();

	(void)state;
	add(nets, "0.0.0.0/0", 0);
	add(nets, "::/0", 1);
	add(nets, "2001:db8::/32", 2);
	add(nets, "2001:db8::1", 3);
	assert_int_equal(found(nets, "192.0.2.1"), 1);
	assert_int_equal(found(nets, "2001:db8::1"), 0xe);
	assert_int_equal(found(nets, "2001:db8::2"), 0x6);
	assert_int_equal(found(nets, "2001:db9::"), 0x2);
	assert_int_equal(found(nets, "::ffff:192.0.2.1"), 0x2);
	nets_free(&nets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_meets_all_networks_it_lies_in),
	    cmocka_unit_test(families_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
