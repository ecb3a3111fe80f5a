#include "patrolctl/ctl.h"
#include "patrolctl/explanation.h"

static enum style
level_style(struct slice level)
{
	if (slice_is(level, "critical"))
		return STYLE_LOUD;
	if (slice_is(level, "high"))
		return STYLE_BAD;
	return slice_is(level, "medium") ? STYLE_WARN : STYLE_PLAIN;
}

static enum style
cell_level(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	buf_addslice(out, answer_text(f, field));
	return level_style(answer_text(f, field));
}

/* "closed true", "open" */
static void
add_state(const struct fields *f, struct buf *out)
{
	struct slice verdict = answer_text(f, "verdict");

	buf_addslice(out, answer_text(f, "state"));
	if (verdict.n > 0)
		buf_addf(out, ": %.*s", SLICE_ARG(verdict));
}

static enum style
cell_state(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	(void)field;
	add_state(f, out);
	return slice_is(answer_text(f, "state"), "open") ? STYLE_BOLD :
							   STYLE_DIM;
}

static enum style
cell_mode(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	if (answer_bool(f, "simulated")) {
		buf_adds(out, "SIMULATED");
		return STYLE_WARN;
	}
	buf_addslice(out, answer_text(f, field));
	return STYLE_PLAIN;
}

static enum style
cell_done(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	buf_addslice(out, answer_text(f, field));
	if (answer_bool(f, "undone"))
		buf_adds(out, " (undone)");
	return STYLE_PLAIN;
}

static const struct view_column alert_columns[] = {{{.head = "ID"}, "id", NULL},
    {{.head = "LEVEL"}, "level", cell_level},
    {{.head = "STATE"}, "state", cell_state},
    {{.head = "MODE"}, "mode", cell_mode},
    {{.head = "TITLE", .shrink = 20}, "title", NULL},
    {{.head = "TOKEN", .shrink = 16, .below = "token"}, "token", NULL},
    {{.head = "ACCOUNT", .shrink = 7, .below = "account"}, "account", NULL},
    {{.head = "COUNT", .right = true, .below = "count"}, "count", NULL},
    {{.head = "LAST", .below = "last"}, "last", ctl_cell_when},
    {{.head = "DONE", .shrink = 16, .below = "done"}, "done", cell_done}};

#define ALERT_FIELDS                                                          \
	"id level title rule mode simulated state verdict key token account " \
	"count first last raised done undone summary"

const struct view view_alerts = {.column = alert_columns,
    .ncolumn = sizeof alert_columns / sizeof alert_columns[0],
    .id = "id",
    .csv = ALERT_FIELDS,
    .noun = "alert",
    .result = ctl_foot_more};

const struct view view_watch = {.column = alert_columns,
    .ncolumn = sizeof alert_columns / sizeof alert_columns[0],
    .id = "id",
    .csv = ALERT_FIELDS,
    .noun = "alert",
    .live = true};

/* --- one alert ------------------------------------------------------- */

