#include <inttypes.h>
#include <stdio.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"
#include "patrolctl/placeholders.h"
#include "rule/ruleset.h"
#include "rule/testing.h"

/* --- rule list: the rules in force ----------------------------------- */

static enum style
cell_mode(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	struct slice mode = answer_text(f, field);

	(void)ctl;
	buf_addslice(out, mode);
	if (!slice_eq(mode, answer_text(f, "mode")))
		buf_addf(out, " (%.*s)", SLICE_ARG(answer_text(f, "mode")));
	return slice_is(mode, "enforce") ? STYLE_BOLD :
	    slice_is(mode, "off")	 ? STYLE_DIM :
					   STYLE_PLAIN;
}

/* Of the time that all rules take, as far as it was sampled. */
static enum style
cell_share(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	if (answer_text(f, field).p != NULL)
		buf_addf(out, "%" PRId64 " %%", answer_int(f, field));
	return STYLE_PLAIN;
}

/* Keys that gave way, and uses within those that stayed. */
static enum style
cell_lost(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	int64_t shed = answer_int(f, "shed");

	(void)ctl;
	buf_addf(out, "%" PRId64, answer_int(f, field));
	if (shed > 0)
		buf_addf(out, " + %" PRId64 " uses", shed);
	return shed > 0 || answer_int(f, field) > 0 ? STYLE_LOUD : STYLE_PLAIN;
}

static const struct view_column rule_columns[] = {{{.head = "TITLE",
						       .shrink = 20},
						      "title", NULL},
    {{.head = "LEVEL"}, "level", NULL},
    {{.head = "MODE"}, "effective_mode", cell_mode},
    {{.head = "TYPE"}, "type", NULL},
    {{.head = "RESPOND", .shrink = 10, .below = "respond"}, "respond", NULL},
    {{.head = "HITS", .right = true, .below = "hits"}, "hits", NULL},
    {{.head = "LAST HIT", .below = "last hit"}, "last_hit", ctl_cell_when},
    {{.head = "ASKED", .right = true, .below = "asked"}, "candidates", NULL},
    {{.head = "COST", .right = true, .below = "cost"}, "cost_share",
	cell_share},
    {{.head = "KEYS", .right = true, .below = "keys"}, "keys", NULL},
    {{.head = "EVICTED", .right = true, .below = "evicted"}, "evicted",
	cell_lost},
    {{.head = "ID", .below = "id"}, "id", NULL}};

static void
foot_rules(struct ctl *ctl, const struct fields *result, const struct shown *s)
{
	(void)result;
	buf_addc(&ctl->out, '\n');
	print_count(&ctl->out, (int64_t)s->items, "rule");
	buf_addc(&ctl->out, '\n');
}

const struct view view_rules = {.column = rule_columns,
    .ncolumn = sizeof rule_columns / sizeof rule_columns[0],
    .id = "id",
    .csv =
	"id name title level mode file_mode effective_mode type alerts "
	"respond family file line hits last_hit keys evicted shed candidates "
	"cost_share",
    .noun = "rule",
    .result = foot_rules};

/* --- rule check, rule test: files, without a daemon ------------------- */

#define KEYS_MAX 100000 /* groups: the default of rules.keys */

static void
fault_json(const struct complaint *c, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "fault",
	    slice_of(c->warning ? "warning" : "error"));
	jsonw_field_opt(&w, "file", slice_of(c->file));
	jsonw_field_int(&w, "line", c->line);
	jsonw_field_int(&w, "col", c->col);
	jsonw_field_str(&w, "text", slice_of(c->text));
	jsonw_end(&w);
	buf_addc(out, '\n');
}

void
cmd_rule_tell_faults(struct ctl *ctl, const struct complaints *c)
{
	struct buf line, shown;
	size_t	   i;

	buf_init(&line);
	buf_init(&shown);
	for (i = 0; i < c->n; i++) {
		if (ctl->json) {
			fault_json(&c->list[i], &ctl->out);
			continue;
		}
		line.n = 0;
		complain_format(&c->list[i], &line);
		print_line(&shown, buf_slice(&line));
	}
	if (c->errors + c->warnings > c->n)
		buf_addf(&shown, "... and %zu more\n",
		    c->errors + c->warnings - c->n);
	fputs(buf_str(&shown), stderr);
	buf_clear(&shown);
	buf_clear(&line);
}

/* The set of all files together, for correlations refer across them; its
 * faults are told. */
