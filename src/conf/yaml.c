/*
 * libyaml tells a file as events; here they become nodes.  The open lists
 * and maps are a stack of fixed depth, so no file can make this recurse, and
 * each open map has a table of its keys, so a map of 100,000 of them does not
 * cost their square.  A fault that leaves the shape of the file clear (a key
 * twice, an unknown tag) does not stop the reading: the next may be worth
 * telling.  An alias becomes a copy of what it names, whose nodes count as if
 * they stood there: so none grows beyond what could have been written.
 */
#include "conf/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/map.h"

#define KEY_SHOWN   64 /* bytes of a stranger's key or tag in a fault */
#define BOM	    "\xEF\xBB\xBF"
#define TAG_BUILTIN "tag:yaml.org,2002:"
#define TRIES_MAX   100 /* documents of a file that are no YAML */

struct level {
	struct yaml_node *node; /* an open list or map */
	struct yaml_node *last; /* its newest entry */
	struct yaml_node *key;	/* map: waits for its value */
	struct map	  seen; /* map: its keys */
};

struct anchor {
	struct slice	  name;
	struct yaml_node *node;
};

struct reader {
	struct arena	  *arena;
	const char	  *file;
	struct complaints *c;
	yaml_parser_t	   parser;
	struct yaml_doc	  *first, *doc; /* all; the open one */
	struct level	   stack[YAML_DEPTH_MAX];
	unsigned	   depth;
	struct map	   anchors; /* of the open document */
	size_t		   nodes;
	size_t		   errors;  /* before the open document */
	size_t		   skipped; /* lines before what is parsed now */
	bool		   inside;  /* of `doc`, not behind it */
	bool		   done;    /* end of file, or too much */
};

static void
fault_at(struct reader *r, const yaml_mark_t *at, const char *what)
{
	complain_error(r->c, r->file, (unsigned)(r->skipped + at->line) + 1,
	    (unsigned)at->column + 1, "%s", what);
}

/* Says what is wrong with a word of the file. */
static void
fault_word(struct reader *r, const yaml_mark_t *at, const char *before,
    struct slice word, const char *after)
{
	struct buf b;

	buf_init(&b);
	buf_adds(&b, before);
	buf_addc(&b, '\'');
	buf_addescaped(&b, word, KEY_SHOWN);
	buf_addc(&b, '\'');
	buf_adds(&b, after);
	fault_at(r, at, buf_str(&b));
	buf_clear(&b);
}

static struct slice
text_of(const void *value)
{
	const struct yaml_node *key = value;

	return key->text;
}

/* A duplicate of one of 200,000 keys must not take a walk to be found. */
static void
check_key(struct reader *r, struct level *l, struct yaml_node *key,
    const yaml_mark_t *at)
{
	struct yaml_node *before;
	char		  where[40];

	if (key->type != YAML_SCALAR) {
		fault_at(r, at, "a key must be a scalar");
		return;
	}
	before = map_find(&l->seen, key->text);
	if (before == NULL) {
		map_add(&l->seen, key);
		return;
	}
	snprintf(where, sizeof where, ", first in line %u", before->line);
	fault_word(r, at, "duplicate key ", key->text, where);
}

/* Gives a node its place: root, key, value, or entry of a list. */
static void
attach_node(struct reader *r, struct yaml_node *n, const yaml_mark_t *at)
{
	struct level *l;

	if (r->depth == 0) {
		r->doc->root = n;
		return;
	}
	l = &r->stack[r->depth - 1];
	if (l->node->type == YAML_MAP && l->key == NULL) {
		check_key(r, l, n, at);
		l->key = n;
		return;
	}
	n->key = l->key;
	l->key = NULL;
	if (l->last == NULL)
		l->node->child = n;
	else
		l->last->next = n;
	l->last = n;
	l->node->nchild++;
}

/* One node or document more; false when the file has too many. */
static bool
count_node(struct reader *r, const yaml_mark_t *at)
{
	if (r->nodes == YAML_NODES_MAX) {
		fault_at(r, at, "too many values in one file");
		r->done = true;
		return false;
	}
	r->nodes++;
	return true;
}

