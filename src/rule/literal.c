#include "rule/literal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define HEX_DIGITS_MAX 16 /* of 64 bits */

/* "-12.50e+3"; parts that are not there are empty. */
struct number {
	bool	     neg, point;
	bool	     power; /* YAML 1.1 has such an exponent */
	struct slice whole, fraction, exponent; /* which has its 'e' */
};

/* The digits in front are taken off. */
static struct slice
take_digits(struct slice *s)
{
	struct slice out = {s->p, slice_digits(*s)};

	s->p += out.n;
	s->n -= out.n;
	return out;
}

static bool
take(struct slice *s, const char *any)
{
	if (s->n == 0 || strchr(any, *s->p) == NULL || *s->p == '\0')
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool
number_read(struct slice s, struct number *out)
{
	struct number num = {0};
	const char   *exponent;

	num.neg = s.n > 0 && *s.p == '-';
	(void)take(&s, "+-");
	num.whole = take_digits(&s);
	num.point = take(&s, ".");
	if (num.point)
		num.fraction = take_digits(&s);
	if (num.whole.n + num.fraction.n == 0)
		return false;
	/* Octal in YAML 1.1, and decimal in 1.2. */
	if (!num.point && num.whole.n > 1 && *num.whole.p == '0')
		return false;
	exponent = s.p;
	if (take(&s, "eE")) {
		num.power = take(&s, "+-") && num.point;
		if (take_digits(&s).n == 0)
			return false;
		num.exponent =
		    (struct slice){exponent, (size_t)(s.p - exponent)};
	}
	*out = num;
	return s.n == 0;
}

static bool
is_hex(struct slice s)
{
	size_t i;

	if (s.n < 3 || s.p[0] != '0' || s.p[1] != 'x')
		return false;
	for (i = 2; i < s.n; i++)
		if (hex_digit(s.p[i]) == -1)
			return false;
	return true;
}

/* Its exponent is one in YAML 1.2 alone: 1.1 wants a point and a sign. */
static bool
is_power(const struct number *num)
{
	return num->exponent.n > 0 && !num->power;
}

enum literal
literal_of(const struct yaml_node *n)
{
	struct number num;

	if (!n->plain)
		return LITERAL_TEXT;
	if (yaml_is_null(n))
		return LITERAL_NULL;
	if (yaml_bool(n) != -1)
		return LITERAL_BOOL;
	if (is_hex(n->text))
		return LITERAL_NUMBER;
	return number_read(n->text, &num) && !is_power(&num) ? LITERAL_NUMBER :
							       LITERAL_TEXT;
}

bool
literal_is_power(const struct yaml_node *n)
{
	struct number num;

	return n->plain && number_read(n->text, &num) && is_power(&num);
}

bool
literal_is_hex(const struct yaml_node *n)
{
	return is_hex(n->text);
}

static struct slice
number_of_hex(struct arena *a, struct slice s)
{
	char text[32];

	if (s.n - 2 > HEX_DIGITS_MAX)
		return (struct slice){NULL, 0};
	snprintf(text, sizeof(text), "%" PRIu64,
	    (uint64_t)strtoull(s.p, NULL, 16));
	return slice_of(arena_str(a, text));
}

static size_t
put(char *to, struct slice s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return s.n;
}

struct slice
literal_number(struct arena *a, const struct yaml_node *n)
{
	struct number num;
	char	     *p;
	size_t	      at = 0;

	if (yaml_is_number(n))
		return n->text;
	if (is_hex(n->text))
		return number_of_hex(a, n->text);
	if (!number_read(n->text, &num))
		return (struct slice){NULL, 0};
	while (num.whole.n > 1 && *num.whole.p == '0') {
		num.whole.p++;
		num.whole.n--;
	}
	p = arena_bytes(a, n->text.n + 2);
	if (num.neg)
		p[at++] = '-';
	if (num.whole.n == 0)
		p[at++] = '0';
	at += put(p + at, num.whole);
	if (num.fraction.n > 0)
		p[at++] = '.';
	at += put(p + at, num.fraction);
	at += put(p + at, num.exponent);
	return (struct slice){p, at};
}
