#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void
hex_goes_both_ways(void **state)
{
	unsigned char bytes[4];
	char	      text[9];

	(void)state;
	hex_encode("\x00\x0f\xa5\xff", 4, text);
	assert_string_equal(text, "000fa5ff");
	assert_int_equal(hex_decode(SLICE("000Fa5fF"), bytes, 4), 0);
	assert_memory_equal(bytes, "\x00\x0f\xa5\xff", 4);
	hex_encode("", 0, text);
	assert_string_equal(text, "");
	assert_int_equal(hex_decode(SLICE(""), bytes, 0), 0);
}

static void
hex_of_another_length_or_alphabet_is_refused(void **state)
{
	unsigned char bytes[4] = "abc";

	(void)state;
	assert_int_equal(hex_decode(SLICE("0011"), bytes, 1), -1);
	assert_int_equal(hex_decode(SLICE("0011"), bytes, 3), -1);
	assert_int_equal(hex_decode(SLICE("001"), bytes, 1), -1);
	assert_int_equal(hex_decode(SLICE("0g"), bytes, 1), -1);
	assert_int_equal(hex_decode(SLICE(" 0"), bytes, 1), -1);
	assert_int_equal(hex_decode(SLICE("00@0"), bytes, 2), -1);
	assert_string_equal((char *)bytes, "abc");
}

/* RFC 4648, section 10. */
static const struct {
	const char *plain, *b64, *b32;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "MY"},
    {"fo", "Zm8=", "MZXQ"},
    {"foo", "Zm9v", "MZXW6"},
    {"foob", "Zm9vYg==", "MZXW6YQ"},
    {"fooba", "Zm9vYmE=", "MZXW6YTB"},
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI"},
};
#define N_VECTORS (sizeof vectors / sizeof vectors[0])

static void
the_vectors_of_rfc_4648_hold(void **state)
{
	unsigned char bytes[8];
	char	      text[16];
	struct buf    b;
	size_t	      i, n;

	(void)state;
	for (i = 0; i < N_VECTORS; i++) {
		n = strlen(vectors[i].plain);
		buf_init(&b);
		base64_encode(&b, vectors[i].plain, n);
		assert_string_equal(buf_str(&b), vectors[i].b64);
		assert_int_equal(base64_decode(buf_slice(&b), bytes), n);
		assert_memory_equal(bytes, vectors[i].plain, n);
		buf_clear(&b);
		base32_encode(vectors[i].plain, n, text);
		assert_string_equal(text, vectors[i].b32);
	}
}

static void
the_url_alphabet_has_no_padding(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	base64url_encode(&b, "\xfb\xff\xfe\xff", 4);
	assert_string_equal(buf_str(&b), "-__-_w");
	buf_clear(&b);
	base64_encode(&b, "\xfb\xff\xfe\xff", 4);
	assert_string_equal(buf_str(&b), "+//+/w==");
	buf_clear(&b);
}

static void
every_byte_survives_base64(void **state)
{
	unsigned char in[256], out[258];
	struct buf    b;
	size_t	      i, n;

	(void)state;
	for (i = 0; i < 256; i++)
		in[i] = (unsigned char)(255 - i);
	for (n = 0; n <= 256; n++) {
		buf_init(&b);
		base64_encode(&b, in, n);
		assert_int_equal(base64_decode(buf_slice(&b), out), n);
		assert_memory_equal(out, in, n);
		buf_clear(&b);
	}
}

static void
every_byte_survives_base64url(void **state)
{
	unsigned char in[256], out[BASE64URL_ROOM(256)];
	struct buf    b;
	size_t	      i, n;

	(void)state;
	for (i = 0; i < 256; i++)
		in[i] = (unsigned char)(255 - i);
	for (n = 0; n <= 256; n++) {
		buf_init(&b);
		base64url_encode(&b, in, n);
		assert_int_equal(base64url_decode(buf_slice(&b), out), n);
		assert_memory_equal(out, in, n);
		buf_clear(&b);
	}
}

static void
base64url_that_is_not_strict_is_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg==", "Zm8=", "Z+9v", "Z/9v",
	    "Zh", "Zm9", "Zm 8", "Zm9vZ", "Zm9v\n", "Z.9v"};
	unsigned char		 out[BASE64URL_ROOM(8)];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (base64url_decode(slice_of(bad[i]), out) != -1)
			fail_msg("'%s' is taken", bad[i]);
}

