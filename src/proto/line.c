#include "proto/line.h"

void
line_init(struct line_cutter *lc, size_t max)
{
	lc->max = max;
	lc->skipping = false;
}

/* Where the newline is, or -1; looks at the first `most` bytes. */
static ptrdiff_t
find_newline(struct slice in, size_t most)
{
	return slice_index((struct slice){in.p, in.n < most ? in.n : most},
	    '\n');
}

static struct slice
without_cr(struct slice line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Swallows the rest of a too long line; how many bytes that took. */
static size_t
skip(struct line_cutter *lc, struct slice in)
{
	ptrdiff_t end = find_newline(in, in.n);

	if (end == -1)
		return in.n;
	lc->skipping = false;
	return (size_t)end + 1;
}

static enum line_result
tell_too_long(struct line_cutter *lc, struct slice in, struct slice *line,
    size_t *used)
{
	*line = (struct slice){in.p, lc->max};
	lc->skipping = true;
	*used += skip(lc, in);
	return LINE_TOO_LONG;
}

enum line_result
line_next(struct line_cutter *lc, struct slice in, struct slice *line,
    size_t *used)
{
	ptrdiff_t    end;
	struct slice cut;

	*used = 0;
	if (lc->skipping) {
		*used = skip(lc, in);
		in.p += *used;
		in.n -= *used;
	}
	/* The longest line may have a CR and a newline behind it. */
	end = find_newline(in, lc->max + 2);
	if (end == -1) {
		if (in.n > lc->max + 1 ||
		    (in.n == lc->max + 1 && in.p[lc->max] != '\r'))
			return tell_too_long(lc, in, line, used);
		return LINE_MORE;
	}
	cut = without_cr((struct slice){in.p, (size_t)end});
	if (cut.n > lc->max)
		return tell_too_long(lc, in, line, used);
	*line = cut;
	*used += (size_t)end + 1;
	return LINE_OK;
}

bool
line_last(struct line_cutter *lc, struct slice in, struct slice *line)
{
	if (lc->skipping || in.n == 0)
		return false;
	*line = without_cr(in);
	return true;
}
