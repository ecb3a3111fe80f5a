#include "patrolctl/ctl.h"

static enum style
cell_yes(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	buf_adds(out, answer_bool(f, field) ? "yes" : "no");
	return STYLE_PLAIN;
}

static enum style
cell_disabled(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	buf_adds(out, answer_bool(f, field) ? "disabled" : "enabled");
	return answer_bool(f, field) ? STYLE_BAD : STYLE_GOOD;
}

static const struct view_column account_columns[] = {{{.head = "NAME",
							  .shrink = 12},
							 "name", NULL},
    {{.head = "STATE"}, "disabled", cell_disabled},
    {{.head = "TWO-FACTOR"}, "two_factor", cell_yes},
    {{.head = "TOKENS", .right = true}, "tokens", NULL},
    {{.head = "ACTIVE", .right = true}, "active", NULL},
    {{.head = "CREATED"}, "created", ctl_cell_when}};

static void
foot_accounts(struct ctl *ctl, const struct fields *result,
    const struct shown *s)
{
	(void)result;
	buf_addc(&ctl->out, '\n');
	print_count(&ctl->out, (int64_t)s->items, "account");
	buf_addc(&ctl->out, '\n');
}

const struct view view_accounts = {.column = account_columns,
    .ncolumn = sizeof account_columns / sizeof account_columns[0],
    .id = "name",
    .csv = "name two_factor disabled created tokens active",
    .noun = "account",
    .result = foot_accounts};

static void
show_account(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 13);
	bool	    off = answer_bool(f, "disabled");

	(void)s;
	card_field(&c, "account", f, "name");
	card_text(&c, "state", slice_of(off ? "disabled" : "enabled"),
	    off ? STYLE_BAD : STYLE_GOOD);
	card_text(&c, "two-factor",
	    slice_of(answer_bool(f, "two_factor") ?
		    "yes: tokens only, no password" :
		    "no"),
	    STYLE_PLAIN);
	card_int(&c, "tokens", answer_int(f, "tokens"));
	card_int(&c, "  active", answer_int(f, "active"));
	card_time(&c, "created", answer_time(f, "created"));
}

const struct view view_account = {.id = "name",
    .apart = true,
    .result = show_account};
