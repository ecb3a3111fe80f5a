/*
 * instant - a point in time as events write it.
 */
#ifndef PATROL_RULE_INSTANT_H
#define PATROL_RULE_INSTANT_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/slice.h"

/*
 * Text: RFC 3339 with `T` or a blank, an offset or none, which is UTC; or a
 * date alone, its midnight in UTC.  A number (JSON's text): seconds since
 * 1970, above 10^12 milliseconds, rounded to the microsecond.  Years 0001 to
 * 9999.  0, or -1 and *t as it was.
 */
int instant_parse(struct slice s, bool number, usec_t *t) MUSTCHECK;
#endif
