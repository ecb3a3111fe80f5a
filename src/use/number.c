#include "use/number.h"

/* Takes digits off the front; false if there was none. */
static bool
cut_digits(struct slice *s)
{
	size_t n = slice_digits(*s);

	if (n == 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

/* Takes one of two characters off the front, if it is there. */
static bool
cut_char(struct slice *s, char a, char b)
{
	if (s->n == 0 || (*s->p != a && *s->p != b))
		return false;
	s->p++;
	s->n--;
	return true;
}

bool
number_is_json(struct slice s)
{
	(void)cut_char(&s, '-', '-');
	if (!cut_char(&s, '0', '0') && !cut_digits(&s))
		return false;
	if (cut_char(&s, '.', '.') && !cut_digits(&s))
		return false;
	if (cut_char(&s, 'e', 'E')) {
		(void)cut_char(&s, '+', '-');
		if (!cut_digits(&s))
			return false;
	}
	return s.n == 0;
}