/* NULL when the file has too many. */
static struct yaml_node *
add_node(struct reader *r, enum yaml_type type, struct slice text,
    const yaml_mark_t *at)
{
	struct yaml_node *n;

	if (!count_node(r, at))
		return NULL;
	n = arena_zalloc(r->arena, sizeof *n);
	n->type = type;
	n->line = (unsigned)(r->skipped + at->line) + 1;
	n->col = (unsigned)at->column + 1;
	n->text = arena_slice(r->arena, text);
	attach_node(r, n, at);
	return n;
}

/*
 * Tags of YAML's own say nothing that the place of a value does not; any
 * other asks for something that will not happen (!include), so it is refused.
 */
static void
check_tag(struct reader *r, const yaml_char_t *tag, const yaml_mark_t *at)
{
	static const char *const known[] = {"str", "int", "float", "bool",
	    "null", "seq", "map", NULL};
	struct slice		 s = slice_of((const char *)tag), rest;
	unsigned		 i;

	if (tag == NULL || slice_is(s, "!"))
		return;
	if (slice_starts(s, SLICE(TAG_BUILTIN))) {
		rest.p = s.p + sizeof TAG_BUILTIN - 1;
		rest.n = s.n - (sizeof TAG_BUILTIN - 1);
		for (i = 0; known[i] != NULL; i++) {
			if (slice_is(rest, known[i]))
				return;
		}
	}
	fault_word(r, at, "the tag ", s, " is not supported");
}

static struct slice
anchor_name(const void *value)
{
	const struct anchor *a = value;

	return a->name;
}

/* `name` NULL: it has none.  The same name may stand for another node later. */
static void
set_anchor(struct reader *r, const yaml_char_t *name, struct yaml_node *n)
{
	struct slice   s = slice_of((const char *)name);
	struct anchor *a;

	if (s.p == NULL)
		return;
	a = map_find(&r->anchors, s);
	if (a == NULL) {
		a = arena_alloc(r->arena, sizeof *a);
		a->name = arena_slice(r->arena, s);
		map_add(&r->anchors, a);
	}
	a->node = n;
}

static void
add_scalar(struct reader *r, const yaml_event_t *e)
{
	struct slice	  text = {(char *)e->data.scalar.value,
		 e->data.scalar.length};
	struct yaml_node *n;
	bool		  plain;

	check_tag(r, e->data.scalar.tag, &e->start_mark);
	plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	/* libyaml tells `---` and no more as an empty plain scalar. */
	if (r->depth == 0 && plain && text.n == 0)
		return;
	n = add_node(r, YAML_SCALAR, text, &e->start_mark);
	if (n == NULL)
		return;
	/* `!!str 10` is as good as quoted. */
	if (e->data.scalar.tag != NULL &&
	    strcmp((char *)e->data.scalar.tag, YAML_STR_TAG) == 0)
		plain = false;
	n->plain = plain;
	set_anchor(r, e->data.scalar.anchor, n);
}

static void
open_level(struct reader *r, enum yaml_type type, const yaml_char_t *anchor,
    const yaml_mark_t *at)
{
	struct yaml_node *n;
	struct level	 *l;

	if (r->depth == YAML_DEPTH_MAX) {
		fault_at(r, at, "nested too deep");
		r->done = true;
		return;
	}
	n = add_node(r, type, SLICE(""), at);
	if (n == NULL)
		return;
	set_anchor(r, anchor, n);
	l = &r->stack[r->depth++];
	memset(l, 0, sizeof *l);
	l->node = n;
	map_init(&l->seen, text_of);
}

static void
close_level(struct reader *r)
{
	map_clear(&r->stack[--r->depth].seen);
}

static void
open_doc(struct reader *r, const yaml_mark_t *at)
{
	struct yaml_doc *d;

	if (!count_node(r, at))
		return;
	d = arena_zalloc(r->arena, sizeof *d);
	if (r->doc == NULL)
		r->first = d;
	else
		r->doc->next = d;
	r->doc = d;
	r->inside = true;
	map_init(&r->anchors, anchor_name);
}

static void
close_doc(struct reader *r)
{
	if (r->inside && r->c->errors != r->errors)
		r->doc->faulty = true;
	if (r->inside)
		map_clear(&r->anchors);
	r->inside = false;
	r->errors = r->c->errors;
}

/* ---- aliases ---- */

