#include "rule/timepart.h"

#include <string.h>

static int
digits(const char *p, int n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* Whole days since 1970, also before it. */
static int64_t
day_number(usec_t t)
{
	return t / USEC_DAY - (t % USEC_DAY < 0);
}

/*
 * ISO 8601: weeks begin on Monday, and the one with the year's first Thursday
 * is the first.  So a day's week is that of the Thursday beside it.
 */
static int64_t
week_of(usec_t t)
{
	int64_t day = day_number(t), weekday, thursday, first;
	char	text[TIME_TEXT_MAX];
	usec_t	new_year;

	weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
	thursday = day - weekday + 3;
	time_format(thursday * USEC_DAY, text);
	memcpy(text + 4, "-01-01T00:00:00Z", sizeof("-01-01T00:00:00Z"));
	if (time_parse(slice_of(text), &new_year) != 0)
		return 0;
	first = day_number(new_year);
	return (thursday - first) / 7 + 1;
}

int64_t
timepart_of(enum timepart part, usec_t t)
{
	char text[TIME_TEXT_MAX]; /* "2026-11-23T16:24:05Z" */

	if (part == TIMEPART_WEEK)
		return week_of(t);
	time_format(t, text);
	switch (part) {
	case TIMEPART_MINUTE:
		return digits(text + 14, 2);
	case TIMEPART_HOUR:
		return digits(text + 11, 2);
	case TIMEPART_DAY:
		return digits(text + 8, 2);
	case TIMEPART_MONTH:
		return digits(text + 5, 2);
	case TIMEPART_YEAR:
		return digits(text, 4);
	case TIMEPART_WEEK:
	case TIMEPART_NONE:
		break;
	}
	return 0;
}

void
timepart_range(enum timepart part, int64_t *lo, int64_t *hi)
{
	static const int range[][2] = {
	    [TIMEPART_NONE] = {0, 0},
	    [TIMEPART_MINUTE] = {0, 59},
	    [TIMEPART_HOUR] = {0, 23},
	    [TIMEPART_DAY] = {1, 31},
	    [TIMEPART_WEEK] = {1, 53},
	    [TIMEPART_MONTH] = {1, 12},
	    [TIMEPART_YEAR] = {1, 9999},
	};

	*lo = range[part][0];
	*hi = range[part][1];
}
