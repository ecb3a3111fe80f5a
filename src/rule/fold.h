/*
 * fold - text without regard to case: Unicode simple case folding.
 *
 * Statuses C and S of CaseFolding.txt: one code point becomes one, so that
 * `?` in a pattern still means one code point.  Text is valid UTF-8.
 */
#ifndef PATROL_RULE_FOLD_H
#define PATROL_RULE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Bytes that `n` bytes can become: U+023A grows from two to three. */
#define FOLD_ROOM(n) ((n) + (n) / 2 + 4)

/* What a code point folds to; itself if it has no case. */
uint32_t fold_point(uint32_t cp);
/* Could folding change it?  False for most text that registries send. */
bool fold_is_needed(struct slice s);
/* Folds into `out`, which has FOLD_ROOM(s.n) bytes; returns the length. */
size_t fold_text(struct slice s, char *out);
/*
 * The code point at s.p (s.n > 0) and, in *len, its bytes.  A byte that is
 * not the start of well-formed UTF-8 counts as itself.
 */
uint32_t fold_decode(struct slice s, unsigned *len);
#endif
