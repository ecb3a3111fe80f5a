#include "rule/decimal.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* Nobody writes numbers beyond: there an exponent is as good as any. */
#define EXP_MAX ((int64_t)1000000000000000)

static bool
is_exp(char c)
{
	return c == 'e' || c == 'E';
}

/* What follows the 'e'. */
static int64_t
read_exp(struct slice s)
{
	bool	neg = s.p[0] == '-';
	size_t	i = neg || s.p[0] == '+';
	int64_t v = 0;

	for (; i < s.n && v < EXP_MAX; i++)
		v = 10 * v + (s.p[i] - '0');
	if (v > EXP_MAX)
		v = EXP_MAX;
	return neg ? -v : v;
}

int
decimal_parse(struct slice s, struct decimal *out)
{
	struct decimal d = {.digits = {s.p, 0}};
	size_t	       i, n, point, first;

	if (!number_is_json(s))
		return -1;
	d.neg = s.p[0] == '-';
	for (n = 0; n < s.n && !is_exp(s.p[n]); n++)
		;
	if (n < s.n)
		d.exp = read_exp((struct slice){s.p + n + 1, s.n - n - 1});
	for (point = 0; point < n && s.p[point] != '.'; point++)
		;
	for (i = d.neg; i < n && (s.p[i] == '0' || s.p[i] == '.'); i++)
		;
	first = i;
	for (i = n; i > first && (s.p[i - 1] == '0' || s.p[i - 1] == '.'); i--)
		;
	d.digits = (struct slice){s.p + first, i - first};
	if (d.digits.n == 0)
		d.neg = false; /* -0 is 0 */
	else
		d.exp += first < point ? (int64_t)(point - first) - 1 :
					 -(int64_t)(first - point);
	*out = d;
	return 0;
}

/* The next digit, '\0' behind the last. */
static char
next_digit(struct slice *s)
{
	char c;

	if (s->n > 0 && *s->p == '.') {
		s->p++;
		s->n--;
	}
	if (s->n == 0)
		return '\0';
	c = *s->p++;
	s->n--;
	return c;
}

/* Without their signs; neither is zero. */
static int
cmp_sizes(const struct decimal *a, const struct decimal *b)
{
	struct slice s = a->digits, t = b->digits;
	char	     c, d;

	if (a->exp != b->exp)
		return a->exp < b->exp ? -1 : 1;
	do {
		c = next_digit(&s);
		d = next_digit(&t);
	} while (c == d && c != '\0');
	return c - d;
}

static int
sign_of(const struct decimal *d)
{
	return d->digits.n == 0 ? 0 : d->neg ? -1 : 1;
}

int
decimal_cmp(const struct decimal *a, const struct decimal *b)
{
	int sa = sign_of(a), sb = sign_of(b);

	if (sa != sb || sa == 0)
		return sa - sb;
	return sa * cmp_sizes(a, b);
}

/* ---- text ---- */

/* "12.5", "0.00125", "12500": of n digits. */
static size_t
put_plain(const char *digits, int64_t n, int64_t exp, char *out)
{
	char   *p = out;
	int64_t i;

	if (exp < 0) {
		*p++ = '0';
		*p++ = '.';
		for (i = -1; i > exp; i--)
			*p++ = '0';
	}
	for (i = 0; i < n || i <= exp; i++) {
		if (i == exp + 1 && exp >= 0)
			*p++ = '.';
		*p++ = i < n ? digits[i] : '0';
	}
	return (size_t)(p - out);
}

/* "1.25e70" */
static size_t
put_scaled(const char *digits, int64_t n, int64_t exp, char *out)
{
	char *p = out;

	*p++ = digits[0];
	if (n > 1)
		*p++ = '.';
	memcpy(p, digits + 1, (size_t)n - 1);
	p += n - 1;
	p += sprintf(p, "e%lld", (long long)exp);
	return (size_t)(p - out);
}

/* Characters of the plain form without a sign. */
static int64_t
plain_length(int64_t n, int64_t exp)
{
	if (exp < 0)
		return 1 - exp + n;
	return n > exp + 1 ? n + 1 : exp + 1;
}

size_t
decimal_format(const struct decimal *d, char out[DECIMAL_TEXT_MAX])
{
	struct slice rest = d->digits;
	char	     digits[DECIMAL_DIGITS_MAX], c;
	size_t	     n = 0, at = 0;

	while ((c = next_digit(&rest)) != '\0') {
		if (n == DECIMAL_DIGITS_MAX)
			return 0;
		digits[n++] = c;
	}
	if (n == 0)
		return (size_t)sprintf(out, "0");
	if (d->neg)
		out[at++] = '-';
	if (plain_length((int64_t)n, d->exp) + d->neg <= DECIMAL_PLAIN_MAX)
		at += put_plain(digits, (int64_t)n, d->exp, out + at);
	else
		at += put_scaled(digits, (int64_t)n, d->exp, out + at);
	out[at] = '\0';
	return at;
}

int
decimal_floor(const struct decimal *d, int shift, int64_t *out)
{
	struct slice rest = d->digits;
	int64_t	     v = 0, n = d->exp + shift + 1;
	char	     c;

	if (n > 18 && d->digits.n > 0)
		return -1;
	for (; n > 0 && d->digits.n > 0; n--) {
		c = next_digit(&rest);
		v = 10 * v + (c != '\0' ? c - '0' : 0);
	}
	/* What is cut off leads further down below zero. */
	*out = d->neg ? -v - (rest.n > 0) : v;
	return 0;
}