/* As it would be at that depth; NULL when it or the file is too much. */
static struct yaml_node *
copy_node(struct reader *r, const struct yaml_node *from, unsigned depth,
    const yaml_mark_t *at)
{
	const struct yaml_node *c;
	struct yaml_node       *n, **end;

	if (from->type != YAML_SCALAR && depth == YAML_DEPTH_MAX) {
		fault_at(r, at, "nested too deep");
		r->done = true;
		return NULL;
	}
	if (!count_node(r, at))
		return NULL;
	n = arena_alloc(r->arena, sizeof *n);
	*n = *from;
	n->next = NULL;
	end = &n->child;
	for (c = from->child; c != NULL; c = c->next) {
		*end = copy_node(r, c, depth + 1, at);
		if (*end == NULL)
			return NULL;
		end = &(*end)->next;
	}
	return n;
}

static bool
is_open(const struct reader *r, const struct yaml_node *n)
{
	unsigned i;

	for (i = 0; i < r->depth; i++)
		if (r->stack[i].node == n)
			return true;
	return false;
}

/* A wrong one stands as an empty scalar: the shape stays right. */
static void
refuse_alias(struct reader *r, const yaml_event_t *e, const char *why)
{
	fault_word(r, &e->start_mark, "alias ",
	    slice_of((char *)e->data.alias.anchor), why);
	(void)add_node(r, YAML_SCALAR, SLICE(""), &e->start_mark);
}

static void
take_alias(struct reader *r, const yaml_event_t *e)
{
	const struct anchor *a;
	struct yaml_node    *n;

	a = map_find(&r->anchors, slice_of((char *)e->data.alias.anchor));
	if (a == NULL) {
		refuse_alias(r, e, ": nothing before it has that anchor");
		return;
	}
	if (is_open(r, a->node)) {
		refuse_alias(r, e, ": it stands inside of what it repeats");
		return;
	}
	n = copy_node(r, a->node, r->depth, &e->start_mark);
	if (n == NULL)
		return;
	n->key = NULL;
	attach_node(r, n, &e->start_mark);
}

/* ---- events ---- */

static void
take_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		open_doc(r, &e->start_mark);
		break;
	case YAML_ALIAS_EVENT:
		take_alias(r, e);
		break;
	case YAML_SCALAR_EVENT:
		add_scalar(r, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		check_tag(r, e->data.sequence_start.tag, &e->start_mark);
		open_level(r, YAML_LIST, e->data.sequence_start.anchor,
		    &e->start_mark);
		break;
	case YAML_MAPPING_START_EVENT:
		check_tag(r, e->data.mapping_start.tag, &e->start_mark);
		open_level(r, YAML_MAP, e->data.mapping_start.anchor,
		    &e->start_mark);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_level(r);
		break;
	case YAML_STREAM_END_EVENT:
		r->done = true;
		break;
	case YAML_DOCUMENT_END_EVENT:
		close_doc(r);
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
		break;
	}
}

/* A fault at a byte of the text; columns count characters, as libyaml's. */
static void
fault_at_byte(struct reader *r, struct slice text, size_t at, const char *what)
{
	yaml_mark_t m = {0, 0, 0};
	size_t	    i;

	for (i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			m.line++;
			m.column = 0;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	fault_at(r, &m, what);
}

/* The first byte that no well-formed beginning of the text holds. */
static size_t
find_bad_byte(struct slice text)
{
	struct slice rest = text;
	size_t	     n;

	while ((n = slice_char(rest)) > 0) {
		rest.p += n;
		rest.n -= n;
	}
	return text.n - rest.n;
}

static void
fault_syntax(struct reader *r, struct slice text)
{
	const yaml_parser_t *p = &r->parser;
	char		     what[256];

	if (p->problem == NULL) {
		complain_error(r->c, r->file, 0, 0, "cannot be read as YAML");
		return;
	}
	if (p->error == YAML_READER_ERROR) {
		fault_at_byte(r, text, p->problem_offset, p->problem);
		return;
	}
	if (p->context == NULL) {
		fault_at(r, &p->problem_mark, p->problem);
		return;
	}
	snprintf(what, sizeof what, "%s %s from line %zu", p->problem,
	    p->context, r->skipped + p->context_mark.line + 1);
	fault_at(r, &p->problem_mark, what);
}

/* To the end of the text: true; or to a fault of syntax, which is told. */
static bool
read_events(struct reader *r, struct slice text)
{
	yaml_event_t e;
	bool	     ok = true;

	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser,
	    (const unsigned char *)(text.p != NULL ? text.p : ""), text.n);
	while (!r->done) {
		if (!yaml_parser_parse(&r->parser, &e)) {
			fault_syntax(r, text);
			ok = false;
			break;
		}
		take_event(r, &e);
		yaml_event_delete(&e);
	}
	while (r->depth > 0)
		close_level(r);
	close_doc(r);
	return ok;
}