static void
base64_that_is_not_strict_is_refused(void **state)
{
	static const char *const bad[] = {
	    "Z",
	    "Zg",
	    "Zg=",
	    "Zg===",
	    "=",
	    "====",
	    "Z===",
	    "=Zg=",
	    "Zg==Zg==",
	    "Zm8=Zm8=",
	    "Zm 8",
	    "Zm9v\n",
	    "Zm9v ",
	    "Z-9v",
	    "Z_9v",
	    "Zh==",
	    "Zm9=",
	    "Zm9v=",
	    "Zm9v====",
	    "Z\xc3\xa4v",
	};
	unsigned char out[16];
	size_t	      i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (base64_decode(slice_of(bad[i]), out) != -1)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(base64_decode(SLICE("Zm9\0"), out), -1);
	assert_int_equal(base64_decode((struct slice){NULL, 0}, out), 0);
}

static void
base64_writes_no_byte_more_than_it_says(void **state)
{
	unsigned char *out = malloc(3);

	(void)state;
	assert_int_equal(base64_decode(SLICE("Zg=="), out), 1);
	assert_int_equal(base64_decode(SLICE("Zm9v"), out), 3);
	free(out);
}

static void
base62_is_padded_with_zeros_and_cut_at_its_width(void **state)
{
	char text[12];

	(void)state;
	base62_encode(0, 6, text);
	assert_string_equal(text, "000000");
	base62_encode(61, 2, text);
	assert_string_equal(text, "0z");
	base62_encode(62, 2, text);
	assert_string_equal(text, "10");
	base62_encode(10, 1, text);
	assert_string_equal(text, "A");
	base62_encode(UINT32_MAX, 6, text);
	assert_string_equal(text, "4gfFC3");
	base62_encode(UINT64_MAX, 11, text);
	assert_string_equal(text, "LygHa16AHYF");
	base62_encode(62 * 62 + 1, 2, text);
	assert_string_equal(text, "01");
	base62_encode(7, 0, text);
	assert_string_equal(text, "");
}

static void
crc32_is_that_of_gzip(void **state)
{
	(void)state;
	assert_int_equal(crc32_of(SLICE("123456789")), 0xcbf43926);
	assert_int_equal(crc32_of(SLICE("")), 0);
	assert_int_equal(crc32_of((struct slice){NULL, 0}), 0);
}

static const char *const names[] = {"source.ip", "source.net", "repository",
    "user_agent", "id", NULL};

static void
a_near_miss_is_named(void **state)
{
	(void)state;
	assert_string_equal(nearest_name(SLICE("repositry"), names),
	    "repository");
	assert_string_equal(nearest_name(SLICE("reopsitory"), names),
	    "repository");
	assert_string_equal(nearest_name(SLICE("sourceip"), names),
	    "source.ip");
	assert_string_equal(nearest_name(SLICE("source.nett"), names),
	    "source.net");
	assert_string_equal(nearest_name(SLICE("id"), names), "id");
}

static void
what_is_too_far_is_not(void **state)
{
	(void)state;
	assert_null(nearest_name(SLICE("banana"), names));
	assert_null(nearest_name(SLICE("ie"), names));
	assert_null(nearest_name(SLICE(""), names));
	assert_null(nearest_name(SLICE("id"), names + 5));
}

static void
three_changes_are_the_most(void **state)
{
	static const char *const one[] = {"abcdefghijkl", NULL};

	(void)state;
	assert_non_null(nearest_name(SLICE("xbxdxfghijkl"), one));
	assert_null(nearest_name(SLICE("xbxdxfxhijkl"), one));
}

static void
a_third_of_the_longer_is_the_most(void **state)
{
	static const char *const one[] = {"abcdef", NULL};

	(void)state;
	assert_non_null(nearest_name(SLICE("xxcdef"), one));
	assert_null(nearest_name(SLICE("xxxdef"), one));
	assert_non_null(nearest_name(SLICE("badcef"), one));
}

static void
the_nearest_of_several_wins_the_first_of_equals(void **state)
{
	static const char *const some[] = {"levels", "level", "lever", "leven",
	    NULL};

	(void)state;
	assert_string_equal(nearest_name(SLICE("level"), some), "level");
	assert_string_equal(nearest_name(SLICE("levex"), some), "level");
}

static void
words_beyond_all_names_are_not_compared(void **state)
{
	char			 text[4096];
	static const char *const one[] = {"aaaa", NULL};

	(void)state;
	memset(text, 'a', sizeof text);
	assert_null(nearest_name((struct slice){text, sizeof text}, one));
	assert_null(nearest_name((struct slice){text, 65}, one));
	assert_null(nearest_name((struct slice){text, 64}, one));
	assert_non_null(nearest_name((struct slice){text, 5}, one));
}

static void
assert_glob(const char *glob, const char *text, int want)
{
	if (glob_match(slice_of(glob), slice_of(text)) != want)
		fail_msg("%s on %s is not %d", glob, text, want);
}

