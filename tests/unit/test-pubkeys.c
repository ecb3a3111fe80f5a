#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/pubkeys.h"
#include "base/buf.h"

/*
 * Both signed bodies, with their keys, are the examples of GitHub's
 * documentation (Secret scanning partner program, "Implement signature
 * verification"), the second of an earlier edition of it.
 */
#define NAME_1 \
	"bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c"
#define PEM_1                                                              \
	"-----BEGIN PUBLIC KEY-----\\n"                                    \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd" \
	"\\nAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw=="  \
	"\\n-----END PUBLIC KEY-----\\n"
#define BODY_1                                                       \
	"[{\"source\":\"commit\",\"token\":\"some_token\",\"type\":" \
	"\"some_type\",\"url\":\"https://example.com/base-repo-url/\"}]"
#define SIGNATURE_1                                                        \
	"MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4Xa" \
	"eSt/AO1RtBY66YcAdjxji410VQV4xg=="

#define NAME_2 \
	"f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"
#define PEM_2                                                              \
	"-----BEGIN PUBLIC KEY-----\\n"                                    \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP" \
	"\\nHzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q=="  \
	"\\n-----END PUBLIC KEY-----"
#define BODY_2                                                       \
	"[{\"token\":\"some_token\",\"type\":\"some_type\",\"url\":" \
	"\"some_url\",\"source\":\"some_source\"}]"
#define SIGNATURE_2                                                        \
	"MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6" \
	"eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY="

#define ENTRY(name, pem)                                        \
	"{\"key_identifier\":\"" name "\",\"key\":\"" pem "\"," \
	"\"is_current\":true}"
#define KEYS                                                                   \
	"{\"public_keys\":[" ENTRY(NAME_1, PEM_1) "," ENTRY(NAME_2, PEM_2) "]" \
									   "}"

/* P-384, Ed25519: of tests/fixtures/keys. */
#define P384                                                                  \
	"-----BEGIN PUBLIC KEY-----\\n"                                       \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAESEXsSrbjz2UBqmpBTgQPAm5EUL52UA1m\\n" \
	"9FKtGf/Kslgf5YUMH9P0OqCalDeTr/iwCxHTegbHK1VC4n/xW1oG4CmfWBbBZATn\\n" \
	"+qLRk8vJJ9shz1MkWv8kKvkBTJJqvEps\\n-----END PUBLIC KEY-----"
#define ED25519                                                           \
	"-----BEGIN PUBLIC KEY-----\\n"                                   \
	"MCowBQYDK2VwAyEAYokyOhToFgZJwaWVk7iJN/fnc8OOb3dgyFg3llnEGtY=\\n" \
	"-----END PUBLIC KEY-----"

static struct pubkeys *
parse(const char *json)
{
	struct error	err;
	struct pubkeys *k = pubkeys_parse(slice_of(json), &err);

	if (k == NULL)
		fail_msg("%s", err.text);
	return k;
}

static void
refuses(const char *json, const char *why)
{
	struct error	err = {.text = ""};
	struct pubkeys *k = pubkeys_parse(slice_of(json), &err);

	assert_null(k);
	if (strstr(err.text, why) == NULL)
		fail_msg("'%s' lacks '%s'", err.text, why);
}

static void
what_github_signed_is_signed(void **state)
{
	struct pubkeys *k = parse(KEYS);

	(void)state;
	assert_int_equal(pubkeys_count(k), 2);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), SLICE(SIGNATURE_1),
			     SLICE(BODY_1)),
	    PUBKEYS_OK);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_2), SLICE(SIGNATURE_2),
			     SLICE(BODY_2)),
	    PUBKEYS_OK);
	pubkeys_free(&k);
	assert_null(k);
}

static void
not_with_a_byte_changed_nor_one_more_or_less(void **state)
{
	struct pubkeys *k = parse(KEYS);
	char		body[] = BODY_1 "\n";
	size_t		i, n = sizeof body - 2;

	(void)state;
	for (i = 0; i < n; i++) {
		body[i] ^= 1;
		assert_int_equal(pubkeys_verify(k, SLICE(NAME_1),
				     SLICE(SIGNATURE_1),
				     (struct slice){body, n}),
		    PUBKEYS_E_WRONG);
		body[i] ^= 1;
	}
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), SLICE(SIGNATURE_1),
			     (struct slice){body, n + 1}),
	    PUBKEYS_E_WRONG);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), SLICE(SIGNATURE_1),
			     (struct slice){body, n - 1}),
	    PUBKEYS_E_WRONG);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), SLICE(SIGNATURE_1),
			     (struct slice){body, n}),
	    PUBKEYS_OK);
	pubkeys_free(&k);
}

