/*
 * fault - sentences about foreign text: escaped, and cut where it is long.
 */
#ifndef PATROL_USE_FAULT_H
#define PATROL_USE_FAULT_H

#include "base/error.h"
#include "base/slice.h"

#define FAULT_QUOTE_MAX 64 /* bytes of foreign text in an error */

/* "KEY: WHAT", for a key that a stranger chose. */
void fault_key(struct error *err, struct slice key, const char *what);
/* "NAME: 'TEXT' WHAT", for a known field with a stranger's text. */
void fault_text(struct error *err, const char *name, struct slice text,
    const char *what);
#endif
