/*
 * timepart - the hour, the week and so on of a point in time, in UTC.
 */
#ifndef PATROL_RULE_TIMEPART_H
#define PATROL_RULE_TIMEPART_H

#include <stdint.h>

#include "base/clock.h"

enum timepart {
	TIMEPART_NONE,
	TIMEPART_MINUTE,
	TIMEPART_HOUR,
	TIMEPART_DAY,
	TIMEPART_WEEK,
	TIMEPART_MONTH,
	TIMEPART_YEAR
};

/* The part of a time; `week` is ISO 8601's.  `part` is not TIMEPART_NONE. */
int64_t timepart_of(enum timepart part, usec_t t);
/* The smallest and the largest that it can be. */
void timepart_range(enum timepart part, int64_t *lo, int64_t *hi);
#endif
