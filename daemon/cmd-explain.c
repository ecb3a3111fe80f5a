/*
 * What explaining and backtesting need: the rules as they were loaded, what a
 * rule would make of a use, and stored uses in the order of their arrival.
 *
 * Stored uses are read in stretches on the reader thread, which makes their
 * lines as well; the loop only passes them on, as fast as the peer reads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "daemon/cmd.h"
#include "daemon/patrold.h"
#include "daemon/reader.h"
#include "daemon/stored.h"
#include "rule/explain.h"

#define STRETCH_ROWS  1000
#define STRETCH_BYTES (192 * 1024)
#define TEXT_PART     (128 * 1024) /* of a file; escaped six times that */
#define TOKENS	      4096	   /* remembered, by the last bits of tid */

/* --- rule.source: the text of the rules in force ---------------------- */

static void
add_part(struct control_request *r, const char *file, struct slice part)
{
	struct jsonw w;
	struct buf   b;

	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_str(&w, "file", slice_of(file));
	jsonw_field_str(&w, "text", part);
	jsonw_end(&w);
	control_item(r, buf_slice(&b));
	buf_clear(&b);
}

/* A file is one part or several, never cut within a character. */
static void
add_text(struct control_request *r, const struct rule_text *t)
{
	struct slice rest = t->text, part;

	do {
		part = rest;
		if (part.n > TEXT_PART)
			part.n = TEXT_PART;
		while (part.n > 0 && part.n < rest.n &&
		    ((unsigned char)rest.p[part.n] & 0xC0) == 0x80)
			part.n--;
		add_part(r, t->file, part);
		rest.p += part.n;
		rest.n -= part.n;
	} while (rest.n > 0);
}

/* One value an item. */
static void
add_placeholders(struct control_request *r, const struct conf_map *m)
{
	struct jsonw w;
	struct buf   b;
	unsigned     i, j;

	buf_init(&b);
	for (i = 0; i < m->n; i++)
		for (j = 0; j < m->item[i].values.n; j++) {
			b.n = 0;
			jsonw_init(&w, &b);
			jsonw_object(&w);
			jsonw_field_str(&w, "placeholder",
			    slice_of(m->item[i].name));
			jsonw_field_str(&w, "value",
			    slice_of(m->item[i].values.item[j]));
			jsonw_end(&w);
			control_item(r, buf_slice(&b));
		}
	buf_clear(&b);
}

