#include "conf/value.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "conf/conf.h"

#define VALUE_SHOWN  60 /* bytes of a wrong value in a fault */
#define SHARE_DIGITS 9

/* The field of an option in the struct that its offset counts from. */
static void *
field_of(const struct option *o, void *base)
{
	return (char *)base + o->at;
}

/* --- faults ------------------------------------------------------------ */

/* "PATH: 'VALUE' is wrong so; allowed: what is." */
static void
fault_value(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, const char *why)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s: ", o->path);
	if (n->type == YAML_SCALAR && !yaml_is_null(n)) {
		buf_addc(&b, '\'');
		buf_addescaped(&b, n->text, VALUE_SHOWN);
		buf_adds(&b, "' ");
	}
	buf_addf(&b, "%s; allowed: ", why);
	value_describe(o, &b);
	complain_error(ctx->c, ctx->file, n->line, n->col, "%s", buf_str(&b));
	buf_clear(&b);
}

/* --- texts ------------------------------------------------------------- */

static bool
has_byte(struct slice s, bool (*is_it)(unsigned char))
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (is_it((unsigned char)s.p[i]))
			return true;
	}
	return false;
}

static bool
is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

static bool
is_not_visible(unsigned char c)
{
	return c <= ' ' || c >= 0x7f;
}

static bool
is_not_name(unsigned char c)
{
	return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9');
}

