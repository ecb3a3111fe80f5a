/*
 * isjson - is a text what jsonw wrote?
 *
 * Pure.  For text that was JSON when it was stored, before it is passed on as
 * JSON: the file may have been damaged since.
 */
#ifndef PATROL_BASE_ISJSON_H
#define PATROL_BASE_ISJSON_H

#include <stdbool.h>

#include "base/slice.h"

#define ISJSON_DEPTH 16

/*
 * One value of JSON, all of it valid UTF-8, with no white space outside of
 * strings and ISJSON_DEPTH levels at the most.
 */
bool isjson(struct slice text);
#endif
