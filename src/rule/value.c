#include "rule/value.h"

#include <stdlib.h>

#include "base/number.h"
#include "rule/fold.h"

#define NUMBER_MAX 500 /* characters */

/* ---- patterns ---- */

/* Resolves escapes and marks wildcards; runs of `*` become one. */
static size_t
pattern_tokens(struct slice s, char *out)
{
	size_t i, n = 0;
	char   c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (c == '\\' && i + 1 < s.n &&
		    (s.p[i + 1] == '*' || s.p[i + 1] == '?' ||
			s.p[i + 1] == '\\'))
			c = s.p[++i];
		else if (c == '*')
			c = PATTERN_RUN;
		else if (c == '?')
			c = PATTERN_ONE;
		if (c == PATTERN_RUN && n > 0 && out[n - 1] == PATTERN_RUN)
			continue;
		out[n++] = c;
	}
	return n;
}

bool
pattern_is_wild(struct slice s)
{
	return slice_index(s, PATTERN_RUN) != -1 ||
	    slice_index(s, PATTERN_ONE) != -1;
}

static struct pattern
pattern_classify(struct slice s)
{
	bool	     lead = s.n > 0 && s.p[0] == PATTERN_RUN;
	bool	     trail = s.n > 1 && s.p[s.n - 1] == PATTERN_RUN;
	struct slice in = {s.p + lead, s.n - lead - trail};

	if (pattern_is_wild(in))
		return (struct pattern){PATTERN_GLOB, s};
	if (lead && in.n == 0)
		return (struct pattern){PATTERN_ANY, in};
	if (lead && trail)
		return (struct pattern){PATTERN_CONTAINS, in};
	if (lead)
		return (struct pattern){PATTERN_SUFFIX, in};
	return (struct pattern){trail ? PATTERN_PREFIX : PATTERN_EXACT, in};
}

struct slice
pattern_mark(struct arena *a, struct slice sigma)
{
	char *p = arena_bytes(a, sigma.n + 1);

	return (struct slice){p, pattern_tokens(sigma, p)};
}

struct pattern
pattern_of_marked(struct arena *a, struct slice marked, bool lead, bool trail,
    bool fold)
{
	char  *raw = arena_bytes(a, marked.n + 3), *text;
	size_t n = 0;

	if (lead && (marked.n == 0 || marked.p[0] != PATTERN_RUN))
		raw[n++] = PATTERN_RUN;
	memcpy(raw + n, marked.p, marked.n);
	n += marked.n;
	if (trail && (n == 0 || raw[n - 1] != PATTERN_RUN))
		raw[n++] = PATTERN_RUN;
	if (!fold)
		return pattern_classify((struct slice){raw, n});
	/* Markers are no UTF-8 and so fold to themselves. */
	text = arena_bytes(a, FOLD_ROOM(n));
	n = fold_text((struct slice){raw, n}, text);
	return pattern_classify((struct slice){text, n});
}

struct pattern
pattern_make(struct arena *a, struct slice sigma, bool lead, bool trail,
    bool fold)
{
	return pattern_of_marked(a, pattern_mark(a, sigma), lead, trail, fold);
}

/* Length of the code point that the text begins with; text is not empty. */
static size_t
point_length(struct slice s)
{
	unsigned len;

	fold_decode(s, &len);
	return len;
}

/*
 * The classic two-finger match: on a mismatch the latest `*` takes one byte
 * more.  Earlier ones never need to, so it is O(pattern * text) at worst.
 * A `*` may come to stand inside of a character, but what follows then does
 * not match there: neither a literal nor `?` begins with a continuation.
 */
static bool
glob_holds(struct slice g, struct slice s)
{
	size_t gi = 0, si = 0, star = SIZE_MAX, back = 0;

	while (si < s.n) {
		if (gi < g.n && g.p[gi] == PATTERN_RUN) {
			star = ++gi;
			back = si;
		} else if (gi < g.n && g.p[gi] == PATTERN_ONE &&
		    ((unsigned char)s.p[si] & 0xC0) != 0x80) {
			si += point_length((struct slice){s.p + si, s.n - si});
			gi++;
		} else if (gi < g.n && g.p[gi] == s.p[si]) {
			si++;
			gi++;
		} else if (star != SIZE_MAX) {
			gi = star;
			si = ++back;
		} else {
			return false;
		}
	}
	while (gi < g.n && g.p[gi] == PATTERN_RUN)
		gi++;
	return gi == g.n;
}

bool
pattern_match(const struct pattern *p, struct slice text)
{
	switch (p->kind) {
	case PATTERN_EXACT:
		return slice_eq(text, p->text);
	case PATTERN_PREFIX:
		return slice_starts(text, p->text);
	case PATTERN_SUFFIX:
		return slice_ends(text, p->text);
	case PATTERN_CONTAINS:
		return p->text.n <= text.n &&
		    memmem(text.p, text.n, p->text.p, p->text.n) != NULL;
	case PATTERN_ANY:
		return true;
	case PATTERN_GLOB:
		return glob_holds(p->text, text);
	}
	return false;
}

/* ---- numbers ---- */

/* Of a JSON number: neither a fraction nor an exponent. */
static bool
is_whole(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '.' || s.p[i] == 'e' || s.p[i] == 'E')
			return false;
	return true;
}

int
number_parse(struct slice s, long double *out)
{
	char	text[NUMBER_MAX + 1];
	bool	neg;
	int64_t v = 0;
	size_t	i;

	if (s.n == 0 || s.n > NUMBER_MAX || !number_is_json(s))
		return -1;
	if (s.n <= 18 && is_whole(s)) {
		neg = s.p[0] == '-';
		for (i = neg; i < s.n; i++)
			v = v * 10 + (s.p[i] - '0');
		*out = (long double)(neg ? -v : v);
		return 0;
	}
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*out = strtold(text, NULL);
	return 0;
}
