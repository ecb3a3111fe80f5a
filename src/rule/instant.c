#include "rule/instant.h"

#include "rule/decimal.h"

#define DATE_LEN 10
#define TIME_LEN 19 /* without a fraction */
#define TEXT_MAX 40 /* the longest that time_parse takes is 35 */
#define FRACTION 9  /* digits of it that time_parse takes */

/* From the beginning of the year 1 to the end of 9999. */
#define INSTANT_MIN (-62135596800LL * USEC_SEC)
#define INSTANT_END (253402300800LL * USEC_SEC)

/* Above 10^12. */
static bool
is_milliseconds(const struct decimal *d)
{
	if (d->neg)
		return false;
	return d->exp > 12 || (d->exp == 12 && !slice_is(d->digits, "1"));
}

/* What is smaller than a microsecond is cut off, toward the past. */
static int
parse_number(struct slice s, usec_t *t)
{
	struct decimal d;
	int64_t	       x;

	if (decimal_parse(s, &d) != 0 ||
	    decimal_floor(&d, is_milliseconds(&d) ? 3 : 6, &x) != 0 ||
	    x < INSTANT_MIN || x >= INSTANT_END)
		return -1;
	*t = x;
	return 0;
}

/*
 * Takes the digits of a fraction away that time_parse would not read: RFC 3339
 * has any number of them, and what is left of nine is cut off anyway.
 */
static struct slice
shorten_fraction(struct slice s, char text[TEXT_MAX])
{
	size_t end = TIME_LEN + 1, keep = TIME_LEN + 1 + FRACTION;

	if (s.n <= keep || s.p[TIME_LEN] != '.')
		return s;
	end += slice_digits((struct slice){s.p + end, s.n - end});
	if (end <= keep || s.n - end > TEXT_MAX - keep)
		return s;
	memcpy(text, s.p, keep);
	memcpy(text + keep, s.p + end, s.n - end);
	return (struct slice){text, keep + s.n - end};
}

int
instant_parse(struct slice s, bool number, usec_t *t)
{
	struct slice rest;
	char	     text[TEXT_MAX + 16], shorter[TEXT_MAX];

	if (number)
		return parse_number(s, t);
	s = shorten_fraction(s, shorter);
	if (time_parse(s, t) == 0)
		return 0;
	if (s.n < DATE_LEN || s.n > TEXT_MAX)
		return -1;
	/* What is left out is midnight, and UTC. */
	rest = s.n == DATE_LEN ? SLICE("T00:00:00Z") : SLICE("Z");
	memcpy(text, s.p, s.n);
	memcpy(text + s.n, rest.p, rest.n);
	return time_parse((struct slice){text, s.n + rest.n}, t);
}
