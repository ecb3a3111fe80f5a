/*
 * envelope - the notifications of Distribution registries into uses.
 *
 * Content types application/vnd.docker.distribution.events.v1+json and
 * application/vnd.cncf.distribution.events.v2+json have the same fields:
 * https://distribution.github.io/distribution/about/notifications/
 */
#ifndef PATROL_USE_ENVELOPE_H
#define PATROL_USE_ENVELOPE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/slice.h"
#include "use/use.h"

#define ENVELOPE_BODY_MAX   (4 * 1024 * 1024) /* bytes of one body */
#define ENVELOPE_EVENTS_MAX 1000	      /* of one body */

struct envelope_reader;

/*
 * Called for each event in order, index from 0: with a use, or with
 * refusal != 0 (an enum use_refusal), u NULL and err set.
 */
typedef void (*envelope_use_fn)(struct use *u, unsigned index, int refusal,
    const struct error *err, void *arg);

struct envelope_reader *envelope_reader_new(usec_t lateness);
void			envelope_reader_free(struct envelope_reader **r);
/*
 * A whole body, no padding wanted.  What becomes of an event's fields:
 *
 *     id, action, target.repository, target.tag, target.digest: as they are
 *     timestamp           time, checked like that of a line
 *     target.mediaType    media_type
 *     target.size         bytes; without it target.length
 *     request.addr        source.ip; kept as request.addr when it is none
 *     request.useragent   user_agent
 *     actor.name          "ACCOUNT+pat_..." account and token, else account
 *     request.host        registry, unless `registry` fixes it; also kept
 *
 * Successful by nature: outcome `success`.  A `pull` by HEAD is a check:
 * action `check`.  All other fields are kept under their own names, up to
 * USE_OTHER_MAX of them; how many did not fit, or have the name of one of
 * patrol's fields, is kept as `fields_left_out`.  An event is refused
 * without `action`, with text over the limits of use.h, or when its fields
 * together are over USE_LINE_MAX.
 *
 * 0, or an enum use_refusal with *err set when the body as a whole is bad
 * (no callback was made then).
 */
int envelope_read(struct envelope_reader *r, struct slice body,
    struct slice registry, usec_t now, envelope_use_fn fn, void *arg,
    struct error *err) MUSTCHECK;
#endif
