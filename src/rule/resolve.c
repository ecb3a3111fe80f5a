#include "rule/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "rule/known.h"
#include "rule/uuid.h"

/*
 * What a rule means is hashed from its YAML, without layout and comments:
 * FNV-1a, so that it is the same in the next process too.
 */
#define FNV_START 0xCBF29CE484222325ULL
#define FNV_PRIME 0x100000001B3ULL

/* What "did you mean" looks through. */
#define NAMES_MAX 1000

/* ---- names ---- */

struct slice
rule_name_key(const void *value)
{
	const struct rule_name *n = value;

	return n->key;
}

void
ruleset_add_name(struct ruleset *rs, struct map *names, struct slice name,
    struct sigma_rule *r, const struct lost_doc *lost)
{
	struct rule_name *n = arena_alloc(&rs->arena, sizeof *n);
	char		  room[UUID_LEN];

	n->key = arena_slice(&rs->arena, uuid_key(name, room));
	n->rule = r;
	n->lost = lost;
	map_add(names, n);
}

struct sigma_rule *
ruleset_named(const struct ruleset *rs, struct slice name)
{
	char			room[UUID_LEN];
	const struct rule_name *n;

	n = map_find(&rs->by_name, uuid_key(name, room));
	return n != NULL ? n->rule : NULL;
}

const struct lost_doc *
ruleset_lost(const struct ruleset *rs, struct slice name)
{
	char			room[UUID_LEN];
	const struct rule_name *n;

	n = map_find(&rs->lost, uuid_key(name, room));
	return n != NULL ? n->lost : NULL;
}

static void
add_name(struct ruleset *rs, struct sigma_rule *r, const char *name,
    const char *what, struct complaints *c)
{
	struct sigma_rule      *first = ruleset_named(rs, slice_of(name));
	const struct yaml_node *n = yaml_get(r->root, what);

	if (n == NULL)
		n = r->root;
	if (first == NULL)
		ruleset_add_name(rs, &rs->by_name, slice_of(name), r, NULL);
	else if (first != r) {
		r->faulty = true;
		complain_error(c, r->pub.file, n->line, n->col,
		    "%s '%s' is taken by the rule at %s:%u", what, name,
		    first->pub.file, first->pub.line);
	}
}

static void
collect_names(struct ruleset *rs, struct complaints *c)
{
	struct rule *r;
	size_t	     i;

	for (i = 0; i < rs->n; i++) {
		r = &rs->rules[i]->pub;
		add_name(rs, rs->rules[i], r->id,
		    r->id == r->name	  ? "name" :
			r->id == r->title ? "title" :
					    "id",
		    c);
		if (r->name != NULL && r->name != r->id)
			add_name(rs, rs->rules[i], r->name, "name", c);
	}
}

/* ---- references ---- */

static void
refuse_ref(struct ruleset *rs, const char *file, const struct yaml_node *n,
    struct complaints *c)
{
	struct source src = {&rs->arena, file, c};
	const char   *names[NAMES_MAX + 1];
	size_t	      i, k = 0;

	if (ruleset_lost(rs, n->text) != NULL) {
		SOURCE_ERROR(&src, n, "the rule '%.*s' has faults",
		    SLICE_ARG(n->text));
		return;
	}
	for (i = 0; i < rs->n && k < NAMES_MAX; i++)
		if (rs->rules[i]->pub.name != NULL)
			names[k++] = rs->rules[i]->pub.name;
	names[k] = NULL;
	SOURCE_ERROR(&src, n, "no rule has the id or name '%.*s'%s",
	    SLICE_ARG(n->text), source_hint(&src, n->text, names));
}

