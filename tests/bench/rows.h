/*
 * rows - the same made-up uses for every program that measures the store.
 *
 * 100,000 tokens and as many addresses, 5,000 repositories, 500 clients; two
 * rows in five carry a digest, one in twenty a reason and other fields.
 * Nothing random: a run can be repeated.
 */
#ifndef PATROL_BENCH_ROWS_H
#define PATROL_BENCH_ROWS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BENCH_TOKENS 100000
#define BENCH_OTHER  "{\"x.node\":\"edge-7\",\"x.tls\":\"1.3\"}"

struct bench_row {
	int64_t	 seq, prev;
	int64_t	 time, late;
	uint32_t token;
	uint32_t account, registry, action, outcome, reason, repository, tag,
	    digest, media_type, ip, user_agent;
	int64_t bytes;
	uint8_t id[16];
	int	other;
};

struct bench_rows {
	uint64_t state;
	int64_t	 seq;
	int64_t	 prev[BENCH_TOKENS + 1];
};

static inline uint32_t
bench_draw(struct bench_rows *b, uint32_t n)
{
	b->state = b->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((b->state >> 33) % n);
}

static inline struct bench_rows *
bench_rows_new(void)
{
	struct bench_rows *b = calloc(1, sizeof *b);

	if (b == NULL)
		abort();
	b->state = 1;
	return b;
}

static inline void
bench_rows_next(struct bench_rows *b, struct bench_row *r)
{
	unsigned i;

	r->seq = ++b->seq;
	r->token = 1 + bench_draw(b, BENCH_TOKENS);
	r->prev = b->prev[r->token];
	b->prev[r->token] = r->seq;
	r->time = INT64_C(1763928000000000) + r->seq * 7;
	r->late = 1000 + bench_draw(b, 100000);
	r->account = 1 + r->token % 20000;
	r->registry = 20001 + bench_draw(b, 4);
	r->action = 20005 + bench_draw(b, 4);
	r->outcome = 20009 + (bench_draw(b, 20) == 0);
	r->reason = r->outcome != 20009 ? 20011 : 0;
	r->repository = 20012 + bench_draw(b, 5000);
	r->tag = 25012 + bench_draw(b, 300);
	r->digest = bench_draw(b, 5) < 2 ? 25312 + bench_draw(b, 50000) : 0;
	r->media_type = r->digest != 0 ? 75312 + bench_draw(b, 6) : 0;
	r->ip = 75318 + bench_draw(b, 100000);
	r->user_agent = 175318 + bench_draw(b, 500);
	r->bytes = r->digest != 0 ? (int64_t)bench_draw(b, 90000000) : -1;
	r->other = r->reason != 0;
	for (i = 0; i < 16; i++)
		r->id[i] = (uint8_t)bench_draw(b, 256);
}

/*
 * A new directory on a real disk, where fsync(2) costs what it costs: in
 * $TMPDIR or /var/tmp (/tmp is often memory).  The name is in `dir`.
 */
static inline void
bench_dir_make(char *dir, size_t n)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, n, "%s/patrol-bench.XXXXXX",
	    tmp != NULL ? tmp : "/var/tmp");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		exit(1);
	}
}

/* Removes a database, what SQLite and patrol put beside it, and `dir`. */
static inline void
bench_dir_remove(const char *dir, const char *db)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
	char			 path[4096];
	unsigned		 i;

	for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(path, sizeof path, "%s%s", db, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static inline double
bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
#endif
