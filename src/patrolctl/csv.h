/*
 * csv - rows for spreadsheets, as RFC 4180 has them.
 *
 * Lines end in CRLF; a cell with a comma or a quote is in quotes.  What
 * strangers wrote must neither move a terminal's cursor nor become a formula:
 * control characters are escaped as in tables, and a text that begins like one
 * gets an apostrophe in front, which spreadsheets do not show.
 */
#ifndef PATROL_PATROLCTL_CSV_H
#define PATROL_PATROLCTL_CSV_H

#include "base/buf.h"
#include "base/slice.h"
#include "patrolctl/answer.h"

/* The names of `fields` (blank-separated) as a line. */
void csv_head(struct buf *out, struct slice fields);
/* These fields of an item: exact; lists joined by blanks, objects as JSON. */
void csv_row(struct buf *out, struct slice fields, const struct fields *item);
/* One cell; the text of a number is none that could be a formula. */
void csv_cell(struct buf *out, struct slice text, bool number);
#endif