/* A group that the memory cannot hold gives way before its rule does hold. */
static bool
has_room(const struct ruleset *rs, const struct source *src,
    const struct yaml_node *map, const struct correlation *c)
{
	size_t least = correlate_least(c), room = CORRELATION_ROOM_MAX;
	char   text[SIZE_TEXT_MAX];

	if (rs->lim.room_in_all > 0 && rs->lim.room_in_all < room)
		room = rs->lim.room_in_all;
	if (least <= room)
		return true;
	size_format((int64_t)room, text);
	SOURCE_ERROR(src, yaml_get(map, "condition"),
	    "it never holds: so many values take more memory than "
	    "the %s that rules may take",
	    text);
	return false;
}

static void
resolve_refs(struct ruleset *rs, struct sigma_rule *r, struct complaints *c)
{
	struct source		src = {&rs->arena, r->pub.file, c};
	const struct yaml_node *map = yaml_get(r->root, "correlation");
	struct correlation_ref *ref;
	bool			patrols = false;
	size_t			i;

	for (i = 0; i < r->correlation->nrefs; i++) {
		ref = &r->correlation->refs[i];
		ref->rule = ruleset_named(rs, ref->node->text);
		if (ref->rule == NULL) {
			r->faulty = true;
			refuse_ref(rs, r->pub.file, ref->node, c);
			continue;
		}
		ref->rule->referenced = true;
		if (r->correlation->generate)
			ref->rule->generated = true;
		patrols |= known_is_patrol(ref->rule->root);
	}
	if (!correlate_link(&src, map, r->correlation, rs) ||
	    !has_room(rs, &src, map, r->correlation))
		r->faulty = true;
	if (patrols)
		known_warn_correlation(&src, map);
}

/* Is what it is called taken by a good rule, or by another with faults? */
static void
check_lost_names(struct ruleset *rs, const struct lost_doc *d,
    struct complaints *c)
{
	static const char *const keys[] = {"id", "name"};
	const struct yaml_node	*n;
	const struct lost_doc	*first;
	const struct sigma_rule *r;
	unsigned		 i;

	if (yaml_get(d->root, "filter") != NULL)
		return; /* nothing refers to one */
	for (i = 0; i < 2; i++) {
		n = yaml_get(d->root, keys[i]);
		if (n == NULL || n->type != YAML_SCALAR || n->text.n == 0)
			continue;
		r = ruleset_named(rs, n->text);
		first = ruleset_lost(rs, n->text);
		if (r == NULL && first == d)
			continue;
		complain_error(c, d->file, n->line, n->col,
		    "%s '%.*s' is taken by the rule at %s:%u", keys[i],
		    SLICE_ARG(n->text), r != NULL ? r->pub.file : first->file,
		    r != NULL ? r->pub.line : first->root->line);
	}
}

/* Those of a correlation with faults: who mends these learns of all. */
static void
check_lost_refs(struct ruleset *rs, const struct lost_doc *d,
    struct complaints *c)
{
	struct source		src = {&rs->arena, d->file, c};
	const struct yaml_node *cor = yaml_get(d->root, "correlation"), *n;
	struct sigma_rule      *r;
	bool			patrols = false;

	n = cor != NULL ? yaml_get(cor, "rules") : NULL;
	if (n == NULL)
		return;
	for (n = n->type == YAML_LIST ? n->child : NULL; n != NULL;
	     n = n->next) {
		if (n->type != YAML_SCALAR)
			continue;
		if ((r = ruleset_named(rs, n->text)) != NULL)
			patrols |= known_is_patrol(r->root);
		else if (ruleset_lost(rs, n->text) == NULL)
			refuse_ref(rs, d->file, n, c);
	}
	if (patrols)
		known_warn_correlation(&src, cor);
}

/*
 * Depth first, so that each rule comes behind those that feed it.  The depth
 * is bounded by the number of correlations on a path, and by refusing more.
 */
#define NESTING_MAX 32

static void visit(struct ruleset *, struct sigma_rule *, unsigned,
    struct complaints *);

