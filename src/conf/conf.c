/*
 * The file's tree is walked key by key beside the table of options: the part
 * of the path walked so far is a prefix in the table, so nothing is copied
 * and nothing descends where no option is.
 */
#include "conf/conf.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/check.h"
#include "conf/options.h"
#include "conf/value.h"
#include "conf/yaml.h"

#define KEY_SHOWN 40 /* bytes of an unknown key in a fault */

struct walk {
	struct value_ctx ctx;
	struct conf	*conf;
	bool		 rules_named;  /* it says where they are */
	bool		 rules_faulty; /* or says it, or how to read them,
					  wrongly */
};

/* An entry of a list may have options of its own; so its base is another. */
static void walk_map(struct walk *w, const struct yaml_node *map,
    struct slice prefix, void *base);

/* --- defaults ---------------------------------------------------------- */

/* Defaults of all options of one struct: of a group, or (NULL) of conf. */
static void
set_defaults(struct arena *arena, const struct option_group *group, void *base)
{
	const struct option *o;
	size_t		     i, n;

	o = options_all(&n);
	for (i = 0; i < n; i++) {
		if (options_group(slice_of(o[i].path)) == group)
			value_set_default(arena, &o[i], base);
	}
}

static struct conf *
new_conf(void)
{
	struct conf *conf = xcalloc(1, sizeof *conf);

	arena_init(&conf->arena);
	set_defaults(&conf->arena, NULL, conf);
	/* Nobody has to write that there is one ingest socket. */
	conf->ningest = 1;
	set_defaults(&conf->arena, options_group(SLICE("ingest[].")),
	    &conf->ingest[0]);
	return conf;
}

void
conf_free(struct conf **conf)
{
	if (*conf == NULL)
		return;
	arena_clear(&(*conf)->arena);
	free(*conf);
	*conf = NULL;
}

/* --- the walk ---------------------------------------------------------- */

static void
fault_unknown(const struct walk *w, const struct yaml_node *key,
    struct slice prefix)
{
	struct slice near = options_nearest(prefix, key->text);
	struct buf   b;

	buf_init(&b);
	buf_adds(&b, "unknown option '");
	buf_addescaped(&b, key->text, KEY_SHOWN);
	buf_addc(&b, '\'');
	if (near.p != NULL)
		buf_addf(&b, ", did you mean '%.*s'?", SLICE_ARG(near));
	else if (prefix.n > 0)
		buf_addf(&b, " in '%.*s'", (int)prefix.n - 1, prefix.p);
	complain_error(w->ctx.c, w->ctx.file, key->line, key->col, "%s",
	    buf_str(&b));
	buf_clear(&b);
}

/* A prefix without the dot at its end, for a fault. */
static void
fault_section(const struct walk *w, const struct yaml_node *n,
    struct slice prefix, const char *what)
{
	complain_error(w->ctx.c, w->ctx.file, n->line, n->col, "%.*s: %s",
	    (int)prefix.n - 1, prefix.p, what);
}

static void
walk_section(struct walk *w, const struct yaml_node *n, struct slice prefix,
    void *base)
{
	const struct option *o = options_switch(prefix);

	if (n->type == YAML_MAP)
		walk_map(w, n, prefix, base);
	else if (yaml_is_null(n))
		return; /* everything in it is a comment, say */
	else if (o != NULL && n->type == YAML_SCALAR &&
	    slice_is(n->text, "off"))
		value_set_off(o, base);
	else
		fault_section(w, n, prefix,
		    o != NULL ? "wants options, or off" : "wants options");
}

static void
check_required(const struct walk *w, const struct yaml_node *map,
    struct slice prefix)
{
	const struct option *o;
	size_t		     i, n;

	o = options_all(&n);
	for (i = 0; i < n; i++) {
		if ((o[i].flags & OPTION_REQUIRED) &&
		    slice_starts(slice_of(o[i].path), prefix) &&
		    yaml_get(map, o[i].path + prefix.n) == NULL)
			complain_error(w->ctx.c, w->ctx.file, map->line,
			    map->col, "%s is missing", o[i].path);
	}
}

