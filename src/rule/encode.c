#include "rule/encode.h"

#include "base/buf.h"
#include "base/text.h"
#include "rule/fold.h"
#include "rule/regex.h"
#include "rule/value.h"

static const struct slice dashes[] = {
    {"-", 1},
    {"/", 1},
    {"\u2013", 3},
    {"\u2014", 3},
    {"\u2015", 3},
};
#define NDASHES (sizeof(dashes) / sizeof(dashes[0]))

/* What a step works on: the texts before it and those it makes. */
struct encode {
	struct arena	    *arena;
	struct placeholders *ph;
	struct text_list     out;
	size_t		     bytes;  /* of them */
	struct regex	    *letter; /* owned; NULL until one asks */
	struct error	    *err;
};

static int
put_text(struct encode *e, struct text t)
{
	struct text *more;

	e->bytes += t.s.n;
	if (e->out.n == ENCODE_TEXTS_MAX || e->bytes > ENCODE_BYTES_MAX) {
		error_set(e->err,
		    "this stands for more than %d values, or "
		    "%d MB of them",
		    ENCODE_TEXTS_MAX, ENCODE_BYTES_MAX / 1024 / 1024);
		return -1;
	}
	if (e->out.n == e->out.cap) {
		e->out.cap = e->out.cap == 0 ? 8 : 2 * e->out.cap;
		more = arena_alloc(e->arena, e->out.cap * sizeof(*more));
		if (e->out.n > 0)
			memcpy(more, e->out.list, e->out.n * sizeof(*more));
		e->out.list = more;
	}
	e->out.list[e->out.n++] = t;
	return 0;
}

/* Bounds how deep the combinations go. */
static int
check_places(struct encode *e, unsigned places, const char *what)
{
	if (places <= ENCODE_PLACES_MAX)
		return 0;
	error_set(e->err, "more than %d %s in one value", ENCODE_PLACES_MAX,
	    what);
	return -1;
}

/* `t` with the bytes from..to replaced. */
static struct text
splice(struct arena *a, const struct text *t, size_t from, size_t to,
    struct slice by)
{
	size_t	    n = t->s.n - (to - from) + by.n;
	struct text r = *t;
	char	   *p = arena_bytes(a, n + 1);

	memcpy(p, t->s.p, from);
	if (by.n > 0)
		memcpy(p + from, by.p, by.n);
	memcpy(p + from + by.n, t->s.p + to, t->s.n - to);
	r.s = (struct slice){p, n};
	return r;
}

/* ---- windash ---- */

/*
 * Is the character that begins at s.p one of a word?  Letters and digits of
 * any script are; they are rare here, and RE2 knows them.
 */
static bool
is_word(struct encode *e, struct slice s)
{
	static const char letters[] = "[\\pL\\pN]";
	char		  c = s.p[0];
	unsigned	  len;

	if ((c & 0x80) == 0 || c == PATTERN_RUN || c == PATTERN_ONE)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '_';
	fold_decode(s, &len);
	if (e->letter == NULL)
		e->letter = regex_new(letters, sizeof(letters) - 1, 0, NULL, 0);
	return e->letter != NULL && regex_search(e->letter, s.p, len);
}

static bool
is_word_before(struct encode *e, struct slice s, size_t i)
{
	if (i == 0)
		return false;
	do
		i--;
	while (i > 0 && ((unsigned char)s.p[i] & 0xC0) == 0x80);
	return is_word(e, (struct slice){s.p + i, s.n - i});
}

/* A dash that may begin an option: " -x", "/x", but not that of "a-b". */
static bool
is_option(struct encode *e, struct slice s, size_t i)
{
	return (s.p[i] == '-' || s.p[i] == '/') && i + 1 < s.n &&
	    is_word(e, (struct slice){s.p + i + 1, s.n - i - 1}) &&
	    !is_word_before(e, s, i);
}

/*
 * All combinations from byte `i` on, behind `places` dashes.  An option's
 * dash is neither a word before nor behind another, so that one put in
 * changes nothing for the rest.
 */
static int
put_dashes(struct encode *e, const struct text *t, size_t i, unsigned places)
{
	struct text with;
	size_t	    d;

	while (i < t->s.n && !is_option(e, t->s, i))
		i++;
	if (i == t->s.n)
		return put_text(e, *t);
	if (check_places(e, places + 1, "dashes") != 0)
		return -1;
	for (d = 0; d < NDASHES; d++) {
		with = splice(e->arena, t, i, i + 1, dashes[d]);
		if (put_dashes(e, &with, i + dashes[d].n, places + 1) != 0)
			return -1;
	}
	return 0;
}

/* ---- expand ---- */

/*
 * The next %name% at or behind `start`, without a backslash in front; its
 * bytes, with the signs, are *from..*to.
 */
