#include "base/clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define DAYS_400_YEARS 146097
/* From 0000-03-01, where the arithmetic below starts, to 1970-01-01. */
#define DAYS_TO_1970 719468
#define TIME_MIN     (-62135596800 * USEC_SEC) /* 0001-01-01T00:00:00Z */
#define TIME_END     (253402300800 * USEC_SEC) /* 10000-01-01T00:00:00Z */

static const struct unit {
	const char *name;
	usec_t	    span;
} units[] = {
    {"y", USEC_YEAR},
    {"M", USEC_MONTH},
    {"w", 7 * USEC_DAY},
    {"d", USEC_DAY},
    {"h", USEC_HOUR},
    {"m", USEC_MIN},
    {"s", USEC_SEC},
    {"ms", 1000},
    {"us", 1},
};
#define N_UNITS (sizeof units / sizeof units[0])

/*
 * The Gregorian calendar repeats after 400 years.  Years are taken to begin
 * in March, so that the leap day is their last; then the days before month m
 * (March is 0) are (153m + 2) / 5.
 */
static int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era, of_era;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	of_era = y - era * 400;
	m = m > 2 ? m - 3 : m + 9;
	return era * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 +
	    (153 * m + 2) / 5 + d - 1 - DAYS_TO_1970;
}

static void
civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era, n, of_era;

	days += DAYS_TO_1970;
	era = (days >= 0 ? days : days - (DAYS_400_YEARS - 1)) / DAYS_400_YEARS;
	n = days - era * DAYS_400_YEARS;
	/* Without the leap days that came before, years are 365 days. */
	of_era = (n - n / 1460 + n / 36524 - n / 146096) / 365;
	n -= of_era * 365 + of_era / 4 - of_era / 100;
	*m = (unsigned)((5 * n + 2) / 153);
	*d = (unsigned)(n - (153 * *m + 2) / 5 + 1);
	*m = *m < 10 ? *m + 3 : *m - 9;
	*y = of_era + era * 400 + (*m <= 2);
}

static unsigned
days_in_month(unsigned y, unsigned m)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31};

	if (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))
		return 29;
	return days[m - 1];
}

/* `n` digits at `p`, or a number above 9999 if one is none. */
static unsigned
digits(const char *p, unsigned n)
{
	unsigned v = 0, c;

	while (n-- > 0) {
		c = (unsigned char)*p++ - (unsigned)'0';
		if (c > 9)
			return 10000;
		v = v * 10 + c;
	}
	return v;
}

/* The "YYYY-MM-DD" at `p` as days since 1970. */
static int
parse_date(const char *p, int64_t *days)
{
	unsigned y = digits(p, 4), m = digits(p + 5, 2);
	unsigned d = digits(p + 8, 2);

	if (p[4] != '-' || p[7] != '-' || y < 1 || y > 9999 || m < 1 ||
	    m > 12 || d < 1 || d > days_in_month(y, m))
		return -1;
	*days = days_from_civil(y, m, d);
	return 0;
}

/* The "hh:mm:ss" at `p`; a leap second is left for the caller to judge. */
static int
parse_clock(const char *p, unsigned *seconds, bool *leap)
{
	unsigned h = digits(p, 2), m = digits(p + 3, 2);
	unsigned s = digits(p + 6, 2);

	if (p[2] != ':' || p[5] != ':' || h > 23 || m > 59 || s > 60)
		return -1;
	*leap = s == 60;
	*seconds = h * 3600 + m * 60 + (*leap ? 59 : s);
	return 0;
}

/* ".956361", if there is one; takes it off `s`. */
static int
parse_fraction(struct slice *s, usec_t *usec)
{
	unsigned n, v = 0, c;

	*usec = 0;
	if (s->n == 0 || s->p[0] != '.')
		return 0;
	for (n = 0; n + 1 < s->n; n++) {
		c = (unsigned char)s->p[n + 1] - (unsigned)'0';
		if (c > 9)
			break;
		if (n < 6)
			v = v * 10 + c;
	}
	if (n == 0 || n > 9)
		return -1;
	s->p += n + 1;
	s->n -= n + 1;
	for (; n < 6; n++)
		v *= 10;
	*usec = v;
	return 0;
}

/* "Z" or "+hh:mm", nothing after it. */
static int
parse_offset(struct slice s, usec_t *offset)
{
	unsigned h, m;

	*offset = 0;
	if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z'))
		return 0;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return -1;
	h = digits(s.p + 1, 2);
	m = digits(s.p + 4, 2);
	if (h > 23 || m > 59)
		return -1;
	*offset = h * USEC_HOUR + m * USEC_MIN;
	if (s.p[0] == '-')
		*offset = -*offset;
	return 0;
}

