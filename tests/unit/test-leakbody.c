#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "auth/leakbody.h"
#include "base/buf.h"

#define KNOWN "patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP"

#define SEEN_MAX 8

struct seen {
	unsigned n;
	bool	 ok[SEEN_MAX], wellformed[SEEN_MAX];
	uint8_t	 hash[SEEN_MAX][SECRET_HASH];
	char	*type[SEEN_MAX], *url[SEEN_MAX], *source[SEEN_MAX];
};

static struct seen seen;

static void
take(const struct leak_record *r, void *arg)
{
	unsigned i = seen.n++;

	assert_ptr_equal(arg, &seen);
	if (i >= SEEN_MAX)
		return;
	seen.ok[i] = r->ok;
	seen.wellformed[i] = r->wellformed;
	memcpy(seen.hash[i], r->hash, SECRET_HASH);
	seen.type[i] = slice_dup(r->type);
	seen.url[i] = slice_dup(r->url);
	seen.source[i] = slice_dup(r->source);
}

static int
teardown(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < SEEN_MAX; i++) {
		free(seen.type[i]);
		free(seen.url[i]);
		free(seen.source[i]);
	}
	memset(&seen, 0, sizeof seen);
	return 0;
}

static int
records(const char *body)
{
	struct error err;

	(void)teardown(NULL);
	return leakbody_records(slice_of(body), take, &seen, &err);
}

static int
credentials(const char *body)
{
	struct error err;

	(void)teardown(NULL);
	return leakbody_credentials(slice_of(body), take, &seen, &err);
}

static bool
is_hash_of(unsigned i, const char *secret)
{
	uint8_t hash[SECRET_HASH];

	secret_hash(slice_of(secret), hash);
	return memcmp(hash, seen.hash[i], SECRET_HASH) == 0;
}

static void
a_record_is_its_hash_and_where_it_was(void **state)
{
	(void)state;
	assert_int_equal(records("[{\"token\":\"" KNOWN "\",\"type\":\"t\","
				 "\"url\":\"u\",\"source\":\"s\"}]"),
	    LEAKBODY_OK);
	assert_int_equal(seen.n, 1);
	assert_true(seen.ok[0] && seen.wellformed[0]);
	assert_true(is_hash_of(0, KNOWN));
	assert_string_equal(seen.type[0], "t");
	assert_string_equal(seen.url[0], "u");
	assert_string_equal(seen.source[0], "s");
}

static void
each_record_is_for_itself(void **state)
{
	(void)state;
	assert_int_equal(
	    records("[1,{},[[{}]],{\"token\":\"\"},{\"token\":\"x\",\"url\":7,"
		    "\"more\":{\"token\":\"y\"}},null,{\"token\":\"x\","
		    "\"token\":\"y\"},{\"token\":\"\\u0078\"}]"),
	    LEAKBODY_OK);
	assert_int_equal(seen.n, 8);
	assert_false(seen.ok[0] || seen.ok[1] || seen.ok[2] || seen.ok[3]);
	assert_true(seen.ok[4] && is_hash_of(4, "x"));
	assert_false(seen.wellformed[4]);
	assert_null(seen.url[4]);
	assert_false(seen.ok[5] || seen.ok[6]);
	assert_true(seen.ok[7] && is_hash_of(7, "x"));
}

static void
what_is_told_has_no_secret_and_an_end(void **state)
{
	struct buf b;
	unsigned   i;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "[{\"token\":\"x\",\"type\":\"a " KNOWN "\",\"url\":\"");
	for (i = 0; i < LEAKBODY_URL / 2; i++)
		buf_adds(&b, "\xc3\xa9");
	buf_adds(&b, "z\",\"source\":\"\xe2\x82\xac");
	for (i = 3; i < LEAKBODY_TYPE; i++)
		buf_adds(&b, "y");
	buf_adds(&b, "\xe2\x82\xac\"}]");
	assert_int_equal(records(buf_str(&b)), LEAKBODY_OK);
	assert_null(strstr(seen.type[0], KNOWN));
	assert_non_null(strstr(seen.type[0], "patrol_****"));
	assert_int_equal(strlen(seen.url[0]), LEAKBODY_URL);
	assert_int_equal(strlen(seen.source[0]), LEAKBODY_TYPE);
	assert_true(slice_is_utf8(slice_of(seen.url[0])));
	buf_clear(&b);
}

