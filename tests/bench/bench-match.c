/*
 * bench-match - events a second through many rules, JSON decoding included.
 *
 *     bench-match [-e EVENTS] [-P NAME]... [RULES...]
 *
 * RULES: a checkout of SigmaHQ's rules, say; -P gives a placeholder of theirs
 * a value.  Without them: a made-up set of the shape that such sets have.
 * Events are made up as well (a Windows host's, 14 fields each), or one JSON
 * object a line of the file.
 *
 * Each figure stands beside reading the same lines as JSON and nothing more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "rule/event.h"
#include "tests/bench/bench.h"
#include "use/json.h"

#define EVENTS	  20000
#define RULES	  3000
#define PLACES	  64
#define SECONDS	  2.0 /* a figure takes, at the least */
#define LINE_ROOM 2048

/* ---- made-up words ---- */

static const char *const programs[] = {"svchost", "cmd", "powershell", "chrome",
    "explorer", "winword", "rundll32", "regsvr32", "wmic", "certutil",
    "msiexec", "schtasks", "net", "whoami", "mshta", "bitsadmin"};

#define NPROGRAMS (sizeof programs / sizeof programs[0])

/* A word that few events have: three syllables of many. */
static void
add_word(struct buf *b)
{
	static const char *const syllables[] = {"ad", "ba", "cor", "du", "en",
	    "fil", "gra", "hes", "in", "jo", "ka", "lum", "mor", "ne", "os",
	    "pri", "qu", "ra", "set", "tu", "ul", "ver", "wi", "xe", "yt",
	    "zo"};
	unsigned		 i;

	for (i = 0; i < 3; i++)
		buf_adds(b, syllables[bench_draw(26)]);
}

static void
add_values(struct buf *b, unsigned n, const char *before)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		buf_addf(b, "      - '%s", before);
		add_word(b);
		buf_adds(b, "'\n");
	}
}

/*
 * One detection: mostly a program and words of its command line, or an event
 * id and a path, with a filter one time in four (see SigmaHQ's).
 */
static void
add_rule(struct buf *b, unsigned i)
{
	buf_addf(b,
	    "---\ntitle: R%u\nid: 00000000-0000-4000-8000-%012u\n"
	    "logsource: {category: process_creation}\ndetection:\n"
	    "  selection:\n",
	    i, i);
	if (i % 3 != 0) {
		buf_addf(b, "    Image|endswith: '\\%s.exe'\n",
		    programs[bench_draw(NPROGRAMS)]);
		buf_addf(b, "    CommandLine|contains%s:\n",
		    i % 4 == 0 ? "|all" : "");
		add_values(b, 1 + bench_draw(i % 7 == 0 ? 30 : 5), " -");
	} else {
		buf_addf(b, "    EventID: %u\n    TargetObject|contains:\n",
		    1 + bench_draw(15));
		add_values(b, 1 + bench_draw(8), "\\");
	}
	if (i % 4 == 0) {
		buf_adds(b, "  filter:\n    ParentImage|endswith:\n");
		add_values(b, 2, "\\");
		buf_adds(b, "  condition: selection and not filter\n");
	} else
		buf_adds(b, "  condition: selection\n");
}

static void
add_event(struct buf *b, unsigned i)
{
	const char *p = programs[bench_draw(NPROGRAMS)],
		   *q = programs[bench_draw(NPROGRAMS)];

	buf_addf(b,
	    "{\"@timestamp\":\"2026-11-24T10:%02u:%02u.%06uZ\","
	    "\"EventID\":%u,\"Channel\":\"Microsoft-Windows-Sysmon/"
	    "Operational\",\"Computer\":\"WS-%03u.corp.example\","
	    "\"User\":\"CORP\\\\user%u\",\"ProcessId\":%u,",
	    i / 60000 % 60, i / 1000 % 60, i % 1000 * 1000, 1 + bench_draw(15),
	    bench_draw(500), bench_draw(300), bench_draw(60000));
	buf_addf(b,
	    "\"Image\":\"C:\\\\Windows\\\\System32\\\\%s.exe\","
	    "\"ParentImage\":\"C:\\\\Program Files\\\\Tool\\\\%s.exe\","
	    "\"CommandLine\":\"\\\"C:\\\\Windows\\\\System32\\\\%s.exe"
	    "\\\" -%s /c C:\\\\scripts\\\\backup.ps1 -",
	    p, q, p, q);
	add_word(b);
	buf_adds(b,
	    "\",\"CurrentDirectory\":\"C:\\\\Windows\\\\system32\\\\\","
	    "\"IntegrityLevel\":\"Medium\",\"TargetObject\":\"HKLM\\\\"
	    "Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\");
	add_word(b);
	buf_addf(b,
	    "\",\"Hashes\":\"SHA256=%016x%016x%016x%016x\","
	    "\"Company\":\"Microsoft Corporation\"}",
	    bench_draw(UINT32_MAX), bench_draw(UINT32_MAX),
	    bench_draw(UINT32_MAX), bench_draw(UINT32_MAX));
}

/* ---- events ---- */

struct events {
	struct slice *line; /* owned, with what they point to */
	size_t	      n, cap;
	size_t	      bytes;
};

static void
events_add(struct events *e, struct slice s)
{
	char *copy = xcalloc(1, s.n + JSON_PADDING);

	memcpy(copy, s.p, s.n);
	e->line = xgrow(e->line, e->n, &e->cap, sizeof *e->line);
	e->line[e->n++] = (struct slice){copy, s.n};
	e->bytes += s.n;
}

static void
events_make(struct events *e)
{
	struct buf b;
	unsigned   i;

	buf_init(&b);
	for (i = 0; i < EVENTS; i++) {
		b.n = 0;
		add_event(&b, i);
		events_add(e, buf_slice(&b));
	}
	buf_clear(&b);
}

static void
events_read(struct events *e, const char *path)
{
	FILE   *fp = fopen(path, "r");
	char   *line = NULL;
	size_t	room = 0;
	ssize_t n;

	if (fp == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = getline(&line, &room, fp)) > 0)
		events_add(e, (struct slice){line, (size_t)n});
	free(line);
	fclose(fp);
}

