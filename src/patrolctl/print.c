#include "patrolctl/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "patrolctl/glyph.h"

#define JUST_NOW (2 * USEC_SEC)

/* The larger unit of span_words: "2 h 10 min" becomes "2 h". */
static void
add_span(struct buf *out, usec_t span)
{
	char  text[TIME_TEXT_MAX];
	char *cut;

	(void)span_words(span, text);
	cut = strchr(text, ' ');
	if (cut != NULL && (cut = strchr(cut + 1, ' ')) != NULL)
		*cut = '\0';
	buf_adds(out, text);
}

/* To the nearest unit: what was made to last 90 d has 90 d to go, though a
 * second of them is over. */
static usec_t
rounded(usec_t span)
{
	static const usec_t units[] = {USEC_DAY, USEC_HOUR, USEC_MIN, USEC_SEC};
	size_t		    i;

	for (i = 0; i < 3 && span < units[i]; i++)
		;
	return span + units[i] / 2;
}

void
print_when(struct buf *out, usec_t t, usec_t now)
{
	/* Times are of years 1 to 9999: the difference fits. */
	usec_t ago = now - t;

	if (t == 0) {
		buf_adds(out, "never");
	} else if (ago > -JUST_NOW && ago < JUST_NOW) {
		buf_adds(out, "just now");
	} else if (ago > 0) {
		add_span(out, ago);
		buf_adds(out, " ago");
	} else {
		buf_adds(out, "in ");
		add_span(out, rounded(-ago));
	}
}

void
print_exactly(struct buf *out, usec_t t, usec_t now)
{
	char text[TIME_TEXT_MAX];

	if (t != 0) {
		(void)time_format(t, text);
		buf_addf(out, "%s (", text);
	}
	print_when(out, t, now);
	if (t != 0)
		buf_addc(out, ')');
}

void
print_number(struct buf *out, int64_t n)
{
	char digits[24];
	int  i, len = snprintf(digits, sizeof digits, "%" PRId64, n);

	for (i = 0; i < len; i++) {
		buf_addc(out, digits[i]);
		if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0)
			buf_addc(out, ',');
	}
}

void
print_count(struct buf *out, int64_t n, const char *noun)
{
	buf_addf(out, "%" PRId64 " %s%s", n, noun, n == 1 ? "" : "s");
}

void
print_line(struct buf *out, struct slice text)
{
	glyph_escape(out, text);
	buf_addc(out, '\n');
}

/* --- cards ----------------------------------------------------------- */

static void
card_key(struct card *c, struct slice key)
{
	struct buf b;
	size_t	   w;

	buf_init(&b);
	glyph_escape(&b, key);
	buf_addc(&b, ':');
	w = glyph_width(buf_slice(&b));
	style_add(c->out, buf_slice(&b), STYLE_DIM, c->color);
	do
		buf_addc(c->out, ' ');
	while (++w < c->width);
	buf_clear(&b);
}

static void
card_line(struct card *c, struct slice key, struct slice text, enum style style)
{
	struct buf b;

	card_key(c, key);
	buf_init(&b);
	glyph_escape(&b, text);
	style_add(c->out, buf_slice(&b), style, c->color);
	buf_addc(c->out, '\n');
	buf_clear(&b);
}

void
card_text(struct card *c, const char *key, struct slice text, enum style style)
{
	if (text.n > 0)
		card_line(c, slice_of(key), text, style);
}

void
card_int(struct card *c, const char *key, int64_t v)
{
	card_key(c, slice_of(key));
	buf_addint(c->out, v);
	buf_addc(c->out, '\n');
}

void
card_time(struct card *c, const char *key, usec_t t)
{
	card_key(c, slice_of(key));
	print_exactly(c->out, t, c->now);
	buf_addc(c->out, '\n');
}

void
card_field(struct card *c, const char *key, const struct fields *f,
    const char *field)
{
	card_text(c, key, answer_text(f, field), STYLE_PLAIN);
}

void
card_rest(struct card *c, const struct fields *f)
{
	const struct json_field *j;
	struct slice		 key;
	size_t			 at = 0;
	usec_t			 t;

	while (answer_next(f, &at, &key, &j)) {
		if (j->type == JSON_STRING && time_parse(j->value, &t) == 0) {
			card_key(c, key);
			print_exactly(c->out, t, c->now);
			buf_addc(c->out, '\n');
		} else if (j->type == JSON_NULL || j->type == JSON_EMPTY)
			card_line(c, key, SLICE("-"), STYLE_DIM);
		else
			card_line(c, key, j->value, STYLE_PLAIN);
	}
}
