/*
 * bench-correlate - what correlations cost, and what their groups hold.
 *
 *     bench-correlate [GROUPS]
 *
 * 1. Events a second through 300 detections and 50 correlations of all types,
 *    JSON decoding included, beside the decoding alone.
 * 2. Updates a second of one correlation of each type, 100,000 groups at
 *    random: every event feeds it, in order.  The floor is a rule that holds
 *    and feeds nothing.
 * 3. Bytes a live group of event_count and a use in its window, by what the
 *    process has in memory.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "rule/event.h"
#include "tests/bench/bench.h"
#include "use/json.h"

#define EVENTS	     20000
#define DETECTIONS   300
#define CORRELATIONS 50
#define TOKENS	     100000
#define GROUPS	     1000000
#define FULL	     50	 /* uses that make a count hold */
#define PER_GROUP    41	 /* uses a group, at the most */
#define SECONDS	     2.0 /* a figure takes, at the least */
#define START	     (1767225600 * USEC_SEC)

/* ---- rules ---- */

static const char *const types[] = {"event_count", "value_count", "temporal",
    "temporal_ordered", "value_sum", "value_avg", "value_percentile",
    "value_median"};

#define NTYPES (sizeof(types) / sizeof(types[0]))

static void
add_detection(struct buf *b, const char *name, const char *search)
{
	buf_addf(b,
	    "---\ntitle: %s\nname: %s\nlogsource: {product: patrol}\n"
	    "detection: {selection: {%s}, condition: selection}\n",
	    name, name, search);
}

/* Of a type, over one rule, or over two where the type is of several. */
static void
add_correlation(struct buf *b, unsigned n, const char *type, const char *first,
    const char *second)
{
	bool temporal = strncmp(type, "temporal", 8) == 0;

	buf_addf(b,
	    "---\ntitle: C%u\nid: 00000000-0000-4000-8000-%012u\n"
	    "correlation:\n  type: %s\n  rules: [%s%s%s]\n"
	    "  group-by: [token]\n  timespan: 10m\n",
	    n, n, type, first, temporal ? ", " : "", temporal ? second : "");
	if (strcmp(type, "value_count") == 0)
		buf_adds(b, "  condition: {field: source.ip, gte: 10}\n");
	else if (strcmp(type, "event_count") == 0)
		buf_addf(b, "  condition: {gte: %u}\n", FULL);
	else if (!temporal)
		buf_adds(b, "  condition: {field: bytes, gte: 1000000}\n");
}

/*
 * Three in a hundred detections hold at many events, the others at few; a
 * fifth of the correlations look at what is frequent.
 */
static void
add_rules(struct buf *b)
{
	char	 search[160], name[2][16];
	unsigned i;

	for (i = 0; i < DETECTIONS; i++) {
		if (i % 100 < 3)
			snprintf(search, sizeof(search),
			    "action: pull, "
			    "user_agent|contains: 'docker/%u'",
			    20 + i % 100);
		else
			snprintf(search, sizeof(search),
			    "action: [pull, push], "
			    "repository|startswith: 'team%u/', outcome: %s",
			    i, i % 2 == 0 ? "denied" : "success");
		snprintf(name[0], sizeof(name[0]), "d%u", i);
		add_detection(b, name[0], search);
	}
	for (i = 0; i < CORRELATIONS; i++) {
		snprintf(name[0], sizeof(name[0]), "d%u",
		    i % 5 == 0 ? i % 3 : 3 + i * 5);
		snprintf(name[1], sizeof(name[1]), "d%u",
		    i % 5 == 0 ? (i + 1) % 3 : 4 + i * 5);
		add_correlation(b, i, types[i % NTYPES], name[0], name[1]);
	}
}

/* ---- events ---- */

