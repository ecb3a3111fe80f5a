#include <inttypes.h>
#include <stdio.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"
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

static const struct view_column rule_columns[] = {{{.head = "TITLE",
						       .shrink = 20},
						      "title", NULL},
    {{.head = "LEVEL"}, "level", NULL},
    {{.head = "MODE"}, "effective_mode", cell_mode},
    {{.head = "TYPE"}, "type", NULL},
    {{.head = "RESPOND", .shrink = 10, .below = "respond"}, "respond", NULL},
    {{.head = "HITS", .right = true, .below = "hits"}, "hits", NULL},
    {{.head = "LAST HIT", .below = "last hit"}, "last_hit", ctl_cell_when},
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
    .noun = "rule",
    .result = foot_rules};

/* --- rule check, rule test: files, without a daemon ------------------- */

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

/* The set of all files together, for correlations refer across them; NULL
 * after telling the faults. */
static struct ruleset *
load(struct ctl *ctl, const struct grammar_call *call, size_t *warnings)
{
	static const struct ruleset_limits lim = {.keys_per_rule = 100000,
	    .lateness = USEC_DAY};
	struct complaints		   c;
	struct ruleset			  *rs;

	complain_init(&c);
	rs = ruleset_load(call->operand, call->noperand, &lim, &c);
	cmd_rule_tell_faults(ctl, &c);
	*warnings = c.warnings;
	if (rs == NULL && !ctl->json) {
		print_count(&ctl->out, (int64_t)c.errors, "error");
		buf_adds(&ctl->out, ", ");
		print_count(&ctl->out, (int64_t)c.warnings, "warning");
		buf_adds(&ctl->out, ": patrold would not load these rules\n");
	}
	complain_clear(&c);
	return rs;
}

static void
rule_json(const struct rule *r, struct buf *out)
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

	table_init(&t, check_columns, 5, ctl->width, ctl->color);
	for (i = 0; i < n; i++) {
		r = ruleset_rule(rs, i);
		if (ctl->json)
			rule_json(r, &ctl->out);
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

int
cmd_rule_check(struct ctl *ctl, const struct grammar_call *call)
{
	struct ruleset *rs;
	size_t		warnings;
	int		code = CTL_REFUSED;

	if ((rs = load(ctl, call, &warnings)) != NULL) {
		code = CTL_DONE;
		list_rules(ctl, rs);
		if (!ctl->json && !ctl->quiet) {
			print_count(&ctl->out, (int64_t)ruleset_count(rs),
			    "rule");
			buf_adds(&ctl->out, " good, ");
			print_count(&ctl->out, (int64_t)warnings, "warning");
			buf_addc(&ctl->out, '\n');
		}
	}
	ruleset_free(&rs);
	ctl_flush(ctl);
	return code;
}

static void
tell_test_json(const struct rule *r, const char *test, unsigned line,
    const char *why, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "rule", slice_of(r->id));
	jsonw_field_str(&w, "title", slice_of(r->title));
	jsonw_field_str(&w, "test", slice_of(test));
	jsonw_field_bool(&w, "passed", why == NULL);
	jsonw_field_opt(&w, "why", slice_of(why));
	jsonw_field_str(&w, "file", slice_of(r->file));
	jsonw_field_int(&w, "line", line);
	jsonw_end(&w);
	buf_addc(out, '\n');
}

static void
tell_test(const struct rule *r, const char *test, unsigned line,
    const char *why, void *arg)
{
	struct ctl *ctl = arg;
	struct buf  b;

	if (ctl->json) {
		tell_test_json(r, test, line, why, &ctl->out);
		return;
	}
	if (ctl->quiet && why == NULL)
		return;
	buf_init(&b);
	style_add(&ctl->out, slice_of(why == NULL ? "ok    " : "FAIL  "),
	    why == NULL ? STYLE_GOOD : STYLE_LOUD, ctl->color);
	buf_addf(&b, "%s: %s", r->title, test);
	print_line(&ctl->out, buf_slice(&b));
	if (why != NULL) {
		b.n = 0;
		buf_addf(&b, "      %s:%u: %s", r->file, line, why);
		print_line(&ctl->out, buf_slice(&b));
	}
	buf_clear(&b);
}

int
cmd_rule_test(struct ctl *ctl, const struct grammar_call *call)
{
	struct ruleset *rs;
	size_t		warnings, run = 0, failed;
	int		code = CTL_REFUSED;

	if ((rs = load(ctl, call, &warnings)) != NULL) {
		failed = ruleset_test_run(rs, tell_test, ctl, &run);
		code = failed == 0 ? CTL_DONE : CTL_REFUSED;
		if (!ctl->json && !ctl->quiet) {
			print_count(&ctl->out, (int64_t)run, "test");
			buf_addf(&ctl->out, " of %zu rules, %zu failed\n",
			    ruleset_count(rs), failed);
		}
	}
	ruleset_free(&rs);
	ctl_flush(ctl);
	return code;
}
