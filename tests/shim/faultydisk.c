/*
 * faultydisk - a disk that fails when told to, and can lose its power.
 *
 * An LD_PRELOAD library for the tests.  It watches the files below one
 * directory and
 *
 *   - writes all that changes them into a journal: from that, and from what
 *     was there before, the tests (tests/e2e/disk.py) make what a power loss
 *     would have left, which is what was synced, and of the rest as much as
 *     they like;
 *   - lets writes, syncs and truncations fail with any errno, as a control
 *     file says that the tests have mapped as well.  A sync that fails has
 *     lost what was to be synced, as it has with Linux: the next one, which
 *     succeeds, does not bring it back;
 *   - sets the wall clock forward or back, while the program runs.
 *
 * The program's own view stays that of a disk in order.  Nothing is synced in
 * truth: that would only cost time.
 *
 * It makes system calls itself, and needs no dlsym: so it does not matter
 * when it is first called, nor which sanitizer stands behind it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define EXPORT	  __attribute__((visibility("default")))
#define FDS_MAX	  65536
#define NODES_MAX 4096
#define NS	  1000000000LL

enum op { OP_WRITE, OP_SYNC, OP_TRUNCATE, OP_N };
enum kind { KIND_DB, KIND_WAL, KIND_SHM, KIND_OTHER, KIND_N };

/* disk.py has the same. */
struct control {
	int32_t fail[OP_N][KIND_N]; /* errno; 0: works */
	int32_t hits[OP_N][KIND_N]; /* how many failed */
	int64_t clock;		    /* nanoseconds ahead */
};

/* A record of the journal, and `len` bytes behind it. */
struct record {
	uint8_t	 what;
	uint32_t node;
	int64_t	 at;
	uint32_t len;
} __attribute__((packed));

struct node {
	char	 *path; /* NULL: has no name any more */
	enum kind kind;
	bool	  dir;
};

static struct control  nothing, *control = &nothing;
static const char     *root; /* NULL: watch nothing */
static size_t	       root_len;
static int	       journal = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint16_t	       node_of[FDS_MAX]; /* 0: not watched */
static struct node     nodes[NODES_MAX];
static unsigned	       nnodes = 1;

/* --- the journal ----------------------------------------------------- */

static void
put(const void *p, size_t n)
{
	const char *c = p;
	long	    r;

	while (n > 0) {
		r = syscall(SYS_write, journal, c, n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			abort();
		c += r;
		n -= (size_t)r;
	}
}

static void
record(char what, unsigned node, int64_t at, const void *p, size_t n)
{
	struct record r = {(uint8_t)what, node, at, (uint32_t)n};
	int	      saved = errno;

	if (journal == -1)
		return;
	put(&r, sizeof r);
	put(p, n);
	errno = saved;
}

/* --- which files ----------------------------------------------------- */

static bool
is_watched(const char *path)
{
	return root != NULL && strncmp(path, root, root_len) == 0 &&
	    (path[root_len] == '/' || path[root_len] == '\0');
}

static bool
ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && strcmp(path + n - m, end) == 0;
}

static enum kind
kind_of(const char *path)
{
	return ends_in(path, ".db") ? KIND_DB :
	    ends_in(path, "-wal")   ? KIND_WAL :
	    ends_in(path, "-shm")   ? KIND_SHM :
				      KIND_OTHER;
}

static unsigned
find_node(const char *path)
{
	unsigned i;

	for (i = 1; i < nnodes; i++)
		if (nodes[i].path != NULL && strcmp(nodes[i].path, path) == 0)
			return i;
	return 0;
}

static unsigned
add_node(const char *path, bool dir, bool is_new)
{
	struct node *n;

	if (nnodes == NODES_MAX)
		abort();
	n = &nodes[nnodes];
	n->path = strdup(path);
	n->kind = kind_of(path);
	n->dir = dir;
	record('O', nnodes, is_new, path, strlen(path));
	return nnodes++;
}

