#include "token/impact.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"

struct kind {
	struct map		   values;
	const struct impact_item **list; /* owned; of all values */
	size_t			   n, cap;
	uint64_t		   unkept;
};

struct impact {
	usec_t		  since, until;
	size_t		  max;
	struct arena	  arena; /* items and their texts */
	struct kind	  kind[IMPACT_KINDS];
	struct impact_sum before, after;
};

const char *
impact_kind_name(enum impact_kind k)
{
	static const char *const names[IMPACT_KINDS] = {"repository", "digest",
	    "action", "registry", "network", "address", "client"};

	return names[k];
}

static struct slice
item_key(const void *value)
{
	return ((const struct impact_item *)value)->value;
}

struct impact *
impact_new(usec_t since, usec_t until, size_t max)
{
	struct impact *i = xcalloc(1, sizeof *i);
	unsigned       k;

	i->since = since;
	i->until = until;
	i->max = max;
	arena_init(&i->arena);
	for (k = 0; k < IMPACT_KINDS; k++)
		map_init(&i->kind[k].values, item_key);
	return i;
}

void
impact_free(struct impact **ip)
{
	struct impact *i = *ip;
	unsigned       k;

	if (i == NULL)
		return;
	for (k = 0; k < IMPACT_KINDS; k++) {
		map_clear(&i->kind[k].values);
		free(i->kind[k].list);
	}
	arena_clear(&i->arena);
	free(i);
	*ip = NULL;
}

/* The item of a value, made if there is room; else NULL. */
static struct impact_item *
find_item(struct impact *i, enum impact_kind at, struct slice value)
{
	struct kind	   *k = &i->kind[at];
	struct impact_item *item = map_find(&k->values, value);

	if (item != NULL)
		return item;
	if (k->n == i->max ||
	    i->arena.total + sizeof *item + value.n > IMPACT_BYTES_MAX)
		return NULL;
	item = arena_zalloc(&i->arena, sizeof *item);
	item->kind = at;
	item->value = arena_slice(&i->arena, value);
	map_add(&k->values, item);
	k->list = xgrow(k->list, k->n, &k->cap, sizeof *k->list);
	k->list[k->n++] = item;
	return item;
}

/* Sums of strangers' numbers stay at the most that JSON has here. */
static uint64_t
add_up(uint64_t a, uint64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static void
sum_add(struct impact_sum *s, const struct impact_use *u)
{
	uint64_t n = u->count > 0 ? (uint64_t)u->count : 0;

	s->uses = add_up(s->uses, n);
	if (u->refused)
		s->refused = add_up(s->refused, n);
	if (u->bytes > 0)
		s->bytes = add_up(s->bytes, (uint64_t)u->bytes);
	if (s->first == 0 || u->time < s->first)
		s->first = u->time;
	if (u->time > s->last)
		s->last = u->time;
}

void
impact_add(struct impact *i, const struct impact_use *u)
{
	bool		    after = u->time >= i->since;
	struct impact_item *item;
	unsigned	    k;

	if (i->until != 0 && u->time >= i->until)
		return;
	sum_add(after ? &i->after : &i->before, u);
	for (k = 0; k < IMPACT_KINDS; k++) {
		if (u->value[k].n == 0)
			continue;
		item = find_item(i, (enum impact_kind)k, u->value[k]);
		if (item == NULL)
			i->kind[k].unkept =
			    add_up(i->kind[k].unkept, (uint64_t)u->count);
		else
			sum_add(after ? &item->after : &item->before, u);
	}
}

static int
compare(const void *pa, const void *pb)
{
	const struct impact_item *a = *(const struct impact_item *const *)pa;
	const struct impact_item *b = *(const struct impact_item *const *)pb;

	if (a->after.uses != b->after.uses)
		return a->after.uses > b->after.uses ? -1 : 1;
	if (a->before.uses != b->before.uses)
		return a->before.uses > b->before.uses ? -1 : 1;
	return slice_cmp(a->value, b->value);
}

void
impact_sort(struct impact *i)
{
	struct kind *k;

	for (k = i->kind; k < i->kind + IMPACT_KINDS; k++)
		if (k->n > 0)
			qsort(k->list, k->n, sizeof *k->list, compare);
}

const struct impact_item *const *
impact_list(const struct impact *i, enum impact_kind k, size_t *n)
{
	*n = i->kind[k].n;
	return i->kind[k].list;
}

uint64_t
impact_unkept(const struct impact *i, enum impact_kind k)
{
	return i->kind[k].unkept;
}

const struct impact_sum *
impact_before(const struct impact *i)
{
	return &i->before;
}

const struct impact_sum *
impact_after(const struct impact *i)
{
	return &i->after;
}
