/*
 * audit verify: follows the hash chain of the store, a part a request, so
 * that the daemon serves others in between.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"
#include "patrolctl/progress.h"

struct verify {
	struct ctl     *ctl;
	const char     *head; /* that was told once, or NULL */
	struct progress progress;
	int64_t		links, rows, faults, gone;
	usec_t		gone_time;
	bool		head_found;
};

static void
tell_fault(const struct fields *item, void *arg)
{
	struct verify *v = arg;
	struct buf     b;

	if (v->ctl->json) {
		buf_addslice(&v->ctl->out, item->raw);
		buf_addc(&v->ctl->out, '\n');
		return;
	}
	progress_end(&v->progress);
	buf_init(&b);
	buf_addf(&b, "link %" PRId64 ": %.*s", answer_int(item, "link"),
	    SLICE_ARG(answer_text(item, "fault")));
	print_line(&v->ctl->out, buf_slice(&b));
	buf_clear(&b);
	ctl_flush(v->ctl);
}

/* One part; *after becomes the link to go on behind. */
static int
ask(struct verify *v, int64_t *after, struct answer *a)
{
	struct jsonw w;
	struct buf   args;
	int	     code;

	buf_init(&args);
	jsonw_init(&w, &args);
	jsonw_object(&w);
	jsonw_field_int(&w, "after", *after);
	jsonw_field_opt(&w, "head", slice_of(v->head));
	jsonw_end(&w);
	code =
	    ctl_ask(v->ctl, "audit.verify", buf_slice(&args), tell_fault, v, a);
	buf_clear(&args);
	if (code != CTL_DONE)
		return code;
	*after = answer_int(&a->body, "at");
	v->links += answer_int(&a->body, "links");
	v->rows += answer_int(&a->body, "rows");
	v->faults += answer_int(&a->body, "faults");
	if (answer_int(&a->body, "gone") != 0) {
		v->gone = answer_int(&a->body, "gone");
		v->gone_time = answer_time(&a->body, "gone_time");
	}
	v->head_found = v->head_found || answer_bool(&a->body, "head_found");
	return CTL_DONE;
}

static bool
is_good(const struct verify *v)
{
	return v->faults == 0 && (v->head == NULL || v->head_found);
}

static void
show_json(const struct verify *v, const struct fields *last, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_bool(&w, "intact", is_good(v));
	jsonw_field_int(&w, "links", v->links);
	jsonw_field_int(&w, "rows", v->rows);
	jsonw_field_int(&w, "faults", v->faults);
	jsonw_field_int(&w, "gone", v->gone);
	jsonw_field_time(&w, "gone_time", v->gone_time);
	jsonw_field_str(&w, "head", answer_text(last, "head"));
	jsonw_field_int(&w, "head_use", answer_int(last, "head_use"));
	jsonw_field_int(&w, "waiting", answer_int(last, "waiting"));
	if (v->head != NULL)
		jsonw_field_bool(&w, "head_found", v->head_found);
	jsonw_end(&w);
	buf_addc(out, '\n');
}

static void
show(struct verify *v, const struct fields *last)
{
	struct ctl *ctl = v->ctl;
	struct card c = ctl_card(ctl, 8);
	struct buf  b;

	buf_init(&b);
	print_number(&b, v->links);
	buf_adds(&b, v->links == 1 ? " link, " : " links, ");
	print_number(&b, v->rows);
	buf_adds(&b, v->rows == 1 ? " row" : " rows");
	card_text(&c, "checked", buf_slice(&b), STYLE_PLAIN);
	if (v->gone != 0) {
		b.n = 0;
		buf_addf(&b, "uses up to %" PRId64 ", by their age (", v->gone);
		print_when(&b, v->gone_time, ctl->now);
		buf_addc(&b, ')');
		card_text(&c, "gone", buf_slice(&b), STYLE_PLAIN);
	}
	b.n = 0;
	print_count(&b, answer_int(last, "waiting"), "use");
	if (answer_int(last, "waiting") > 0) {
		buf_adds(&b, " too new to be in a link");
		card_text(&c, "waiting", buf_slice(&b), STYLE_PLAIN);
	}
	card_text(&c, "head", answer_text(last, "head"), STYLE_PLAIN);
	b.n = 0;
	if (v->faults > 0)
		print_count(&b, v->faults, "fault");
	if (v->head != NULL && !v->head_found)
		buf_addf(&b, "%sthe link of --head is not there",
		    v->faults > 0 ? ", " : "");
	if (is_good(v))
		buf_adds(&b, "nothing was changed");
	card_text(&c, "verdict", buf_slice(&b),
	    is_good(v) ? STYLE_GOOD : STYLE_LOUD);
	buf_clear(&b);
}

int
cmd_audit_verify(struct ctl *ctl, const struct grammar_call *call)
{
	struct verify v = {.ctl = ctl, .head = grammar_get(call, "--head")};
	struct answer a;
	int64_t	      after = 0;
	int	      code;

	progress_begin(&v.progress, "uses");
	do {
		code = ask(&v, &after, &a);
		if (code == CTL_DONE)
			progress_show(&v.progress,
			    (uint64_t)answer_int(&a.body, "at_use"),
			    (uint64_t)answer_int(&a.body, "head_use"));
	} while (code == CTL_DONE && answer_bool(&a.body, "more"));
	progress_end(&v.progress);
	if (code != CTL_DONE)
		return code;
	if (ctl->json)
		show_json(&v, &a.body, &ctl->out);
	else if (!ctl->quiet)
		show(&v, &a.body);
	ctl_flush(ctl);
	return is_good(&v) ? CTL_DONE : CTL_REFUSED;
}