/* False, and told, if it cannot feed the rule. */
static bool
visit_ref(struct ruleset *rs, const struct sigma_rule *r,
    const struct correlation_ref *ref, unsigned depth, struct complaints *c)
{
	struct source src = {&rs->arena, r->pub.file, c};

	if (ref->rule == NULL)
		return true; /* that was told */
	if (ref->rule->state == RESOLVE_OPEN) {
		SOURCE_ERROR(&src, ref->node,
		    "'%.*s' leads back to this rule: a correlation cannot "
		    "feed itself",
		    SLICE_ARG(ref->node->text));
		return false;
	}
	if (ref->rule->state == RESOLVE_NEW && depth == NESTING_MAX) {
		SOURCE_ERROR(&src, ref->node,
		    "correlations of correlations are nested too deeply");
		return false;
	}
	if (ref->rule->state == RESOLVE_NEW)
		visit(rs, ref->rule, depth + 1, c);
	if (!ref->rule->faulty)
		return true;
	SOURCE_ERROR(&src, ref->node, "the rule '%.*s' has faults",
	    SLICE_ARG(ref->node->text));
	return false;
}

static void
visit(struct ruleset *rs, struct sigma_rule *r, unsigned depth,
    struct complaints *c)
{
	size_t i;

	r->state = RESOLVE_OPEN;
	for (i = 0; r->correlation != NULL && i < r->correlation->nrefs; i++)
		if (!visit_ref(rs, r, &r->correlation->refs[i], depth, c))
			r->faulty = true;
	r->state = RESOLVE_DONE;
	rs->order[rs->norder++] = r;
}

/* ---- meaning ---- */

static uint64_t
hash_bytes(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;
	size_t		     i;

	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * FNV_PRIME;
	return h;
}

static uint64_t
hash_text(uint64_t h, struct slice s)
{
	uint64_t n = s.n;

	return hash_bytes(hash_bytes(h, &n, sizeof(n)), s.p, s.n);
}

static uint64_t
hash_node(uint64_t h, const struct yaml_node *n)
{
	unsigned char		kind = (unsigned char)(n->type * 2 + n->plain);
	const struct yaml_node *m;

	h = hash_bytes(h, &kind, 1);
	if (n->type == YAML_SCALAR)
		return hash_text(h, n->text);
	for (m = n->child; m != NULL; m = m->next) {
		if (n->type == YAML_MAP)
			h = hash_text(h, m->key->text);
		h = hash_node(h, m);
	}
	return hash_bytes(h, "", 1);
}

/* In order, so that the rules that feed it have theirs. */
static uint64_t
meaning(const struct sigma_rule *r)
{
	uint64_t		 h = hash_text(FNV_START, slice_of(r->pub.id));
	const struct filter_use *f;
	const struct rule	*base;
	size_t			 i;

	if (r->correlation == NULL) {
		h = hash_node(h, yaml_get(r->root, "detection"));
		h = hash_bytes(h, &r->expanded, sizeof(r->expanded));
		for (f = r->filters; f != NULL; f = f->next) {
			h = hash_node(h, f->filter->body);
			h = hash_bytes(h, &f->filter->expanded,
			    sizeof(f->filter->expanded));
		}
		return h;
	}
	h = hash_node(h, yaml_get(r->root, "correlation"));
	for (i = 0; i < r->correlation->nrefs; i++) {
		base = &r->correlation->refs[i].rule->pub;
		h = hash_bytes(h, &base->meaning, sizeof(base->meaning));
	}
	return h;
}

/* ---- all of it ---- */

/* A set of fewer detections is asked faster than it is looked up. */
#define INDEX_MIN 8

static void
add_feed(struct ruleset *rs, struct sigma_rule *r, unsigned correlation)
{
	unsigned *feeds;
	size_t	  cap;

	if (r->nfeeds > 0 && r->feeds[r->nfeeds - 1] == correlation)
		return;
	if (r->nfeeds == r->cap_feeds) {
		cap = r->cap_feeds == 0 ? 4 : 2 * r->cap_feeds;
		feeds = arena_alloc(&rs->arena, cap * sizeof(*feeds));
		if (r->nfeeds > 0)
			memcpy(feeds, r->feeds, r->nfeeds * sizeof(*feeds));
		r->feeds = feeds;
		r->cap_feeds = cap;
	}
	r->feeds[r->nfeeds++] = correlation;
}

