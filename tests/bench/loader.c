/*
 * loader - how fast can SQLite alone write uses durably?
 *
 * The floor that patrol's store is measured against: no part of patrol, one
 * prepared INSERT into a table of the same columns, WAL, synchronous=FULL.
 * With -t, the second floor: the same uses as lines of JSON in one column,
 * which is what keeping them undigested would cost.
 *
 *     loader [-t] [-n rows] [-b rows a transaction] [-d directory]
 *
 * With -d the database stays there, else it is made aside and removed.
 * Only writing is timed; the rows of a transaction are made up before it.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/rows.h"

#define LINE_MAX_BYTES 768

static const char *const setup =
    "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000;"
    "PRAGMA cache_size = -65536;"
    "CREATE TABLE uses (seq INTEGER PRIMARY KEY, prev INTEGER,"
    " time INTEGER NOT NULL, late INTEGER, token INTEGER, account INTEGER,"
    " registry INTEGER, action INTEGER, outcome INTEGER, reason INTEGER,"
    " repository INTEGER, tag INTEGER, digest INTEGER, media_type INTEGER,"
    " ip INTEGER, user_agent INTEGER, bytes INTEGER, count INTEGER, id ANY,"
    " other TEXT, standing INTEGER) STRICT;"
    "CREATE TABLE lines (seq INTEGER PRIMARY KEY, line TEXT) STRICT;";

struct loader {
	sqlite3		  *db;
	sqlite3_stmt	  *insert;
	struct bench_rows *rows;
	struct bench_row  *batch;
	char		  *lines; /* of the batch, with -t */
	unsigned	   nbatch;
};

static void
must(struct loader *l, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "loader: %s\n", sqlite3_errmsg(l->db));
	exit(1);
}

static void
bind_id(sqlite3_stmt *st, int i, int64_t v)
{
	if (v != 0)
		sqlite3_bind_int64(st, i, v);
	else
		sqlite3_bind_null(st, i);
}

static void
bind_row(sqlite3_stmt *st, const struct bench_row *r)
{
	sqlite3_bind_int64(st, 1, r->seq);
	bind_id(st, 2, r->prev);
	sqlite3_bind_int64(st, 3, r->time);
	bind_id(st, 4, r->late);
	bind_id(st, 5, r->token);
	bind_id(st, 6, r->account);
	bind_id(st, 7, r->registry);
	bind_id(st, 8, r->action);
	bind_id(st, 9, r->outcome);
	bind_id(st, 10, r->reason);
	bind_id(st, 11, r->repository);
	bind_id(st, 12, r->tag);
	bind_id(st, 13, r->digest);
	bind_id(st, 14, r->media_type);
	bind_id(st, 15, r->ip);
	bind_id(st, 16, r->user_agent);
	bind_id(st, 17, r->bytes + 1);
	sqlite3_bind_null(st, 18);
	sqlite3_bind_blob(st, 19, r->id, sizeof r->id, SQLITE_STATIC);
	if (r->other)
		sqlite3_bind_text(st, 20, BENCH_OTHER, sizeof BENCH_OTHER - 1,
		    SQLITE_STATIC);
	else
		sqlite3_bind_null(st, 20);
	sqlite3_bind_null(st, 21);
}

/* A use as a registry would send it. */
static void
format_line(const struct bench_row *r, char *out)
{
	snprintf(out, LINE_MAX_BYTES,
	    "{\"id\":\"%02x%02x%02x%02x-%02x%02x-4000-"
	    "8000-%02x%02x%02x%02x%02x%02x\",\"time\":\"2026-11-23T20:00:00."
	    "%06" PRId64 "Z\",\"registry\":\"hub%" PRIu32 "\",\"token\":"
	    "\"pat_%012" PRIu32 "\",\"account\":\"account-%" PRIu32 "\","
	    "\"action\":\"pull\",\"outcome\":\"success\",\"repository\":"
	    "\"team/service-%" PRIu32 "\",\"tag\":\"v%" PRIu32 "\",\"source\":"
	    "{\"ip\":\"10.%" PRIu32 ".%" PRIu32 ".7\"},\"user_agent\":"
	    "\"docker/27.%" PRIu32 " go/go1.22 os/linux arch/amd64\"}",
	    r->id[0], r->id[1], r->id[2], r->id[3], r->id[4], r->id[5],
	    r->id[6], r->id[7], r->id[8], r->id[9], r->id[10], r->id[11],
	    r->time % 1000000, r->registry, r->token, r->account, r->repository,
	    r->tag, r->ip / 256 % 256, r->ip % 256, r->user_agent);
}

