#include "use/unescape.h"

#include "base/text.h"

/* The four hex digits at the front, or -1. */
static int32_t
cut_unit(struct slice *s)
{
	int32_t v = 0;
	int	i, digit;

	if (s->n < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((digit = hex_digit(s->p[i])) == -1)
			return -1;
		v = v << 4 | digit;
	}
	s->p += 4;
	s->n -= 4;
	return v;
}

/* Behind "\u": one unit of UTF-16, or two that are a pair. */
static int
cut_point(struct slice *s, uint32_t *cp)
{
	int32_t high = cut_unit(s), low;

	if (high == -1)
		return UNESCAPE_E_ESCAPE;
	*cp = (uint32_t)high;
	if (high < 0xD800 || high > 0xDFFF)
		return UNESCAPE_OK;
	if (high > 0xDBFF || !slice_starts(*s, SLICE("\\u")))
		return UNESCAPE_E_HALF;
	s->p += 2;
	s->n -= 2;
	if ((low = cut_unit(s)) == -1)
		return UNESCAPE_E_ESCAPE;
	if (low < 0xDC00 || low > 0xDFFF)
		return UNESCAPE_E_HALF;
	*cp = 0x10000 + ((*cp - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
	return UNESCAPE_OK;
}

/* Behind the backslash; *n counts what is in `out`. */
static int
cut_escape(struct slice *s, char *out, size_t *n)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char	 *at;
	uint32_t	  cp;
	int		  e;

	if (s->n == 0)
		return UNESCAPE_E_ESCAPE;
	s->p++;
	s->n--;
	if (s->p[-1] == 'u') {
		if ((e = cut_point(s, &cp)) == UNESCAPE_OK)
			*n += utf8_encode(cp, out + *n);
		return e;
	}
	at = memchr(letters, s->p[-1], sizeof letters - 1);
	if (at == NULL)
		return UNESCAPE_E_ESCAPE;
	out[(*n)++] = means[at - letters];
	return UNESCAPE_OK;
}

int
unescape(struct slice s, char *room, struct slice *out)
{
	const char *back;
	size_t	    n = 0, plain;
	int	    e;

	while (s.n > 0) {
		back = memchr(s.p, '\\', s.n);
		plain = back != NULL ? (size_t)(back - s.p) : s.n;
		memcpy(room + n, s.p, plain);
		n += plain;
		s.p += plain;
		s.n -= plain;
		if (s.n == 0)
			break;
		s.p++;
		s.n--;
		if ((e = cut_escape(&s, room, &n)) != UNESCAPE_OK)
			return e;
	}
	*out = (struct slice){room, n};
	return UNESCAPE_OK;
}
