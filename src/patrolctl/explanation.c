#include "patrolctl/explanation.h"

#include <inttypes.h>

#include "patrolctl/glyph.h"
#include "rule/explain.h"
#include "use/json.h"

/* The JSON, with its shape: see use/json.h.  A place is an index of it. */
struct doc {
	struct ctl		*ctl;
	const struct json_field *f;
	size_t			 n;
};

#define NOWHERE SIZE_MAX
#define TOP	(SIZE_MAX - 1) /* the object itself has no place */

/* --- finding one's way -------------------------------------------------- */

static bool
is_open(const struct doc *d, size_t at)
{
	return d->f[at].type == JSON_OBJECT || d->f[at].type == JSON_LIST;
}

/* The place behind a value and all that is in it. */
static size_t
skip(const struct doc *d, size_t at)
{
	size_t depth = 0;

	do {
		if (is_open(d, at))
			depth++;
		else if (d->f[at].type == JSON_END)
			depth--;
		at++;
	} while (depth > 0 && at < d->n);
	return at;
}

/* The first in an object or list, and the one behind; NOWHERE at the end. */
static size_t
first_in(const struct doc *d, size_t at)
{
	if (at == TOP)
		return d->n > 0 ? 0 : NOWHERE;
	if (at == NOWHERE || !is_open(d, at) || d->f[at + 1].type == JSON_END)
		return NOWHERE;
	return at + 1;
}

static size_t
next_in(const struct doc *d, size_t at)
{
	at = skip(d, at);
	return at < d->n && d->f[at].type != JSON_END ? at : NOWHERE;
}

static size_t
get(const struct doc *d, size_t at, const char *key)
{
	size_t i;

	for (i = first_in(d, at); i != NOWHERE; i = next_in(d, i))
		if (slice_is(d->f[i].key, key))
			return i;
	return NOWHERE;
}

static struct slice
text(const struct doc *d, size_t at, const char *key)
{
	size_t i = get(d, at, key);

	return i != NOWHERE && !is_open(d, i) ? d->f[i].value :
						(struct slice){NULL, 0};
}

static bool
holds(const struct doc *d, size_t at)
{
	return slice_is(text(d, at, "held"), "true");
}

/* --- writing ------------------------------------------------------------ */

static void
put(const struct doc *d, struct slice s)
{
	glyph_escape(&d->ctl->out, s);
}

static void
put_quoted(const struct doc *d, struct slice s)
{
	buf_addc(&d->ctl->out, '"');
	put(d, s);
	buf_addc(&d->ctl->out, '"');
}

static void
put_dim(const struct doc *d, const char *s)
{
	style_add(&d->ctl->out, slice_of(s), STYLE_DIM, d->ctl->color);
}

static void
indent(const struct doc *d, unsigned n)
{
	buf_addf(&d->ctl->out, "%*s", (int)n, "");
}

static void
put_held(const struct doc *d, size_t at)
{
	bool held = holds(d, at);

	style_add(&d->ctl->out, held ? SLICE("yes  ") : SLICE("no   "),
	    held ? STYLE_GOOD : STYLE_BAD, d->ctl->color);
}

static void
put_left_out(const struct doc *d, size_t at, const char *key, unsigned in)
{
	struct slice n = text(d, at, key);

	if (n.n == 0)
		return;
	indent(d, in);
	buf_addf(&d->ctl->out, "... and %.*s more\n", SLICE_ARG(n));
}

/* "a, b, c" */
static void
put_list(const struct doc *d, size_t at)
{
	const char *sep = "";
	size_t	    i;

	for (i = first_in(d, at); i != NOWHERE; i = next_in(d, i)) {
		buf_adds(&d->ctl->out, sep);
		put(d, d->f[i].value);
		sep = ", ";
	}
}

/* --- detections --------------------------------------------------------- */