static void
a_body_is_one_list_and_nothing_else(void **state)
{
	static const char *const bad[] = {"", "{}", "[", "]", "null", "\"x\"",
	    "[],[]", "[]}", "[],\"reports\":[]", "[],\"x\":1",
	    "[]}{\"reports\":[]", "[]}\n", "[{\"token\":\"\xff\"}]", "[1,]"};
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(records(bad[i]), LEAKBODY_E_FORM);
		assert_int_equal(seen.n, 0);
	}
	assert_int_equal(records(" [ ] "), LEAKBODY_OK);
}

static void
credentials_are_texts_in_a_list(void **state)
{
	(void)state;
	assert_int_equal(credentials(
			     "{\"credentials\":[\"" KNOWN "\",1,[\"x\"],\"\","
			     "{\"token\":\"x\"},\"x\"]}"),
	    LEAKBODY_OK);
	assert_int_equal(seen.n, 6);
	assert_true(seen.ok[0] && seen.wellformed[0] && is_hash_of(0, KNOWN));
	assert_false(seen.ok[1] || seen.ok[2] || seen.ok[3] || seen.ok[4]);
	assert_true(seen.ok[5] && !seen.wellformed[5]);
	assert_int_equal(credentials("[\"x\"]"), LEAKBODY_E_FORM);
	assert_int_equal(credentials("{\"credential\":[]}"), LEAKBODY_E_FORM);
	assert_int_equal(credentials("{\"credentials\":[],\"credentials\":[]}"),
	    LEAKBODY_E_FORM);
	assert_int_equal(credentials(""), LEAKBODY_E_FORM);
}

static int
many(unsigned n, const char *before, const char *one, const char *after,
    int (*read)(const char *))
{
	struct buf b;
	unsigned   i;
	int	   r;

	buf_init(&b);
	buf_adds(&b, before);
	for (i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i > 0 ? "," : "", one);
	buf_adds(&b, after);
	r = read(buf_str(&b));
	buf_clear(&b);
	return r;
}

static void
there_is_an_end_to_how_many(void **state)
{
	(void)state;
	assert_int_equal(many(LEAKBODY_RECORDS, "[", "{\"token\":\"x\"}", "]",
			     records),
	    LEAKBODY_OK);
	assert_int_equal(seen.n, LEAKBODY_RECORDS);
	assert_int_equal(many(LEAKBODY_RECORDS + 1, "[", "{\"token\":\"x\"}",
			     "]", records),
	    LEAKBODY_E_LIMIT);
	assert_int_equal(seen.n, 0);
	assert_int_equal(many(LEAKBODY_CREDENTIALS, "{\"credentials\":[",
			     "\"x\"", "]}", credentials),
	    LEAKBODY_OK);
	assert_int_equal(many(LEAKBODY_CREDENTIALS + 1, "{\"credentials\":[",
			     "\"x\"", "]}", credentials),
	    LEAKBODY_E_LIMIT);
}

static void
there_is_an_end_to_how_long(void **state)
{
	struct error err;
	struct buf   b;

	(void)state;
	buf_init(&b);
	buf_adds(&b, "[]");
	memset(buf_reserve(&b, LEAKBODY_MAX), ' ', LEAKBODY_MAX);
	b.n = LEAKBODY_MAX;
	assert_int_equal(leakbody_records(buf_slice(&b), take, &seen, &err),
	    LEAKBODY_OK);
	buf_addc(&b, ' ');
	assert_int_equal(leakbody_records(buf_slice(&b), take, &seen, &err),
	    LEAKBODY_E_LIMIT);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_record_is_its_hash_and_where_it_was,
		teardown),
	    cmocka_unit_test_teardown(each_record_is_for_itself, teardown),
	    cmocka_unit_test_teardown(what_is_told_has_no_secret_and_an_end,
		teardown),
	    cmocka_unit_test_teardown(a_body_is_one_list_and_nothing_else,
		teardown),
	    cmocka_unit_test_teardown(credentials_are_texts_in_a_list,
		teardown),
	    cmocka_unit_test_teardown(there_is_an_end_to_how_many, teardown),
	    cmocka_unit_test_teardown(there_is_an_end_to_how_long, teardown),
	};

	return cmocka_run_group_tests_name("auth/leakbody", tests, NULL, NULL);
}