static bool
is_marker(struct slice line)
{
	return slice_starts(line, SLICE("---")) &&
	    (line.n == 3 || line.p[3] == ' ' || line.p[3] == '\r');
}

/*
 * Cuts the text to what begins with the first `---` behind the fault, or that
 * is the fault, where something was left open: wherever such a line stands it
 * begins a document, in no scalar of any kind may it be.  False if there is
 * none; what the text began with does not count, or there would be no end.
 */
static bool
skip_document(struct reader *r, struct slice *text)
{
	struct slice rest = *text, line, here;
	size_t	     n, from = r->parser.problem_mark.line;

	if (r->parser.problem_mark.column > 0 || from == 0)
		from++;
	for (n = 0; rest.n > 0; n++) {
		here = rest;
		if (!slice_cut(&rest, '\n', &line))
			return false;
		if (n >= from && is_marker(line)) {
			r->skipped += n;
			*text = here;
			return true;
		}
	}
	return false;
}

/* A document that is no YAML does not keep those behind it from being read. */
static void
read_documents(struct reader *r, struct slice text)
{
	unsigned tries;
	bool	 again = true;

	for (tries = 0; again && tries < TRIES_MAX; tries++) {
		if (!yaml_parser_initialize(&r->parser)) {
			complain_error(r->c, r->file, 0, 0, "out of memory");
			return;
		}
		again = !read_events(r, text) &&
		    r->parser.error != YAML_READER_ERROR &&
		    skip_document(r, &text);
		yaml_parser_delete(&r->parser);
	}
}

struct yaml_doc *
yaml_parse_docs(struct arena *arena, const char *file, struct slice text,
    struct complaints *c)
{
	struct reader r = {.arena = arena,
	    .file = file,
	    .c = c,
	    .errors = c->errors};

	if (text.n > YAML_FILE_MAX) {
		complain_error(c, file, 0, 0, "larger than %d bytes",
		    YAML_FILE_MAX);
		return NULL;
	}
	if (!slice_is_utf8(text)) {
		fault_at_byte(&r, text, find_bad_byte(text), "not UTF-8");
		return NULL;
	}
	/* libyaml counts it as a column, which only the first line has. */
	if (slice_starts(text, SLICE(BOM))) {
		text.p += strlen(BOM);
		text.n -= strlen(BOM);
	}
	read_documents(&r, text);
	return r.first;
}

struct yaml_doc *
yaml_parse(struct arena *arena, const char *file, struct slice text,
    struct complaints *c)
{
	size_t		 errors = c->errors;
	struct yaml_doc *doc = yaml_parse_docs(arena, file, text, c);

	return c->errors == errors ? doc : NULL;
}

/* All of a file, one byte more than allowed at the most: 0, or an errno. */
static int
read_file(const char *path, struct buf *b)
{
	FILE  *f = fopen(path, "re");
	size_t n;
	int    err = 0;

	if (f == NULL)
		return errno;
	do {
		n = fread(buf_reserve(b, BUFSIZ), 1, BUFSIZ, f);
		b->n += n;
	} while (n > 0 && b->n <= YAML_FILE_MAX);
	if (ferror(f))
		err = errno != 0 ? errno : EIO;
	fclose(f);
	return err;
}

int
yaml_read_file(const char *path, struct buf *b, struct complaints *c)
{
	int err = read_file(path, b);

	if (err == 0)
		return 0;
	complain_error(c, path, 0, 0, "%s", strerror(err));
	return -1;
}

struct yaml_doc *
yaml_parse_file_docs(struct arena *arena, const char *path,
    struct complaints *c)
{
	struct yaml_doc *doc = NULL;
	struct buf	 b;

	buf_init(&b);
	if (yaml_read_file(path, &b, c) == 0)
		doc = yaml_parse_docs(arena, path, buf_slice(&b), c);
	buf_clear(&b);
	return doc;
}

struct yaml_doc *
yaml_parse_file(struct arena *arena, const char *path, struct complaints *c)
{
	size_t		 errors = c->errors;
	struct yaml_doc *doc = yaml_parse_file_docs(arena, path, c);

	return c->errors == errors ? doc : NULL;
}
