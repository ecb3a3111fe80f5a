#include "patrolctl/csv.h"

#include <stdio.h>

#include "patrolctl/glyph.h"

/* With a tab or a carriage return in front, spreadsheets see it all the
 * same (OWASP, CSV injection). */
static bool
is_like_formula(struct slice s)
{
	return s.n > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL;
}

static bool
needs_quotes(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == ',')
			return true;
	return false;
}

void
csv_cell(struct buf *out, struct slice text, bool number)
{
	bool	   formula = !number && is_like_formula(text), quotes;
	struct buf b;
	size_t	   i;

	buf_init(&b);
	glyph_escape(&b, text);
	quotes = needs_quotes(buf_slice(&b));
	if (quotes)
		buf_addc(out, '"');
	if (formula)
		buf_addc(out, '\'');
	for (i = 0; i < b.n; i++) {
		if (b.p[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, b.p[i]);
	}
	if (quotes)
		buf_addc(out, '"');
	buf_clear(&b);
}

void
csv_head(struct buf *out, struct slice fields)
{
	struct slice name;
	const char  *sep = "";

	while (slice_cut(&fields, ' ', &name)) {
		buf_adds(out, sep);
		csv_cell(out, name, false);
		sep = ",";
	}
	buf_adds(out, "\r\n");
}

/* Several values of one field are the members of a list. */
static void
field_cell(struct buf *out, const struct fields *item, struct slice name)
{
	const struct json_field *j;
	struct slice		 key, raw;
	struct buf		 b;
	size_t			 at = 0;
	bool			 found = false, number = false;
	char			 text[64];

	buf_init(&b);
	while (answer_next(item, &at, &key, &j)) {
		if (!slice_eq(key, name) || j->type == JSON_NULL ||
		    j->type == JSON_EMPTY)
			continue;
		if (found)
			buf_addc(&b, ' ');
		buf_addslice(&b, j->value);
		number = !found && j->type == JSON_NUMBER;
		found = true;
	}
	snprintf(text, sizeof text, "%.*s", SLICE_ARG(name));
	raw = found ? (struct slice){NULL, 0} : answer_raw(item->raw, text);
	if (raw.n > 2 && raw.p[0] == '{')
		buf_addslice(&b, raw);
	csv_cell(out, buf_slice(&b), number);
	buf_clear(&b);
}

void
csv_row(struct buf *out, struct slice fields, const struct fields *item)
{
	struct slice name;
	const char  *sep = "";

	while (slice_cut(&fields, ' ', &name)) {
		buf_adds(out, sep);
		field_cell(out, item, name);
		sep = ",";
	}
	buf_adds(out, "\r\n");
}
