/*
 * line - cuts whole lines off a stream of bytes, in place.
 *
 * Who reads hands over what it has; lines that are too long are told once
 * and skipped up to their newline.  Pure.
 */
#ifndef PATROL_PROTO_LINE_H
#define PATROL_PROTO_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct line_cutter {
	size_t max;	 /* bytes of one line without its newline */
	bool   skipping; /* inside a line that was too long */
};

enum line_result {
	LINE_MORE,    /* no whole line: *used bytes can be dropped */
	LINE_OK,      /* *line is one, *used counts its newline */
	LINE_TOO_LONG /* counts as a line; *line is its beginning */
};

void line_init(struct line_cutter *lc, size_t max);
/*
 * Looks for one line at the start of `in`.  A CR before the newline is taken
 * off.  A too long line is told as soon as max + 1 bytes are there, and its
 * rest is swallowed silently by later calls (LINE_MORE with *used > 0).
 */
enum line_result line_next(struct line_cutter *lc, struct slice in,
    struct slice *line, size_t *used);
/* What is left at the end of a stream: the last line without a newline.
 * False if there is none. */
bool line_last(struct line_cutter *lc, struct slice in, struct slice *line);
#endif
