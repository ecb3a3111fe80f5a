#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"

static void
assert_time(const char *text, usec_t want)
{
	usec_t t = -42;

	if (time_parse(slice_of(text), &t) == -1)
		fail_msg("refused: %s", text);
	if (t != want)
		fail_msg("%s: %lld, not %lld", text, (long long)t,
		    (long long)want);
}

static void
assert_no_time(const char *text)
{
	usec_t t = -42;

	if (time_parse(slice_of(text), &t) != -1)
		fail_msg("accepted: %s", text);
	assert_int_equal(t, -42);
}

static void
known_times_are_right(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:00Z", 0);
	assert_time("2000-02-29T12:00:00Z", 951825600 * USEC_SEC);
	assert_time("2026-11-23T16:24:05.956361Z",
	    1795451045 * USEC_SEC + 956361);
	assert_time("1969-12-31T23:59:59.999999Z", -1);
	assert_time("2038-01-19T03:14:08Z", 2147483648 * USEC_SEC);
}

static void
offsets_are_taken_off(void **state)
{
	(void)state;
	assert_time("1970-01-01T01:00:00+01:00", 0);
	assert_time("1969-12-31T19:00:00-05:00", 0);
	assert_time("1970-01-01T05:45:00+05:45", 0);
	assert_time("1970-01-01T23:59:00+23:59", 0);
	assert_time("1970-01-01T00:00:00-00:00", 0);
}

static void
bad_offsets_are_refused(void **state)
{
	(void)state;
	assert_no_time("1970-01-01T00:00:00");
	assert_no_time("1970-01-01T00:00:00.5");
	assert_no_time("1970-01-01T00:00:00+24:00");
	assert_no_time("1970-01-01T00:00:00+01:60");
	assert_no_time("1970-01-01T00:00:00+0100");
	assert_no_time("1970-01-01T00:00:00+01");
	assert_no_time("1970-01-01T00:00:00+1:00");
	assert_no_time("1970-01-01T00:00:00ZZ");
	assert_no_time("1970-01-01T00:00:00 Z");
	assert_no_time("1970-01-01T00:00:00X");
}

static void
t_may_be_small_or_a_blank_and_z_small(void **state)
{
	(void)state;
	assert_time("1970-01-01t00:00:01z", USEC_SEC);
	assert_time("1970-01-01 00:00:01Z", USEC_SEC);
	assert_no_time("1970-01-01_00:00:01Z");
	assert_no_time("1970-01-01\t00:00:01Z");
}

static void
fractions_have_one_to_nine_digits(void **state)
{
	(void)state;
	assert_time("1970-01-01T00:00:00.5Z", 500000);
	assert_time("1970-01-01T00:00:00.000001Z", 1);
	assert_time("1970-01-01T00:00:00.0000019Z", 1);
	assert_time("1970-01-01T00:00:00.123456789Z", 123456);
	assert_time("1970-01-01T00:00:00.25+00:00", 250000);
	assert_no_time("1970-01-01T00:00:00.1234567890Z");
	assert_no_time("1970-01-01T00:00:00.Z");
	assert_no_time("1970-01-01T00:00:00,5Z");
	assert_no_time("1970-01-01T00:00:00.-5Z");
}

static void
days_and_months_stay_in_the_calendar(void **state)
{
	(void)state;
	assert_time("2024-02-29T00:00:00Z", 1709164800 * USEC_SEC);
	assert_no_time("2023-02-29T00:00:00Z");
	assert_no_time("1900-02-29T00:00:00Z");
	assert_no_time("2024-02-30T00:00:00Z");
	assert_no_time("2024-04-31T00:00:00Z");
	assert_no_time("2024-01-32T00:00:00Z");
	assert_no_time("2024-01-00T00:00:00Z");
	assert_no_time("2024-00-01T00:00:00Z");
	assert_no_time("2024-13-01T00:00:00Z");
	assert_no_time("0000-01-01T00:00:00Z");
}

