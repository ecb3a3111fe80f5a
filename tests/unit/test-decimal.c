#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule/decimal.h"

static struct decimal
decimal(const char *text)
{
	struct decimal d;

	if (decimal_parse(slice_of(text), &d) != 0)
		fail_msg("%s is no number", text);
	return d;
}

static void
assert_cmp(const char *a, int want, const char *b)
{
	struct decimal x = decimal(a), y = decimal(b);
	int	       ab = decimal_cmp(&x, &y), ba = decimal_cmp(&y, &x);

	if ((ab > 0) - (ab < 0) != want || (ba > 0) - (ba < 0) != -want)
		fail_msg("%s and %s: %d, %d", a, b, ab, ba);
}

static void
it_reads_what_json_has(void **state)
{
	static const char *const bad[] = {"", "-", "01", "+1", ".5", "1.", "1e",
	    "0x10", " 1", "1 ", "inf", "nan", "1_000"};
	struct decimal		 d;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decimal_parse(slice_of(bad[i]), &d), -1);
}

static void
equal_numbers_are_equal_however_they_are_written(void **state)
{
	(void)state;
	assert_cmp("0", 0, "-0.0e5");
	assert_cmp("1000", 0, "1e3");
	assert_cmp("1000", 0, "0.001E+6");
	assert_cmp("1.50", 0, "15e-1");
	assert_cmp("-2.5", 0, "-2.500");
	assert_cmp("0.00001", 0, "1e-5");
	assert_cmp("100.05", 0, "1.0005e2");
	assert_cmp("1e400", 0, "10e399");
}

static void
nothing_is_rounded(void **state)
{
	(void)state;
	assert_cmp("18446744073709551616", -1, "18446744073709551617");
	assert_cmp("9007199254740992", -1, "9007199254740993");
	assert_cmp("0.1", -1, "0.10000000000000000000000000000001");
	assert_cmp("1e400", -1, "1.0000000000000000000001e400");
	assert_cmp("-1e400", -1, "-9e399");
	assert_cmp("1e-400", 1, "0");
	assert_cmp("-1e-400", -1, "0");
	assert_cmp("12", -1, "12.5");
	assert_cmp("-12", 1, "-12.5");
	assert_cmp("9", -1, "10");
	assert_cmp("-1", -1, "1");
	/* Further than that nobody counts. */
	assert_cmp("1e99999999999999999999", 1, "1e1000");
	assert_cmp("1e-99999999999999999999", -1, "1e-1000");
}

/* By 64-bit integers in thousandths. */
static void
it_agrees_with_arithmetic(void **state)
{
	static const char *const ends[] = {"", "00", "e0", "E+00"};
	char			 text[2][64];
	long long		 v[2];
	int			 round, i;

	(void)state;
	srand(1);
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < 2; i++) {
			v[i] = rand() % 3 ? rand() % 20001 - 10000 :
					    rand() % 2001 * 10 - 10000;
			snprintf(text[i], sizeof(text[i]), "%s%lld.%03lld%s",
			    v[i] < 0 ? "-" : "", llabs(v[i]) / 1000,
			    llabs(v[i]) % 1000, ends[rand() % 4]);
		}
		assert_cmp(text[0], (v[0] > v[1]) - (v[0] < v[1]), text[1]);
	}
}

static void
assert_canonical(const char *from, const char *to)
{
	struct decimal d = decimal(from);
	char	       text[DECIMAL_TEXT_MAX];

	assert_int_equal(decimal_format(&d, text), strlen(to));
	assert_string_equal(text, to);
}

static void
a_number_has_one_text(void **state)
{
	(void)state;
	assert_canonical("10", "10");
	assert_canonical("1e3", "1000");
	assert_canonical("1.50", "1.5");
	assert_canonical("-3.0", "-3");
	assert_canonical("-0", "0");
	assert_canonical("0e9", "0");
	assert_canonical("0.1", "0.1");
	assert_canonical("0.00001", "0.00001");
	assert_canonical("12.5e-3", "0.0125");
	assert_canonical("1.25e1", "12.5");
	assert_canonical("1234567890123456789", "1234567890123456789");
	assert_canonical("1e59",
	    "1000000000000000000000000000000000000000000000000000"
	    "00000000");
	assert_canonical("1e60", "1e60");
	assert_canonical("-1e59", "-1e59");
	assert_canonical("-12e60", "-1.2e61");
	assert_canonical("1e-70", "1e-70");
	assert_canonical("1e-58",
	    "0.00000000000000000000000000000000000000000000000000"
	    "00000001");
	assert_canonical("1e-59", "1e-59");
}

static void
a_number_of_too_many_digits_has_none(void **state)
{
	char	       digits[DECIMAL_DIGITS_MAX + 2], text[DECIMAL_TEXT_MAX];
	struct decimal d;

	(void)state;
	memset(digits, '7', sizeof(digits));
	digits[DECIMAL_DIGITS_MAX] = '\0';
	d = decimal(digits);
	assert_int_equal(decimal_format(&d, text), DECIMAL_DIGITS_MAX + 5);
	digits[DECIMAL_DIGITS_MAX] = '7';
	digits[DECIMAL_DIGITS_MAX + 1] = '\0';
	d = decimal(digits);
	assert_int_equal(decimal_format(&d, text), 0);
}

static void
assert_floor(const char *from, int shift, int64_t to)
{
	struct decimal d = decimal(from);
	int64_t	       v;

	assert_int_equal(decimal_floor(&d, shift, &v), 0);
	assert_int_equal(v, to);
}

static void
it_is_rounded_down(void **state)
{
	struct decimal d;
	int64_t	       v;

	(void)state;
	assert_floor("1.29", 1, 12);
	assert_floor("-1.29", 1, -13);
	assert_floor("-1.2", 1, -12);
	assert_floor("12e2", -2, 12);
	assert_floor("1299", -2, 12);
	assert_floor("0", 6, 0);
	assert_floor("1e-30", 6, 0);
	assert_floor("-1e-30", 6, -1);
	assert_floor("0.0000019", 6, 1);
	assert_floor("123456789012.345678", 6, 123456789012345678);
	d = decimal("1e18");
	assert_int_equal(decimal_floor(&d, 0, &v), -1);
	d = decimal("0e30");
	assert_int_equal(decimal_floor(&d, 0, &v), 0);
	assert_int_equal(v, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_reads_what_json_has),
	    cmocka_unit_test(equal_numbers_are_equal_however_they_are_written),
	    cmocka_unit_test(nothing_is_rounded),
	    cmocka_unit_test(it_agrees_with_arithmetic),
	    cmocka_unit_test(a_number_has_one_text),
	    cmocka_unit_test(a_number_of_too_many_digits_has_none),
	    cmocka_unit_test(it_is_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