/* "token=pat_... source.ip=192.0.2.1" */
static void
card_key_fields(struct card *c, const struct fields *f)
{
	const struct json_field *j;
	struct fields		 sub;
	struct slice		 key;
	struct buf		 b;
	char			 room[64];
	size_t			 at = 0;

	sub = answer_sub(f, "key", room);
	buf_init(&b);
	while (answer_next(&sub, &at, &key, &j))
		buf_addf(&b, "%s%.*s=%.*s", b.n > 0 ? " " : "", SLICE_ARG(key),
		    SLICE_ARG(j->value));
	card_text(c, "key", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

/* The numbers of its uses as `activity list` shows them. */
static void
card_uses(struct card *c, const struct fields *f)
{
	const struct json_field *j;
	struct slice		 key;
	struct buf		 b;
	size_t			 at = 0;

	buf_init(&b);
	while (answer_next(f, &at, &key, &j))
		if (slice_is(key, "uses") && j->type == JSON_NUMBER)
			buf_addf(&b, "%s%.*s", b.n > 0 ? " " : "",
			    SLICE_ARG(j->value));
	card_text(c, "uses", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

/* Was a token changed, so that there is something to take back? */
static bool
did_something(const struct fields *f)
{
	struct slice done = answer_text(f, "done");

	return done.n > 0 && !slice_starts(done, SLICE("nothing")) &&
	    !answer_bool(f, "simulated");
}

static void
card_done(struct card *c, const struct fields *f)
{
	struct slice done = answer_text(f, "done");
	struct buf   b;

	card_text(c, "done",
	    done.n > 0 ? done :
			 SLICE("nothing: it only "
			       "alerts"),
	    STYLE_PLAIN);
	if (answer_bool(f, "undone")) {
		card_text(c, "  undone", SLICE("yes"), STYLE_WARN);
	} else if (did_something(f)) {
		buf_init(&b);
		buf_addf(&b, "patrolctl undo %.*s",
		    SLICE_ARG(answer_text(f, "id")));
		card_text(c, "  to undo", buf_slice(&b), STYLE_BOLD);
		buf_clear(&b);
	}
}

static void
card_summary(struct card *c, const struct fields *f)
{
	struct fields sub;
	char	      room[64];

	sub = answer_sub(f, "summary", room);
	if (sub.raw.n == 0 || sub.raw.p[0] != '{')
		return;
	buf_adds(c->out,
	    answer_text(&sub, "leak.by").n > 0 ?
		"\nthe report that raised it:\n" :
		"\nthe use that raised it:\n");
	card_rest(c, &sub);
}

/* What held, as it was kept when the alert was raised. */
static void
show_why(struct ctl *ctl, const struct fields *f)
{
	struct slice why = answer_raw(f->raw, "why");

	if (why.n == 0 || why.p[0] != '{')
		return;
	buf_adds(&ctl->out, "\nwhat held then:\n");
	explanation_print(ctl, why);
}

static void
show_alert(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 13);
	struct buf  b;

	(void)s;
	if (answer_bool(f, "simulated")) {
		style_add(&ctl->out,
		    SLICE("SIMULATED: this rule is on "
			  "trial, no token was changed"),
		    STYLE_LOUD, ctl->color);
		buf_addc(&ctl->out, '\n');
	}
	card_text(&c, "title", answer_text(f, "title"), STYLE_BOLD);
	card_text(&c, "level", answer_text(f, "level"),
	    level_style(answer_text(f, "level")));
	buf_init(&b);
	add_state(f, &b);
	card_text(&c, "state", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
	card_field(&c, "mode", f, "mode");
	card_field(&c, "id", f, "id");
	card_field(&c, "rule", f, "rule");
	card_key_fields(&c, f);
	card_field(&c, "token", f, "token");
	card_field(&c, "account", f, "account");
	card_int(&c, "count", answer_int(f, "count"));
	card_time(&c, "first", answer_time(f, "first"));
	card_time(&c, "last", answer_time(f, "last"));
	card_time(&c, "raised", answer_time(f, "raised"));
	card_uses(&c, f);
	card_done(&c, f);
	card_summary(&c, f);
	show_why(ctl, f);
}

const struct view view_alert = {.id = "id",
    .apart = true,
    .result = show_alert};

/* "alert alr_... (Title) is acknowledged" */
static void
show_change(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct buf b;

	(void)s;
	buf_init(&b);
	buf_addf(&b, "alert %.*s (%.*s) is ", SLICE_ARG(answer_text(f, "id")),
	    SLICE_ARG(answer_text(f, "title")));
	add_state(f, &b);
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
}

const struct view view_alert_change = {.id = "id", .result = show_change};

static void
show_undo(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct buf b;

	(void)s;
	buf_init(&b);
	buf_addf(&b, "alert %.*s is undone: token %.*s is %.*s",
	    SLICE_ARG(answer_text(f, "alert.id")),
	    SLICE_ARG(answer_text(f, "token.id")),
	    SLICE_ARG(answer_text(f, "token.state")));
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
}

const struct view view_undo = {.id = "token.id", .result = show_undo};
