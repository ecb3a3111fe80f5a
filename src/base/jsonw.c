#include "base/jsonw.h"

#include <assert.h>

#include "base/isjson.h"

void
jsonw_init(struct jsonw *w, struct buf *out)
{
	memset(w, 0, sizeof *w);
	w->out = out;
}

/* Before each key and each value that has no key. */
static void
begin_item(struct jsonw *w)
{
	if (w->comma)
		buf_addc(w->out, ',');
	w->comma = true;
}

static void
open_level(struct jsonw *w, char first, char last)
{
	assert(w->depth < JSONW_DEPTH_MAX);
	begin_item(w);
	buf_addc(w->out, first);
	w->close[w->depth++] = last;
	w->comma = false;
}

void
jsonw_object(struct jsonw *w)
{
	open_level(w, '{', '}');
}

void
jsonw_array(struct jsonw *w)
{
	open_level(w, '[', ']');
}

void
jsonw_end(struct jsonw *w)
{
	assert(w->depth > 0);
	buf_addc(w->out, w->close[--w->depth]);
	w->comma = true;
}

/* How many bytes at the start go out as they are, looking at ASCII only. */
static size_t
plain_run(struct slice s)
{
	size_t	      i;
	unsigned char c;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return i;
}

static void
add_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char	 *at = memchr(from, c, sizeof from - 1);

	if (at != NULL) {
		buf_addc(b, '\\');
		buf_addc(b, to[at - from]);
		return;
	}
	buf_adds(b, "\\u00");
	buf_addc(b, hex[c >> 4]);
	buf_addc(b, hex[c & 15]);
}

static void
add_quoted(struct buf *b, struct slice s)
{
	size_t n;

	buf_reserve(b, s.n + 2);
	buf_addc(b, '"');
	while (s.n > 0) {
		n = plain_run(s);
		buf_add(b, s.p, n);
		s.p += n;
		s.n -= n;
		if (s.n == 0)
			break;
		n = 1;
		if ((unsigned char)s.p[0] < 0x80)
			add_escape(b, (unsigned char)s.p[0]);
		else if ((n = slice_char(s)) > 0)
			buf_add(b, s.p, n);
		else {
			buf_adds(b, "\xef\xbf\xbd");
			n = 1;
		}
		s.p += n;
		s.n -= n;
	}
	buf_addc(b, '"');
}

void
jsonw_keyslice(struct jsonw *w, struct slice key)
{
	begin_item(w);
	add_quoted(w->out, key);
	buf_addc(w->out, ':');
	w->comma = false;
}

void
jsonw_key(struct jsonw *w, const char *key)
{
	jsonw_keyslice(w, slice_of(key));
}

void
jsonw_str(struct jsonw *w, struct slice s)
{
	if (s.p == NULL) {
		jsonw_null(w);
		return;
	}
	begin_item(w);
	add_quoted(w->out, s);
}

void
jsonw_int(struct jsonw *w, int64_t v)
{
	begin_item(w);
	buf_addint(w->out, v);
}

void
jsonw_bool(struct jsonw *w, bool v)
{
	begin_item(w);
	buf_adds(w->out, v ? "true" : "false");
}

void
jsonw_null(struct jsonw *w)
{
	begin_item(w);
	buf_adds(w->out, "null");
}

void
jsonw_raw(struct jsonw *w, struct slice json)
{
	begin_item(w);
	buf_addslice(w->out, json);
}

void
jsonw_stored(struct jsonw *w, struct slice json)
{
	if (isjson(json))
		jsonw_raw(w, json);
	else
		jsonw_str(w, json);
}

void
jsonw_time(struct jsonw *w, usec_t t)
{
	char text[TIME_TEXT_MAX];

	if (t == 0)
		jsonw_null(w);
	else
		jsonw_str(w, (struct slice){text, time_format(t, text)});
}

void
jsonw_field_str(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_key(w, key);
	jsonw_str(w, s);
}

void
jsonw_field_opt(struct jsonw *w, const char *key, struct slice s)
{
	if (s.n > 0)
		jsonw_field_str(w, key, s);
}

void
jsonw_field_int(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	jsonw_int(w, v);
}

void
jsonw_field_bool(struct jsonw *w, const char *key, bool v)
{
	jsonw_key(w, key);
	jsonw_bool(w, v);
}

void
jsonw_field_time(struct jsonw *w, const char *key, usec_t t)
{
	jsonw_key(w, key);
	jsonw_time(w, t);
}