static void
cmd_rule_source(struct control_request *r)
{
	const struct ruleset   *rs = engine_rules(r->p->engine);
	const struct rule_text *t;
	struct jsonw		w;
	struct buf		b;
	size_t			i;

	for (i = 0; (t = ruleset_text(rs, i)) != NULL; i++)
		add_text(r, t);
	add_placeholders(r, &r->p->conf->placeholders);
	buf_init(&b);
	jsonw_init(&w, &b);
	jsonw_object(&w);
	jsonw_field_int(&w, "files", (int64_t)i);
	jsonw_field_int(&w, "keys", r->p->conf->rule_keys);
	jsonw_field_int(&w, "lateness_seconds",
	    r->p->conf->lateness / USEC_SEC);
	jsonw_field_str(&w, "ceiling",
	    slice_of(rule_mode_name((enum rule_mode)r->p->conf->rule_ceiling)));
	jsonw_end(&w);
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

/* --- rule.explain: a use that has not come --------------------------- */

static void
explain_use(struct control_request *r, const struct rule *rule, struct use *u)
{
	struct buf b;

	engine_look(r->p->engine, u);
	buf_init(&b);
	buf_adds(&b, "{\"explanation\":");
	ruleset_explain_use(engine_rules(r->p->engine), rule, u, EXPLAIN_BYTES,
	    &b);
	buf_adds(&b, ",\"use\":");
	use_json(u, &b);
	buf_addc(&b, '}');
	control_done(r, buf_slice(&b));
	buf_clear(&b);
}

static void
cmd_rule_explain(struct control_request *r)
{
	struct decode_opts o = {.ignore_age = true};
	struct slice	   line = control_arg(r, "use");
	const struct rule *rule = cmd_rule_arg(r); /* NULL: r is gone */
	struct decoder	  *d;
	struct use	  *u;
	struct error	   err;
	struct buf	   copy;

	if (rule == NULL)
		return;
	/* A line is decoded where JSON_PADDING bytes behind it can be read. */
	buf_init(&copy);
	buf_addslice(&copy, line);
	buf_reserve(&copy, JSON_PADDING);
	d = decoder_new(&o);
	u = xcalloc(1, sizeof *u);
	if (decode_use(d, buf_slice(&copy), (struct slice){NULL, 0}, r->now, u,
		&err) != USE_OK)
		control_fail(r, MSG_BAD_REQUEST, "the use: %s", err.text);
	else
		explain_use(r, rule, u);
	free(u);
	decoder_free(&d);
	buf_clear(&copy);
}

/* --- activity.stream: stored uses, as the rules saw them -------------- */

/* A token as it was read; labels and name are the account's and its own. */
struct former {
	struct token   token;
	struct account account;
};

struct stream {
	struct reader_job	job;
	struct control_request *r;
	struct decoder	       *decoder;
	struct use		use;
	int64_t			from, to; /* what is still to be read */
	int64_t			rows;	  /* of this stretch */
	bool			ended;
	struct buf		out; /* lines of the last stretch */
	struct former	       *tokens[TOKENS];
	struct store_reader    *reader; /* while a stretch is read */
};

static void
former_free(struct former **s)
{
	if (*s == NULL)
		return;
	scope_clear(&(*s)->token.scope);
	free((*s)->token.labels);
	free((*s)->account.name);
	free(*s);
	*s = NULL;
}

static int
keep_token(const struct stored_token *t, void *arg)
{
	struct former *s = arg;
	struct error   err;

	s->token.kind = t->kind;
	s->token.created = t->created;
	s->token.labels = slice_dup(t->labels);
	if (t->account.n > 0) {
		s->account.name = slice_dup(t->account);
		s->token.account = &s->account;
	}
	/* One that cannot be read is left without scope, not out. */
	if (scope_parse(t->scope, &s->token.scope, &err) != 0)
		scope_init(&s->token.scope);
	return 0;
}

/* Kind, labels, scope and owner change seldom, and one token is used often. */
static int
token_of(struct stream *s, uint32_t tid, const struct token **out,
    struct error *err)
{
	struct former **at = &s->tokens[tid % TOKENS];
	int		code = 0;

	*out = NULL;
	if (tid == 0)
		return 0;
	if (*at == NULL || (*at)->token.tid != tid) {
		former_free(at);
		*at = xcalloc(1, sizeof **at);
		(*at)->token.tid = tid;
		scope_init(&(*at)->token.scope);
		code = store_read_token(s->reader, tid, keep_token, *at, err);
	}
	*out = &(*at)->token;
	return code;
}

/* Tells where the stretch ended: a walk that is stopped so is well. */
enum { STRETCH_FULL = -1000 };

static int
add_use(const struct stored_use *row, void *arg)
{
	struct stream	   *s = arg;
	const struct token *t;
	struct error	   *err = &s->job.error;
	int		    code;

	/* Further fields that cannot be read are left out, as at start. */
	(void)!stored_fill(s->decoder, row, &s->use, err);
	if ((code = token_of(s, row->token, &t, err)) != 0)
		return code;
	engine_enrich(&s->use, t, &row->standing);
	buf_addf(&s->out,
	    "{\"id\":%lld,\"item\":{\"seq\":%lld,\"arrival\":%lld,"
	    "\"use\":",
	    (long long)s->r->id, (long long)row->seq, (long long)row->arrival);
	use_json(&s->use, &s->out);
	buf_adds(&s->out, "}}\n");
	s->from = row->seq + 1;
	s->rows++;
	return s->out.n > STRETCH_BYTES ? STRETCH_FULL : 0;
}

static int
stream_run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct stream *s = (struct stream *)job;
	int	       code;

	s->reader = sr;
	s->rows = 0;
	code =
	    store_read_range(sr, s->from, s->to, STRETCH_ROWS, add_use, s, err);
	if (code == STRETCH_FULL)
		return STORE_OK;
	s->ended = s->rows < STRETCH_ROWS;
	return code;
}

