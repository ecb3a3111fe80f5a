#include "rule/dialect.h"

#include <stdbool.h>

#include "base/text.h"
#include "rule/fold.h"
#include "rule/regex.h"

#define GROUPS_MAX 1000 /* deeper ones keep the flags around them */

/*
 * Where a `$` stands, plus 1; 0: nowhere.  It is written as \n?\z, which is
 * the same as long as nothing comes behind: in its branch, and behind the
 * groups that it is in.
 */
struct ends {
	size_t branch; /* the first with nothing behind it in its branch */
	size_t before; /* the same of branches that are over */
	size_t around; /* of the branches that the group is in */
};

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
	bool	     bars, top_bars; /* any |; one in no group */
	struct ends  ends[GROUPS_MAX + 1];
	size_t	     inner; /* the first `$` with more behind it */
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

/* Its other case, or itself. */
static char
other_case(char c)
{
	return is_lower(c) ? (char)(c - 32) : is_upper(c) ? (char)(c + 32) : c;
}

/*
 * RE2 reads the class [kK] as a k that folds, and gets alternatives wrong that
 * are such a letter, as parsed or once what they share is in front: 'K|L'
 * under `i` finds the Kelvin sign too, and 'l|[lL]' does not find an L.  A
 * letter that is counted it leaves alone, but also does not search for as
 * fast as for plain text: so only where there are alternatives around it.
 */
static bool
needs_guard(const struct dialect *d)
{
	return d->depth == 0 ? d->top_bars : d->bars;
}

/* `c` in either case, outside of a class. */
static void
put_char(struct dialect *d, char c)
{
	if (!d->fold[d->depth] || other_case(c) == c)
		buf_addc(d->out, c);
	else
		buf_addf(d->out, needs_guard(d) ? "(?:[%c%c]{1})" : "[%c%c]", c,
		    other_case(c));
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
		put_char(d, c);
		d->i++;
	}
}

/* The digits of \x41, \x{41} and \101, whose length is returned; or 0. */
static size_t
read_digits(struct slice s, uint32_t *cp)
{
	bool   hex = s.n > 1 && s.p[1] == 'x', braced;
	size_t i = hex ? 2 : 1, first, max;
	int    digit;

	braced = hex && s.n > 2 && s.p[2] == '{';
	i += braced;
	first = i;
	max = braced ? s.n : first + (hex ? 2 : 3);
	*cp = 0;
	while (i < s.n && i < max && (digit = hex_digit(s.p[i])) >= 0 &&
	    (hex || digit < 8) && *cp < 0x110000)
		*cp = *cp * (hex ? 16 : 8) + (uint32_t)digit, i++;
	if (i == first || (hex && !braced && i < max))
		return 0;
	if (!braced)
		return i;
	return i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

/*
 * The one character that stands `ahead`, by itself or escaped: returns its
 * length, or 0 for a set of them and what is malformed.
 */
static size_t
read_point(const struct dialect *d, size_t ahead, uint32_t *cp)
{
	struct slice s = {d->in.p + d->i + ahead, d->in.n - d->i - ahead};
	unsigned     len;
	char	     c;

	if (s.n == 0 || (s.p[0] == '[' && s.n > 1 && s.p[1] == ':'))
		return 0;
	if (s.p[0] != '\\') {
		*cp = fold_decode(s, &len);
		return len;
	}
	c = s.n > 1 ? s.p[1] : 'z';
	if (c == 'x' || (c >= '0' && c <= '7'))
		return read_digits(s, cp);
	*cp = (unsigned char)c;
	/* Controls have no case: which of them it is does not matter. */
	return strchr("abfnrtv", c) != NULL				? 2 :
	    hex_digit(c) >= 0 || is_lower(c) || is_upper(c) || c == '_' ? 0 :
	    (c & 0x80) == 0						? 2 :
									  0;
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
	uint32_t cp;
	size_t	 n;

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
		if (in)
			break;
		put_quoted(d);
		return;
	}
	n = in ? 0 : read_point(d, 0, &cp);
	if (n > 2 && cp < 0x80 && other_case((char)cp) != (char)cp) {
		put_char(d, (char)cp); /* \x41 is a letter as A is */
		d->i += n;
		return;
	}
	copy(d, escape_length(d));
}

/* The part of from-to that lies in lo..hi, moved into the other case. */
static void
put_range_part(struct dialect *d, uint32_t from, uint32_t to, uint32_t lo,
    uint32_t hi, int move)
{
	uint32_t a = from > lo ? from : lo, b = to < hi ? to : hi;

	if (a > b)
		return;
	buf_addc(d->out, (char)((int)a + move));
	if (a == b)
		return;
	buf_addc(d->out, '-');
	buf_addc(d->out, (char)((int)b + move));
}

/* [:upper:] and its like; under `i` a case is both. */
static void
put_named(struct dialect *d)
{
	struct slice rest = {d->in.p + d->i, d->in.n - d->i};
	const char  *end = memmem(rest.p, rest.n, ":]", 2);

	rest.n = end != NULL ? (size_t)(end - rest.p) + 2 : 1;
	if (d->fold[d->depth] &&
	    (slice_is(rest, "[:upper:]") || slice_is(rest, "[:lower:]"))) {
		buf_adds(d->out, "[:alpha:]");
		d->i += rest.n;
		return;
	}
	copy(d, rest.n);
}

