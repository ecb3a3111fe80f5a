#include "rule/sigma.h"

#include "base/text.h"
#include "rule/about.h"
#include "rule/condition.h"
#include "rule/extension.h"
#include "rule/known.h"
#include "rule/literal.h"
#include "rule/never.h"
#include "rule/uuid.h"

#define TITLE_MAX 256 /* characters, as the specification has it */

static const char *const logsource_keys[] = {"category", "product", "service",
    NULL};

/* The specification's, and ours. */
static const char *const document_keys[] = {"title", "id", "related", "name",
    "taxonomy", "status", "description", "license", "references", "author",
    "date", "modified", "logsource", "detection", "fields", "falsepositives",
    "level", "tags", "scope", "correlation", "filter", "patrol", "action",
    "generate", NULL};

/* ---- what all rules have ---- */

/* Of YAML, which is UTF-8. */
static size_t
count_points(struct slice s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

static void
parse_title(const struct source *src, const struct yaml_node *root,
    struct rule *r)
{
	const struct yaml_node *n = yaml_get(root, "title");

	if (n == NULL || n->type != YAML_SCALAR || n->text.n == 0 ||
	    yaml_is_null(n))
		SOURCE_ERROR(src, n != NULL ? n : root,
		    "a rule needs a 'title'");
	else if (literal_of(n) != LITERAL_TEXT)
		SOURCE_ERROR(src, n,
		    "the title must be text: put it in quotes");
	else if (count_points(n->text) > TITLE_MAX)
		SOURCE_ERROR(src, n, "the title is longer than %d characters",
		    TITLE_MAX);
	else if (slice_index(n->text, '\0') != -1)
		SOURCE_ERROR(src, n, "'title' has a NUL character");
	else
		r->title = n->text.p;
}

static void
parse_names(const struct source *src, const struct yaml_node *root,
    struct rule *r, bool detection)
{
	const struct yaml_node *n = yaml_get(root, "id");

	r->name = source_string(src, root, "name");
	if (r->name != NULL && r->name[0] == '\0')
		SOURCE_ERROR(src, yaml_get(root, "name"),
		    "the 'name' is empty: leave it out");
	r->id = source_string(src, root, "id");
	if (n != NULL && (r->id == NULL || (detection && !uuid_is(n->text)))) {
		SOURCE_ERROR(src, n,
		    "the 'id' must be a UUID, as in "
		    "'a3d1c0de-0b0e-4c4e-9d3c-2f1f0a5b7c11'");
		return;
	}
	if (r->id == NULL)
		r->id = r->name != NULL ? r->name : r->title;
}

static void
parse_level(const struct source *src, const struct yaml_node *root,
    struct rule *r)
{
	const struct yaml_node *n = yaml_get(root, "level");
	int			i;

	r->level = RULE_MEDIUM;
	if (n == NULL || yaml_is_null(n))
		return;
	/* In any case, as in pySigma. */
	i = n->type == YAML_SCALAR ? name_caseindex(n->text, rule_level_names) :
				     -1;
	if (i != -1) {
		r->level = (enum rule_level)i;
		return;
	}
	SOURCE_ERROR(src, n,
	    "'level' is one of informational, low, medium, "
	    "high, critical%s",
	    n->type == YAML_SCALAR ?
		source_hint(src, n->text, rule_level_names) :
		"");
}

/* ---- detections ---- */

static void
parse_logsource(const struct source *src, const struct yaml_node *root,
    const char *what)
{
	const struct yaml_node *n = yaml_get(root, "logsource"), *part;
	bool			found = false;
	size_t			i;

	if (n == NULL || n->type != YAML_MAP) {
		SOURCE_ERROR(src, n != NULL ? n : root,
		    "a %s needs a 'logsource' map, as in {product: patrol}",
		    what);
		return;
	}
	for (i = 0; logsource_keys[i] != NULL; i++) {
		part = yaml_get(n, logsource_keys[i]);
		if (part == NULL || yaml_is_null(part))
			continue;
		found = true;
		if (part->type != YAML_SCALAR)
			SOURCE_ERROR(src, part, "'%s' must be text",
			    logsource_keys[i]);
		else if (literal_of(part) != LITERAL_TEXT)
			SOURCE_ERROR(src, part,
			    "'%s' must be text: put it in quotes",
			    logsource_keys[i]);
	}
	if (!found)
		SOURCE_ERROR(src, n,
		    "the logsource needs one of category, "
		    "product, service");
}

static struct node *
parse_detection(const struct source *src, const struct yaml_node *n,
    struct detect_kit *kit, bool uses_only, const struct identifier **kept)
{
	const struct yaml_node *cond;
	struct identifier      *ids;
	struct node	       *tree;
	size_t			errors;

	if (n->type != YAML_MAP) {
		SOURCE_ERROR(src, n, "'detection' must be a map");
		return NULL;
	}
	ids = detect_parse(src, n, NULL, kit);
	cond = yaml_get(n, "condition");
	if (cond == NULL || yaml_is_null(cond)) {
		SOURCE_ERROR(src, cond != NULL ? cond : n,
		    "the detection needs a 'condition'");
		return NULL;
	}
	if (ids == NULL) {
		SOURCE_ERROR(src, n,
		    "the detection has nothing to search for "
		    "beside its condition");
		return NULL;
	}
	errors = src->c->errors;
	tree = condition_parse(src, cond, ids);
	*kept = ids;
	/* One with faults of its own does not tell what it uses. */
	if (src->c->errors == errors)
		detect_warn_unused(src, ids);
	if (tree != NULL && node_is_never(tree, uses_only))
		SOURCE_WARNING(src, cond, "the rule can never match");
	return tree;
}

/* ---- documents ---- */

/* Exactly one of them says what kind of document it is. */
static const struct yaml_node *
document_body(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *det = yaml_get(root, "detection");
	const struct yaml_node *cor = yaml_get(root, "correlation");
	const struct yaml_node *fil = yaml_get(root, "filter");

	if (fil != NULL && (det != NULL || cor != NULL)) {
		SOURCE_ERROR(src, fil->key,
		    "a 'filter' is a document of its "
		    "own: make two documents of it");
		return NULL;
	}
	if (fil != NULL)
		return fil;
	if (det != NULL && cor != NULL) {
		SOURCE_ERROR(src, cor->key,
		    "a rule has a 'detection' or a "
		    "'correlation', not both: make two documents of it");
		return NULL;
	}
	if (det == NULL && cor == NULL) {
		SOURCE_ERROR(src, root,
		    "a rule needs a 'detection' or a "
		    "'correlation'");
		return NULL;
	}
	return det != NULL ? det : cor;
}

static void
check_left_behind(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n;

	if ((n = yaml_get(root, "action")) != NULL)
		SOURCE_ERROR(src, n->key,
		    "'action' documents were taken out "
		    "of Sigma: write each rule out");
	if ((n = yaml_get(root, "generate")) != NULL)
		SOURCE_ERROR(src, n->key,
		    "'generate' belongs inside of "
		    "'correlation'");
}

/* Others are custom attributes, unless one of these was meant. */
static void
warn_keys(const struct source *src, const struct yaml_node *root)
{
	const struct yaml_node *n;
	const char	       *hint;

	for (n = root->child; n != NULL; n = n->next) {
		if (name_index(n->key->text, document_keys) != -1)
			continue;
		hint = source_hint(src, n->key->text, document_keys);
		if (hint[0] != '\0')
			SOURCE_WARNING(src, n->key,
			    "a rule has no key '%.*s'%s",
			    SLICE_ARG(n->key->text), hint);
	}
}

bool
sigma_parse(const struct source *src, const struct yaml_node *root,
    struct detect_kit *kit, struct sigma_rule *out)
{
	size_t			errors = src->c->errors;
	const struct yaml_node *body;
	struct rule	       *r = &out->pub;

	*out = (struct sigma_rule){.root = root};
	if (root->type != YAML_MAP) {
		SOURCE_ERROR(src, root, "a rule is a map");
		return false;
	}
	r->file = src->file;
	r->line = root->line;
	check_left_behind(src, root);
	warn_keys(src, root);
	body = document_body(src, root);
	parse_title(src, root, r);
	parse_names(src, root, r,
	    body != NULL && body != yaml_get(root, "correlation"));
	parse_level(src, root, r);
	about_check(src, root);
	r->description = source_string(src, root, "description");
	if (r->description == NULL)
		r->description = "";
	extension_parse(src, yaml_get(root, "patrol"), r, &out->tests);
	if (body == NULL)
		return false;
	r->type = "detection";
	if (known_is_patrol(root))
		known_warn_detection(src, body);
	kit->placeholders.used = 0;
	if (body == yaml_get(root, "filter")) {
		parse_logsource(src, root, "filter");
		out->filter = filter_parse(src, root, body, kit);
	} else if (body == yaml_get(root, "detection")) {
		parse_logsource(src, root, "detection");
		out->condition = parse_detection(src, body, kit,
		    known_is_patrol(root), &out->ids);
		out->expanded = kit->placeholders.used;
	} else if ((out->correlation = correlate_parse(src, body)) != NULL) {
		r->type = correlation_type_name(out->correlation->type);
		r->timespan = out->correlation->window.span;
	}
	return src->c->errors == errors;
}
