#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "auth/bundle.h"
#include "auth/jwt.h"

#define KEYS "tests/fixtures/keys/"

/* How it was computed: tests/fixtures/keys/README.md. */
#define EC_KID "3OB2:NFW3:4HW3:AT6J:ZBGM:PQGS:S377:BGZC:BH6U:LR46:Y6KF:CI4Y"

#define NOW (1795451047 * USEC_SEC)

struct fixture {
	struct bundle bundle;
	struct buf    key, certificate;
	struct error  err;
};

static int
setup(void **state)
{
	static struct fixture f;

	buf_init(&f.bundle.text);
	buf_init(&f.key);
	buf_init(&f.certificate);
	assert_int_equal(jwt_key_generate("patrol", NOW, &f.key, &f.certificate,
			     &f.err),
	    0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	bundle_clear(&f->bundle);
	buf_clear(&f->key);
	buf_clear(&f->certificate);
	return 0;
}

/* `n` times the certificate, with words before and between. */
static int
parse(struct fixture *f, unsigned n)
{
	struct buf b;
	int	   r;

	buf_init(&b);
	buf_adds(&b, "subject=CN = patrol\n");
	while (n-- > 0) {
		buf_addslice(&b, buf_slice(&f->certificate));
		buf_adds(&b, "# and\n");
	}
	bundle_clear(&f->bundle);
	r = bundle_parse(buf_slice(&b), &f->bundle, &f->err);
	buf_clear(&b);
	return r;
}

static void
a_certificate_has_its_keys_id_and_its_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bundle_read(KEYS "ec-certificate.pem", &f->bundle,
			     &f->err),
	    0);
	assert_int_equal(f->bundle.n, 1);
	assert_string_equal(f->bundle.list[0].kid, EC_KID);
	assert_ptr_equal(bundle_find(&f->bundle, EC_KID), &f->bundle.list[0]);
	assert_null(bundle_find(&f->bundle, ""));
	assert_int_equal(parse(f, 1), 0);
	assert_int_equal(f->bundle.list[0].expires, NOW + 3653 * USEC_DAY);
}

static void
several_are_read_each_as_it_stands(void **state)
{
	struct fixture *f = *state;
	struct slice	pem;

	assert_int_equal(parse(f, 3), 0);
	assert_int_equal(f->bundle.n, 3);
	pem = f->bundle.list[2].pem;
	assert_memory_equal(pem.p, f->certificate.p, pem.n);
	assert_int_equal(pem.n, f->certificate.n - 1); /* less its newline */
}

static void
sixteen_are_taken_and_not_17(void **state)
{
	assert_int_equal(parse(*state, BUNDLE_MAX), 0);
	assert_int_equal(parse(*state, BUNDLE_MAX + 1), -1);
	assert_string_equal(((struct fixture *)*state)->err.text,
	    "more than 16 certificates");
}

static void
what_is_none_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, 0), -1);
	assert_string_equal(f->err.text, "no PEM certificate");
	bundle_clear(&f->bundle);
	assert_int_equal(bundle_parse(SLICE(
					  "-----BEGIN CERTIFICATE-----\nabc\n"),
			     &f->bundle, &f->err),
	    -1);
	assert_string_equal(f->err.text, "certificate 1 has no end");
	bundle_clear(&f->bundle);
	assert_int_equal(bundle_parse(SLICE(
					  "-----BEGIN CERTIFICATE-----\nYWJj\n"
					  "-----END CERTIFICATE-----\n"),
			     &f->bundle, &f->err),
	    -1);
	bundle_clear(&f->bundle);
	assert_int_equal(bundle_read("/no/such", &f->bundle, &f->err), -1);
	assert_string_equal(f->err.text, "/no/such: No such file or directory");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_certificate_has_its_keys_id_and_its_end),
	    TEST(several_are_read_each_as_it_stands),
	    TEST(sixteen_are_taken_and_not_17),
	    TEST(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
