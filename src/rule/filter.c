#include "rule/filter.h"

#include "rule/condition.h"
#include "rule/set.h"

#define NAMES_MAX 1000 /* looked at for "did you mean" */

/* ---- reading ---- */

/* `rules`: an id or name, a list of them (an empty one is any), or any. */
static bool
parse_rules(const struct source *src, struct sigma_filter *f)
{
	const struct yaml_node *n = yaml_get(f->body, "rules"), *m;
	size_t			errors = src->c->errors;

	if (n == NULL || yaml_is_null(n)) {
		SOURCE_ERROR(src, f->body,
		    "a filter needs 'rules': a list of "
		    "ids or names, or 'any'");
		return false;
	}
	f->rules = n;
	f->any = n->type == YAML_SCALAR ?
	    slice_caseeq(n->text, SLICE("any")) :
	    n->type == YAML_LIST && n->child == NULL;
	if (f->any || (n->type == YAML_SCALAR && n->text.n > 0))
		return true;
	if (n->type != YAML_LIST) {
		SOURCE_ERROR(src, n,
		    "'rules' must be a list of ids or names, "
		    "or 'any'");
		return false;
	}
	for (m = n->child; m != NULL; m = m->next)
		if (m->type != YAML_SCALAR)
			SOURCE_ERROR(src, m,
			    "a rule is named by its id or "
			    "name");
	return src->c->errors == errors;
}

static bool
parse_body(const struct source *src, struct sigma_filter *f,
    struct detect_kit *kit)
{
	const struct yaml_node *cond = yaml_get(f->body, "condition");
	struct identifier      *ids;

	ids = detect_parse(src, f->body, "rules", kit);
	if (cond == NULL || yaml_is_null(cond)) {
		SOURCE_ERROR(src, cond != NULL ? cond : f->body,
		    "the filter needs a 'condition'");
		return false;
	}
	if (cond->type != YAML_SCALAR) {
		SOURCE_ERROR(src, cond,
		    "the 'condition' of a filter must be text");
		return false;
	}
	if (ids == NULL) {
		SOURCE_ERROR(src, f->body,
		    "the filter has nothing to search "
		    "for beside its condition");
		return false;
	}
	f->condition = condition_parse(src, cond, ids);
	f->ids = ids;
	if (f->condition != NULL)
		detect_warn_unused(src, ids);
	return f->condition != NULL;
}

struct sigma_filter *
filter_parse(const struct source *src, const struct yaml_node *root,
    const struct yaml_node *body, struct detect_kit *kit)
{
	struct sigma_filter    *f = arena_zalloc(src->arena, sizeof(*f));
	const struct yaml_node *n = yaml_get(root, "patrol");
	bool			ok;

	if (n != NULL)
		SOURCE_ERROR(src, n->key,
		    "a filter has no 'patrol': it only "
		    "changes other rules");
	if (body->type != YAML_MAP) {
		SOURCE_ERROR(src, body, "'filter' must be a map");
		return NULL;
	}
	f->file = src->file;
	f->root = root;
	f->body = body;
	ok = parse_rules(src, f);
	kit->placeholders.used = 0;
	ok = parse_body(src, f, kit) && ok;
	f->expanded = kit->placeholders.used;
	return ok ? f : NULL;
}

/* ---- applying ---- */

/* Each part that the filter's logsource gives, the rule's has too. */
static bool
has_logsource(const struct sigma_filter *f, const struct sigma_rule *r)
{
	static const char *const parts[] = {"category", "product", "service"};
	const struct yaml_node	*want, *have;
	size_t			 i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		want = yaml_get(yaml_get(f->root, "logsource"), parts[i]);
		if (want == NULL || yaml_is_null(want))
			continue;
		have = yaml_get(yaml_get(r->root, "logsource"), parts[i]);
		if (have == NULL || !slice_eq(want->text, have->text))
			return false;
	}
	return true;
}

/* (rule) and (filter condition), and those of further filters beside it. */
static void
filter_rule(struct ruleset *rs, const struct sigma_filter *f,
    struct sigma_rule *r)
{
	struct filter_use *use = r->filters;
	struct node	  *both;

	if (use != NULL && use->filter == f)
		return; /* by its name, and by its id before */
	if (use == NULL) {
		both = node_new(&rs->arena, NODE_AND);
		node_add(&rs->arena, both, r->condition);
		r->condition = both;
	}
	node_add(&rs->arena, r->condition, f->condition);
	use = arena_zalloc(&rs->arena, sizeof(*use));
	use->filter = f;
	use->next = r->filters;
	r->filters = use;
}

/*
 * Others may keep one filter for rules of which only some are here, so a name
 * that nobody has is told and no more; as in pySigma.
 */
static void
warn_unknown(struct ruleset *rs, const struct source *src,
    const struct yaml_node *n)
{
	const char *names[NAMES_MAX + 1];
	size_t	    i, k = 0;

	if (ruleset_lost(rs, n->text) != NULL) {
		SOURCE_ERROR(src, n, "the rule '%.*s' has faults",
		    SLICE_ARG(n->text));
		return;
	}
	for (i = 0; i < rs->n && k < NAMES_MAX; i++)
		if (rs->rules[i]->pub.name != NULL)
			names[k++] = rs->rules[i]->pub.name;
	names[k] = NULL;
	SOURCE_WARNING(src, n, "no rule has the id or name '%.*s'%s",
	    SLICE_ARG(n->text), source_hint(src, n->text, names));
}

static void
filter_named(struct ruleset *rs, const struct sigma_filter *f,
    const struct source *src, const struct yaml_node *n)
{
	struct sigma_rule *r = ruleset_named(rs, n->text);

	if (r == NULL)
		warn_unknown(rs, src, n);
	else if (r->correlation != NULL)
		SOURCE_WARNING(src, n,
		    "'%.*s' is a correlation, which filters "
		    "do not apply to: name the rules that feed it",
		    SLICE_ARG(n->text));
	else if (!has_logsource(f, r))
		SOURCE_WARNING(src, n,
		    "the filter does not apply to '%.*s', "
		    "which has another logsource",
		    SLICE_ARG(n->text));
	else
		filter_rule(rs, f, r);
}

static void
filter_any(struct ruleset *rs, const struct sigma_filter *f,
    const struct source *src)
{
	struct sigma_rule *r;
	bool		   found = false;
	size_t		   i;

	for (i = 0; i < rs->n; i++) {
		r = rs->rules[i];
		if (r->correlation != NULL || !has_logsource(f, r))
			continue;
		found = true;
		filter_rule(rs, f, r);
	}
	if (!found)
		SOURCE_WARNING(src, f->rules,
		    "the filter applies to no rule: "
		    "none has its logsource");
}

void
filter_apply(struct ruleset *rs, struct complaints *c)
{
	const struct sigma_filter *f;
	const struct yaml_node	  *n;
	struct source		   src;

	for (f = rs->filters; f != NULL; f = f->next) {
		src = (struct source){&rs->arena, f->file, c};
		if (f->any) {
			filter_any(rs, f, &src);
			continue;
		}
		if (f->rules->type == YAML_SCALAR) {
			filter_named(rs, f, &src, f->rules);
			continue;
		}
		for (n = f->rules->child; n != NULL; n = n->next)
			filter_named(rs, f, &src, n);
	}
}
