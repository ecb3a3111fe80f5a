/*
 * rule backtest: what rules would have found among the uses that are stored.
 *
 * patrold streams them as its rules saw them, off its loop; they are judged
 * here.  Alerts are counted as patrold counts them: one that goes on is one,
 * until `realert`, which doubles (DESIGN: alerts as a layer above the rules).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonw.h"
#include "base/map.h"
#include "base/mem.h"
#include "patrolctl/ctl.h"
#include "patrolctl/history.h"
#include "patrolctl/progress.h"
#include "stream/silence.h"

#define FOUND_MAX 100000 /* rules and keys told; more are counted */

#define TOKENS_MAX  1000 /* of one rule and key; more are only counted */
#define TOKENS_TOLD 20

/* What one rule found about one key. */
struct found {
	char		  *ident; /* owned: rule, key */
	const struct rule *rule;  /* borrowed */
	char		  *key;	  /* owned: "token=pat_a" */
	char	     **token; /* owned: tokens that would have been changed */
	size_t	       ntoken, captoken;
	uint64_t       alerts, uses;
	uint64_t       changes; /* of different tokens */
	bool	       acted;	/* in the alert that is open: once is enough */
	usec_t	       first, last;
	struct silence silence;
};

/* One set of rules and what it found. */
struct side {
	struct ruleset *rules; /* owned */
	struct map	by_ident;
	struct found  **found; /* owned, in the order they came */
	size_t		n, cap;
	uint64_t	alerts, left_out;
	struct buf	ident, key; /* kept warm */
};

struct backtest {
	struct ctl	    *ctl;
	struct side	     side[2]; /* the rules given; those in force */
	unsigned	     nsides;
	struct history_range range;
	usec_t		     since; /* what came before fills windows */
	struct progress	     progress;
	uint64_t	     uses;
};

/* ---- finding ---- */

static struct slice
ident_of(const void *value)
{
	const struct found *f = value;

	return slice_of(f->ident);
}

static struct found *
found_new(struct side *s, const struct verdict *v)
{
	struct found *f = xcalloc(1, sizeof *f);

	f->ident = slice_dup(buf_slice(&s->ident));
	f->rule = v->rule;
	f->key = slice_dup(buf_slice(&s->key));
	f->first = v->first;
	map_add(&s->by_ident, f);
	s->found = xgrow(s->found, s->n, &s->cap, sizeof *s->found);
	s->found[s->n++] = f;
	return f;
}

static bool
is_protected(const struct use *u)
{
	unsigned i;

	if (slice_is(use_text(u, USE_TOKEN_LABEL), "protected"))
		return true;
	for (i = 0; i < u->nother; i++)
		if (slice_is(u->other[i].key, "token.label") &&
		    slice_is((struct slice){u->other[i].value.p,
				 u->other[i].value.n},
			"protected"))
			return true;
	return false;
}

/* Was it past being changed?  One that was inactive was not: a rule that is in
 * force may have been what made it so.  A trap does not work anyway. */
static bool
is_over(const struct use *u)
{
	struct slice state = use_text(u, USE_TOKEN_STATE);

	return slice_is(state, "expired") || slice_is(state, "deleted") ||
	    slice_is(use_text(u, USE_TOKEN_KIND), "honey");
}

static bool
has_token(const struct found *f, struct slice token)
{
	size_t i;

	for (i = 0; i < f->ntoken; i++)
		if (slice_eq(slice_of(f->token[i]), token))
			return true;
	return false;
}

/* As patrold would have; once an alert, and a token that an alert before had
 * changed was changed. */
static void
act(struct found *f, const struct use *u)
{
	struct slice token = use_text(u, USE_TOKEN);

	if (f->acted || token.n == 0 ||
	    (f->rule->mode != RULE_ENFORCE && f->rule->mode != RULE_SIMULATE) ||
	    (f->rule->respond & (RESPOND_DEACTIVATE | RESPOND_EXPIRE)) == 0 ||
	    is_over(u) || is_protected(u))
		return;
	f->acted = true;
	if (has_token(f, token))
		return;
	f->changes++;
	if (f->ntoken == TOKENS_MAX)
		return;
	f->token = xgrow(f->token, f->ntoken, &f->captoken, sizeof *f->token);
	f->token[f->ntoken++] = slice_dup(token);
}

