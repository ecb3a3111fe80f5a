/*
 * bench-store - how fast does the store write uses durably?
 *
 * The same rows as loader.c writes, through store_commit: the two numbers
 * of one machine say what patrol adds to SQLite.  Filling the batch is
 * timed apart.  Then the uses are read back as at start.
 *
 *     bench-store [-n rows] [-b rows a batch] [-d directory]
 *
 * With -d the database stays there, else it is made aside and removed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/bench/rows.h"

/* As the engine has it: text, to be made the 16 bytes again. */
static struct slice
id_text(struct batch *b, const uint8_t id[16])
{
	static const char hex[] = "0123456789abcdef";
	char		  text[36];
	unsigned	  i, n = 0;

	for (i = 0; i < 16; i++) {
		if (n == 8 || n == 13 || n == 18 || n == 23)
			text[n++] = '-';
		text[n++] = hex[id[i] >> 4];
		text[n++] = hex[id[i] & 15];
	}
	return batch_text(b, (struct slice){text, sizeof text});
}

static void
add_use(struct batch *b, const struct bench_row *r)
{
	struct use_row *u = batch_add_use(b);

	u->seq = r->seq;
	u->prev = r->prev;
	u->time = r->time;
	u->arrival = r->time + r->late;
	u->token = r->token;
	u->account = r->account;
	u->registry = r->registry;
	u->action = r->action;
	u->outcome = r->outcome;
	u->reason = r->reason;
	u->repository = r->repository;
	u->tag = r->tag;
	u->digest = r->digest;
	u->media_type = r->media_type;
	u->ip = r->ip;
	u->user_agent = r->user_agent;
	u->bytes = r->bytes;
	u->count = 1;
	u->id = id_text(b, r->id);
	if (r->other)
		u->other = batch_text(b, SLICE(BENCH_OTHER));
}

static void
fill(struct batch *b, struct bench_rows *rows, unsigned long n)
{
	struct bench_row r;

	batch_reset(b);
	while (n-- > 0) {
		bench_rows_next(rows, &r);
		add_use(b, &r);
	}
}

static void
must(int code, const struct error *err)
{
	if (code == 0)
		return;
	fprintf(stderr, "bench-store: %s\n", err->text);
	exit(1);
}

/* The texts of the ids that the rows name. */
static void
write_strings(struct store *s)
{
	struct batch b;
	struct error err;
	char	     text[32];
	uint32_t     i;

	batch_init(&b);
	b.strings = calloc(175818, sizeof *b.strings);
	for (i = 1; i <= 175817; i++) {
		snprintf(text, sizeof text, "text-%" PRIu32, i);
		b.strings[b.nstrings].id = i;
		b.strings[b.nstrings++].text = batch_text(&b, slice_of(text));
	}
	must(store_commit(s, &b, &err), &err);
	batch_clear(&b);
}

static void
write_uses(struct store *s, unsigned long rows, unsigned long a_batch)
{
	struct bench_rows *made = bench_rows_new();
	struct batch	   b;
	struct error	   err;
	double		   filling = 0, writing = 0, slowest = 0, t;
	unsigned long	   left, n;

	batch_init(&b);
	for (left = rows; left > 0; left -= n) {
		n = left < a_batch ? left : a_batch;
		t = bench_now();
		fill(&b, made, n);
		filling += bench_now() - t;
		t = bench_now();
		must(store_commit(s, &b, &err), &err);
		(void)store_empty_log(s);
		t = bench_now() - t;
		writing += t;
		slowest = t > slowest ? t : slowest;
	}
	printf("bench-store: %.0f rows/s (%lu rows, %lu a batch, slowest "
	       "%.1f ms; filling took %.2f s more)\n",
	    (double)rows / writing, rows, a_batch, slowest * 1e3, filling);
	batch_clear(&b);
	free(made);
}

static int
count_use(const struct use_row *u, void *arg)
{
	(void)u;
	++*(unsigned long *)arg;
	return 0;
}

static void
read_uses(const char *path)
{
	struct store_reader *r;
	struct error	     err;
	unsigned long	     n = 0;
	double		     t;

	must(store_reader_open(path, &r, &err), &err);
	t = bench_now();
	must(store_read_rows(r, 0, count_use, &n, &err), &err);
	t = bench_now() - t;
	store_reader_close(&r);
	printf("bench-store: replay %.0f rows/s\n", (double)n / t);
}

int
main(int argc, char **argv)
{
	unsigned long rows = 1000000, a_batch = 10000;
	const char   *dir = NULL;
	char	      made[1024], path[2048];
	struct store *s;
	struct error  err;
	int	      c;

	while ((c = getopt(argc, argv, "n:b:d:")) != -1) {
		if (c == 'n')
			rows = strtoul(optarg, NULL, 10);
		else if (c == 'b')
			a_batch = strtoul(optarg, NULL, 10);
		else if (c == 'd')
			dir = optarg;
		else
			return 64;
	}
	if (rows == 0 || a_batch == 0)
		return 64;
	if (dir == NULL)
		bench_dir_make(made, sizeof made);
	snprintf(path, sizeof path, "%s/bench-store.db",
	    dir != NULL ? dir : made);
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "bench-store: %s is there already\n", path);
		return 1;
	}
	must(store_open(path, &s, &err), &err);
	write_strings(s);
	write_uses(s, rows, a_batch);
	read_uses(path);
	store_close(&s);
	if (dir == NULL)
		bench_dir_remove(made, path);
	return 0;
}