static void
walk_list(struct walk *w, const struct yaml_node *list, struct slice prefix)
{
	const struct option_group *g = options_group(prefix);
	unsigned		  *count;
	const struct yaml_node	  *n;
	char			  *base;

	if (yaml_is_null(list))
		return;
	if (list->type != YAML_LIST) {
		fault_section(w, list, prefix, "wants a list");
		return;
	}
	if (list->nchild > g->max) {
		fault_section(w, list, prefix, "has too many entries");
		return;
	}
	count = (unsigned *)((char *)w->conf + g->count);
	base = (char *)w->conf + g->at;
	memset(base, 0, g->max * g->size);
	*count = 0;
	for (n = list->child; n != NULL; n = n->next, base += g->size) {
		++*count;
		set_defaults(&w->conf->arena, g, base);
		if (n->type != YAML_MAP) {
			fault_section(w, n, prefix, "wants options");
			continue;
		}
		walk_map(w, n, prefix, base);
		check_required(w, n, prefix);
	}
}

static void
walk_value(struct walk *w, const struct option *o, const struct yaml_node *n,
    void *base)
{
	size_t errors = w->ctx.c->errors;

	value_parse(&w->ctx, o, n, base);
	if (!slice_starts(slice_of(o->path), SLICE("rules.")))
		return;
	w->rules_faulty |= w->ctx.c->errors > errors;
	w->rules_named |= strcmp(o->path, "rules.paths") == 0;
}

static void
walk_map(struct walk *w, const struct yaml_node *map, struct slice prefix,
    void *base)
{
	const struct yaml_node *n;
	const struct option    *o;
	struct slice		below;

	for (n = map->child; n != NULL; n = n->next) {
		switch (options_step(prefix, n->key->text, &o, &below)) {
		case STEP_UNKNOWN:
			fault_unknown(w, n->key, prefix);
			break;
		case STEP_VALUE:
			walk_value(w, o, n, base);
			break;
		case STEP_SECTION:
			walk_section(w, n, below, base);
			break;
		case STEP_LIST:
			walk_list(w, n, below);
			break;
		}
	}
}

/* --- loading ----------------------------------------------------------- */

/* A configuration from the documents of a file; NULL: an empty file. */
static struct conf *
load_docs(const char *file, const struct yaml_doc *doc, bool survey,
    struct complaints *c)
{
	const struct yaml_node *root = doc != NULL ? doc->root : NULL;
	struct conf	       *conf = new_conf();
	struct walk w = {{&conf->arena, file, c}, conf, false, false};
	size_t	    errors = c->errors;

	if (root != NULL && root->type == YAML_MAP)
		walk_map(&w, root, SLICE(""), conf);
	else if (root != NULL)
		complain_error(c, file, root->line, root->col,
		    "a configuration is a map of options");
	if (doc != NULL && doc->next != NULL)
		complain_error(c, file, 0, 0,
		    "a configuration is one document, not several");
	check_conf(conf, root, file, c);
	if (c->errors > errors && (!survey || !w.rules_named || w.rules_faulty))
		conf_free(&conf);
	return conf;
}

static struct conf *
load_file(const char *path, bool survey, struct complaints *c)
{
	struct conf	*conf = NULL;
	struct yaml_doc *doc;
	struct arena	 tree;
	size_t		 errors = c->errors;

	arena_init(&tree);
	doc = yaml_parse_file(&tree, path, c);
	if (c->errors == errors)
		conf = load_docs(path, doc, survey, c);
	arena_clear(&tree);
	return conf;
}

struct conf *
conf_load(const char *path, struct complaints *c)
{
	return load_file(path, false, c);
}

struct conf *
conf_survey(const char *path, struct complaints *c)
{
	return load_file(path, true, c);
}

struct conf *
conf_load_text(const char *file, struct slice text, struct complaints *c)
{
	struct conf	*conf = NULL;
	struct yaml_doc *doc;
	struct arena	 tree;
	size_t		 errors = c->errors;

	arena_init(&tree);
	doc = yaml_parse(&tree, file, text, c);
	if (c->errors == errors)
		conf = load_docs(file, doc, false, c);
	arena_clear(&tree);
	return conf;
}

/* --- out --------------------------------------------------------------- */

