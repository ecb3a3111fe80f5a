/*
 * format - an alert as one line, for people and for programs.
 */
#ifndef PATROL_ALERT_FORMAT_H
#define PATROL_ALERT_FORMAT_H

#include <stddef.h>

#include "alert/alert.h"
#include "base/buf.h"
#include "base/slice.h"
#include "use/json.h"

#define ALERT_LINE_MAX 2048 /* bytes of a syslog line's text */

/* The alert as one JSON object, as `alert list` and the sinks give it. */
void alert_format_json(const struct alert_row *r, struct buf *out);
/* The same with its `why`, or null. */
void alert_format_full(const struct alert_row *r, struct buf *out);
/* What tells one alert from others, into an open object. */
struct jsonw;
void alert_format_short(struct jsonw *w, const struct alert_row *r);
/*
 * The same as `alert id=alr_... rule="..." key.token=pat_...`, or a notice as
 * `notice notice=expiry ...`, from the flattened JSON: at most ALERT_LINE_MAX
 * bytes, values with blanks or foreign characters quoted and escaped, lists
 * left out.
 */
void alert_format_kv(const struct json_field *fields, size_t n,
    struct buf *out);
/* "true", "false" or "expected", of a closed one. */
const char *alert_verdict_name(uint8_t verdict);
#endif
