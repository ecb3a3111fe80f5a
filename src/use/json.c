#include "use/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "use/tokens.h"
#include "use/unescape.h"

#define NAME_CUT 64 /* bytes of a foreign name in an error */

static_assert(JSON_PADDING >= TOKENS_PADDING, "callers give this much");

/* Where a value stands in a list. */
enum place { PLACE_ALONE, PLACE_FIRST, PLACE_MORE };

struct json_reader {
	struct json_limits lim;
	struct tokens	  *tokens; /* owned */
	struct json_field *field;  /* owned */
	size_t		   n, cap; /* never more than the limit of fields */
	struct arena	   keys; /* dotted paths */
	char		  *path; /* owned; the one we are in */
	size_t		   npath;
	char		  *copy;  /* owned; of unpadded text */
	size_t		   ncopy; /* its size */
	char		  *plain; /* owned; unescaped strings of the text */
	size_t		   nplain, plain_size;
	struct buf	   quoted;  /* a name for an error */
	bool		   escapes; /* a backslash is somewhere in the text */
	/* Of the running call, borrowed: */
	struct slice	text;
	const uint32_t *at;  /* where the next token starts */
	const uint32_t *end; /* behind the last: there the text ends */
	struct error   *err;
};

static int walk_value(struct json_reader *, struct slice, size_t, enum place);

/* ---- faults ------------------------------------------------------------ */

/* The path of a key for an error: escaped and cut. */
static const char *
quote_path(struct json_reader *r, struct slice key)
{
	struct slice path = {r->path, r->npath};

	r->quoted.n = 0;
	if (path.n > 0) {
		buf_addescaped(&r->quoted, path, NAME_CUT);
		buf_addc(&r->quoted, '.');
	}
	buf_addescaped(&r->quoted, key, NAME_CUT);
	return buf_str(&r->quoted);
}

static int
fail_string(struct json_reader *r, struct slice key, size_t n)
{
	error_set(r->err, "%s: %zu bytes, at most %zu", quote_path(r, key), n,
	    r->lim.string);
	return JSON_E_LIMIT;
}

static int
fail_value(struct json_reader *r, struct slice key, const char *what)
{
	error_set(r->err, "%s: %s", quote_path(r, key), what);
	return JSON_E_SYNTAX;
}

/* A fault of the tokens' order, at the next of them. */
static int
fail_syntax(struct json_reader *r)
{
	if (r->at < r->end)
		error_set(r->err, "not valid JSON, near byte %zu",
		    (size_t)*r->at + 1);
	else
		error_set(r->err, "not valid JSON, it ends too early");
	return JSON_E_SYNTAX;
}

/* There are no tokens to walk.  Bad bytes are told before other faults. */
static int
fail_text(struct json_reader *r, enum tokens_fault fault)
{
	static const char *const words[] = {
	    [TOKENS_EMPTY] = "empty, want one JSON object",
	    [TOKENS_UNCLOSED] = "not valid JSON: a string does not end",
	    [TOKENS_CONTROL] = "not valid JSON: a control character in a "
			       "string, write it as \\u00XX",
	    [TOKENS_OTHER] = "not valid JSON",
	};

	if (fault == TOKENS_UTF8 || !slice_is_utf8(r->text)) {
		error_set(r->err, "not valid UTF-8");
		return JSON_E_UTF8;
	}
	error_set(r->err, "%s", words[fault]);
	return JSON_E_SYNTAX;
}

/* ---- tokens ------------------------------------------------------------ */

/* Is this the next token, a bracket, brace, comma or colon?  Then past it. */
static bool
pass(struct json_reader *r, char c)
{
	if (r->at == r->end || r->text.p[*r->at] != c)
		return false;
	r->at++;
	return true;
}