/* `outcome|contains: a, b` */
static void
put_item_head(const struct doc *d, size_t at)
{
	struct slice field = text(d, at, "field"), mods, more;

	mods = text(d, at, "modifiers");
	more = text(d, at, "values_left_out");
	put(d, field.p != NULL ? field : SLICE("any field"));
	if (mods.n > 0) {
		buf_addc(&d->ctl->out, '|');
		put(d, mods);
	}
	buf_adds(&d->ctl->out, ": ");
	if (get(d, at, "exists") != NOWHERE)
		put(d, text(d, at, "exists"));
	put_list(d, get(d, at, "values"));
	if (more.n > 0)
		buf_addf(&d->ctl->out, ", ... and %.*s more", SLICE_ARG(more));
	buf_addc(&d->ctl->out, '\n');
}

static void
put_member(const struct doc *d, size_t at, unsigned in)
{
	struct slice by = text(d, at, "by"), value = text(d, at, "value");

	indent(d, in);
	put_dim(d, "it is ");
	if (value.p == NULL)
		buf_adds(&d->ctl->out, "null");
	else
		put_quoted(d, value);
	if (by.p != NULL && !slice_eq(by, value)) {
		put_dim(d, ", which matches ");
		put_quoted(d, by);
	}
	buf_addc(&d->ctl->out, '\n');
}

static void
put_item(const struct doc *d, size_t at, unsigned in)
{
	size_t members = get(d, at, "members"), i;

	indent(d, in);
	put_held(d, at);
	put_item_head(d, at);
	in += 7;
	if (first_in(d, members) == NOWHERE && text(d, at, "field").p != NULL &&
	    text(d, at, "left_out").p == NULL) {
		indent(d, in);
		put_dim(d, "the use has no such field\n");
	}
	for (i = first_in(d, members); i != NOWHERE; i = next_in(d, i))
		put_member(d, i, in);
	put_left_out(d, at, "left_out", in);
}

static void
put_search(const struct doc *d, size_t at, unsigned in)
{
	struct slice op = text(d, at, "op");
	size_t	     i;

	if (op.p == NULL) {
		put_item(d, at, in);
		return;
	}
	indent(d, in);
	put_held(d, at);
	buf_adds(&d->ctl->out,
	    slice_is(op, "and")	   ? "all of\n" :
		slice_is(op, "or") ? "any of\n" :
				     "not\n");
	for (i = first_in(d, get(d, at, "of")); i != NOWHERE; i = next_in(d, i))
		put_search(d, i, in + 5);
	put_left_out(d, at, "left_out", in + 5);
}

/* What an identifier says; one that is a map of items without its "all of". */
static void
put_identifier(const struct doc *d, size_t at, unsigned in)
{
	size_t search = get(d, at, "search"), i;

	indent(d, in);
	put_held(d, at);
	put(d, text(d, at, "name"));
	buf_addc(&d->ctl->out, '\n');
	in += 5;
	if (!slice_is(text(d, search, "op"), "and")) {
		put_search(d, search, in);
		return;
	}
	for (i = first_in(d, get(d, search, "of")); i != NOWHERE;
	     i = next_in(d, i))
		put_search(d, i, in);
	put_left_out(d, search, "left_out", in);
}

/* The condition; its parts, unless there is but one; the identifiers. */
static void
put_condition(const struct doc *d, size_t at, unsigned in)
{
	size_t	     cond = get(d, at, "condition"), i;
	struct slice whole = text(d, cond, "text");

	indent(d, in);
	put_held(d, cond);
	put_dim(d, "condition: ");
	put(d, whole);
	buf_addc(&d->ctl->out, '\n');
	for (i = first_in(d, get(d, cond, "parts")); i != NOWHERE;
	     i = next_in(d, i)) {
		if (slice_eq(text(d, i, "text"), whole))
			continue;
		indent(d, in + 5);
		put_held(d, i);
		put(d, text(d, i, "text"));
		buf_addc(&d->ctl->out, '\n');
	}
	for (i = first_in(d, get(d, at, "identifiers")); i != NOWHERE;
	     i = next_in(d, i))
		put_identifier(d, i, in);
	put_left_out(d, at, "left_out", in);
}

