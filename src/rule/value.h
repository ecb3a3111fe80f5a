/*
 * value - what a rule compares with: string patterns, numbers, and others.
 */
#ifndef PATROL_RULE_VALUE_H
#define PATROL_RULE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/slice.h"
#include "rule/decimal.h"

struct regex;

/* The cheapest test that a pattern needs. */
enum pattern_kind {
	PATTERN_EXACT,
	PATTERN_PREFIX,	  /* text* */
	PATTERN_SUFFIX,	  /* *text */
	PATTERN_CONTAINS, /* *text* */
	PATTERN_ANY,	  /* * */
	PATTERN_GLOB	  /* anything else */
};

/*
 * In a glob's text PATTERN_RUN stands for `*` and PATTERN_ONE for `?`: bytes
 * that UTF-8 never has.
 */
#define PATTERN_RUN '\xFF'
#define PATTERN_ONE '\xFE'

struct pattern {
	enum pattern_kind kind;
	struct slice	  text; /* without its wildcards, but a glob */
};

enum value_type {
	VALUE_STRING,
	VALUE_NUMBER,
	VALUE_BOOL,
	VALUE_NULL,
	VALUE_REGEX,
	VALUE_CIDR,
	VALUE_FIELD, /* what another field has */
	VALUE_NEVER  /* nothing can be equal to it, and was told */
};

struct value {
	enum value_type type;
	struct slice	source;	 /* as written: what values differ by */
	struct pattern	pattern; /* string; field: the kind alone */
	unsigned	slot;	 /* field, once bound; `source` names it */
	struct decimal	number;	 /* number, and its canonical text: */
	struct slice	text;	 /* number; bool: "true" or "false" */
	int64_t		part;	 /* number of a part of a time */
	struct regex   *regex;	 /* borrowed */
	struct cidr	cidr;
};

/*
 * A Sigma string with its escapes: a backslash before `*`, `?` or another
 * backslash yields that character, any other stays.  `lead` and `trail` put a
 * wildcard in front and behind (contains, endswith, startswith); `fold` for a
 * comparison without regard to case.  Text lies in the arena.
 */
struct pattern pattern_make(struct arena *a, struct slice sigma, bool lead,
    bool trail, bool fold);
/*
 * The same in two steps: a string without its escapes and with marks for its
 * wildcards; and what becomes of that.
 */
struct slice   pattern_mark(struct arena *a, struct slice sigma);
struct pattern pattern_of_marked(struct arena *a, struct slice marked,
    bool lead, bool trail, bool fold);
/* Has a marked string wildcards? */
bool pattern_is_wild(struct slice marked);
/* Does the whole text match?  Text is folded if the pattern is. */
bool pattern_match(const struct pattern *p, struct slice text);
/*
 * A JSON number to calculate with, the whole slice: 0, or -1.  64-bit integers
 * are exact.  Numbers of more than 500 characters are none.
 */
int number_parse(struct slice s, long double *out);
#endif