static void
not_by_another_key_or_none(void **state)
{
	const struct slice none = {NULL, 0};
	struct pubkeys	  *k = parse(KEYS);
	struct buf	   long_one;

	(void)state;
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_2), SLICE(SIGNATURE_1),
			     SLICE(BODY_1)),
	    PUBKEYS_E_WRONG);
	assert_int_equal(pubkeys_verify(k, SLICE("x"), SLICE(SIGNATURE_1),
			     SLICE(BODY_1)),
	    PUBKEYS_E_KEY);
	assert_int_equal(pubkeys_verify(k, none, SLICE(SIGNATURE_1),
			     SLICE(BODY_1)),
	    PUBKEYS_E_MISSING);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), none, SLICE(BODY_1)),
	    PUBKEYS_E_MISSING);
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), SLICE("!!!!"),
			     SLICE(BODY_1)),
	    PUBKEYS_E_WRONG);
	buf_init(&long_one);
	while (long_one.n <= PUBKEYS_SIGN_MAX)
		buf_adds(&long_one, "AAAA");
	assert_int_equal(pubkeys_verify(k, SLICE(NAME_1), buf_slice(&long_one),
			     SLICE(BODY_1)),
	    PUBKEYS_E_WRONG);
	buf_clear(&long_one);
	pubkeys_free(&k);
}

static void
fields_that_are_not_ours_are_passed_over(void **state)
{
	struct pubkeys *k;

	(void)state;
	k = parse("{\"a\":[{\"key\":1}],\"b\":{\"public_keys\":[]},"
		  "\"public_keys\":[{\"x\":[{\"key\":\"y\"}],\"key\":\"" PEM_1
		  "\",\"key_identifier\":\"k\"}],\"z\":{}}");
	assert_int_equal(pubkeys_count(k), 1);
	assert_int_equal(pubkeys_verify(k, SLICE("k"), SLICE(SIGNATURE_1),
			     SLICE(BODY_1)),
	    PUBKEYS_OK);
	pubkeys_free(&k);
}

static void
a_file_that_is_wrong_is_refused_by_what_is(void **state)
{
	(void)state;
	refuses("", "JSON");
	refuses("[]", "object");
	refuses("{}", "no list public_keys");
	refuses("{\"public_keys\":{}}", "no list public_keys");
	refuses("{\"public_keys\":[1]}", "entry 1 is no object");
	refuses("{\"public_keys\":[{}]}", "entry 1: key_identifier");
	refuses("{\"public_keys\":[" ENTRY("", PEM_1) "]}", "key_identifier");
	refuses("{\"public_keys\":[" ENTRY("a\\u0000b", PEM_1) "]}",
	    "key_identifier");
	refuses("{\"public_keys\":[" ENTRY("k", "x") "]}", "no PEM public key");
	refuses("{\"public_keys\":[{\"key_identifier\":\"k\"}]}",
	    "no PEM public key");
	refuses("{\"public_keys\":[" ENTRY("k", P384) "]}", "P-256");
	refuses("{\"public_keys\":[" ENTRY("k", ED25519) "]}", "P-256");
	refuses("{\"public_keys\":[" ENTRY("k", PEM_1) "," ENTRY("k",
		    PEM_2) "]}",
	    "entry 2: key_identifier: named twice");
}

static void
keys_are_counted(void **state)
{
	struct error	err;
	struct pubkeys *k;
	struct buf	b;
	unsigned	i;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "{\"public_keys\":[");
	for (i = 0; i < PUBKEYS_MAX; i++)
		buf_addf(&b,
		    "%s{\"key_identifier\":\"%u\",\"key\":\"" PEM_1 "\"}",
		    i > 0 ? "," : "", i);
	buf_adds(&b, "]}");
	k = parse(buf_str(&b));
	assert_int_equal(pubkeys_count(k), PUBKEYS_MAX);
	pubkeys_free(&k);
	b.n -= 2;
	buf_adds(&b, "," ENTRY("more", PEM_1) "]}");
	assert_null(pubkeys_parse(buf_slice(&b), &err));
	assert_non_null(strstr(err.text, "more than 64 keys"));
	buf_clear(&b);
}

static void
a_file_is_named_in_its_faults(void **state)
{
	char		path[] = "/tmp/patrol-test-keys-XXXXXX";
	int		fd = mkstemp(path);
	struct error	err;
	struct pubkeys *k;

	(void)state;
	assert_true(write(fd, KEYS, sizeof KEYS - 1) == sizeof KEYS - 1);
	k = pubkeys_load(path, &err);
	assert_non_null(k);
	pubkeys_free(&k);
	assert_int_equal(ftruncate(fd, PUBKEYS_FILE + 1), 0);
	assert_null(pubkeys_load(path, &err));
	assert_non_null(strstr(err.text, path));
	close(fd);
	unlink(path);
	assert_null(pubkeys_load(path, &err));
	assert_non_null(strstr(err.text, path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_github_signed_is_signed),
	    cmocka_unit_test(not_with_a_byte_changed_nor_one_more_or_less),
	    cmocka_unit_test(not_by_another_key_or_none),
	    cmocka_unit_test(fields_that_are_not_ours_are_passed_over),
	    cmocka_unit_test(a_file_that_is_wrong_is_refused_by_what_is),
	    cmocka_unit_test(keys_are_counted),
	    cmocka_unit_test(a_file_is_named_in_its_faults),
	};

	return cmocka_run_group_tests_name("auth/pubkeys", tests, NULL, NULL);
}