/* What has to be asked when: correlations only when a rule of theirs held. */
static void
bind_order(struct ruleset *rs)
{
	size_t		    words = BITS_WORDS(rs->n) * sizeof(uint64_t);
	const struct node **trees;
	struct sigma_rule  *r;
	size_t		    i, j, n = 0;

	rs->detections = arena_zalloc(&rs->arena, words);
	rs->todo = arena_zalloc(&rs->arena, words);
	rs->told = arena_zalloc(&rs->arena, words);
	rs->held =
	    arena_zalloc(&rs->arena, (rs->n + 1) * sizeof(struct sigma_rule *));
	trees = xcalloc(rs->norder, sizeof(*trees));
	for (i = 0; i < rs->norder; i++) {
		r = rs->order[i];
		r->place = (unsigned)i;
		if (r->correlation == NULL) {
			bits_set(rs->detections, i);
			trees[i] = r->condition;
			n++;
			continue;
		}
		for (j = 0; j < r->correlation->nrefs; j++)
			add_feed(rs, r->correlation->refs[j].rule, (unsigned)i);
	}
	if (n >= INDEX_MIN && !rs->lim.no_index)
		rs->index = index_new(rs->fields, trees, rs->norder);
	free(trees);
}

static void
make_memo(struct ruleset *rs)
{
	unsigned *slots = xcalloc(fields_slots(rs->fields) + 1, sizeof(*slots));
	size_t	  n;

	if (!rs->lim.no_index && predicate_set_reads(rs->predicates, slots, &n))
		rs->memo = memo_new(rs->fields, slots, n);
	free(slots);
}

static void
ruleset_bind(struct ruleset *rs)
{
	size_t		   i, n, all = 0;
	struct sigma_rule *r;

	for (i = 0; i < rs->norder; i++) {
		r = rs->order[i];
		r->pub.meaning = meaning(r);
		r->pub.file_mode = r->pub.mode;
		if (r->correlation != NULL)
			correlate_bind(r->correlation, rs->fields, &rs->arena,
			    &rs->lim, rs->pool);
		else
			predicate_bind(rs->predicates, r->condition);
		n = r->correlation != NULL ?
		    correlate_verdicts(r->correlation) :
		    1;
		r->verdicts =
		    arena_zalloc(&rs->arena, n * sizeof(struct verdict));
		all += n;
	}
	rs->verdicts =
	    arena_zalloc(&rs->arena, (all + 1) * sizeof(struct verdict));
	bind_order(rs);
	make_memo(rs);
}

void
ruleset_resolve(struct ruleset *rs, size_t errors, struct complaints *c)
{
	const struct lost_doc *lost;
	size_t		       i;

	collect_names(rs, c);
	filter_apply(rs, c);
	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->correlation != NULL)
			resolve_refs(rs, rs->rules[i], c);
	for (lost = rs->lost_docs; lost != NULL; lost = lost->next) {
		check_lost_names(rs, lost, c);
		check_lost_refs(rs, lost, c);
	}
	rs->order =
	    arena_zalloc(&rs->arena, (rs->n + 1) * sizeof(struct sigma_rule *));
	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->correlation == NULL)
			visit(rs, rs->rules[i], 0, c);
	for (i = 0; i < rs->n; i++)
		if (rs->rules[i]->state == RESOLVE_NEW)
			visit(rs, rs->rules[i], 0, c);
	for (i = 0; i < rs->n; i++)
		rs->rules[i]->pub.alerts =
		    !rs->rules[i]->referenced || rs->rules[i]->generated;
	if (c->errors == errors)
		ruleset_bind(rs);
}
