#include "alert/format.h"

#include "base/jsonw.h"
#include "use/level.h"

#define KV_VALUE_MAX 256 /* bytes of one value, so that all keys have room */

const char *
alert_verdict_name(uint8_t verdict)
{
	return verdict == 't' ? "true" : verdict == 'f' ? "false" : "expected";
}

static void
format_uses(struct jsonw *w, const struct alert_row *r)
{
	unsigned i;

	jsonw_key(w, "uses");
	jsonw_array(w);
	for (i = 0; i < r->nuses; i++)
		jsonw_int(w, r->uses[i]);
	jsonw_end(w);
}

static void
format_fields(struct jsonw *w, const struct alert_row *r)
{
	jsonw_field_str(w, "id", slice_of(r->id));
	jsonw_field_str(w, "level", slice_of(rule_level_name(r->level)));
	jsonw_field_str(w, "title", r->title);
	jsonw_field_str(w, "rule", r->rule);
	jsonw_field_str(w, "mode", slice_of(rule_mode_name(r->mode)));
	jsonw_field_bool(w, "simulated", r->mode == RULE_SIMULATE);
	jsonw_field_str(w, "state", slice_of(alert_state_name(r->state)));
	if (r->state == ALERT_CLOSED)
		jsonw_field_str(w, "verdict",
		    slice_of(alert_verdict_name(r->verdict)));
	jsonw_key(w, "key");
	jsonw_stored(w, r->key);
	jsonw_field_str(w, "token", r->token);
	jsonw_field_str(w, "account", r->account);
	jsonw_field_int(w, "count", (int64_t)r->count);
	jsonw_field_time(w, "first", r->first);
	jsonw_field_time(w, "last", r->last);
	jsonw_field_time(w, "raised", r->raised);
	jsonw_field_str(w, "done", r->done);
	jsonw_field_bool(w, "undone", r->undone);
	jsonw_key(w, "summary");
	if (r->summary.p != NULL)
		jsonw_stored(w, r->summary);
	else
		jsonw_null(w);
	format_uses(w, r);
}

void
alert_format_short(struct jsonw *w, const struct alert_row *r)
{
	jsonw_field_str(w, "id", slice_of(r->id));
	jsonw_field_str(w, "level", slice_of(rule_level_name(r->level)));
	jsonw_field_str(w, "title", r->title);
	jsonw_field_bool(w, "simulated", r->mode == RULE_SIMULATE);
	jsonw_field_str(w, "state", slice_of(alert_state_name(r->state)));
	jsonw_field_int(w, "count", (int64_t)r->count);
	jsonw_field_time(w, "first", r->first);
	jsonw_field_time(w, "last", r->last);
	jsonw_field_str(w, "done", r->done);
}

void
alert_format_json(const struct alert_row *r, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	format_fields(&w, r);
	jsonw_end(&w);
}

void
alert_format_full(const struct alert_row *r, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	format_fields(&w, r);
	jsonw_key(&w, "why");
	if (r->why.p != NULL)
		jsonw_stored(&w, r->why);
	else
		jsonw_null(&w);
	jsonw_end(&w);
}

static bool
is_bare(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"' ||
		    s.p[i] == '\\' || s.p[i] == '=')
			return false;
	return s.n > 0 && s.n <= KV_VALUE_MAX;
}

/* A key that would end early, or begin another, is escaped as its value is. */
static void
add_key(struct slice key, struct buf *out)
{
	struct slice part;
	size_t	     n;

	for (; key.n > 0; key.p += n, key.n -= n) {
		for (n = 0; n < key.n && key.p[n] != ' ' && key.p[n] != '=';
		     n++)
			;
		part = (struct slice){key.p, n};
		buf_addescaped(out, part, KV_VALUE_MAX);
		if (n < key.n)
			buf_addf(out, "\\x%02x", (unsigned)key.p[n++]);
	}
}

void
alert_format_kv(const struct json_field *fields, size_t n, struct buf *out)
{
	size_t i, mark, start = out->n;

	buf_adds(out,
	    n > 0 && slice_is(fields[0].key, "notice") ? "notice" : "alert");
	for (i = 0; i < n; i++) {
		if (fields[i].member || fields[i].type == JSON_NULL ||
		    fields[i].type == JSON_EMPTY)
			continue;
		mark = out->n;
		buf_addc(out, ' ');
		add_key(fields[i].key, out);
		buf_addc(out, '=');
		if (is_bare(fields[i].value)) {
			buf_addslice(out, fields[i].value);
		} else {
			buf_addc(out, '"');
			buf_addescaped(out, fields[i].value, KV_VALUE_MAX);
			buf_addc(out, '"');
		}
		if (out->n - start > ALERT_LINE_MAX) {
			out->n = mark;
			return;
		}
	}
}
