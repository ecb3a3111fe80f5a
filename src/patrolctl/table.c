#include "patrolctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "patrolctl/glyph.h"

#define GAP    2 /* blanks between columns */
#define INDENT 4 /* of second lines */

void
table_init(struct table *t, const struct table_column *column, unsigned n,
    unsigned width, bool color)
{
	memset(t, 0, sizeof *t);
	t->column = column;
	t->n = n;
	t->width = width;
	t->color = color;
	t->cell = xcalloc((size_t)n * TABLE_ROWS, sizeof *t->cell);
	arena_init(&t->arena);
}

void
table_clear(struct table *t)
{
	free(t->cell);
	arena_clear(&t->arena);
	memset(t, 0, sizeof *t);
}

void
table_add(struct table *t, struct slice text, enum style style)
{
	struct buf b;

	buf_init(&b);
	glyph_escape(&b, text);
	t->cell[t->ncell].text = arena_slice(&t->arena, buf_slice(&b));
	t->cell[t->ncell++].style = style;
	buf_clear(&b);
}

bool
table_is_full(const struct table *t)
{
	return t->ncell == (size_t)t->n * TABLE_ROWS;
}

static bool
is_on_top(const struct table *t, unsigned c)
{
	return !t->split || t->column[c].below == NULL;
}

static size_t
total_width(const struct table *t)
{
	size_t	 sum = 0;
	unsigned c;

	for (c = 0; c < t->n; c++)
		if (is_on_top(t, c))
			sum += t->wide[c] + (sum > 0 ? GAP : 0);
	return sum;
}

/* Takes from the widest that can give, until it fits or none can. */
static void
shrink(struct table *t)
{
	unsigned c, widest;

	while (total_width(t) > t->width) {
		widest = t->n;
		for (c = 0; c < t->n; c++)
			if (is_on_top(t, c) && t->column[c].shrink > 0 &&
			    t->wide[c] > t->column[c].shrink &&
			    (widest == t->n || t->wide[c] > t->wide[widest]))
				widest = c;
		if (widest == t->n)
			return;
		t->wide[widest]--;
	}
}

static void
measure(struct table *t)
{
	size_t	 i, w, natural[TABLE_COLUMNS];
	unsigned c;

	for (c = 0; c < t->n; c++)
		t->wide[c] = strlen(t->column[c].head);
	for (i = 0; i < t->ncell; i++) {
		w = glyph_width(t->cell[i].text);
		if (w > t->wide[i % t->n])
			t->wide[i % t->n] = w;
	}
	t->measured = true;
	if (t->width == 0)
		return;
	memcpy(natural, t->wide, sizeof natural);
	shrink(t);
	if (total_width(t) <= t->width)
		return;
	memcpy(t->wide, natural, sizeof natural);
	t->split = true;
	shrink(t);
}

void
style_add(struct buf *out, struct slice text, enum style style, bool color)
{
	static const char *const codes[] = {[STYLE_PLAIN] = NULL,
	    [STYLE_DIM] = "2",
	    [STYLE_BOLD] = "1",
	    [STYLE_GOOD] = "32",
	    [STYLE_WARN] = "33",
	    [STYLE_BAD] = "31",
	    [STYLE_LOUD] = "1;31"};

	if (!color || codes[style] == NULL) {
		buf_addslice(out, text);
		return;
	}
	buf_addf(out, "\033[%sm", codes[style]);
	buf_addslice(out, text);
	buf_adds(out, "\033[0m");
}

static void
pad(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_addc(out, ' ');
}

/* The top line of a row; blanks at its end are left out. */
static void
print_top(const struct table *t, const struct table_cell *cell, struct buf *out)
{
	struct buf b;
	size_t	   w, due = 0;
	unsigned   c;
	bool	   right;

	buf_init(&b);
	for (c = 0; c < t->n; c++) {
		if (!is_on_top(t, c))
			continue;
		b.n = 0;
		w = t->width == 0 && glyph_width(cell[c].text) > t->wide[c] ?
		    glyph_width(cell[c].text) :
		    t->wide[c];
		w -= glyph_cut(&b, cell[c].text, w);
		right = t->column[c].right;
		if (b.n > 0) {
			pad(out, due + (right ? w : 0));
			style_add(out, buf_slice(&b), cell[c].style, t->color);
			due = right ? 0 : w;
		} else
			due += w;
		due += GAP;
	}
	buf_addc(out, '\n');
	buf_clear(&b);
}

/* One cell of a second line, on another line if it does not fit; *at is the
 * column that the line has reached. */
static void
print_part(const struct table *t, const char *name,
    const struct table_cell *cell, size_t *at, struct buf *out)
{
	struct buf b;
	size_t	   named = name[0] != '\0' ? strlen(name) + 1 : 0;
	size_t	   room, w;

	room = t->width > INDENT + named + 8 ? t->width - INDENT - named : 8;
	buf_init(&b);
	w = named + glyph_cut(&b, cell->text, room);
	if (*at > 0 && *at + GAP + w > t->width) {
		buf_addc(out, '\n');
		*at = 0;
	}
	pad(out, *at == 0 ? INDENT : GAP);
	*at += w + (*at == 0 ? INDENT : GAP);
	style_add(out, slice_of(name), STYLE_DIM, t->color);
	if (named > 0)
		buf_addc(out, ' ');
	style_add(out, buf_slice(&b), cell->style, t->color);
	buf_clear(&b);
}

static void
print_below(const struct table *t, const struct table_cell *cell,
    struct buf *out)
{
	size_t	 at = 0;
	unsigned c;

	for (c = 0; c < t->n; c++)
		if (!is_on_top(t, c) && cell[c].text.n > 0)
			print_part(t, t->column[c].below, &cell[c], &at, out);
	if (at > 0)
		buf_addc(out, '\n');
}

static void
print_head(const struct table *t, struct buf *out)
{
	struct table_cell head[TABLE_COLUMNS];
	unsigned	  c;

	for (c = 0; c < t->n; c++)
		head[c] = (struct table_cell){slice_of(t->column[c].head),
		    STYLE_BOLD};
	print_top(t, head, out);
}

void
table_print(struct table *t, struct buf *out)
{
	size_t i;

	if (t->ncell == 0)
		return;
	if (!t->measured) {
		measure(t);
		print_head(t, out);
	}
	for (i = 0; i < t->ncell; i += t->n) {
		print_top(t, &t->cell[i], out);
		if (t->split)
			print_below(t, &t->cell[i], out);
	}
	t->ncell = 0;
	arena_reset(&t->arena);
}
