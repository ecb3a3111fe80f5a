/*
 * rule explain: against the rules in force and a use that has not come, or a
 * stored one; or rule files and a file of events, without a daemon.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "patrolctl/explanation.h"
#include "patrolctl/feeders.h"
#include "patrolctl/history.h"
#include "patrolctl/jsonplace.h"
#include "proto/msg.h"
#include "rule/event.h"
#include "rule/explain.h"

#define FILE_MAX_BYTES ((size_t)256 * 1024 * 1024)

/* --- what all of them end with ----------------------------------------- */

static void
tell(struct ctl *ctl, struct slice explanation)
{
	if (ctl->json) {
		buf_addslice(&ctl->out, explanation);
		buf_addc(&ctl->out, '\n');
	} else {
		explanation_print(ctl, explanation);
	}
	ctl_flush(ctl);
}

static const struct rule *
find_rule(const struct ruleset *rs, const char *id)
{
	const struct rule *r = ruleset_find(rs, slice_of(id));
	const char	  *near;
	struct buf	   b;

	if (r != NULL)
		return r;
	near = ruleset_nearest(rs, slice_of(id));
	buf_init(&b);
	buf_addf(&b, "no rule has the id or name '%s'", id);
	if (near != NULL)
		buf_addf(&b, ", did you mean '%s'?", near);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
	return NULL;
}

/* All of a file, or of standard input as `-`: 0, or -1 after telling why. */
static int
read_all(const char *file, struct buf *b)
{
	bool   is_stdin = strcmp(file, "-") == 0;
	FILE  *f = is_stdin ? stdin : fopen(file, "re");
	size_t n;
	int    failed = 0;

	if (f == NULL) {
		ctl_complain_file(file, strerror(errno));
		return -1;
	}
	do {
		n = fread(buf_reserve(b, 65536), 1, 65536, f);
		b->n += n;
	} while (n > 0 && b->n <= FILE_MAX_BYTES);
	if (ferror(f))
		failed = errno != 0 ? errno : EIO;
	if (!is_stdin)
		fclose(f);
	if (failed != 0)
		ctl_complain_file(file, strerror(failed));
	else if (b->n > FILE_MAX_BYTES)
		ctl_complain_file(file, "longer than 256 MiB");
	return failed != 0 || b->n > FILE_MAX_BYTES ? -1 : 0;
}

/* --- events of a file, with rule files ----------------------------------- */

struct feeding {
	struct ctl	   *ctl;
	struct ruleset	   *rules;
	struct json_reader *reader;
	struct event	    event;
	const char	   *file;
	unsigned	    line;
	usec_t		    time; /* of the last; one without has that */
	uint64_t	    n;
};

/* 0, or -1 after telling what is wrong with the line. */
static int
feed_line(struct feeding *f, struct slice line)
{
	const struct verdict *v;
	struct error	      err;

	f->line++;
	if (slice_trim(line).n == 0)
		return 0;
	if (event_read(&f->event, f->reader, line, &err) != JSON_OK) {
		ctl_complain_json(f->file, line, f->line - 1, err.text);
		return -1;
	}
	(void)event_time(&f->event, NULL, &f->time);
	(void)ruleset_match(f->rules, &f->event, f->time, &v);
	f->n++;
	return 0;
}

/* The event must still be there when the rule is explained: the last. */
static int
feed_all(struct feeding *f, struct slice text)
{
	struct slice line;

	while (slice_cut(&text, '\n', &line))
		if (feed_line(f, line) == -1)
			return -1;
	if (f->n > 0)
		return 0;
	ctl_complain_file(f->file, "has no event");
	return -1;
}

static int
explain_file(struct ctl *ctl, struct ruleset *rs, const char *id,
    const char *file)
{
	struct feeding	   f = {.ctl = ctl, .rules = rs, .file = file};
	const struct rule *r = find_rule(rs, id);
	struct buf	   text, out;
	int		   code = CTL_REFUSED;

	if (r == NULL)
		return CTL_REFUSED;
	buf_init(&text);
	buf_init(&out);
	f.reader = json_reader_new(&event_limits);
	event_init(&f.event);
	if (read_all(file, &text) == 0) {
		/* Room for the reader to look behind the end. */
		buf_reserve(&text, JSON_PADDING);
		if (feed_all(&f, buf_slice(&text)) == 0) {
			ruleset_explain(rs, r, EXPLAIN_BYTES, &out);
			tell(ctl, buf_slice(&out));
			code = CTL_DONE;
		}
	}
	event_clear(&f.event);
	json_reader_free(&f.reader);
	buf_clear(&out);
	buf_clear(&text);
	return code;
}

