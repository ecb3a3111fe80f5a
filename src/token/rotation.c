#include "token/rotation.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct rotations {
	struct map	       by_tid;	/* rotations; owns them */
	struct map	       by_hash; /* old secrets */
	struct rotation_counts counts;
};

static struct slice
tid_key(const struct token *t)
{
	return (struct slice){(const char *)&t->tid, sizeof t->tid};
}

static struct slice
hash_key(const uint8_t hash[SECRET_HASH])
{
	return (struct slice){(const char *)hash, SECRET_HASH};
}

static struct slice
tid_of(const void *value)
{
	return tid_key(((const struct rotation *)value)->token);
}

static struct slice
hash_of(const void *value)
{
	return hash_key(((const struct token_secret *)value)->hash);
}

struct rotations *
rotations_new(void)
{
	struct rotations *rs = xcalloc(1, sizeof *rs);

	map_init(&rs->by_tid, tid_of);
	map_init(&rs->by_hash, hash_of);
	return rs;
}

static void
sighting_clear(struct sighting *s)
{
	sym_unref(&s->ip);
	sym_unref(&s->client);
}

static void
sighting_copy(struct sighting *to, const struct sighting *from)
{
	to->time = from->time;
	to->count = from->count;
	sym_set(&to->ip, from->ip);
	sym_set(&to->client, from->client);
}

static void
secret_free(struct token_secret *s)
{
	sighting_clear(&s->used);
	secret_wipe(s->hash, sizeof s->hash);
	free(s);
}

static void
rotation_free(struct rotation *r)
{
	struct token_secret *s, *older;

	for (s = r->newest; s != NULL; s = older) {
		older = s->older;
		secret_free(s);
	}
	sighting_clear(&r->tried);
	free(r);
}

void
rotations_free(struct rotations **rsp)
{
	struct rotations *rs = *rsp;
	struct rotation	 *r;
	size_t		  at = 0;

	if (rs == NULL)
		return;
	while ((r = map_next(&rs->by_tid, &at)) != NULL)
		rotation_free(r);
	map_clear(&rs->by_tid);
	map_clear(&rs->by_hash);
	free(rs);
	*rsp = NULL;
}

const struct rotation_counts *
rotations_counts(const struct rotations *rs)
{
	return &rs->counts;
}

struct rotation *
rotation_of(const struct rotations *rs, const struct token *t)
{
	return t->rotated ? map_find(&rs->by_tid, tid_key(t)) : NULL;
}

/* As token_table_find_secret: what the map's own comparisons could tell is
 * about hashes, which nobody can steer. */
struct token_secret *
rotations_find(const struct rotations *rs, const uint8_t hash[SECRET_HASH])
{
	struct token_secret *s = map_find(&rs->by_hash, hash_key(hash));

	return s != NULL && secret_hash_eq(s->hash, hash) ? s : NULL;
}

struct token_secret *
rotation_secret(const struct rotation *r, uint32_t number)
{
	struct token_secret *s = r->newest;

	while (s != NULL && s->number != number)
		s = s->older;
	return s;
}

bool
secret_works(const struct token_secret *s, usec_t now)
{
	return s->until == 0 || now < s->until;
}

static struct rotation *
rotation_add(struct rotations *rs, struct token *t)
{
	struct rotation *r = xcalloc(1, sizeof *r);

	r->token = t;
	t->rotated = true;
	map_add(&rs->by_tid, r);
	rs->counts.tokens++;
	return r;
}

static struct token_secret *
push(struct rotation *r, uint32_t number, usec_t made)
{
	struct token_secret *s = xcalloc(1, sizeof *s);

	s->of = r;
	s->number = number;
	s->made = made;
	s->older = r->newest;
	r->newest = s;
	return s;
}

/* All uses so far were of the one secret that it had. */
static struct rotation *
first_rotation(struct rotations *rs, struct token *t)
{
	const struct sighting used = {.time = t->last.time,
	    .ip = t->last.ip,
	    .client = t->last.client,
	    .count = t->uses};
	struct rotation	     *r = rotation_add(rs, t);

	sighting_copy(&push(r, 1, t->created)->used, &used);
	return r;
}

