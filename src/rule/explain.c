#include "rule/explain.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rule/explaining.h"

/* ---- what all parts write ---- */

bool
explaining_has_room(const struct explaining *e, size_t n)
{
	return n < EXPLAIN_ENTRIES && e->w.out->n < e->end;
}

/* Not within a character. */
static size_t
cut_at(struct slice s, size_t max)
{
	while (max > 0 && ((unsigned char)s.p[max] & 0xC0) == 0x80)
		max--;
	return max;
}

void
explaining_text(struct explaining *e, struct slice s)
{
	struct buf b;

	if (s.p == NULL || s.n <= EXPLAIN_TEXT) {
		jsonw_str(&e->w, s);
		return;
	}
	buf_init(&b);
	buf_add(&b, s.p, cut_at(s, EXPLAIN_TEXT));
	buf_adds(&b, "…");
	jsonw_str(&e->w, buf_slice(&b));
	buf_clear(&b);
}

void
explaining_field(struct explaining *e, const char *key, struct slice s)
{
	jsonw_key(&e->w, key);
	explaining_text(e, s);
}

void
explaining_left_out(struct explaining *e, uint64_t n)
{
	if (n > 0)
		jsonw_field_int(&e->w, "left_out", (int64_t)n);
}

/* ---- what holds ---- */

/* Judging stops where the answer is known: this asks anew. */
static bool
rule_holds(const struct explaining *e, const struct sigma_rule *r)
{
	return r->correlation != NULL ?
	    r->held :
	    predicate_holds(e->rs->predicates, r->condition);
}

/* The rule and all that it refers to, directly or not. */
static void
mark_needed(const struct sigma_rule *r, bool *needed)
{
	size_t i;

	if (needed[r->pub.index])
		return;
	needed[r->pub.index] = true;
	if (r->correlation != NULL)
		for (i = 0; i < r->correlation->nrefs; i++)
			mark_needed(r->correlation->refs[i].rule, needed);
}

static void
any_holds(const struct correlation_group *g, void *arg)
{
	bool *held = arg;

	*held = *held || g->holds;
}

/* What would hold if the use came, of rules that come after what they need. */
static bool
try_rule(struct ruleset *rs, const struct sigma_rule *r)
{
	uint64_t fed_by;
	bool	 held = false;

	if (r->correlation == NULL)
		return predicate_holds(rs->predicates, r->condition);
	fed_by = ruleset_fed_by(r->correlation);
	if (fed_by != 0)
		correlate_look(r->correlation, rs->fields, fed_by, false,
		    any_holds, &held);
	return held;
}

static void
try_rules(struct ruleset *rs, const bool *needed)
{
	size_t i;

	ruleset_forget(rs);
	for (i = 0; i < rs->norder; i++)
		if (needed[rs->order[i]->pub.index] &&
		    try_rule(rs, rs->order[i]))
			ruleset_hold(rs, rs->order[i]);
}

/* ---- one rule ---- */

static void
add_name(struct explaining *e, const struct sigma_rule *r)
{
	explaining_field(e, "rule", slice_of(r->pub.id));
	explaining_field(e, "title", slice_of(r->pub.title));
	jsonw_field_bool(&e->w, "held", rule_holds(e, r));
}

static void
add_refs(struct explaining *e, const struct correlation *c)
{
	size_t i, n = 0;

	jsonw_key(&e->w, "rules");
	jsonw_array(&e->w);
	for (i = 0; i < c->nrefs && explaining_has_room(e, n); i++, n++) {
		jsonw_object(&e->w);
		add_name(e, c->refs[i].rule);
		jsonw_end(&e->w);
	}
	jsonw_end(&e->w);
	explaining_left_out(e, c->nrefs - n);
}

/* "gte 10, lt 20", an expression, or nothing for "all of them". */
static void
add_condition(struct explaining *e, const struct sigma_rule *r)
{
	const struct yaml_node *n, *m;
	struct buf		b;

	n = yaml_get(yaml_get(r->root, "correlation"), "condition");
	buf_init(&b);
	if (n != NULL && n->type == YAML_SCALAR)
		buf_addslice(&b, n->text);
	for (m = n != NULL ? n->child : NULL; m != NULL; m = m->next) {
		if (m->type != YAML_SCALAR || slice_is(m->key->text, "field"))
			continue;
		buf_addf(&b, "%s%.*s %.*s", b.n > 0 ? ", " : "",
		    SLICE_ARG(m->key->text), SLICE_ARG(m->text));
	}
	jsonw_key(&e->w, "condition");
	jsonw_object(&e->w);
	explaining_field(e, "text",
	    b.n > 0 ? buf_slice(&b) : SLICE("all of the rules"));
	jsonw_end(&e->w);
	buf_clear(&b);
}

