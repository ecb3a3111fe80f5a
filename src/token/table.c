#include "token/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "token/evict.h"
#include "token/pages.h"
#include "token/pause.h"
#include "token/tids.h"

/*
 * A million tokens are a normal size: what is kept for each counts.  Beside
 * the token and its texts these are two map slots and one pointer of pages.
 */
struct token_table {
	struct map	    by_id;   /* owns the tokens */
	struct map	    by_hash; /* issued ones */
	struct pages	    by_tid;
	struct map	    accounts; /* by name; owns them */
	struct pages	    by_aid;
	uint32_t	    last_tid, last_aid; /* highest so far */
	size_t		    foreign_max;
	struct evict	    evict;
	struct pauses	    pauses;
	struct tids	    dirty;  /* marked since they were lined up */
	struct tids	    line;   /* and those that were */
	size_t		    popped; /* of the line */
	struct intern	   *words;
	struct token_counts counts;
};

#define WORDS_MAX 1024 /* that no token has any more */

static struct slice
hash_key(const uint8_t hash[SECRET_HASH])
{
	return (struct slice){(const char *)hash, SECRET_HASH};
}

static struct slice
id_of(const void *value)
{
	const struct token *t = value;

	return slice_of(t->id);
}

static struct slice
hash_of(const void *value)
{
	const struct token *t = value;

	return hash_key(t->hash);
}

static struct slice
name_of(const void *value)
{
	const struct account *a = value;

	return slice_of(a->name);
}

struct token_table *
token_table_new(size_t foreign_max)
{
	struct token_table *tt = xcalloc(1, sizeof *tt);

	map_init(&tt->by_id, id_of);
	map_init(&tt->by_hash, hash_of);
	pages_init(&tt->by_tid);
	map_init(&tt->accounts, name_of);
	pages_init(&tt->by_aid);
	evict_init(&tt->evict);
	pauses_init(&tt->pauses);
	tt->words = intern_new(WORDS_MAX, 1);
	tt->foreign_max = foreign_max;
	return tt;
}

static void
account_free(struct account *a)
{
	free(a->name);
	free(a);
}

void
token_table_free(struct token_table **ttp)
{
	struct token_table *tt = *ttp;
	struct account	   *a;
	struct token	   *t;
	size_t		    at = 0;

	if (tt == NULL)
		return;
	while ((t = map_next(&tt->by_id, &at)) != NULL)
		token_free(&t);
	for (at = 0; (a = map_next(&tt->accounts, &at)) != NULL;)
		account_free(a);
	map_clear(&tt->by_id);
	map_clear(&tt->by_hash);
	pages_clear(&tt->by_tid);
	map_clear(&tt->accounts);
	pages_clear(&tt->by_aid);
	pauses_clear(&tt->pauses);
	intern_free(&tt->words);
	tids_clear(&tt->dirty);
	tids_clear(&tt->line);
	free(tt);
	*ttp = NULL;
}

/* The given number, or the next; remembers the highest. */
static uint32_t
draw(uint32_t *last, uint32_t given)
{
	uint32_t n = given != 0 ? given : *last + 1;

	assert(n != 0);
	if (n > *last)
		*last = n;
	return n;
}

struct account *
token_table_account(struct token_table *tt, struct slice name)
{
	return map_find(&tt->accounts, name);
}

struct account *
token_table_add_account(struct token_table *tt, struct slice name, uint32_t aid)
{
	struct account *a = xcalloc(1, sizeof *a);

	a->aid = draw(&tt->last_aid, aid);
	a->name = xstrndup(name.p, name.n);
	map_add(&tt->accounts, a);
	pages_add(&tt->by_aid, a->aid, a);
	tt->counts.accounts++;
	return a;
}

struct account *
token_table_next_account(struct token_table *tt, uint32_t after)
{
	return pages_next(&tt->by_aid, after);
}

struct token *
token_table_find(struct token_table *tt, struct slice id)
{
	return map_find(&tt->by_id, id);
}

struct token *
token_table_find_hashed(struct token_table *tt, struct slice id, uint64_t hash)
{
	return map_find_hashed(&tt->by_id, id, hash);
}

void
token_table_warm_slot(const struct token_table *tt, uint64_t hash)
{
	map_warm_slot(&tt->by_id, hash);
}

void
token_table_warm_value(const struct token_table *tt, uint64_t hash)
{
	const struct token *t = map_peek(&tt->by_id, hash);

	/* All of it: the id is at its end, last-used in its middle. */
	if (t != NULL)
		mem_warm(t, offsetof(struct token, id) + TOKEN_ID_MAX);
}