static void
hours_minutes_and_seconds_stay_in_theirs(void **state)
{
	(void)state;
	assert_time("1970-01-01T23:59:59Z", USEC_DAY - USEC_SEC);
	assert_no_time("1970-01-01T24:00:00Z");
	assert_no_time("1970-01-01T00:60:00Z");
	assert_no_time("1970-01-01T00:00:61Z");
	assert_no_time("1970-01-01T-1:00:00Z");
	assert_no_time("1970-01-01T0 :00:00Z");
}

static void
a_leap_second_counts_as_the_one_before(void **state)
{
	(void)state;
	assert_time("2016-12-31T23:59:60Z", 1483228799 * USEC_SEC);
	assert_time("2017-01-01T00:59:60.5+01:00",
	    1483228799 * USEC_SEC + 500000);
	assert_no_time("2016-12-31T23:58:60Z");
	assert_no_time("2017-01-01T00:59:60Z");
}

static void
the_first_and_the_last_year_pass_and_no_more(void **state)
{
	(void)state;
	assert_time("0001-01-01T00:00:00Z", -62135596800 * USEC_SEC);
	assert_no_time("0001-01-01T00:00:00+00:01");
	assert_time("9999-12-31T23:59:59.999999Z", 253402300800 * USEC_SEC - 1);
	assert_no_time("9999-12-31T23:59:59-00:01");
}

static void
no_prefix_of_a_time_is_one(void **state)
{
	static const char text[] = "2026-11-23T16:24:05.956361+01:00";
	struct slice	  s = {text, 0};
	usec_t		  t;

	(void)state;
	for (; s.n < sizeof text - 1; s.n++)
		assert_int_equal(time_parse(s, &t), -1);
	assert_int_equal(time_parse(s, &t), 0);
	assert_int_equal(time_parse((struct slice){NULL, 0}, &t), -1);
}

static void
no_byte_of_a_time_may_be_another(void **state)
{
	char   text[] = "2026-11-23T16:24:05Z", was;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text - 1; i++) {
		was = text[i];
		text[i] = '/';
		assert_no_time(text);
		text[i] = (char)0xb0;
		assert_no_time(text);
		text[i] = was;
	}
}