static void
add_names(struct explaining *e, const char *key, const char *const *names,
    unsigned n)
{
	unsigned i;

	if (n == 0)
		return;
	jsonw_key(&e->w, key);
	jsonw_array(&e->w);
	for (i = 0; i < n; i++)
		explaining_text(e, slice_of(names[i]));
	jsonw_end(&e->w);
}

static void
add_body(struct explaining *e, struct sigma_rule *r)
{
	const struct correlation *c = r->correlation;

	add_name(e, r);
	jsonw_field_str(&e->w, "type", slice_of(r->pub.type));
	explaining_field(e, "file", slice_of(r->pub.file));
	jsonw_field_int(&e->w, "line", r->pub.line);
	if (c == NULL) {
		explaining_detection(e, r);
		return;
	}
	add_refs(e, c);
	add_condition(e, r);
	add_names(e, "field", c->field, c->nfields);
	add_names(e, "group_by", c->group, c->ngroup);
	jsonw_field_int(&e->w, "timespan_seconds", r->pub.timespan / USEC_SEC);
	explaining_groups(e, r);
}

/* Each once, in the order in which they are judged. */
static void
add_based_on(struct explaining *e, const struct sigma_rule *r,
    const bool *needed)
{
	struct ruleset *rs = e->rs;
	size_t		i, n = 0, left = 0;

	jsonw_key(&e->w, "based_on");
	jsonw_array(&e->w);
	for (i = 0; i < rs->norder; i++) {
		if (!needed[rs->order[i]->pub.index] || rs->order[i] == r)
			continue;
		if (!explaining_has_room(e, n++)) {
			left++;
			continue;
		}
		jsonw_object(&e->w);
		add_body(e, rs->order[i]);
		jsonw_end(&e->w);
	}
	jsonw_end(&e->w);
	if (left > 0)
		jsonw_field_int(&e->w, "based_on_left_out", (int64_t)left);
}

static void
explain(struct explaining *e, struct sigma_rule *r, const bool *needed)
{
	jsonw_object(&e->w);
	add_body(e, r);
	if (r->correlation != NULL)
		add_based_on(e, r, needed);
	jsonw_end(&e->w);
}

void
ruleset_explain(struct ruleset *rs, const struct rule *rule, size_t max,
    struct buf *out)
{
	struct explaining  e = {.rs = rs, .end = out->n + max, .fed = true};
	struct sigma_rule *r = rs->rules[rule->index];
	bool		  *needed = xcalloc(rs->n, sizeof(*needed));

	jsonw_init(&e.w, out);
	mark_needed(r, needed);
	explain(&e, r, needed);
	free(needed);
}

struct fed {
	ruleset_fed_fn fn;
	void	      *arg;
};

static void
tell_fed(const struct correlation_group *g, void *arg)
{
	const struct fed *f = arg;

	f->fn(&g->v, f->arg);
}

static void
fed_groups(struct ruleset *rs, struct sigma_rule *r, struct fed *f)
{
	uint64_t fed_by = 0;

	if (r->correlation != NULL)
		fed_by = ruleset_fed_by(r->correlation);
	if (fed_by != 0)
		correlate_look(r->correlation, rs->fields, fed_by, true,
		    tell_fed, f);
}

void
ruleset_fed(struct ruleset *rs, const struct rule *rule, ruleset_fed_fn fn,
    void *arg)
{
	struct sigma_rule *r = rs->rules[rule->index];
	struct fed	   f = {fn, arg};
	size_t		   i;

	fed_groups(rs, r, &f);
	for (i = 0; r->correlation != NULL && i < r->correlation->nrefs; i++)
		fed_groups(rs, r->correlation->refs[i].rule, &f);
}

void
ruleset_explain_use(struct ruleset *rs, const struct rule *rule,
    const struct use *u, size_t max, struct buf *out)
{
	struct explaining  e = {.rs = rs, .end = out->n + max};
	struct sigma_rule *r = rs->rules[rule->index];
	bool		  *needed = xcalloc(rs->n, sizeof(*needed));

	jsonw_init(&e.w, out);
	mark_needed(r, needed);
	fields_begin(rs->fields, u);
	predicate_begin(rs->predicates);
	try_rules(rs, needed);
	explain(&e, r, needed);
	free(needed);
}
