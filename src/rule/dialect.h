/*
 * dialect - a Sigma regex, rewritten so that RE2 means the same by it.
 *
 * RE2 folds case by Unicode, its \s lacks the vertical tab, its `$` is the
 * very end: SIGMA's decision is ASCII, six blanks, and before a final newline
 * too.  So letters under `i` become classes, [kK], in a form that RE2 does not
 * take for one letter that folds; flags in the text, (?i) and (?i:...), are
 * followed and taken out.
 */
#ifndef PATROL_RULE_DIALECT_H
#define PATROL_RULE_DIALECT_H

#include "base/buf.h"
#include "base/slice.h"

/*
 * Appends the rewritten text; `flags` are regex.h's.  0; or the place, from 1,
 * of a `$` that has something behind it, which cannot be said in RE2.
 */
size_t dialect_translate(struct slice re, unsigned flags, struct buf *out);
#endif