static void
remember(struct rotations *rs, struct rotation *r, struct token_secret *s)
{
	map_add(&rs->by_hash, s);
	r->nold++;
	rs->counts.old++;
}

/* The oldest, if there is one too many; its number, or 0. */
static uint32_t
forget_oldest(struct rotations *rs, struct rotation *r)
{
	struct token_secret **at = &r->newest;
	uint32_t	      number;

	if (r->nold <= ROTATION_OLD_MAX)
		return 0;
	while ((*at)->older != NULL)
		at = &(*at)->older;
	number = (*at)->number;
	map_remove(&rs->by_hash, hash_key((*at)->hash));
	secret_free(*at);
	*at = NULL;
	r->nold--;
	rs->counts.old--;
	rs->counts.forgotten++;
	return number;
}

struct token_secret *
rotation_overlap(const struct rotation *r, usec_t now)
{
	struct token_secret *s = r->newest->older;

	while (s != NULL && !secret_works(s, now))
		s = s->older;
	return s;
}

struct rotation *
rotation_begin(struct rotations *rs, struct token *t, usec_t now, usec_t until,
    uint32_t *forgotten)
{
	struct rotation	    *r = rotation_of(rs, t);
	struct token_secret *old, *s;

	if (r == NULL)
		r = first_rotation(rs, t);
	/* A store that another hand was in may lack the current one. */
	if (r->newest->until != 0)
		(void)push(r, r->newest->number + 1, now);
	while ((s = rotation_overlap(r, now)) != NULL)
		s->until = now;
	old = r->newest;
	old->until = until > now ? until : now;
	memcpy(old->hash, t->hash, sizeof old->hash);
	remember(rs, r, old);
	(void)push(r, old->number + 1, now);
	*forgotten = forget_oldest(rs, r);
	return r;
}

void
rotation_saw(struct rotation *r, uint32_t number, bool superseded, usec_t time,
    struct sym *ip, struct sym *client, uint64_t count)
{
	struct token_secret *s = superseded ? NULL : rotation_secret(r, number);
	struct sighting	    *g = superseded ? &r->tried :
		s != NULL		    ? &s->used :
					      NULL;

	if (g == NULL)
		return;
	r->token->tried |= superseded;
	if (__builtin_add_overflow(g->count, count, &g->count))
		g->count = UINT64_MAX;
	g->dirty = true;
	if (time < g->time)
		return;
	g->time = time;
	sym_set(&g->ip, ip);
	sym_set(&g->client, client);
	if (superseded)
		r->tried_number = number;
}

static bool
makes_sense(const struct rotations *rs, const struct rotation *r,
    const struct token_secret *s)
{
	static const uint8_t none[SECRET_HASH];
	bool		     has_hash = memcmp(s->hash, none, SECRET_HASH) != 0;

	if (s->number == 0 || has_hash != (s->until != 0))
		return false;
	if (has_hash && map_find(&rs->by_hash, hash_key(s->hash)) != NULL)
		return false;
	/* Behind the current one comes none. */
	return r == NULL ||
	    (r->newest->number < s->number && r->newest->until != 0);
}

bool
rotation_load(struct rotations *rs, struct token *t,
    const struct token_secret *from)
{
	struct rotation	    *r = rotation_of(rs, t);
	struct token_secret *s;

	if (!makes_sense(rs, r, from))
		return false;
	if (r == NULL)
		r = rotation_add(rs, t);
	s = push(r, from->number, from->made);
	s->until = from->until;
	memcpy(s->hash, from->hash, sizeof s->hash);
	sighting_copy(&s->used, &from->used);
	if (s->until != 0)
		remember(rs, r, s);
	return true;
}

bool
rotation_load_tried(struct rotations *rs, struct token *t, uint32_t number,
    const struct sighting *tried)
{
	struct rotation *r = rotation_of(rs, t);

	if (r == NULL)
		return false;
	t->tried = true;
	r->tried_number = number;
	sighting_copy(&r->tried, tried);
	return true;
}