static void
put_filters(const struct doc *d, size_t at)
{
	size_t i;

	for (i = first_in(d, get(d, at, "filters")); i != NOWHERE;
	     i = next_in(d, i)) {
		indent(d, 2);
		put_dim(d, "filter: ");
		put(d, text(d, i, "title"));
		buf_addc(&d->ctl->out, '\n');
		put_condition(d, i, 4);
	}
}

/* --- correlations ------------------------------------------------------- */

static void
put_time(const struct doc *d, struct slice s)
{
	usec_t t;

	if (time_parse(s, &t) == 0)
		print_exactly(&d->ctl->out, t, d->ctl->now);
	else
		buf_adds(&d->ctl->out, "not in the window");
}

static struct slice
entry_time(const struct doc *d, size_t at)
{
	static const char *const keys[] = {"time", "last", "start"};
	struct slice		 s = {NULL, 0};
	size_t			 i;

	for (i = 0; i < 3 && s.p == NULL; i++)
		s = text(d, at, keys[i]);
	return s;
}

static void
put_entry(const struct doc *d, size_t at)
{
	size_t value = get(d, at, "value");

	indent(d, 9);
	put_time(d, entry_time(d, at));
	if (get(d, at, "rule") != NOWHERE) {
		buf_adds(&d->ctl->out, "  ");
		put(d, text(d, at, "rule"));
	}
	if (get(d, at, "count") != NOWHERE) {
		buf_adds(&d->ctl->out, "  x ");
		put(d, text(d, at, "count"));
	}
	if (value != NOWHERE) {
		buf_adds(&d->ctl->out, "  ");
		if (is_open(d, value))
			put_list(d, value);
		else
			put(d, d->f[value].value);
	}
	buf_addc(&d->ctl->out, '\n');
}

static void
put_measured(const struct doc *d, size_t at)
{
	struct slice measured = text(d, at, "measured");
	struct slice before = text(d, at, "before");

	buf_adds(&d->ctl->out, "measured: ");
	put(d, measured.p != NULL ? measured : SLICE("nothing"));
	if (before.p != NULL) {
		buf_adds(&d->ctl->out, ", without this use ");
		put(d, before);
	}
	if (!slice_is(text(d, at, "fed"), "true"))
		put_dim(d, "; this use does not count here");
	if (slice_is(text(d, at, "late"), "true"))
		put_dim(d, "; this use is late, newer ones are shown too");
	buf_addc(&d->ctl->out, '\n');
}

static void
put_group(const struct doc *d, size_t at)
{
	const char *sep = "";
	size_t	    key = get(d, at, "key"), i;

	indent(d, 2);
	put_held(d, at);
	put_dim(d, "group: ");
	if (first_in(d, key) == NOWHERE)
		buf_adds(&d->ctl->out, "all uses");
	for (i = first_in(d, key); i != NOWHERE; i = next_in(d, i)) {
		buf_adds(&d->ctl->out, sep);
		put(d, d->f[i].key);
		buf_addc(&d->ctl->out, '=');
		put(d, d->f[i].value);
		sep = " ";
	}
	buf_addc(&d->ctl->out, '\n');
	indent(d, 7);
	put_measured(d, at);
	for (i = first_in(d, get(d, at, "window")); i != NOWHERE;
	     i = next_in(d, i))
		put_entry(d, i);
	put_left_out(d, at, "left_out", 9);
}

