#include <stdio.h>

#include "patrolctl/ctl.h"

/* "state active -> inactive" for what differs, all of it for what is new. */
static void
add_change(struct buf *out, struct slice key, struct slice was, struct slice is)
{
	if (slice_eq(was, is) && (was.p == NULL) == (is.p == NULL))
		return;
	buf_addf(out, "%s%.*s ", out->n > 0 ? ", " : "", SLICE_ARG(key));
	if (was.p != NULL)
		buf_addf(out, "%.*s -> ", SLICE_ARG(was));
	if (is.p != NULL)
		buf_addslice(out, is);
	else
		buf_adds(out, "(none)");
}

/* The fields of after, beside the same ones of before; then those that only
 * before has. */
void
audit_change(const struct fields *f, struct buf *out)
{
	static const struct slice none = {NULL, 0};
	const struct json_field	 *j;
	struct fields		  was, is;
	struct slice		  key;
	char			  room[2][64], name[64];
	size_t			  at = 0;

	was = answer_sub(f, "before", room[0]);
	is = answer_sub(f, "after", room[1]);
	while (answer_next(&is, &at, &key, &j)) {
		snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
		add_change(out, key, answer_text(&was, name), j->value);
	}
	for (at = 0; answer_next(&was, &at, &key, &j);) {
		snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
		if (answer_text(&is, name).p == NULL)
			add_change(out, key, j->value, none);
	}
}

static enum style
cell_change(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl, (void)field;
	audit_change(f, out);
	return STYLE_PLAIN;
}

static const struct view_column audit_columns[] = {{{.head = "SEQ",
							.right = true},
						       "seq", NULL},
    {{.head = "WHEN"}, "time", ctl_cell_when},
    {{.head = "WHO", .shrink = 12}, "actor", NULL},
    {{.head = "ACTION"}, "action", NULL},
    {{.head = "OBJECT", .shrink = 19}, "object", NULL},
    {{.head = "CHANGE", .shrink = 48, .below = ""}, "after", cell_change}};

const struct view view_audit = {.column = audit_columns,
    .ncolumn = sizeof audit_columns / sizeof audit_columns[0],
    .id = "seq",
    .csv = "seq time actor uid pid action object before after",
    .noun = "record",
    .result = ctl_foot_more};
