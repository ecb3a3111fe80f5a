#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "patrolctl/ctl.h"
#include "patrolctl/hits.h"
#include "patrolctl/placeholders.h"
#include "patrolctl/reorder.h"
#include "proto/line.h"
#include "rule/event.h"
#include "rule/ruleset.h"

#define READ_BYTES (256 * 1024)
#define TELL_BYTES (64 * 1024)
/* A file is judged exactly: no group gives way while memory lasts. */
#define GROUPS_MAX ((size_t)1 << 40)

struct matching {
	struct ctl	   *ctl;
	struct ruleset	   *rules;
	struct hits	   *hits; /* owned */
	struct json_reader *reader;
	struct event	    event;
	const char	   *file;	/* "-": standard input */
	const char	   *time_field; /* NULL: the usual ones */
	struct reorder	   *reorder;
	usec_t		    last;	 /* time of the event before */
	uint64_t	    line, index; /* of the next */
	uint64_t	    timed;	 /* events that have one */
	bool		    faulty;	 /* a line was none */
	bool		    broken;	 /* hits fail: *err says why */
	struct error	    err;
};

static void
refuse_line(struct matching *m, struct slice line, const char *why)
{
	ctl_complain_json(m->file, line, m->line - 1, why);
	m->faulty = true;
}

/* An event in its turn. */
static void
match_event(usec_t t, uint64_t index, struct slice text, void *arg)
{
	struct matching	     *m = arg;
	const struct verdict *v;
	struct error	      err;
	size_t		      i, n;

	/* It was read before: this does not fail. */
	if (m->broken ||
	    event_read(&m->event, m->reader, text, &err) != JSON_OK)
		return;
	n = ruleset_match(m->rules, &m->event, t, &v);
	for (i = 0; i < n && !m->broken; i++)
		m->broken =
		    hits_add(m->hits, v[i].rule->index, index, &m->err) == -1;
}

/* A line that is no event keeps its number; an empty one has none. */
static int
take_line(struct matching *m, struct slice line, bool too_long)
{
	struct error err;
	uint64_t     index;

	m->line++;
	if (slice_trim(line).n == 0)
		return 0;
	index = m->index++;
	if (too_long) {
		refuse_line(m, SLICE(""), "too long");
		return 0;
	}
	if (event_read(&m->event, m->reader, line, &err) != JSON_OK) {
		refuse_line(m, line, err.text);
		return 0;
	}
	m->timed += event_time(&m->event, m->time_field, &m->last);
	if (reorder_add(m->reorder, m->last, index, line, &err) == -1) {
		ctl_complain(slice_of(err.text));
		return -1;
	}
	return m->broken ? -1 : 0;
}

static int
take_lines(struct matching *m, struct line_cutter *cutter, struct buf *in)
{
	struct slice	 rest = buf_slice(in), line;
	enum line_result r;
	size_t		 used;

	while ((r = line_next(cutter, rest, &line, &used)) != LINE_MORE) {
		if (take_line(m, line, r == LINE_TOO_LONG) == -1)
			return -1;
		rest.p += used;
		rest.n -= used;
	}
	rest.p += used;
	rest.n -= used;
	memmove(in->p, rest.p, rest.n);
	in->n = rest.n;
	return 0;
}

static int
read_lines(struct matching *m, int fd, struct buf *in)
{
	struct line_cutter cutter;
	struct slice	   line;
	ssize_t		   n;

	line_init(&cutter, EVENT_LINE_MAX);
	while ((n = read(fd, buf_reserve(in, READ_BYTES), READ_BYTES)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			ctl_complain_file(m->file, strerror(errno));
			return -1;
		}
		in->n += (size_t)n;
		if (take_lines(m, &cutter, in) == -1)
			return -1;
	}
	return line_last(&cutter, buf_slice(in), &line) ?
	    take_line(m, line, false) :
	    0;
}

static int
match_all(struct matching *m, int fd)
{
	struct error err;
	struct buf   in;
	int	     r;

	buf_init(&in);
	r = read_lines(m, fd, &in);
	buf_clear(&in);
	if (r == 0 && (r = reorder_end(m->reorder, &err)) == -1)
		ctl_complain(slice_of(err.text));
	if (m->broken)
		ctl_complain(slice_of(m->err.text));
	return m->broken ? -1 : r;
}

