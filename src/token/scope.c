#include "token/scope.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const level_names[] = {
    [SCOPE_NONE] = "none",
    [SCOPE_PUBLIC_READ] = "public-read",
    [SCOPE_READ] = "read",
    [SCOPE_WRITE] = "write",
    [SCOPE_DELETE] = "delete",
    NULL,
};

const char *
scope_level_name(enum scope_level l)
{
	return level_names[l];
}

static void
level_complain(struct slice s, struct error *err)
{
	const char *near = nearest_name(s, level_names);
	struct buf  shown;

	if (slice_is(s, "admin")) {
		error_set(err,
		    "'admin' is not a scope: no token can "
		    "administer anything");
		return;
	}
	buf_init(&shown);
	buf_addescaped(&shown, s, 64);
	error_set(err, "unknown scope '%s'%s%s%s", buf_str(&shown),
	    near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
	    near != NULL ? "'?" : "");
	buf_clear(&shown);
}

int
scope_level_parse(struct slice s, enum scope_level *l, struct error *err)
{
	unsigned i;

	for (i = 0; level_names[i] != NULL; i++)
		if (slice_is(s, level_names[i])) {
			*l = (enum scope_level)i;
			return 0;
		}
	level_complain(s, err);
	return -1;
}

int
scope_action_level(struct slice action, enum scope_level *l)
{
	if (slice_is(action, "pull"))
		*l = SCOPE_READ;
	else if (slice_is(action, "push"))
		*l = SCOPE_WRITE;
	else if (slice_is(action, "delete") || slice_is(action, "*"))
		*l = SCOPE_DELETE;
	else
		return -1;
	return 0;
}

void
scope_init(struct scope *s)
{
	*s = (struct scope){.level = SCOPE_NONE};
}

void
scope_clear(struct scope *s)
{
	unsigned i;

	for (i = 0; i < s->npatterns; i++)
		free(s->patterns[i].glob);
	free(s->patterns);
	scope_init(s);
}

/*
 * A repository's name is printable ASCII; anything else in a pattern could
 * never match and would only mislead who reads it.
 */
static bool
glob_is_printable(struct slice glob)
{
	size_t i;

	for (i = 0; i < glob.n; i++)
		if (glob.p[i] <= ' ' || glob.p[i] > '~')
			return false;
	return true;
}

static int
parse_pattern(struct slice word, struct scope *s, struct error *err)
{
	ptrdiff_t	 eq = slice_rindex(word, '=');
	struct slice	 glob;
	enum scope_level level;

	if (eq <= 0) {
		error_set(err, "a pattern must be written PATTERN=LEVEL");
		return -1;
	}
	glob = (struct slice){word.p, (size_t)eq};
	if (glob.n > SCOPE_PATTERN_MAX) {
		error_set(err, "a pattern has more than %d bytes",
		    SCOPE_PATTERN_MAX);
		return -1;
	}
	if (!glob_is_printable(glob)) {
		error_set(err, "a pattern must be printable ASCII");
		return -1;
	}
	if (scope_level_parse((struct slice){word.p + eq + 1,
				  word.n - (size_t)eq - 1},
		&level, err) == -1) {
		error_prefix(err, "%.*s", SLICE_ARG(glob));
		return -1;
	}
	if (s->npatterns == SCOPE_PATTERNS_MAX) {
		error_set(err, "more than %d patterns", SCOPE_PATTERNS_MAX);
		return -1;
	}
	s->patterns =
	    xreallocarray(s->patterns, s->npatterns + 1, sizeof *s->patterns);
	s->patterns[s->npatterns++] =
	    (struct scope_pattern){slice_dup(glob), level};
	return 0;
}

int
scope_parse(struct slice text, struct scope *out, struct error *err)
{
	struct slice	 rest = slice_trim(text), word;
	enum scope_level level = SCOPE_NONE;
	struct scope	 s;
	int		 r;

	scope_init(&s);
	if (rest.n == 0) {
		error_set(err, "no scope given");
		return -1;
	}
	slice_cut(&rest, ' ', &word);
	r = scope_level_parse(word, &level, err);
	s.level = level;
	while (r == 0 && slice_cut(&rest, ' ', &word))
		if (word.n > 0)
			r = parse_pattern(word, &s, err);
	if (r != 0) {
		scope_clear(&s);
		return -1;
	}
	*out = s;
	return 0;
}

int
scope_check(const struct scope *s, struct error *err)
{
	unsigned i;

	for (i = 0; i < s->npatterns; i++) {
		if (s->patterns[i].level <= s->level)
			continue;
		error_set(err,
		    "scope: %s=%s is more than %s, which stands in "
		    "front and bounds all patterns",
		    s->patterns[i].glob, scope_level_name(s->patterns[i].level),
		    scope_level_name(s->level));
		return -1;
	}
	return 0;
}

void
scope_format(const struct scope *s, struct buf *out)
{
	unsigned i;

	buf_adds(out, scope_level_name(s->level));
	for (i = 0; i < s->npatterns; i++) {
		buf_addc(out, ' ');
		buf_adds(out, s->patterns[i].glob);
		buf_addc(out, '=');
		buf_adds(out, scope_level_name(s->patterns[i].level));
	}
}

enum scope_level
scope_level_for(const struct scope *s, struct slice repository)
{
	enum scope_level best = SCOPE_NONE;
	unsigned	 i;

	if (s->npatterns == 0)
		return s->level;
	for (i = 0; i < s->npatterns && best < s->level; i++)
		if (s->patterns[i].level > best &&
		    glob_match(slice_of(s->patterns[i].glob), repository))
			best = s->patterns[i].level;
	return best < s->level ? best : s->level;
}

/*
 * Does everything that `inner` matches match `outer` too?  As glob_match with
 * `inner` for the text, but that `?`, any one byte, is not `*`, any run.
 */
static bool
glob_covers(struct slice outer, struct slice inner)
{
	size_t o = 0, i = 0, star_o = 0, star_i = 0;
	bool   starred = false;

	while (i < inner.n) {
		if (o < outer.n && outer.p[o] == '*') {
			starred = true;
			star_o = ++o;
			star_i = i;
		} else if (o < outer.n &&
		    (outer.p[o] == inner.p[i] ||
			(outer.p[o] == '?' && inner.p[i] != '*'))) {
			o++;
			i++;
		} else if (starred) {
			o = star_o;
			i = ++star_i;
		} else
			return false;
	}
	while (o < outer.n && outer.p[o] == '*')
		o++;
	return o == outer.n;
}

/* The least that `s` allows wherever the glob matches. */
static enum scope_level
least_for(const struct scope *s, const char *glob)
{
	enum scope_level best = SCOPE_NONE;
	unsigned	 i;

	if (s->npatterns == 0)
		return s->level;
	for (i = 0; i < s->npatterns; i++)
		if (s->patterns[i].level > best &&
		    glob_covers(slice_of(s->patterns[i].glob), slice_of(glob)))
			best = s->patterns[i].level;
	return best < s->level ? best : s->level;
}

bool
scope_is_within(const struct scope *inner, const struct scope *outer)
{
	enum scope_level level;
	unsigned	 i;

	if (inner->npatterns == 0)
		return inner->level <= least_for(outer, "*");
	for (i = 0; i < inner->npatterns; i++) {
		level = inner->patterns[i].level < inner->level ?
		    inner->patterns[i].level :
		    inner->level;
		if (level > least_for(outer, inner->patterns[i].glob))
			return false;
	}
	return true;
}
