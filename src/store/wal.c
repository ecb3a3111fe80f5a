/*
 * SQLite takes a log up to the first frame whose checksum is wrong: that is
 * what a power loss leaves of the transaction that was being written.  A bad
 * sector in the middle looks the same to it, and all that was acknowledged
 * behind that would be gone without a word.
 *
 * The two can be told apart, for a frame's checksum goes on from that of the
 * frame before it.  A frame that goes on from a commit was written when that
 * commit had been synced, and everything in front of it: so if any of that is
 * wrong now, it was right once.  What an older log left behind (other salts)
 * and what a commit that failed left behind (nothing goes on from it) do not
 * pass for that.  Only in the last transaction damage cannot be told.
 *
 *	header	magic, format, page size, number, salts (2), checksum (2)
 *	frame	page, size of the database after a commit or 0, salts (2),
 *		checksum (2), and the page
 *
 * all of them 32 bits, big-endian.  sqlite.org/fileformat2.html, "The WAL".
 */
#include "store/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

#define MAGIC	 0x377f0682 /* + 1: checksums of big-endian words */
#define HEADER	 32
#define FRAME	 24 /* and a page */
#define PAGE_MIN 512
#define PAGE_MAX 65536

struct sum {
	uint32_t a, b;
};

struct wal {
	int	 fd;
	bool	 whole; /* the header is right */
	bool	 big;	/* its checksums are of big-endian words */
	uint32_t page;	/* bytes */
	uint8_t	 salts[8];
	uint64_t frames;
	uint8_t *frame; /* owned; FRAME + page */
};

static uint32_t
get32(const uint8_t *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3] :
		     (uint32_t)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0];
}

static struct sum
sum_at(const uint8_t *p)
{
	return (struct sum){get32(p, true), get32(p + 4, true)};
}

static void
sum_add(struct sum *s, const uint8_t *p, size_t n, bool big)
{
	size_t i;

	for (i = 0; i < n; i += 8) {
		s->a += get32(p + i, big) + s->b;
		s->b += get32(p + i + 4, big) + s->a;
	}
}

static bool
sum_is(const struct sum *s, const uint8_t *p)
{
	struct sum said = sum_at(p);

	return s->a == said.a && s->b == said.b;
}

static bool
is_page_size(uint32_t n)
{
	return n >= PAGE_MIN && n <= PAGE_MAX && (n & (n - 1)) == 0;
}

/* Of the database itself, where the log's header cannot be trusted. */
static uint32_t
database_page(const char *path)
{
	uint8_t	 p[18] = {0};
	int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	uint32_t n = 0;

	if (fd == -1)
		return 0;
	if (pread(fd, p, sizeof p, 0) == sizeof p)
		n = (uint32_t)p[16] << 8 | p[17];
	close(fd);
	return n == 1 ? PAGE_MAX : n;
}

static void
take_header(struct wal *w, const uint8_t h[HEADER], const char *path)
{
	struct sum s = {0, 0};
	uint32_t   magic = get32(h, true);

	w->big = (magic & 1) != 0;
	w->page = get32(h + 8, true);
	memcpy(w->salts, h + 16, sizeof w->salts);
	sum_add(&s, h, HEADER - 8, w->big);
	w->whole = (magic & ~1U) == MAGIC && is_page_size(w->page) &&
	    sum_is(&s, h + HEADER - 8);
	if (!w->whole) {
		w->page = database_page(path);
		w->big = false;
	}
}

/* Does the frame at hand go on from one with that checksum? */
static bool
goes_on(const struct wal *w, struct sum from)
{
	sum_add(&from, w->frame, 8, w->big);
	sum_add(&from, w->frame + FRAME, w->page, w->big);
	return sum_is(&from, w->frame + 16);
}

/* The first frame that is wrong and was not once; w->frames: none. */
static int
find_damage(struct wal *w, struct sum from, uint64_t *at)
{
	uint64_t i, bad = w->frames;
	bool	 commit = false, right;
	size_t	 n = FRAME + w->page;

	for (i = 0; i < w->frames; i++) {
		if (pread(w->fd, w->frame, n, (off_t)(HEADER + i * n)) !=
		    (ssize_t)n)
			return -1;
		right = memcmp(w->frame + 8, w->salts, sizeof w->salts) == 0 &&
		    goes_on(w, from);
		if (right && commit && bad < w->frames) {
			*at = bad;
			return 0;
		}
		if (bad == w->frames && (!right || !w->whole))
			bad = i;
		commit = get32(w->frame + 4, true) != 0;
		from = sum_at(w->frame + 16);
		/* Without a header any neighbours may be of one log. */
		if (!w->whole)
			memcpy(w->salts, w->frame + 8, sizeof w->salts);
	}
	*at = w->frames;
	return 0;
}

static int
check_open(struct wal *w, const char *path, const char *name, struct error *err)
{
	uint8_t	    h[HEADER];
	struct stat st;
	uint64_t    at;
	int	    r;

	if (fstat(w->fd, &st) == -1 || pread(w->fd, h, sizeof h, 0) == -1) {
		error_set(err, "%s: %s", name, strerror(errno));
		return STORE_E_IO;
	}
	if (st.st_size <= HEADER)
		return 0;
	take_header(w, h, path);
	if (!is_page_size(w->page))
		return 0; /* then SQLite refuses the database */
	w->frames = (uint64_t)(st.st_size - HEADER) / (FRAME + w->page);
	w->frame = xmalloc(FRAME + w->page);
	r = find_damage(w, sum_at(h + HEADER - 8), &at);
	if (r == 0 && !w->whole && at == w->frames) {
		w->big = true; /* nor can it be trusted with this */
		r = find_damage(w, sum_at(h + HEADER - 8), &at);
	}
	if (r == -1) {
		error_set(err, "%s: %s", name, strerror(errno));
		return STORE_E_IO;
	}
	if (at == w->frames)
		return 0;
	error_set(err,
	    "%s: is damaged at page %llu of %llu, and what was "
	    "acknowledged behind that would be lost; it is left as it is: "
	    "restore a backup, or go on without it: sqlite3 %s "
	    "'PRAGMA wal_checkpoint(TRUNCATE)'",
	    name, (unsigned long long)at + 1, (unsigned long long)w->frames,
	    path);
	return STORE_E_DAMAGED;
}

int
wal_check(const char *path, struct error *err)
{
	struct wal w = {.fd = -1};
	char	  *name = xasprintf("%s-wal", path);
	int	   code = 0;

	w.fd = open(name, O_RDONLY | O_CLOEXEC);
	if (w.fd != -1) {
		code = check_open(&w, path, name, err);
		close(w.fd);
	} else if (errno != ENOENT) {
		error_set(err, "%s: %s", name, strerror(errno));
		code = STORE_E_IO;
	}
	free(w.frame);
	free(name);
	return code;
}