static void
put_correlation(const struct doc *d, size_t at)
{
	char	     span[TIME_TEXT_MAX];
	struct slice lacks = text(d, at, "lacks");
	int64_t	     seconds = 0;
	size_t	     i;

	(void)slice_int(text(d, at, "timespan_seconds"), 0,
	    INT64_MAX / USEC_SEC, &seconds);
	(void)span_words(seconds * USEC_SEC, span);
	indent(d, 2);
	put_dim(d, "wants: ");
	put(d, text(d, get(d, at, "condition"), "text"));
	if (get(d, at, "field") != NOWHERE) {
		buf_adds(&d->ctl->out, " of ");
		put_list(d, get(d, at, "field"));
	}
	buf_addf(&d->ctl->out, " within %s", span);
	if (get(d, at, "group_by") != NOWHERE) {
		buf_adds(&d->ctl->out, ", by ");
		put_list(d, get(d, at, "group_by"));
	}
	buf_addc(&d->ctl->out, '\n');
	for (i = first_in(d, get(d, at, "rules")); i != NOWHERE;
	     i = next_in(d, i)) {
		indent(d, 2);
		put_held(d, i);
		put_dim(d, "rule: ");
		put(d, text(d, i, "title"));
		buf_addc(&d->ctl->out, '\n');
	}
	if (lacks.p != NULL) {
		indent(d, 2);
		buf_adds(&d->ctl->out,
		    "the use does not count: it has no "
		    "single usable value for ");
		put(d, lacks);
		buf_addc(&d->ctl->out, '\n');
	}
	for (i = first_in(d, get(d, at, "groups")); i != NOWHERE;
	     i = next_in(d, i))
		put_group(d, i);
	put_left_out(d, at, "groups_left_out", 2);
}

/* --- a rule --------------------------------------------------------------- */

static void
put_rule(const struct doc *d, size_t at)
{
	bool	     held = holds(d, at);
	struct slice line = text(d, at, "line");

	put(d, text(d, at, "title"));
	buf_adds(&d->ctl->out, ": ");
	style_add(&d->ctl->out, held ? SLICE("holds") : SLICE("does not hold"),
	    held ? STYLE_GOOD : STYLE_BOLD, d->ctl->color);
	buf_addc(&d->ctl->out, '\n');
	indent(d, 2);
	put_dim(d, "from: ");
	put(d, text(d, at, "file"));
	buf_addf(&d->ctl->out, ":%.*s\n", SLICE_ARG(line));
	if (get(d, at, "groups") != NOWHERE) {
		put_correlation(d, at);
		return;
	}
	put_condition(d, at, 2);
	put_filters(d, at);
}

/* Which stored uses it counted: numbers of `activity list`. */
static void
put_uses(const struct doc *d)
{
	size_t i = first_in(d, get(d, TOP, "uses"));

	if (i == NOWHERE)
		return;
	indent(d, 2);
	put_dim(d, "uses:");
	for (; i != NOWHERE; i = next_in(d, i)) {
		buf_addc(&d->ctl->out, ' ');
		put(d, d->f[i].value);
	}
	buf_addc(&d->ctl->out, '\n');
}

static void
put_all(const struct doc *d)
{
	size_t i;

	put_rule(d, TOP);
	put_uses(d);
	for (i = first_in(d, get(d, TOP, "based_on")); i != NOWHERE;
	     i = next_in(d, i)) {
		buf_addc(&d->ctl->out, '\n');
		put_rule(d, i);
	}
	put_left_out(d, TOP, "based_on_left_out", 0);
}

void
explanation_print(struct ctl *ctl, struct slice json)
{
	static const struct json_limits limits = {.text = 8 *
		(EXPLAIN_BYTES + EXPLAIN_OVER),
	    .string = EXPLAIN_BYTES,
	    .fields = EXPLAIN_BYTES,
	    .depth = 16,
	    .tree = true};
	struct json_reader	       *r = json_reader_new(&limits);
	struct doc			d = {.ctl = ctl};
	struct error			err;

	if (json_read_copy(r, json, &d.f, &d.n, &err) == JSON_OK)
		put_all(&d);
	else
		ctl_complain(slice_of(err.text));
	json_reader_free(&r);
}
