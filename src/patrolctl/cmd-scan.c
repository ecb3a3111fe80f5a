/*
 * token scan: where secrets lie about, in files and below folders, and which
 * of them are live.
 *
 * A secret is told by its form and checksum, so that hardly anything else is
 * ever taken for one; it is hashed where it is found, and not printed.  The
 * exit codes are those of grep(1): 0 something was found, 1 nothing, 2 there
 * was trouble; and 3, no daemon to ask.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "patrolctl/reports.h"
#include "token/finder.h"

enum { SCAN_FOUND = 0, SCAN_NOTHING = 1, SCAN_TROUBLE = 2 };

#define READ_BYTES (64 * 1024)

struct place {
	char	*path; /* owned */
	uint64_t line, offset;
	char	 prefix[SECRET_PREFIX_MAX + 1];
};

struct scan {
	struct ctl    *ctl;
	bool	       offline, live;
	const char    *path; /* of the file that is read; borrowed */
	struct reports reports;
	struct place   place[REPORTS_MAX]; /* of those in `reports` */
	uint64_t       shown;
	bool	       trouble;
	int	       code; /* of what ends it all; 0: nothing */
	struct finder  finder;
	char	       buf[READ_BYTES];
};

/* --- what is told ---------------------------------------------------- */

static void
show_json(struct scan *s, const struct place *p, const struct fields *f)
{
	static const char *const keys[] = {"token", "account", "kind", "state"};
	struct jsonw		 w;
	size_t			 i;

	jsonw_init(&w, &s->ctl->out);
	jsonw_object(&w);
	jsonw_field_str(&w, "file", slice_of(p->path));
	jsonw_field_int(&w, "line", (int64_t)p->line);
	jsonw_field_int(&w, "offset", (int64_t)p->offset);
	jsonw_field_str(&w, "prefix", slice_of(p->prefix));
	for (i = 0; f != NULL && i < sizeof keys / sizeof keys[0]; i++)
		jsonw_field_str(&w, keys[i], answer_text(f, keys[i]));
	jsonw_end(&w);
	buf_addc(&s->ctl->out, '\n');
}

static void
show_text(struct scan *s, const struct place *p, const struct fields *f)
{
	struct slice account;
	struct buf   b;

	buf_init(&b);
	buf_addf(&b, "%s:%" PRIu64 ": ", p->path, p->line);
	if (f == NULL) {
		buf_addf(&b, "%s_...", p->prefix);
	} else if (answer_text(f, "token").n == 0) {
		buf_adds(&b, "unknown");
	} else {
		account = answer_text(f, "account");
		buf_addf(&b, "%.*s %.*s", SLICE_ARG(answer_text(f, "token")),
		    SLICE_ARG(slice_is(answer_text(f, "kind"), "honey") ?
			    SLICE("honey") :
			    answer_text(f, "state")));
		if (account.n > 0)
			buf_addf(&b, " %.*s", SLICE_ARG(account));
	}
	print_line(&s->ctl->out, buf_slice(&b));
	buf_clear(&b);
}

/* Would it open anything?  A trap never does. */
static bool
is_live(const struct fields *f)
{
	return slice_is(answer_text(f, "state"), "active") &&
	    !slice_is(answer_text(f, "kind"), "honey");
}

static void
show(struct scan *s, const struct place *p, const struct fields *f)
{
	if (s->live && !is_live(f))
		return;
	s->shown++;
	if (s->ctl->json)
		show_json(s, p, f);
	else if (!s->ctl->quiet)
		show_text(s, p, f);
	else if (f != NULL && answer_text(f, "token").n > 0)
		print_line(&s->ctl->out, answer_text(f, "token"));
}

static void
take_item(const struct fields *item, void *arg)
{
	struct scan *s = arg;
	int64_t	     n = answer_int(item, "n");

	if (n >= 1 && n <= REPORTS_MAX && s->place[n - 1].path != NULL)
		show(s, &s->place[n - 1], item);
}

static void
forget_places(struct scan *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(s->place[i].path);
		s->place[i].path = NULL;
	}
}

