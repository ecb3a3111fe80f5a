/*
 * presence - which of several kinds of use lie in [t - span, t], or how many
 * of them, from the first on, lie there in a given order.
 *
 * A use is a set of kinds, bits of a word; in an order each place is a kind,
 * and one use takes one place.  It holds at each use at whose end of a window
 * all is there, whatever kind that use is of.  Uses that come in order need no
 * more than a time a kind: when it was last seen, or the latest possible start
 * of a chain that ends with it.  For late uses a log keeps what each window
 * held, as far back as they may reach: one entry a set of kinds and span or so
 * where more uses cannot undo the condition and there is no order, else each
 * use.  Past window_rule_keep entries the oldest give way.  Pure.
 */
#ifndef PATROL_STREAM_PRESENCE_H
#define PATROL_STREAM_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "stream/series.h"

#define PRESENCE_KINDS_MAX 64
#define PRESENCE_OPS_MAX   256

/* A condition over kinds, in postfix: a kind, or one of these. */
enum { PRESENCE_AND = -1, PRESENCE_OR = -2, PRESENCE_NOT = -3 };

struct presence_rule {
	unsigned      nkinds;
	bool	      ordered; /* in the order of their bits */
	const int8_t *ops;     /* NULL: by the number of kinds */
	unsigned      nops;
	bool	      only_grow; /* no use can undo it */
};

struct presence {
	struct series log; /* u: set of kinds */
	bool	      begun;
	usec_t	      time[]; /* each kind: last, or chain start */
};

/* Of the state of one group; zeroed is empty. */
size_t presence_size(const struct presence_rule *pr);
void   presence_clear(struct presence *p);
/* `to`, empty before, becomes a copy, to try a use on. */
void presence_copy(struct presence *to, const struct presence *from,
    const struct presence_rule *pr);
/*
 * As window_feed, for a use of these kinds (at least one).  view->count is
 * how many kinds lie in the window; view->first is when the first of them
 * was last seen, or the chain began.  `r` has the number of kinds asked for
 * as its bounds.
 */
bool presence_feed(struct presence *p, const struct window_rule *r,
    const struct presence_rule *pr, usec_t t, uint64_t kinds,
    struct window_view *view);
#endif
