/*
 * table - rows in columns that fit a terminal.
 *
 * Off a terminal (width 0) nothing is cut.  On one, columns that may shrink
 * give way, the widest first; if that is not enough, the columns marked
 * `below` go to a second, indented line under each row, each with its name
 * in front.  Rows are kept until there are TABLE_ROWS of them: a list of any
 * length takes bounded memory, and its columns keep the widths of the first
 * rows.  All cells pass glyph_escape.  Embedded: table_init / table_clear.
 */
#ifndef PATROL_PATROLCTL_TABLE_H
#define PATROL_PATROLCTL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

#define TABLE_COLUMNS 16
#define TABLE_ROWS    500

enum style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_LOUD
};

struct table_column {
	const char *head;   /* "LAST USED" */
	bool	    right;  /* numbers */
	unsigned    shrink; /* columns it can do with; 0: all */
	const char *below;  /* its name on a second line, or NULL */
};

struct table_cell {
	struct slice text; /* escaped, in the arena */
	enum style   style;
};

struct table {
	const struct table_column *column; /* borrowed */
	unsigned		   n;
	unsigned		   width; /* of the terminal; 0: none */
	bool			   color;
	bool		   measured; /* widths stand, the head is printed */
	bool		   split;    /* with second lines */
	size_t		   wide[TABLE_COLUMNS];
	struct arena	   arena;
	struct table_cell *cell; /* owned; TABLE_ROWS * n */
	size_t		   ncell;
};

void table_init(struct table *t, const struct table_column *column, unsigned n,
    unsigned width, bool color);
void table_clear(struct table *t);
/* The next cell, from left to right; foreign text, any bytes. */
void table_add(struct table *t, struct slice text, enum style style);
/* Is it time for table_print? */
bool table_is_full(const struct table *t);
/* Appends the rows so far to `out`, under their head the first time. */
void table_print(struct table *t, struct buf *out);

/* Text that was escaped already, coloured if `color`. */
void style_add(struct buf *out, struct slice text, enum style style,
    bool color);
#endif