static void
forget_name(const char *path)
{
	unsigned i = find_node(path);

	if (i != 0) {
		free(nodes[i].path);
		nodes[i].path = NULL;
	}
}

static struct node *
watched(int fd, unsigned *id)
{
	*id = fd >= 0 && fd < FDS_MAX ? node_of[fd] : 0;
	return *id == 0 ? NULL : &nodes[*id];
}

/* 0, or the errno that this is to fail with. */
static int
fault(enum op op, const struct node *n)
{
	int e = __atomic_load_n(&control->fail[op][n->kind], __ATOMIC_SEQ_CST);

	if (e != 0)
		__atomic_add_fetch(&control->hits[op][n->kind], 1,
		    __ATOMIC_SEQ_CST);
	return e;
}

/* --- open, close ----------------------------------------------------- */

static void
note_open(int fd, const char *path, bool was_there)
{
	struct stat st;
	unsigned    id;

	if (fd >= FDS_MAX || fstat(fd, &st) == -1)
		return;
	id = find_node(path);
	if (id == 0)
		id = add_node(path, S_ISDIR(st.st_mode), !was_there);
	node_of[fd] = (uint16_t)id;
}

static int
do_open(int dirfd, const char *path, int flags, mode_t mode)
{
	bool there;
	int  fd;

	if (!is_watched(path))
		return (int)syscall(SYS_openat, dirfd, path, flags, mode);
	pthread_mutex_lock(&lock);
	there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (fd != -1)
		note_open(fd, path, there);
	if (fd != -1 && there && (flags & O_TRUNC) != 0)
		record('T', node_of[fd], 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

#define MODE_OF(flags, mode)                                \
	do {                                                \
		va_list ap;                                 \
                                                            \
		va_start(ap, flags);                        \
		if (((flags) & (O_CREAT | O_TMPFILE)) != 0) \
			(mode) = va_arg(ap, unsigned);      \
		va_end(ap);                                 \
	} while (0)

EXPORT int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return do_open(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return do_open(AT_FDCWD, path, flags, mode);
}

EXPORT int
openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_OF(flags, mode);
	return do_open(dirfd, path, flags, mode);
}

/* What open becomes where its flags are known late (_FORTIFY_SOURCE). */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags);

int
__open_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

int
__open64_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

EXPORT int
close(int fd)
{
	int r;

	pthread_mutex_lock(&lock);
	if (fd >= 0 && fd < FDS_MAX)
		node_of[fd] = 0;
	r = (int)syscall(SYS_close, fd);
	pthread_mutex_unlock(&lock);
	return r;
}

/* --- write, truncate, sync ------------------------------------------- */

/* A full disk takes what there is room for. */
static size_t
room_for(int failure, size_t n)
{
	return failure == ENOSPC && n > 512 ? n / 2 : n;
}

static ssize_t
write_watched(int fd, unsigned id, const void *p, size_t n, off_t at)
{
	int	e = fault(OP_WRITE, &nodes[id]);
	ssize_t r;

	if (e != 0 && room_for(e, n) == n) {
		errno = e;
		return -1;
	}
	r = syscall(SYS_pwrite64, fd, p, room_for(e, n), at);
	if (r > 0)
		record('W', id, at, p, (size_t)r);
	return r;
}

EXPORT ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	unsigned id;
	ssize_t	 r;

	if (watched(fd, &id) == NULL)
		return syscall(SYS_pwrite64, fd, p, n, at);
	pthread_mutex_lock(&lock);
	r = write_watched(fd, id, p, n, at);
	pthread_mutex_unlock(&lock);
	return r;
}

EXPORT ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