/* A value as text that the caller frees. */
static char *
value_text(const struct option *o, const void *base)
{
	struct buf b;

	buf_init(&b);
	value_format(o, base, &b);
	buf_str(&b);
	return b.p;
}

/*
 * "name: value"; a default is shown as the manual has it (24h, though 1d
 * would be the shorter).
 */
static void
format_option(const struct option *o, const char *name, const void *base,
    const void *preset, struct buf *out)
{
	char *now = value_text(o, base), *was = value_text(o, preset);

	buf_addf(out, "%s: ", name);
	if (strcmp(now, was) != 0)
		buf_addf(out, "%s  # set\n", now);
	else
		buf_addf(out, "%s\n", o->preset != NULL ? o->preset : now);
	free(now);
	free(was);
}

/* All options of entry `i` of a list. */
static void
format_entry(const struct conf *conf, const struct option_group *g, unsigned i,
    const void *preset, struct buf *out)
{
	const char	    *base = (const char *)conf + g->at;
	const struct option *o;
	size_t		     j, n, len = strlen(g->prefix);
	char		    *name;

	o = options_all(&n);
	for (j = 0; j < n; j++) {
		if (options_group(slice_of(o[j].path)) != g)
			continue;
		name = xasprintf("%.*s%u].%s", (int)len - 2, g->prefix, i,
		    o[j].path + len);
		format_option(&o[j], name, base + i * g->size, preset, out);
		free(name);
	}
}

static void
format_group(const struct conf *conf, const struct option_group *g,
    struct buf *out)
{
	union {
		struct conf_ingest ingest;
		struct conf_http   http;
		struct conf_access access;
	} preset;
	struct arena arena;
	unsigned     i, n;

	memset(&preset, 0, sizeof preset);
	memcpy(&n, (const char *)conf + g->count, sizeof n);
	arena_init(&arena);
	set_defaults(&arena, g, &preset);
	for (i = 0; i < n; i++)
		format_entry(conf, g, i, &preset, out);
	if (n == 0)
		buf_addf(out, "%.*s: []\n", (int)strlen(g->prefix) - 3,
		    g->prefix);
	arena_clear(&arena);
}

void
conf_format(const struct conf *conf, struct buf *out)
{
	const struct option_group *g, *last = NULL;
	const struct option	  *o;
	struct conf		  *preset = new_conf();
	size_t			   i, n;

	o = options_all(&n);
	for (i = 0; i < n; i++) {
		g = options_group(slice_of(o[i].path));
		if (g == NULL)
			format_option(&o[i], o[i].path, conf, preset, out);
		else if (g != last)
			format_group(conf, g, out);
		last = g;
	}
	conf_free(&preset);
}

/* --- reload ------------------------------------------------------------ */

/* Has an option another value?  Of a list, all of its entries count. */
static bool
is_changed(const struct option *o, const struct conf *now,
    const struct conf *next)
{
	const struct option_group *g = options_group(slice_of(o->path));
	struct buf		   a, b;
	unsigned		   n = 1, m = 1, i;
	size_t			   at = 0, size = 0;
	bool			   changed;

	buf_init(&a);
	buf_init(&b);
	if (g != NULL) {
		memcpy(&n, (const char *)now + g->count, sizeof n);
		memcpy(&m, (const char *)next + g->count, sizeof m);
		at = g->at;
		size = g->size;
	}
	for (i = 0; i < n; i++) {
		value_format(o, (const char *)now + at + i * size, &a);
		buf_addc(&a, '\n');
	}
	for (i = 0; i < m; i++) {
		value_format(o, (const char *)next + at + i * size, &b);
		buf_addc(&b, '\n');
	}
	changed = !slice_eq(buf_slice(&a), buf_slice(&b));
	buf_clear(&a);
	buf_clear(&b);
	return changed;
}

void
conf_check_reload(const struct conf *now, const struct conf *next,
    const char *file, struct complaints *c)
{
	const struct option *o;
	size_t		     i, n;

	o = options_all(&n);
	for (i = 0; i < n; i++) {
		if (!(o[i].flags & OPTION_RELOAD) &&
		    is_changed(&o[i], now, next))
			complain_error(c, file, 0, 0,
			    "%s: only a restart can change it", o[i].path);
	}
}