static void
add_event(struct buf *b, unsigned i)
{
	buf_addf(b,
	    "{\"time\":\"2026-01-01T%02u:%02u:%02u.%03u000Z\","
	    "\"token\":\"pat_%012u\",\"account\":\"account%u\","
	    "\"action\":\"%s\",\"outcome\":\"%s\","
	    "\"repository\":\"team%u/app\",\"tag\":\"v%u\","
	    "\"source.ip\":\"198.51.100.%u\",\"bytes\":%u,"
	    "\"user_agent\":\"docker/%u.1.1 go/go1.21.12\"}",
	    i / 3600000 % 24, i / 60000 % 60, i / 1000 % 60, i % 1000,
	    bench_draw(1000), bench_draw(300),
	    bench_draw(10) == 0 ? "push" : "pull",
	    bench_draw(20) == 0 ? "denied" : "success", bench_draw(1000),
	    bench_draw(50), bench_draw(250), bench_draw(100000),
	    20 + bench_draw(10));
}

struct lines {
	struct slice *line; /* owned, with what they point to */
	size_t	      n;
};

static struct lines
make_lines(void)
{
	struct lines l = {.n = EVENTS};
	struct buf   b;
	unsigned     i;
	char	    *copy;

	buf_init(&b);
	l.line = xcalloc(l.n, sizeof(*l.line));
	for (i = 0; i < l.n; i++) {
		b.n = 0;
		add_event(&b, i);
		copy = xcalloc(1, b.n + JSON_PADDING);
		memcpy(copy, b.p, b.n);
		l.line[i] = (struct slice){copy, b.n};
	}
	buf_clear(&b);
	return l;
}

static void
free_lines(struct lines *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free((char *)(uintptr_t)l->line[i].p);
	free(l->line);
}

/* ---- 1: many rules ---- */

/* Events a second, of whole rounds; without rules JSON alone. */
static double
measure_lines(const struct lines *l, struct ruleset *rs, size_t *events)
{
	struct json_reader   *r = json_reader_new(&event_limits);
	const struct verdict *v;
	struct event	      ev;
	struct error	      err;
	double		      start = bench_now();
	usec_t		      t = START;
	double		      took;
	size_t		      i, done = 0;

	event_init(&ev);
	do {
		for (i = 0; i < l->n; i++) {
			if (event_read(&ev, r, l->line[i], &err) != JSON_OK)
				exit(1);
			if (rs != NULL)
				(void)ruleset_match(rs, &ev, t += 1000, &v);
		}
		done += l->n;
		took = bench_now() - start;
	} while (took < SECONDS);
	event_clear(&ev);
	json_reader_free(&r);
	*events = done;
	return (double)done / took;
}

/* What an event came to, on average. */
static void
tell_fed(const struct ruleset *rs, size_t events)
{
	struct rule_stats s;
	uint64_t	  held = 0, fed = 0;
	size_t		  i;

	for (i = 0; i < ruleset_count(rs); i++) {
		ruleset_stats(rs, i, &s);
		if (ruleset_rule(rs, i)->timespan == 0)
			held += s.hits;
		else
			fed += s.candidates;
	}
	printf("  an event               %8.2f detections hold, %.2f "
	       "correlations are fed\n",
	    (double)held / (double)events, (double)fed / (double)events);
}

static void
bench_many(void)
{
	struct ruleset_limits lim = {.keys_per_rule = 1000000};
	struct lines	      l = make_lines();
	struct ruleset	     *rs;
	struct buf	      text;
	double		      floor, with;
	size_t		      done;

	buf_init(&text);
	add_rules(&text);
	rs = bench_load(NULL, 0, buf_slice(&text), &lim);
	floor = measure_lines(&l, NULL, &done);
	with = measure_lines(&l, rs, &done);
	printf("%u detections, %u correlations, events of %zu bytes\n"
	       "  events/s               %8.0f   floor, JSON alone %.0f\n",
	    DETECTIONS, CORRELATIONS, l.line[0].n, with, floor);
	tell_fed(rs, done);
	ruleset_free(&rs);
	free_lines(&l);
	buf_clear(&text);
}

/* ---- 2 and 3: one correlation ---- */

static struct ruleset *
load_one(const char *type, size_t keys)
{
	struct ruleset_limits lim = {.keys_per_rule = keys};
	struct ruleset	     *rs;
	struct buf	      text;

	buf_init(&text);
	add_detection(&text, "one", "action: pull");
	add_detection(&text, "other", "action: push");
	if (type != NULL)
		add_correlation(&text, 1, type, "one", "other");
	rs = bench_load(NULL, 0, buf_slice(&text), &lim);
	buf_clear(&text);
	return rs;
}

