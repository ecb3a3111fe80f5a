#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "token/secret.h"

/* The checksum and the hash were computed with Python's zlib and hashlib. */
#define KNOWN "patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP"
#define KNOWN_HASH \
	"87e99de7d108fddf9fb52f292bfedbc2a97b6454d4145570efcc047399590b8c"

static void
a_new_secret_is_wellformed(void **state)
{
	char s[SECRET_MAX];

	(void)state;
	assert_int_equal(secret_new("patrol", s), 0);
	assert_int_equal(strlen(s), 6 + 1 + 30 + 6);
	assert_true(slice_starts(slice_of(s), SLICE("patrol_")));
	assert_true(secret_is_wellformed(slice_of(s)));
}

static void
two_secrets_differ(void **state)
{
	char a[SECRET_MAX], b[SECRET_MAX];

	(void)state;
	assert_int_equal(secret_new("p", a), 0);
	assert_int_equal(secret_new("p", b), 0);
	assert_string_not_equal(a, b);
}

/* 10,000 characters: one that never came would mean a broken alphabet. */
static void
every_character_of_the_alphabet_comes(void **state)
{
	unsigned seen[256] = {0}, n = 0;
	char	 s[SECRET_MAX];
	int	 i, k;

	(void)state;
	for (i = 0; i < 334; i++) {
		assert_int_equal(secret_new("p", s), 0);
		for (k = 2; k < 2 + SECRET_RANDOM; k++)
			seen[(unsigned char)s[k]]++;
	}
	for (i = 0; i < 256; i++)
		n += seen[i] != 0;
	assert_int_equal(n, 62);
}

static void
a_prefix_has_1_to_16_bytes(void **state)
{
	char s[SECRET_MAX] = "unchanged";

	(void)state;
	assert_int_equal(secret_new("sixteen-bytes_ok", s), 0);
	assert_int_equal(strlen(s), SECRET_MAX - 1);
	assert_true(secret_is_wellformed(slice_of(s)));
	strcpy(s, "unchanged");
	assert_int_equal(secret_new("seventeen-bytes-x", s), -EINVAL);
	assert_int_equal(secret_new("", s), -EINVAL);
	assert_int_equal(secret_new("a b", s), -EINVAL);
	assert_string_equal(s, "unchanged");
}

static void
the_checksum_is_the_documented_one(void **state)
{
	(void)state;
	assert_true(secret_is_wellformed(SLICE(KNOWN)));
}

static void
one_wrong_character_anywhere_is_seen(void **state)
{
	char   s[] = KNOWN;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof s - 1; i++) {
		char was = s[i];

		s[i] = was == 'z' ? 'y' : 'z';
		assert_false(secret_is_wellformed(slice_of(s)));
		s[i] = was;
	}
}

static void
other_lengths_and_alphabets_are_not_wellformed(void **state)
{
	(void)state;
	assert_false(secret_is_wellformed((struct slice){NULL, 0}));
	assert_false(secret_is_wellformed(SLICE("")));
	assert_false(secret_is_wellformed(SLICE("patrol_")));
	assert_false(secret_is_wellformed(SLICE(KNOWN "0")));
	assert_false(secret_is_wellformed(
	    SLICE("_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP")));
	assert_false(secret_is_wellformed(
	    SLICE("seventeen-bytes-x_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP")));
	assert_false(secret_is_wellformed(
	    SLICE("patrol_0123456789ABC-EFGHIJKLMNOPQRST31O3ZP")));
}

