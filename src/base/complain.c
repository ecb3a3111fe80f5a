#include "base/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
complain_init(struct complaints *c)
{
	memset(c, 0, sizeof *c);
}

void
complain_clear(struct complaints *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		free(c->list[i].file);
		free(c->list[i].text);
	}
	free(c->list);
	complain_init(c);
}

static void PRINTFLIKE(5, 0) add(struct complaints *c, struct complaint at,
    const char *file, bool warning, const char *fmt, va_list ap)
{
	char text[ERROR_TEXT_MAX];

	*(warning ? &c->warnings : &c->errors) += 1;
	if (c->n == COMPLAIN_MAX)
		return;
	vsnprintf(text, sizeof text, fmt, ap);
	error_make_printable(text);
	at.file = file != NULL ? xstrdup(file) : NULL;
	if (at.file != NULL)
		error_make_printable(at.file);
	at.warning = warning;
	at.text = xstrdup(text);
	c->list = xgrow(c->list, c->n, &c->cap, sizeof *c->list);
	c->list[c->n++] = at;
}

void
complain_error(struct complaints *c, const char *file, unsigned line,
    unsigned col, const char *fmt, ...)
{
	struct complaint at = {.line = line, .col = col};
	va_list		 ap;

	va_start(ap, fmt);
	add(c, at, file, false, fmt, ap);
	va_end(ap);
}

void
complain_warning(struct complaints *c, const char *file, unsigned line,
    unsigned col, const char *fmt, ...)
{
	struct complaint at = {.line = line, .col = col};
	va_list		 ap;

	va_start(ap, fmt);
	add(c, at, file, true, fmt, ap);
	va_end(ap);
}

static int
compare(const struct complaint *a, const struct complaint *b)
{
	int d = strcmp(a->file != NULL ? a->file : "",
	    b->file != NULL ? b->file : "");

	if (d != 0)
		return d;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

/* Stable, and they are COMPLAIN_MAX at the most, mostly in order. */
void
complain_sort(struct complaints *c)
{
	struct complaint one;
	size_t		 i, j;

	for (i = 1; i < c->n; i++) {
		one = c->list[i];
		for (j = i; j > 0 && compare(&one, &c->list[j - 1]) < 0; j--)
			c->list[j] = c->list[j - 1];
		c->list[j] = one;
	}
}

void
complain_format(const struct complaint *c, struct buf *out)
{
	if (c->file != NULL)
		buf_adds(out, c->file);
	if (c->file != NULL && c->line != 0)
		buf_addf(out, ":%u", c->line);
	if (c->file != NULL && c->line != 0 && c->col != 0)
		buf_addf(out, ":%u", c->col);
	if (c->file != NULL)
		buf_adds(out, ": ");
	if (c->warning)
		buf_adds(out, "warning: ");
	buf_adds(out, c->text);
}
