#include "stream/silence.h"

usec_t
silence_next(usec_t realert, usec_t span, usec_t rest)
{
	usec_t twice;

	if (realert == 0 || rest > span)
		return realert;
	twice = span < SILENCE_MAX / 2 ? 2 * span : SILENCE_MAX;
	return twice > realert ? twice : realert;
}

bool
silence_take(struct silence *s, usec_t realert, usec_t t)
{
	bool is_new = !s->begun || realert == 0 || t > s->until;

	if (is_new) {
		s->span = s->begun ?
		    silence_next(realert, s->span, t - s->last) :
		    realert;
		s->until = t + s->span;
	}
	if (!s->begun || t > s->last)
		s->last = t;
	s->begun = true;
	return is_new;
}
