#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "auth/bundle.h"
#include "auth/jwt-read.h"
#include "base/mem.h"
#include "base/text.h"

#define KEYS "tests/fixtures/keys/"
#define NOW  (1795451047 * USEC_SEC)

struct fixture {
	struct jwt_reader *reader;
	struct jwt_key	  *ec, *rsa;
	struct jwt_said	   said;
	struct grant_list  access;
	struct buf	   claim, jwt;
	struct error	   err;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->reader = jwt_reader_new();
	buf_init(&f->claim);
	buf_init(&f->jwt);
	assert_int_equal(jwt_key_load(KEYS "ec.pem", KEYS "ec-certificate.pem",
			     &f->ec, &f->err),
	    0);
	assert_int_equal(jwt_key_load(KEYS "rsa.pem",
			     KEYS "rsa-certificate.pem", &f->rsa, &f->err),
	    0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	jwt_reader_free(&f->reader);
	jwt_key_unref(&f->ec);
	jwt_key_unref(&f->rsa);
	buf_clear(&f->claim);
	buf_clear(&f->jwt);
	free(f);
	return 0;
}

static void
sign(struct fixture *f, const struct jwt_key *key, const char *scope)
{
	struct jwt_claims c = {.issuer = SLICE("patrol"),
	    .audience = SLICE("registry.example"),
	    .subject = SLICE("alice+pat_abc"),
	    .now = NOW,
	    .lifetime = USEC_MIN};

	f->access.n = 0;
	assert_int_equal(grant_parse(slice_of(scope), &f->access, &f->err), 0);
	f->claim.n = f->jwt.n = 0;
	grant_format(&f->access, &f->claim);
	c.access = buf_slice(&f->claim);
	assert_int_equal(jwt_sign(key, &c, &f->jwt, &f->err), 0);
}

static int
read_text(struct fixture *f, struct slice text)
{
	const struct jwt_key *keys[] = {f->ec, NULL};

	return jwt_read(f->reader, keys, 2, text, &f->said);
}

static void
what_was_signed_is_read(void **state)
{
	struct fixture		  *f = *state;
	const struct grant_access *a = f->said.access.list;

	sign(f, f->ec,
	    "repository:alice/a:pull,push "
	    "repository(plugin):b\"c:delete");
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), 0);
	assert_true(slice_is(f->said.issuer, "patrol"));
	assert_true(slice_is(f->said.audience, "registry.example"));
	assert_true(slice_is(f->said.subject, "alice+pat_abc"));
	assert_int_equal(f->said.expires, NOW + USEC_MIN);
	assert_int_equal(f->said.access.n, 2);
	assert_true(slice_is(a[0].name, "alice/a"));
	assert_true(slice_is(a[0].type, "repository"));
	assert_int_equal(a[0].naction, 2);
	assert_true(slice_is(a[0].action[1], "push"));
	assert_true(slice_is(a[1].name, "b\"c"));
	assert_true(slice_is(a[1].action[0], "delete"));
	sign(f, f->ec, "");
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), 0);
	assert_int_equal(f->said.access.n, 0);
}

static void
rsa_is_read_too_by_its_own_key(void **state)
{
	struct fixture	     *f = *state;
	const struct jwt_key *both[] = {f->ec, f->rsa};

	sign(f, f->rsa, "repository:a:pull");
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), -1);
	assert_int_equal(jwt_read(f->reader, both, 2, buf_slice(&f->jwt),
			     &f->said),
	    0);
	assert_int_equal(jwt_read(f->reader, both, 0, buf_slice(&f->jwt),
			     &f->said),
	    -1);
}

/* Of a key that signed before, and is gone. */
static void
a_certificate_alone_verifies_and_signs_nothing(void **state)
{
	struct fixture	 *f = *state;
	struct jwt_key	 *old = NULL;
	struct jwt_claims c = {.now = NOW, .lifetime = USEC_MIN};
	struct bundle	  b;

	assert_int_equal(bundle_read(KEYS "ec-certificate.pem", &b, &f->err),
	    0);
	assert_int_equal(jwt_key_of_certificate(b.list[0].pem, &old, &f->err),
	    0);
	bundle_clear(&b);
	assert_string_equal(jwt_key_id(old), jwt_key_id(f->ec));
	sign(f, f->ec, "repository:a:pull");
	assert_int_equal(jwt_read(f->reader,
			     (const struct jwt_key *const[]){f->rsa, old}, 2,
			     buf_slice(&f->jwt), &f->said),
	    0);
	sign(f, f->rsa, "repository:a:pull");
	assert_int_equal(jwt_read(f->reader,
			     (const struct jwt_key *const[]){old}, 1,
			     buf_slice(&f->jwt), &f->said),
	    -1);
	f->jwt.n = 0;
	assert_int_equal(jwt_sign(old, &c, &f->jwt, &f->err), -1);
	assert_int_equal(f->jwt.n, 0);
	jwt_key_unref(&old);
	assert_int_equal(jwt_key_of_certificate(SLICE("no PEM"), &old, &f->err),
	    -1);
	assert_null(old);
}

static void
as_many_accesses_as_a_request_has_are_read(void **state)
{
	struct fixture *f = *state;
	struct buf	b;
	unsigned	i;

	buf_init(&b);
	for (i = 0; i < GRANT_SCOPES_MAX; i++)
		buf_addf(&b, "repository:r%u:pull,push,delete ", i);
	sign(f, f->ec, buf_str(&b));
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), 0);
	assert_int_equal(f->said.access.n, GRANT_SCOPES_MAX);
	assert_int_equal(f->said.access.list[GRANT_SCOPES_MAX - 1].naction, 3);
	buf_clear(&b);
}

static void
any_byte_that_is_another_is_not_ours(void **state)
{
	struct fixture *f = *state;
	size_t		i;
	char		was;

	sign(f, f->ec, "repository:a:pull");
	for (i = 0; i < f->jwt.n; i++) {
		was = f->jwt.p[i];
		f->jwt.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(read_text(f, buf_slice(&f->jwt)), -1);
		f->jwt.p[i] = was;
	}
	for (i = 0; i < f->jwt.n; i++)
		assert_int_equal(read_text(f, (struct slice){f->jwt.p, i}), -1);
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), 0);
}

static void
what_has_not_the_form_is_none(void **state)
{
	static const char *const texts[] = {"", ".", "..", "...", "a.b", "a..c",
	    ".b.c", "a.b.", "a.b.c.d", "patrol_abc"};
	size_t			 i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_false(jwt_has_form(slice_of(texts[i])));
		assert_int_equal(read_text(*state, slice_of(texts[i])), -1);
	}
	assert_true(jwt_has_form(SLICE("a.b.c")));
	assert_int_equal(read_text(*state, SLICE("a.b.c")), -1);
}

static void
one_that_is_too_long_is_none(void **state)
{
	struct fixture *f = *state;

	sign(f, f->ec, "repository:a:pull");
	while (f->jwt.n <= JWT_READ_MAX)
		buf_addc(&f->jwt, 'A');
	assert_int_equal(read_text(f, buf_slice(&f->jwt)), -1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_signed_is_read),
	    TEST(rsa_is_read_too_by_its_own_key),
	    TEST(a_certificate_alone_verifies_and_signs_nothing),
	    TEST(as_many_accesses_as_a_request_has_are_read),
	    TEST(any_byte_that_is_another_is_not_ours),
	    TEST(what_has_not_the_form_is_none),
	    TEST(one_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
