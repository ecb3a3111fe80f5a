#include "auth/throttle.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/map.h"
#include "base/mem.h"

struct entry {
	TAILQ_ENTRY(entry) order;
	unsigned tries; /* wrong ones */
	usec_t	 last;	/* the newest of them */
	usec_t	 until; /* no try before */
	uint8_t	 nkey;
	char	 key[THROTTLE_KEY];
};

struct throttle {
	struct map by_key;
	TAILQ_HEAD(, entry) order; /* wrong longest ago first */
	size_t	 keys;
	unsigned free_tries;
	usec_t	 max_wait;
	uint64_t evicted;
};

static struct slice
key_of(const void *value)
{
	const struct entry *e = value;

	return (struct slice){e->key, e->nkey};
}

struct throttle *
throttle_new(size_t keys)
{
	struct throttle *t = xcalloc(1, sizeof *t);

	map_init(&t->by_key, key_of);
	TAILQ_INIT(&t->order);
	t->keys = keys;
	t->free_tries = 1;
	return t;
}

static void
drop(struct throttle *t, struct entry *e)
{
	(void)map_remove(&t->by_key, key_of(e));
	TAILQ_REMOVE(&t->order, e, order);
	free(e);
}

void
throttle_free(struct throttle **tp)
{
	struct throttle *t = *tp;
	struct entry	*e;

	if (t == NULL)
		return;
	while ((e = TAILQ_FIRST(&t->order)) != NULL)
		drop(t, e);
	map_clear(&t->by_key);
	free(t);
	*tp = NULL;
}

void
throttle_configure(struct throttle *t, unsigned free_tries, usec_t max_wait)
{
	t->free_tries = free_tries;
	t->max_wait = max_wait;
}

static struct slice
cut(struct slice key)
{
	if (key.n > THROTTLE_KEY)
		key.n = THROTTLE_KEY;
	return key;
}

/* What is remembered of a key; the clock may have been set back. */
static struct entry *
find(struct throttle *t, struct slice key, usec_t now)
{
	struct entry *e = map_find(&t->by_key, cut(key));

	if (e != NULL && (now - e->last >= THROTTLE_FORGET || now < e->last)) {
		drop(t, e);
		return NULL;
	}
	return e;
}

/* After so many wrong ones. */
static usec_t
wait_after(const struct throttle *t, unsigned tries)
{
	usec_t	 wait = THROTTLE_FIRST;
	unsigned i;

	if (tries < t->free_tries)
		return 0;
	for (i = t->free_tries; i < tries && wait < t->max_wait; i++)
		wait *= 2;
	return wait < t->max_wait ? wait : t->max_wait;
}

usec_t
throttle_wait(struct throttle *t, struct slice key, usec_t now)
{
	const struct entry *e = find(t, key, now);

	return e != NULL && e->until > now ? e->until - now : 0;
}

void
throttle_begin(struct throttle *t, struct slice key, usec_t now)
{
	struct entry *e = find(t, key, now);

	if (e != NULL && e->tries >= t->free_tries)
		e->until = now + wait_after(t, e->tries + 1);
}

static struct entry *
add(struct throttle *t, struct slice key)
{
	struct entry *e;

	if (t->by_key.n >= t->keys) {
		drop(t, TAILQ_FIRST(&t->order));
		t->evicted++;
	}
	e = xcalloc(1, sizeof *e);
	key = cut(key);
	memcpy(e->key, key.p, key.n);
	e->nkey = (uint8_t)key.n;
	map_add(&t->by_key, e);
	TAILQ_INSERT_TAIL(&t->order, e, order);
	return e;
}

void
throttle_wrong(struct throttle *t, struct slice key, usec_t now)
{
	struct entry *e = find(t, key, now);

	if (e == NULL)
		e = add(t, key);
	TAILQ_REMOVE(&t->order, e, order);
	TAILQ_INSERT_TAIL(&t->order, e, order);
	e->tries++;
	e->last = now;
	e->until = now + wait_after(t, e->tries);
}

void
throttle_right(struct throttle *t, struct slice key, bool forget)
{
	struct entry *e = map_find(&t->by_key, cut(key));

	if (e == NULL)
		return;
	if (forget)
		drop(t, e);
	else
		e->until = 0;
}

bool
throttle_has(struct throttle *t, struct slice key)
{
	return map_find(&t->by_key, cut(key)) != NULL;
}

size_t
throttle_count(const struct throttle *t)
{
	return t->by_key.n;
}

uint64_t
throttle_evicted(const struct throttle *t)
{
	return t->evicted;
}
