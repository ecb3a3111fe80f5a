/*
 * complain - all the faults of some files, with their places.
 *
 * Configuration and rules report everything that is wrong, not the first.
 * Embedded: complain_init / complain_clear.
 */
#ifndef PATROL_BASE_COMPLAIN_H
#define PATROL_BASE_COMPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define COMPLAIN_MAX 1000 /* kept; the rest is only counted */

struct complaint {
	char	*file;	    /* owned; NULL: none */
	unsigned line, col; /* from 1; 0: unknown */
	bool	 warning;
	char	*text; /* owned */
};

struct complaints {
	struct complaint *list; /* owned, in order of telling */
	size_t		  n, cap;
	size_t		  errors, warnings; /* all, also not kept */
};

void complain_init(struct complaints *c);
void complain_clear(struct complaints *c);
/* File and text are made printable: they quote what strangers wrote. */
void complain_error(struct complaints *c, const char *file, unsigned line,
    unsigned col, const char *fmt, ...) PRINTFLIKE(5, 6);
void complain_warning(struct complaints *c, const char *file, unsigned line,
    unsigned col, const char *fmt, ...) PRINTFLIKE(5, 6);
/* By file, line and column; those of one place stay as they were told. */
void complain_sort(struct complaints *c);
/* "file:line:col: what" (a warning: "file:line:col: warning: what"). */
void complain_format(const struct complaint *c, struct buf *out);
#endif
