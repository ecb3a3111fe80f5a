#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "rule/set.h"
#include "rule/uuid.h"

#define FOLDER_DEPTH_MAX 16
#define RULES_MAX	 100000

static struct ruleset *
ruleset_new(const struct ruleset_limits *lim)
{
	struct ruleset *rs = xcalloc(1, sizeof(*rs));

	arena_init(&rs->arena);
	map_init(&rs->by_name, rule_name_key);
	map_init(&rs->lost, rule_name_key);
	rs->fields = fields_new();
	rs->predicates = predicate_set_new(&rs->arena, rs->fields);
	rs->filters_end = &rs->filters;
	rs->lim = *lim;
	rs->pool = keyed_pool_new(lim->keys_in_all, lim->room_in_all);
	return rs;
}

void
ruleset_free(struct ruleset **rsp)
{
	struct ruleset *rs = *rsp;
	size_t		i;

	if (rs == NULL)
		return;
	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->correlation != NULL)
			correlate_clear(rs->rules[i]->correlation);
	keyed_pool_free(&rs->pool);
	index_free(&rs->index);
	memo_free(&rs->memo);
	predicate_set_free(&rs->predicates);
	fields_free(&rs->fields);
	regex_list_clear(&rs->regexes);
	map_clear(&rs->by_name);
	map_clear(&rs->lost);
	free(rs->rules);
	free(rs->texts);
	arena_clear(&rs->arena);
	free(rs);
	*rsp = NULL;
}

/* Who refers to it need not be told that there is no such rule. */
static void
add_lost(struct ruleset *rs, const char *file, const struct yaml_node *root)
{
	static const char *const keys[] = {"id", "name", "title"};
	const struct yaml_node	*n;
	struct lost_doc		*d = NULL;
	size_t			 i;

	rs->nlost++;
	if (root != NULL) {
		d = arena_alloc(&rs->arena, sizeof(*d));
		*d = (struct lost_doc){root, file, rs->lost_docs};
		rs->lost_docs = d;
	}
	for (i = 0; root != NULL && root->type == YAML_MAP && i < 3; i++) {
		n = yaml_get(root, keys[i]);
		if (n != NULL && n->type == YAML_SCALAR && n->text.n > 0 &&
		    ruleset_lost(rs, n->text) == NULL)
			ruleset_add_name(rs, &rs->lost, n->text, NULL, d);
	}
}

/* A rule or a filter. */
static void
add_rule(struct ruleset *rs, const struct source *src,
    const struct yaml_node *root)
{
	struct detect_kit  kit = {&rs->regexes,
	     {rs->lim.placeholders, rs->lim.nplaceholders, 0}};
	struct sigma_rule *r = arena_alloc(&rs->arena, sizeof(*r));

	if (rs->n == RULES_MAX) {
		SOURCE_ERROR(src, root, "more than %d rules", RULES_MAX);
		return;
	}
	if (!sigma_parse(src, root, &kit, r)) {
		add_lost(rs, src->file, root);
		return;
	}
	if (r->filter != NULL) {
		*rs->filters_end = r->filter;
		rs->filters_end = &r->filter->next;
		return;
	}
	r->pub.index = (unsigned)rs->n;
	rs->rules = xgrow(rs->rules, rs->n, &rs->cap, sizeof(*rs->rules));
	rs->rules[rs->n++] = r;
}

/* `errors`: how many there were before the file was read. */
static void
add_documents(struct ruleset *rs, const char *file, const struct yaml_doc *doc,
    size_t errors, struct complaints *c)
{
	struct source src = {&rs->arena, arena_str(&rs->arena, file), c};

	if (doc == NULL && c->errors != errors)
		rs->nlost++;
	for (; doc != NULL; doc = doc->next)
		if (doc->faulty)
			add_lost(rs, src.file, doc->root);
		else if (doc->root != NULL)
			add_rule(rs, &src, doc->root);
}

/* ---- files and folders ---- */

