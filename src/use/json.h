/*
 * json - one JSON object into a flat list of fields.
 *
 * {"source":{"ip":"192.0.2.1"},"groups":["a","b"]} becomes
 *     source.ip  "192.0.2.1"
 *     groups     "a"
 *     groups     "b"       (JSON_MORE on every member but the first)
 * Full validation (RFC 8259, UTF-8), no allocation once the reader is warm.
 * Empty objects and empty lists give one field of type JSON_EMPTY.  Objects
 * and lists inside lists give "events.0.id", "events.1.id" when the reader
 * was made with `index_lists`, and so do the members behind the first of them;
 * else they are refused.
 *
 * A reader made with `tree` keeps the shape instead: each object or list is a
 * field JSON_OBJECT or JSON_LIST, then come the fields in it, then JSON_END.
 * Keys are not joined, and members of a list have none.
 */
#ifndef PATROL_USE_JSON_H
#define PATROL_USE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* Bytes that must be readable (any content) behind the text. */
#define JSON_PADDING 64

enum json_type {
	JSON_STRING, /* value: the text, unescaped */
	JSON_NUMBER, /* value: its text in the source, valid JSON */
	JSON_TRUE,   /* value: "true" */
	JSON_FALSE,  /* value: "false" */
	JSON_NULL,   /* value: absent */
	JSON_EMPTY,  /* {} or []: value "{}" or "[]" */
	JSON_OBJECT, /* with `tree` only, as the two below */
	JSON_LIST,
	JSON_END
};

struct json_field {
	struct slice key; /* dotted path from the top, unescaped */
	struct slice value;
	uint8_t	     type;    /* enum json_type */
	bool	     more;    /* a further member of the list before */
	bool	     member;  /* a member of a list (the first too) */
	bool	     escaped; /* it was written with a backslash, and so
				   may hold any character, NUL too */
};

struct json_limits {
	size_t text;	    /* bytes of the whole text, and of all paths
				   of nested keys together */
	size_t string;	    /* bytes of one string, number or key path */
	size_t fields;	    /* scalars */
	size_t depth;	    /* the top object is depth 1 */
	bool   index_lists; /* number what lists hold, see above */
	bool   tree;	    /* keep the shape, see above */
};

struct json_reader;

/* Functions return 0 or one of these, with *err set. */
enum {
	JSON_OK = 0,
	JSON_E_SYNTAX, /* not JSON, or not one object */
	JSON_E_UTF8,
	JSON_E_LIMIT, /* one of the limits; *err names it */
	JSON_E_NESTED /* an object or list inside a list */
};

/* Never NULL.  One reader a thread. */
struct json_reader *json_reader_new(const struct json_limits *lim);
void		    json_reader_free(struct json_reader **r);
/*
 * Flattens one object.  `text` has JSON_PADDING readable bytes behind its
 * end.  *fields and all slices belong to the reader or point into `text`,
 * until the next call.  Duplicate keys are reported as they stand; the
 * caller decides.
 */
int json_read(struct json_reader *r, struct slice text,
    const struct json_field **fields, size_t *n, struct error *err) MUSTCHECK;
/* The same for text without padding: copies it first. */
int json_read_copy(struct json_reader *r, struct slice text,
    const struct json_field **fields, size_t *n, struct error *err) MUSTCHECK;
/* The first field of that key, or NULL; a linear look. */
const struct json_field *json_find(const struct json_field *fields, size_t n,
    const char *key);

#endif
