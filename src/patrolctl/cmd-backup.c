/*
 * backup: a copy of the store, while patrold runs.
 *
 * The file is made here, with the rights of who asks, and its descriptor lent
 * to the daemon, which copies into it.  It has another name until it is whole
 * and on the disk: FILE is there complete, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/jsonw.h"
#include "base/mem.h"
#include "patrolctl/ctl.h"
#include "patrolctl/glyph.h"
#include "patrolctl/progress.h"

#define PARTIAL ".partial"

struct backup {
	struct ctl     *ctl;
	const char     *file; /* borrowed */
	char	       *temp; /* owned; beside the file */
	int		fd;
	bool		force;
	bool		lent; /* or tried to */
	struct error	err;  /* of lending */
	struct progress progress;
};

/* --- the file -------------------------------------------------------- */

/* For the signal handler: what to take away.  NULL: nothing. */
static const char *volatile unfinished;

static void
interrupted(int sig)
{
	if (unfinished != NULL)
		(void)unlink(unfinished);
	_exit(128 + sig);
}

static void
catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = interrupted};
	size_t		 i;

	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		(void)sigaction(signals[i], &sa, NULL);
}

static void
complain_of(const char *name, const char *what)
{
	struct buf b;

	buf_init(&b);
	buf_adds(&b, name);
	buf_addf(&b, ": %s", what);
	ctl_complain(buf_slice(&b));
	buf_clear(&b);
}

/* A log of what had this name before would be taken for the copy's own, and
 * spoil it. */
static int
check_beside(const char *file)
{
	static const char *const suffix[] = {"-wal", "-journal"};
	struct stat		 st;
	char			*name;
	size_t			 i;
	int			 r = 0;

	for (i = 0; i < sizeof suffix / sizeof suffix[0] && r == 0; i++) {
		name = xasprintf("%s%s", file, suffix[i]);
		r = lstat(name, &st) == 0 ? -1 : 0;
		if (r == -1)
			complain_of(name,
			    "belongs to what had this name before, and would "
			    "spoil the copy; remove it, or name another file");
		free(name);
	}
	return r;
}

/* Early, so that nobody waits for a copy that has no place; the rename is
 * what makes sure. */
static int
check_file(const struct backup *b)
{
	struct stat st;

	if (check_beside(b->file) == -1)
		return -1;
	if (lstat(b->file, &st) == -1)
		return 0;
	if (S_ISDIR(st.st_mode))
		complain_of(b->file, "is a folder; name a file");
	else if (!b->force)
		complain_of(b->file,
		    "is there already; --force takes its place");
	else
		return 0;
	return -1;
}

static int
open_temp(struct backup *b)
{
	b->temp = xasprintf("%s.XXXXXX%s", b->file, PARTIAL);
	b->fd = mkostemps(b->temp, (int)strlen(PARTIAL), O_CLOEXEC);
	if (b->fd == -1) {
		complain_of(b->temp, strerror(errno));
		return -1;
	}
	unfinished = b->temp;
	return 0;
}

static void
drop_temp(struct backup *b)
{
	if (unfinished != NULL)
		(void)unlink(b->temp);
	unfinished = NULL;
	if (b->fd != -1)
		close(b->fd);
	free(b->temp);
}

/* The new name itself must be on the disk, too. */
static int
sync_folder(const char *file)
{
	char *copy = xstrdup(file);
	int   fd, r;

	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd == -1 ? -1 : fsync(fd);
	if (fd != -1)
		close(fd);
	free(copy);
	return r;
}

/*
 * Not all file systems know RENAME_NOREPLACE; link(2) does not replace
 * either, and where there is no link there is no FILE yet and nothing lost.
 */
static int
name_it(const struct backup *b)
{
	if (b->force)
		return rename(b->temp, b->file);
	if (renameat2(AT_FDCWD, b->temp, AT_FDCWD, b->file, RENAME_NOREPLACE) ==
	    0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(b->temp, b->file) == -1)
		return -1;
	return unlink(b->temp);
}

/* Is all of it there, and on the disk, and has its name? */
static int
finish(struct backup *b, int64_t bytes)
{
	struct stat st;

	if (fstat(b->fd, &st) == -1 || fsync(b->fd) == -1) {
		complain_of(b->temp, strerror(errno));
		return -1;
	}
	if (bytes <= 0 || st.st_size != bytes) {
		complain_of(b->temp, "is not as long as the copy");
		return -1;
	}
	if (name_it(b) == -1) {
		complain_of(b->file, strerror(errno));
		return -1;
	}
	unfinished = NULL;
	if (sync_folder(b->file) == -1) {
		complain_of(b->file, strerror(errno));
		return -1;
	}
	return 0;
}

/* --- the request ----------------------------------------------------- */

static void
take_item(const struct fields *item, void *arg)
{
	struct backup *b = arg;

	if (slice_is(answer_text(item, "lend"), "descriptor") && !b->lent) {
		b->lent = true;
		/* If it fails the daemon waits in vain, and says so. */
		if (client_lend(b->ctl->client, b->fd, &b->err) == -1)
			ctl_complain(slice_of(b->err.text));
		return;
	}
	progress_show(&b->progress, (uint64_t)answer_int(item, "done"),
	    (uint64_t)answer_int(item, "total"));
}

/* As the audit is to have it: whole. */
static void
format_args(const struct backup *b, struct buf *out)
{
	char	     cwd[PATH_MAX];
	struct jsonw w;
	struct buf   to;

	buf_init(&to);
	if (b->file[0] != '/' && getcwd(cwd, sizeof cwd) != NULL)
		buf_addf(&to, "%s/", cwd);
	buf_adds(&to, b->file);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_field_str(&w, "to", buf_slice(&to));
	jsonw_end(&w);
	buf_clear(&to);
}

static void
show(struct backup *b, int64_t bytes)
{
	struct ctl  *ctl = b->ctl;
	struct jsonw w;

	if (ctl->json) {
		jsonw_init(&w, &ctl->out);
		jsonw_object(&w);
		jsonw_field_str(&w, "file", slice_of(b->file));
		jsonw_field_int(&w, "bytes", bytes);
		jsonw_end(&w);
		buf_addc(&ctl->out, '\n');
	} else if (!ctl->quiet) {
		glyph_escape(&ctl->out, slice_of(b->file));
		buf_adds(&ctl->out, ": ");
		print_number(&ctl->out, bytes);
		buf_adds(&ctl->out, " bytes, whole and on the disk\n");
	}
	ctl_flush(ctl);
}

static int
copy(struct backup *b)
{
	struct answer a;
	struct buf    args;
	int64_t	      bytes;
	int	      code;

	buf_init(&args);
	format_args(b, &args);
	progress_begin(&b->progress, "bytes");
	code = ctl_ask(b->ctl, "backup", buf_slice(&args), take_item, b, &a);
	progress_end(&b->progress);
	buf_clear(&args);
	if (code != CTL_DONE)
		return code;
	bytes = answer_int(&a.body, "bytes");
	if (finish(b, bytes) == -1)
		return CTL_REFUSED;
	show(b, bytes);
	return CTL_DONE;
}

int
cmd_backup(struct ctl *ctl, const struct grammar_call *call)
{
	struct backup b = {.ctl = ctl,
	    .file = call->operand[0],
	    .fd = -1,
	    .force = grammar_get(call, "--force") != NULL};
	int	      code = CTL_REFUSED;

	if (check_file(&b) == -1)
		return CTL_REFUSED;
	catch_signals();
	if (open_temp(&b) == 0)
		code = copy(&b);
	drop_temp(&b);
	return code;
}