static void
a_star_is_any_run_and_a_question_mark_one_byte(void **state)
{
	(void)state;
	assert_glob("", "", 1);
	assert_glob("", "a", 0);
	assert_glob("*", "", 1);
	assert_glob("**", "abc", 1);
	assert_glob("?", "", 0);
	assert_glob("?", "a", 1);
	assert_glob("?", "ab", 0);
	assert_glob("acme/*", "acme/api", 1);
	assert_glob("acme/*", "acme/", 1);
	assert_glob("acme/*", "acme", 0);
	assert_glob("*/api", "acme/api", 1);
	assert_glob("*/api", "acme/apis", 0);
	assert_glob("a*b*c", "aXbXbXc", 1);
	assert_glob("a*b*c", "aXbXbX", 0);
	assert_glob("a*?c", "ac", 0);
	assert_glob("a*?c", "abc", 1);
	assert_glob("*aab", "aaaab", 1);
	assert_glob("abc", "abd", 0);
	assert_glob("A", "a", 0);
}

static void
a_hostile_glob_is_done_soon(void **state)
{
	char   glob[201], text[10001];
	size_t i;

	(void)state;
	for (i = 0; i < 200; i += 2)
		memcpy(glob + i, "*a", 2);
	glob[200] = 'b';
	memset(text, 'a', sizeof text);
	assert_int_equal(glob_match((struct slice){glob, sizeof glob},
			     (struct slice){text, sizeof text}),
	    0);
	assert_int_equal(glob_match((struct slice){glob, 200},
			     (struct slice){text, sizeof text}),
	    1);
}

static void
a_size_has_a_unit_of_1024s(void **state)
{
	static const struct {
		const char *text;
		int64_t	    bytes;
	} good[] = {{"0", 0}, {"1B", 1}, {"64KiB", 65536}, {"3MiB", 3145728},
	    {"1GiB", 1073741824}, {"8388607TiB", 8388607LL << 40}};
	static const char *const bad[] = {"", "1", "KiB", "1kib", "1KB",
	    "1 KiB", "-1KiB", "1.5GiB", "8388608TiB", "99999999999999999999B"};
	char			 text[SIZE_TEXT_MAX];
	int64_t			 v = -7;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(size_parse(slice_of(good[i].text), &v), 0);
		assert_true(v == good[i].bytes);
		size_format(v, text);
		assert_string_equal(text, good[i].text);
	}
	v = -7;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(size_parse(slice_of(bad[i]), &v), -1);
	assert_true(v == -7);
	size_format(1536, text);
	assert_string_equal(text, "1536B");
}

static void
a_name_has_its_place_among_others(void **state)
{
	static const char *const levels[] = {"low", "High", NULL};

	(void)state;
	assert_int_equal(name_index(SLICE("High"), levels), 1);
	assert_int_equal(name_index(SLICE("high"), levels), -1);
	assert_int_equal(name_caseindex(SLICE("hIGH"), levels), 1);
	assert_int_equal(name_caseindex(SLICE("LOW"), levels), 0);
	assert_int_equal(name_caseindex(SLICE("lo"), levels), -1);
	assert_int_equal(name_caseindex(SLICE(""), levels), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hex_goes_both_ways),
	    cmocka_unit_test(hex_of_another_length_or_alphabet_is_refused),
	    cmocka_unit_test(the_vectors_of_rfc_4648_hold),
	    cmocka_unit_test(the_url_alphabet_has_no_padding),
	    cmocka_unit_test(every_byte_survives_base64),
	    cmocka_unit_test(every_byte_survives_base64url),
	    cmocka_unit_test(base64url_that_is_not_strict_is_refused),
	    cmocka_unit_test(base64_that_is_not_strict_is_refused),
	    cmocka_unit_test(base64_writes_no_byte_more_than_it_says),
	    cmocka_unit_test(base62_is_padded_with_zeros_and_cut_at_its_width),
	    cmocka_unit_test(crc32_is_that_of_gzip),
	    cmocka_unit_test(a_near_miss_is_named),
	    cmocka_unit_test(what_is_too_far_is_not),
	    cmocka_unit_test(three_changes_are_the_most),
	    cmocka_unit_test(a_third_of_the_longer_is_the_most),
	    cmocka_unit_test(the_nearest_of_several_wins_the_first_of_equals),
	    cmocka_unit_test(words_beyond_all_names_are_not_compared),
	    cmocka_unit_test(a_star_is_any_run_and_a_question_mark_one_byte),
	    cmocka_unit_test(a_hostile_glob_is_done_soon),
	    cmocka_unit_test(a_size_has_a_unit_of_1024s),
	    cmocka_unit_test(a_name_has_its_place_among_others),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