void
token_table_warm_parts(const struct token_table *tt, uint64_t hash)
{
	const struct token *t = map_peek(&tt->by_id, hash);

	if (t == NULL)
		return;
	seen_warm(t->seen);
	/* What the next use will mostly have others of. */
	__builtin_prefetch(t->last.repository);
	__builtin_prefetch(t->last.client);
}

/*
 * What the map's own comparisons could tell by their timing is about hashes
 * of secrets, under a hash seeded at random: nobody can steer either.  The
 * answer still hangs on a comparison in constant time.
 */
struct token *
token_table_find_secret(struct token_table *tt, const uint8_t hash[SECRET_HASH])
{
	struct token *t = map_find(&tt->by_hash, hash_key(hash));

	return t != NULL && secret_hash_eq(t->hash, hash) ? t : NULL;
}

void
token_table_set_hash(struct token_table *tt, struct token *t,
    const uint8_t hash[SECRET_HASH])
{
	map_remove(&tt->by_hash, hash_key(t->hash));
	memcpy(t->hash, hash, SECRET_HASH);
	map_add(&tt->by_hash, t);
}

/* Takes it out of everything that names it, and frees it. */
static void
forget(struct token_table *tt, struct token *t)
{
	evict_remove(&tt->evict, t);
	pauses_set(&tt->pauses, t, 0);
	map_remove(&tt->by_id, slice_of(t->id));
	pages_remove(&tt->by_tid, t->tid);
	tt->counts.foreign--;
	tt->counts.foreign_evicted++;
	token_free(&t);
}

/* Makes room until at most `keep` foreign tokens are left. */
static bool
make_room(struct token_table *tt, size_t keep)
{
	struct token *t;

	while (tt->counts.foreign > keep) {
		if ((t = evict_oldest(&tt->evict)) == NULL)
			return false;
		forget(tt, t);
	}
	return true;
}

static void
join_account(struct token_table *tt, struct token *t)
{
	struct account *a = t->account;

	if (t->kind == TOKEN_HONEY)
		tt->counts.honey += t->state != TOKEN_DELETED;
	else
		tt->counts.by_state[t->state]++;
	if (a == NULL)
		return;
	t->next_of_account = a->tokens;
	a->tokens = t;
	if (t->kind == TOKEN_HONEY)
		return;
	a->ntokens += t->state != TOKEN_DELETED;
	a->nactive += t->state == TOKEN_ACTIVE;
}

static void
enter(struct token_table *tt, struct token *t)
{
	t->tid = draw(&tt->last_tid, t->tid);
	map_add(&tt->by_id, t);
	pages_add(&tt->by_tid, t->tid, t);
}

/*
 * A store may hold more foreign tokens than the cap: it was lowered, or some
 * gave way in memory only.  They come by tid, so the list must be sorted to
 * find the oldest; an eighth of slack makes that cost little for each.
 */
static void
add_foreign(struct token_table *tt, struct token *t)
{
	size_t slack = tt->foreign_max / 8 + 64;

	if (tt->counts.foreign >= tt->foreign_max + slack)
		(void)make_room(tt, tt->foreign_max);
	tt->counts.foreign++;
	if (t->state == TOKEN_ACTIVE)
		evict_add_unsorted(&tt->evict, t);
}

/*
 * A foreign token that gave way and came back has two rows in the store,
 * and both are loaded: the newer one holds.
 */
static void
replace_foreign(struct token_table *tt, const struct token *by)
{
	struct token *old = token_table_find(tt, slice_of(by->id));

	if (old != NULL && token_is_foreign(old) && !old->dirty)
		forget(tt, old);
}

void
token_table_warm_add(const struct token_table *tt, const struct token *t)
{
	map_warm_slot(&tt->by_id, map_hash(slice_of(t->id)));
	if (!token_is_foreign(t))
		map_warm_slot(&tt->by_hash, map_hash(hash_key(t->hash)));
}

void
token_table_add(struct token_table *tt, struct token *t)
{
	replace_foreign(tt, t);
	enter(tt, t);
	if (token_is_foreign(t)) {
		add_foreign(tt, t);
		return;
	}
	map_add(&tt->by_hash, t);
	join_account(tt, t);
}

