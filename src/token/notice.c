#include "token/notice.h"

usec_t
notice_due(const struct notice_steps *s, usec_t end, usec_t from, usec_t told,
    usec_t now)
{
	usec_t	 at, due = 0;
	unsigned i;

	if (end == 0 || now >= end)
		return 0;
	for (i = 0; i < s->n; i++) {
		at = end - s->before[i];
		if (at <= now && at > from && at > told && at > due)
			due = at;
	}
	return due;
}