int
time_parse(struct slice s, usec_t *t)
{
	int64_t	 days;
	usec_t	 usec, offset, v;
	unsigned seconds;
	bool	 leap;

	if (s.n < 20 || (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' '))
		return -1;
	if (parse_date(s.p, &days) == -1 ||
	    parse_clock(s.p + 11, &seconds, &leap) == -1)
		return -1;
	s.p += 19;
	s.n -= 19;
	if (parse_fraction(&s, &usec) == -1 || parse_offset(s, &offset) == -1)
		return -1;
	v = days * USEC_DAY + seconds * USEC_SEC + usec - offset;
	if (v < TIME_MIN || v >= TIME_END)
		return -1;
	/* Leap seconds are put in at the end of a day of UTC only. */
	if (leap && (v - TIME_MIN) % USEC_DAY < USEC_DAY - USEC_SEC)
		return -1;
	*t = v;
	return 0;
}

/* `n` digits of `v` at `p`; returns where they end. */
static char *
put_digits(char *p, unsigned n, unsigned v)
{
	unsigned i;

	for (i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

size_t
time_format(usec_t t, char out[TIME_TEXT_MAX])
{
	int64_t	 days = t / USEC_DAY, y;
	usec_t	 rest = t % USEC_DAY;
	unsigned m, d, sec, usec;
	char	*p = out;

	if (rest < 0) {
		rest += USEC_DAY;
		days--;
	}
	civil_from_days(days, &y, &m, &d);
	sec = (unsigned)(rest / USEC_SEC);
	usec = (unsigned)(rest % USEC_SEC);
	if (y >= 0 && y <= 9999)
		p = put_digits(p, 4, (unsigned)y);
	else
		p += snprintf(p, 8, "%d", (int)y);
	*p++ = '-';
	p = put_digits(p, 2, m);
	*p++ = '-';
	p = put_digits(p, 2, d);
	*p++ = 'T';
	p = put_digits(p, 2, sec / 3600);
	*p++ = ':';
	p = put_digits(p, 2, sec / 60 % 60);
	*p++ = ':';
	p = put_digits(p, 2, sec % 60);
	if (usec != 0) {
		*p++ = '.';
		p = put_digits(p, 6, usec);
	}
	*p++ = 'Z';
	*p = '\0';
	return (size_t)(p - out);
}

/* The unit after the digits of a span. */
static const struct unit *
find_unit(struct slice name)
{
	size_t i;

	for (i = 0; i < N_UNITS; i++)
		if (slice_is(name, units[i].name))
			return &units[i];
	return NULL;
}

int
span_parse(struct slice s, usec_t *span, struct error *err)
{
	struct slice	   number = {s.p, 0}, name = s;
	const struct unit *u;
	int64_t		   v;

	while (number.n < s.n && digits(s.p + number.n, 1) <= 9)
		number.n++;
	if (number.n == s.n && slice_is(s, "0")) {
		*span = 0;
		return 0;
	}
	if (number.n > 0)
		name = (struct slice){s.p + number.n, s.n - number.n};
	u = find_unit(name);
	if (number.n == 0 || u == NULL) {
		error_set(err,
		    "'%.*s' is not a duration: want a number and "
		    "one of us ms s m h d w M y, as in 10m",
		    s.n > 40 ? 40 : SLICE_ARG(s));
		return -1;
	}
	if (slice_int(number, 0, INT64_MAX, &v) == -1 ||
	    __builtin_mul_overflow(v, u->span, &v)) {
		error_set(err, "a duration of '%.*s' is too long",
		    s.n > 40 ? 40 : SLICE_ARG(s));
		return -1;
	}
	*span = v;
	return 0;
}

size_t
span_format(usec_t span, char out[TIME_TEXT_MAX])
{
	size_t i = 0;

	if (span == 0)
		return (size_t)snprintf(out, TIME_TEXT_MAX, "0");
	/* The largest unit that fits has the fewest digits. */
	while (span % units[i].span != 0)
		i++;
	return (size_t)snprintf(out, TIME_TEXT_MAX, "%" PRId64 "%s",
	    span / units[i].span, units[i].name);
}

size_t
span_words(usec_t span, char out[TIME_TEXT_MAX])
{
	static const struct unit words[] = {
	    {"d", USEC_DAY},
	    {"h", USEC_HOUR},
	    {"min", USEC_MIN},
	    {"s", USEC_SEC},
	    {"ms", 1000},
	    {"us", 1},
	};
	uint64_t    v = span < 0 ? 0 - (uint64_t)span : (uint64_t)span;
	uint64_t    size, next;
	const char *sign = span < 0 ? "-" : "";
	size_t	    i = 0;

	if (v == 0)
		return (size_t)snprintf(out, TIME_TEXT_MAX, "0 s");
	while (v < (uint64_t)words[i].span)
		i++;
	size = (uint64_t)words[i].span;
	/* Below the second, one unit says enough. */
	if (size > USEC_SEC) {
		next = v % size / (uint64_t)words[i + 1].span;
		if (next != 0)
			return (size_t)snprintf(out, TIME_TEXT_MAX,
			    "%s%" PRIu64 " %s %" PRIu64 " %s", sign, v / size,
			    words[i].name, next, words[i + 1].name);
	}
	return (size_t)snprintf(out, TIME_TEXT_MAX, "%s%" PRIu64 " %s", sign,
	    v / size, words[i].name);
}
