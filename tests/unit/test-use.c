#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "use/fault.h"
#include "use/use.h"

static struct use u; /* too large for a stack under ASan */

static void
assert_slice(struct slice s, const char *want)
{
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

static void
every_name_finds_its_number(void **state)
{
	int f;

	(void)state;
	for (f = 0; f < USE_FIELDS; f++)
		assert_int_equal(use_field_find(slice_of(use_field_names[f])),
		    f);
	assert_null(use_field_names[USE_FIELDS]);
}

static void
other_names_are_not_found(void **state)
{
	static const char *const names[] = {"", "i", "ID", "ids", "token.",
	    "token.kin", "token.kinds", "source", "source.ips",
	    "user_agent.familys", "late_second", "xount"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(use_field_find(slice_of(names[i])), -1);
	assert_int_equal(use_field_find(SLICE("id\0")), -1);
	assert_int_equal(use_field_find((struct slice){NULL, 0}), -1);
}

static void
an_empty_use_has_nothing(void **state)
{
	int f;

	(void)state;
	memset(&u, 0xff, sizeof u);
	use_init(&u, 7);
	assert_int_equal(u.time, 7);
	assert_int_equal(u.arrival, 7);
	assert_int_equal(u.bytes, -1);
	assert_int_equal(u.count, 1);
	assert_int_equal(u.ip.family, 0);
	assert_false(u.granted);
	assert_int_equal(u.nother, 0);
	for (f = 0; f < USE_FIELDS; f++)
		assert_null(use_text(&u, (enum use_field)f).p);
}

static void
absent_text_makes_a_field_absent(void **state)
{
	(void)state;
	use_init(&u, 0);
	use_set(&u, USE_TAG, SLICE("v1"));
	assert_slice(use_text(&u, USE_TAG), "v1");
	use_set(&u, USE_TAG, (struct slice){NULL, 0});
	assert_int_equal(u.field[USE_TAG].type, USE_ABSENT);
	use_set(&u, USE_TAG, SLICE(""));
	assert_int_equal(u.field[USE_TAG].type, USE_STRING);
	assert_non_null(use_text(&u, USE_TAG).p);
}

static void
a_copy_outlives_its_source(void **state)
{
	char text[] = "192.0.2.0/24";

	(void)state;
	use_init(&u, 0);
	assert_true(use_set_copy(&u, USE_SOURCE_NET, slice_of(text)));
	memset(text, 'x', sizeof text);
	assert_slice(use_text(&u, USE_SOURCE_NET), "192.0.2.0/24");
}

static void
a_copy_that_does_not_fit_is_left_out(void **state)
{
	static char room[sizeof u.scratch];

	(void)state;
	use_init(&u, 0);
	assert_false(use_set_copy(&u, USE_REASON,
	    (struct slice){room, sizeof room + 1}));
	assert_null(use_text(&u, USE_REASON).p);
	assert_true(
	    use_set_copy(&u, USE_REASON, (struct slice){room, sizeof room}));
	assert_false(use_set_int(&u, USE_BYTES, 1));
	assert_false(use_set_copy(&u, USE_TAG, SLICE("x")));
	assert_null(use_text(&u, USE_TAG).p);
}

static void
integers_become_text(void **state)
{
	(void)state;
	use_init(&u, 0);
	assert_true(use_set_int(&u, USE_LATE_SECONDS, 0));
	assert_slice(use_text(&u, USE_LATE_SECONDS), "0");
	assert_true(use_set_int(&u, USE_LATE_SECONDS, INT64_MIN));
	assert_slice(use_text(&u, USE_LATE_SECONDS), "-9223372036854775808");
	assert_int_equal(u.field[USE_LATE_SECONDS].type, USE_NUMBER);
}

static void
what_is_there_is_a_bit_each(void **state)
{
	const struct use_value null = {.type = USE_NULL};
	const uint32_t	       tag = (uint32_t)1 << USE_TAG;
	const uint32_t	       late = (uint32_t)1 << USE_LATE_SECONDS;

	(void)state;
	use_init(&u, 0);
	assert_int_equal(u.there, 0);
	use_set(&u, USE_TAG, SLICE("v1"));
	assert_true(use_set_int(&u, USE_LATE_SECONDS, 7));
	assert_int_equal(u.there, tag | late);
	use_set(&u, USE_TAG, (struct slice){NULL, 0});
	assert_int_equal(u.there, late);
	/* null is there, though it has no text */
	use_put(&u, USE_TAG, null);
	assert_int_equal(u.there, tag | late);
	use_init(&u, 0);
	assert_int_equal(u.there, 0);
}

static void
a_network_needs_an_address_and_room(void **state)
{
	struct addr a;

	(void)state;
	use_init(&u, 0);
	use_set_net(&u);
	assert_null(use_text(&u, USE_SOURCE_NET).p);
	assert_int_equal(addr_parse(SLICE("192.0.2.77"), &a), 0);
	use_set_ip(&u, &a);
	use_set_net(&u);
	assert_slice(use_text(&u, USE_SOURCE_NET), "192.0.2.0/24");
	assert_slice(use_text(&u, USE_SOURCE_IP), "192.0.2.77");
	use_init(&u, 0);
	u.ip = a;
	u.nscratch = sizeof u.scratch - ADDR_TEXT_MAX + 1;
	use_set_net(&u);
	assert_null(use_text(&u, USE_SOURCE_NET).p);
	u.nscratch--;
	use_set_net(&u);
	assert_slice(use_text(&u, USE_SOURCE_NET), "192.0.2.0/24");
}

static void
a_mapped_address_is_the_ipv4_one(void **state)
{
	struct addr a;

	(void)state;
	use_init(&u, 0);
	assert_int_equal(addr_parse(SLICE("::ffff:192.0.2.1"), &a), 0);
	use_set_ip(&u, &a);
	assert_int_equal(u.ip.family, 4);
	assert_slice(use_text(&u, USE_SOURCE_IP), "192.0.2.1");
	assert_int_equal(addr_parse(SLICE("2001:DB8:0::7"), &a), 0);
	use_set_ip(&u, &a);
	assert_int_equal(u.ip.family, 6);
	assert_slice(use_text(&u, USE_SOURCE_IP), "2001:db8::7");
}

static void
add(const char *key, const char *text, enum use_type type, bool more)
{
	assert_true(use_add_other(&u, slice_of(key),
	    (struct use_value){.p = text,
		.n = text == NULL ? 0 : (uint32_t)strlen(text),
		.type = type,
		.more = more}));
}

static void
other_fields_become_one_object(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	use_init(&u, 0);
	assert_false(use_other_json(&u, &b));
	assert_int_equal(b.n, 0);
	add("a.b", "x\"y", USE_STRING, false);
	add("g", "1e3", USE_NUMBER, false);
	add("g", "two", USE_STRING, true);
	add("g", NULL, USE_NULL, true);
	add("t", "true", USE_BOOL, false);
	assert_true(use_other_json(&u, &b));
	assert_string_equal(buf_str(&b),
	    "{\"a.b\":\"x\\\"y\","
	    "\"g\":[1e3,\"two\",null],\"t\":true}");
	buf_clear(&b);
}

static void
what_enriching_appends_is_no_other_field(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	use_init(&u, 0);
	add("token.label", "ci", USE_STRING, true);
	assert_false(use_other_json(&u, &b));
	use_init(&u, 0);
	add("a", "x", USE_STRING, false);
	add("token.label", "ci", USE_STRING, true);
	add("token.label", "prod", USE_STRING, true);
	assert_true(use_other_json(&u, &b));
	assert_string_equal(buf_str(&b), "{\"a\":\"x\"}");
	buf_clear(&b);
}

static void
other_fields_have_an_end(void **state)
{
	struct use_value v = {.p = "x", .n = 1, .type = USE_STRING};
	unsigned	 i;

	(void)state;
	use_init(&u, 0);
	for (i = 0; i < USE_FIELDS_MAX; i++)
		assert_true(use_add_other(&u, SLICE("k"), v));
	assert_false(use_add_other(&u, SLICE("k"), v));
	assert_true(use_has_other(&u, SLICE("k")));
	assert_false(use_has_other(&u, SLICE("kk")));
	assert_null(use_other_text(&u, SLICE("kk")).p);
}

static void
foreign_text_is_escaped_and_cut(void **state)
{
	struct error err;
	char	     text[500];

	(void)state;
	fault_key(&err, SLICE("a\nb\x1b"), "given twice");
	assert_string_equal(err.text, "a\\x0ab\\x1b: given twice");
	memset(text, 'x', sizeof text);
	fault_text(&err, "outcome", (struct slice){text, sizeof text}, "no");
	assert_true(strlen(err.text) < FAULT_QUOTE_MAX + 30);
	fault_text(NULL, "outcome", SLICE("x"), "no");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_name_finds_its_number),
	    cmocka_unit_test(other_names_are_not_found),
	    cmocka_unit_test(an_empty_use_has_nothing),
	    cmocka_unit_test(absent_text_makes_a_field_absent),
	    cmocka_unit_test(a_copy_outlives_its_source),
	    cmocka_unit_test(a_copy_that_does_not_fit_is_left_out),
	    cmocka_unit_test(integers_become_text),
	    cmocka_unit_test(what_is_there_is_a_bit_each),
	    cmocka_unit_test(a_network_needs_an_address_and_room),
	    cmocka_unit_test(a_mapped_address_is_the_ipv4_one),
	    cmocka_unit_test(other_fields_become_one_object),
	    cmocka_unit_test(what_enriching_appends_is_no_other_field),
	    cmocka_unit_test(other_fields_have_an_end),
	    cmocka_unit_test(foreign_text_is_escaped_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
