#include "patrolctl/placeholders.h"

#include "conf/conf.h"
#include "conf/value.h"
#include "conf/yaml.h"

int
placeholders_read(struct arena *a, const char *path, struct ruleset_limits *lim,
    struct complaints *c)
{
	struct value_ctx	 ctx = {a, path, c};
	size_t			 errors = c->errors, i;
	const struct yaml_doc	*doc = yaml_parse_file(a, path, c);
	struct conf_map		 m = {NULL, 0};
	struct rule_placeholder *list;

	if (doc != NULL && doc->root != NULL && doc->root->type == YAML_MAP)
		value_parse_map(&ctx, "placeholders", CONF_MAP_MAX, doc->root,
		    &m);
	else if (doc != NULL && doc->root != NULL)
		complain_error(c, path, doc->root->line, doc->root->col,
		    "placeholders are a map of names to values");
	list = arena_zalloc(a, (m.n + 1) * sizeof *list);
	for (i = 0; i < m.n; i++)
		list[i] = (struct rule_placeholder){m.item[i].name,
		    (const char *const *)m.item[i].values.item,
		    m.item[i].values.n};
	lim->placeholders = list;
	lim->nplaceholders = m.n;
	return c->errors == errors ? 0 : -1;
}
