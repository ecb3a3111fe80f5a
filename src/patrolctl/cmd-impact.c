/* token impact: what was touched, before and after. */
#include <inttypes.h>

#include "patrolctl/ctl.h"

static enum style
cell_new(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	if (!answer_bool(f, field))
		return STYLE_PLAIN;
	buf_adds(out, "new");
	return STYLE_BAD;
}

/* Nothing for none: what differs is to be seen. */
static enum style
cell_number(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	if (answer_int(f, field) != 0)
		print_number(out, answer_int(f, field));
	return STYLE_PLAIN;
}

static enum style
cell_refused(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)cell_number(ctl, f, field, out);
	return STYLE_BAD;
}

static enum style
cell_last(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	usec_t t = answer_time(f, field);

	print_when(out, t != 0 ? t : answer_time(f, "before.last"), ctl->now);
	return t != 0 ? STYLE_PLAIN : STYLE_DIM;
}

static const struct view_column impact_columns[] = {
    {{.head = "WHAT"}, "kind", NULL},
    {{.head = "", .shrink = 16}, "value", NULL},
    {{.head = "NEW"}, "new", cell_new},
    {{.head = "BEFORE", .right = true}, "before.uses", cell_number},
    {{.head = "REFUSED", .right = true}, "before.refused", cell_refused},
    {{.head = "AFTER", .right = true}, "after.uses", cell_number},
    {{.head = "REFUSED", .right = true}, "after.refused", cell_refused},
    {{.head = "BYTES", .right = true}, "after.bytes", cell_number},
    {{.head = "LAST", .below = "last"}, "after.last", cell_last},
};

/* "and 12 more of the kind repository: --limit", for each that has some. */
static void
foot_more(struct ctl *ctl, const struct fields *f, const char *list,
    const char *what, const char *hint)
{
	const struct json_field *j;
	struct fields		 sub;
	struct slice		 kind;
	size_t			 at = 0;
	int64_t			 n;
	char			 room[64];

	sub = answer_sub(f, list, room);
	while (answer_next(&sub, &at, &kind, &j)) {
		if (slice_int(j->value, 1, INT64_MAX, &n) == -1)
			continue;
		buf_adds(&ctl->out, "and ");
		print_number(&ctl->out, n);
		buf_addf(&ctl->out, " %s of the kind %.*s%s\n", what,
		    SLICE_ARG(kind), hint);
	}
}

static void
foot_impact(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 7);

	(void)s;
	foot_more(ctl, f, "more", "more", ": --limit");
	foot_more(ctl, f, "unkept_uses", "uses of yet others", "");
	buf_addc(&ctl->out, '\n');
	card_time(&c, "since", answer_time(f, "since"));
	if (answer_time(f, "until") != 0)
		card_time(&c, "until", answer_time(f, "until"));
}

const struct view view_impact = {.column = impact_columns,
    .ncolumn = sizeof impact_columns / sizeof impact_columns[0],
    .id = "value",
    .csv = "kind value new before.uses before.refused before.bytes "
	   "before.first before.last after.uses after.refused after.bytes "
	   "after.first after.last",
    .noun = "use",
    .result = foot_impact};
