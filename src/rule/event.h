/*
 * event - any JSON object, not only a use, for the rules to look at.
 *
 * A field's name is looked up whole at the top first, then by its dot
 * segments; lists on the way fan out to their members.
 */
#ifndef PATROL_RULE_EVENT_H
#define PATROL_RULE_EVENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "use/json.h"
#include "use/use.h"

#define EVENT_LINE_MAX (16 * 1024 * 1024)

/* What a reader needs for event_read. */
extern const struct json_limits event_limits;

/* Embedded: event_init, event_clear. */
struct event {
	const struct json_field *part; /* borrowed from the reader */
	size_t			 n;
	struct buf		 path; /* room for the walk, kept warm */
};

/*
 * A value or a list member at its path; an object itself is of type
 * USE_ABSENT, for a list itself `v` is NULL.  The path is absent where no name
 * leads; `whole` when it is one key of the top with a dot in it.  Borrowed
 * until the next call.
 */
typedef void (*event_fn)(struct slice path, bool whole,
    const struct use_value *v, void *arg);

void event_init(struct event *e);
void event_clear(struct event *e);
/*
 * Reads one object; it is valid until the reader reads again.  JSON_OK or
 * what json_read returns, with *err set.
 */
int event_read(struct event *e, struct json_reader *r, struct slice line,
    struct error *err) MUSTCHECK;
/* All that is in it, outer before inner, in its order. */
void event_walk(struct event *e, event_fn fn, void *arg);
/*
 * When it happened, by the first value of that field that is a time; NULL:
 * of `time`, `timestamp` or `@timestamp`.  False if there is none.
 */
bool event_time(struct event *e, const char *field, usec_t *t);
#endif