/* To the end of those that are appended to, else to where the file is at. */
EXPORT ssize_t
write(int fd, const void *p, size_t n)
{
	unsigned id;
	off_t	 at;
	ssize_t	 r;

	if (watched(fd, &id) == NULL)
		return syscall(SYS_write, fd, p, n);
	pthread_mutex_lock(&lock);
	at = syscall(SYS_lseek, fd, 0,
	    syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
	r = write_watched(fd, id, p, n, at);
	if (r > 0)
		syscall(SYS_lseek, fd, at + r, SEEK_SET);
	pthread_mutex_unlock(&lock);
	return r;
}

EXPORT int
ftruncate64(int fd, off_t size)
{
	unsigned     id;
	struct node *n = watched(fd, &id);
	int	     e, r = -1;

	if (n == NULL)
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	e = fault(OP_TRUNCATE, n);
	if (e != 0)
		errno = e;
	else if ((r = (int)syscall(SYS_ftruncate, fd, size)) == 0)
		record('T', id, size, NULL, 0);
	pthread_mutex_unlock(&lock);
	return r;
}

EXPORT int
ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

EXPORT int
fsync(int fd)
{
	unsigned     id;
	struct node *n = watched(fd, &id);
	int	     e;

	if (n == NULL)
		return (int)syscall(SYS_fsync, fd);
	pthread_mutex_lock(&lock);
	e = fault(OP_SYNC, n);
	record(e == 0 ? 'S' : 'F', id, n->dir, NULL, 0);
	pthread_mutex_unlock(&lock);
	if (e != 0)
		errno = e;
	return e == 0 ? 0 : -1;
}

EXPORT int
fdatasync(int fd)
{
	return fsync(fd);
}

/* --- names ----------------------------------------------------------- */

static void
record_names(char what, const char *a, const char *b)
{
	char   both[2 * PATH_MAX];
	size_t n = strlen(a), m = strlen(b);

	memcpy(both, a, n + 1);
	memcpy(both + n + 1, b, m);
	record(what, 0, 0, both, n + 1 + m);
}

EXPORT int
unlink(const char *path)
{
	int r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	if (r == 0 && is_watched(path)) {
		forget_name(path);
		record('U', 0, 0, path, strlen(path));
	}
	pthread_mutex_unlock(&lock);
	return r;
}

EXPORT int
rename(const char *from, const char *to)
{
	unsigned id;
	int	 r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (r == 0 && is_watched(from)) {
		forget_name(to);
		if ((id = find_node(from)) != 0) {
			free(nodes[id].path);
			nodes[id].path = strdup(to);
			nodes[id].kind = kind_of(to);
		}
		record_names('R', from, to);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

EXPORT int
mkdir(const char *path, mode_t mode)
{
	int r;

	pthread_mutex_lock(&lock);
	r = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (r == 0 && is_watched(path))
		record('D', 0, 0, path, strlen(path));
	pthread_mutex_unlock(&lock);
	return r;
}

/* --- the wall clock -------------------------------------------------- */

EXPORT int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ahead = __atomic_load_n(&control->clock, __ATOMIC_SEQ_CST);
	int	r = (int)syscall(SYS_clock_gettime, id, ts);
	int64_t t;

	if (r == 0 && ahead != 0 &&
	    (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		t = ts->tv_sec * NS + ts->tv_nsec + ahead;
		ts->tv_sec = t / NS;
		ts->tv_nsec = t % NS;
	}
	return r;
}

EXPORT int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

EXPORT time_t
time(time_t *t)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

/* --------------------------------------------------------------------- */

static void
map_control(const char *path)
{
	int   fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	void *p;

	if (fd == -1)
		abort();
	p = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	if (p == MAP_FAILED)
		abort();
	control = p;
	(void)syscall(SYS_close, fd);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("FAULTYDISK_CONTROL");

	if (name == NULL)
		return;
	map_control(name);
	name = getenv("FAULTYDISK_JOURNAL");
	if (name != NULL)
		journal = (int)syscall(SYS_openat, AT_FDCWD, name,
		    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	root = getenv("FAULTYDISK_ROOT");
	root_len = root == NULL ? 0 : strlen(root);
}
