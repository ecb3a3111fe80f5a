/*
 * number - the grammar of JSON's numbers, as text.
 */
#ifndef PATROL_USE_NUMBER_H
#define PATROL_USE_NUMBER_H

#include <stdbool.h>

#include "base/slice.h"

/* RFC 8259 section 6, the whole slice, whatever its size. */
bool number_is_json(struct slice s);

#endif
