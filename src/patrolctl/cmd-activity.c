#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "patrolctl/ctl.h"
#include "patrolctl/glyph.h"
#include "patrolctl/send.h"

/* --- lists ----------------------------------------------------------- */

/* "alice/app:latest" */
static enum style
cell_object(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	struct slice tag = answer_text(f, "tag");

	(void)ctl;
	buf_addslice(out, answer_text(f, field));
	if (tag.n > 0)
		buf_addf(out, ":%.*s", SLICE_ARG(tag));
	return STYLE_PLAIN;
}

/* "denied: token is inactive", "pull x12" for equal ones in one */
static enum style
cell_outcome(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	struct slice s = answer_text(f, field);
	struct slice reason = answer_text(f, "reason");

	(void)ctl;
	buf_addslice(out, s);
	if (reason.n > 0)
		buf_addf(out, ": %.*s", SLICE_ARG(reason));
	return slice_is(s, "success") || s.p == NULL ? STYLE_PLAIN : STYLE_BAD;
}

static enum style
cell_action(const struct ctl *ctl, const struct fields *f, const char *field,
    struct buf *out)
{
	(void)ctl;
	buf_addslice(out, answer_text(f, field));
	if (answer_int(f, "count") > 1)
		buf_addf(out, " x%" PRId64, answer_int(f, "count"));
	return STYLE_PLAIN;
}

static const struct view_column use_columns[] = {{{.head = "SEQ",
						      .right = true},
						     "seq", NULL},
    {{.head = "WHEN"}, "time", ctl_cell_when},
    {{.head = "TOKEN", .shrink = 16}, "token", NULL},
    {{.head = "ACTION"}, "action", cell_action},
    {{.head = "OUTCOME", .shrink = 8}, "outcome", cell_outcome},
    {{.head = "FROM", .below = "from"}, "source.ip", NULL},
    {{.head = "ON", .shrink = 12, .below = "on"}, "repository", cell_object},
    {{.head = "REGISTRY", .shrink = 8, .below = "at"}, "registry", NULL},
    {{.head = "WITH", .shrink = 10, .below = "with"}, "user_agent", NULL}};

#define USE_FIELDS                                                           \
	"seq time arrival id registry token account action outcome reason "  \
	"repository tag digest media_type source.ip user_agent bytes count " \
	"other"

const struct view view_uses = {.column = use_columns,
    .ncolumn = sizeof use_columns / sizeof use_columns[0],
    .id = "seq",
    .csv = USE_FIELDS,
    .noun = "use",
    .result = ctl_foot_more};

const struct view view_tail = {.column = use_columns,
    .ncolumn = sizeof use_columns / sizeof use_columns[0],
    .id = "seq",
    .csv = USE_FIELDS,
    .noun = "use",
    .live = true};

static const struct view_column refused_columns[] = {{{.head = "SEQ",
							  .right = true},
							 "seq", NULL},
    {{.head = "WHEN"}, "time", ctl_cell_when},
    {{.head = "SENDER", .shrink = 12}, "sender", NULL},
    {{.head = "REASON"}, "reason", NULL},
    {{.head = "ERROR", .shrink = 20, .below = "error"}, "error", NULL},
    {{.head = "LINE", .shrink = 20, .below = "line"}, "line", NULL}};

const struct view view_refused = {.column = refused_columns,
    .ncolumn = sizeof refused_columns / sizeof refused_columns[0],
    .id = "seq",
    .csv = "seq time sender reason error line",
    .noun = "refused line",
    .result = ctl_foot_more};

/* --- send ------------------------------------------------------------ */

static void
tell_reject(uint64_t line, struct slice error, void *arg)
{
	struct buf *name = arg;
	struct buf  b;

	buf_init(&b);
	buf_addf(&b, "%s:%" PRIu64 ": ", buf_str(name), line);
	glyph_escape(&b, error);
	fprintf(stderr, "%s\n", buf_str(&b));
	buf_clear(&b);
}

static const char *
ingest_path(const struct ctl *ctl)
{
	const char *env = getenv("PATROL_INGEST");

	if (ctl->socket != NULL)
		return ctl->socket;
	return env != NULL && env[0] != '\0' ? env : CLIENT_INGEST;
}

static void
tell_result(struct ctl *ctl, const struct send_result *r)
{
	if (ctl->json)
		buf_addf(&ctl->out,
		    "{\"lines\":%" PRIu64 ",\"settled\":%" PRIu64
		    ",\"refused\":%" PRIu64 "}\n",
		    r->lines, r->settled, r->refused);
	else if (!ctl->quiet)
		buf_addf(&ctl->out,
		    "%" PRIu64 " settled, %" PRIu64 " refused\n", r->settled,
		    r->refused);
	ctl_flush(ctl);
}

static int
send_from(struct ctl *ctl, int in, struct buf *name)
{
	struct send_result res;
	struct error	   err;
	int		   sock, r;

	if ((sock = client_connect(ingest_path(ctl), &err)) == -1) {
		ctl_complain(slice_of(err.text));
		return CTL_NO_DAEMON;
	}
	r = send_lines(in, sock, tell_reject, name, &res, &err);
	close(sock);
	tell_result(ctl, &res);
	if (r == -1) {
		error_prefix(&err,
		    "%" PRIu64 " of %" PRIu64 " lines are settled", res.settled,
		    res.lines);
		ctl_complain(slice_of(err.text));
	}
	return r == -1 || res.refused > 0 ? CTL_REFUSED : CTL_DONE;
}

int
cmd_activity_send(struct ctl *ctl, const struct grammar_call *call)
{
	const char *path = call->noperand > 0 ? call->operand[0] : "-";
	struct buf  b;
	int	    in = STDIN_FILENO, code;

	buf_init(&b);
	if (strcmp(path, "-") == 0) {
		buf_adds(&b, "stdin");
	} else {
		glyph_escape(&b, slice_of(path));
		in = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (in == -1) {
		fprintf(stderr, "patrolctl: %s: %s\n", buf_str(&b),
		    strerror(errno));
		code = CTL_REFUSED;
	} else
		code = send_from(ctl, in, &b);
	if (in != -1 && in != STDIN_FILENO)
		close(in);
	buf_clear(&b);
	return code;
}
