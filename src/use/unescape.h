/*
 * unescape - what a JSON string with backslashes means (RFC 8259, section 7).
 */
#ifndef PATROL_USE_UNESCAPE_H
#define PATROL_USE_UNESCAPE_H

#include "base/slice.h"

enum {
	UNESCAPE_OK = 0,
	UNESCAPE_E_ESCAPE, /* a backslash and nothing that may follow one */
	UNESCAPE_E_HALF	   /* one half of a \u pair without the other */
};

/*
 * `s` is well-formed UTF-8, what stands between the quotes.  *out is in
 * `room`, as many bytes as `s` has: no escape is shorter than its meaning.
 * The result is well-formed too; it may hold NUL.
 */
int unescape(struct slice s, char *room, struct slice *out);
#endif
