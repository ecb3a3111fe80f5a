#include "patrolctl/ctl.h"

static void
show_certificate(struct card *c, const struct fields *f, const char *role,
    const char *what)
{
	char	      room[64];
	struct fields one = answer_sub(f, role, room);

	if (answer_text(&one, "kid").p == NULL)
		return;
	card_field(c, what, &one, "kid");
	card_time(c, "  until", answer_time(&one, "expires"));
}

/* What is to be done now, by what has been. */
static const char *
next_step(const struct fields *f)
{
	struct slice stage = answer_text(f, "stage");

	if (slice_is(stage, "begin"))
		return "give the registry the bundle and restart it; then: "
		       "auth rotate-key use";
	if (slice_is(stage, "use"))
		return "wait until what the old key signed has ended "
		       "(auth.lifetime); then: auth rotate-key finish";
	if (slice_is(stage, "finish"))
		return "give the registry the bundle at its next restart";
	if (slice_is(stage, "cancel"))
		return "give the registry the bundle at its next restart, if "
		       "it has the one with the new certificate";
	return NULL;
}

static void
show_keys(struct ctl *ctl, const struct fields *f, const struct shown *s)
{
	struct card c = ctl_card(ctl, 10);

	(void)s;
	card_field(&c, "bundle", f, "bundle");
	show_certificate(&c, f, "signs", "signs");
	show_certificate(&c, f, "next", "next");
	show_certificate(&c, f, "old", "old");
	card_text(&c, "to do", slice_of(next_step(f)), STYLE_LOUD);
}

const struct view view_keys = {.id = "bundle", .result = show_keys};
