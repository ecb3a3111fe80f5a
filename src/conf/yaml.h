/*
 * yaml - a YAML file as a tree of nodes with their places; libyaml behind it.
 *
 * YAML 1.1 as libyaml reads it.  An alias is a copy of what it names; a
 * duplicate key in a map is an error; depth and size are bounded, with what
 * aliases copy.  Scalars keep their text and style: whoever reads decides what
 * a plain `true` or `10` means.
 */
#ifndef PATROL_CONF_YAML_H
#define PATROL_CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/complain.h"
#include "base/slice.h"

#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 200000		  /* and documents, of one file */
#define YAML_FILE_MAX  (16 * 1024 * 1024) /* bytes */

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_type	  type;
	unsigned	  line, col; /* of its first byte, from 1; of a copy
					those of what was copied */
	bool		  plain;     /* a scalar without quotes or | > */
	struct slice	  text;	     /* scalar: its value, NUL-terminated */
	struct yaml_node *key;	     /* of a map's entry: its key node */
	struct yaml_node *child;     /* list or map: first entry's value */
	struct yaml_node *next;	     /* the sibling after this one */
	size_t		  nchild;
};

struct yaml_doc {
	struct yaml_node *root;	  /* NULL for an empty document */
	bool		  faulty; /* and its tree incomplete */
	struct yaml_doc	 *next;
};

/*
 * All documents of a text, in `arena`.  Faults go to `c` under the name
 * `file`.  NULL if there was any fault (or no document at all: then `c` has
 * none).
 */
struct yaml_doc *yaml_parse(struct arena *arena, const char *file,
    struct slice text, struct complaints *c);
/*
 * The same, but with faults too the documents that could be read, the faulty
 * ones marked.  What is no YAML ends its document, and the reading goes on at
 * the next `---`; NULL if nothing came.
 */
struct yaml_doc *yaml_parse_docs(struct arena *arena, const char *file,
    struct slice text, struct complaints *c);
/* A file into a buffer, YAML_FILE_MAX and a little more at the most, so that
 * yaml_parse refuses one that is longer.  0, or -1 with a complaint. */
int yaml_read_file(const char *path, struct buf *b, struct complaints *c);
/* Both in one. */
struct yaml_doc *yaml_parse_file(struct arena *arena, const char *path,
    struct complaints *c);
struct yaml_doc *yaml_parse_file_docs(struct arena *arena, const char *path,
    struct complaints *c);
/* The value under a key of a map, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A plain scalar that is empty, `~`, `null`, `Null` or `NULL`. */
bool yaml_is_null(const struct yaml_node *n);
/* A plain true/false (also True, TRUE; not yes/no): 1, 0; else -1. */
int yaml_bool(const struct yaml_node *n);
/* A plain scalar that is a JSON number. */
bool yaml_is_number(const struct yaml_node *n);
#endif