static void
events_free(struct events *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		free((char *)(uintptr_t)e->line[i].p);
	free(e->line);
}

/* ---- measuring ---- */

/* Events a second, of whole rounds over all; NULL: JSON alone. */
static double
measure(const struct events *e, size_t max, struct ruleset *rs, uint64_t *hits)
{
	struct json_reader   *r = json_reader_new(&event_limits);
	struct event	      ev;
	const struct verdict *v;
	struct error	      err;
	size_t		      i, n = e->n < max ? e->n : max, done = 0;
	double		      start = bench_now();
	usec_t		      t = 0;

	event_init(&ev);
	*hits = 0;
	do {
		for (i = 0; i < n; i++) {
			if (event_read(&ev, r, e->line[i], &err) != JSON_OK)
				continue;
			if (rs != NULL)
				*hits += ruleset_match(rs, &ev, ++t, &v);
		}
		done += n;
	} while (bench_now() - start < SECONDS);
	event_clear(&ev);
	json_reader_free(&r);
	*hits = *hits * 1000 / done;
	return (double)done / (bench_now() - start);
}

static struct ruleset *
load(const char *const *paths, size_t n, struct slice text, bool no_index,
    const struct rule_placeholder *p, size_t np)
{
	struct ruleset_limits lim = {.keys_per_rule = 1000000,
	    .lateness = USEC_DAY,
	    .no_index = no_index,
	    .placeholders = p,
	    .nplaceholders = np};

	return bench_load(paths, n, text, &lim);
}

/* Rules asked about an event, on average and at the 95th percentile. */
static void
tell_candidates(const struct events *e, struct ruleset *rs)
{
	struct json_reader   *r = json_reader_new(&event_limits);
	size_t		      n = e->n < 5000 ? e->n : 5000, i, j;
	unsigned	     *asked = xcalloc(n, sizeof *asked), k, swap;
	uint64_t	      before = 0, after, sum = 0;
	const struct verdict *v;
	struct rule_stats     s;
	struct event	      ev;
	struct error	      err;

	event_init(&ev);
	for (i = 0; i <= n; i++) {
		for (after = 0, j = 0; j < ruleset_count(rs); j++) {
			ruleset_stats(rs, j, &s);
			after += s.candidates;
		}
		if (i > 0)
			asked[i - 1] = (unsigned)(after - before);
		before = after;
		if (i < n && event_read(&ev, r, e->line[i], &err) == JSON_OK)
			(void)ruleset_match(rs, &ev, (usec_t)i, &v);
	}
	for (i = 0; i < n; i++) {
		sum += asked[i];
		for (j = i; j > 0 && asked[j - 1] > asked[j]; j--) {
			swap = asked[j];
			asked[j] = asked[j - 1];
			asked[j - 1] = swap;
		}
	}
	k = asked[n * 95 / 100];
	printf("  rules asked an event   %8.1f (%.2f %%), 95th percentile %u "
	       "(%.2f %%)\n",
	    (double)sum / (double)n,
	    (double)sum * 100 / (double)n / (double)ruleset_count(rs), k,
	    k * 100.0 / (double)ruleset_count(rs));
	event_clear(&ev);
	json_reader_free(&r);
	free(asked);
}

static void
bench_many(const struct events *e, const char *const *paths, size_t n,
    const struct rule_placeholder *p, size_t np)
{
	struct buf	text;
	struct ruleset *rs;
	double		start, floor, with, without;
	uint64_t	hits, none;
	unsigned	i;

	buf_init(&text);
	for (i = 0; n == 0 && i < RULES; i++)
		add_rule(&text, i);
	start = bench_now();
	rs = load(paths, n, buf_slice(&text), false, p, np);
	printf("%zu rules, loaded in %.2f s; events of %zu bytes\n",
	    ruleset_count(rs), bench_now() - start, e->bytes / e->n);
	floor = measure(e, e->n, NULL, &none);
	with = measure(e, e->n, rs, &hits);
	printf("  events/s               %8.0f   floor, JSON alone %.0f\n",
	    with, floor);
	printf("  rules that held        %8.2f an event\n",
	    (double)hits / 1000);
	tell_candidates(e, rs);
	ruleset_free(&rs);
	rs = load(paths, n, buf_slice(&text), true, p, np);
	without = measure(e, 200, rs, &hits);
	printf("  all rules asked        %8.0f events/s: the index makes it "
	       "%.0f times as fast\n",
	    without, with / without);
	ruleset_free(&rs);
	buf_clear(&text);
}

int
main(int argc, char **argv)
{
	static const char *const values[] = {"10.0.0.1"};
	struct rule_placeholder	 p[PLACES];
	struct events		 e = {0};
	size_t			 np = 0;
	int			 c;

	map_seed();
	while ((c = getopt(argc, argv, "e:P:")) != -1) {
		if (c == 'e')
			events_read(&e, optarg);
		else if (c == 'P' && np < PLACES)
			p[np++] = (struct rule_placeholder){optarg, values, 1};
		else
			return 64;
	}
	if (e.n == 0)
		events_make(&e);
	bench_many(&e, (const char *const *)argv + optind,
	    (size_t)(argc - optind), p, np);
	events_free(&e);
	return 0;
}
