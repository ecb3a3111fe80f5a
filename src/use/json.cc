/*
 * json - the only file that knows simdjson.
 *
 * Stage 1 of simdjson checks UTF-8, that strings end and hold no bare control
 * characters, and finds where tokens start.  Its On-Demand iterator then
 * walks the tokens, but believes much of what nobody looks at.  So every
 * value is visited here, and three things are not left to it:
 *
 *   - numbers, true, false and null are checked on the token's own bytes (the
 *     iterator would skip them unseen, and refuse integers beyond 64 bits);
 *   - strings without a backslash are used where they lie; an unescaped one
 *     is checked for UTF-8 again, since versions of simdjson differ in what
 *     they make of half a surrogate pair;
 *   - the byte behind the text.  The iterator may take it for a token when
 *     the text stops too early, so a byte that could be one sends the text
 *     through a copy.
 *
 * Exceptions are off: everything comes as an error code.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <new>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

extern "C" {
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/slice.h"
}
#include "use/json.h"
#include "use/number.h"

#define NAME_CUT     64	  /* bytes of a foreign name in an error */
#define CAPACITY_MIN 4096 /* of the parser's buffers; then they double */

namespace ondemand = simdjson::ondemand;

static_assert(JSON_PADDING >= simdjson::SIMDJSON_PADDING,
    "simdjson reads further than callers are told");

/* Where a value stands in a list. */
enum place { PLACE_ALONE, PLACE_FIRST, PLACE_MORE };

struct json_reader {
	struct json_limits lim;
	ondemand::parser   parser;
	struct json_field *field; /* owned */
	size_t		   n, cap;
	struct arena	   keys; /* dotted paths */
	char		  *path; /* owned; the one we are in */
	size_t		   npath;
	char		  *copy;    /* owned; of unpadded text */
	size_t		   ncopy;   /* its size */
	struct buf	   quoted;  /* a name for an error */
	bool		   escapes; /* a backslash is somewhere in the text */
	/* Of the running call, borrowed: */
	struct slice	    text;
	ondemand::document *doc;
	struct error	   *err;
};

static int walk_value(struct json_reader *, ondemand::value &, struct slice,
    size_t, enum place);

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

/* A fault of the tokens' order, with its place where simdjson knows it. */
static int
fail_syntax(struct json_reader *r)
{
	const char *at;

	if (r->doc->current_location().get(at) == simdjson::SUCCESS &&
	    at >= r->text.p && at < r->text.p + r->text.n)
		error_set(r->err, "not valid JSON, near byte %zu",
		    (size_t)(at - r->text.p) + 1);
	else
		error_set(r->err, "not valid JSON, it ends too early");
	return JSON_E_SYNTAX;
}

/* Stage 1 refused the text.  Bad bytes are told before other faults. */
static int
fail_text(struct json_reader *r, simdjson::error_code e)
{
	if (!slice_is_utf8(r->text)) {
		error_set(r->err, "not valid UTF-8");
		return JSON_E_UTF8;
	}
	switch (e) {
	case simdjson::MEMALLOC:
	case simdjson::CAPACITY:
		/* The size was checked: as in base/mem, no way on. */
		abort();
	case simdjson::EMPTY:
		error_set(r->err, "empty, want one JSON object");
		break;
	case simdjson::UNCLOSED_STRING:
		error_set(r->err, "not valid JSON: a string does not end");
		break;
	case simdjson::UNESCAPED_CHARS:
		error_set(r->err,
		    "not valid JSON: a control character in a string, "
		    "write it as \\u00XX");
		break;
	default:
		error_set(r->err, "not valid JSON");
		break;
	}
	return JSON_E_SYNTAX;
}

/* ---- tokens ------------------------------------------------------------ */

