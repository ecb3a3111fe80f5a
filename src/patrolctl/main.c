#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "patrolctl/ctl.h"
#include "patrolctl/glyph.h"

#define WIDTH_MIN  20
#define WIDTH_MAX  4096
#define OFFERS_MAX 200 /* tokens to complete a word from */

/* Of the terminal that stdout is, or 0; COLUMNS has the last word. */
static unsigned
read_width(void)
{
	struct slice   columns = slice_of(getenv("COLUMNS"));
	struct winsize ws;
	int64_t	       v;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (slice_int(columns, WIDTH_MIN, WIDTH_MAX, &v) == 0)
		return (unsigned)v;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_col == 0)
		return 80;
	return ws.ws_col < WIDTH_MIN ? WIDTH_MIN : ws.ws_col;
}

/* As no-color.org has it, and for terminals without. */
static bool
wants_color(const struct grammar_call *call)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (call->no_color || !isatty(STDOUT_FILENO))
		return false;
	if (no != NULL && no[0] != '\0')
		return false;
	return term != NULL && strcmp(term, "dumb") != 0;
}

static int
run(const struct grammar_call *call)
{
	struct ctl ctl = {.socket = call->socket,
	    .json = call->json,
	    .csv = call->csv,
	    .quiet = call->quiet,
	    .color = wants_color(call),
	    .width = read_width(),
	    .now = ctl_clock()};
	int	   code;

	buf_init(&ctl.out);
	if (call->command->run != NULL)
		code = call->command->run(&ctl, call);
	else
		code = ctl_run(&ctl, call);
	client_close(&ctl.client);
	buf_clear(&ctl.out);
	return code;
}

static int
usage(const struct grammar_call *call, const struct error *err)
{
	struct buf b;

	ctl_complain(slice_of(err->text));
	buf_init(&b);
	if (call->command != NULL)
		grammar_usage(call->command, &b);
	else
		buf_addf(&b, "%s --help",
		    call->group != NULL ? call->group : "");
	/* What was mistaken for a command's word is of no use here. */
	fprintf(stderr, "usage: patrolctl %s\n",
	    slice_starts(buf_slice(&b), SLICE(" ")) ? buf_str(&b) + 1 :
						      buf_str(&b));
	buf_clear(&b);
	return CTL_USAGE;
}

static int
print_and_end(struct buf *b)
{
	int r;

	r = fputs(buf_str(b), stdout) != EOF && fflush(stdout) == 0;
	buf_clear(b);
	return r ? CTL_DONE : CTL_REFUSED;
}

static int
help(const struct grammar_call *call)
{
	struct buf b;

	buf_init(&b);
	if (call->help)
		grammar_help(call, &b);
	else
		buf_addf(&b, "patrolctl %s\n", PATROL_VERSION);
	return print_and_end(&b);
}

/* --- completion: patrolctl --complete WORD... -------------------------- */

struct offers {
	struct buf  *out;
	struct slice half;
	const char  *id;
	const char  *about;
};

static void
offer_item(const struct fields *item, void *arg)
{
	struct offers *o = arg;
	struct slice   id = answer_text(item, o->id);

	if (!slice_starts(id, o->half))
		return;
	glyph_escape(o->out, id);
	buf_addc(o->out, '\t');
	glyph_escape(o->out, answer_text(item, o->about));
	buf_addc(o->out, '\n');
}

/* Of a million tokens nobody wants more than the first that fit. */
static void
add_bounds(enum grammar_source from, struct slice half, struct buf *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	if (from == FROM_TOKENS)
		jsonw_field_int(&w, "limit", OFFERS_MAX);
	if (from == FROM_TOKENS && half.n > 0)
		jsonw_field_str(&w, "text", half);
	jsonw_end(&w);
}

/* Ids that the daemon knows; without one there are none. */
static void
offer_ids(enum grammar_source from, struct slice half, struct buf *out)
{
	static const char *const commands[] = {[FROM_TOKENS] = "token.list",
	    [FROM_ALERTS] = "alert.list",
	    [FROM_ACCOUNTS] = "account.list"};
	struct offers		 o = {out, half, "id", "title"};
	const char		*path = getenv("PATROL_CONTROL");
	struct client		*c;
	struct answer		 a;
	struct buf		 args;

	if (from == FROM_TOKENS)
		o.about = "description";
	if (from == FROM_ACCOUNTS)
		o.id = "name";
	c = client_open(path != NULL ? path : CLIENT_CONTROL, NULL);
	buf_init(&args);
	add_bounds(from, half, &args);
	if (c != NULL)
		(void)!client_ask(c, commands[from], buf_slice(&args),
		    offer_item, &o, &a, NULL);
	buf_clear(&args);
	client_close(&c);
}

static int
complete(int argc, char *const *argv)
{
	enum grammar_source from;
	struct buf	    b;

	buf_init(&b);
	grammar_complete(argc, argv, &b, &from);
	if (from == FROM_FILES)
		buf_adds(&b, "FILES\t\n");
	else if (from != FROM_NOTHING)
		offer_ids(from, slice_of(argv[argc - 1]), &b);
	return print_and_end(&b);
}

/* Only lists have rows. */
static int
check_csv(const struct grammar_call *call, struct error *err)
{
	const struct view *v =
	    call->command != NULL ? call->command->view : NULL;

	if (!call->csv || call->help || call->version)
		return 0;
	if (call->json || call->quiet)
		error_set(err, "--csv and %s exclude each other",
		    call->json ? "--json" : "-q");
	else if (v == NULL || v->csv == NULL)
		error_set(err, "--csv: %s is no list", call->command->words);
	else
		return 0;
	return -1;
}

int
main(int argc, char **argv)
{
	struct grammar_call call;
	struct error	    err;
	int		    code;

	glyph_init();
	if (argc > 2 && strcmp(argv[1], "--complete") == 0)
		return complete(argc - 2, argv + 2);
	if (grammar_parse(argc - 1, argv + 1, &call, &err) == -1 ||
	    check_csv(&call, &err) == -1)
		code = usage(&call, &err);
	else if (call.help || call.version)
		code = help(&call);
	else
		code = run(&call);
	grammar_clear(&call);
	return code;
}
