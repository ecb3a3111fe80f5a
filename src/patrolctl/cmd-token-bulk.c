/*
 * token activate, deactivate, expire, delete: of the ids given, or of all that
 * a filter finds, after telling how many those are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"

/* What else the request says; the rest are the options as they were given. */
static void
add_args(const struct grammar_call *call, bool try, struct buf *out)
{
	struct slice action = slice_of(call->command->words), group;

	(void)slice_cut(&action, ' ', &group);
	grammar_args(call, 0, out);
	out->n--; /* goes on before the closing brace */
	if (out->p[out->n - 1] != '{')
		buf_addc(out, ',');
	buf_addf(out, "\"action\":\"%.*s\",\"try\":%s}", SLICE_ARG(action),
	    try ? "true" : "false");
}

static void
show_token(const struct fields *item, void *arg)
{
	struct ctl  *ctl = arg;
	struct slice account = answer_text(item, "account");
	struct slice description = answer_text(item, "description");
	struct buf   b;

	if (ctl->json || ctl->quiet)
		return;
	buf_init(&b);
	buf_adds(&b, "  ");
	buf_addslice(&b, answer_text(item, "id"));
	if (account.n > 0)
		buf_addf(&b, "  %.*s", SLICE_ARG(account));
	buf_addf(&b, "  %.*s", SLICE_ARG(answer_text(item, "state")));
	if (description.n > 0)
		buf_addf(&b, "  (%.*s)", SLICE_ARG(description));
	print_line(&ctl->out, buf_slice(&b));
	buf_clear(&b);
}

static int
ask(struct ctl *ctl, const struct grammar_call *call, bool try,
    struct answer *a)
{
	struct buf args;
	int	   code;

	buf_init(&args);
	add_args(call, try, &args);
	code = ctl_ask(ctl, "token.bulk", buf_slice(&args), show_token, ctl, a);
	buf_clear(&args);
	return code;
}

/* "12 tokens would be inactive; 3 others that match stay as they are" */
static void
show_count(struct ctl *ctl, const struct fields *f, const char *verb)
{
	int64_t n = answer_int(f, "tokens"), others = answer_int(f, "others");

	if (ctl->json || ctl->quiet)
		return;
	print_count(&ctl->out, n, "token");
	buf_addf(&ctl->out, " %s %.*s", verb,
	    SLICE_ARG(answer_text(f, "state")));
	if (others > 0)
		buf_addf(&ctl->out,
		    "; %" PRId64 " other%s that match%s stay%s as %s", others,
		    others == 1 ? "" : "s", others == 1 ? "es" : "",
		    others == 1 ? "s" : "", others == 1 ? "it is" : "they are");
	buf_addc(&ctl->out, '\n');
}

static int
change_all(struct ctl *ctl, const struct grammar_call *call)
{
	struct answer a;
	int	      code = ask(ctl, call, false, &a);

	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		ctl_print_raw(ctl, a.body.raw);
	}
	show_count(ctl, &a.body,
	    answer_int(&a.body, "tokens") == 1 ? "is now" : "are now");
	ctl_flush(ctl);
	return CTL_DONE;
}

static int
change_matching(struct ctl *ctl, const struct grammar_call *call)
{
	bool	      yes = grammar_get(call, "--yes") != NULL;
	struct answer a;
	int64_t	      n;
	int	      code;

	if (yes)
		return change_all(ctl, call);
	code = ask(ctl, call, true, &a);
	if (code != CTL_DONE)
		return code;
	n = answer_int(&a.body, "tokens");
	if (n > 5 && !ctl->json && !ctl->quiet)
		buf_addf(&ctl->out, "  and %" PRId64 " more\n", n - 5);
	show_count(ctl, &a.body, "would be");
	ctl_flush(ctl);
	if (n == 0)
		return CTL_DONE;
	if (!isatty(STDIN_FILENO)) {
		ctl_complain(SLICE("nothing was changed: say --yes"));
		return CTL_USAGE;
	}
	return ctl_confirm(ctl, "change all of them?") ? change_all(ctl, call) :
							 CTL_REFUSED;
}

/* Is there an option that says which? */
static bool
has_filter(const struct grammar_call *call)
{
	const struct grammar_option *o;
	unsigned		     i;

	for (i = 0; i < call->ngiven; i++)
		for (o = call->command->also; o->name != NULL; o++)
			if (call->given[i].option == o)
				return true;
	return false;
}

static int
misused(const struct grammar_call *call, const char *why)
{
	fprintf(stderr, "patrolctl: %s %s\n", call->command->words, why);
	return CTL_USAGE;
}

int
cmd_token_change(struct ctl *ctl, const struct grammar_call *call)
{
	bool filter = has_filter(call);

	if (call->noperand > 0 && filter)
		return misused(call, "wants ids or a filter, not both");
	if (call->noperand > 0)
		return ctl_run(ctl, call);
	if (filter)
		return change_matching(ctl, call);
	return misused(call, "wants ID, or a filter that finds some");
}
