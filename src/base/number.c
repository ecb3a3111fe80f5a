#include "base/number.h"

/* The character at `i`; NUL behind the end. */
static char
at(struct slice s, size_t i)
{
	return i < s.n ? s.p[i] : '\0';
}

/* How many digits stand at `i`. */
static size_t
digits_at(struct slice s, size_t i)
{
	return i < s.n ? slice_digits((struct slice){s.p + i, s.n - i}) : 0;
}

/* Bytes of the fraction at `i`; 0 if there is none. */
static size_t
fraction_at(struct slice s, size_t i)
{
	size_t n = at(s, i) == '.' ? digits_at(s, i + 1) : 0;

	return n > 0 ? n + 1 : 0;
}

/* Bytes of the exponent at `i`; 0 if there is none. */
static size_t
exponent_at(struct slice s, size_t i)
{
	size_t sign, n;

	if (at(s, i) != 'e' && at(s, i) != 'E')
		return 0;
	sign = at(s, i + 1) == '+' || at(s, i + 1) == '-';
	n = digits_at(s, i + 1 + sign);
	return n > 0 ? 1 + sign + n : 0;
}

size_t
number_span(struct slice s)
{
	size_t i = at(s, 0) == '-';
	size_t n = at(s, i) == '0' ? 1 : digits_at(s, i);

	if (n == 0)
		return 0;
	i += n;
	i += fraction_at(s, i);
	return i + exponent_at(s, i);
}

bool
number_is_json(struct slice s)
{
	return s.n > 0 && number_span(s) == s.n;
}
