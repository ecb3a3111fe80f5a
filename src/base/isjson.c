#include "base/isjson.h"

#include <string.h>

#include "base/number.h"

static bool
take(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool
take_any(struct slice *s, const char *set)
{
	return s->n > 0 && s->p[0] != '\0' && strchr(set, s->p[0]) != NULL &&
	    take(s, s->p[0]);
}

static bool
take_word(struct slice *s, struct slice word)
{
	if (s->n < word.n || memcmp(s->p, word.p, word.n) != 0)
		return false;
	s->p += word.n;
	s->n -= word.n;
	return true;
}

static bool
take_number(struct slice *s)
{
	size_t n = number_span(*s);

	s->p += n;
	s->n -= n;
	return n > 0;
}

/* Behind the backslash.  Of \u only what jsonw writes: control characters. */
static bool
take_escape(struct slice *s)
{
	if (take_any(s, "\"\\/bfnrt"))
		return true;
	return take_word(s, SLICE("u00")) && take_any(s, "01") &&
	    take_any(s, "0123456789abcdefABCDEF");
}

static bool
take_string(struct slice *s)
{
	size_t n;

	if (!take(s, '"'))
		return false;
	while (!take(s, '"')) {
		if (take(s, '\\')) {
			if (!take_escape(s))
				return false;
			continue;
		}
		n = s->n > 0 ? slice_char(*s) : 0;
		if (n == 0 || (unsigned char)s->p[0] < 0x20)
			return false;
		s->p += n;
		s->n -= n;
	}
	return true;
}

static bool take_value(struct slice *s, unsigned depth);

static bool
take_members(struct slice *s, char last, unsigned depth)
{
	if (take(s, last))
		return true;
	do {
		if (last == '}' && !(take_string(s) && take(s, ':')))
			return false;
		if (!take_value(s, depth))
			return false;
	} while (take(s, ','));
	return take(s, last);
}

static bool
take_value(struct slice *s, unsigned depth)
{
	if (s->n == 0)
		return false;
	if (take(s, '{'))
		return depth > 0 && take_members(s, '}', depth - 1);
	if (take(s, '['))
		return depth > 0 && take_members(s, ']', depth - 1);
	switch (s->p[0]) {
	case '"':
		return take_string(s);
	case 't':
		return take_word(s, SLICE("true"));
	case 'f':
		return take_word(s, SLICE("false"));
	case 'n':
		return take_word(s, SLICE("null"));
	default:
		return take_number(s);
	}
}

bool
isjson(struct slice text)
{
	return take_value(&text, ISJSON_DEPTH) && text.n == 0;
}
