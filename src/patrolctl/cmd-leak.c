/*
 * leak report: secrets that leaked, from standard input.  Not as words of the
 * command: those stand in the list of processes, and in a shell's history.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "patrolctl/reports.h"
#include "proto/line.h"
#include "token/secret.h"

#define LINE_MAX_BYTES 4096
#define ROOM	       (64 * 1024)

struct leak_report {
	struct ctl    *ctl;
	const char    *source, *url;
	struct reports reports;
	uint64_t       line;		   /* the one that was read last */
	uint64_t       lines[REPORTS_MAX]; /* of those in `reports` */
	uint64_t       missed;		   /* lines that told nothing */
	int	       code;		   /* of what went wrong; 0: nothing */
};

/* --- what came of a line --------------------------------------------- */

static void
show_json(struct leak_report *x, uint64_t line, struct slice result,
    const struct fields *f)
{
	static const char *const keys[] = {"token", "account", "kind", "state",
	    "alert"};
	struct jsonw		 w;
	size_t			 i;

	jsonw_init(&w, &x->ctl->out);
	jsonw_object(&w);
	jsonw_field_int(&w, "line", (int64_t)line);
	jsonw_field_str(&w, "result", result);
	for (i = 0; f != NULL && i < sizeof keys / sizeof keys[0]; i++)
		jsonw_field_opt(&w, keys[i], answer_text(f, keys[i]));
	jsonw_end(&w);
	buf_addc(&x->ctl->out, '\n');
}

/* What is told behind the token's state. */
static void
add_end(struct buf *b, struct slice result, struct slice alert)
{
	if (slice_is(result, "repeated"))
		buf_adds(b, ", known already");
	else if (slice_is(result, "denied"))
		buf_adds(b, ": not yours to change");
	else if (slice_is(result, "alerted"))
		buf_adds(b, ", left as it is");
	if (alert.n > 0)
		buf_addf(b, "; alert %.*s", SLICE_ARG(alert));
}

static void
show_text(struct leak_report *x, uint64_t line, struct slice result,
    const struct fields *f)
{
	struct slice account, token = {NULL, 0};
	struct buf   b;

	if (f != NULL)
		token = answer_text(f, "token");
	buf_init(&b);
	buf_addf(&b, "line %" PRIu64 ": ", line);
	if (token.n == 0) {
		buf_addslice(&b, result);
		if (slice_is(result, "malformed"))
			buf_adds(&b, ": no secret, and no id");
	} else {
		account = answer_text(f, "account");
		buf_addf(&b, "token %.*s", SLICE_ARG(token));
		if (account.n > 0)
			buf_addf(&b, " (%.*s)", SLICE_ARG(account));
		if (slice_is(answer_text(f, "state"), "superseded"))
			buf_adds(&b, ": that secret was replaced");
		else
			buf_addf(&b, " is %.*s",
			    SLICE_ARG(answer_text(f, "state")));
		add_end(&b, result, answer_text(f, "alert"));
	}
	print_line(&x->ctl->out, buf_slice(&b));
	buf_clear(&b);
}

static void
show(struct leak_report *x, uint64_t line, struct slice result,
    const struct fields *f)
{
	if (f == NULL || answer_text(f, "token").n == 0 ||
	    slice_is(result, "denied"))
		x->missed++;
	if (x->ctl->json)
		show_json(x, line, result, f);
	else if (!x->ctl->quiet)
		show_text(x, line, result, f);
	else if (f != NULL && answer_text(f, "token").n > 0)
		print_line(&x->ctl->out, answer_text(f, "token"));
}

static void
take_item(const struct fields *item, void *arg)
{
	struct leak_report *x = arg;
	int64_t		    n = answer_int(item, "n");

	if (n >= 1 && n <= REPORTS_MAX)
		show(x, x->lines[n - 1], answer_text(item, "result"), item);
}

/* --- lines ----------------------------------------------------------- */

static void
flush(struct leak_report *x)
{
	int code = reports_ask(&x->reports, x->ctl, "leak.report", x->source,
	    x->url, take_item, x);

	ctl_flush(x->ctl);
	if (x->code == CTL_DONE)
		x->code = code;
}

/* What is no secret of ours by its form is no business of the daemon's: it
 * may be one of another place. */
static void
take_line(struct leak_report *x, struct slice line)
{
	x->line++;
	line = slice_trim(line);
	if (line.n == 0)
		return;
	if (!secret_is_wellformed(line) && !reports_is_id(line)) {
		flush(x);
		show(x, x->line, SLICE("malformed"), NULL);
		return;
	}
	x->lines[x->reports.n] = x->line;
	if (reports_is_id(line))
		reports_add_id(&x->reports, line);
	else
		reports_add_secret(&x->reports, line);
	if (x->reports.n == REPORTS_MAX)
		flush(x);
}

/* Takes the whole lines out of what is there: how many bytes. */
static size_t
take_lines(struct leak_report *x, struct line_cutter *lc, struct slice in)
{
	struct slice	 line;
	enum line_result r;
	size_t		 used, all = 0;

	do {
		r = line_next(lc, in, &line, &used);
		in.p += used;
		in.n -= used;
		all += used;
		if (r != LINE_MORE)
			take_line(x, r == LINE_OK ? line : SLICE("(too long)"));
	} while (
	    x->code == CTL_DONE && (r != LINE_MORE || (used > 0 && in.n > 0)));
	return all;
}

static void
take_input(struct leak_report *x, int fd)
{
	char		   buf[ROOM];
	struct line_cutter lc;
	struct slice	   line;
	size_t		   n = 0, used;
	ssize_t		   got = 1;

	line_init(&lc, LINE_MAX_BYTES);
	while (x->code == CTL_DONE && got != 0) {
		got = read(fd, buf + n, sizeof buf - n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			ctl_complain(slice_of(strerror(errno)));
			x->code = CTL_REFUSED;
			break;
		}
		n += (size_t)got;
		used = take_lines(x, &lc, (struct slice){buf, n});
		memmove(buf, buf + used, n - used);
		n -= used;
	}
	if (x->code == CTL_DONE &&
	    line_last(&lc, (struct slice){buf, n}, &line))
		take_line(x, line);
	secret_wipe(buf, sizeof buf);
	if (x->code == CTL_DONE)
		flush(x);
}

int
cmd_leak_report(struct ctl *ctl, const struct grammar_call *call)
{
	struct leak_report x = {.ctl = ctl,
	    .source = grammar_get(call, "--source"),
	    .url = grammar_get(call, "--url")};

	reports_init(&x.reports);
	if (isatty(STDIN_FILENO))
		ctl_complain(SLICE("secrets or public ids, one a line; "
				   "end with ^D"));
	take_input(&x, STDIN_FILENO);
	ctl_flush(ctl);
	reports_clear(&x.reports);
	if (x.code != CTL_DONE)
		return x.code;
	return x.missed > 0 ? CTL_REFUSED : CTL_DONE;
}
