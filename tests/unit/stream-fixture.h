/*
 * stream-fixture - the slow and obvious evaluator of windows: all uses kept,
 * each window looked at whole.  What src/stream does is held against it.
 */
#ifndef PATROL_TESTS_STREAM_FIXTURE_H
#define PATROL_TESTS_STREAM_FIXTURE_H

#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"

#define STORY_MAX 400

struct happening {
	usec_t	 time;
	unsigned arrival;
	int64_t	 what; /* weight, value, set of kinds */
};

/* What has arrived, in the order of (time, arrival). */
struct story {
	struct happening list[STORY_MAX];
	unsigned	 n;
};

/* Does the condition hold for these, the window's, in their order? */
typedef bool (
    *story_holds_fn)(const struct happening *w, unsigned n, const void *rule);

/* Puts it in its place; returns its index. */
static inline unsigned
story_add(struct story *s, usec_t t, int64_t what)
{
	unsigned i = s->n;

	for (; i > 0 && s->list[i - 1].time > t; i--)
		s->list[i] = s->list[i - 1];
	s->list[i] = (struct happening){t, s->n, what};
	s->n++;
	return i;
}

/* At the i-th: the window that ends there. */
static inline bool
story_holds_at(const struct story *s, unsigned i, usec_t span,
    story_holds_fn holds, const void *rule)
{
	unsigned from = i;

	while (from > 0 && s->list[from - 1].time >= s->list[i].time - span)
		from--;
	return holds(s->list + from, i - from + 1, rule);
}

/* At the i-th or at one behind it whose window contains the i-th. */
static inline bool
story_holds_from(const struct story *s, unsigned i, usec_t span,
    story_holds_fn holds, const void *rule)
{
	unsigned j;

	for (j = i; j < s->n; j++)
		if (s->list[j].time <= s->list[i].time + span &&
		    story_holds_at(s, j, span, holds, rule))
			return true;
	return false;
}

/* At any of them: what uses in order would have found. */
static inline bool
story_ever_holds(const struct story *s, usec_t span, story_holds_fn holds,
    const void *rule)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (story_holds_at(s, i, span, holds, rule))
			return true;
	return false;
}

/*
 * Times that come in almost any order: each is at most `late` behind the
 * newest before it.
 */
static inline usec_t
story_next_time(const struct story *s, usec_t step, usec_t late)
{
	usec_t newest = s->n > 0 ? s->list[s->n - 1].time : 1000;

	if (late > 0 && s->n > 0 && rand() % 3 == 0)
		return newest - rand() % (late + 1);
	return newest + rand() % (step + 1);
}
#endif
