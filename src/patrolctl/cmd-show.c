/* Of token show: who made it, the alerts about it, what was changed. */
#include <stdio.h>

#include "patrolctl/ctl.h"

/* Who it was that made it, from which process; nobody did a foreign one. */
static void
card_made(struct card *c, const struct fields *f)
{
	struct slice uid = answer_text(f, "made.uid");
	struct buf   b;

	if (answer_text(f, "made.actor").p == NULL)
		return;
	buf_init(&b);
	buf_addslice(&b, answer_text(f, "made.actor"));
	if (uid.p != NULL)
		buf_addf(&b, ", process %.*s of this host",
		    SLICE_ARG(answer_text(f, "made.pid")));
	card_text(c, "made by", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&b);
}

/* "alr_... high: Title (open, 3 uses, last 2 h ago)" */
static void
card_alert(struct card *c, const struct fields *a)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%.*s %.*s: %.*s (%.*s%.*s, ",
	    SLICE_ARG(answer_text(a, "id")), SLICE_ARG(answer_text(a, "level")),
	    SLICE_ARG(answer_text(a, "title")),
	    answer_bool(a, "simulated") ? 11 : 0, "SIMULATED, ",
	    SLICE_ARG(answer_text(a, "state")));
	print_count(&b, answer_int(a, "count"), "use");
	buf_adds(&b, ", last ");
	print_when(&b, answer_time(a, "last"), c->now);
	buf_addc(&b, ')');
	card_text(c, "alert", buf_slice(&b),
	    slice_is(answer_text(a, "state"), "open") ? STYLE_WARN :
							STYLE_PLAIN);
	buf_clear(&b);
}

/* "2 h ago token.rename by uid:0(root): description a -> b" */
static void
card_change(struct card *c, const struct fields *e)
{
	struct buf b, change;

	buf_init(&b);
	buf_init(&change);
	print_when(&b, answer_time(e, "time"), c->now);
	buf_addf(&b, " %.*s by %.*s", SLICE_ARG(answer_text(e, "action")),
	    SLICE_ARG(answer_text(e, "actor")));
	audit_change(e, &change);
	if (change.n > 0) {
		buf_adds(&b, ": ");
		buf_addslice(&b, buf_slice(&change));
	}
	card_text(c, "change", buf_slice(&b), STYLE_PLAIN);
	buf_clear(&change);
	buf_clear(&b);
}

/* Calls fn for each member of a list of objects, which have a field `has`. */
static void
each(struct card *c, const struct fields *f, const char *list, const char *has,
    void (*fn)(struct card *, const struct fields *))
{
	struct fields member;
	char	      key[32], room[64];
	unsigned      i;

	for (i = 0;; i++) {
		snprintf(key, sizeof key, "%s.%u", list, i);
		member = answer_sub(f, key, room);
		if (answer_text(&member, has).p == NULL)
			return;
		fn(c, &member);
	}
}

void
token_record(struct card *c, const struct fields *token)
{
	card_made(c, token);
	each(c, token, "alerts", "id", card_alert);
	each(c, token, "changes", "action", card_change);
}
