#include "patrolctl/answer.h"

#include <stdio.h>

#include "proto/msg.h"

struct json_reader *
answer_reader_new(void)
{
	static const struct json_limits limits = {.text = MSG_ANSWER_MAX + 1024,
	    .string = MSG_ANSWER_MAX,
	    .fields = 65536,
	    .depth = 16,
	    .index_lists = true};

	return json_reader_new(&limits);
}

/* The index behind a string that begins at `i` with its quote. */
static size_t
skip_string(struct slice s, size_t i)
{
	for (i++; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\')
			i++;
	return i < s.n ? i + 1 : s.n;
}

/* The index behind a value: where its `,`, `}` or `]` stands. */
static size_t
skip_value(struct slice s, size_t i)
{
	size_t depth = 0;

	while (i < s.n) {
		switch (s.p[i]) {
		case '"':
			i = skip_string(s, i);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (depth-- == 0)
				return i;
			break;
		case ',':
			if (depth == 0)
				return i;
			break;
		}
		i++;
	}
	return s.n;
}

static size_t
skip_to(struct slice s, size_t i, char c)
{
	while (i < s.n && s.p[i] != c)
		i++;
	return i;
}

struct slice
answer_raw(struct slice json, const char *key)
{
	struct slice name;
	size_t	     i, end;

	for (i = skip_to(json, 0, '{') + 1; i < json.n; i = end + 1) {
		i = skip_to(json, i, '"');
		end = skip_string(json, i);
		if (end < i + 2)
			break;
		name = (struct slice){json.p + i + 1, end - i - 2};
		i = skip_to(json, end, ':') + 1;
		end = skip_value(json, i);
		if (i < end && slice_is(name, key))
			return slice_trim((struct slice){json.p + i, end - i});
	}
	return (struct slice){NULL, 0};
}

int
answer_parse(struct json_reader *r, struct slice line, struct answer *a,
    struct error *err)
{
	struct fields		 top = {.raw = line};
	const struct json_field *f;

	if (json_read(r, line, &top.field, &top.n, err) != JSON_OK)
		return -1;
	*a = (struct answer){.kind = ANSWER_OTHER, .id = -1, .body = top};
	f = json_find(top.field, top.n, "id");
	if (f == NULL || f->type != JSON_NUMBER ||
	    slice_int(f->value, 0, INT64_MAX, &a->id) == -1)
		return 0;
	if ((a->body.raw = answer_raw(line, "item")).p != NULL) {
		a->kind = ANSWER_ITEM;
		a->body.prefix = SLICE("item.");
	} else if (answer_bool(&top, "ok")) {
		a->kind = ANSWER_OK;
		a->body.raw = answer_raw(line, "result");
		a->body.prefix = SLICE("result.");
	} else {
		a->kind = ANSWER_ERROR;
		a->code = answer_text(&top, "error.code");
		a->message = answer_text(&top, "error.message");
	}
	return 0;
}

/* --- fields ---------------------------------------------------------- */

static const struct json_field *
find(const struct fields *f, const char *key)
{
	struct slice k, want = slice_of(key);
	size_t	     i;

	for (i = 0; i < f->n; i++) {
		k = f->field[i].key;
		if (k.n != f->prefix.n + want.n || !slice_starts(k, f->prefix))
			continue;
		if (memcmp(k.p + f->prefix.n, want.p, want.n) == 0)
			return &f->field[i];
	}
	return NULL;
}

struct fields
answer_sub(const struct fields *f, const char *key, char room[64])
{
	struct fields sub = *f;
	int	      n;

	n = snprintf(room, 64, "%.*s%s.", SLICE_ARG(f->prefix), key);
	sub.prefix = (struct slice){room, n < 64 ? (size_t)n : 63};
	sub.raw = answer_raw(f->raw, key);
	return sub;
}

struct slice
answer_text(const struct fields *f, const char *key)
{
	const struct json_field *j = find(f, key);

	if (j == NULL || j->type == JSON_NULL || j->type == JSON_EMPTY)
		return (struct slice){NULL, 0};
	return j->value;
}

int64_t
answer_int(const struct fields *f, const char *key)
{
	int64_t v = 0;

	if (slice_int(answer_text(f, key), INT64_MIN, INT64_MAX, &v) == -1)
		return 0;
	return v;
}

bool
answer_bool(const struct fields *f, const char *key)
{
	const struct json_field *j = find(f, key);

	return j != NULL && j->type == JSON_TRUE;
}

usec_t
answer_time(const struct fields *f, const char *key)
{
	usec_t t;

	return time_parse(answer_text(f, key), &t) == 0 ? t : 0;
}

bool
answer_next(const struct fields *f, size_t *at, struct slice *key,
    const struct json_field **field)
{
	const struct json_field *j;

	while (*at < f->n) {
		j = &f->field[(*at)++];
		if (!slice_starts(j->key, f->prefix))
			continue;
		*key = (struct slice){j->key.p + f->prefix.n,
		    j->key.n - f->prefix.n};
		*field = j;
		return true;
	}
	return false;
}