static void
times_are_written_with_their_fraction_or_none(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_int_equal(time_format(0, text), 20);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	time_format(1795451045 * USEC_SEC + 956361, text);
	assert_string_equal(text, "2026-11-23T16:24:05.956361Z");
	time_format(1, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000001Z");
	time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
}

static void
any_number_can_be_written_as_a_time(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_true(time_format(INT64_MIN, text) < TIME_TEXT_MAX);
	assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
	assert_true(time_format(INT64_MAX, text) < TIME_TEXT_MAX);
	assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
}

static void
every_day_of_many_years_is_read_as_it_is_written(void **state)
{
	char   text[TIME_TEXT_MAX];
	usec_t day, t;

	(void)state;
	/* 1599 to 2401: two whole turns of the calendar. */
	for (day = -135500; day < 157500; day++) {
		t = day * USEC_DAY + 86399 * USEC_SEC;
		time_format(t, text);
		assert_time(text, t);
	}
}

static void
assert_span(const char *text, usec_t want)
{
	struct error err;
	usec_t	     v = -42;

	if (span_parse(slice_of(text), &v, &err) == -1)
		fail_msg("refused: %s: %s", text, err.text);
	assert_int_equal(v, want);
}

static void
assert_no_span(const char *text, const char *why)
{
	struct error err;
	usec_t	     v = -42;

	if (span_parse(slice_of(text), &v, &err) != -1)
		fail_msg("accepted: %s", text);
	assert_non_null(strstr(err.text, why));
	assert_int_equal(v, -42);
}

static void
every_unit_of_a_span_is_known(void **state)
{
	(void)state;
	assert_span("0", 0);
	assert_span("0s", 0);
	assert_span("5us", 5);
	assert_span("5ms", 5000);
	assert_span("5s", 5 * USEC_SEC);
	assert_span("5m", 5 * USEC_MIN);
	assert_span("5h", 5 * USEC_HOUR);
	assert_span("5d", 5 * USEC_DAY);
	assert_span("5w", 35 * USEC_DAY);
	assert_span("5M", 5 * USEC_MONTH);
	assert_span("5y", 5 * USEC_YEAR);
}

static void
a_span_needs_a_number_and_a_unit(void **state)
{
	(void)state;
	assert_no_span("", "not a duration");
	assert_no_span("5", "not a duration");
	assert_no_span("00", "not a duration");
	assert_no_span("m", "not a duration");
	assert_no_span("5 m", "not a duration");
	assert_no_span("5min", "not a duration");
	assert_no_span("-5m", "not a duration");
	assert_no_span("1.5h", "not a duration");
	assert_no_span("5S", "not a duration");
	assert_no_span("1h30m", "not a duration");
	assert_int_equal(span_parse((struct slice){NULL, 0}, &(usec_t){0},
			     NULL),
	    -1);
}

static void
a_span_stops_at_what_fits(void **state)
{
	(void)state;
	assert_span("9223372036854775807us", INT64_MAX);
	assert_no_span("9223372036854775808us", "too long");
	assert_span("9223372036854775ms", 9223372036854775000);
	assert_no_span("9223372036854776ms", "too long");
	assert_no_span("99999999999999999999999999999999999999999999y",
	    "too long");
}

static void
assert_span_text(usec_t span, const char *form, const char *words)
{
	char text[TIME_TEXT_MAX];

	assert_int_equal(span_format(span, text), strlen(form));
	assert_string_equal(text, form);
	assert_int_equal(span_words(span, text), strlen(words));
	assert_string_equal(text, words);
}

static void
spans_are_written_short_and_in_words(void **state)
{
	(void)state;
	assert_span_text(0, "0", "0 s");
	assert_span_text(12, "12us", "12 us");
	assert_span_text(1500, "1500us", "1 ms");
	assert_span_text(1500000, "1500ms", "1 s");
	assert_span_text(3 * USEC_SEC, "3s", "3 s");
	assert_span_text(90 * USEC_SEC, "90s", "1 min 30 s");
	assert_span_text(5 * USEC_MIN, "5m", "5 min");
	assert_span_text(130 * USEC_MIN, "130m", "2 h 10 min");
	assert_span_text(USEC_DAY, "1d", "1 d");
	assert_span_text(USEC_DAY + USEC_MIN, "1441m", "1 d");
	assert_span_text(4 * USEC_DAY + USEC_HOUR, "97h", "4 d 1 h");
	assert_span_text(90 * USEC_DAY, "90d", "90 d");
	assert_span_text(14 * USEC_DAY, "2w", "14 d");
	assert_span_text(USEC_MONTH, "1M", "30 d 10 h");
	assert_span_text(2 * USEC_YEAR, "2y", "730 d 11 h");
	assert_span_text(-90 * USEC_SEC, "-90s", "-1 min 30 s");
	assert_span_text(INT64_MIN, "-9223372036854775808us",
	    "-106751991 d 4 h");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_times_are_right),
	    cmocka_unit_test(offsets_are_taken_off),
	    cmocka_unit_test(bad_offsets_are_refused),
	    cmocka_unit_test(t_may_be_small_or_a_blank_and_z_small),
	    cmocka_unit_test(fractions_have_one_to_nine_digits),
	    cmocka_unit_test(days_and_months_stay_in_the_calendar),
	    cmocka_unit_test(hours_minutes_and_seconds_stay_in_theirs),
	    cmocka_unit_test(a_leap_second_counts_as_the_one_before),
	    cmocka_unit_test(the_first_and_the_last_year_pass_and_no_more),
	    cmocka_unit_test(no_prefix_of_a_time_is_one),
	    cmocka_unit_test(no_byte_of_a_time_may_be_another),
	    cmocka_unit_test(times_are_written_with_their_fraction_or_none),
	    cmocka_unit_test(any_number_can_be_written_as_a_time),
	    cmocka_unit_test(every_day_of_many_years_is_read_as_it_is_written),
	    cmocka_unit_test(every_unit_of_a_span_is_known),
	    cmocka_unit_test(a_span_needs_a_number_and_a_unit),
	    cmocka_unit_test(a_span_stops_at_what_fits),
	    cmocka_unit_test(spans_are_written_short_and_in_words),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
