#include "daemon/expose.h"

#include <inttypes.h>

void
expose_init(struct expose *x, struct buf *out)
{
	*x = (struct expose){.out = out};
	buf_init(&x->labels);
}

void
expose_clear(struct expose *x)
{
	buf_clear(&x->labels);
}

static void
family(struct expose *x, const char *name, const char *type, const char *help)
{
	x->name = name;
	buf_addf(x->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    type);
}

void
expose_counter(struct expose *x, const char *name, const char *help)
{
	family(x, name, "counter", help);
}

void
expose_gauge(struct expose *x, const char *name, const char *help)
{
	family(x, name, "gauge", help);
}

void
expose_label(struct expose *x, const char *name, struct slice value)
{
	size_t i;

	buf_addf(&x->labels, "%s%s=\"", x->labels.n > 0 ? "," : "", name);
	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' || value.p[i] == '"')
			buf_addc(&x->labels, '\\');
		if (value.p[i] == '\n')
			buf_adds(&x->labels, "\\n");
		else
			buf_addc(&x->labels, value.p[i]);
	}
	buf_addc(&x->labels, '"');
}

/* All of a sample but its value. */
static void
sample(struct expose *x, const char *suffix)
{
	buf_addf(x->out, "%s%s", x->name, suffix);
	if (x->labels.n > 0) {
		buf_addc(x->out, '{');
		buf_addslice(x->out, buf_slice(&x->labels));
		buf_addc(x->out, '}');
	}
	buf_addc(x->out, ' ');
	x->labels.n = 0;
}

static void
add_seconds(struct buf *out, uint64_t usec)
{
	buf_addf(out, "%" PRIu64 ".%06" PRIu64, usec / USEC_SEC,
	    usec % USEC_SEC);
}

void
expose_int(struct expose *x, uint64_t v)
{
	sample(x, "");
	buf_addf(x->out, "%" PRIu64 "\n", v);
}

void
expose_seconds(struct expose *x, usec_t v)
{
	sample(x, "");
	add_seconds(x->out, v > 0 ? (uint64_t)v : 0);
	buf_addc(x->out, '\n');
}

static void
add_number(struct buf *out, uint64_t v)
{
	buf_addf(out, "%" PRIu64, v);
}

static void
buckets(struct expose *x, const struct histogram *h,
    void (*add)(struct buf *, uint64_t))
{
	unsigned i;

	for (i = 0; i < h->n; i++) {
		buf_adds(&x->labels, "le=\"");
		add(&x->labels, h->bound[i]);
		buf_addc(&x->labels, '"');
		sample(x, "_bucket");
		buf_addf(x->out, "%" PRIu64 "\n", histogram_below(h, i));
	}
	buf_addf(x->out,
	    "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n"
	    "%s_count %" PRIu64 "\n%s_sum ",
	    x->name, h->count, x->name, h->count, x->name);
	add(x->out, h->sum);
	buf_addc(x->out, '\n');
}

void
expose_histogram_seconds(struct expose *x, const char *name, const char *help,
    const struct histogram *h)
{
	family(x, name, "histogram", help);
	buckets(x, h, add_seconds);
}

void
expose_histogram(struct expose *x, const char *name, const char *help,
    const struct histogram *h)
{
	family(x, name, "histogram", help);
	buckets(x, h, add_number);
}