/* --- a stored use -------------------------------------------------------- */

struct replay {
	struct ruleset	  *rules;
	const struct rule *rule;
	int64_t		   seq; /* the one to explain */
	bool		   found;
	struct feeders	   fed;
	struct buf	   out;
};

/* "uses": which they are that it counted, as far as it has fed any. */
static void
add_fed(struct replay *p)
{
	struct buf list;

	buf_init(&list);
	feeders_format(&p->fed, p->rule, p->seq, &list);
	if (list.n > 0) {
		p->out.n--; /* the brace at the end */
		buf_adds(&p->out, ",\"uses\":");
		buf_addslice(&p->out, buf_slice(&list));
		buf_addc(&p->out, '}');
	}
	buf_clear(&list);
}

static void
replay_use(int64_t seq, const struct use *u, void *arg)
{
	struct replay	     *p = arg;
	const struct verdict *v;

	(void)ruleset_judge(p->rules, u, &v);
	feeders_note(&p->fed, p->rules, p->rule, seq, u);
	if (seq != p->seq)
		return;
	p->found = true;
	ruleset_explain(p->rules, p->rule, EXPLAIN_BYTES, &p->out);
	add_fed(p);
}

struct when {
	usec_t time, arrival;
	bool   found;
};

static void
take_when(int64_t seq, const struct use *u, void *arg)
{
	struct when *w = arg;

	(void)seq;
	w->time = u->time;
	w->arrival = u->arrival;
	w->found = true;
}

static int
no_such_use(int64_t seq)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b,
	    "no stored use has the number %" PRId64
	    " (it may have gone by retention)",
	    seq);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
	return CTL_REFUSED;
}

/* All that may lie in its windows: what had not happened so long before. */
static int
replay(struct ctl *ctl, struct replay *p)
{
	struct history_range range = {p->seq, p->seq};
	struct when	     w = {.found = false};
	usec_t		     since;
	int		     code;

	code = history_walk(ctl, &range, take_when, &w);
	if (code != CTL_DONE)
		return code;
	if (!w.found)
		return no_such_use(p->seq);
	since = w.time - ruleset_reach(p->rules) - USE_AHEAD_MAX;
	code = history_range(ctl, since > 0 ? since : 0, w.arrival, &range);
	if (code != CTL_DONE)
		return code;
	/* Those of the same microsecond too, up to the one asked for. */
	if (range.from > p->seq)
		range.from = p->seq;
	range.to = p->seq;
	return history_walk(ctl, &range, replay_use, p);
}

static int
explain_stored(struct ctl *ctl, struct ruleset *rs, const char *id,
    const char *seq)
{
	struct replay p = {.rules = rs, .rule = find_rule(rs, id)};
	int	      code;

	if (p.rule == NULL)
		return CTL_REFUSED;
	(void)slice_int(slice_of(seq), 0, INT64_MAX, &p.seq);
	buf_init(&p.out);
	code = replay(ctl, &p);
	if (code == CTL_DONE && p.found)
		tell(ctl, buf_slice(&p.out));
	feeders_clear(&p.fed);
	buf_clear(&p.out);
	return code;
}

/* --- a use that has not come ------------------------------------------- */

static int
ask_daemon(struct ctl *ctl, const char *id, struct slice use)
{
	struct answer a;
	struct jsonw  w;
	struct buf    args;
	int	      code;

	buf_init(&args);
	jsonw_init(&w, &args);
	jsonw_object(&w);
	jsonw_field_str(&w, "id", slice_of(id));
	jsonw_field_str(&w, "use", use);
	jsonw_end(&w);
	code = ctl_ask(ctl, "rule.explain", buf_slice(&args), NULL, NULL, &a);
	if (code == CTL_DONE)
		tell(ctl, answer_raw(a.body.raw, "explanation"));
	buf_clear(&args);
	return code;
}