static void
format_key(struct side *s, const struct verdict *v)
{
	unsigned i;

	s->key.n = s->ident.n = 0;
	for (i = 0; i < v->nkey; i++) {
		buf_addf(&s->key, "%s%s=", i > 0 ? " " : "", v->key_name[i]);
		buf_addslice(&s->key, v->key[i]);
	}
	buf_addf(&s->ident, "%s\n", v->rule->id);
	buf_addslice(&s->ident, buf_slice(&s->key));
}

static void
note(struct side *s, const struct verdict *v, const struct use *u)
{
	struct found *f;

	format_key(s, v);
	f = map_find(&s->by_ident, buf_slice(&s->ident));
	if (f == NULL && s->n == FOUND_MAX) {
		s->left_out++;
		return;
	}
	if (f == NULL)
		f = found_new(s, v);
	if (silence_take(&f->silence, v->rule->realert, u->time)) {
		f->alerts++;
		f->acted = false;
		s->alerts++;
	}
	act(f, u);
	f->uses++;
	if (u->time > f->last)
		f->last = u->time;
	if (v->first < f->first)
		f->first = v->first;
}

static void
take_use(int64_t seq, const struct use *u, void *arg)
{
	struct backtest	     *b = arg;
	const struct verdict *v;
	unsigned	      i;
	size_t		      n, j;

	for (i = 0; i < b->nsides; i++) {
		n = ruleset_judge(b->side[i].rules, u, &v);
		for (j = 0; j < n && u->arrival >= b->since; j++)
			note(&b->side[i], &v[j], u);
	}
	b->uses += u->arrival >= b->since;
	progress_show(&b->progress, (uint64_t)(seq - b->range.from),
	    (uint64_t)(b->range.to - b->range.from) + 1);
}

/* ---- telling ---- */

static const struct table_column columns[] = {{.head = ""},
    {.head = "RULE", .shrink = 24}, {.head = "KEY", .shrink = 24},
    {.head = "ALERTS", .right = true}, {.head = "USES", .right = true},
    {.head = "FIRST", .below = "first"}, {.head = "LAST", .below = "last"},
    {.head = "WOULD HAVE", .shrink = 12, .below = "would have"}};

static void
add_when(const struct ctl *ctl, struct table *t, usec_t when)
{
	struct buf b;

	buf_init(&b);
	print_when(&b, when, ctl->now);
	table_add(t, buf_slice(&b), STYLE_DIM);
	buf_clear(&b);
}