/* The next token, without the blanks behind it; empty at the end. */
static struct slice
peek(const struct json_reader *r)
{
	struct slice s = {NULL, 0};

	if (r->at == r->end)
		return s;
	s.p = r->text.p + r->at[0];
	s.n = r->at[1] - r->at[0];
	while (s.n > 0 && s.p[s.n - 1] <= ' ' && slice_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* A string has its quotes: no token has more than one. */
static bool
is_string(struct slice token)
{
	return token.n >= 2 && token.p[0] == '"' && token.p[token.n - 1] == '"';
}

static int
read_escaped(struct json_reader *r, struct slice *text)
{
	int e;

	/* All strings of a text need no more than the text. */
	if (r->plain_size < r->text.n) {
		free(r->plain);
		r->plain_size = 2 * r->text.n;
		r->plain = xmalloc(r->plain_size);
	}
	e = unescape(*text, r->plain + r->nplain, text);
	if (e == UNESCAPE_OK)
		r->nplain += text->n;
	return e;
}

/* What stands between the quotes: where it lies, or unescaped. */
static inline int
read_text(struct json_reader *r, struct slice token, struct slice *out,
    bool *escaped)
{
	*out = (struct slice){token.p + 1, token.n - 2};
	*escaped = r->escapes && memchr(out->p, '\\', out->n) != NULL;
	return *escaped ? read_escaped(r, out) : 0;
}

/* May a key of n bytes stand below the path we are in? */
static int
check_path(struct json_reader *r, size_t n)
{
	if (r->npath > 0)
		n += r->npath + 1;
	if (n <= r->lim.string)
		return 0;
	error_set(r->err, "a key of %zu bytes, at most %zu", n, r->lim.string);
	return JSON_E_LIMIT;
}

/* The key of a field, and past its colon. */
static int
read_key(struct json_reader *r, struct slice *key)
{
	struct slice token = peek(r);
	bool	     escaped;

	if (!is_string(token) || read_text(r, token, key, &escaped) != 0)
		return fail_syntax(r);
	r->at++;
	if (!pass(r, ':'))
		return fail_syntax(r);
	return check_path(r, key->n);
}

static int
fail_escape(struct json_reader *r, struct slice key, int e)
{
	return fail_value(r, key,
	    e == UNESCAPE_E_HALF ? "half of a \\u pair" :
				   "a wrong \\ escape");
}

/* ---- the walk ---------------------------------------------------------- */

/* Appends a key to the path; read_key has seen that it fits. */
static void
push_key(struct json_reader *r, struct slice key)
{
	if (r->npath > 0)
		r->path[r->npath++] = '.';
	if (key.n > 0)
		memcpy(r->path + r->npath, key.p, key.n);
	r->npath += key.n;
}

/* A key below the top becomes its whole path, made in the arena. */
static int
path_of(struct json_reader *r, struct slice *key)
{
	size_t n = r->npath + 1 + key->n;
	char  *p;

	if (r->keys.total + n > r->lim.text) {
		error_set(r->err, "nested keys of more than %zu bytes together",
		    r->lim.text);
		return JSON_E_LIMIT;
	}
	p = arena_bytes(&r->keys, n);
	memcpy(p, r->path, r->npath);
	p[r->npath] = '.';
	if (key->n > 0)
		memcpy(p + r->npath + 1, key->p, key->n);
	*key = (struct slice){p, n};
	return 0;
}

static int
make_room(struct json_reader *r)
{
	if (r->n == r->lim.fields) {
		error_set(r->err, "more than %zu fields", r->lim.fields);
		return JSON_E_LIMIT;
	}
	r->field = xgrow(r->field, r->n, &r->cap, sizeof *r->field);
	if (r->cap > r->lim.fields)
		r->cap = r->lim.fields;
	return 0;
}

static inline int
add_field(struct json_reader *r, struct slice key, enum json_type type,
    struct slice value, enum place place)
{
	int e;

	if (r->n == r->cap && (e = make_room(r)) != 0)
		return e;
	if (r->npath > 0 && (e = path_of(r, &key)) != 0)
		return e;
	r->field[r->n++] = (struct json_field){.key = key,
	    .value = value,
	    .type = type,
	    .member = place != PLACE_ALONE,
	    .more = place == PLACE_MORE};
	return 0;
}

static inline int
walk_string(struct json_reader *r, struct slice token, struct slice key,
    enum place place)
{
	struct slice text;
	bool	     escaped;
	int	     e;

	if (!is_string(token))
		return fail_value(r, key, "text behind a string");
	if ((e = read_text(r, token, &text, &escaped)) != 0)
		return fail_escape(r, key, e);
	if (text.n > r->lim.string)
		return fail_string(r, key, text.n);
	if ((e = add_field(r, key, JSON_STRING, text, place)) != 0)
		return e;
	r->field[r->n - 1].escaped = escaped;
	r->at++;
	return 0;
}

/* All but strings, objects and lists. */
static int
walk_word(struct json_reader *r, struct slice token, struct slice key,
    enum place place)
{
	if (slice_is(token, "true"))
		return add_field(r, key, JSON_TRUE, token, place);
	if (slice_is(token, "false"))
		return add_field(r, key, JSON_FALSE, token, place);
	if (slice_is(token, "null"))
		return add_field(r, key, JSON_NULL, (struct slice){NULL, 0},
		    place);
	if (!number_is_json(token))
		return fail_value(r, key, "not a JSON value");
	if (token.n > r->lim.string)
		return fail_string(r, key, token.n);
	return add_field(r, key, JSON_NUMBER, token, place);
}

/* The value behind a key.  Most are strings: theirs is the short way. */
static inline int
walk_field(struct json_reader *r, struct slice key, size_t depth)
{
	struct slice token = peek(r);

	return is_string(token) ? walk_string(r, token, key, PLACE_ALONE) :
				  walk_value(r, key, depth, PLACE_ALONE);
}

/* The fields of an object whose path is pushed, behind its brace; *n counts
 * them. */
static int
walk_fields(struct json_reader *r, size_t depth, size_t *n)
{
	struct slice key;
	int	     e;

	if (pass(r, '}'))
		return 0;
	do {
		if ((e = read_key(r, &key)) != 0 ||
		    (e = walk_field(r, key, depth)) != 0)
			return e;
		(*n)++;
	} while (pass(r, ','));
	return pass(r, '}') ? 0 : fail_syntax(r);
}

/* An object or a list that is member `i` of a list: "key.i" is its path. */
static int
walk_indexed(struct json_reader *r, struct slice key, size_t i, size_t depth)
{
	char	     number[24];
	struct slice last = {number, 0};
	size_t	     saved = r->npath;
	int	     e;

	last.n = (size_t)snprintf(number, sizeof number, "%zu", i);
	if ((e = check_path(r, key.n + 1 + last.n)) != 0)
		return e;
	push_key(r, key);
	e = walk_value(r, last, depth, PLACE_ALONE);
	r->npath = saved;
	return e;
}

/*
 * A member that is an object or a list has its number in its path, and so have
 * those behind it: a further member of a list stands right behind the others.
 */
static int
walk_member(struct json_reader *r, struct slice key, size_t i, size_t depth,
    bool *numbered)
{
	struct slice token = peek(r);

	if (token.n > 0 && (token.p[0] == '{' || token.p[0] == '['))
		*numbered = !r->lim.tree;
	if (!*numbered)
		return walk_value(r, key, depth,
		    i == 0 ? PLACE_FIRST : PLACE_MORE);
	if (r->lim.index_lists)
		return walk_indexed(r, key, i, depth);
	error_set(r->err, "%s: an object or a list in a list",
	    quote_path(r, key));
	return JSON_E_NESTED;
}

/* The members of a list, behind its bracket; *n counts them. */
static int
walk_members(struct json_reader *r, struct slice key, size_t depth, size_t *n)
{
	bool numbered = false;
	int  e;

	if (pass(r, ']'))
		return 0;
	do {
		if ((e = walk_member(r, key, *n, depth, &numbered)) != 0)
			return e;
		(*n)++;
	} while (pass(r, ','));
	return pass(r, ']') ? 0 : fail_syntax(r);
}

static int
walk_object(struct json_reader *r, struct slice key, size_t depth,
    enum place place)
{
	size_t n = 0, saved = r->npath;
	int    e;

	push_key(r, key);
	e = walk_fields(r, depth, &n);
	r->npath = saved;
	if (e == 0 && n == 0)
		e = add_field(r, key, JSON_EMPTY, SLICE("{}"), place);
	return e;
}

static int
walk_list(struct json_reader *r, struct slice key, size_t depth,
    enum place place)
{
	size_t n = 0;
	int    e;

	e = walk_members(r, key, depth, &n);
	if (e == 0 && n == 0)
		e = add_field(r, key, JSON_EMPTY, SLICE("[]"), place);
	return e;
}

/* With `tree`: an object or a list between its two ends. */
static int
walk_shape(struct json_reader *r, struct slice key, enum json_type type,
    size_t depth)
{
	const struct slice none = {NULL, 0};
	size_t		   n = 0;
	int		   e;

	if ((e = add_field(r, key, type, none, PLACE_ALONE)) != 0)
		return e;
	e = type == JSON_OBJECT ? walk_fields(r, depth, &n) :
				  walk_members(r, none, depth, &n);
	return e != 0 ? e : add_field(r, none, JSON_END, none, PLACE_ALONE);
}

/* An object or a list, whose first character is `open`. */
static int
walk_nested(struct json_reader *r, char open, struct slice key, size_t depth,
    enum place place)
{
	if (depth == r->lim.depth) {
		error_set(r->err, "%s: nested deeper than %zu",
		    quote_path(r, key), r->lim.depth);
		return JSON_E_LIMIT;
	}
	r->at++;
	if (r->lim.tree)
		return walk_shape(r, key, open == '{' ? JSON_OBJECT : JSON_LIST,
		    depth + 1);
	return open == '{' ? walk_object(r, key, depth + 1, place) :
			     walk_list(r, key, depth + 1, place);
}

/* One value, inside an object or list of that depth. */
static int
walk_value(struct json_reader *r, struct slice key, size_t depth,
    enum place place)
{
	struct slice token = peek(r);
	int	     e;

	if (token.n == 0)
		return fail_syntax(r);
	switch (token.p[0]) {
	case '{':
	case '[':
		return walk_nested(r, token.p[0], key, depth, place);
	case '}':
	case ']':
	case ',':
	case ':':
		return fail_syntax(r);
	case '"':
		return walk_string(r, token, key, place);
	default:
		if ((e = walk_word(r, token, key, place)) == 0)
			r->at++;
		return e;
	}
}

/* ---- the reader -------------------------------------------------------- */

struct json_reader *
json_reader_new(const struct json_limits *lim)
{
	struct json_reader *r = xcalloc(1, sizeof *r);

	r->lim = *lim;
	r->tokens = tokens_new();
	r->path = xmalloc(lim->string);
	arena_init(&r->keys);
	buf_init(&r->quoted);
	return r;
}

void
json_reader_free(struct json_reader **r)
{
	if (*r == NULL)
		return;
	tokens_free(&(*r)->tokens);
	free((*r)->field);
	free((*r)->path);
	free((*r)->copy);
	free((*r)->plain);
	arena_clear(&(*r)->keys);
	buf_clear(&(*r)->quoted);
	free(*r);
	*r = NULL;
}

/* Begins a call: what the last one made is forgotten. */
static int
start(struct json_reader *r, struct slice text, struct error *err)
{
	r->n = 0;
	r->npath = 0;
	r->nplain = 0;
	r->text = text;
	r->err = err;
	arena_reset(&r->keys);
	if (text.n > r->lim.text) {
		error_set(err, "%zu bytes long, at most %zu", text.n,
		    r->lim.text);
		return JSON_E_LIMIT;
	}
	/* RFC 8259 has none, but some editors write one: say it plainly. */
	if (slice_starts(text, SLICE("\xef\xbb\xbf"))) {
		error_set(err, "starts with a byte order mark, want none");
		return JSON_E_SYNTAX;
	}
	return 0;
}

static int
walk_text(struct json_reader *r)
{
	enum tokens_fault fault;
	size_t		  ntoken, n = 0;
	int		  e;

	fault = tokens_find(r->tokens, r->text, &r->at, &ntoken);
	if (fault != TOKENS_OK)
		return fail_text(r, fault);
	r->end = r->at + ntoken;
	r->escapes = memchr(r->text.p, '\\', r->text.n) != NULL;
	if (!pass(r, '{')) {
		error_set(r->err, "not a JSON object");
		return JSON_E_SYNTAX;
	}
	if ((e = walk_fields(r, 1, &n)) != 0)
		return e;
	if (r->at < r->end) {
		error_set(r->err, "text behind the JSON object");
		return JSON_E_SYNTAX;
	}
	return 0;
}

int
json_read(struct json_reader *r, struct slice text,
    const struct json_field **fields, size_t *n, struct error *err)
{
	int e;

	if ((e = start(r, text, err)) != 0 || (e = walk_text(r)) != 0)
		return e;
	*fields = r->field;
	*n = r->n;
	return 0;
}

/* Where the texts to copy lie. */
static void
make_copy(struct json_reader *r, struct slice text)
{
	size_t room = text.n + JSON_PADDING;

	if (r->ncopy < room) {
		if (room < 2 * r->ncopy)
			room = 2 * r->ncopy;
		free(r->copy);
		r->copy = xmalloc(room);
		r->ncopy = room;
	}
	if (text.n > 0)
		memcpy(r->copy, text.p, text.n);
	memset(r->copy + text.n, 0, JSON_PADDING);
}

int
json_read_copy(struct json_reader *r, struct slice text,
    const struct json_field **fields, size_t *n, struct error *err)
{
	if (text.n <= r->lim.text) {
		make_copy(r, text);
		text.p = r->copy;
	}
	return json_read(r, text, fields, n, err);
}

const struct json_field *
json_find(const struct json_field *fields, size_t n, const char *key)
{
	struct slice want = slice_of(key);
	size_t	     i;

	for (i = 0; i < n; i++)
		if (slice_eq(fields[i].key, want))
			return &fields[i];
	return NULL;
}
