/*
 * options - every option of patrold.yaml, in one table.
 *
 * Name, type, default, range, help, and whether a reload may change it stand
 * here once: the parser, `patrolctl status --config` and the tests that
 * compare patrold.yaml and patrold.yaml(5) with it all read this table.
 */
#ifndef PATROL_CONF_OPTIONS_H
#define PATROL_CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* What a value is, and the C type of its field. */
enum option_type {
	OPTION_STRING, /* const char *: UTF-8, no control characters */
	OPTION_TAG,    /* const char *: visible ASCII */
	OPTION_NAME,   /* const char *: a-z and 0-9 */
	OPTION_PATH,   /* const char *: of a file */
	OPTION_SOCKET, /* const char *: of a Unix socket */
	OPTION_LISTEN, /* const char *: address and port, or a socket */
	OPTION_INT,    /* int64_t */
	OPTION_SPAN,   /* usec_t */
	OPTION_SIZE,   /* int64_t: bytes */
	OPTION_SHARE,  /* double: 5% is 0.05 */
	OPTION_MODE,   /* mode_t, octal */
	OPTION_ENUM,   /* int: the value of one word */
	OPTION_WORDS,  /* unsigned: the values of some words, or'ed */
	OPTION_LIST,   /* struct conf_list of strings */
	OPTION_CIDRS,  /* struct conf_cidrs */
	OPTION_SPANS,  /* struct conf_spans: each above 0 */
	OPTION_MAP     /* struct conf_map: names, each with some texts */
};

enum {
	OPTION_RELOAD = 1,   /* a reload may change it */
	OPTION_REQUIRED = 2, /* an entry of a list is wrong without it */
	OPTION_SWITCH = 4    /* its section may be written `off`, which
				   turns this one off */
};

struct option_word {
	const char *word; /* NULL ends a list */
	int	    value;
};

struct option {
	const char	*path; /* "store.retain.uses", "ingest[].socket" */
	enum option_type type;
	size_t		 at;	 /* offset in struct conf; below "x[]." in one
				   element of the list x */
	const char	*preset; /* the default as YAML; NULL: none */
	int64_t		 lo, hi; /* numbers: the range (a share: of
					   hundredths); texts: bytes; lists:
					   entries */
	const struct option_word *words;
	unsigned		  flags; /* OPTION_* */
	const char		 *help;	 /* a sentence or two */
};

/* A list whose entries have options of their own. */
struct option_group {
	const char *prefix; /* "ingest[]." */
	size_t	    at;	    /* offset of its array in struct conf */
	size_t	    size;   /* of one element, */
	unsigned    max;    /* and how many it has */
	size_t	    count;  /* offset of its unsigned count */
};

enum option_step { STEP_UNKNOWN, STEP_VALUE, STEP_SECTION, STEP_LIST };

/* The table, in the order of the manual; *n options. */
const struct option *options_all(size_t *n);
/* The group that a path like "http[].serve" lies in; NULL: none. */
const struct option_group *options_group(struct slice path);
/*
 * What `key` is below `prefix` ("", "store.", "http[].tls."): a value, then
 * *o is its option; a section or list, then *below is the prefix of what is
 * in it (a part of the table).
 */
enum option_step options_step(struct slice prefix, struct slice key,
    const struct option **o, struct slice *below);
/* The known key below `prefix` nearest to `key`, or the absent slice. */
struct slice options_nearest(struct slice prefix, struct slice key);
/* The option that stands for its section below `prefix`; NULL: none. */
const struct option *options_switch(struct slice prefix);
#endif