static void
flush(struct scan *s)
{
	size_t n = s->reports.n;

	if (s->code == CTL_DONE)
		s->code = reports_ask(&s->reports, s->ctl, "leak.check", NULL,
		    NULL, take_item, s);
	s->reports.n = s->reports.words.n = 0;
	forget_places(s, n);
	ctl_flush(s->ctl);
}

/* --- what is found --------------------------------------------------- */

static void
take_find(const struct found_secret *f, void *arg)
{
	struct scan  *s = arg;
	struct place *p = &s->place[s->reports.n];
	size_t	      n = f->text.n - 1 - SECRET_RANDOM - SECRET_CHECK;

	*p = (struct place){xstrdup(s->path), f->line, f->offset, ""};
	memcpy(p->prefix, f->text.p, n);
	if (s->offline) {
		show(s, p, NULL);
		forget_places(s, 1);
		return;
	}
	reports_add_secret(&s->reports, f->text);
	if (s->reports.n == REPORTS_MAX)
		flush(s);
}

/* --- files ----------------------------------------------------------- */

static void
complain(struct scan *s, const char *path, int error)
{
	struct buf b;

	flush(s);
	s->trouble = true;
	buf_init(&b);
	buf_addf(&b, "%s: %s", path, strerror(error));
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

static void
scan_fd(struct scan *s, int fd, const char *path)
{
	ssize_t n = 1;

	s->path = path;
	finder_init(&s->finder, take_find, s);
	while (n != 0 && s->code == CTL_DONE) {
		n = read(fd, s->buf, sizeof s->buf);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			complain(s, path, errno);
			break;
		}
		finder_feed(&s->finder, (struct slice){s->buf, (size_t)n});
	}
	finder_end(&s->finder);
	secret_wipe(s->buf, sizeof s->buf);
}

static void
scan_file(struct scan *s, const char *open_as, const char *path)
{
	int fd = open(open_as, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd == -1) {
		complain(s, path, errno);
		return;
	}
	scan_fd(s, fd, path);
	close(fd);
}

/* Links below a folder are not followed, nor is there anything to read in
 * sockets and the like; what was named is read whatever it is. */
static void
scan_entry(struct scan *s, const FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_F:
		scan_file(s, e->fts_accpath, e->fts_path);
		break;
	case FTS_DEFAULT:
		if (e->fts_level == FTS_ROOTLEVEL)
			scan_file(s, e->fts_accpath, e->fts_path);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
	case FTS_SLNONE:
		complain(s, e->fts_path,
		    e->fts_errno != 0 ? e->fts_errno : ENOENT);
		break;
	default:
		break;
	}
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
scan_path(struct scan *s, const char *path)
{
	char   *root = xstrdup(path), *roots[] = {root, NULL};
	FTS    *fts;
	FTSENT *e;

	fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR,
	    by_name);
	if (fts == NULL) {
		complain(s, path, errno);
	} else {
		while (s->code == CTL_DONE && (e = fts_read(fts)) != NULL)
			scan_entry(s, e);
		fts_close(fts);
	}
	free(root);
}

int
cmd_token_scan(struct ctl *ctl, const struct grammar_call *call)
{
	struct scan *s = xcalloc(1, sizeof *s);
	size_t	     i;
	int	     code;

	s->ctl = ctl;
	s->offline = grammar_get(call, "--no-daemon") != NULL;
	s->live = grammar_get(call, "--live") != NULL;
	if (s->offline && s->live) {
		ctl_complain(SLICE("--live asks the daemon, --no-daemon does "
				   "not"));
		free(s);
		return CTL_USAGE;
	}
	reports_init(&s->reports);
	if (call->noperand == 0)
		scan_fd(s, STDIN_FILENO, "-");
	for (i = 0; i < call->noperand; i++) {
		if (strcmp(call->operand[i], "-") == 0)
			scan_fd(s, STDIN_FILENO, "-");
		else
			scan_path(s, call->operand[i]);
	}
	flush(s);
	/* To be refused an answer is not to have found nothing. */
	code = s->code == CTL_REFUSED ? SCAN_TROUBLE :
	    s->code != CTL_DONE	      ? s->code :
	    s->trouble		      ? SCAN_TROUBLE :
	    s->shown > 0	      ? SCAN_FOUND :
					SCAN_NOTHING;
	reports_clear(&s->reports);
	free(s);
	return code;
}
