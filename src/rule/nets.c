#include "rule/nets.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "rule/bits.h"

struct posting {
	uint32_t	number;
	struct posting *next;
};

struct branch {
	struct branch  *child[2];
	struct posting *postings;
};

struct nets {
	struct arena  arena;
	struct branch root[2]; /* IPv4, IPv6 */
};

struct nets *
nets_new(void)
{
	struct nets *nets = xcalloc(1, sizeof *nets);

	arena_init(&nets->arena);
	return nets;
}

void
nets_free(struct nets **netsp)
{
	struct nets *nets = *netsp;

	if (nets == NULL)
		return;
	arena_clear(&nets->arena);
	free(nets);
	*netsp = NULL;
}

static unsigned
bit_of(const struct addr *a, unsigned i)
{
	return a->b[i / 8] >> (7 - i % 8) & 1U;
}

void
nets_add(struct nets *nets, const struct cidr *net, uint32_t number)
{
	struct branch  *b = &nets->root[net->net.family == 6];
	struct branch **down;
	struct posting *p;
	unsigned	i;

	for (i = 0; i < net->bits; i++) {
		down = &b->child[bit_of(&net->net, i)];
		if (*down == NULL)
			*down = arena_zalloc(&nets->arena, sizeof **down);
		b = *down;
	}
	p = arena_alloc(&nets->arena, sizeof *p);
	*p = (struct posting){number, b->postings};
	b->postings = p;
}

void
nets_find(const struct nets *nets, const struct addr *a, uint64_t *set)
{
	const struct branch  *b = &nets->root[a->family == 6];
	const struct posting *p;
	unsigned	      i, bits = a->family == 6 ? 128 : 32;

	for (i = 0; b != NULL; i++) {
		for (p = b->postings; p != NULL; p = p->next)
			bits_set(set, p->number);
		if (i == bits)
			break;
		b = b->child[bit_of(a, i)];
	}
}
