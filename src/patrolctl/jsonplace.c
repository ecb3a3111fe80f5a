#include "patrolctl/jsonplace.h"

#define DEPTH_MAX 64

/* Functions return false with `at` at the fault. */
struct scan {
	struct slice s;
	size_t	     at;
	unsigned     depth;
};

static bool scan_value(struct scan *);

static char
look(const struct scan *x)
{
	return x->at < x->s.n ? x->s.p[x->at] : '\0';
}

static void
skip_blanks(struct scan *x)
{
	while (x->at < x->s.n &&
	    (look(x) == ' ' || look(x) == '\t' || look(x) == '\n' ||
		look(x) == '\r'))
		x->at++;
}

static bool
scan_word(struct scan *x, const char *word)
{
	for (; *word != '\0'; word++, x->at++)
		if (x->at == x->s.n || look(x) != *word)
			return false;
	return true;
}

static bool
scan_digits(struct scan *x)
{
	size_t from = x->at;

	while (look(x) >= '0' && look(x) <= '9')
		x->at++;
	return x->at > from;
}

static bool
scan_number(struct scan *x)
{
	if (look(x) == '-')
		x->at++;
	if (look(x) == '0')
		x->at++;
	else if (!scan_digits(x))
		return false;
	if (look(x) == '.') {
		x->at++;
		if (!scan_digits(x))
			return false;
	}
	if (look(x) != 'e' && look(x) != 'E')
		return true;
	x->at++;
	if (look(x) == '+' || look(x) == '-')
		x->at++;
	return scan_digits(x);
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/* Behind the backslash. */
static bool
scan_escape(struct scan *x)
{
	char c = look(x);
	int  i;

	if (c != '\0' && strchr("\"\\/bfnrt", c) != NULL) {
		x->at++;
		return true;
	}
	if (c != 'u')
		return false;
	x->at++;
	for (i = 0; i < 4; i++, x->at++)
		if (!is_hex(look(x)))
			return false;
	return true;
}

static bool
scan_string(struct scan *x)
{
	if (look(x) != '"')
		return false;
	x->at++;
	while (look(x) != '"') {
		if (x->at == x->s.n || (unsigned char)look(x) < 0x20)
			return false;
		if (look(x) != '\\') {
			x->at++;
			continue;
		}
		x->at++;
		if (!scan_escape(x))
			return false;
	}
	x->at++;
	return true;
}

static bool
scan_member(struct scan *x, bool keyed)
{
	skip_blanks(x);
	if (keyed) {
		if (!scan_string(x))
			return false;
		skip_blanks(x);
		if (look(x) != ':')
			return false;
		x->at++;
	}
	return scan_value(x);
}

static bool
scan_list(struct scan *x, char end)
{
	if (x->depth++ == DEPTH_MAX)
		return false;
	x->at++;
	skip_blanks(x);
	if (look(x) != end) {
		for (;;) {
			if (!scan_member(x, end == '}'))
				return false;
			if (look(x) != ',')
				break;
			x->at++;
		}
		if (look(x) != end)
			return false;
	}
	x->at++;
	x->depth--;
	return true;
}

/* With the blanks around it. */
static bool
scan_value(struct scan *x)
{
	bool ok;

	skip_blanks(x);
	switch (look(x)) {
	case '{':
		ok = scan_list(x, '}');
		break;
	case '[':
		ok = scan_list(x, ']');
		break;
	case '"':
		ok = scan_string(x);
		break;
	case 't':
		ok = scan_word(x, "true");
		break;
	case 'f':
		ok = scan_word(x, "false");
		break;
	case 'n':
		ok = scan_word(x, "null");
		break;
	default:
		ok = scan_number(x);
	}
	if (ok)
		skip_blanks(x);
	return ok;
}

bool
json_fault_place(struct slice text, unsigned *line, unsigned *col)
{
	struct scan x = {.s = text};
	size_t	    i, start = 0;

	if (scan_value(&x) && x.at == text.n)
		return false;
	*line = 1;
	for (i = 0; i < x.at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			(*line)++;
			start = i + 1;
		}
	}
	*col = (unsigned)(x.at - start) + 1;
	return true;
}
