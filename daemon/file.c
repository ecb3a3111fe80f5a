#include "daemon/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/patrold.h"

char *
file_store_dir(const struct patrold *p)
{
	char *path = xstrdup(p->conf->store_path);
	char *dir = xstrdup(dirname(path));

	free(path);
	return dir;
}

void
file_give_to_user(const struct patrold *p, int fd)
{
	struct passwd *pw;

	if (p->conf->user == NULL || geteuid() != 0 ||
	    (pw = getpwnam(p->conf->user)) == NULL)
		return;
	if (fchown(fd, pw->pw_uid, pw->pw_gid) == -1)
		log_warn("giving a file to %s", p->conf->user);
}

void
file_sync_parent(const char *path)
{
	char *copy = xstrdup(path);
	int   fd;

	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		log_warn("%s: cannot sync its directory, ignoring", path);
	if (fd != -1)
		close(fd);
	free(copy);
}

static int
write_new(const struct patrold *p, const char *path, mode_t mode,
    struct slice text)
{
	int fd, r = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (fd == -1)
		return -1;
	if (write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0)
		r = 0;
	if (p != NULL)
		file_give_to_user(p, fd);
	close(fd);
	return r;
}

int
file_write(const struct patrold *p, const char *path, mode_t mode,
    struct slice text, struct error *err)
{
	char *new = xasprintf("%s.new", path);
	int r = write_new(p, new, mode, text);

	if (r == 0)
		r = rename(new, path);
	if (r == 0)
		file_sync_parent(path);
	else
		error_set(err, "cannot write %s: %s", path, strerror(errno));
	free(new);
	return r;
}
