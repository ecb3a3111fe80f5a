/*
 * fuzz-screen - strangers' text on its way to an admin's terminal.
 *
 * The input is a byte for the width and then cells between lines "%%".
 *
 * Reaches: patrolctl/glyph, patrolctl/table, patrolctl/print.
 *
 * No line that comes out can move a cursor, whatever goes in; text that is
 * cut takes the columns that it says, and no more than it may.
 */
#include "fuzz.h"
#include "patrolctl/glyph.h"
#include "patrolctl/print.h"
#include "patrolctl/table.h"

#define COLUMNS 4

static const struct table_column columns[COLUMNS] = {
    {.head = "DESCRIPTION", .shrink = 8},
    {.head = "ID"},
    {.head = "USES", .right = true},
    {.head = "WITH", .shrink = 5, .below = "with"},
};

/* Each line for itself: the newlines between them are ours. */
static void
check_lines(const struct buf *b)
{
	struct slice rest = buf_slice(b), line;

	while (slice_cut(&rest, '\n', &line))
		FUZZ_CHECK(fuzz_is_tame(line));
}

static void
check_cut(struct slice text, size_t width)
{
	struct buf escaped, cut;
	size_t	   n;

	buf_init(&escaped);
	buf_init(&cut);
	glyph_escape(&escaped, text);
	FUZZ_CHECK(fuzz_is_tame(buf_slice(&escaped)));
	n = glyph_cut(&cut, buf_slice(&escaped), width);
	FUZZ_CHECK(n <= width && n == glyph_width(buf_slice(&cut)));
	FUZZ_CHECK(fuzz_is_tame(buf_slice(&cut)));
	buf_clear(&escaped);
	buf_clear(&cut);
}

static void
check_card(struct slice text)
{
	struct buf  b;
	struct card c = {.out = &b, .now = FUZZ_NOW, .width = 12};

	buf_init(&b);
	card_text(&c, "description", text, STYLE_LOUD);
	print_line(&b, text);
	check_lines(&b);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool  started;
	struct slice rest = fuzz_input(data, n), cell;
	struct table t;
	struct buf   out;
	unsigned     width;

	if (rest.n == 0)
		return 0;
	if (!started)
		glyph_init();
	started = true;
	width = data[0];
	rest.p++;
	rest.n--;
	buf_init(&out);
	table_init(&t, columns, COLUMNS, width, false);
	while (fuzz_part(&rest, &cell)) {
		check_cut(cell, width + 1);
		check_card(cell);
		table_add(&t, cell, STYLE_PLAIN);
		if (table_is_full(&t))
			table_print(&t, &out);
	}
	while (t.ncell % COLUMNS != 0)
		table_add(&t, SLICE("-"), STYLE_BAD);
	table_print(&t, &out);
	check_lines(&out);
	table_clear(&t);
	buf_clear(&out);
	return 0;
}