/* A token without the blanks behind it. */
static struct slice
trim_token(std::string_view t)
{
	size_t n = t.size();

	while (n > 0 &&
	    (t[n - 1] == ' ' || t[n - 1] == '\n' || t[n - 1] == '\r' ||
		t[n - 1] == '\t'))
		n--;
	return slice{t.data(), n};
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

/* The key of a field: where it lies, or unescaped by simdjson. */
static int
read_key(struct json_reader *r, ondemand::field &f, struct slice *key)
{
	const char	*start = f.key().raw(), *p = start;
	std::string_view text;

	/* Stage 1 has seen the quote that ends this. */
	while (*p != '"' && *p != '\\')
		p++;
	if (*p == '"') {
		*key = slice{start, (size_t)(p - start)};
	} else {
		if (f.unescaped_key().get(text) != simdjson::SUCCESS)
			return fail_syntax(r);
		*key = slice{text.data(), text.size()};
		if (!slice_is_utf8(*key))
			return fail_syntax(r);
	}
	return check_path(r, key->n);
}

static int
read_string(struct json_reader *r, ondemand::value &v, struct slice token,
    struct slice key, struct slice *out, bool *escaped)
{
	std::string_view	  text;
	ondemand::raw_json_string raw;

	if (token.n < 2 || token.p[token.n - 1] != '"')
		return fail_value(r, key, "text behind a string");
	*escaped = r->escapes && memchr(token.p, '\\', token.n) != NULL;
	if (!*escaped) {
		/* The call is for the iterator: the value is used up. */
		if (v.get_raw_json_string().get(raw) != simdjson::SUCCESS)
			return fail_syntax(r);
		*out = slice{token.p + 1, token.n - 2};
	} else {
		if (v.get_string().get(text) != simdjson::SUCCESS)
			return fail_value(r, key, "a wrong \\ escape");
		*out = slice{text.data(), text.size()};
		if (!slice_is_utf8(*out))
			return fail_value(r, key, "half of a \\u pair");
	}
	if (out->n > r->lim.string)
		return fail_string(r, key, out->n);
	return 0;
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

/* The whole path of a key: itself at the top, else made in the arena. */
static int
path_of(struct json_reader *r, struct slice key, struct slice *path)
{
	size_t n = r->npath + 1 + key.n;
	char  *p;

	if (r->npath == 0) {
		*path = key;
		return 0;
	}
	if (r->keys.total + n > r->lim.text) {
		error_set(r->err, "nested keys of more than %zu bytes together",
		    r->lim.text);
		return JSON_E_LIMIT;
	}
	p = arena_bytes(&r->keys, n);
	memcpy(p, r->path, r->npath);
	p[r->npath] = '.';
	if (key.n > 0)
		memcpy(p + r->npath + 1, key.p, key.n);
	*path = slice{p, n};
	return 0;
}

static int
add_field(struct json_reader *r, struct slice key, enum json_type type,
    struct slice value, enum place place)
{
	struct json_field *f;
	struct slice	   path;
	int		   e;

	if (r->n == r->lim.fields) {
		error_set(r->err, "more than %zu fields", r->lim.fields);
		return JSON_E_LIMIT;
	}
	if ((e = path_of(r, key, &path)) != 0)
		return e;
	r->field = (struct json_field *)xgrow(r->field, r->n, &r->cap,
	    sizeof *r->field);
	f = &r->field[r->n++];
	f->key = path;
	f->value = value;
	f->type = type;
	f->member = place != PLACE_ALONE;
	f->more = place == PLACE_MORE;
	f->escaped = false;
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
		return add_field(r, key, JSON_NULL, slice{NULL, 0}, place);
	if (!number_is_json(token))
		return fail_value(r, key, "not a JSON value");
	if (token.n > r->lim.string)
		return fail_string(r, key, token.n);
	return add_field(r, key, JSON_NUMBER, token, place);
}

/* The fields of an object whose path is pushed; *n counts them. */
static int
walk_fields(struct json_reader *r, ondemand::object &o, size_t depth, size_t *n)
{
	struct slice key;
	int	     e;

	for (auto item : o) {
		ondemand::field f;

		if (std::move(item).get(f) != simdjson::SUCCESS)
			return fail_syntax(r);
		if ((e = read_key(r, f, &key)) != 0)
			return e;
		(*n)++;
		if ((e = walk_value(r, f.value(), key, depth, PLACE_ALONE)) !=
		    0)
			return e;
	}
	return 0;
}

/* With `tree`: an object or a list between its two ends. */
template <typename Inside>
static int
walk_shape(struct json_reader *r, struct slice key, enum json_type type,
    Inside inside)
{
	int e;

	if ((e = add_field(r, key, type, slice{NULL, 0}, PLACE_ALONE)) != 0 ||
	    (e = inside()) != 0)
		return e;
	return add_field(r, slice{NULL, 0}, JSON_END, slice{NULL, 0},
	    PLACE_ALONE);
}

static int
walk_object(struct json_reader *r, ondemand::value &v, struct slice key,
    size_t depth, enum place place)
{
	ondemand::object o;
	size_t		 n = 0, saved = r->npath;
	int		 e;

	if (v.get_object().get(o) != simdjson::SUCCESS)
		return fail_syntax(r);
	if (r->lim.tree)
		return walk_shape(r, key, JSON_OBJECT,
		    [&] { return walk_fields(r, o, depth, &n); });
	push_key(r, key);
	e = walk_fields(r, o, depth, &n);
	r->npath = saved;
	if (e == 0 && n == 0)
		e = add_field(r, key, JSON_EMPTY, SLICE("{}"), place);
	return e;
}

/* An object or a list that is member `i` of a list: "key.i" is its path. */
static int
walk_indexed(struct json_reader *r, ondemand::value &v, struct slice key,
    size_t i, size_t depth)
{
	char	     number[24];
	struct slice last = {number, 0};
	size_t	     saved = r->npath;
	int	     e;

	last.n = (size_t)snprintf(number, sizeof number, "%zu", i);
	if ((e = check_path(r, key.n + 1 + last.n)) != 0)
		return e;
	push_key(r, key);
	e = walk_value(r, v, last, depth, PLACE_ALONE);
	r->npath = saved;
	return e;
}

static int
walk_members(struct json_reader *r, ondemand::array &a, struct slice key,
    size_t depth, size_t *n)
{
	enum place place = PLACE_FIRST;
	char	   c;
	int	   e;

	for (auto item : a) {
		ondemand::value v;

		if (std::move(item).get(v) != simdjson::SUCCESS)
			return fail_syntax(r);
		c = *v.raw_json_token().data();
		if (r->lim.tree || (c != '{' && c != '[')) {
			e = walk_value(r, v, key, depth, place);
			place = PLACE_MORE;
		} else if (r->lim.index_lists) {
			e = walk_indexed(r, v, key, *n, depth);
		} else {
			error_set(r->err, "%s: an object or a list in a list",
			    quote_path(r, key));
			e = JSON_E_NESTED;
		}
		if (e != 0)
			return e;
		(*n)++;
	}
	return 0;
}

static int
walk_list(struct json_reader *r, ondemand::value &v, struct slice key,
    size_t depth, enum place place)
{
	ondemand::array a;
	size_t		n = 0;
	int		e;

	if (v.get_array().get(a) != simdjson::SUCCESS)
		return fail_syntax(r);
	if (r->lim.tree)
		return walk_shape(r, key, JSON_LIST, [&] {
			return walk_members(r, a, slice{NULL, 0}, depth, &n);
		});
	e = walk_members(r, a, key, depth, &n);
	if (e == 0 && n == 0)
		e = add_field(r, key, JSON_EMPTY, SLICE("[]"), place);
	return e;
}

/* One value, inside an object or list of that depth. */
static int
walk_value(struct json_reader *r, ondemand::value &v, struct slice key,
    size_t depth, enum place place)
{
	struct slice token = trim_token(v.raw_json_token()), text;
	bool	     escaped = false;
	int	     e;

	if (token.n == 0)
		return fail_syntax(r);
	switch (token.p[0]) {
	case '{':
	case '[':
		if (depth == r->lim.depth) {
			error_set(r->err, "%s: nested deeper than %zu",
			    quote_path(r, key), r->lim.depth);
			return JSON_E_LIMIT;
		}
		if (token.p[0] == '{')
			return walk_object(r, v, key, depth + 1, place);
		return walk_list(r, v, key, depth + 1, place);
	case '"':
		if ((e = read_string(r, v, token, key, &text, &escaped)) != 0 ||
		    (e = add_field(r, key, JSON_STRING, text, place)) != 0)
			return e;
		r->field[r->n - 1].escaped = escaped;
		return 0;
	default:
		return walk_word(r, token, key, place);
	}
}

/* ---- the reader -------------------------------------------------------- */

struct json_reader *
json_reader_new(const struct json_limits *lim)
{
	struct json_reader *r = new (std::nothrow) json_reader();

	if (r == NULL)
		abort();
	r->lim = *lim;
	r->path = (char *)xmalloc(lim->string);
	arena_init(&r->keys);
	buf_init(&r->quoted);
	return r;
}

void
json_reader_free(struct json_reader **r)
{
	if (*r == NULL)
		return;
	free((*r)->field);
	free((*r)->path);
	free((*r)->copy);
	arena_clear(&(*r)->keys);
	buf_clear(&(*r)->quoted);
	delete *r;
	*r = NULL;
}

/* Buffers for a text of n bytes; doubling, so that growing ends soon. */
static simdjson::error_code
make_room(struct json_reader *r, size_t n)
{
	size_t room = CAPACITY_MIN;

	if (r->parser.capacity() >= n && r->parser.capacity() > 0)
		return simdjson::SUCCESS;
	while (room < n)
		room *= 2;
	return r->parser.allocate(room);
}

/* Begins a call: what the last one made is forgotten. */
static int
start(struct json_reader *r, struct slice text, struct error *err)
{
	r->n = 0;
	r->npath = 0;
	r->text = text;
	r->err = err;
	arena_reset(&r->keys);
	if (text.n > r->lim.text) {
		error_set(err, "%zu bytes long, at most %zu", text.n,
		    r->lim.text);
		return JSON_E_LIMIT;
	}
	/* Newer simdjson would skip a byte order mark, RFC 8259 has none. */
	if (slice_starts(text, SLICE("\xef\xbb\xbf"))) {
		error_set(err, "starts with a byte order mark, want none");
		return JSON_E_SYNTAX;
	}
	return 0;
}

static int
walk_text(struct json_reader *r)
{
	simdjson::padded_string_view view(r->text.p, r->text.n,
	    r->text.n + JSON_PADDING);
	simdjson::error_code	     e;
	ondemand::document	     doc;
	ondemand::object	     top;
	const char		    *at;
	size_t			     n = 0;
	int			     res;

	if ((e = make_room(r, r->text.n)) != simdjson::SUCCESS ||
	    (e = r->parser.iterate(view).get(doc)) != simdjson::SUCCESS)
		return fail_text(r, e);
	r->doc = &doc;
	r->escapes = memchr(r->text.p, '\\', r->text.n) != NULL;
	if ((e = doc.get_object().get(top)) == simdjson::INCORRECT_TYPE) {
		error_set(r->err, "not a JSON object");
		return JSON_E_SYNTAX;
	}
	if (e != simdjson::SUCCESS)
		return fail_syntax(r);
	if ((res = walk_fields(r, top, 1, &n)) != 0)
		return res;
	/* At the end, and only there, the iterator has no location. */
	if (doc.current_location().get(at) != simdjson::OUT_OF_BOUNDS) {
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

	if (text.n == 0 || memchr("\n\r \t", text.p[text.n], 5) == NULL)
		return json_read_copy(r, text, fields, n, err);
	if ((e = start(r, text, err)) != 0 || (e = walk_text(r)) != 0)
		return e;
	*fields = r->field;
	*n = r->n;
	return 0;
}

int
json_read_copy(struct json_reader *r, struct slice text,
    const struct json_field **fields, size_t *n, struct error *err)
{
	size_t room = text.n + JSON_PADDING;
	int    e;

	if ((e = start(r, text, err)) != 0)
		return e;
	if (r->ncopy < room) {
		if (room < 2 * r->ncopy)
			room = 2 * r->ncopy;
		free(r->copy);
		r->copy = (char *)xmalloc(room);
		r->ncopy = room;
	}
	if (text.n > 0)
		memcpy(r->copy, text.p, text.n);
	memset(r->copy + text.n, 0, JSON_PADDING);
	r->text.p = r->copy;
	if ((e = walk_text(r)) != 0)
		return e;
	*fields = r->field;
	*n = r->n;
	return 0;
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
