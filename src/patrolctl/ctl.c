#include "patrolctl/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "patrolctl/csv.h"
#include "patrolctl/glyph.h"
#include "patrolctl/jsonplace.h"
#include "patrolctl/progress.h"

#define FLUSH_BYTES (64 * 1024)

usec_t
ctl_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

void
ctl_flush(struct ctl *ctl)
{
	if (ctl->out.n == 0)
		return;
	if (fwrite(ctl->out.p, 1, ctl->out.n, stdout) != ctl->out.n ||
	    fflush(stdout) == EOF) {
		fprintf(stderr, "patrolctl: stdout: %s\n", strerror(errno));
		exit(CTL_REFUSED);
	}
	/* It may hold a secret. */
	explicit_bzero(ctl->out.p, ctl->out.n);
	ctl->out.n = 0;
}

void
ctl_complain(struct slice text)
{
	struct slice line;
	struct buf   b;

	buf_init(&b);
	while (slice_cut(&text, '\n', &line)) {
		buf_adds(&b, "patrolctl: ");
		glyph_escape(&b, line);
		buf_addc(&b, '\n');
	}
	fputs(buf_str(&b), stderr);
	buf_clear(&b);
}

static const char *
shown_name(const char *file)
{
	return strcmp(file, "-") == 0 ? "standard input" : file;
}

void
ctl_complain_file(const char *file, const char *why)
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s: %s", shown_name(file), why);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