static struct ruleset *
survey(struct ctl *ctl, const struct grammar_call *call, struct complaints *c)
{
	struct ruleset_limits lim = {.keys_per_rule = KEYS_MAX,
	    .lateness = USEC_DAY};
	const char	     *given = grammar_get(call, "--placeholders");
	struct ruleset	     *rs = NULL;
	struct arena	      arena;

	arena_init(&arena);
	if (given == NULL || placeholders_read(&arena, given, &lim, c) == 0)
		rs = ruleset_survey(call->operand, call->noperand, &lim, c);
	/* A slip in a path must not look like rules in order. */
	if (rs != NULL && ruleset_count(rs) == 0 && c->errors == 0)
		complain_warning(c, call->operand[0], 0, 0,
		    "no rules: in a folder *.yml and *.yaml are read");
	cmd_rule_tell_faults(ctl, c);
	arena_clear(&arena);
	return rs;
}

static void
rule_json(const struct rule *r, bool good, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "id", slice_of(r->id));
	jsonw_field_opt(&w, "name", slice_of(r->name));
	jsonw_field_str(&w, "title", slice_of(r->title));
	jsonw_field_str(&w, "level", slice_of(rule_level_name(r->level)));
	jsonw_field_str(&w, "mode", slice_of(rule_mode_name(r->mode)));
	jsonw_field_str(&w, "type", slice_of(r->type));
	jsonw_field_bool(&w, "alerts", r->alerts);
	jsonw_field_str(&w, "file", slice_of(r->file));
	jsonw_field_int(&w, "line", r->line);
	jsonw_field_bool(&w, "good", good);
	jsonw_end(&w);
	buf_addc(out, '\n');
}

static const struct table_column check_columns[] = {{.head = "TITLE",
							.shrink = 20},
    {.head = "LEVEL"}, {.head = "MODE"}, {.head = "TYPE"},
    {.head = "FILE", .shrink = 16}};

static void
check_row(struct table *t, const struct rule *r)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s:%u", r->file, r->line);
	table_add(t, slice_of(r->title), STYLE_PLAIN);
	table_add(t, slice_of(rule_level_name(r->level)), STYLE_PLAIN);
	table_add(t, slice_of(rule_mode_name(r->mode)), STYLE_PLAIN);
	table_add(t, slice_of(r->type), STYLE_PLAIN);
	table_add(t, buf_slice(&b), STYLE_DIM);
	buf_clear(&b);
}

static void
list_rules(struct ctl *ctl, const struct ruleset *rs)
{
	const struct rule *r;
	struct table	   t;
	size_t		   i, n = ruleset_count(rs);
	bool		   good;

	table_init(&t, check_columns, 5, ctl->width, ctl->color);
	for (i = 0; i < n; i++) {
		r = ruleset_rule(rs, i);
		good = ruleset_is_good(rs, i);
		if (ctl->json)
			rule_json(r, good, &ctl->out);
		else if (!good)
			continue; /* its faults were told */
		else if (ctl->quiet)
			print_line(&ctl->out, slice_of(r->id));
		else
			check_row(&t, r);
		if (table_is_full(&t))
			table_print(&t, &ctl->out);
	}
	table_print(&t, &ctl->out);
	table_clear(&t);
}

/* How many of each, as the last line. */
static void
tell_checked(struct ctl *ctl, const struct ruleset *rs,
    const struct complaints *c)
{
	size_t	     faulty = ruleset_faulty(rs), good = 0, i;
	struct jsonw w;

	for (i = 0; i < ruleset_count(rs); i++)
		good += ruleset_is_good(rs, i);
	if (ctl->json) {
		jsonw_init(&w, &ctl->out);
		jsonw_object(&w);
		jsonw_field_int(&w, "good", (int64_t)good);
		jsonw_field_int(&w, "faulty", (int64_t)faulty);
		jsonw_field_int(&w, "errors", (int64_t)c->errors);
		jsonw_field_int(&w, "warnings", (int64_t)c->warnings);
		jsonw_end(&w);
		buf_addc(&ctl->out, '\n');
		return;
	}
	print_count(&ctl->out, (int64_t)good, "rule");
	buf_addf(&ctl->out, " good, %zu faulty: ", faulty);
	print_count(&ctl->out, (int64_t)c->errors, "error");
	buf_adds(&ctl->out, ", ");
	print_count(&ctl->out, (int64_t)c->warnings, "warning");
	buf_adds(&ctl->out,
	    c->errors > 0 ? "; patrold would load none of them\n" : "\n");
}

int
cmd_rule_check(struct ctl *ctl, const struct grammar_call *call)
{
	struct complaints c;
	struct ruleset	 *rs;
	int		  code = CTL_REFUSED;

	complain_init(&c);
	if ((rs = survey(ctl, call, &c)) != NULL) {
		list_rules(ctl, rs);
		if (!ctl->quiet)
			tell_checked(ctl, rs, &c);
		code = c.errors == 0 ? CTL_DONE : CTL_REFUSED;
	}
	ruleset_free(&rs);
	complain_clear(&c);
	ctl_flush(ctl);
	return code;
}