/* One member of a class: a range, a character, or a set of them. */
static void
put_member(struct dialect *d)
{
	uint32_t from, to;
	size_t	 n = read_point(d, 0, &from), more = 0;

	if (n == 0) {
		if (peek(d, 0) == '[')
			put_named(d);
		else
			put_escape(d, true);
		return;
	}
	to = from;
	if (peek(d, n) == '-' && peek(d, n + 1) != ']')
		more = read_point(d, n + 1, &to);
	copy(d, more > 0 ? n + 1 + more : n);
	if (more == 0)
		to = from;
	if (!d->fold[d->depth])
		return;
	put_range_part(d, from, to, 'a', 'z', -32);
	put_range_part(d, from, to, 'A', 'Z', 32);
}

/*
 * [...], with ] first in it as itself and [:names:] inside.  It may come to
 * two letters in many ways, so that any is counted where a letter would be.
 */
static void
put_class(struct dialect *d)
{
	if (needs_guard(d))
		buf_adds(d->out, "(?:");
	copy(d, 1);
	if (peek(d, 0) == '^')
		copy(d, 1);
	if (peek(d, 0) == ']')
		copy(d, 1);
	while (d->i < d->in.n && peek(d, 0) != ']')
		put_member(d);
	if (needs_guard(d) && d->i < d->in.n)
		buf_adds(d->out, "]{1})");
	else if (d->i < d->in.n)
		buf_addc(d->out, ']');
	d->i++;
}

/* ---- ends ---- */

static size_t
ends_open(const struct dialect *d)
{
	const struct ends *e = &d->ends[d->depth];

	return e->branch != 0 ? e->branch : e->around;
}

/* Something that may not come behind a `$`. */
static void
ends_follow(struct dialect *d)
{
	if (d->inner == 0)
		d->inner = ends_open(d);
}

static void
ends_branch(struct dialect *d)
{
	struct ends *e = &d->ends[d->depth];

	if (d->beyond > 0)
		return;
	if (e->before == 0)
		e->before = e->branch;
	e->branch = 0;
}

/* The group at `depth` is over: its ends are the branch's around it. */
static void
ends_close(struct dialect *d, unsigned depth)
{
	const struct ends *in = &d->ends[depth];
	struct ends	  *e = &d->ends[depth - 1];

	if (e->branch == 0)
		e->branch = in->branch != 0 ? in->branch : in->before;
}

static void
put_end(struct dialect *d)
{
	struct ends *e = &d->ends[d->depth];

	if (d->lines[d->depth]) {
		copy(d, 1);
		return;
	}
	if (e->branch == 0)
		e->branch = d->i + 1;
	buf_adds(d->out, "(?:\\n?\\z)");
	d->i++;
}

/* ---- groups ---- */

static void
group_open(struct dialect *d)
{
	size_t around = ends_open(d);

	if (d->depth == GROUPS_MAX) {
		d->beyond++;
		return;
	}
	d->depth++;
	d->fold[d->depth] = d->fold[d->depth - 1];
	d->lines[d->depth] = d->lines[d->depth - 1];
	d->ends[d->depth] = (struct ends){.around = around};
}

static void
group_close(struct dialect *d)
{
	if (d->beyond > 0)
		d->beyond--;
	else if (d->depth > 0)
		ends_close(d, d->depth--);
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
		ends_follow(d);
		put_escape(d, false);
		return;
	case '[':
		ends_follow(d);
		put_class(d);
		return;
	case '(':
		put_group(d);
		return;
	case ')':
		group_close(d);
		copy(d, 1);
		return;
	case '|':
		d->bars = true;
		d->top_bars |= d->depth == 0;
		ends_branch(d);
		copy(d, 1);
		return;
	case '$':
		put_end(d);
		return;
	case '*':
	case '+':
	case '?': /* once is enough where nothing comes behind it */
		copy(d, 1);
		return;
	default:
		ends_follow(d);
		put_char(d, peek(d, 0));
		d->i++;
	}
}

static void
put_all(struct dialect *d, unsigned flags)
{
	d->i = 0;
	d->depth = d->beyond = 0;
	d->ends[0] = (struct ends){0};
	d->fold[0] = (flags & REGEX_I) != 0;
	d->lines[0] = (flags & REGEX_M) != 0;
	if ((flags & (REGEX_M | REGEX_S)) != 0)
		buf_addf(d->out, "(?%s%s)", flags & REGEX_M ? "m" : "",
		    flags & REGEX_S ? "s" : "");
	while (d->i < d->in.n)
		put_next(d);
}

size_t
dialect_translate(struct slice re, unsigned flags, struct buf *out)
{
	struct dialect d = {.in = re, .out = out};
	size_t	       start = out->n;

	put_all(&d, flags);
	if (d.bars) { /* again, as now it is known where they are */
		out->n = start;
		put_all(&d, flags);
	}
	return d.inner;
}