static bool
find_placeholder(struct slice s, size_t start, size_t *from, size_t *to)
{
	size_t i, j;

	for (i = start; i < s.n; i++) {
		if (s.p[i] != '%' || (i > start && s.p[i - 1] == '\\'))
			continue;
		for (j = i + 1; j < s.n && s.p[j] != '%' &&
		     s.p[j] != PATTERN_RUN && s.p[j] != PATTERN_ONE;
		     j++)
			;
		if (j > i + 1 && j < s.n && s.p[j] == '%') {
			*from = i;
			*to = j + 1;
			return true;
		}
	}
	return false;
}

/* What placeholders are usually named with. */
static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ' ';
}

struct slice
encode_kept(const struct text *t)
{
	struct slice s = t->s;
	size_t	     i, j;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] != '%' || s.p[i - 1] != '\\')
			continue;
		for (j = i + 1; j < s.n && is_name(s.p[j]); j++)
			;
		if (j > i + 1 && j < s.n && s.p[j] == '%')
			return (struct slice){s.p + i, j + 1 - i};
	}
	return (struct slice){NULL, 0};
}

/* "\%" is a percent sign. */
static struct text
drop_backslashes(struct arena *a, const struct text *t)
{
	struct text r = *t;
	char	   *p = arena_bytes(a, t->s.n + 1);
	size_t	    i, n = 0;

	for (i = 0; i < t->s.n; i++) {
		if (t->s.p[i] == '\\' && i + 1 < t->s.n && t->s.p[i + 1] == '%')
			i++;
		p[n++] = t->s.p[i];
	}
	r.s = (struct slice){p, n};
	return r;
}

static const struct rule_placeholder *
placeholder_find(const struct placeholders *ph, struct slice name)
{
	size_t i;

	for (i = 0; i < ph->n; i++)
		if (slice_is(name, ph->list[i].name))
			return &ph->list[i];
	return NULL;
}

/*
 * All combinations of what stands for the placeholders from byte `i` on; the
 * bytes before are done, so that a value's own % signs mean nothing.
 */
static int
put_expanded(struct encode *e, const struct text *t, size_t i, unsigned places)
{
	const struct rule_placeholder *p;
	struct text		       rest, with, value;
	struct slice		       name, mark;
	size_t			       from, to, v;

	if (!find_placeholder(t->s, i, &from, &to)) {
		rest = (struct text){.s = {t->s.p + i, t->s.n - i}};
		rest = drop_backslashes(e->arena, &rest);
		return put_text(e, splice(e->arena, t, i, t->s.n, rest.s));
	}
	if (check_places(e, places + 1, "placeholders") != 0)
		return -1;
	rest = (struct text){.s = {t->s.p + i, from - i}};
	rest = drop_backslashes(e->arena, &rest);
	name = (struct slice){t->s.p + from + 1, to - from - 2};
	p = placeholder_find(e->ph, name);
	if (p == NULL || p->n == 0) {
		error_set(e->err,
		    "no values are configured for the "
		    "placeholder '%%%.*s%%'",
		    SLICE_ARG(name));
		return -1;
	}
	for (v = 0; v < p->n; v++) {
		mark = slice_of(p->values[v]);
		if (!t->regex)
			mark = pattern_mark(e->arena, mark);
		value = splice(e->arena, &rest, rest.s.n, rest.s.n, mark);
		with = splice(e->arena, t, i, to, value.s);
		with.wild = t->wild || (!t->regex && pattern_is_wild(mark));
		e->ph->used = e->ph->used * 31 + crc32_of(mark);
		if (put_expanded(e, &with, i + value.s.n, places + 1) != 0)
			return -1;
	}
	return 0;
}

/* ---- encodings ---- */

static int
check_plain(struct encode *e, const struct text *t, const char *name)
{
	if (!t->wild)
		return 0;
	error_set(e->err, "'%s' cannot encode a wildcard", name);
	return -1;
}

/* The base64 digits first..end - 1 of `lead` zero bytes and the text. */
static struct text
base64_part(struct arena *a, struct slice s, size_t lead, size_t first,
    size_t end)
{
	struct buf  raw, out;
	struct text r;

	buf_init(&raw);
	buf_init(&out);
	buf_add(&raw, "\0\0", lead);
	buf_addslice(&raw, s);
	base64_encode(&out, raw.p != NULL ? raw.p : "", raw.n);
	if (end > out.n)
		end = out.n;
	r = (struct text){
	    .s = arena_slice(a,
		(struct slice){out.n > 0 ? out.p + first : "", end - first})};
	buf_clear(&raw);
	buf_clear(&out);
	return r;
}