/* `test` is NULL of a rule that has none. */
static void
tell_test_json(const struct rule *r, const char *test, unsigned line,
    const char *why, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "rule", slice_of(r->id));
	jsonw_field_str(&w, "title", slice_of(r->title));
	jsonw_field_opt(&w, "test", slice_of(test));
	if (test != NULL)
		jsonw_field_bool(&w, "passed", why == NULL);
	jsonw_field_opt(&w, "why", slice_of(why));
	jsonw_field_str(&w, "file", slice_of(r->file));
	jsonw_field_int(&w, "line", line);
	jsonw_end(&w);
	buf_addc(out, '\n');
}

/* A run of tests, and how many were told. */
struct test_run {
	struct ctl *ctl;
	size_t	    n;
};

/* As the Test Anything Protocol has it. */
static void
tell_test(const struct rule *r, const char *test, unsigned line,
    const char *why, void *arg)
{
	struct test_run *run = arg;
	struct ctl	*ctl = run->ctl;
	struct buf	 b;

	run->n++;
	if (ctl->json) {
		tell_test_json(r, test, line, why, &ctl->out);
		return;
	}
	if (ctl->quiet && why == NULL)
		return;
	buf_init(&b);
	style_add(&ctl->out, slice_of(why == NULL ? "ok" : "not ok"),
	    why == NULL ? STYLE_GOOD : STYLE_LOUD, ctl->color);
	buf_addf(&b, " %zu - %s: %s", run->n, r->title, test);
	print_line(&ctl->out, buf_slice(&b));
	if (why != NULL) {
		b.n = 0;
		buf_addf(&b, "# %s:%u: %s", r->file, line, why);
		print_line(&ctl->out, buf_slice(&b));
	}
	buf_clear(&b);
}

/* Rules that alert and have no test: how many. */
static size_t
tell_untested(struct ctl *ctl, const struct ruleset *rs, bool strict)
{
	const struct rule *r;
	struct buf	   b;
	size_t		   i, n = 0;

	buf_init(&b);
	for (i = 0; i < ruleset_count(rs); i++) {
		if (ruleset_is_tested(rs, i))
			continue;
		n++;
		r = ruleset_rule(rs, i);
		if (ctl->json) {
			tell_test_json(r, NULL, r->line, "no tests", &ctl->out);
			continue;
		}
		if (ctl->quiet && !strict)
			continue;
		b.n = 0;
		buf_addf(&b, "# %s:%u: no tests: %s", r->file, r->line,
		    r->title);
		print_line(&ctl->out, buf_slice(&b));
	}
	buf_clear(&b);
	return n;
}

/* How many of each, as the last line. */
static void
tell_tested(struct ctl *ctl, size_t rules, size_t n, size_t failed,
    size_t untested)
{
	struct jsonw w;

	if (ctl->json) {
		jsonw_init(&w, &ctl->out);
		jsonw_object(&w);
		jsonw_field_int(&w, "rules", (int64_t)rules);
		jsonw_field_int(&w, "tests", (int64_t)n);
		jsonw_field_int(&w, "passed", (int64_t)(n - failed));
		jsonw_field_int(&w, "failed", (int64_t)failed);
		jsonw_field_int(&w, "untested", (int64_t)untested);
		jsonw_end(&w);
		buf_addc(&ctl->out, '\n');
		return;
	}
	print_count(&ctl->out, (int64_t)n, "test");
	buf_addf(&ctl->out,
	    " of %zu rules: %zu passed, %zu failed; %zu without tests\n", rules,
	    n - failed, failed, untested);
}

static int
run_tests(struct ctl *ctl, struct ruleset *rs, bool strict)
{
	struct test_run run = {ctl, 0};
	size_t		n = 0, failed, untested;

	failed = ruleset_test_run(rs, tell_test, &run, &n);
	untested = tell_untested(ctl, rs, strict);
	if (!ctl->quiet)
		tell_tested(ctl, ruleset_count(rs), n, failed, untested);
	return failed > 0 || (strict && untested > 0) ? CTL_REFUSED : CTL_DONE;
}

int
cmd_rule_test(struct ctl *ctl, const struct grammar_call *call)
{
	struct complaints c;
	struct ruleset	 *rs;
	int		  code = CTL_REFUSED;

	complain_init(&c);
	rs = survey(ctl, call, &c);
	if (rs != NULL && c.errors == 0)
		code =
		    run_tests(ctl, rs, grammar_get(call, "--strict") != NULL);
	else if (rs != NULL && !ctl->quiet)
		tell_checked(ctl, rs, &c);
	ruleset_free(&rs);
	complain_clear(&c);
	ctl_flush(ctl);
	return code;
}
