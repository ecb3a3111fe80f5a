/*
 * expose - writes metrics in Prometheus' text format, version 0.0.4.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * A family first, then its samples: labels, if it has any, and the value.
 * Pure.
 */
#ifndef PATROL_DAEMON_EXPOSE_H
#define PATROL_DAEMON_EXPOSE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/histogram.h"
#include "base/slice.h"

struct expose {
	struct buf *out;    /* borrowed */
	const char *name;   /* of the family; borrowed */
	struct buf  labels; /* of the next sample */
};

void expose_init(struct expose *x, struct buf *out);
void expose_clear(struct expose *x);
/* A counter's name ends in _total, units stand in names; `help` is one line
 * without a backslash. */
void expose_counter(struct expose *x, const char *name, const char *help);
void expose_gauge(struct expose *x, const char *name, const char *help);
/* For the next sample; any text that is UTF-8. */
void expose_label(struct expose *x, const char *name, struct slice value);
/* A sample; the labels are used up. */
void expose_int(struct expose *x, uint64_t v);
void expose_seconds(struct expose *x, usec_t v);
/* A family of its own, without labels: in seconds of what was added in
 * microseconds, or as it is. */
void expose_histogram_seconds(struct expose *x, const char *name,
    const char *help, const struct histogram *h);
void expose_histogram(struct expose *x, const char *name, const char *help,
    const struct histogram *h);
#endif