static int
put_base64(struct encode *e, const struct text *t)
{
	if (check_plain(e, t, "base64") != 0)
		return -1;
	return put_text(e, base64_part(e->arena, t->s, 0, 0, SIZE_MAX));
}

/*
 * The text may begin at each of the three places of a group.  Six bits are a
 * digit: those that the text alone decides are kept.  Of one byte alone that
 * can be none, which would be found everywhere.
 */
static int
put_base64offset(struct encode *e, const struct text *t)
{
	size_t lead;

	if (check_plain(e, t, "base64offset") != 0)
		return -1;
	if (t->s.n < 2) {
		error_set(e->err, "'base64offset' needs two bytes at least");
		return -1;
	}
	for (lead = 0; lead < 3; lead++)
		if (put_text(e,
			base64_part(e->arena, t->s, lead, (8 * lead + 5) / 6,
			    8 * (lead + t->s.n) / 6)) != 0)
			return -1;
	return 0;
}

static bool
is_mark(char c)
{
	return c == PATTERN_RUN || c == PATTERN_ONE;
}

static size_t
put_unit(char *p, unsigned unit, bool big)
{
	p[0] = (char)(big ? unit >> 8 : unit & 0xFF);
	p[1] = (char)(big ? unit & 0xFF : unit >> 8);
	return 2;
}

static size_t
put_point(char *p, uint32_t cp, bool big)
{
	if (cp < 0x10000)
		return put_unit(p, cp, big);
	cp -= 0x10000;
	put_unit(p, 0xD800 | cp >> 10, big);
	return 2 + put_unit(p + 2, 0xDC00 | (cp & 0x3FF), big);
}

/* Wildcards stay as they are, between what the rest becomes. */
static int
put_utf16(struct encode *e, const struct text *t, bool big, bool mark)
{
	char	    *p = arena_bytes(e->arena, 2 * t->s.n + 3);
	struct text  r = {.wild = t->wild, .raw = mark || t->raw};
	struct slice rest = t->s;
	unsigned     len;
	uint32_t     cp;
	size_t	     n = 0, i;

	r.clash = mark || t->clash;
	if (mark)
		n = put_unit(p, 0xFEFF, big);
	for (; rest.n > 0; rest.p += len, rest.n -= len) {
		cp = fold_decode(rest, &len);
		if (t->wild && is_mark(*rest.p)) {
			p[n++] = *rest.p;
			continue;
		}
		i = n;
		n += put_point(p + n, cp, big);
		r.raw = r.raw || cp >= 0x80;
		for (; i < n; i++)
			r.clash = r.clash || is_mark(p[i]);
	}
	r.s = (struct slice){p, n};
	return put_text(e, r);
}

static int
put_step(struct encode *e, enum encode_step step, const struct text *t)
{
	switch (step) {
	case ENCODE_WINDASH:
		return put_dashes(e, t, 0, 0);
	case ENCODE_EXPAND:
		return put_expanded(e, t, 0, 0);
	case ENCODE_BASE64:
		return put_base64(e, t);
	case ENCODE_BASE64OFFSET:
		return put_base64offset(e, t);
	case ENCODE_UTF16LE:
		return put_utf16(e, t, false, false);
	case ENCODE_UTF16BE:
		return put_utf16(e, t, true, false);
	case ENCODE_UTF16:
		return put_utf16(e, t, false, true);
	}
	return -1;
}

struct text_list
encode_begin(struct arena *a, struct slice sigma)
{
	struct text *t = arena_zalloc(a, sizeof(*t));

	t->s = pattern_mark(a, sigma);
	t->wild = pattern_is_wild(t->s);
	return (struct text_list){t, 1, 1};
}

struct text_list
encode_begin_regex(struct arena *a, struct slice regex)
{
	struct text *t = arena_zalloc(a, sizeof(*t));

	t->s = regex;
	t->regex = true;
	return (struct text_list){t, 1, 1};
}

int
encode_step(struct arena *a, enum encode_step step, struct placeholders *ph,
    struct text_list *texts, struct error *err)
{
	struct encode e = {.arena = a, .ph = ph, .err = err};
	size_t	      i;
	int	      r = 0;

	for (i = 0; i < texts->n && r == 0; i++)
		r = put_step(&e, step, &texts->list[i]);
	regex_free(&e.letter);
	if (r == 0)
		*texts = e.out;
	return r;
}

bool
encode_is_text(const struct text *t)
{
	struct slice s = t->s;
	size_t	     n;

	if (!t->raw)
		return true;
	if (t->clash)
		return false;
	while (s.n > 0) {
		for (n = 0; n < s.n && !is_mark(s.p[n]); n++)
			;
		if (!slice_is_utf8((struct slice){s.p, n}))
			return false;
		n += n < s.n;
		s = (struct slice){s.p + n, s.n - n};
	}
	return true;
}
