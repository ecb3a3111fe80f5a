#include "rule/expression.h"

#define NAMES_MAX PRESENCE_KINDS_MAX	   /* looked at for "did you mean" */
#define REFS_MAX  (PRESENCE_KINDS_MAX + 1) /* one more is refused as such */

struct parser {
	const struct source	 *src;
	const struct yaml_node	 *node;
	const struct correlation *c;
	const struct ruleset	 *rs;
	size_t			  at;	/* behind the current word */
	struct slice		  word; /* the current one; empty: the end */
	int8_t			 *ops;
	unsigned		  n;
	unsigned		  depth;
	uint64_t		  named;
	bool			  negates;
	bool			  failed; /* told; unwinding */
};

#define PARSER_ERROR(p, ...)                                           \
	do {                                                           \
		if (!(p)->failed)                                      \
			SOURCE_ERROR_AT((p)->src, (p)->node,           \
			    (size_t)((p)->word.p - (p)->node->text.p), \
			    __VA_ARGS__);                              \
		(p)->failed = true;                                    \
	} while (0)

static void parse_or(struct parser *);

static bool
is_paren(char c)
{
	return c == '(' || c == ')';
}

/* Moves to the next word: a parenthesis, or all up to one or a blank. */
static void
advance(struct parser *p)
{
	struct slice s = p->node->text;
	size_t	     i;

	while (p->at < s.n && slice_is_blank(s.p[p->at]))
		p->at++;
	i = p->at;
	if (i < s.n && is_paren(s.p[i]))
		p->at++;
	else
		while (p->at < s.n && !slice_is_blank(s.p[p->at]) &&
		    !is_paren(s.p[p->at]))
			p->at++;
	p->word = (struct slice){s.p + i, p->at - i};
}

static void
add_op(struct parser *p, int op)
{
	if (p->n == PRESENCE_OPS_MAX)
		PARSER_ERROR(p, "the condition has more than %d words",
		    PRESENCE_OPS_MAX);
	else
		p->ops[p->n++] = (int8_t)op;
}

static void
refuse_name(struct parser *p)
{
	const char *names[NAMES_MAX + 1];
	size_t	    i;

	for (i = 0; i < p->c->nrefs && i < NAMES_MAX; i++)
		names[i] = p->c->refs[i].node->text.p;
	names[i] = NULL;
	PARSER_ERROR(p, "'%.*s' is not one of the 'rules'%s",
	    SLICE_ARG(p->word), source_hint(p->src, p->word, names));
}

static void
parse_name(struct parser *p)
{
	size_t i;

	if (p->word.n == 0) {
		PARSER_ERROR(p, "the condition ends where a rule is expected");
		return;
	}
	if (slice_is(p->word, ")") || slice_is(p->word, "and") ||
	    slice_is(p->word, "or")) {
		PARSER_ERROR(p, "'%.*s' where a rule is expected",
		    SLICE_ARG(p->word));
		return;
	}
	i = correlate_ref(p->c, p->rs, p->word, 0);
	if (i == p->c->nrefs || i >= PRESENCE_KINDS_MAX) {
		refuse_name(p);
		return;
	}
	p->named |= (uint64_t)1 << i;
	add_op(p, (int)i);
	advance(p);
}

static void
parse_primary(struct parser *p)
{
	if (!slice_is(p->word, "(")) {
		parse_name(p);
		return;
	}
	advance(p);
	parse_or(p);
	if (!slice_is(p->word, ")"))
		PARSER_ERROR(p, "a ')' is missing");
	advance(p);
}

static void
parse_not(struct parser *p)
{
	if (++p->depth > EXPRESSION_DEPTH_MAX) {
		PARSER_ERROR(p, "the condition is nested too deeply");
		return;
	}
	if (slice_is(p->word, "not")) {
		advance(p);
		parse_not(p);
		add_op(p, PRESENCE_NOT);
		p->negates = true;
	} else {
		parse_primary(p);
	}
	p->depth--;
}

static void
parse_and(struct parser *p)
{
	parse_not(p);
	while (slice_is(p->word, "and") && !p->failed) {
		advance(p);
		parse_not(p);
		add_op(p, PRESENCE_AND);
	}
}

static void
parse_or(struct parser *p)
{
	parse_and(p);
	while (slice_is(p->word, "or") && !p->failed) {
		advance(p);
		parse_and(p);
		add_op(p, PRESENCE_OR);
	}
}

static void
refuse_unnamed(const struct parser *p)
{
	const struct correlation *c = p->c;
	size_t			  i;

	for (i = 0; i < c->nrefs && i < PRESENCE_KINDS_MAX; i++)
		if ((p->named >> i & 1) == 0)
			SOURCE_ERROR(p->src, c->refs[i].node,
			    "'%.*s' is not in the condition",
			    SLICE_ARG(c->refs[i].node->text));
}

static bool
is_name(struct slice word)
{
	return !is_paren(word.p[0]) && !slice_is(word, "and") &&
	    !slice_is(word, "or") && !slice_is(word, "not");
}

/* The word as a node of its own, so that a fault has its place. */
static const struct yaml_node *
word_node(const struct parser *p)
{
	struct yaml_node *n = arena_alloc(p->src->arena, sizeof(*n));

	*n = *p->node;
	n->col = source_col(p->node, (size_t)(p->word.p - p->node->text.p));
	n->text = arena_slice(p->src->arena, p->word);
	return n;
}

void
expression_refs(const struct source *src, const struct yaml_node *n,
    struct correlation *c)
{
	struct parser p = {.src = src, .node = n};
	size_t	      i;

	c->refs =
	    arena_zalloc(src->arena, REFS_MAX * sizeof(struct correlation_ref));
	for (advance(&p); p.word.n > 0 && c->nrefs < REFS_MAX; advance(&p)) {
		if (!is_name(p.word))
			continue;
		for (i = 0; i < c->nrefs; i++)
			if (slice_eq(c->refs[i].node->text, p.word))
				break;
		if (i == c->nrefs)
			c->refs[c->nrefs++].node = word_node(&p);
	}
}

/* Of an order only that all of them were seen can be asked: "a and b". */
static bool
is_conjunction(const struct parser *p)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (p->ops[i] == PRESENCE_OR || p->ops[i] == PRESENCE_NOT)
			return false;
	return true;
}

void
expression_parse(const struct source *src, const struct yaml_node *n,
    struct correlation *c, const struct ruleset *rs)
{
	struct parser  parser = {.src = src, .node = n, .c = c, .rs = rs};
	struct parser *p = &parser;

	p->ops = arena_alloc(src->arena, PRESENCE_OPS_MAX);
	advance(p);
	parse_or(p);
	if (p->word.n > 0)
		PARSER_ERROR(p, "'%.*s' is not expected here",
		    SLICE_ARG(p->word));
	if (p->failed)
		return;
	refuse_unnamed(p);
	if (c->presence.ordered) {
		if (!is_conjunction(p))
			SOURCE_ERROR(src, n,
			    "temporal_ordered can only join its rules by "
			    "'and': it holds where all of them were seen, in "
			    "their order");
		return;
	}
	c->presence.ops = p->ops;
	c->presence.nops = p->n;
	c->presence.only_grow = !p->negates;
}