static void
add_number(struct table *t, uint64_t n)
{
	struct buf b;

	buf_init(&b);
	print_number(&b, (int64_t)n);
	table_add(t, buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

/* What is told of a rule and key: all, or how much there is more of it. */
struct told {
	const struct found *f;
	const char	   *change; /* "added", "taken away"; NULL: all */
	uint64_t	    alerts, uses, changes;
	const char	   *token[TOKENS_TOLD]; /* the first of those changed */
	size_t		    ntoken;
};

static const char *
would_have(const struct found *f)
{
	return (f->rule->respond & RESPOND_EXPIRE) ? "expired" : "deactivated";
}

static void
tell_json(struct ctl *ctl, const struct told *t)
{
	const struct found *f = t->f;
	struct jsonw	    w;
	size_t		    i;

	jsonw_init(&w, &ctl->out);
	jsonw_object(&w);
	jsonw_field_opt(&w, "change", slice_of(t->change));
	jsonw_field_str(&w, "rule", slice_of(f->rule->id));
	jsonw_field_str(&w, "title", slice_of(f->rule->title));
	jsonw_field_str(&w, "level", slice_of(rule_level_name(f->rule->level)));
	jsonw_field_str(&w, "mode", slice_of(rule_mode_name(f->rule->mode)));
	jsonw_field_str(&w, "key", slice_of(f->key));
	jsonw_field_int(&w, "alerts", (int64_t)t->alerts);
	jsonw_field_int(&w, "uses", (int64_t)t->uses);
	jsonw_field_time(&w, "first", f->first);
	jsonw_field_time(&w, "last", f->last);
	if (t->changes > 0) {
		jsonw_field_str(&w, "would_have", slice_of(would_have(f)));
		jsonw_field_int(&w, "changes", (int64_t)t->changes);
		jsonw_key(&w, "tokens");
		jsonw_array(&w);
		for (i = 0; i < t->ntoken; i++)
			jsonw_str(&w, slice_of(t->token[i]));
		jsonw_end(&w);
	}
	jsonw_end(&w);
	buf_addc(&ctl->out, '\n');
}

/* "deactivated pat_a, pat_b", "deactivated pat_a, ..., and 3 more" */
static void
add_would_have(struct table *t, const struct told *d)
{
	struct buf b;
	size_t	   i;

	buf_init(&b);
	if (d->changes > 0)
		buf_adds(&b, would_have(d->f));
	for (i = 0; i < d->ntoken; i++)
		buf_addf(&b, "%s %s", i == 0 ? "" : ",", d->token[i]);
	if (d->changes > d->ntoken)
		buf_addf(&b, ", and %" PRIu64 " more", d->changes - d->ntoken);
	table_add(t, buf_slice(&b), STYLE_WARN);
	buf_clear(&b);
}

static void
tell(struct ctl *ctl, struct table *t, const struct told *d)
{
	if (ctl->json) {
		tell_json(ctl, d);
		return;
	}
	table_add(t,
	    d->change == NULL	  ? SLICE("") :
		*d->change == 'a' ? SLICE("+") :
				    SLICE("-"),
	    STYLE_BOLD);
	table_add(t, slice_of(d->f->rule->title), STYLE_PLAIN);
	table_add(t, slice_of(d->f->key), STYLE_PLAIN);
	add_number(t, d->alerts);
	add_number(t, d->uses);
	add_when(ctl, t, d->f->first);
	add_when(ctl, t, d->f->last);
	add_would_have(t, d);
	if (table_is_full(t))
		table_print(t, &ctl->out);
}

static uint64_t
more(uint64_t than, uint64_t n)
{
	return n > than ? n - than : 0;
}

/* The tokens that would have been changed, and not the same way by `o`. */
static void
compare_changes(struct told *d, const struct found *o)
{
	const struct found *f = d->f;
	bool   same = o->rule != NULL && would_have(o) == would_have(f);
	size_t i;

	d->ntoken = 0;
	d->changes =
	    more(same ? o->changes - o->ntoken : 0, f->changes - f->ntoken);
	for (i = 0; i < f->ntoken; i++) {
		if (same && has_token(o, slice_of(f->token[i])))
			continue;
		d->changes++;
		if (d->ntoken < TOKENS_TOLD)
			d->token[d->ntoken++] = f->token[i];
	}
}

/* What `s` has and the other side has not, or all; returns how many. */
static size_t
tell_side(struct ctl *ctl, struct table *t, const struct side *s,
    const struct side *other, const char *change)
{
	static const struct found none;
	const struct found	 *o;
	struct told		  d = {.change = change};
	size_t			  i, n = 0;

	for (i = 0; i < s->n; i++) {
		d.f = s->found[i];
		o = other == NULL ?
		    NULL :
		    map_find(&other->by_ident, slice_of(d.f->ident));
		if (o == NULL)
			o = &none;
		d.alerts = more(o->alerts, d.f->alerts);
		d.uses = more(o->uses, d.f->uses);
		compare_changes(&d, o);
		/* Uses that count on in the same alerts change nothing. */
		if (d.alerts == 0 && d.changes == 0)
			continue;
		tell(ctl, t, &d);
		n++;
	}
	return n;
}

static void
tell_foot(const struct backtest *b, size_t added, size_t taken)
{
	struct ctl *ctl = b->ctl;

	if (ctl->json || ctl->quiet)
		return;
	print_number(&ctl->out, (int64_t)b->uses);
	buf_adds(&ctl->out, b->uses == 1 ? " use: " : " uses: ");
	print_count(&ctl->out, (int64_t)b->side[0].alerts, "alert");
	if (b->nsides == 2) {
		buf_adds(&ctl->out, ", the rules in force ");
		print_number(&ctl->out, (int64_t)b->side[1].alerts);
		buf_addf(&ctl->out, "; %zu rules and keys more, %zu less",
		    added, taken);
	}
	if (b->side[0].left_out > 0) {
		buf_adds(&ctl->out, "; not told: ");
		print_number(&ctl->out, (int64_t)b->side[0].left_out);
		buf_adds(&ctl->out, " uses of further keys");
	}
	buf_addc(&ctl->out, '\n');
}

static void
tell_all(const struct backtest *b)
{
	struct ctl	  *ctl = b->ctl;
	const struct side *given = &b->side[0], *current = NULL;
	struct table	   t;
	size_t		   added, taken = 0;

	if (b->nsides == 2)
		current = &b->side[1];
	table_init(&t, columns, sizeof columns / sizeof columns[0], ctl->width,
	    ctl->color);
	added = tell_side(ctl, &t, given, current,
	    current != NULL ? "added" : NULL);
	if (current != NULL)
		taken = tell_side(ctl, &t, current, given, "taken away");
	table_print(&t, &ctl->out);
	table_clear(&t);
	tell_foot(b, added, taken);
}

/* ---- the command ---- */

static void
side_clear(struct side *s)
{
	size_t i, j;

	for (i = 0; i < s->n; i++) {
		free(s->found[i]->ident);
		free(s->found[i]->key);
		for (j = 0; j < s->found[i]->ntoken; j++)
			free(s->found[i]->token[j]);
		free(s->found[i]->token);
		free(s->found[i]);
	}
	free(s->found);
	map_clear(&s->by_ident);
	buf_clear(&s->ident);
	buf_clear(&s->key);
	ruleset_free(&s->rules);
}

/* A span before now ("30d") or a point in time; -1 after telling. */
static int
read_when(const struct ctl *ctl, const char *text, usec_t absent, usec_t *out)
{
	struct error err;
	struct buf   b;
	usec_t	     span;

	*out = absent;
	if (text == NULL || time_parse(slice_of(text), out) == 0)
		return 0;
	if (span_parse(slice_of(text), &span, &err) == 0) {
		*out = ctl->now - span;
		return 0;
	}
	buf_init(&b);
	buf_addf(&b,
	    "'%s' is neither a span like 30d nor a time like "
	    "2026-11-24T10:00:00Z",
	    text);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
	return -1;
}

/* Windows reach back behind the first use that counts. */
static usec_t
reach_back(const struct backtest *b)
{
	usec_t	 reach = 0, r;
	unsigned i;

	for (i = 0; i < b->nsides; i++)
		if ((r = ruleset_reach(b->side[i].rules)) > reach)
			reach = r;
	reach += USE_AHEAD_MAX;
	return b->since > reach ? b->since - reach : 0;
}

static int
run(struct backtest *b, const struct grammar_call *call, usec_t until)
{
	int code;

	code = history_load(b->ctl, call->operand, call->noperand,
	    grammar_get(call, "--placeholders"), true, &b->side[0].rules);
	if (code == CTL_DONE && b->nsides == 2)
		code = history_rules(b->ctl, &b->side[1].rules);
	if (code == CTL_DONE)
		code = history_range(b->ctl, reach_back(b), until, &b->range);
	if (code != CTL_DONE)
		return code;
	progress_begin(&b->progress, "uses");
	if (b->range.from <= b->range.to)
		code = history_walk(b->ctl, &b->range, take_use, b);
	progress_end(&b->progress);
	return code;
}

int
cmd_rule_backtest(struct ctl *ctl, const struct grammar_call *call)
{
	struct backtest b = {.ctl = ctl, .nsides = 1};
	usec_t		until;
	int		code;

	map_init(&b.side[0].by_ident, ident_of);
	map_init(&b.side[1].by_ident, ident_of);
	if (read_when(ctl, grammar_get(call, "--since"), 0, &b.since) == -1 ||
	    read_when(ctl, grammar_get(call, "--until"), INT64_MAX, &until) ==
		-1)
		return CTL_USAGE;
	if (until <= b.since) {
		ctl_complain(SLICE("--until: must be after --since"));
		return CTL_USAGE;
	}
	if (grammar_get(call, "--against") != NULL)
		b.nsides = 2;
	code = run(&b, call, until);
	if (code == CTL_DONE)
		tell_all(&b);
	side_clear(&b.side[0]);
	side_clear(&b.side[1]);
	ctl_flush(ctl);
	return code;
}
