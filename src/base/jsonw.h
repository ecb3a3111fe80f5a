/*
 * jsonw - writes JSON into a buf; commas and quotes come by themselves.
 *
 *     jsonw_init(&w, &b);
 *     jsonw_object(&w);
 *     jsonw_key(&w, "id"); jsonw_int(&w, 1);
 *     jsonw_field_str(&w, "error", slice);
 *     jsonw_end(&w);
 *
 * Output is one line of valid JSON (RFC 8259), whatever the text: control
 * characters are escaped and bytes that are not UTF-8 become U+FFFD.
 */
#ifndef PATROL_BASE_JSONW_H
#define PATROL_BASE_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/slice.h"

#define JSONW_DEPTH_MAX 16

struct jsonw {
	struct buf *out; /* borrowed */
	unsigned    depth;
	char	    close[JSONW_DEPTH_MAX]; /* what ends each level */
	bool	    comma;		    /* before the next item */
};

void jsonw_init(struct jsonw *w, struct buf *out);
void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
/* Ends the innermost object or array. */
void jsonw_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_keyslice(struct jsonw *w, struct slice key);
/* The absent slice is written as null. */
void jsonw_str(struct jsonw *w, struct slice s);
void jsonw_int(struct jsonw *w, int64_t v);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
/* Text that is JSON already: one value, the caller's word for it. */
void jsonw_raw(struct jsonw *w, struct slice json);
/* Text that jsonw wrote once: as it is if it is JSON still, else a string. */
void jsonw_stored(struct jsonw *w, struct slice json);
/* A time as RFC 3339; 0 as null. */
void jsonw_time(struct jsonw *w, usec_t t);

/* Key and value in one; the _opt form leaves absent or empty text out. */
void jsonw_field_str(struct jsonw *w, const char *key, struct slice s);
void jsonw_field_opt(struct jsonw *w, const char *key, struct slice s);
void jsonw_field_int(struct jsonw *w, const char *key, int64_t v);
void jsonw_field_bool(struct jsonw *w, const char *key, bool v);
void jsonw_field_time(struct jsonw *w, const char *key, usec_t t);
#endif