static int
is_wanted(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool
is_rule_file(const char *name)
{
	struct slice s = slice_of(name);

	return slice_ends(s, SLICE(".yml")) || slice_ends(s, SLICE(".yaml"));
}

/* An open folder, and the one that it was found in. */
struct folder {
	const struct folder *above;
	dev_t		     dev;
	ino_t		     ino;
	unsigned	     depth;
};

static void add_path(struct ruleset *, const char *, const struct folder *,
    struct complaints *);

/* Two links back up would make a walk of 2^FOLDER_DEPTH_MAX folders of one. */
static const char *
folder_fault(const struct folder *f)
{
	const struct folder *up;

	if (f->depth == FOLDER_DEPTH_MAX)
		return "folders are nested too deeply";
	for (up = f->above; up != NULL; up = up->above)
		if (up->dev == f->dev && up->ino == f->ino)
			return "leads back to a folder that it lies in";
	return NULL;
}

static void
add_folder(struct ruleset *rs, const char *path, const struct stat *st,
    const struct folder *above, struct complaints *c)
{
	struct folder	f = {above, st->st_dev, st->st_ino,
	      above != NULL ? above->depth + 1 : 0};
	const char     *why = folder_fault(&f);
	struct dirent **list;
	char	       *sub;
	int		i, n;

	if (why != NULL) {
		complain_error(c, path, 0, 0, "%s", why);
		return;
	}
	n = scandir(path, &list, is_wanted, alphasort);
	if (n == -1) {
		complain_error(c, path, 0, 0, "cannot read: %s",
		    strerror(errno));
		return;
	}
	for (i = 0; i < n; i++) {
		sub = xasprintf("%s/%s", path, list[i]->d_name);
		add_path(rs, sub, &f, c);
		free(sub);
		free(list[i]);
	}
	free(list);
}

/* What others ask for later is what was loaded, whatever the file becomes. */
static void
keep_text(struct ruleset *rs, const char *path, struct slice text)
{
	struct rule_text *t;

	rs->texts =
	    xgrow(rs->texts, rs->ntexts, &rs->cap_texts, sizeof(*rs->texts));
	t = &rs->texts[rs->ntexts++];
	t->file = arena_str(&rs->arena, path);
	t->text = arena_slice(&rs->arena, text);
}

static void
add_file(struct ruleset *rs, const char *path, struct complaints *c)
{
	struct yaml_doc *doc = NULL;
	size_t		 errors = c->errors;
	struct buf	 b;

	buf_init(&b);
	if (yaml_read_file(path, &b, c) == 0)
		doc = yaml_parse_docs(&rs->arena, path, buf_slice(&b), c);
	add_documents(rs, path, doc, errors, c);
	if (doc != NULL && rs->lim.keep_texts)
		keep_text(rs, path, buf_slice(&b));
	buf_clear(&b);
}

/* In a folder only *.yml and *.yaml count; a file that is named, always. */
static void
add_path(struct ruleset *rs, const char *path, const struct folder *above,
    struct complaints *c)
{
	struct stat st;

	if (stat(path, &st) == -1)
		complain_error(c, path, 0, 0, "cannot read: %s",
		    strerror(errno));
	else if (S_ISDIR(st.st_mode))
		add_folder(rs, path, &st, above, c);
	else if (above != NULL && !is_rule_file(path))
		return;
	/* Waiting for a fifo's other end would be waiting for ever. */
	else if (above != NULL && !S_ISREG(st.st_mode))
		complain_error(c, path, 0, 0, "not a file");
	else
		add_file(rs, path, c);
}

/* ---- the whole set ---- */

static void
ruleset_finish(struct ruleset *rs, size_t errors, struct complaints *c)
{
	ruleset_resolve(rs, errors, c);
	complain_sort(c);
	rs->lim.placeholders = NULL;
	rs->lim.nplaceholders = 0;
}

struct ruleset *
ruleset_survey(const char *const *paths, size_t npaths,
    const struct ruleset_limits *lim, struct complaints *c)
{
	struct ruleset *rs = ruleset_new(lim);
	size_t		errors = c->errors, i;

	for (i = 0; i < npaths; i++)
		add_path(rs, paths[i], NULL, c);
	ruleset_finish(rs, errors, c);
	return rs;
}

struct ruleset *
ruleset_load(const char *const *paths, size_t npaths,
    const struct ruleset_limits *lim, struct complaints *c)
{
	size_t		errors = c->errors;
	struct ruleset *rs = ruleset_survey(paths, npaths, lim, c);

	if (c->errors != errors)
		ruleset_free(&rs);
	return rs;
}

struct ruleset *
ruleset_survey_text(const char *file, struct slice text,
    const struct ruleset_limits *lim, struct complaints *c)
{
	struct ruleset *rs = ruleset_new(lim);
	size_t		errors = c->errors;

	add_documents(rs, file, yaml_parse_docs(&rs->arena, file, text, c),
	    errors, c);
	ruleset_finish(rs, errors, c);
	return rs;
}

struct ruleset *
ruleset_load_texts(const struct rule_text *t, size_t n,
    const struct ruleset_limits *lim, struct complaints *c)
{
	struct ruleset *rs = ruleset_new(lim);
	size_t		errors = c->errors, before, i;

	for (i = 0; i < n; i++) {
		before = c->errors;
		add_documents(rs, t[i].file,
		    yaml_parse_docs(&rs->arena, t[i].file, t[i].text, c),
		    before, c);
	}
	ruleset_finish(rs, errors, c);
	if (c->errors != errors)
		ruleset_free(&rs);
	return rs;
}

struct ruleset *
ruleset_load_text(const char *file, struct slice text,
    const struct ruleset_limits *lim, struct complaints *c)
{
	struct rule_text t = {file, text};

	return ruleset_load_texts(&t, 1, lim, c);
}
