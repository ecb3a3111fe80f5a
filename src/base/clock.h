/*
 * clock - points in time and durations, in microseconds.
 *
 * Nothing here reads a clock: `now` is an argument everywhere below daemon/.
 */
#ifndef PATROL_BASE_CLOCK_H
#define PATROL_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* Microseconds since 1970-01-01T00:00:00Z (a time) or as such (a span). */
typedef int64_t usec_t;

#define USEC_SEC  ((usec_t)1000000)
#define USEC_MIN  (60 * USEC_SEC)
#define USEC_HOUR (60 * USEC_MIN)
#define USEC_DAY  (24 * USEC_HOUR)
/* Gregorian means, as the M and y of Sigma timespans are taken. */
#define USEC_MONTH (2629746 * USEC_SEC)
#define USEC_YEAR  (31556952 * USEC_SEC)

#define TIME_TEXT_MAX 32 /* with the NUL */

/*
 * RFC 3339 date-time, strict: `T` or `t` (also a blank), 0 to 9 fraction
 * digits (cut to microseconds), `Z`, `z` or +hh:mm / -hh:mm; a leap second
 * counts as the second before.  Years 0001 to 9999.  0, or -1 and *t as it
 * was.
 */
int time_parse(struct slice s, usec_t *t) MUSTCHECK;
/*
 * "2026-11-23T16:24:05.956361Z", the fraction left out when zero; returns
 * the length, at most TIME_TEXT_MAX - 1.
 */
size_t time_format(usec_t t, char out[TIME_TEXT_MAX]);

/*
 * A span with its unit: digits and one of `us ms s m h d w M y`, e.g. "10m";
 * "0" needs none.  0, or -1 with *err set and *span as it was.
 */
int span_parse(struct slice s, usec_t *span, struct error *err) MUSTCHECK;
/* The shortest exact form in one unit, e.g. "90d", "1500ms". */
size_t span_format(usec_t span, char out[TIME_TEXT_MAX]);
/* For people, two units at the most: "3 s", "5 min", "2 h 10 min", "4 d". */
size_t span_words(usec_t span, char out[TIME_TEXT_MAX]);
#endif