/* All events happened at once then, which is seldom meant. */
static void
warn_of_no_time(const struct matching *m)
{
	struct buf b;

	if (m->index == 0 || m->timed > 0 ||
	    (m->time_field == NULL && ruleset_reach(m->rules) == 0))
		return;
	buf_init(&b);
	buf_adds(&b, "no event has a time in ");
	if (m->time_field != NULL)
		buf_addf(&b, "'%s'", m->time_field);
	else
		buf_adds(&b,
		    "'time', 'timestamp' or '@timestamp', and no "
		    "other field was named by --time-field");
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

/* --- what came of it --------------------------------------------------- */

static int
compare_ids(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;

	return slice_cmp(slice_of((*x)->id), slice_of((*y)->id));
}

struct telling {
	struct ctl *ctl;
	const char *separator;
};

static void
tell_index(uint64_t index, void *arg)
{
	struct telling *t = arg;

	buf_adds(&t->ctl->out, t->separator);
	buf_addint(&t->ctl->out, (int64_t)index);
	t->separator = ",";
	if (t->ctl->out.n > TELL_BYTES)
		ctl_flush(t->ctl);
}

static int
tell_rule(struct matching *m, const struct rule *r, struct error *err)
{
	struct telling t = {m->ctl, ""};
	struct buf    *out = &m->ctl->out;
	int	       result = 0;

	buf_adds(out, r->id);
	if (!m->ctl->quiet) {
		buf_adds(out, "\t[");
		result = hits_walk(m->hits, r->index, tell_index, &t, err);
		buf_addc(out, ']');
	}
	buf_addc(out, '\n');
	ctl_flush(m->ctl);
	return result;
}

static int
tell_matches(struct matching *m)
{
	size_t		    i, k = 0, n = ruleset_count(m->rules);
	const struct rule **list = xcalloc(n + 1, sizeof *list);
	struct error	    err;
	int		    r = 0;

	for (i = 0; i < n; i++)
		if (hits_count(m->hits, i) > 0)
			list[k++] = ruleset_rule(m->rules, i);
	qsort(list, k, sizeof *list, compare_ids);
	for (i = 0; i < k && r == 0; i++)
		r = tell_rule(m, list[i], &err);
	if (r == -1)
		ctl_complain(slice_of(err.text));
	free(list);
	return r;
}

/* Without a limit to memory this takes a quarter of a million in a window. */
static void
tell_shed(struct matching *m)
{
	struct rule_stats s;
	struct buf	  b;
	size_t		  i;

	for (i = 0; i < ruleset_count(m->rules); i++) {
		ruleset_stats(m->rules, i, &s);
		if (s.shed == 0)
			continue;
		buf_init(&b);
		buf_addf(&b,
		    "%s: too many events in a window: judged by the newest, "
		    "without %" PRIu64,
		    ruleset_rule(m->rules, i)->id, s.shed);
		ctl_complain(buf_slice(&b));
		buf_clear(&b);
	}
}

/* --- the command ------------------------------------------------------- */

static int
match_with(struct ctl *ctl, struct ruleset *rs, const struct grammar_call *call,
    usec_t lateness, int fd)
{
	const char     *file = grammar_get(call, "--events");
	struct matching m = {.ctl = ctl,
	    .rules = rs,
	    .file = file != NULL ? file : "-",
	    .time_field = grammar_get(call, "--time-field")};
	int		r;

	m.hits = hits_new(ruleset_count(rs), HITS_ROOM);
	m.reader = json_reader_new(&event_limits);
	event_init(&m.event);
	m.reorder = reorder_new(lateness, REORDER_ROOM, match_event, &m);
	r = match_all(&m, fd);
	if (r == 0) {
		warn_of_no_time(&m);
		r = tell_matches(&m);
		tell_shed(&m);
	}
	reorder_free(&m.reorder);
	event_clear(&m.event);
	json_reader_free(&m.reader);
	hits_free(&m.hits);
	return r == 0 && !m.faulty ? CTL_DONE : CTL_REFUSED;
}

/* Those of --rules, which repeats, and those behind it. */
static struct ruleset *
load(struct ctl *ctl, const struct grammar_call *call)
{
	struct ruleset_limits lim = {.keys_per_rule = GROUPS_MAX};
	const char	     *given = grammar_get(call, "--placeholders");
	const char	    **paths =
	    xcalloc(call->ngiven + call->noperand + 1, sizeof *paths);
	struct ruleset	 *rs = NULL;
	struct complaints c;
	struct arena	  arena;
	size_t		  n = 0, i;

	for (i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].option->name, "--rules") == 0)
			paths[n++] = call->given[i].text;
	for (i = 0; i < call->noperand; i++)
		paths[n++] = call->operand[i];
	complain_init(&c);
	arena_init(&arena);
	lim.no_index = grammar_get(call, "--no-index") != NULL;
	/* With it, what comes later still is judged late. */
	lim.in_order = grammar_get(call, "--lateness") == NULL;
	if (given == NULL || placeholders_read(&arena, given, &lim, &c) == 0)
		rs = ruleset_load(paths, n, &lim, &c);
	cmd_rule_tell_faults(ctl, &c);
	complain_clear(&c);
	arena_clear(&arena);
	free(paths);
	return rs;
}

static int
parse_lateness(const struct grammar_call *call, usec_t *lateness)
{
	const char  *text = grammar_get(call, "--lateness");
	struct error err;

	*lateness = REORDER_ALL;
	if (text == NULL || span_parse(slice_of(text), lateness, &err) == 0)
		return 0;
	error_prefix(&err, "--lateness");
	ctl_complain(slice_of(err.text));
	return -1;
}

static int
open_events(const struct grammar_call *call)
{
	const char *file = grammar_get(call, "--events");
	int	    fd;

	if (file == NULL || strcmp(file, "-") == 0)
		return STDIN_FILENO;
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		ctl_complain_file(file, strerror(errno));
	return fd;
}

int
cmd_rule_match(struct ctl *ctl, const struct grammar_call *call)
{
	struct ruleset *rs = NULL;
	usec_t		lateness;
	int		fd, code = CTL_REFUSED;

	if (parse_lateness(call, &lateness) == -1)
		return CTL_USAGE;
	fd = open_events(call);
	if (fd != -1 && (rs = load(ctl, call)) != NULL)
		code = match_with(ctl, rs, call, lateness, fd);
	if (fd > STDIN_FILENO)
		(void)close(fd);
	ruleset_free(&rs);
	ctl_flush(ctl);
	return code;
}
