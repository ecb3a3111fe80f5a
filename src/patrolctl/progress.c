#include "patrolctl/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "patrolctl/print.h"

#define BAR_WIDTH  30
#define DRAW_EVERY (USEC_SEC / 10)

void
progress_begin(struct progress *p, const char *noun)
{
	*p = (struct progress){.noun = noun, .shown = isatty(STDERR_FILENO)};
}

static usec_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

static void
draw_bar(struct buf *out, uint64_t done, uint64_t total)
{
	unsigned i, full;

	if (done > total)
		done = total;
	full = (unsigned)((long double)done / (long double)total * BAR_WIDTH);
	buf_addc(out, '[');
	for (i = 0; i < BAR_WIDTH; i++)
		buf_addc(out, i < full ? '#' : ' ');
	buf_addf(out, "] %3u %%  ",
	    (unsigned)((long double)done / (long double)total * 100));
}

void
progress_show(struct progress *p, uint64_t done, uint64_t total)
{
	struct buf b;
	usec_t	   t;

	if (!p->shown || (t = now()) < p->next)
		return;
	p->next = t + DRAW_EVERY;
	p->drawn = true;
	buf_init(&b);
	buf_adds(&b, "\r\033[K");
	if (total > 0)
		draw_bar(&b, done, total);
	print_number(&b, (int64_t)done);
	buf_addf(&b, " %s", p->noun);
	fwrite(b.p, 1, b.n, stderr);
	fflush(stderr);
	buf_clear(&b);
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
