/*
 * rule show, rule mode, rule promote: one rule of those in force.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"

/* Its mode, and whose word that is. */
static void
show_mode(struct card *c, const struct fields *f)
{
	struct slice mode = answer_text(f, "rule.mode");
	struct slice file = answer_text(f, "rule.file_mode");
	struct slice effective = answer_text(f, "rule.effective_mode");
	struct buf   b;

	buf_init(&b);
	buf_addslice(&b, effective);
	if (!slice_eq(effective, mode))
		buf_addf(&b, ", by the ceiling; else %.*s", SLICE_ARG(mode));
	if (!slice_eq(mode, file))
		buf_addf(&b, " (its file says %.*s)", SLICE_ARG(file));
	card_text(c, "mode", buf_slice(&b), STYLE_BOLD);
	buf_clear(&b);
}

/* What a rule in simulate would have done since it was loaded. */
static void
show_would(struct card *c, const struct fields *f)
{
	int64_t alerts = answer_int(f, "would_have.alerts");
	int64_t changes = answer_int(f, "would_have.changes"), n;
	const struct json_field *j;
	struct fields		 would;
	struct slice		 key;
	struct buf		 b;
	size_t			 at = 0;
	char			 room[64];

	if (!slice_is(answer_text(f, "rule.mode"), "simulate") && alerts == 0)
		return;
	buf_init(&b);
	print_count(&b, alerts, "alert");
	buf_adds(&b, ", ");
	print_count(&b, changes, "change");
	would = answer_sub(f, "would_have", room);
	for (n = 0; answer_next(&would, &at, &key, &j);)
		if (slice_is(key, "tokens"))
			buf_addf(&b, "%s%.*s", n++ == 0 ? ": " : ", ",
			    SLICE_ARG(j->value));
	if (changes > n)
		buf_addf(&b, " and %" PRId64 " more", changes - n);
	card_text(c, "would have", buf_slice(&b), STYLE_WARN);
	buf_clear(&b);
}

static void
show_rule(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 12);
	struct buf  b;

	(void)s;
	card_field(&c, "title", f, "rule.title");
	card_field(&c, "id", f, "rule.id");
	card_field(&c, "name", f, "rule.name");
	card_field(&c, "description", f, "description");
	buf_init(&b);
	buf_addf(&b, "%.*s:%" PRId64, SLICE_ARG(answer_text(f, "rule.file")),
	    answer_int(f, "rule.line"));
	card_text(&c, "from", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
	card_field(&c, "type", f, "rule.type");
	card_field(&c, "level", f, "rule.level");
	show_mode(&c, f);
	card_field(&c, "respond", f, "rule.respond");
	card_int(&c, "hits", answer_int(f, "rule.hits"));
	card_time(&c, "last hit", answer_time(f, "rule.last_hit"));
	card_int(&c, "asked", answer_int(f, "rule.candidates"));
	card_int(&c, "keys", answer_int(f, "rule.keys"));
	card_int(&c, "evicted", answer_int(f, "rule.evicted"));
	show_would(&c, f);
}

const struct view view_rule = {.id = "rule.id", .result = show_rule};

static void
show_changed(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct slice effective = answer_text(f, "rule.effective_mode");
	struct slice mode = answer_text(f, "rule.mode");
	struct buf   b;

	(void)s;
	buf_init(&b);
	buf_addf(&b, "%.*s: mode %.*s", SLICE_ARG(answer_text(f, "rule.title")),
	    SLICE_ARG(mode));
	if (!slice_eq(mode, effective))
		buf_addf(&b, ", but %.*s by rules.ceiling",
		    SLICE_ARG(effective));
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
}

const struct view view_rule_mode = {.id = "rule.id", .result = show_changed};

/* --- promote ----------------------------------------------------------- */

static int
ask(struct ctl *ctl, const char *id, bool try, struct answer *a)
{
	struct jsonw w;
	struct buf   args;
	int	     code;

	buf_init(&args);
	jsonw_init(&w, &args);
	jsonw_object(&w);
	jsonw_field_str(&w, "id", slice_of(id));
	jsonw_field_bool(&w, "try", try);
	jsonw_end(&w);
	code = ctl_ask(ctl, "rule.promote", buf_slice(&args), NULL, NULL, a);
	buf_clear(&args);
	return code;
}

static int
promote(struct ctl *ctl, const char *id)
{
	struct answer a;
	int	      code = ask(ctl, id, false, &a);

	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		ctl_print_raw(ctl, a.body.raw);
	} else if (!ctl->quiet) {
		show_changed(ctl, &a.body, NULL);
	}
	return CTL_DONE;
}

int
cmd_rule_promote(struct ctl *ctl, const struct grammar_call *call)
{
	const char   *id = call->operand[0];
	bool	      yes = grammar_get(call, "--yes") != NULL;
	struct answer a;
	int	      code;

	if (yes && grammar_get(call, "--try") != NULL) {
		ctl_complain(SLICE("--try changes nothing, --yes does"));
		return CTL_USAGE;
	}
	code = ask(ctl, id, true, &a);
	if (code != CTL_DONE)
		return code;
	if (grammar_get(call, "--try") != NULL && ctl->json) {
		ctl_print_raw(ctl, a.body.raw);
	} else if (!ctl->json && !ctl->quiet) {
		show_rule(ctl, &a.body, NULL);
	}
	if (grammar_get(call, "--try") == NULL) {
		if (!yes && !isatty(STDIN_FILENO)) {
			ctl_complain(SLICE("nothing was changed: say --yes"));
			code = CTL_USAGE;
		} else if (yes ||
		    ctl_confirm(ctl, "let it change tokens from now on?")) {
			code = promote(ctl, id);
		} else {
			code = CTL_REFUSED;
		}
	}
	ctl_flush(ctl);
	return code;
}