int
value_parse_listen(struct slice s, struct addr *a, uint16_t *port)
{
	struct slice host, number;
	ptrdiff_t    colon;
	int64_t	     v;

	if (slice_starts(s, SLICE("/")))
		return 1;
	colon = slice_rindex(s, ':');
	if (colon == -1)
		return -1;
	host = (struct slice){s.p, (size_t)colon};
	number = (struct slice){s.p + colon + 1, s.n - (size_t)colon - 1};
	if (slice_starts(host, SLICE("[")) && slice_ends(host, SLICE("]")))
		host = (struct slice){host.p + 1, host.n - 2};
	else if (slice_index(host, ':') != -1)
		return -1; /* ::1:80 could be two things */
	if (slice_int(number, 1, UINT16_MAX, &v) == -1 ||
	    addr_parse(host, a) == -1)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

/* Why a text is wrong for an option, or NULL. */
static const char *
text_fault(const struct option *o, struct slice s)
{
	struct addr a;
	uint16_t    port;

	if (has_byte(s, is_control))
		return "has control characters";
	if (o->type == OPTION_TAG && has_byte(s, is_not_visible))
		return "has blanks or characters beyond ASCII";
	if (o->type == OPTION_NAME && has_byte(s, is_not_name))
		return "has other characters than a-z and 0-9";
	if (o->type != OPTION_LIST && s.n < (size_t)o->lo)
		return "is empty";
	if (o->type != OPTION_LIST && s.n > (size_t)o->hi)
		return "is too long";
	if (o->type == OPTION_LISTEN && value_parse_listen(s, &a, &port) == -1)
		return "is not an address with a port";
	return NULL;
}

static void
parse_text(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, const char **field)
{
	const char *why = text_fault(o, n->text);

	if (why != NULL)
		fault_value(ctx, o, n, why);
	else
		*field = arena_slice(ctx->arena, n->text).p;
}

/* --- numbers ----------------------------------------------------------- */

static void
parse_int(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, int64_t *field)
{
	int64_t v;

	/* What does not fit 64 bits is out of range, not "no integer". */
	if (slice_int(n->text, o->lo, o->hi, &v) == 0 && n->plain)
		*field = v;
	else if (yaml_is_number(n) && slice_index(n->text, '.') == -1 &&
	    slice_index(n->text, 'e') == -1 && slice_index(n->text, 'E') == -1)
		fault_value(ctx, o, n, "is out of range");
	else
		fault_value(ctx, o, n, "is not an integer");
}

static bool
is_digits(struct slice s)
{
	return s.n > 0 && strspn(s.p, "0123456789") == s.n;
}

static void
parse_span(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, usec_t *field)
{
	usec_t v;

	if (is_digits(n->text) && !slice_is(n->text, "0"))
		fault_value(ctx, o, n, "has no unit");
	else if (span_parse(n->text, &v, NULL) == -1)
		fault_value(ctx, o, n, "is not a duration");
	else if (v < o->lo || v > o->hi)
		fault_value(ctx, o, n, "is out of range");
	else
		*field = v;
}

static void
parse_size(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, int64_t *field)
{
	int64_t v;

	if (is_digits(n->text) && !slice_is(n->text, "0"))
		fault_value(ctx, o, n, "has no unit");
	else if (size_parse(n->text, &v) == -1)
		fault_value(ctx, o, n, "is not a size");
	else if (v < o->lo || v > o->hi)
		fault_value(ctx, o, n, "is out of range");
	else
		*field = v;
}

/* Digits, with a point and more of them or not. */
static bool
is_decimal(struct slice s)
{
	struct slice part;

	if (s.n > SHARE_DIGITS || !slice_cut(&s, '.', &part) || part.n == 0 ||
	    strspn(part.p, "0123456789") < part.n)
		return false;
	return s.p == NULL || (s.n > 0 && strspn(s.p, "0123456789") >= s.n);
}

static void
parse_share(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, double *field)
{
	struct slice s = n->text;
	double	     v;

	if (is_decimal(s) && !slice_is(s, "0")) {
		fault_value(ctx, o, n, "has no unit");
		return;
	}
	if (slice_ends(s, SLICE("%")))
		s.n--;
	if (!is_decimal(s)) {
		fault_value(ctx, o, n, "is not a share");
		return;
	}
	v = strtod(s.p, NULL); /* stops at the % */
	if (v < (double)o->lo || v > (double)o->hi)
		fault_value(ctx, o, n, "is out of range");
	else
		*field = v / 100;
}

static void
parse_mode(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, mode_t *field)
{
	struct slice s = n->text;

	if (s.n != 4 || s.p[0] != '0' || strspn(s.p, "01234567") != s.n)
		fault_value(ctx, o, n, "is not a mode");
	else
		*field = (mode_t)strtoul(s.p, NULL, 8);
}

/* --- words ------------------------------------------------------------- */

static const struct option_word *
find_word(const struct option *o, struct slice s)
{
	const struct option_word *w;

	for (w = o->words; w->word != NULL; w++) {
		if (slice_is(s, w->word))
			return w;
	}
	return NULL;
}

static void
parse_enum(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, int *field)
{
	const struct option_word *w = find_word(o, n->text);

	if (w == NULL)
		fault_value(ctx, o, n, "is unknown");
	else
		*field = w->value;
}

/* --- lists ------------------------------------------------------------- */

/* Is it a list of the right length?  Complains if not. */
static bool
is_list_of(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n)
{
	if (n->type != YAML_LIST)
		fault_value(ctx, o, n, "is not a list");
	else if (n->nchild < (size_t)o->lo)
		fault_value(ctx, o, n, "the list is empty");
	else if (n->nchild > (size_t)o->hi)
		fault_value(ctx, o, n, "the list is too long");
	else
		return true;
	return false;
}

static void
parse_words(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, unsigned *field)
{
	const struct option_word *w;
	const struct yaml_node	 *e;
	unsigned		  all = 0;

	for (e = n->child; e != NULL; e = e->next) {
		w = e->type == YAML_SCALAR ? find_word(o, e->text) : NULL;
		if (w == NULL)
			fault_value(ctx, o, e, "is unknown");
		else
			all |= (unsigned)w->value;
	}
	*field = all;
}

static void
parse_list(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, struct conf_list *field)
{
	const struct yaml_node *e;
	const char	       *why;
	struct conf_list	l = {NULL, 0};

	l.item = arena_alloc(ctx->arena, (n->nchild + 1) * sizeof *l.item);
	for (e = n->child; e != NULL; e = e->next) {
		if (e->type != YAML_SCALAR || e->text.n == 0 || yaml_is_null(e))
			why = "is not a text";
		else
			why = text_fault(o, e->text);
		if (why != NULL)
			fault_value(ctx, o, e, why);
		else
			l.item[l.n++] = arena_slice(ctx->arena, e->text).p;
	}
	*field = l;
}

static void
parse_cidrs(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, struct conf_cidrs *field)
{
	const struct yaml_node *e;
	struct conf_cidrs	l = {NULL, 0};
	struct error		err;

	l.item = arena_alloc(ctx->arena, (n->nchild + 1) * sizeof *l.item);
	for (e = n->child; e != NULL; e = e->next) {
		if (e->type != YAML_SCALAR)
			fault_value(ctx, o, e, "is not a network");
		else if (cidr_parse(e->text, &l.item[l.n], &err) == -1)
			complain_error(ctx->c, ctx->file, e->line, e->col,
			    "%s: %s", o->path, err.text);
		else
			l.n++;
	}
	*field = l;
}

static void
parse_spans(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, struct conf_spans *field)
{
	const struct option	entry = {.path = o->path,
		.type = OPTION_SPAN,
		.lo = 1,
		.hi = CONF_SPAN_MAX};
	const struct yaml_node *e;
	struct conf_spans	l = {NULL, 0};

	l.item = arena_alloc(ctx->arena, (n->nchild + 1) * sizeof *l.item);
	for (e = n->child; e != NULL; e = e->next) {
		l.item[l.n] = 0;
		if (e->type != YAML_SCALAR)
			fault_value(ctx, o, e, "is not a duration");
		else
			parse_span(ctx, &entry, e, &l.item[l.n]);
		l.n += l.item[l.n] != 0;
	}
	*field = l;
}

static bool
is_text(const struct yaml_node *n)
{
	return n->type == YAML_SCALAR && !yaml_is_null(n);
}

/* One text, or a list of them. */
static void
parse_texts(const struct value_ctx *ctx, const char *name,
    const struct yaml_node *n, struct conf_list *out)
{
	const struct yaml_node *e = n->type == YAML_LIST ? n->child : n;

	if (n->nchild > CONF_VALUES_MAX) {
		complain_error(ctx->c, ctx->file, n->line, n->col,
		    "%s: more than %d values", name, CONF_VALUES_MAX);
		return;
	}
	out->item =
	    arena_alloc(ctx->arena, (n->nchild + 1) * sizeof *out->item);
	for (; e != NULL; e = n->type == YAML_LIST ? e->next : NULL) {
		if (is_text(e))
			out->item[out->n++] =
			    arena_slice(ctx->arena, e->text).p;
		else
			complain_error(ctx->c, ctx->file, e->line, e->col,
			    "%s: a name stands for a text, or a list of them",
			    name);
	}
}

void
value_parse_map(const struct value_ctx *ctx, const char *name, int64_t max,
    const struct yaml_node *n, struct conf_map *out)
{
	const struct yaml_node *e;
	struct conf_map		m = {NULL, 0};

	if ((int64_t)n->nchild > max) {
		complain_error(ctx->c, ctx->file, n->line, n->col,
		    "%s: more than %lld names", name, (long long)max);
		return;
	}
	m.item = arena_zalloc(ctx->arena, (n->nchild + 1) * sizeof *m.item);
	for (e = n->child; e != NULL; e = e->next) {
		m.item[m.n].name = arena_slice(ctx->arena, e->key->text).p;
		parse_texts(ctx, name, e, &m.item[m.n++].values);
	}
	*out = m;
}

/* --- any --------------------------------------------------------------- */

static bool
is_list(const struct option *o)
{
	return o->type == OPTION_WORDS || o->type == OPTION_LIST ||
	    o->type == OPTION_CIDRS || o->type == OPTION_SPANS;
}

/* A node of the right kind, into its field. */
static void
parse_kind(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, void *field)
{
	switch (o->type) {
	case OPTION_STRING:
	case OPTION_TAG:
	case OPTION_NAME:
	case OPTION_PATH:
	case OPTION_SOCKET:
	case OPTION_LISTEN:
		parse_text(ctx, o, n, field);
		break;
	case OPTION_INT:
		parse_int(ctx, o, n, field);
		break;
	case OPTION_SPAN:
		parse_span(ctx, o, n, field);
		break;
	case OPTION_SIZE:
		parse_size(ctx, o, n, field);
		break;
	case OPTION_SHARE:
		parse_share(ctx, o, n, field);
		break;
	case OPTION_MODE:
		parse_mode(ctx, o, n, field);
		break;
	case OPTION_ENUM:
		parse_enum(ctx, o, n, field);
		break;
	case OPTION_WORDS:
		parse_words(ctx, o, n, field);
		break;
	case OPTION_LIST:
		parse_list(ctx, o, n, field);
		break;
	case OPTION_CIDRS:
		parse_cidrs(ctx, o, n, field);
		break;
	case OPTION_SPANS:
		parse_spans(ctx, o, n, field);
		break;
	case OPTION_MAP:
		value_parse_map(ctx, o->path, o->hi, n, field);
		break;
	}
}

void
value_parse(const struct value_ctx *ctx, const struct option *o,
    const struct yaml_node *n, void *base)
{
	if (yaml_is_null(n)) {
		/* Written, but none: fine where none is the default. */
		if (o->preset != NULL || (o->flags & OPTION_REQUIRED))
			fault_value(ctx, o, n, "has no value");
	} else if (o->type == OPTION_MAP) {
		if (n->type == YAML_MAP)
			parse_kind(ctx, o, n, field_of(o, base));
		else
			fault_value(ctx, o, n, "is not a map");
	} else if (is_list(o)) {
		if (is_list_of(ctx, o, n))
			parse_kind(ctx, o, n, field_of(o, base));
	} else if (n->type != YAML_SCALAR) {
		fault_value(ctx, o, n, "wants one value");
	} else {
		parse_kind(ctx, o, n, field_of(o, base));
	}
}

void
value_set_default(struct arena *arena, const struct option *o, void *base)
{
	struct complaints c;
	struct value_ctx  ctx = {arena, "default", &c};
	struct yaml_doc	 *d;

	if (o->preset == NULL)
		return;
	complain_init(&c);
	d = yaml_parse(arena, ctx.file, slice_of(o->preset), &c);
	assert(d != NULL && d->root != NULL);
	value_parse(&ctx, o, d->root, base);
	assert(c.n == 0); /* test-options loads every one of them */
	complain_clear(&c);
}

void
value_set_off(const struct option *o, void *base)
{
	if (o->type == OPTION_ENUM)
		*(int *)field_of(o, base) = find_word(o, SLICE("off"))->value;
	else
		*(const char **)field_of(o, base) = NULL;
}
