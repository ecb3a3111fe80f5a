#include "rule/dialect.h"

#include <stdbool.h>

#include "rule/regex.h"

#define GROUPS_MAX 1000 /* deeper ones keep the flags around them */

/*
 * Flags hold to the end of their group: a stack of them.  What is malformed
 * is copied as it stands, and RE2 says what is wrong with it.
 */
struct dialect {
	struct slice in;
	size_t	     i;
	struct buf  *out;
	bool	     fold[GROUPS_MAX + 1];  /* `i` at each depth */
	bool	     lines[GROUPS_MAX + 1]; /* `m` at each depth */
	unsigned     depth, beyond;
};

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
peek(const struct dialect *d, size_t ahead)
{
	return d->i + ahead < d->in.n ? d->in.p[d->i + ahead] : '\0';
}

static void
copy(struct dialect *d, size_t n)
{
	if (n > d->in.n - d->i)
		n = d->in.n - d->i;
	buf_add(d->out, d->in.p + d->i, n);
	d->i += n;
}

/* `c` in either case; `in` a class already or not. */
static void
put_char(struct dialect *d, char c, bool in)
{
	char other = is_lower(c) ? (char)(c - 32) : (char)(c + 32);

	if (!d->fold[d->depth] || !(is_lower(c) || is_upper(c))) {
		buf_addc(d->out, c);
		return;
	}
	if (!in)
		buf_addc(d->out, '[');
	buf_addc(d->out, c);
	buf_addc(d->out, other);
	if (!in)
		buf_addc(d->out, ']');
}

