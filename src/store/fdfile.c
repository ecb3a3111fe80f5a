#include "store/fdfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fdfile {
	sqlite3_file base; /* first: SQLite's part */
	int	     fd;
};

static int
fd_of(sqlite3_file *f)
{
	return ((struct fdfile *)f)->fd;
}

/* --- one file -------------------------------------------------------- */

/* Not ours to close. */
static int
file_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

static int
file_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	char   *to = p;
	ssize_t got;

	while (n > 0) {
		got = pread(fd_of(f), to, (size_t)n, at);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return SQLITE_IOERR_READ;
		if (got == 0) {
			memset(to, 0, (size_t)n); /* as SQLite wants it */
			return SQLITE_IOERR_SHORT_READ;
		}
		to += got;
		at += got;
		n -= (int)got;
	}
	return SQLITE_OK;
}

static int
file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	const char *from = p;
	ssize_t	    put;

	while (n > 0) {
		put = pwrite(fd_of(f), from, (size_t)n, at);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return errno == ENOSPC || errno == EDQUOT ?
			    SQLITE_FULL :
			    SQLITE_IOERR_WRITE;
		from += put;
		at += put;
		n -= (int)put;
	}
	return SQLITE_OK;
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return ftruncate(fd_of(f), size) == -1 ? SQLITE_IOERR_TRUNCATE :
						 SQLITE_OK;
}

static int
file_sync(sqlite3_file *f, int flags)
{
	(void)flags;
	return fsync(fd_of(f)) == -1 ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int
file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	struct stat st;

	if (fstat(fd_of(f), &st) == -1)
		return SQLITE_IOERR_FSTAT;
	*size = st.st_size;
	return SQLITE_OK;
}

static int
file_lock(sqlite3_file *f, int level)
{
	(void)f, (void)level;
	return SQLITE_OK;
}

static int
file_check_lock(sqlite3_file *f, int *locked)
{
	(void)f;
	*locked = 0;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *f, int op, void *arg)
{
	(void)f, (void)op, (void)arg;
	return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *f)
{
	(void)f;
	return 4096;
}

static int
file_traits(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_traits,
};

/* --- the file system ------------------------------------------------- */

/* A database, and nothing beside it. */
static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *out_flags)
{
	struct fdfile *file = (struct fdfile *)f;

	(void)vfs;
	file->base.pMethods = NULL;
	if (name == NULL || (flags & SQLITE_OPEN_MAIN_DB) == 0)
		return SQLITE_CANTOPEN;
	file->fd = atoi(name);
	file->base.pMethods = &methods;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	(void)vfs, (void)name, (void)sync_dir;
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	(void)vfs, (void)name, (void)flags;
	*out = 0;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	snprintf(out, (size_t)n, "%s", name);
	return SQLITE_OK;
}

static int
vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
	sqlite3_vfs *os = vfs->pAppData;

	return os->xRandomness(os, n, out);
}

static int
vfs_sleep(sqlite3_vfs *vfs, int usec)
{
	sqlite3_vfs *os = vfs->pAppData;

	return os->xSleep(os, usec);
}

static int
vfs_time(sqlite3_vfs *vfs, double *out)
{
	sqlite3_vfs *os = vfs->pAppData;

	return os->xCurrentTime(os, out);
}

static int
vfs_last_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs, (void)n, (void)out;
	return errno;
}

static sqlite3_vfs vfs = {
    .iVersion = 1,
    .szOsFile = sizeof(struct fdfile),
    .mxPathname = FDFILE_NAME,
    .zName = FDFILE_VFS,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
};

int
fdfile_register(void)
{
	if (sqlite3_vfs_find(FDFILE_VFS) != NULL)
		return SQLITE_OK;
	vfs.pAppData = sqlite3_vfs_find(NULL);
	return vfs.pAppData == NULL ? SQLITE_ERROR :
				      sqlite3_vfs_register(&vfs, 0);
}

void
fdfile_name(int fd, char name[FDFILE_NAME])
{
	snprintf(name, FDFILE_NAME, "%d", fd);
}