static void
the_hash_is_sha256_of_the_text(void **state)
{
	uint8_t hash[SECRET_HASH];
	char	hex[2 * SECRET_HASH + 1];
	int	i;

	(void)state;
	/* Twice: the context is used again. */
	for (i = 0; i < 2; i++) {
		secret_hash(SLICE(KNOWN), hash);
		hex_encode(hash, sizeof hash, hex);
		assert_string_equal(hex, KNOWN_HASH);
	}
	secret_hash((struct slice){NULL, 0}, hash);
	hex_encode(hash, sizeof hash, hex);
	assert_string_equal(hex,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

static void
hashes_are_equal_only_in_every_byte(void **state)
{
	uint8_t a[SECRET_HASH], b[SECRET_HASH];
	size_t	i;

	(void)state;
	memset(a, 0x5a, sizeof a);
	memcpy(b, a, sizeof b);
	assert_true(secret_hash_eq(a, b));
	for (i = 0; i < sizeof b; i++) {
		b[i] ^= 1;
		assert_false(secret_hash_eq(a, b));
		b[i] ^= 1;
	}
}

static void
wiping_leaves_nothing(void **state)
{
	char s[] = KNOWN, zero[sizeof s] = {0};

	(void)state;
	secret_wipe(s, sizeof s);
	assert_memory_equal(s, zero, sizeof s);
}

static void
a_public_id_is_pat_and_12_of_base32(void **state)
{
	char id[TOKEN_ID_MAX], other[TOKEN_ID_MAX];

	(void)state;
	assert_int_equal(token_id_new(id), 0);
	assert_int_equal(strlen(id), TOKEN_ID_MAX - 1);
	assert_true(slice_starts(slice_of(id), SLICE("pat_")));
	assert_int_equal(strspn(id + 4, "abcdefghijklmnopqrstuvwxyz234567"),
	    12);
	assert_int_equal(token_id_new(other), 0);
	assert_string_not_equal(id, other);
}

/* RFC 4231 has no key of 32 bytes: the value is of `openssl mac`. */
static void
a_print_tells_secrets_apart_and_is_the_keys_own(void **state)
{
	static const uint8_t zero[SECRET_HASH];
	uint8_t		     key[SECRET_HASH];
	char		     a[SECRET_PRINT], b[SECRET_PRINT];

	(void)state;
	secret_print(zero, SLICE("hunter2"), a);
	assert_string_equal(a, "48d1763b879fda85");
	secret_print(zero, SLICE("hunter3"), b);
	assert_string_not_equal(a, b);
	secret_print(zero, SLICE(""), b);
	assert_string_equal(b, "b613679a0814d9ec");
	assert_int_equal(secret_key_new(key), 0);
	assert_memory_not_equal(key, zero, sizeof key);
	secret_print(key, SLICE("hunter2"), b);
	assert_string_not_equal(a, b);
}

static void
a_secret_in_a_text_is_masked_where_it_stands(void **state)
{
	char secret[SECRET_MAX], text[200], want[200];
	char stars[] = "************************************";

	(void)state;
	assert_int_equal(secret_new("patrol", secret), 0);
	snprintf(text, sizeof text, "a_b %s c_%s", secret, secret);
	snprintf(want, sizeof want, "a_b patrol_%s c_patrol_%s", stars, stars);
	secret_mask(text, strlen(text));
	assert_string_equal(text, want);
	assert_true(secret_is_masked((struct slice){text + 4, 43}));
	assert_false(secret_is_masked(SLICE("patrol_*")));
	/* One character off is no secret, and stays. */
	secret[10] = secret[10] == 'a' ? 'b' : 'a';
	snprintf(text, sizeof text, "x %s", secret);
	snprintf(want, sizeof want, "x %s", secret);
	secret_mask(text, strlen(text));
	assert_string_equal(text, want);
	secret_mask(text, 0);
}

/* Every character as \uXXXX, of which `plain` are left as they are. */
static void
escape(const char *s, size_t plain, struct buf *out)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (i < plain)
			buf_addc(out, s[i]);
		else
			buf_addf(out, "\\u%04X", (unsigned)s[i]);
}

static void
a_secret_is_masked_in_json_however_it_is_written(void **state)
{
	static const char secret[] = KNOWN;
	const size_t	  prefix = sizeof secret - 1 - 36;
	struct buf	  text, want;
	size_t		  plain, i;

	(void)state;
	buf_init(&text);
	buf_init(&want);
	for (plain = 0; plain <= sizeof secret; plain++) {
		text.n = want.n = 0;
		buf_adds(&text, "{\"\\\\u0041\":\"\\u00e4 ");
		buf_addslice(&want, buf_slice(&text));
		escape(secret, plain, &text);
		escape(secret, plain, &want);
		want.n -= plain < prefix ? 36 * 6 :
		    plain < prefix + 36	 ? 36 * 6 - (plain - prefix) * 5 :
					   36;
		for (i = prefix; i < prefix + 36; i++)
			buf_adds(&want, i < plain ? "*" : "\\u002a");
		buf_adds(&text, "\\n\"}");
		buf_adds(&want, "\\n\"}");
		secret_mask_json(text.p, text.n);
		assert_string_equal(buf_str(&text), buf_str(&want));
	}
	buf_clear(&text);
	buf_clear(&want);
}

/* What is escaped stays so where it is no secret, or is cut off. */
static void
other_escapes_in_json_stay(void **state)
{
	static const char *const same[] = {"", "\\", "\\u", "\\u00", "\\u005f",
	    "\\u0070atrol\\u005fabc", "\\\\u005f\\\"\\ud83d\\ude00"};
	char			 text[64];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof same / sizeof same[0]; i++) {
		strcpy(text, same[i]);
		secret_mask_json(text, strlen(text));
		assert_string_equal(text, same[i]);
	}
}

struct finds {
	char	 text[4][SECRET_MAX];
	unsigned n;
};

static void
keep_find(struct slice secret, void *arg)
{
	struct finds *f = arg;

	assert_true(f->n < 4 && secret.n < SECRET_MAX);
	memcpy(f->text[f->n], secret.p, secret.n);
	f->text[f->n++][secret.n] = '\0';
}

/* Whole, with its prefix, and once: however it is written. */
static void
each_secret_is_told_before_it_is_masked(void **state)
{
	struct finds f = {.n = 0};
	struct buf   b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "{\"a\":\"" KNOWN "\",\"b\":\"patrol_none\",\"c\":\"");
	escape(KNOWN, 0, &b);
	buf_adds(&b, "\"}");
	secret_find_json(b.p, b.n, keep_find, &f);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.text[0], KNOWN);
	assert_string_equal(f.text[1], KNOWN);
	secret_find_json(b.p, b.n, keep_find, &f);
	assert_int_equal(f.n, 2);
	secret_find_json(b.p, 0, keep_find, &f);
	assert_int_equal(f.n, 2);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_secret_is_wellformed),
	    cmocka_unit_test(two_secrets_differ),
	    cmocka_unit_test(every_character_of_the_alphabet_comes),
	    cmocka_unit_test(a_prefix_has_1_to_16_bytes),
	    cmocka_unit_test(the_checksum_is_the_documented_one),
	    cmocka_unit_test(one_wrong_character_anywhere_is_seen),
	    cmocka_unit_test(other_lengths_and_alphabets_are_not_wellformed),
	    cmocka_unit_test(the_hash_is_sha256_of_the_text),
	    cmocka_unit_test(hashes_are_equal_only_in_every_byte),
	    cmocka_unit_test(wiping_leaves_nothing),
	    cmocka_unit_test(each_secret_is_told_before_it_is_masked),
	    cmocka_unit_test(a_public_id_is_pat_and_12_of_base32),
	    cmocka_unit_test(a_print_tells_secrets_apart_and_is_the_keys_own),
	    cmocka_unit_test(a_secret_in_a_text_is_masked_where_it_stands),
	    cmocka_unit_test(a_secret_is_masked_in_json_however_it_is_written),
	    cmocka_unit_test(other_escapes_in_json_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
