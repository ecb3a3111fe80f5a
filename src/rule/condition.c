#include "rule/condition.h"

#include <stdbool.h>

#include "base/text.h"

#define NAMES_MAX 64 /* looked at for "did you mean" */

enum word_type {
	WORD_END,
	WORD_NAME,
	WORD_OPEN,
	WORD_CLOSE,
	WORD_AND,
	WORD_OR,
	WORD_NOT,
	WORD_BAD
};

struct parser {
	const struct source    *src;
	const struct yaml_node *node; /* the scalar being read */
	struct identifier      *ids;
	size_t			at;   /* behind the current word */
	struct slice		word; /* the current one */
	const char	       *end;  /* of the one before */
	enum word_type		type;
	unsigned		depth;
	unsigned	       *named;	/* identifiers so far, of the rule */
	bool			failed; /* told; unwinding */
	bool			lost;	/* names a faulty identifier */
};

#define PARSER_ERROR(p, ...)                                           \
	do {                                                           \
		if (!(p)->failed)                                      \
			SOURCE_ERROR_AT((p)->src, (p)->node,           \
			    (size_t)((p)->word.p - (p)->node->text.p), \
			    __VA_ARGS__);                              \
		(p)->failed = true;                                    \
	} while (0)

static struct node *parse_or(struct parser *);

/* ---- words ---- */

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*';
}

static enum word_type
word_classify(struct slice w)
{
	if (slice_is(w, "and"))
		return WORD_AND;
	if (slice_is(w, "or"))
		return WORD_OR;
	return slice_is(w, "not") ? WORD_NOT : WORD_NAME;
}

/* Moves to the next word. */
static void
advance(struct parser *p)
{
	struct slice s = p->node->text;
	size_t	     i;

	p->end = s.p + p->at;
	while (p->at < s.n && slice_is_blank(s.p[p->at]))
		p->at++;
	i = p->at;
	if (i == s.n) {
		p->word = (struct slice){s.p + i, 0};
		p->type = WORD_END;
		return;
	}
	if (!is_name_char(s.p[i])) {
		p->word = (struct slice){s.p + i, 1};
		p->type = s.p[i] == '(' ? WORD_OPEN :
		    s.p[i] == ')'	? WORD_CLOSE :
					  WORD_BAD;
		p->at++;
		return;
	}
	while (p->at < s.n && is_name_char(s.p[p->at]))
		p->at++;
	p->word = (struct slice){s.p + i, p->at - i};
	p->type = word_classify(p->word);
}

/*
 * A node for a part of the condition keeps the text that it was read from,
 * up to the word before the current one.
 */
static struct node *
keep_text(const struct parser *p, const char *start, struct node *n)
{
	n->text = (struct slice){start, (size_t)(p->end - start)};
	return n;
}

/* What stands here and should not. */
static void
refuse_word(struct parser *p)
{
	if (p->type == WORD_BAD && p->word.p[0] == '|')
		PARSER_ERROR(p,
		    "aggregations behind '|' are no longer part of "
		    "Sigma: write a correlation");
	else if (p->type == WORD_END)
		PARSER_ERROR(p, "the condition ends where a name is expected");
	else if (slice_caseeq(p->word, SLICE("and")) ||
	    slice_caseeq(p->word, SLICE("or")) ||
	    slice_caseeq(p->word, SLICE("not")))
		PARSER_ERROR(p,
		    p->type == WORD_NAME ?
			"'%.*s' is written in small letters" :
			"'%.*s' where a name is expected",
		    SLICE_ARG(p->word));
	else
		PARSER_ERROR(p, "'%.*s' is not expected here",
		    SLICE_ARG(p->word));
}

/* ---- names ---- */

static void
refuse_name(struct parser *p)
{
	const char	  *names[NAMES_MAX + 1];
	struct identifier *id;
	size_t		   n = 0;

	if (slice_caseeq(p->word, SLICE("not"))) {
		refuse_word(p);
		return;
	}
	for (id = p->ids; id != NULL && n < NAMES_MAX; id = id->next)
		names[n++] = id->name.p;
	names[n] = NULL;
	PARSER_ERROR(p,
	    "the condition names '%.*s', which the detection does "
	    "not have%s",
	    SLICE_ARG(p->word), source_hint(p->src, p->word, names));
}

static struct node *
use_identifier(struct parser *p, struct identifier *id)
{
	if (*p->named == CONDITION_NAMES_MAX) {
		PARSER_ERROR(p,
		    "the condition names identifiers more than %d times, each "
		    "that a pattern selects counted",
		    CONDITION_NAMES_MAX);
		return NULL;
	}
	++*p->named;
	id->used = true;
	if (id->node != NULL)
		return id->node;
	/* That was told; the rest of the condition may have faults too. */
	p->lost = true;
	return node_new(p->src->arena, NODE_AND);
}

static struct node *
parse_name(struct parser *p)
{
	struct identifier *id;
	struct node	  *n;

	for (id = p->ids; id != NULL; id = id->next)
		if (slice_eq(id->name, p->word))
			break;
	if (id == NULL) {
		refuse_name(p);
		return NULL;
	}
	n = use_identifier(p, id);
	advance(p);
	return n;
}