static void
stream_done(struct reader_job *job)
{
	control_resume(((struct stream *)job)->r);
}

static bool
stream_more(struct control_request *r)
{
	struct stream *s = r->job;

	if (s->job.result != STORE_OK || r->p->stopping) {
		control_fail(r, MSG_INTERNAL, "%s",
		    r->p->stopping ? "patrold is stopping" : s->job.error.text);
		return true;
	}
	buf_addslice(&r->answer, buf_slice(&s->out));
	s->out.n = 0;
	if (s->ended) {
		control_done(r, SLICE("{}"));
		return true;
	}
	control_await(r, AWAIT_THREAD);
	reader_submit(r->p->reader, &s->job);
	return false;
}

static void
stream_drop(struct control_request *r)
{
	struct stream *s = r->job;
	size_t	       i;

	for (i = 0; i < TOKENS; i++)
		former_free(&s->tokens[i]);
	decoder_free(&s->decoder);
	buf_clear(&s->out);
	free(s);
}

static void
cmd_activity_stream(struct control_request *r)
{
	struct decode_opts o = {.ignore_age = true};
	struct stream	  *s;
	int64_t		   from, to;

	if (!control_arg_int(r, "from", 1, INT64_MAX, 1, &from) ||
	    !control_arg_int(r, "to", 0, INT64_MAX, INT64_MAX, &to))
		return;
	s = xcalloc(1, sizeof *s);
	s->job.run = stream_run;
	s->job.done = stream_done;
	s->r = r;
	s->decoder = decoder_new(&o);
	s->from = from;
	s->to = to;
	buf_init(&s->out);
	r->job = s;
	r->drop = stream_drop;
	control_stream(r, stream_more);
}

/* --- activity.ends: which uses arrived between two times -------------- */

struct ends {
	struct reader_job	job;
	struct control_request *r;
	usec_t			since, until;
	int64_t			from, to;
};

static int
ends_run(struct reader_job *job, struct store_reader *sr, struct error *err)
{
	struct ends *e = (struct ends *)job;

	return store_read_ends(sr, e->since, e->until, &e->from, &e->to, err);
}

static void
ends_done(struct reader_job *job)
{
	struct ends *e = (struct ends *)job;
	struct buf   b;

	buf_init(&b);
	buf_addf(&b, "{\"from\":%lld,\"to\":%lld}", (long long)e->from,
	    (long long)e->to);
	if (job->result != STORE_OK)
		control_fail(e->r, MSG_INTERNAL, "%s", job->error.text);
	else
		control_done(e->r, buf_slice(&b));
	buf_clear(&b);
	free(e);
}

/* Microseconds; 0 is from the first, and no `until` is to the last. */
static void
cmd_activity_ends(struct control_request *r)
{
	struct ends *e;
	int64_t	     since, until;

	if (!control_arg_int(r, "since", 0, INT64_MAX, 0, &since) ||
	    !control_arg_int(r, "until", 0, INT64_MAX, INT64_MAX, &until))
		return;
	e = xcalloc(1, sizeof *e);
	e->job.run = ends_run;
	e->job.done = ends_done;
	e->r = r;
	e->since = since;
	e->until = until;
	reader_submit(r->p->reader, &e->job);
}

/* clang-format off */
const struct cmd_entry cmd_explain_entries[] = {
	{"rule.source", ROLE_ANALYST, cmd_rule_source, {NULL}},
	{"rule.explain", ROLE_ANALYST, cmd_rule_explain, {"id", "use", NULL}},
	{"activity.ends", ROLE_ANALYST, cmd_activity_ends,
	    {"since", "until", NULL}},
	{"activity.stream", ROLE_ANALYST, cmd_activity_stream,
	    {"from", "to", NULL}},
	{NULL, 0, NULL, {NULL}}
};
