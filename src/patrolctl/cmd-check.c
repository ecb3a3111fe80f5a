/*
 * check: is the store sound?  The daemon looks, this shows.
 */
#include <inttypes.h>

#include "patrolctl/ctl.h"
#include "patrolctl/progress.h"

struct check {
	struct ctl     *ctl;
	struct progress progress;
	struct buf	todo; /* what was told last */
};

/* Equal advice once, under the first that needs it. */
static void
show_finding(struct check *c, const struct fields *item)
{
	struct buf *out = &c->ctl->out, b;

	buf_init(&b);
	buf_addslice(&b, answer_text(item, "place"));
	buf_addf(&b, ": %.*s", SLICE_ARG(answer_text(item, "finding")));
	print_line(out, buf_slice(&b));
	if (!slice_eq(buf_slice(&c->todo), answer_text(item, "todo"))) {
		c->todo.n = 0;
		buf_addslice(&c->todo, answer_text(item, "todo"));
		b.n = 0;
		buf_addf(&b, "    (%.*s)", SLICE_ARG(buf_slice(&c->todo)));
		print_line(out, buf_slice(&b));
	}
	buf_clear(&b);
}

static void
take_item(const struct fields *item, void *arg)
{
	struct check *c = arg;

	if (answer_text(item, "place").p == NULL) {
		progress_show(&c->progress, (uint64_t)answer_int(item, "done"),
		    (uint64_t)answer_int(item, "total"));
		return;
	}
	progress_end(&c->progress);
	if (c->ctl->json) {
		buf_addslice(&c->ctl->out, item->raw);
		buf_addc(&c->ctl->out, '\n');
	} else if (c->ctl->quiet) {
		print_line(&c->ctl->out, answer_text(item, "place"));
	} else {
		show_finding(c, item);
	}
	ctl_flush(c->ctl);
}

static void
add_count(struct buf *b, const struct fields *f, const char *key,
    const char *one, const char *many)
{
	int64_t n = answer_int(f, key);

	if (b->n > 0)
		buf_adds(b, ", ");
	print_number(b, n);
	buf_addf(b, " %s", n == 1 ? one : many);
}

static void
show(struct ctl *ctl, const struct fields *f)
{
	struct card c = ctl_card(ctl, 8);
	bool	    sound = answer_bool(f, "sound");
	struct buf  b;

	buf_init(&b);
	add_count(&b, f, "pages", "page", "pages");
	add_count(&b, f, "uses", "use", "uses");
	add_count(&b, f, "tokens", "token", "tokens");
	card_text(&c, "checked", buf_slice(&b), STYLE_PLAIN);
	b.n = 0;
	if (sound)
		buf_adds(&b, "sound");
	else
		add_count(&b, f, "findings", "finding", "findings");
	card_text(&c, "verdict", buf_slice(&b),
	    sound ? STYLE_GOOD : STYLE_LOUD);
	buf_clear(&b);
}

int
cmd_check(struct ctl *ctl, const struct grammar_call *call)
{
	struct check  c = {.ctl = ctl};
	struct answer a;
	int	      code;

	(void)call;
	buf_init(&c.todo);
	progress_begin(&c.progress, "pages");
	code = ctl_ask(ctl, "check", SLICE("{}"), take_item, &c, &a);
	progress_end(&c.progress);
	buf_clear(&c.todo);
	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		ctl_print_raw(ctl, a.body.raw);
	} else if (!ctl->quiet) {
		show(ctl, &a.body);
	}
	ctl_flush(ctl);
	return answer_bool(&a.body, "sound") ? CTL_DONE : CTL_REFUSED;
}
