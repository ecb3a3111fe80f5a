/*
 * glyph - what a text takes on a terminal, and what it must not do there.
 *
 * Descriptions, user agents and repositories come from strangers.  Control
 * characters, bytes that are not UTF-8, and the invisible characters that
 * turn or hide text (bidirectional overrides, zero-width ones) are written
 * as \xNN or \u{N}; all else stays as it is.  UTF-8 whatever the locale is;
 * widths are those of wcwidth(3) in C.UTF-8, see glyph_init.
 */
#ifndef PATROL_PATROLCTL_GLYPH_H
#define PATROL_PATROLCTL_GLYPH_H

#include "base/buf.h"
#include "base/slice.h"

/* Makes wcwidth(3) know Unicode; once, at start. */
void glyph_init(void);
/* Appends foreign text, harmless. */
void glyph_escape(struct buf *out, struct slice text);
/* Columns that a text takes which glyph_escape has written. */
size_t glyph_width(struct slice text);
/*
 * Appends such a text cut to `width` columns (>= 1), the last of which is
 * then a "…"; returns the columns it took.
 */
size_t glyph_cut(struct buf *out, struct slice text, size_t width);
#endif
