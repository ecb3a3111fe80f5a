#include "oracle.h"

struct oracle {
	struct slice s; /* what is left */
	unsigned     depth, deepest;
};

static bool value(struct oracle *o);

static void
blanks(struct oracle *o)
{
	while (o->s.n > 0 &&
	    (*o->s.p == ' ' || *o->s.p == '\t' || *o->s.p == '\n' ||
		*o->s.p == '\r'))
		o->s.p++, o->s.n--;
}

static bool
take(struct oracle *o, const char *word)
{
	struct slice w = slice_of(word);

	if (!slice_starts(o->s, w))
		return false;
	o->s.p += w.n;
	o->s.n -= w.n;
	return true;
}

static bool
digit(struct oracle *o)
{
	if (o->s.n == 0 || *o->s.p < '0' || *o->s.p > '9')
		return false;
	o->s.p++, o->s.n--;
	return true;
}

static bool
digits(struct oracle *o)
{
	if (!digit(o))
		return false;
	while (digit(o))
		;
	return true;
}

static bool
number(struct oracle *o)
{
	(void)take(o, "-");
	if (!take(o, "0") && !digits(o))
		return false;
	if (take(o, ".") && !digits(o))
		return false;
	if (take(o, "e") || take(o, "E")) {
		if (!take(o, "+"))
			(void)take(o, "-");
		return digits(o);
	}
	return true;
}

/* Four hex digits, or -1. */
static int
hex4(struct oracle *o)
{
	int  v = 0, i;
	char c;

	for (i = 0; i < 4; i++, o->s.p++, o->s.n--) {
		if (o->s.n == 0)
			return -1;
		c = *o->s.p;
		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return v;
}

static bool
escape(struct oracle *o)
{
	static const char *const plain[] = {"\"", "\\", "/", "b", "f", "n", "r",
	    "t"};
	unsigned		 i;
	int			 v;

	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (take(o, plain[i]))
			return true;
	if (!take(o, "u") || (v = hex4(o)) == -1)
		return false;
	if (v < 0xd800 || v > 0xdfff)
		return true;
	if (v > 0xdbff || !take(o, "\\u"))
		return false;
	v = hex4(o);
	return v >= 0xdc00 && v <= 0xdfff;
}

static bool
string(struct oracle *o)
{
	if (!take(o, "\""))
		return false;
	while (o->s.n > 0) {
		if (take(o, "\""))
			return true;
		if (take(o, "\\")) {
			if (!escape(o))
				return false;
			continue;
		}
		if ((unsigned char)*o->s.p < 0x20)
			return false;
		o->s.p++, o->s.n--;
	}
	return false;
}

static bool
member(struct oracle *o, bool named)
{
	blanks(o);
	if (named) {
		if (!string(o))
			return false;
		blanks(o);
		if (!take(o, ":"))
			return false;
		blanks(o);
	}
	if (!value(o))
		return false;
	blanks(o);
	return true;
}

/* Behind the bracket that opens. */
static bool
members(struct oracle *o, bool named)
{
	const char *end = named ? "}" : "]";
	bool	    ok;

	if (++o->depth > ORACLE_DEPTH_MAX)
		return false;
	if (o->depth > o->deepest)
		o->deepest = o->depth;
	blanks(o);
	ok = take(o, end);
	if (!ok) {
		do
			ok = member(o, named);
		while (ok && take(o, ","));
		ok = ok && take(o, end);
	}
	o->depth--;
	return ok;
}

static bool
value(struct oracle *o)
{
	if (take(o, "{"))
		return members(o, true);
	if (take(o, "["))
		return members(o, false);
	if (o->s.n > 0 && *o->s.p == '"')
		return string(o);
	return take(o, "true") || take(o, "false") || take(o, "null") ||
	    number(o);
}

bool
oracle_is_object(struct slice s, unsigned *depth)
{
	struct oracle o = {.s = s};
	bool	      ok;

	blanks(&o);
	ok = slice_is_utf8(s) && take(&o, "{") && members(&o, true);
	blanks(&o);
	*depth = o.deepest;
	return ok && o.s.n == 0;
}
