#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/jsonw.h"

struct fixture {
	struct buf   b;
	struct jsonw w;
};

static int
set_up(void **state)
{
	static struct fixture f;

	buf_init(&f.b);
	jsonw_init(&f.w, &f.b);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	buf_clear(&f->b);
	return 0;
}

static void
commas_come_by_themselves(void **state)
{
	struct fixture *f = *state;
	struct jsonw   *w = &f->w;

	jsonw_object(w);
	jsonw_field_int(w, "id", 1);
	jsonw_key(w, "list");
	jsonw_array(w);
	jsonw_int(w, 1);
	jsonw_object(w);
	jsonw_end(w);
	jsonw_array(w);
	jsonw_end(w);
	jsonw_str(w, SLICE("x"));
	jsonw_end(w);
	jsonw_key(w, "o");
	jsonw_object(w);
	jsonw_field_bool(w, "a", true);
	jsonw_field_bool(w, "b", false);
	jsonw_end(w);
	jsonw_key(w, "n");
	jsonw_null(w);
	jsonw_end(w);
	assert_string_equal(buf_str(&f->b),
	    "{\"id\":1,\"list\":[1,{},[],\"x\"],"
	    "\"o\":{\"a\":true,\"b\":false},\"n\":null}");
}

static void
a_value_may_stand_alone(void **state)
{
	struct fixture *f = *state;

	jsonw_str(&f->w, SLICE("alone"));
	assert_string_equal(buf_str(&f->b), "\"alone\"");
}

static void
what_was_in_the_buffer_stays_before(void **state)
{
	struct fixture *f = *state;

	buf_adds(&f->b, "line\n");
	jsonw_array(&f->w);
	jsonw_end(&f->w);
	assert_string_equal(buf_str(&f->b), "line\n[]");
}

static void
assert_written(struct slice text, const char *want)
{
	struct buf   b;
	struct jsonw w;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_str(&w, text);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
quotes_backslashes_and_controls_are_escaped(void **state)
{
	(void)state;
	assert_written(SLICE("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
	assert_written(SLICE("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	assert_written(SLICE("\0\x01\x1b\x1f "),
	    "\"\\u0000\\u0001\\u001b\\u001f \"");
	assert_written(SLICE("\x7f"), "\"\x7f\"");
}

static void
every_control_byte_is_escaped(void **state)
{
	char	     c;
	struct buf   b;
	struct jsonw w;
	size_t	     i;

	(void)state;
	for (c = 0; c < 0x20; c++) {
		buf_init(&b);
		jsonw_init(&w, &b);
		jsonw_str(&w, (struct slice){&c, 1});
		for (i = 0; i < b.n; i++)
			assert_true(b.p[i] >= 0x20);
		assert_int_equal(b.p[1], '\\');
		buf_clear(&b);
	}
}

static void
utf8_stays_as_it_is(void **state)
{
	(void)state;
	assert_written(SLICE("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3"),
	    "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xb3\"");
	assert_written(SLICE("\xc2\x80\xf4\x8f\xbf\xbf"),
	    "\"\xc2\x80\xf4\x8f\xbf\xbf\"");
}

static void
bytes_that_are_not_utf8_become_the_replacement(void **state)
{
	(void)state;
	assert_written(SLICE("a\xff"
			     "b"),
	    "\"a\xef\xbf\xbd"
	    "b\"");
	assert_written(SLICE("\xc3"), "\"\xef\xbf\xbd\"");
	assert_written(SLICE("\xc3\""), "\"\xef\xbf\xbd\\\"\"");
	assert_written(SLICE("\xc3\xc3\xa4"), "\"\xef\xbf\xbd\xc3\xa4\"");
	assert_written(SLICE("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_written(SLICE("\xed\xa0\x80"),
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Whatever the bytes, a line of valid UTF-8 comes out. */
static void
noise_comes_out_as_valid_utf8_without_controls(void **state)
{
	struct fixture *f = *state;
	char		noise[4096];
	uint32_t	dice = 7;
	size_t		i;

	for (i = 0; i < sizeof noise; i++) {
		dice = dice * 1664525 + 1013904223;
		noise[i] = (char)(dice >> 24);
	}
	jsonw_str(&f->w, (struct slice){noise, sizeof noise});
	assert_true(slice_is_utf8(buf_slice(&f->b)));
	for (i = 0; i < f->b.n; i++)
		assert_true((unsigned char)f->b.p[i] >= 0x20);
}

static void
keys_are_escaped_too(void **state)
{
	struct fixture *f = *state;

	jsonw_object(&f->w);
	jsonw_keyslice(&f->w, SLICE("a\"\n\xff"));
	jsonw_null(&f->w);
	jsonw_key(&f->w, "");
	jsonw_null(&f->w);
	jsonw_end(&f->w);
	assert_string_equal(buf_str(&f->b),
	    "{\"a\\\"\\n\xef\xbf\xbd\":null,\"\":null}");
}

static void
absent_is_null_and_empty_is_a_string(void **state)
{
	(void)state;
	assert_written((struct slice){NULL, 0}, "null");
	assert_written(SLICE(""), "\"\"");
}

static void
an_optional_field_is_left_out_when_empty(void **state)
{
	struct fixture *f = *state;

	jsonw_object(&f->w);
	jsonw_field_opt(&f->w, "a", (struct slice){NULL, 0});
	jsonw_field_opt(&f->w, "b", SLICE(""));
	jsonw_field_opt(&f->w, "c", SLICE("x"));
	jsonw_field_str(&f->w, "d", (struct slice){NULL, 0});
	jsonw_end(&f->w);
	assert_string_equal(buf_str(&f->b), "{\"c\":\"x\",\"d\":null}");
}

static void
times_numbers_and_raw_text_are_values(void **state)
{
	struct fixture *f = *state;

	jsonw_object(&f->w);
	jsonw_field_time(&f->w, "never", 0);
	jsonw_field_time(&f->w, "then", 1500000);
	jsonw_field_int(&f->w, "min", INT64_MIN);
	jsonw_key(&f->w, "raw");
	jsonw_raw(&f->w, SLICE("{\"a\":1}"));
	jsonw_field_int(&f->w, "max", INT64_MAX);
	jsonw_end(&f->w);
	assert_string_equal(buf_str(&f->b),
	    "{\"never\":null,"
	    "\"then\":\"1970-01-01T00:00:01.500000Z\","
	    "\"min\":-9223372036854775808,\"raw\":{\"a\":1},"
	    "\"max\":9223372036854775807}");
}

static void
the_deepest_nesting_closes_right(void **state)
{
	struct fixture *f = *state;
	unsigned	i;

	for (i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_array(&f->w);
	for (i = 0; i < JSONW_DEPTH_MAX; i++)
		jsonw_end(&f->w);
	assert_string_equal(buf_str(&f->b), "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(commas_come_by_themselves),
	    T(a_value_may_stand_alone),
	    T(what_was_in_the_buffer_stays_before),
	    T(quotes_backslashes_and_controls_are_escaped),
	    T(every_control_byte_is_escaped),
	    T(utf8_stays_as_it_is),
	    T(bytes_that_are_not_utf8_become_the_replacement),
	    T(noise_comes_out_as_valid_utf8_without_controls),
	    T(keys_are_escaped_too),
	    T(absent_is_null_and_empty_is_a_string),
	    T(an_optional_field_is_left_out_when_empty),
	    T(times_numbers_and_raw_text_are_values),
	    T(the_deepest_nesting_closes_right),
	};

	return cmocka_run_group_tests_name("jsonw", tests, NULL, NULL);
}