static int
explain_live(struct ctl *ctl, const char *id, const char *file)
{
	struct buf text;
	unsigned   line, col;
	int	   code = CTL_REFUSED;

	buf_init(&text);
	if (read_all(file, &text) == 0) {
		if (json_fault_place(buf_slice(&text), &line, &col))
			ctl_complain_json(file, buf_slice(&text), 0,
			    "not valid JSON");
		else
			code =
			    ask_daemon(ctl, id, slice_trim(buf_slice(&text)));
	}
	buf_clear(&text);
	return code;
}

/* --- the command ------------------------------------------------------- */

/* The files of --rules, if there are any; *out stays NULL without. */
static int
load_given(struct ctl *ctl, const struct grammar_call *call, bool asked,
    struct ruleset **out)
{
	const char **paths = xcalloc(call->ngiven + 1, sizeof *paths);
	size_t	     n = 0;
	unsigned     i;
	int	     code = CTL_DONE;

	for (i = 0; i < call->ngiven; i++)
		if (strcmp(call->given[i].option->name, "--rules") == 0)
			paths[n++] = call->given[i].text;
	if (n > 0)
		code = history_load(ctl, paths, n,
		    grammar_get(call, "--placeholders"), asked, out);
	free(paths);
	return code;
}

static int
usage(const char *why)
{
	ctl_complain(slice_of(why));
	return CTL_USAGE;
}

int
cmd_rule_explain(struct ctl *ctl, const struct grammar_call *call)
{
	const char     *id = call->operand[0];
	const char     *file = grammar_get(call, "--use");
	const char     *seq = grammar_get(call, "--stored");
	struct ruleset *rs = NULL;
	int		code;

	if ((file != NULL) == (seq != NULL))
		return usage("rule explain needs a use: --use FILE "
			     "or --stored SEQ");
	if (grammar_get(call, "--placeholders") != NULL &&
	    grammar_get(call, "--rules") == NULL)
		return usage("--placeholders is for those of --rules; the "
			     "rules in force have theirs");
	code = load_given(ctl, call, seq != NULL, &rs);
	if (code == CTL_DONE && seq != NULL && rs == NULL)
		code = history_rules(ctl, &rs);
	if (code == CTL_DONE) {
		if (seq != NULL)
			code = explain_stored(ctl, rs, id, seq);
		else if (rs != NULL)
			code = explain_file(ctl, rs, id, file);
		else
			code = explain_live(ctl, id, file);
	}
	ruleset_free(&rs);
	ctl_flush(ctl);
	return code;
}

/* --- an alert ------------------------------------------------------------ */

/* The rule as it now is, at the use that raised the alert. */
static int
explain_alert(struct ctl *ctl, const struct fields *alert)
{
	struct ruleset *rs = NULL;
	char	       *rule = slice_dup(answer_text(alert, "rule"));
	char	       *seq = slice_dup(answer_text(alert, "uses"));
	int		code;

	code = history_rules(ctl, &rs);
	if (code == CTL_DONE)
		code = explain_stored(ctl, rs, rule, seq);
	ruleset_free(&rs);
	free(rule);
	free(seq);
	return code;
}

int
cmd_alert_explain(struct ctl *ctl, const struct grammar_call *call)
{
	struct answer a;
	struct jsonw  w;
	struct buf    args;
	int	      code;

	buf_init(&args);
	jsonw_init(&w, &args);
	jsonw_object(&w);
	jsonw_field_str(&w, "id", slice_of(call->operand[0]));
	jsonw_end(&w);
	code = ctl_ask(ctl, "alert.show", buf_slice(&args), NULL, NULL, &a);
	if (code == CTL_DONE) {
		if (!ctl->json && !ctl->quiet)
			view_alert.result(ctl, &a.body, NULL);
		if (!ctl->json && !ctl->quiet)
			buf_adds(&ctl->out,
			    "\nthe same use, and the rule as it is now:\n");
		code = explain_alert(ctl, &a.body);
	}
	buf_clear(&args);
	ctl_flush(ctl);
	return code;
}