/* "1 of", "any of", "all of" stand before a pattern or `them`. */
static bool
is_selector(const struct parser *p)
{
	struct slice s = p->node->text;
	size_t	     i = p->at;

	if (!slice_is(p->word, "1") && !slice_is(p->word, "any") &&
	    !slice_is(p->word, "all"))
		return false;
	while (i < s.n && slice_is_blank(s.p[i]))
		i++;
	return i > p->at && i + 2 < s.n && s.p[i] == 'o' && s.p[i + 1] == 'f' &&
	    slice_is_blank(s.p[i + 2]);
}

/* Names that begin with `_` are for explicit use only. */
static bool
is_selected(const struct identifier *id, struct slice pattern)
{
	if (id->name.p[0] == '_')
		return false;
	return slice_is(pattern, "them") || glob_match(pattern, id->name);
}

static struct node *
parse_selector(struct parser *p)
{
	struct node	  *n = node_new(p->src->arena,
		  slice_is(p->word, "all") ? NODE_AND : NODE_OR);
	const char	  *start = p->word.p;
	struct identifier *id;
	bool		   found = false;

	advance(p); /* to "of" */
	advance(p);
	if (p->type != WORD_NAME) {
		PARSER_ERROR(p, "'of' needs a pattern of names, or 'them'");
		return NULL;
	}
	for (id = p->ids; id != NULL && !p->failed; id = id->next) {
		if (!is_selected(id, p->word))
			continue;
		found = true;
		node_add(p->src->arena, n, use_identifier(p, id));
	}
	if (!found)
		PARSER_ERROR(p,
		    "'%.*s' selects nothing: no identifier matches "
		    "it",
		    SLICE_ARG(p->word));
	advance(p);
	return node_simplify(keep_text(p, start, n));
}

/* ---- grammar ---- */

static struct node *
parse_group(struct parser *p)
{
	struct node *n;

	advance(p);
	n = parse_or(p);
	if (p->failed)
		return NULL;
	if (p->type != WORD_CLOSE) {
		PARSER_ERROR(p, "a ')' is missing");
		return NULL;
	}
	advance(p);
	return n;
}

static struct node *
parse_primary(struct parser *p)
{
	if (p->type == WORD_OPEN)
		return parse_group(p);
	if (p->type == WORD_NAME)
		return is_selector(p) ? parse_selector(p) : parse_name(p);
	refuse_word(p);
	return NULL;
}

static struct node *
parse_not(struct parser *p)
{
	const char  *start = p->word.p;
	struct node *n, *inner;

	if (++p->depth > CONDITION_DEPTH_MAX) {
		PARSER_ERROR(p, "the condition is nested too deeply");
		return NULL;
	}
	if (p->type == WORD_NOT) {
		advance(p);
		inner = parse_not(p);
		n = node_new(p->src->arena, NODE_NOT);
		node_add(p->src->arena, n, inner);
		(void)keep_text(p, start, n);
	} else {
		n = parse_primary(p);
	}
	p->depth--;
	return n;
}

static struct node *
parse_and(struct parser *p)
{
	struct node *n = node_new(p->src->arena, NODE_AND);
	const char  *start = p->word.p;

	node_add(p->src->arena, n, parse_not(p));
	while (p->type == WORD_AND && !p->failed) {
		advance(p);
		node_add(p->src->arena, n, parse_not(p));
	}
	return node_simplify(keep_text(p, start, n));
}

static struct node *
parse_or(struct parser *p)
{
	struct node *n = node_new(p->src->arena, NODE_OR);
	const char  *start = p->word.p;

	node_add(p->src->arena, n, parse_and(p));
	while (p->type == WORD_OR && !p->failed) {
		advance(p);
		node_add(p->src->arena, n, parse_and(p));
	}
	return node_simplify(keep_text(p, start, n));
}

static struct node *
condition_parse_one(const struct source *src, const struct yaml_node *node,
    struct identifier *ids, unsigned *named)
{
	struct parser p = {.src = src,
	    .node = node,
	    .ids = ids,
	    .named = named};
	struct node  *n;

	if (node->type != YAML_SCALAR) {
		SOURCE_ERROR(src, node, "a condition must be text");
		return NULL;
	}
	advance(&p);
	n = parse_or(&p);
	if (!p.failed && p.type != WORD_END)
		refuse_word(&p);
	return p.failed || p.lost ? NULL : n;
}

struct node *
condition_parse(const struct source *src, const struct yaml_node *n,
    struct identifier *ids)
{
	struct node	       *any, *one;
	const struct yaml_node *c;
	unsigned		named = 0;
	bool			ok = true;

	if (n->type != YAML_LIST)
		return condition_parse_one(src, n, ids, &named);
	if (n->child == NULL) {
		SOURCE_ERROR(src, n, "the list of conditions is empty");
		return NULL;
	}
	any = node_new(src->arena, NODE_OR);
	for (c = n->child; c != NULL; c = c->next) {
		one = condition_parse_one(src, c, ids, &named);
		ok = ok && one != NULL;
		node_add(src->arena, any, one);
	}
	return ok ? node_simplify(any) : NULL;
}
