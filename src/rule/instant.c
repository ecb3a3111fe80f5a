#include "rule/instant.h"

#include <math.h>

#include "rule/value.h"

#define MILLISECONDS_ABOVE 1e12L
#define DATE_LEN	   10
#define TEXT_MAX	   40 /* the longest that time_parse takes is 35 */

/* Seconds from the beginning of the year 1 to the end of 9999. */
#define SECONDS_MIN (-62135596800LL)
#define SECONDS_END 253402300800LL

static int
parse_number(struct slice s, usec_t *t)
{
	long double x;

	if (number_parse(s, &x) != 0)
		return -1;
	if (fabsl(x) > MILLISECONDS_ABOVE)
		x /= 1000;
	if (x < SECONDS_MIN || x >= SECONDS_END)
		return -1;
	*t = llroundl(x * USEC_SEC);
	return 0;
}

int
instant_parse(struct slice s, bool number, usec_t *t)
{
	struct slice rest;
	char	     text[TEXT_MAX + 16];

	if (number)
		return parse_number(s, t);
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
