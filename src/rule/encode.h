/*
 * encode - a rule's string while modifiers rewrite it, before it is compared:
 * windash, expand, base64 and their like.
 *
 * A text is what pattern_mark makes of a Sigma string.  One may become
 * several, any of which may match.
 */
#ifndef PATROL_RULE_ENCODE_H
#define PATROL_RULE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "rule/ruleset.h"

/* What one value may become: seven dashes are 78,125 texts. */
#define ENCODE_TEXTS_MAX  100000
#define ENCODE_BYTES_MAX  (16 * 1024 * 1024)
#define ENCODE_PLACES_MAX 16 /* dashes, or placeholders, in one value */

enum encode_step {
	ENCODE_WINDASH,
	ENCODE_EXPAND,
	ENCODE_BASE64,
	ENCODE_BASE64OFFSET,
	ENCODE_UTF16LE,
	ENCODE_UTF16BE,
	ENCODE_UTF16
};

struct text {
	struct slice s;	    /* with marks for wildcards */
	bool	     wild;  /* there are some */
	bool	     raw;   /* bytes that may not be UTF-8 */
	bool	     clash; /* and some of them read as marks */
	bool	     regex; /* no Sigma string: has neither marks nor escapes,
				and what is put in stays as it is */
};

struct text_list {
	struct text *list; /* in the arena */
	size_t	     n, cap;
};

/* What `expand` looks placeholders up in; borrowed. */
struct placeholders {
	const struct rule_placeholder *list;
	size_t			       n;
	uint64_t used; /* hash of all values put in so far */
};

/* A list of one, from a Sigma string. */
struct text_list encode_begin(struct arena *a, struct slice sigma);
/* The same of a regular expression, which only `expand` rewrites. */
struct text_list encode_begin_regex(struct arena *a, struct slice regex);
/*
 * The first "%name%" of a text that a backslash in front keeps `expand` from;
 * absent if there is none.
 */
struct slice encode_kept(const struct text *t);
/* Carries one step out on each: 0, or -1 and the reason. */
int encode_step(struct arena *a, enum encode_step step, struct placeholders *ph,
    struct text_list *texts, struct error *err) MUSTCHECK;
/*
 * False for bytes that no field can have, as fields are UTF-8: what utf16
 * makes, without base64 behind it, of most of what is not ASCII.
 */
bool encode_is_text(const struct text *t);
#endif
