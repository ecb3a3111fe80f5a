#include "auth/repeats.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/map.h"
#include "base/mem.h"

struct kind {
	STAILQ_ENTRY(kind) order;
	usec_t	 since, until;
	uint64_t count; /* of those after the first */
	size_t	 nkey;
	char	 key[];
};

struct repeats {
	struct map by_key;
	STAILQ_HEAD(, kind) order; /* begun first, ends first */
	struct kind *popped;	   /* owned; whose key the caller has */
	size_t	     max;
};

static struct slice
key_of(const void *value)
{
	const struct kind *k = value;

	return (struct slice){k->key, k->nkey};
}

struct repeats *
repeats_new(size_t max)
{
	struct repeats *r = xcalloc(1, sizeof *r);

	map_init(&r->by_key, key_of);
	STAILQ_INIT(&r->order);
	r->max = max;
	return r;
}

void
repeats_free(struct repeats **rp)
{
	struct repeats *r = *rp;
	struct slice	key;
	uint64_t	count;

	if (r == NULL)
		return;
	while (repeats_pop(r, INT64_MAX, &key, &count))
		;
	free(r->popped);
	map_clear(&r->by_key);
	free(r);
	*rp = NULL;
}

static void
begin(struct repeats *r, struct slice key, usec_t since, usec_t until)
{
	struct kind *k = xmalloc(sizeof *k + key.n);

	k->since = since;
	k->until = until;
	k->count = 0;
	k->nkey = key.n;
	memcpy(k->key, key.p, key.n);
	map_add(&r->by_key, k);
	STAILQ_INSERT_TAIL(&r->order, k, order);
}

bool
repeats_add(struct repeats *r, struct slice key, usec_t window, usec_t now)
{
	struct kind *k = map_find(&r->by_key, key);

	if (k != NULL) {
		k->count++;
		return true;
	}
	if (window > 0 && !repeats_is_full(r))
		begin(r, key, now, now + window);
	return false;
}

bool
repeats_is_full(const struct repeats *r)
{
	return r->by_key.n >= r->max;
}

bool
repeats_pop(struct repeats *r, usec_t now, struct slice *key, uint64_t *count)
{
	struct kind *k = STAILQ_FIRST(&r->order);

	/* A clock that was set back must not make it last. */
	if (k == NULL || (k->since <= now && now < k->until))
		return false;
	STAILQ_REMOVE_HEAD(&r->order, order);
	(void)map_remove(&r->by_key, key_of(k));
	free(r->popped);
	r->popped = k;
	*key = key_of(k);
	*count = k->count;
	return true;
}

size_t
repeats_count(const struct repeats *r)
{
	return r->by_key.n;
}
