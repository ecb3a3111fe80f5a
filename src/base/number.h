/*
 * number - the grammar of JSON's numbers, as text (RFC 8259, section 6).
 *
 * Pure.  Of any size and any number of digits: what it is worth is another
 * question.
 */
#ifndef PATROL_BASE_NUMBER_H
#define PATROL_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Bytes of the longest number that the slice begins with; 0 if with none. */
size_t number_span(struct slice s);
/* Is the whole slice a number? */
bool number_is_json(struct slice s);

#endif