/* \Q...\E: letters by themselves, which have a case. */
static void
put_quoted(struct dialect *d)
{
	char c;

	d->i += 2;
	while (d->i < d->in.n) {
		c = d->in.p[d->i];
		if (c == '\\' && peek(d, 1) == 'E') {
			d->i += 2;
			return;
		}
		if ((c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
		    (c >= '[' && c <= '`') || (c >= '{' && c <= '~'))
			buf_addc(d->out, '\\');
		put_char(d, c, false);
		d->i++;
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \x41 names a letter as well as A does. */
static bool
put_hex(struct dialect *d, bool in)
{
	int  hi = hex_digit(peek(d, 2)), lo = hex_digit(peek(d, 3));
	char c;

	if (hi < 0 || lo < 0 || hi > 7)
		return false;
	c = (char)(hi * 16 + lo);
	if (!is_lower(c) && !is_upper(c))
		return false;
	put_char(d, c, in);
	d->i += 4;
	return true;
}

/* Length of \pN, \p{...}, \x{...}; 2 for any other escape. */
static size_t
escape_length(const struct dialect *d)
{
	struct slice rest;
	ptrdiff_t    end;
	char	     c = peek(d, 1);

	if ((c == 'p' || c == 'P' || c == 'x') && peek(d, 2) == '{') {
		rest = (struct slice){d->in.p + d->i, d->in.n - d->i};
		end = slice_index(rest, '}');
		return end == -1 ? rest.n : (size_t)end + 1;
	}
	if (c == 'p' || c == 'P')
		return 3;
	return c == 'x' ? 4 : 2;
}

static void
put_escape(struct dialect *d, bool in)
{
	switch (peek(d, 1)) {
	case 's':
	case 'S':
		if (!in)
			buf_addc(d->out, '[');
		buf_adds(d->out,
		    peek(d, 1) == 's' ? "[:space:]" : "[:^space:]");
		if (!in)
			buf_addc(d->out, ']');
		d->i += 2;
		return;
	case 'Q':
		if (!in) {
			put_quoted(d);
			return;
		}
		break;
	case 'x':
		if (put_hex(d, in))
			return;
		break;
	}
	copy(d, escape_length(d));
}

/* The part of from-to that lies in lo..hi, moved into the other case. */
static void
put_range_part(struct dialect *d, char from, char to, char lo, char hi,
    int move)
{
	char a = from > lo ? from : lo, b = to < hi ? to : hi;

	if (a > b)
		return;
	buf_addc(d->out, (char)(a + move));
	buf_addc(d->out, '-');
	buf_addc(d->out, (char)(b + move));
}

/* One member of a class: a range of plain characters, or one. */
static void
put_member(struct dialect *d)
{
	char from = peek(d, 0), to = peek(d, 2);

	if (peek(d, 1) != '-' || to == ']' || to == '\\' || to == '[' ||
	    d->i + 2 >= d->in.n || (to & 0x80) != 0 || (from & 0x80) != 0) {
		put_char(d, from, true);
		d->i++;
		return;
	}
	copy(d, 3);
	if (!d->fold[d->depth])
		return;
	put_range_part(d, from, to, 'a', 'z', -32);
	put_range_part(d, from, to, 'A', 'Z', 32);
}

/* [...], with ] first in it as itself and [:names:] inside. */
static void
put_class(struct dialect *d)
{
	struct slice rest;
	const char  *end;

	copy(d, 1);
	if (peek(d, 0) == '^')
		copy(d, 1);
	if (peek(d, 0) == ']')
		copy(d, 1);
	while (d->i < d->in.n && peek(d, 0) != ']') {
		if (peek(d, 0) == '\\') {
			put_escape(d, true);
		} else if (peek(d, 0) == '[' && peek(d, 1) == ':') {
			rest = (struct slice){d->in.p + d->i, d->in.n - d->i};
			end = memmem(rest.p, rest.n, ":]", 2);
			copy(d, end != NULL ? (size_t)(end - rest.p) + 2 : 1);
		} else {
			put_member(d);
		}
	}
	copy(d, 1);
}

static void
group_open(struct dialect *d)
{
	if (d->depth == GROUPS_MAX) {
		d->beyond++;
		return;
	}
	d->depth++;
	d->fold[d->depth] = d->fold[d->depth - 1];
	d->lines[d->depth] = d->lines[d->depth - 1];
}

static void
group_close(struct dialect *d)
{
	if (d->beyond > 0)
		d->beyond--;
	else if (d->depth > 0)
		d->depth--;
}

/* Is nothing but `i` behind the minus? */
static bool
is_lone_minus(const struct dialect *d)
{
	char c = peek(d, 1) == 'i' ? peek(d, 2) : peek(d, 1);

	return c == ')' || c == ':';
}

/* "(?" and the flags but `i`, up to the ')' or ':'. */
static void
put_other_flags(struct dialect *d)
{
	char c;

	buf_adds(d->out, "(?");
	for (d->i += 2; (c = peek(d, 0)) != ')' && c != ':'; d->i++)
		if (c != 'i' && (c != '-' || !is_lone_minus(d)))
			buf_addc(d->out, c);
}

/*
 * (?flags) and (?flags:...): `i` is taken out and followed here, the others
 * are RE2's to follow.
 */
static bool
put_flags(struct dialect *d)
{
	bool   on = true, fold = d->fold[d->depth], lines = d->lines[d->depth];
	size_t j = 2;
	char   c;

	while ((c = peek(d, j)) == 'i' || c == 'm' || c == 's' || c == 'U' ||
	    c == '-') {
		if (c == '-')
			on = false;
		else if (c == 'i')
			fold = on;
		else if (c == 'm')
			lines = on;
		j++;
	}
	if (j == 2 || (c != ')' && c != ':'))
		return false;
	put_other_flags(d);
	c = peek(d, 0);
	if (c == ')' && d->out->p[d->out->n - 1] == '?')
		d->out->n -= 2; /* nothing is left of "(?i)" */
	else
		buf_addc(d->out, c);
	if (c == ':')
		group_open(d);
	d->i++;
	d->fold[d->depth] = fold;
	d->lines[d->depth] = lines;
	return true;
}

/* "(?P<name>" and "(?:" are copied, so that names keep their letters. */
static void
put_group(struct dialect *d)
{
	char c;

	if (peek(d, 1) == '?' && put_flags(d))
		return;
	group_open(d);
	copy(d, 1);
	if (peek(d, 0) != '?')
		return;
	do {
		c = peek(d, 0);
		copy(d, 1);
	} while (d->i < d->in.n && c != '>' && c != ':');
}

/* {2,3} is a count: no letters there, so nothing to do. */
static void
put_next(struct dialect *d)
{
	switch (peek(d, 0)) {
	case '\\':
		put_escape(d, false);
		return;
	case '[':
		put_class(d);
		return;
	case '(':
		put_group(d);
		return;
	case ')':
		group_close(d);
		copy(d, 1);
		return;
	case '$':
		buf_adds(d->out, d->lines[d->depth] ? "$" : "(?:\\n?\\z)");
		d->i++;
		return;
	default:
		put_char(d, peek(d, 0), false);
		d->i++;
	}
}

void
dialect_translate(struct slice re, unsigned flags, struct buf *out)
{
	struct dialect d = {.in = re, .out = out};

	d.fold[0] = (flags & REGEX_I) != 0;
	d.lines[0] = (flags & REGEX_M) != 0;
	if ((flags & (REGEX_M | REGEX_S)) != 0)
		buf_addf(out, "(?%s%s)", flags & REGEX_M ? "m" : "",
		    flags & REGEX_S ? "s" : "");
	while (d.i < re.n)
		put_next(&d);
}