struct token *
token_table_foreign(struct token_table *tt, struct slice id, bool *is_new)
{
	struct token *t = token_table_find(tt, id);

	*is_new = false;
	if (t != NULL)
		return t;
	if (id.n == 0 || id.n > TOKEN_FOREIGN_ID_MAX)
		return NULL;
	/* Invented ids must not use up the numbers of issued tokens. */
	if (tt->foreign_max == 0 || tt->last_tid >= UINT32_MAX / 2 ||
	    !make_room(tt, tt->foreign_max - 1))
		return NULL;
	t = token_new(id);
	t->kind = TOKEN_FOREIGN;
	enter(tt, t);
	tt->counts.foreign++;
	evict_add(&tt->evict, t);
	*is_new = true;
	return t;
}

struct token *
token_table_next(struct token_table *tt, uint32_t after)
{
	return pages_next(&tt->by_tid, after);
}

void
token_table_warm_tid(const struct token_table *tt, uint32_t tid)
{
	pages_warm(&tt->by_tid, tid);
}

size_t
token_table_some(const struct token_table *tt, uint32_t after,
    struct token **out, size_t max)
{
	return pages_some(&tt->by_tid, after, (void **)out, max);
}

struct token *
token_table_by_tid(struct token_table *tt, uint32_t tid)
{
	return pages_find(&tt->by_tid, tid);
}

const struct token_counts *
token_table_counts(const struct token_table *tt)
{
	return &tt->counts;
}

struct sym *
token_table_word(struct token_table *tt, struct slice text)
{
	bool is_new;

	return intern_add(tt->words, text, &is_new);
}

/* Does `a` give way before `b`?  Never used counts as used at time 0. */
static bool
gives_way_before(const struct token *a, const struct token *b)
{
	if (a->last.time != b->last.time)
		return a->last.time < b->last.time;
	if (a->created != b->created)
		return a->created < b->created;
	return a->tid < b->tid;
}

struct token *
token_table_auto_victim(struct account *a, unsigned max)
{
	struct token *t, *victim = NULL;
	unsigned      n = 0;

	for (t = a->tokens; t != NULL; t = t->next_of_account) {
		if (t->kind != TOKEN_AUTO || t->state == TOKEN_DELETED)
			continue;
		n++;
		if (victim == NULL || gives_way_before(t, victim))
			victim = t;
	}
	return n >= max ? victim : NULL;
}

static void
count_account_change(struct account *a, enum token_state from,
    enum token_state to)
{
	a->ntokens -= from != TOKEN_DELETED;
	a->ntokens += to != TOKEN_DELETED;
	a->nactive -= from == TOKEN_ACTIVE;
	a->nactive += to == TOKEN_ACTIVE;
}

void
token_table_count_change(struct token_table *tt, struct token *t,
    enum token_state to)
{
	if (token_is_foreign(t)) {
		evict_remove(&tt->evict, t);
		if (to == TOKEN_ACTIVE && !t->dirty)
			evict_add(&tt->evict, t);
		return;
	}
	if (t->kind == TOKEN_HONEY) {
		tt->counts.honey -= t->state != TOKEN_DELETED;
		tt->counts.honey += to != TOKEN_DELETED;
		return;
	}
	tt->counts.by_state[t->state]--;
	tt->counts.by_state[to]++;
	if (t->account != NULL)
		count_account_change(t->account, t->state, to);
}

void
token_table_pause(struct token_table *tt, struct token *t, usec_t until)
{
	pauses_set(&tt->pauses, t, until);
}

struct token *
token_table_due(struct token_table *tt, usec_t now)
{
	return pauses_due(&tt->pauses, now);
}

void
token_table_mark_dirty(struct token_table *tt, struct token *t)
{
	if (t->dirty)
		return;
	evict_remove(&tt->evict, t);
	t->dirty = true;
	tids_add(&tt->dirty, t->tid);
}

size_t
token_table_line_up_dirty(struct token_table *tt)
{
	struct tids spare = tt->line;

	assert(tt->popped == spare.n);
	tt->line = tt->dirty;
	spare.n = 0;
	tt->dirty = spare;
	tt->popped = 0;
	tids_sort(&tt->line);
	return tt->line.n;
}

struct token *
token_table_pop_dirty(struct token_table *tt)
{
	struct token *t;

	if (tt->popped == tt->line.n)
		return NULL;
	/* A dirty token does not give way, so it is there. */
	t = token_table_by_tid(tt, tt->line.tid[tt->popped++]);
	t->dirty = false;
	if (token_is_foreign(t) && t->state == TOKEN_ACTIVE)
		evict_add(&tt->evict, t);
	return t;
}
