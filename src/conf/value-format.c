/*
 * The way back: what a value looks like in YAML, and what it may be.
 */
#include "conf/value.h"

#include <assert.h>

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/text.h"
#include "conf/conf.h"

/* Would YAML, here or in a list, read it back as it is? */
static bool
is_safe_plain(struct slice s)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789/._-";
	struct yaml_node  n = {.type = YAML_SCALAR, .plain = true, .text = s};

	return s.n > 0 && s.p[0] != '-' && strspn(s.p, safe) == s.n &&
	    !yaml_is_null(&n);
}

static void
format_text(const char *s, struct buf *out)
{
	struct jsonw w;

	if (s == NULL) {
		buf_addc(out, '~');
	} else if (is_safe_plain(slice_of(s))) {
		buf_adds(out, s);
	} else {
		/* A string of JSON is one of YAML. */
		jsonw_init(&w, out);
		jsonw_str(&w, slice_of(s));
	}
}

static void
format_span(usec_t span, struct buf *out)
{
	char text[TIME_TEXT_MAX];

	span_format(span, text);
	buf_adds(out, text);
}

static void
format_size(int64_t bytes, struct buf *out)
{
	char text[SIZE_TEXT_MAX];

	size_format(bytes, text);
	buf_adds(out, text);
}

static void
format_enum(const struct option *o, int v, struct buf *out)
{
	const struct option_word *w = o->words;

	while (w->word != NULL && w->value != v)
		w++;
	assert(w->word != NULL);
	buf_adds(out, w->word);
}

static void
format_words(const struct option *o, unsigned v, struct buf *out)
{
	const struct option_word *w;
	const char		 *sep = "[";

	for (w = o->words; w->word != NULL; w++) {
		if ((v & (unsigned)w->value) == 0)
			continue;
		buf_addf(out, "%s%s", sep, w->word);
		sep = ", ";
	}
	buf_adds(out, *sep == '[' ? "[]" : "]");
}

static void
format_list(const struct conf_list *l, struct buf *out)
{
	unsigned i;

	buf_addc(out, '[');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		format_text(l->item[i], out);
	}
	buf_addc(out, ']');
}

static void
format_cidrs(const struct conf_cidrs *l, struct buf *out)
{
	char	 text[ADDR_TEXT_MAX];
	unsigned i;

	buf_addc(out, '[');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		cidr_format(&l->item[i], text);
		format_text(text, out);
	}
	buf_addc(out, ']');
}

static void
format_spans(const struct conf_spans *l, struct buf *out)
{
	unsigned i;

	buf_addc(out, '[');
	for (i = 0; i < l->n; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		format_span(l->item[i], out);
	}
	buf_addc(out, ']');
}

static void
format_map(const struct conf_map *m, struct buf *out)
{
	unsigned i;

	buf_addc(out, '{');
	for (i = 0; i < m->n; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		format_text(m->item[i].name, out);
		buf_adds(out, ": ");
		format_list(&m->item[i].values, out);
	}
	buf_addc(out, '}');
}

void
value_format(const struct option *o, const void *base, struct buf *out)
{
	const void *f = (const char *)base + o->at;

	switch (o->type) {
	case OPTION_STRING:
	case OPTION_TAG:
	case OPTION_NAME:
	case OPTION_PATH:
	case OPTION_SOCKET:
	case OPTION_LISTEN:
		format_text(*(const char *const *)f, out);
		break;
	case OPTION_INT:
		buf_addint(out, *(const int64_t *)f);
		break;
	case OPTION_SPAN:
		format_span(*(const usec_t *)f, out);
		break;
	case OPTION_SIZE:
		format_size(*(const int64_t *)f, out);
		break;
	case OPTION_SHARE:
		buf_addf(out, "%.9g%%", *(const double *)f * 100);
		break;
	case OPTION_MODE:
		buf_addf(out, "\"%04o\"", (unsigned)*(const mode_t *)f);
		break;
	case OPTION_ENUM:
		format_enum(o, *(const int *)f, out);
		break;
	case OPTION_WORDS:
		format_words(o, *(const unsigned *)f, out);
		break;
	case OPTION_LIST:
		format_list(f, out);
		break;
	case OPTION_CIDRS:
		format_cidrs(f, out);
		break;
	case OPTION_SPANS:
		format_spans(f, out);
		break;
	case OPTION_MAP:
		format_map(f, out);
		break;
	}
}

/* --- what is allowed ---------------------------------------------------- */

static void
describe_words(const struct option *o, struct buf *out)
{
	const struct option_word *w;

	for (w = o->words; w->word != NULL; w++)
		buf_addf(out, "%s%s", w == o->words ? "" : ", ", w->word);
}

static void
describe_span(const struct option *o, struct buf *out)
{
	buf_adds(out, "a duration with its unit, like 10m or 90d, from ");
	format_span(o->lo, out);
	buf_adds(out, " to ");
	format_span(o->hi, out);
}

static void
describe_size(const struct option *o, struct buf *out)
{
	buf_adds(out, "a size with its unit, like 64KiB or 1GiB, from ");
	format_size(o->lo, out);
	buf_adds(out, " to ");
	format_size(o->hi, out);
}

void
value_describe(const struct option *o, struct buf *out)
{
	switch (o->type) {
	case OPTION_STRING:
		buf_addf(out, "a text of at most %d bytes", (int)o->hi);
		break;
	case OPTION_TAG:
		buf_addf(out, "at most %d visible ASCII characters",
		    (int)o->hi);
		break;
	case OPTION_NAME:
		buf_addf(out, "at most %d of a-z and 0-9", (int)o->hi);
		break;
	case OPTION_PATH:
		buf_adds(out, "a path");
		break;
	case OPTION_SOCKET:
		buf_addf(out, "a path of at most %d bytes", (int)o->hi);
		break;
	case OPTION_LISTEN:
		buf_addf(out,
		    "an address with a port, like 127.0.0.1:5010 "
		    "or \"[::1]:5010\", or an absolute path of at most "
		    "%d bytes",
		    (int)o->hi);
		break;
	case OPTION_INT:
		buf_addf(out, "an integer from %lld to %lld", (long long)o->lo,
		    (long long)o->hi);
		break;
	case OPTION_SPAN:
		describe_span(o, out);
		break;
	case OPTION_SIZE:
		describe_size(o, out);
		break;
	case OPTION_SHARE:
		buf_addf(out,
		    "a share with its unit, like 5%%, from %d%% to "
		    "%d%%",
		    (int)o->lo, (int)o->hi);
		break;
	case OPTION_MODE:
		buf_adds(out, "an octal mode of four digits, like \"0660\"");
		break;
	case OPTION_ENUM:
		buf_adds(out, "one of ");
		describe_words(o, out);
		break;
	case OPTION_WORDS:
		buf_adds(out, "a list of ");
		describe_words(o, out);
		break;
	case OPTION_LIST:
		buf_addf(out, "a list of at most %d texts", (int)o->hi);
		break;
	case OPTION_CIDRS:
		buf_addf(out, "a list of at most %d networks, like 10.0.0.0/8",
		    (int)o->hi);
		break;
	case OPTION_SPANS:
		buf_addf(out, "a list of at most %d durations, like 7d or 12h",
		    (int)o->hi);
		break;
	case OPTION_MAP:
		buf_addf(out,
		    "a map of at most %d names, each with a text or a list "
		    "of texts",
		    (int)o->hi);
		break;
	}
}