void
ctl_complain_json(const char *file, struct slice text, uint64_t above,
    const char *why)
{
	unsigned   line, col;
	struct buf b;

	buf_init(&b);
	/* The place is told better than by the reader's "near byte". */
	if (slice_starts(slice_of(why), SLICE("not valid JSON, near")))
		why = "not valid JSON";
	if (text.n > 0 && json_fault_place(text, &line, &col))
		buf_addf(&b, "%s:%" PRIu64 ":%u: %s", shown_name(file),
		    above + line, col, why);
	else
		buf_addf(&b, "%s:%" PRIu64 ": %s", shown_name(file), above + 1,
		    why);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

struct card
ctl_card(struct ctl *ctl, size_t width)
{
	return (struct card){&ctl->out, ctl->now, ctl->color, width};
}

static const char *
control_path(const struct ctl *ctl)
{
	const char *env = getenv("PATROL_CONTROL");

	if (ctl->socket != NULL)
		return ctl->socket;
	return env != NULL && env[0] != '\0' ? env : CLIENT_CONTROL;
}

static bool
is_connected(struct ctl *ctl)
{
	struct error err;

	if (ctl->client == NULL)
		ctl->client = client_open(control_path(ctl), &err);
	if (ctl->client == NULL)
		ctl_complain(slice_of(err.text));
	return ctl->client != NULL;
}

/* The exit code for how it ended, which is told unless it ended well. */
static int
tell_end(struct ctl *ctl, int end, const struct answer *a,
    const struct error *err)
{
	if (end == CLIENT_OK)
		return CTL_DONE;
	ctl_flush(ctl);
	if (end == CLIENT_E_REFUSED) {
		ctl_complain(a->message);
		return CTL_REFUSED;
	}
	ctl_complain(slice_of(err->text));
	return CTL_NO_DAEMON;
}

int
ctl_ask(struct ctl *ctl, const char *cmd, struct slice args, client_item_fn fn,
    void *arg, struct answer *a)
{
	struct error err;

	if (!is_connected(ctl))
		return CTL_NO_DAEMON;
	return tell_end(ctl,
	    client_ask(ctl->client, cmd, args, fn, arg, a, &err), a, &err);
}

int
ctl_ask_raw(struct ctl *ctl, const char *cmd, struct slice args,
    client_raw_fn fn, void *arg, struct answer *a)
{
	struct error err;

	if (!is_connected(ctl))
		return CTL_NO_DAEMON;
	return tell_end(ctl,
	    client_ask_raw(ctl->client, cmd, args, fn, arg, a, &err), a, &err);
}

bool
ctl_confirm(struct ctl *ctl, const char *question)
{
	char line[16];

	ctl_flush(ctl);
	fprintf(stderr, "%s [y/N] ", question);
	return fgets(line, sizeof line, stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

/* --- items through a view -------------------------------------------- */

struct listing {
	struct ctl	   *ctl;
	const struct view  *view;
	struct table	    table;
	struct table_column column[TABLE_COLUMNS];
	struct shown	    shown;
	struct progress	    progress;
	bool		    headed; /* the line of names is out */
};

void
ctl_print_raw(struct ctl *ctl, struct slice json)
{
	buf_addslice(&ctl->out, json);
	buf_addc(&ctl->out, '\n');
}

static void
add_row(struct listing *l, const struct fields *item)
{
	const struct view_column *c;
	enum style		  style;
	struct buf		  b;
	unsigned		  i;

	buf_init(&b);
	for (i = 0; i < l->view->ncolumn; i++) {
		c = &l->view->column[i];
		b.n = 0;
		style = STYLE_PLAIN;
		if (c->cell != NULL)
			style = c->cell(l->ctl, item, c->field, &b);
		else
			buf_addslice(&b, answer_text(item, c->field));
		table_add(&l->table, buf_slice(&b), style);
	}
	buf_clear(&b);
	if (table_is_full(&l->table))
		table_print(&l->table, &l->ctl->out);
}

/* What tells of the list and is no item has not the id of one. */
static bool
is_about(const struct listing *l, const struct fields *item, const char *field)
{
	return l->view->id != NULL &&
	    answer_text(item, l->view->id).p == NULL &&
	    answer_text(item, field).p != NULL;
}

/* How far it is; of what never ends nobody wants to know. */
static void
show_progress(struct listing *l, const struct fields *item)
{
	if (!l->view->live)
		progress_show(&l->progress, (uint64_t)answer_int(item, "done"),
		    (uint64_t)answer_int(item, "total"));
}

static void
show_dropped(struct listing *l, const struct fields *item)
{
	struct ctl *ctl = l->ctl;

	if (ctl->json)
		ctl_print_raw(ctl, item->raw);
	else if (!ctl->quiet && !ctl->csv) {
		buf_adds(&ctl->out, "... ");
		print_count(&ctl->out, answer_int(item, "dropped"),
		    l->view->noun);
		buf_adds(&ctl->out,
		    " left out: they came faster than they "
		    "were read\n");
	}
	ctl_flush(ctl);
}

/* An empty list has a head as well: it says what there could be. */
static void
head_csv(struct listing *l)
{
	if (l->ctl->csv && !l->headed)
		csv_head(&l->ctl->out, slice_of(l->view->csv));
	l->headed = true;
}

static void
show_item(const struct fields *item, void *arg)
{
	struct listing *l = arg;

	if (is_about(l, item, "done")) {
		show_progress(l, item);
		return;
	}
	if (is_about(l, item, "dropped")) {
		show_dropped(l, item);
		return;
	}
	if (l->view->live)
		l->ctl->now = ctl_clock();
	l->shown.items++;
	l->shown.active += slice_is(answer_text(item, "state"), "active");
	if (l->ctl->json)
		ctl_print_raw(l->ctl, item->raw);
	else if (l->ctl->csv) {
		head_csv(l);
		csv_row(&l->ctl->out, slice_of(l->view->csv), item);
	} else if (l->ctl->quiet)
		print_line(&l->ctl->out, answer_text(item, l->view->id));
	else if (l->view->ncolumn > 0)
		add_row(l, item);
	if (l->view->live)
		table_print(&l->table, &l->ctl->out);
	if (l->ctl->out.n > FLUSH_BYTES || l->view->live) {
		progress_end(&l->progress);
		ctl_flush(l->ctl);
	}
}

static void
listing_init(struct listing *l, struct ctl *ctl, const struct view *view)
{
	unsigned i;

	memset(l, 0, sizeof *l);
	l->ctl = ctl;
	l->view = view;
	progress_begin(&l->progress, "looked at");
	for (i = 0; i < view->ncolumn; i++)
		l->column[i] = view->column[i].look;
	table_init(&l->table, l->column, view->ncolumn, ctl->width, ctl->color);
}

/* To who reads items only: where a list of tokens goes on. */
static void
tell_next(const struct fields *result)
{
	struct slice next = answer_text(result, "next");
	struct buf   b;

	if (!answer_bool(result, "more") || answer_int(result, "next") != 0)
		return;
	buf_init(&b);
	buf_addf(&b, "more: --after %.*s", SLICE_ARG(next));
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

/* The last line of an answer, under its items if there were any. */
static void
show_result(struct listing *l, const struct fields *result)
{
	struct ctl	  *ctl = l->ctl;
	const struct view *v = l->view;

	table_print(&l->table, &ctl->out);
	head_csv(l);
	if (v->column != NULL &&
	    ((ctl->json && !v->with_result) || ctl->csv || ctl->quiet)) {
		tell_next(result);
		return;
	}
	if (ctl->json)
		ctl_print_raw(ctl, result->raw);
	else if (ctl->quiet && v->id != NULL &&
	    answer_text(result, v->id).n > 0)
		print_line(&ctl->out, answer_text(result, v->id));
	else if (ctl->quiet)
		return;
	else if (v->column != NULL && !v->with_result && l->shown.items == 0)
		buf_addf(&ctl->out, "no %ss\n", v->noun);
	else if (v->result != NULL)
		v->result(ctl, result, &l->shown);
}

int
ctl_show(struct ctl *ctl, const struct view *view, const char *cmd,
    struct slice args)
{
	struct listing l;
	struct answer  a;
	int	       code;

	listing_init(&l, ctl, view);
	code = ctl_ask(ctl, cmd, args, show_item, &l, &a);
	progress_end(&l.progress);
	if (code == CTL_DONE)
		show_result(&l, &a.body);
	table_clear(&l.table);
	ctl_flush(ctl);
	return code;
}

static int
run_one(struct ctl *ctl, const struct grammar_call *call, size_t which)
{
	struct buf args;
	int	   code;

	buf_init(&args);
	grammar_args(call, which, &args);
	code = ctl_show(ctl, call->command->view, call->command->cmd,
	    buf_slice(&args));
	buf_clear(&args);
	return code;
}

/* One that is refused does not keep the others from being done. */
int
ctl_run(struct ctl *ctl, const struct grammar_call *call)
{
	size_t i, n = grammar_requests(call);
	int    code, worst = CTL_DONE;

	for (i = 0; i < n; i++) {
		if (i > 0 && call->command->view->apart && !ctl->json &&
		    !ctl->quiet)
			buf_addc(&ctl->out, '\n');
		code = run_one(ctl, call, i);
		if (code == CTL_NO_DAEMON)
			return code;
		if (code > worst)
			worst = code;
	}
	return worst;
}

/* --- cells of several views ------------------------------------------ */

enum style
ctl_cell_when(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	usec_t t = answer_time(f, field);

	print_when(out, t, ctl->now);
	return t == 0 ? STYLE_DIM : STYLE_PLAIN;
}

enum style
ctl_cell_outcome(const struct ctl *ctl, const struct fields *f,
    const char *field, struct buf *out)
{
	struct slice s = answer_text(f, field);

	(void)ctl;
	buf_addslice(out, s);
	return slice_is(s, "success") || s.p == NULL ? STYLE_PLAIN : STYLE_BAD;
}

void
ctl_foot_more(struct ctl *ctl, const struct fields *result,
    const struct shown *shown)
{
	if (!answer_bool(result, "more"))
		return;
	buf_addf(&ctl->out,
	    "%" PRIu64 " shown; older ones: --before %" PRId64 "\n",
	    shown->items, answer_int(result, "next"));
}
