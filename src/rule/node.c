#include "rule/node.h"

#include "base/arena.h"

struct node *
node_new(struct arena *a, enum node_type type)
{
	struct node *n = arena_zalloc(a, sizeof(*n));

	n->type = type;
	return n;
}

void
node_add(struct arena *a, struct node *n, struct node *child)
{
	struct node **more;

	if (child == NULL)
		return;
	/* Room doubles; what is left behind goes with the arena. */
	if ((n->n & (n->n - 1)) == 0) {
		more = arena_alloc(a,
		    (n->n == 0 ? 1 : 2 * n->n) * sizeof(struct node *));
		if (n->n > 0)
			memcpy(more, n->child, n->n * sizeof(struct node *));
		n->child = more;
	}
	n->child[n->n++] = child;
}

void
item_add(struct arena *a, struct item *it, const struct value *v)
{
	struct value *more;

	if (it->n == it->cap) {
		it->cap = it->cap == 0 ? 1 : 2 * it->cap;
		more = arena_alloc(a, it->cap * sizeof(*more));
		if (it->n > 0)
			memcpy(more, it->values, it->n * sizeof(*more));
		it->values = more;
	}
	it->values[it->n++] = *v;
}

struct node *
node_simplify(struct node *n)
{
	return n->n == 1 && n->type != NODE_NOT ? n->child[0] : n;
}