static void
make_use(struct use *u, char *name, char *ip)
{
	use_init(u, 0);
	use_set(u, USE_TOKEN, (struct slice){name, 16});
	use_set(u, USE_ACTION, SLICE("pull"));
	use_set(u, USE_SOURCE_IP, slice_of(ip));
	(void)use_set_int(u, USE_BYTES, 1000);
}

static void
name_token(char name[17], unsigned i)
{
	unsigned k;

	memcpy(name, "pat_", 4);
	for (k = 16; k-- > 4; i /= 32)
		name[k] = "abcdefghijklmnopqrstuvwxyz234567"[i % 32];
	name[16] = '\0';
}

/* Nanoseconds an event. */
static double
measure_updates(struct ruleset *rs)
{
	const struct verdict *v;
	struct use	      u;
	char		      name[17], ip[] = "192.0.2.1";
	double		      start;
	usec_t		      t = START;
	size_t		      done = 0, i;

	make_use(&u, name, ip);
	start = bench_now();
	do {
		for (i = 0; i < 100000; i++) {
			name_token(name, bench_draw(TOKENS));
			ip[8] = (char)('1' + bench_draw(9));
			u.time = t += 1000;
			(void)ruleset_judge(rs, &u, &v);
		}
		done += i;
	} while (bench_now() - start < SECONDS);
	return (bench_now() - start) * 1e9 / (double)done;
}

static void
bench_updates(void)
{
	struct ruleset *rs = load_one(NULL, TOKENS);
	double		floor = measure_updates(rs), ns;
	size_t		i;

	ruleset_free(&rs);
	printf("updates/s by type, %u groups (floor: %.0f ns an event that "
	       "feeds nothing)\n",
	    TOKENS, floor);
	for (i = 0; i < NTYPES; i++) {
		rs = load_one(types[i], TOKENS);
		ns = measure_updates(rs);
		printf("  %-22s %8.0f   %.0f ns an event, all of it\n",
		    types[i], 1e9 / ns, ns);
		ruleset_free(&rs);
	}
}

static double
resident(void)
{
	FILE *fp = fopen("/proc/self/statm", "r");
	long  all, pages = 0;

	if (fp == NULL || fscanf(fp, "%ld %ld", &all, &pages) != 2)
		exit(1);
	fclose(fp);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void
feed_groups(struct ruleset *rs, unsigned groups, unsigned each, usec_t *t)
{
	const struct verdict *v;
	struct use	      u;
	char		      name[17], ip[] = "192.0.2.1";
	unsigned	      i, k;

	make_use(&u, name, ip);
	for (k = 0; k < each; k++)
		for (i = 0; i < groups; i++) {
			name_token(name, i);
			u.time = (*t)++;
			(void)ruleset_judge(rs, &u, &v);
		}
}

/* Groups of more and more uses, each figure beside what is aimed at. */
static void
bench_memory(unsigned groups)
{
	static const unsigned uses[] = {1, 2, 5, 10, 20, 40};
	struct ruleset	     *rs = load_one("event_count", groups);
	double		      empty = resident();
	usec_t		      t = START;
	unsigned	      done = 0;
	size_t		      i;

	printf("%u groups of event_count, keys of 16 bytes, no use too old\n",
	    groups);
	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		feed_groups(rs, groups, uses[i] - done, &t);
		done = uses[i];
		printf("  %2u uses a group        %8.1f bytes   aim: 64 + 8 a "
		       "use, %u\n",
		    done, (resident() - empty) / groups, 64 + 8 * done);
	}
	ruleset_free(&rs);
}

int
main(int argc, char **argv)
{
	map_seed();
	/* First: what others freed would be taken for nothing. */
	bench_memory(argc > 1 ? (unsigned)atoi(argv[1]) : GROUPS);
	bench_many();
	bench_updates();
	return 0;
}