static void
make_batch(struct loader *l, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		bench_rows_next(l->rows, &l->batch[i]);
		if (l->lines != NULL)
			format_line(&l->batch[i],
			    l->lines + (size_t)i * LINE_MAX_BYTES);
	}
}

static void
write_batch(struct loader *l, unsigned n)
{
	unsigned    i;
	const char *line;

	must(l, sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	for (i = 0; i < n; i++) {
		if (l->lines != NULL) {
			line = l->lines + (size_t)i * LINE_MAX_BYTES;
			sqlite3_bind_text(l->insert, 1, line, -1,
			    SQLITE_STATIC);
		} else
			bind_row(l->insert, &l->batch[i]);
		must(l, sqlite3_step(l->insert));
		sqlite3_reset(l->insert);
	}
	must(l, sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL));
}

static void
loader_open(struct loader *l, const char *path, bool text)
{
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "loader: %s is there already\n", path);
		exit(1);
	}
	must(l, sqlite3_open(path, &l->db));
	must(l, sqlite3_exec(l->db, setup, NULL, NULL, NULL));
	must(l,
	    sqlite3_prepare_v2(l->db,
		text ? "INSERT INTO lines (line) VALUES (?)" :
		       "INSERT INTO uses VALUES "
		       "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		-1, &l->insert, NULL));
}

/* Returns the seconds that writing took. */
static double
loader_run(struct loader *l, unsigned long rows, double *slowest)
{
	double	 took, total = 0;
	unsigned n;

	while (rows > 0) {
		n = rows < l->nbatch ? (unsigned)rows : l->nbatch;
		make_batch(l, n);
		took = -bench_now();
		write_batch(l, n);
		took += bench_now();
		if (took > *slowest)
			*slowest = took;
		total += took;
		rows -= n;
	}
	return total;
}

int
main(int argc, char **argv)
{
	struct loader l = {.nbatch = 10000};
	unsigned long rows = 1000000;
	const char   *dir = NULL;
	char	      made[1024], path[2048];
	bool	      text = false;
	double	      took, slowest = 0;
	int	      c;

	while ((c = getopt(argc, argv, "tn:b:d:")) != -1) {
		if (c == 't')
			text = true;
		else if (c == 'n')
			rows = strtoul(optarg, NULL, 10);
		else if (c == 'b')
			l.nbatch = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'd')
			dir = optarg;
		else
			return 64;
	}
	if (rows == 0 || l.nbatch == 0)
		return 64;
	l.rows = bench_rows_new();
	l.batch = calloc(l.nbatch, sizeof *l.batch);
	l.lines = text ? calloc(l.nbatch, LINE_MAX_BYTES) : NULL;
	if (dir == NULL)
		bench_dir_make(made, sizeof made);
	snprintf(path, sizeof path, "%s/loader.db", dir != NULL ? dir : made);
	loader_open(&l, path, text);
	took = loader_run(&l, rows, &slowest);
	printf("loader%s: %.0f rows/s (%lu rows, %u a transaction, slowest "
	       "%.1f ms)\n",
	    text ? " -t" : "", (double)rows / took, rows, l.nbatch,
	    slowest * 1e3);
	sqlite3_finalize(l.insert);
	sqlite3_close(l.db);
	if (dir == NULL)
		bench_dir_remove(made, path);
	free(l.lines);
	free(l.batch);
	free(l.rows);
	return 0;
}
