#include "rule/never.h"

static bool node_is_always(const struct node *);

/* Of the values alone, before `neq`. */
static bool
values_are_never(const struct item *it)
{
	size_t i, n = 0;

	for (i = 0; i < it->n; i++)
		n += it->values[i].type == VALUE_NEVER;
	return n > 0 && (it->all || n == it->n);
}

/* A node, and beside it `not` the same node. */
static bool
has_opposites(const struct node *n)
{
	size_t i, j;

	for (i = 0; i < n->n; i++) {
		if (n->child[i]->type != NODE_NOT)
			continue;
		for (j = 0; j < n->n; j++)
			if (n->child[j] == n->child[i]->child[0])
				return true;
	}
	return false;
}

bool
node_is_never(const struct node *n)
{
	size_t i;

	switch (n->type) {
	case NODE_ITEM:
		return !n->item->neq && values_are_never(n->item);
	case NODE_NOT:
		return node_is_always(n->child[0]);
	case NODE_AND:
		for (i = 0; i < n->n; i++)
			if (node_is_never(n->child[i]))
				return true;
		return has_opposites(n);
	case NODE_OR:
		for (i = 0; i < n->n; i++)
			if (!node_is_never(n->child[i]))
				return false;
		return n->n > 0;
	}
	return false;
}

static bool
node_is_always(const struct node *n)
{
	size_t i;

	switch (n->type) {
	case NODE_ITEM:
		return n->item->neq && values_are_never(n->item);
	case NODE_NOT:
		return node_is_never(n->child[0]);
	case NODE_AND:
		for (i = 0; i < n->n; i++)
			if (!node_is_always(n->child[i]))
				return false;
		return n->n > 0;
	case NODE_OR:
		for (i = 0; i < n->n; i++)
			if (node_is_always(n->child[i]))
				return true;
		return has_opposites(n);
	}
	return false;
}
