/*
 * regex - regular expressions as Sigma means them; RE2 behind it.
 *
 * A search, unanchored, linear in the text whatever a stranger sends.  Case
 * counts unless `i`; \d \w \s \b and `i` are ASCII; `$` also matches before a
 * final newline, and has nothing behind it but the end of its branch and of
 * groups.  No look-around, no back-references.
 */
#ifndef PATROL_RULE_REGEX_H
#define PATROL_RULE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Flags: the modifiers that may follow `re`. */
enum {
	REGEX_I = 1, /* ignore case */
	REGEX_M = 2, /* ^ and $ at each line */
	REGEX_S = 4  /* . matches newlines too */
};

struct regex;

/*
 * Compiles UTF-8; NULL and a reason in `why` (cut to `size` with the NUL) if
 * it cannot.
 */
struct regex *regex_new(const char *p, size_t n, unsigned flags, char *why,
    size_t size);
void	      regex_free(struct regex **re);
/* Safe from several threads. */
bool regex_search(const struct regex *re, const char *p, size_t n);
/*
 * Texts of which each text that it finds has at least one, when both are
 * folded: ASCII in lower case, REGEX_ATOM_MIN bytes at the least.  Each goes
 * to `fn`, lent.  Returns how many there are; 0: nothing can be said.  Found
 * when first asked for, so not from several threads.
 */
#define REGEX_ATOM_MIN 3
size_t regex_atoms(struct regex *re, void (*fn)(struct slice atom, void *arg),
    void			*arg);

#ifdef __cplusplus
}
#endif
#endif
