/*
 * bench-decode - how many lines a second become uses, on one core.
 *
 *     bench-decode [SECONDS]
 *
 * A mix of 10,000 lines of about 300 bytes and 10 to 13 fields: pulls and
 * pushes, a third with nested objects, one in ten with escapes, one in
 * twenty with a field of the sender's own list.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "use/decode.h"
#include "use/json.h"

#define LINES 10000

static void
add_source(struct buf *b, unsigned i)
{
	bool nested = i % 3 == 0;

	buf_addf(b, "%s198.51.%u.%u\"%s",
	    nested ? "\"source\":{\"ip\":\"" : "\"source.ip\":\"", i % 100,
	    i % 251, nested ? "}" : "");
}

static void
add_line(struct buf *b, unsigned i)
{
	buf_addf(b,
	    "{\"id\":\"%08x-cdc1-43c0-9090-dd5cb6669bd9\","
	    "\"time\":\"2026-11-23T16:%02u:%02u.%06uZ\","
	    "\"token\":\"pat_%012u\",\"account\":\"account%u\","
	    "\"action\":\"%s\",\"outcome\":\"success\","
	    "\"repository\":\"team%u/app\",\"tag\":\"v%u\",",
	    i, i / 60 % 60, i % 60, i, i % 997, i % 97,
	    i % 5 == 0 ? "push" : "pull", i % 31, i % 7);
	add_source(b, i);
	buf_addf(b, ",\"user_agent\":\"%s\",\"bytes\":%u",
	    i % 10 == 0 ? "a \\\"quoted\\\" agent\\u003c1\\u003e" :
			  "docker/24.0.7 go/go1.20.10 kernel/6.1.0 os/linux",
	    i * 37);
	if (i % 2 == 0)
		buf_adds(b,
		    ",\"request\":{\"method\":\"GET\","
		    "\"host\":\"registry.example\"}");
	if (i % 20 == 0)
		buf_adds(b, ",\"groups\":[\"dev\",\"ops\"]");
	buf_adds(b, "}\n");
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Decodes all lines once; how many there were. */
static unsigned
decode_all(struct decoder *d, struct slice all, usec_t now, struct use *u)
{
	const struct slice none = {NULL, 0};
	struct slice	   line;
	struct error	   err;
	unsigned	   n = 0;

	while (slice_cut(&all, '\n', &line) && all.p != NULL) {
		if (decode_use(d, line, none, now, u, &err) != 0) {
			fprintf(stderr, "line %u: %s\n", n + 1, err.text);
			exit(1);
		}
		n++;
	}
	return n;
}

int
main(int argc, char **argv)
{
	static struct use  u;
	struct decode_opts o = {.lateness = USEC_DAY};
	struct decoder	  *d = decoder_new(&o);
	double		   want = argc > 1 ? atof(argv[1]) : 3, start, t;
	struct buf	   b;
	usec_t		   now;
	uint64_t	   n = 0;
	unsigned	   i;

	if (time_parse(SLICE("2026-11-23T18:00:00Z"), &now) == -1)
		return 1;
	buf_init(&b);
	for (i = 0; i < LINES; i++)
		add_line(&b, i);
	buf_reserve(&b, JSON_PADDING);
	start = seconds();
	do
		n += decode_all(d, buf_slice(&b), now, &u);
	while ((t = seconds() - start) < want);
	printf("decode: %.0f lines/s, %zu bytes a line, %.0f MB/s\n",
	    (double)n / t, b.n / LINES,
	    (double)n / t * (double)(b.n / LINES) / 1e6);
	buf_clear(&b);
	decoder_free(&d);
	return 0;
}
