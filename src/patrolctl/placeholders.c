#include "patrolctl/placeholders.h"

#include "conf/yaml.h"

struct reading {
	struct arena	  *arena;
	const char	  *path;
	struct complaints *c;
};

static void
refuse(const struct reading *r, const struct yaml_node *n, const char *why)
{
	complain_error(r->c, r->path, n->line, n->col, "%s", why);
}

/* One value, or a list of them. */
static void
read_values(const struct reading *r, const struct yaml_node *n,
    struct rule_placeholder *p)
{
	const struct yaml_node *v = n->type == YAML_LIST ? n->child : n;
	const char	      **list =
	    arena_zalloc(r->arena, (n->nchild + 1) * sizeof *list);

	p->name = n->key->text.p;
	p->values = list;
	for (; v != NULL; v = n->type == YAML_LIST ? v->next : NULL) {
		if (v->type == YAML_SCALAR)
			list[p->n++] = v->text.p;
		else
			refuse(r, v,
			    "a placeholder stands for a text, or "
			    "a list of them");
	}
}

static void
read_all(const struct reading *r, const struct yaml_node *root,
    struct ruleset_limits *lim)
{
	const struct yaml_node	*n;
	struct rule_placeholder *list;

	if (root->type != YAML_MAP) {
		refuse(r, root, "placeholders are a map of names to values");
		return;
	}
	list = arena_zalloc(r->arena, (root->nchild + 1) * sizeof *list);
	lim->placeholders = list;
	for (n = root->child; n != NULL; n = n->next)
		read_values(r, n, &list[lim->nplaceholders++]);
}

int
placeholders_read(struct arena *a, const char *path, struct ruleset_limits *lim,
    struct complaints *c)
{
	struct reading	       r = {a, path, c};
	size_t		       errors = c->errors;
	const struct yaml_doc *doc = yaml_parse_file(a, path, c);

	if (doc != NULL && doc->root != NULL)
		read_all(&r, doc->root, lim);
	return c->errors == errors ? 0 : -1;
}
